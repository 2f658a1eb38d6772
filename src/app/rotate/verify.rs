//! Verification that the new credential can do what the old one can: exchange, sign-in and saved paths, with both.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::answers::{self, ResponseComparison};
use super::{RotationState, Step, StepState, Watch, tell, watched};
use crate::app::test_call::{TestRequest, ask};
use crate::app::{AppContext, ownership};
use crate::storage::{CredentialItem, TierRecord};
use aemkeys_core::aem::{TierResult, Verdict, WHO_AM_I};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Exit, Guidance, Kind, Problem, Secret};
use aemkeys_core::environment::Tier;
use aemkeys_core::ims::Exchanged;
use aemkeys_core::time;

/// The number of recently tested paths to use if no path is saved.
const RECENT_PATHS: usize = 5;

/// The result of the same request with both credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compared {
    /// The tier that was asked.
    pub tier: Tier,
    /// The host that was asked.
    pub host: String,
    /// The saved path; null for the sign-in check.
    pub path: Option<String>,
    /// What the old credential got; null if it no longer works.
    pub old: Option<String>,
    /// What the new credential got.
    pub new: String,
    /// What the new one cannot do.
    pub lost: Option<String>,
}

pub(super) struct Verified {
    pub exchanged: Exchanged,
    pub compared: Vec<Compared>,
    pub notes: Vec<Guidance>,
}

/// Whether a retry would get the same refusal, so that the candidate can be dropped.
pub(in crate::app) fn is_refused_for_good(problem: &Problem) -> bool {
    problem.code.exit() == Exit::Refused
        && !matches!(
            problem.code,
            Code::ClockSkew | Code::CertificateNotYetValid | Code::RotationNotProven
        )
}

pub(super) async fn verify(
    context: &AppContext,
    state: &RotationState,
    revision: u32,
    watch: Watch<'_>,
) -> Result<Verified, Problem> {
    let candidate = state.item(revision)?;
    let exchanged = watched(watch, Step::Exchange, async {
        let exchanged = exchange(context, state, candidate).await?;
        let words = format!("in {}", time::response_time(exchanged.elapsed));
        Ok((exchanged, words))
    })
    .await?;
    let mut verifier = CandidateVerifier {
        context,
        state,
        candidate,
        new: exchanged.token.secret.duplicate(),
        old: None,
        paths: saved_paths(context, state)?,
        decided_by_paths: Vec::new(),
        compared: Vec::new(),
        notes: Vec::new(),
    };
    if state.environment.hosts.is_empty() {
        for step in [Step::SignIn, Step::SavedPaths] {
            tell(watch, step, StepState::Skipped, "no hosts are set");
        }
        verifier
            .notes
            .push("no hosts are set, so author and publish were not tested".into());
    } else {
        verifier.who_am_i(watch).await?;
        verifier.saved_paths(watch).await?;
    }
    let (compared, notes) = (verifier.compared, verifier.notes);
    Ok(Verified {
        exchanged,
        compared,
        notes,
    })
}

pub(super) async fn exchange(
    context: &AppContext,
    state: &RotationState,
    item: &CredentialItem,
) -> Result<Exchanged, Problem> {
    let (index, environment) = (context.read_index()?, &state.environment);
    ownership::check_credential(&index, environment, &item.credential.facts())?;
    let exchanged = aemkeys_core::ims::exchange(
        &context.http,
        &item.credential,
        &environment.approvals,
        context.clock.now(),
    )
    .await
    .map_err(|error| error.problem())?;
    ownership::check_token(&index, environment, &exchanged.token)?;
    Ok(exchanged)
}

/// The saved paths of the environment, else the paths tested last.
fn saved_paths(context: &AppContext, state: &RotationState) -> Result<Vec<String>, Problem> {
    if !state.environment.saved_paths.is_empty() {
        return Ok(state.environment.saved_paths.clone());
    }
    let index = context.read_index()?;
    let recent = index.recent_paths(state.environment.id);
    Ok(recent.iter().take(RECENT_PATHS).cloned().collect())
}

struct CandidateVerifier<'a> {
    context: &'a AppContext,
    state: &'a RotationState,
    candidate: &'a CredentialItem,
    new: Secret,
    /// `None` if the old credential is signed in nowhere.
    old: Option<Secret>,
    paths: Vec<String>,
    /// Tiers where the sign-in check says nothing about the new credential.
    decided_by_paths: Vec<Tier>,
    compared: Vec<Compared>,
    notes: Vec<Guidance>,
}

impl CandidateVerifier<'_> {
    async fn who_am_i(&mut self, watch: Watch<'_>) -> Result<(), Problem> {
        tell(watch, Step::SignIn, StepState::Running, "");
        match self.sign_in().await {
            Ok((rows, fine)) => self.conclude(watch, Step::SignIn, rows, fine),
            Err(problem) => {
                tell(
                    watch,
                    Step::SignIn,
                    StepState::Failed,
                    problem.message.clone(),
                );
                Err(problem)
            }
        }
    }

    /// Returns the rows, and the text for when nothing is lost.
    async fn sign_in(&mut self) -> Result<(Vec<ResponseComparison>, String), Problem> {
        let before = self.old_answers().await?;
        if self.old.is_none() && before.iter().any(|old| answers::is_outage(old.verdict)) {
            return Err(answers::not_comparable(&before));
        }
        let after = self.ask(self.kind(), &self.new, None).await?;
        let (mut rows, fine): (Vec<ResponseComparison>, _) = if self.old.is_some() {
            let silent = answers::not_compared(&before)
                .map(|it| Guidance::from(format!("not compared: {it}")));
            self.notes.extend(silent);
            let rows = before.iter().zip(&after);
            (
                rows.map(|(old, new)| answers::sign_in(old, new)).collect(),
                format!(
                    "{} the new credential like the old one, with the same groups",
                    answers::accepting_tiers(&before)
                ),
            )
        } else {
            let why = if before.is_empty() {
                "no longer works"
            } else {
                "is signed in nowhere"
            };
            let remembered = self.remembered();
            let (compared, fine) = if remembered.is_empty() {
                ("the saved paths", "the new credential is signed in")
            } else {
                (
                    "its last test and the saved paths",
                    "the new credential is signed in, as in the last test",
                )
            };
            self.notes.push(Guidance::from(format!(
                "the old credential {why}, so the new one is compared with {compared}"
            )));
            (answers::sign_in_alone(&remembered, &after), fine.to_owned())
        };
        self.leave_to_paths(&mut rows, &after)?;
        Ok((rows, fine))
    }

    async fn saved_paths(&mut self, watch: Watch<'_>) -> Result<(), Problem> {
        if self.paths.is_empty() {
            tell(
                watch,
                Step::SavedPaths,
                StepState::Skipped,
                "no saved paths",
            );
            return Ok(());
        }
        tell(watch, Step::SavedPaths, StepState::Running, "");
        let mut rows = Vec::new();
        let (mut answered, mut exists) = (Vec::new(), Vec::new());
        for path in self.paths.clone() {
            let new = self.ask(self.kind(), &self.new, Some(&path));
            let after = if let Some(old) = &self.old {
                let (after, before) =
                    tokio::join!(new, self.ask(self.old_kind(), old, Some(&path)));
                let (after, before) = (after?, before?);
                let both = before.iter().zip(&after);
                rows.extend(both.map(|(old, new)| answers::path(&path, old, new)));
                after
            } else {
                let after = new.await?;
                // A path that was only tested may never have worked.
                let must = self.state.environment.saved_paths.contains(&path);
                rows.extend(answers::path_alone(&path, must, &after));
                after
            };
            for answer in after {
                if answer.verdict != Verdict::NotFound {
                    exists.push(answer.tier);
                }
                if answer.verdict.is_success() {
                    answered.push(answer.tier);
                }
            }
        }
        for tier in std::mem::take(&mut self.decided_by_paths) {
            if answered.contains(&tier) {
                continue;
            }
            let name = tier.as_str();
            // Most APIs exist only on author, so a path that is missing elsewhere shows nothing about the credential.
            if tier != Tier::Author && !answered.is_empty() && !exists.contains(&tier) {
                self.notes.push(Guidance::from(format!(
                    "{name}: no saved path exists there, so the new credential was not tested on {name}"
                )));
                continue;
            }
            let mut asked = rows.iter_mut().filter(|row| row.compared.tier == tier);
            if let Some(row) = asked.next()
                && row.compared.lost.is_none()
            {
                row.compared.lost = Some(format!(
                    "{name}: no saved path works with the new credential"
                ));
            }
        }
        let words = if self.old.is_some() {
            format!("{} answered as before", counted(self.paths.len(), "path"))
        } else {
            format!(
                "{} called, every saved one was answered",
                counted(self.paths.len(), "path")
            )
        };
        self.conclude(watch, Step::SavedPaths, rows, words)
    }

    /// Keeps the rows, reports the result of the step, and fails if something is lost.
    fn conclude(
        &mut self,
        watch: Watch<'_>,
        step: Step,
        rows: Vec<ResponseComparison>,
        fine: String,
    ) -> Result<(), Problem> {
        let lost: Vec<String> = rows
            .iter()
            .filter_map(|row| row.compared.lost.clone())
            .collect();
        let only_outages = rows
            .iter()
            .all(|row| row.compared.lost.is_none() || row.outage);
        self.compared
            .extend(rows.into_iter().map(|row| row.compared));
        if lost.is_empty() {
            tell(watch, step, StepState::Done, fine.clone());
            self.notes.push(fine.into());
            return Ok(());
        }
        let words = lost.join("; ");
        tell(watch, step, StepState::Failed, words.clone());
        if only_outages {
            return Err(answers::unanswered(
                "AEM did not answer the new credential",
                words,
            ));
        }
        let message = if self.old.is_some() {
            "the new credential cannot do everything that the old one can"
        } else {
            "the test of the new credential failed"
        };
        Err(Problem::new(Code::RotationNotProven, message)
            .cause(words)
            .next_step(guidance!["check the groups and product profiles of the new credential's account; changes take up to 30 minutes; for the steps, ", NextStep::GuidePermissions]))
    }

    fn kind(&self) -> Kind {
        self.candidate.credential.kind()
    }

    fn old_kind(&self) -> Kind {
        self.state
            .active()
            .map_or(self.kind(), |active| active.credential.kind())
    }

    async fn ask(
        &self,
        kind: Kind,
        token: &Secret,
        path: Option<&str>,
    ) -> Result<Vec<TierResult>, Problem> {
        let request = TestRequest {
            path: Some(path.unwrap_or(WHO_AM_I).to_owned()),
            ..TestRequest::default()
        };
        ask(
            self.context,
            &self.state.environment.destinations(),
            kind,
            &request,
            Some(token),
        )
        .await
    }

    /// The sign-in check with the old credential. Empty if IMS refuses it; a network problem is an error instead.
    async fn old_answers(&mut self) -> Result<Vec<TierResult>, Problem> {
        let kind = self.old_kind();
        let signed_in = |answers: &[TierResult]| {
            let mut all = answers.iter();
            all.any(|answer| answer.verdict.is_success())
        };
        if let Some(cached) = self.cached_token().await? {
            let answers = self.ask(kind, &cached, None).await?;
            if signed_in(&answers) {
                self.old = Some(cached);
                return Ok(answers);
            }
        }
        let Some(active) = self.state.active() else {
            return Ok(Vec::new());
        };
        match exchange(self.context, self.state, active).await {
            Ok(exchanged) => {
                let token = exchanged.token.secret;
                let answers = self.ask(kind, &token, None).await?;
                self.old = signed_in(&answers).then_some(token);
                Ok(answers)
            }
            Err(problem) if is_refused_for_good(&problem) => Ok(Vec::new()),
            Err(mut problem) => {
                problem.message = format!(
                    "could not compare with the old credential: {}",
                    problem.message
                );
                Err(problem)
            }
        }
    }

    async fn cached_token(&self) -> Result<Option<Secret>, Problem> {
        let id = self.state.id;
        let now = self.context.clock.now();
        let cached = self
            .context
            .storage(move |storage| storage.usable_token(id))
            .await?;
        let long_enough =
            |end: jiff::Timestamp| end.duration_since(now) > SignedDuration::from_mins(1);
        Ok(cached
            .filter(|item| item.token.expires_at.is_some_and(long_enough))
            .map(|item| item.token.secret))
    }

    /// The last sign-in test, which used the old credential.
    fn remembered(&self) -> Vec<TierRecord> {
        let index = self.context.read_index().unwrap_or_default();
        index
            .identity(self.state.id)
            .map(|(_, entry)| entry.last_test.clone())
            .unwrap_or_default()
    }

    /// AEM's classic paths, including the sign-in check, don't accept OAuth tokens: the saved paths decide there. A new secret
    /// of the same client is the same account to AEM, so it is enough that IMS accepts it.
    fn leave_to_paths(
        &mut self,
        rows: &mut [ResponseComparison],
        after: &[TierResult],
    ) -> Result<(), Problem> {
        if self.kind() != Kind::OauthServerToServer {
            return Ok(());
        }
        let refused = rows
            .iter_mut()
            .zip(after)
            .filter(|(row, answer)| {
                row.compared.lost.is_some() && answer.verdict == Verdict::TokenRefused
            })
            .map(|(row, _)| row);
        let new = self.candidate.credential.facts();
        let same_client = self
            .state
            .active()
            .is_some_and(|active| active.credential.facts().client_id == new.client_id);
        for row in refused {
            let tier = row.compared.tier;
            let name = tier.as_str();
            let said = "classic paths don't accept OAuth tokens";
            if !self.paths.is_empty() {
                self.notes
                    .push(format!("{name}: {said}; the saved paths decide").into());
                self.decided_by_paths.push(tier);
            } else if same_client {
                self.notes.push(Guidance::from(format!(
                    "{name}: {said}, and no path is saved; the client is the same, and IMS accepts its new secret"
                )));
            } else {
                let said = format!("{name}: {said}");
                return Err(answers::not_testable(&self.state.environment, &said));
            }
            row.compared.lost = None;
        }
        Ok(())
    }
}
