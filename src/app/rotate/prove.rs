//! Can the new credential do all that the old one could? Exchange, who am I, saved paths: every question to both.

use jiff::SignedDuration;
use serde::Serialize;

use super::{Standing, Step, StepState, Watch, tell, watched};
use crate::aem::{TierResult, Verdict};
use crate::app::World;
use crate::app::test_call::{TestRequest, ask};
use crate::credential::{Kind, Problem, Secret};
use crate::environment::Tier;
use crate::ims::Exchanged;
use crate::vault::CredentialItem;

/// Where nobody saved a path, so many of those tested last stand in.
const RECENT_PATHS: usize = 5;

/// The same question to both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub tier: Tier,
    pub host: String,
    /// `None`: who am I.
    pub path: Option<String>,
    /// `None` where the old one gets no token any more.
    pub old: Option<String>,
    pub new: String,
    /// What the new one cannot do.
    pub lost: Option<String>,
}

pub(super) struct Proof {
    pub exchanged: Exchanged,
    pub compared: Vec<Compared>,
    pub notes: Vec<String>,
}

/// A no that the next try would get again: this is no candidate.
pub(in crate::app) fn is_refused_for_good(problem: &Problem) -> bool {
    problem.code != "ims-internal-error"
        && problem.code != "ims-host-untrusted"
        && (problem.code.starts_with("ims-")
            || matches!(
                problem.code,
                "certificate-expired" | "key-of-another-file" | "no-client-secret"
            ))
}

pub(super) async fn prove(
    world: &World,
    standing: &Standing,
    revision: u32,
    watch: Watch<'_>,
) -> Result<Proof, Problem> {
    let candidate = standing
        .held
        .iter()
        .find(|item| item.revision == revision)
        .ok_or_else(|| Problem::new("secret-missing", "the candidate is gone from the keyring"))?;
    let exchanged = watched(watch, Step::Exchange, async {
        let exchanged = exchange(world, standing, candidate).await?;
        let words = format!("in {} ms", exchanged.elapsed.as_millis());
        Ok((exchanged, words))
    })
    .await?;
    let mut judge = Judge {
        world,
        standing,
        kind: candidate.credential.kind(),
        new: exchanged.token.secret.duplicate(),
        old: None,
        paths: saved_paths(world, standing)?,
        compared: Vec::new(),
        notes: Vec::new(),
    };
    if standing.environment.hosts.is_empty() {
        for step in [Step::SignIn, Step::SavedPaths] {
            tell(watch, step, StepState::Skipped, "no hosts are known");
        }
        judge
            .notes
            .push("no hosts are known, so author and publish were not asked".to_owned());
    } else {
        judge.who_am_i(watch).await?;
        judge.saved_paths(watch).await?;
    }
    let (compared, notes) = (judge.compared, judge.notes);
    Ok(Proof {
        exchanged,
        compared,
        notes,
    })
}

pub(super) async fn exchange(
    world: &World,
    standing: &Standing,
    item: &CredentialItem,
) -> Result<Exchanged, Problem> {
    crate::ims::exchange(
        &world.http,
        &item.credential,
        &standing.environment.approved_hosts,
        world.clock.now(),
    )
    .await
    .map_err(|error| error.problem())
}

/// What a person saved for the environment, else what was tested last.
fn saved_paths(world: &World, standing: &Standing) -> Result<Vec<String>, Problem> {
    if !standing.environment.saved_paths.is_empty() {
        return Ok(standing.environment.saved_paths.clone());
    }
    let index = world.read_index()?;
    let recent = index.environment(standing.environment.id);
    Ok(recent.map_or_else(Vec::new, |entry| {
        entry.paths.iter().take(RECENT_PATHS).cloned().collect()
    }))
}

struct Judge<'a> {
    world: &'a World,
    standing: &'a Standing,
    /// Of the new one.
    kind: Kind,
    new: Secret,
    old: Option<Secret>,
    paths: Vec<String>,
    compared: Vec<Compared>,
    notes: Vec<String>,
}

impl Judge<'_> {
    async fn who_am_i(&mut self, watch: Watch<'_>) -> Result<(), Problem> {
        tell(watch, Step::SignIn, StepState::Running, "");
        let outcome = match self.old_answers().await {
            Ok(before) => self
                .ask(self.kind, &self.new, None)
                .await
                .map(|after| (before, after)),
            Err(problem) => Err(problem),
        };
        let (before, after) = match outcome {
            Ok(answers) => answers,
            Err(problem) => {
                tell(
                    watch,
                    Step::SignIn,
                    StepState::Failed,
                    problem.message.clone(),
                );
                return Err(problem);
            }
        };
        let first = self.compared.len();
        if before.is_empty() {
            self.notes.push(
                "the old credential gets no token any more, so the last test is all there is to compare with"
                    .to_owned(),
            );
            self.against_last_test(&after);
        } else {
            for (before, after) in before.iter().zip(&after) {
                self.compared.push(compare_sign_in(before, after));
            }
            self.forgive_oauth(first, &after);
        }
        self.conclude(
            watch,
            Step::SignIn,
            first,
            "author and publish take the new one as the old one, with the same groups",
        )
    }

    async fn saved_paths(&mut self, watch: Watch<'_>) -> Result<(), Problem> {
        if self.paths.is_empty() {
            tell(
                watch,
                Step::SavedPaths,
                StepState::Skipped,
                "none are saved",
            );
            return Ok(());
        }
        tell(watch, Step::SavedPaths, StepState::Running, "");
        let first = self.compared.len();
        for path in self.paths.clone() {
            let new = self.ask(self.kind, &self.new, Some(&path));
            let old_kind = self.old_kind();
            let (after, before) = match &self.old {
                Some(old) => {
                    let (after, before) =
                        futures_util::join!(new, self.ask(old_kind, old, Some(&path)));
                    (after?, before?)
                }
                None => (new.await?, Vec::new()),
            };
            for (at, after) in after.iter().enumerate() {
                let row = compare_path(&path, before.get(at), after);
                self.compared.push(row);
            }
        }
        let words = format!("{} answered as before", count(self.paths.len()));
        self.conclude(watch, Step::SavedPaths, first, &words)
    }

    /// Says what became of the rows since `first`, and stops where something is lost.
    fn conclude(
        &mut self,
        watch: Watch<'_>,
        step: Step,
        first: usize,
        fine: &str,
    ) -> Result<(), Problem> {
        let lost: Vec<&str> = self.compared[first..]
            .iter()
            .filter_map(|row| row.lost.as_deref())
            .collect();
        if lost.is_empty() {
            let words = if self.old.is_some() {
                fine.to_owned()
            } else {
                "the new one is signed in".to_owned()
            };
            tell(watch, step, StepState::Done, words.clone());
            self.notes.push(words);
            return Ok(());
        }
        let words = lost.join("; ");
        tell(watch, step, StepState::Failed, words.clone());
        Err(Problem::new(
            "rotation-not-proven",
            "the new credential cannot do all that the old one could",
        )
        .cause(words)
        .next_step("give the new technical account its groups or product profile (`aemkeys guide permissions`); it takes about 10 minutes to arrive"))
    }

    fn old_kind(&self) -> Kind {
        self.standing
            .active()
            .map_or(self.kind, |active| active.credential.kind())
    }

    async fn ask(
        &self,
        kind: Kind,
        token: &Secret,
        path: Option<&str>,
    ) -> Result<Vec<TierResult>, Problem> {
        let request = TestRequest {
            path: path.map(str::to_owned),
            ..TestRequest::default()
        };
        let environment = &self.standing.environment;
        let approved = &environment.approved_hosts;
        ask(
            self.world,
            &environment.hosts,
            approved,
            kind,
            &request,
            Some(token),
        )
        .await
    }

    /// Who am I with the old one; empty when it gets no token any more. Trouble on the way is no such answer.
    async fn old_answers(&mut self) -> Result<Vec<TierResult>, Problem> {
        let kind = self.old_kind();
        if let Some(cached) = self.cached_token().await? {
            let answers = self.ask(kind, &cached, None).await?;
            if answers.iter().any(|answer| answer.verdict.is_success()) {
                self.old = Some(cached);
                return Ok(answers);
            }
        }
        let Some(active) = self.standing.active() else {
            return Ok(Vec::new());
        };
        match exchange(self.world, self.standing, active).await {
            Ok(exchanged) => {
                let token = exchanged.token.secret;
                let answers = self.ask(kind, &token, None).await?;
                self.old = Some(token);
                Ok(answers)
            }
            Err(problem) if is_refused_for_good(&problem) => Ok(Vec::new()),
            Err(mut problem) => {
                problem.message = format!(
                    "the old credential could not be compared: {}",
                    problem.message
                );
                Err(problem)
            }
        }
    }

    async fn cached_token(&self) -> Result<Option<Secret>, Problem> {
        let id = self.standing.id;
        let now = self.world.clock.now();
        let cached = self
            .world
            .vault(move |vault| vault.usable_token(id))
            .await?;
        let long_enough =
            |end: jiff::Timestamp| end.duration_since(now) > SignedDuration::from_mins(1);
        Ok(cached
            .filter(|item| item.token.expires_at.is_some_and(long_enough))
            .map(|item| item.token.secret))
    }

    /// Signed in wherever the last test was; anywhere, if there was none.
    fn against_last_test(&mut self, after: &[TierResult]) {
        let index = self.world.read_index().unwrap_or_default();
        let remembered = index
            .identity(self.standing.id)
            .map(|(_, entry)| entry.last_test.clone())
            .unwrap_or_default();
        let signed_in = |host: &str| {
            remembered
                .iter()
                .any(|test| test.host == host && test.verdict == Verdict::SignedIn.code())
        };
        let none_known = !remembered.iter().any(|test| signed_in(&test.host));
        let nowhere = !after.iter().any(|answer| answer.verdict.is_success());
        for answer in after {
            let host = host_of(&answer.url);
            let expected = signed_in(&host) || (none_known && nowhere);
            let lost = (expected && !answer.verdict.is_success()).then(|| said(answer));
            self.compared.push(row(None, None, answer, lost));
        }
    }

    /// AEM's classic paths take no OAuth token, so where the kind changes the saved paths decide, if there are any.
    fn forgive_oauth(&mut self, first: usize, after: &[TierResult]) {
        if self.kind != Kind::OauthServerToServer
            || self.old_kind() == self.kind
            || self.paths.is_empty()
        {
            return;
        }
        for (row, answer) in self.compared[first..].iter_mut().zip(after) {
            if answer.verdict == Verdict::TokenRefused && row.lost.take().is_some() {
                self.notes.push(format!(
                    "{}: classic paths take no OAuth token; the saved paths decide",
                    row.tier.as_str()
                ));
            }
        }
    }
}

fn compare_sign_in(before: &TierResult, after: &TierResult) -> Compared {
    let mut lost = None;
    if before.verdict.is_success() {
        let missing: Vec<&str> = before
            .groups
            .iter()
            .filter(|group| !after.groups.contains(group))
            .map(String::as_str)
            .collect();
        if !after.verdict.is_success() {
            lost = Some(said(after));
        } else if !missing.is_empty() {
            lost = Some(format!(
                "{}: not in {}",
                after.tier.as_str(),
                missing.join(", ")
            ));
        }
    }
    row(None, Some(before), after, lost)
}

/// An answer that was there and is not any more. What the old one could not do the new one need not.
fn compare_path(path: &str, before: Option<&TierResult>, after: &TierResult) -> Compared {
    let answered = |result: &TierResult| result.verdict.is_success();
    let lost = (before.is_some_and(answered) && !answered(after))
        .then(|| format!("{} {path}: {}", after.tier.as_str(), status(after)));
    row(Some(path), before, after, lost)
}

fn row(
    path: Option<&str>,
    before: Option<&TierResult>,
    after: &TierResult,
    lost: Option<String>,
) -> Compared {
    let words = |result: &TierResult| {
        if path.is_some() {
            status(result)
        } else if result.verdict.is_success() {
            format!("{}, {} groups", result.verdict.words(), result.groups.len())
        } else {
            result.verdict.words().to_owned()
        }
    };
    Compared {
        tier: after.tier,
        host: host_of(&after.url),
        path: path.map(str::to_owned),
        old: before.map(words),
        new: words(after),
        lost,
    }
}

fn status(result: &TierResult) -> String {
    result.status.map_or_else(
        || result.verdict.words().to_owned(),
        |status| format!("{status} {}", result.verdict.words()),
    )
}

fn said(result: &TierResult) -> String {
    format!("{}: {}", result.tier.as_str(), result.verdict.words())
}

fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

fn count(paths: usize) -> String {
    if paths == 1 {
        "1 path".to_owned()
    } else {
        format!("{paths} paths")
    }
}
