//! Rotation of a credential without an outage: the new one is stored next to the old one and verified before the switch.
//!
//! ```text
//!  list: "begun" -> candidate stored -> verified against the old one -> candidate flag cleared -> token replaced -> list: "switched"
//!                                                                     ^^^^^^^^^^^^^^^^^^^^^^ the write that commits
//! ```
//! Before that write the old credential is active, after it the new one. A crash leaves one of the two, and the list records
//! that a rotation began. The next process reads the storage and continues: `transition` has the table of states.

mod answers;
pub mod compare;
mod state;
mod switch;
mod transition;
mod verify;

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use serde::Serialize;
use uuid::Uuid;

use super::guard::{Act, Confirmed};
use super::{AppContext, ownership};
use crate::storage::{CredentialItem, ItemName, Phase, Rotation, Storage, StorageError};
use aemkeys_core::credential::CheckVerdict as Verdict;
use aemkeys_core::credential::{Code, Credential, CredentialFacts, Imported, KeyDigest, Problem};

pub use compare::{Comparison, compare};
pub use state::{RemainingSteps, remaining_steps};
pub(super) use state::{RotationState, rotation_lock};
pub use switch::go_back;
pub(super) use switch::is_of;
use transition::{RotationRequest, Transition};
pub use verify::Compared;
pub(super) use verify::is_refused_for_good as refused_for_good;

/// The steps of a rotation, in order. Both frontends show them as they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Store,
    Exchange,
    SignIn,
    SavedPaths,
    Switch,
    Token,
}

impl Step {
    pub const ALL: [Self; 6] = [
        Self::Store,
        Self::Exchange,
        Self::SignIn,
        Self::SavedPaths,
        Self::Switch,
        Self::Token,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Store => "store the new credential",
            Self::Exchange => "exchange the new credential",
            Self::SignIn => "sign in with both",
            Self::SavedPaths => "call the saved paths with both",
            Self::Switch => "switch to the new credential",
            Self::Token => "replace the cached token",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    Running,
    Done,
    /// There was nothing to do.
    Skipped,
    Failed,
}

/// The state of a step. The text is empty while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    pub state: StepState,
    pub words: String,
}

/// A callback for every step as it happens.
pub type Watch<'a> = &'a dyn Fn(Progress);

/// Ignores the progress, for callers that don't show it.
pub fn unwatched(_: Progress) {}

fn tell(watch: Watch<'_>, step: Step, state: StepState, words: impl Into<String>) {
    watch(Progress {
        step,
        state,
        words: words.into(),
    });
}

/// Reports that the step runs, and then its result.
async fn watched<T>(
    watch: Watch<'_>,
    step: Step,
    work: impl Future<Output = Result<(T, String), Problem>>,
) -> Result<T, Problem> {
    tell(watch, step, StepState::Running, "");
    match work.await {
        Ok((value, words)) => {
            tell(watch, step, StepState::Done, words);
            Ok(value)
        }
        Err(problem) => {
            tell(watch, step, StepState::Failed, problem.message.clone());
            Err(problem)
        }
    }
}

/// A finished rotation or return to the old credential.
#[derive(Clone, Debug)]
pub struct Rotated {
    pub full_name: String,
    pub revision: u32,
    pub old: Option<CredentialFacts>,
    pub new: CredentialFacts,
    /// What each of the two credentials can do.
    pub compared: Vec<Compared>,
    /// What was compared, and what could not be.
    pub notes: Vec<Guidance>,
    /// Why the steps after the switch failed; a later run continues with them.
    pub warning: Option<Guidance>,
    /// Programs that need the new credential before the old key can be revoked.
    pub used_by: Vec<String>,
}

/// Rotates to `imported`, or continues with the stored candidate.
pub async fn rotate(
    context: &AppContext,
    id: Uuid,
    imported: Option<Imported>,
    confirmed: &Confirmed,
    watch: Watch<'_>,
) -> Result<Rotated, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let state = RotationState::read(context, id).await?;
    let act = if confirmed.accepts_untested() {
        Act::RotateUntested
    } else {
        Act::Rotate
    };
    confirmed.check(&state.environment, act)?;
    state.can_rotate()?;
    let (request, credential) = match imported {
        Some(imported) => {
            let credential = into_credential(imported, context)?;
            refuse_leaked(context, credential.key_digests()).await?;
            let request = state.file(context, &credential.facts())?;
            (request, Some(credential))
        }
        None => (RotationRequest::Continue, None),
    };
    let next = state.next(request)?;
    if !confirmed.accepts_untested() {
        state.can_be_tested(next)?;
    }
    let revision = match (next, credential) {
        (Transition::Store, Some(credential)) => {
            watched(watch, Step::Store, store(context, &state, credential)).await?
        }
        (Transition::Verify(revision), _) => {
            let candidate = state.facts_of(revision)?;
            let words = format!("{} is already stored", candidate.fingerprint);
            tell(watch, Step::Store, StepState::Skipped, words);
            revision
        }
        _ => return switch::finish(context, state, watch).await,
    };
    let state = RotationState::read(context, id).await?;
    match verify::verify(context, &state, revision, watch).await {
        Ok(verified) => switch::commit(context, state, revision, verified, watch).await,
        Err(problem) => Err(keep_old(context, &state, revision, problem).await),
    }
}

/// Checks that a rotation or a return to the old credential could start, before the user is asked to confirm it. Changes nothing.
pub async fn preflight(
    context: &AppContext,
    id: Uuid,
    imported: Option<&Imported>,
    back: bool,
    may_be_untested: bool,
) -> Result<(), Problem> {
    let _turn = rotation_lock(context, id).await?;
    let state = RotationState::read(context, id).await?;
    state.can_rotate()?;
    let request = match imported {
        _ if back => state.go_back(),
        Some(imported) => {
            check_consistent(imported, context)?;
            refuse_leaked(context, imported.key_digests()).await?;
            match imported {
                Imported::Service(service) => state.file(context, &service.facts())?,
                Imported::Oauth(oauth) => state.file(context, &oauth.facts())?,
                Imported::DevelopmentToken(_) => return Err(no_credential()),
            }
        }
        None => RotationRequest::Continue,
    };
    let next = state.next(request)?;
    if may_be_untested {
        return Ok(());
    }
    state.can_be_tested(next)
}

/// Discards the candidate; the active credential is not touched. Returns false if there was none.
pub async fn discard(
    context: &AppContext,
    id: Uuid,
    confirmed: &Confirmed,
) -> Result<bool, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let state = RotationState::read(context, id).await?;
    confirmed.check(&state.environment, Act::Discard)?;
    if state.next(RotationRequest::Discard)? == Transition::Nothing {
        return Ok(false);
    }
    drop_candidates(context, id, state.candidates()).await?;
    RotationState::read(context, id).await?;
    Ok(true)
}

impl RotationState {
    /// Returns what a new file is to this identity. Fails if it belongs to another one.
    fn file(
        &self,
        context: &AppContext,
        new: &CredentialFacts,
    ) -> Result<RotationRequest, Problem> {
        ownership::check_credential(context.read_index()?.as_ref(), &self.environment, new)?;
        let same = |item: &&CredentialItem| {
            let facts = item.credential.facts();
            facts.fingerprint == new.fingerprint && facts.client_id == new.client_id
        };
        Ok(if self.active().as_ref().is_some_and(same) {
            RotationRequest::FileOfActive
        } else if self.candidate().as_ref().is_some_and(same) {
            RotationRequest::FileOfCandidate
        } else if self.held.iter().any(|item| same(&item)) {
            RotationRequest::OlderFile
        } else {
            RotationRequest::NewFile
        })
    }

    /// Fails if the next step would switch to a credential that no host can test.
    fn can_be_tested(&self, next: Transition) -> Result<(), Problem> {
        let switches = matches!(next, Transition::Store | Transition::Verify(_));
        if !switches || !self.environment.hosts.is_empty() {
            return Ok(());
        }
        Err(Problem::new(
            Code::RotationNotProven,
            format!(
                "{} has no hosts, so the new credential cannot be tested",
                self.name
            ),
        )
        .cause("a rotation switches only to a credential that was tested beside the old one")
        .next_step(guidance![
            "to set its hosts, ",
            NextStep::SetIds.of(&self.environment.name),
            "; to switch without a test, add `--untested` on the command line"
        ]))
    }

    fn go_back(&self) -> RotationRequest {
        RotationRequest::GoBack {
            has_older: self.before().is_some(),
        }
    }
}

/// Refuses leaked keys before anything is tried; the storage refuses them as well.
pub(super) async fn refuse_leaked(
    context: &AppContext,
    digests: Vec<KeyDigest>,
) -> Result<(), Problem> {
    let refuse = move |storage: &Storage| {
        if storage.is_leaked(&digests)? {
            return Err(StorageError::LeakedKey);
        }
        Ok(())
    };
    context.storage(refuse).await
}

/// Checks that the input is a credential and that its parts belong together.
fn check_consistent(imported: &Imported, context: &AppContext) -> Result<(), Problem> {
    match imported {
        Imported::Service(service) => {
            let wrong = service
                .checks(context.clock.now(), &context.configuration.thresholds)
                .into_iter()
                .find(|check| check.verdict == Verdict::Wrong);
            match wrong {
                Some(check) => Err(Problem::new(Code::CredentialInconsistent, check.text)
                    .next_step("download the file again in the AEM Developer Console")),
                None => Ok(()),
            }
        }
        Imported::Oauth(_) => Ok(()),
        Imported::DevelopmentToken(_) => Err(no_credential()),
    }
}

fn into_credential(imported: Imported, context: &AppContext) -> Result<Credential, Problem> {
    check_consistent(&imported, context)?;
    match imported {
        Imported::Service(service) => Ok(Credential::Service(*service)),
        Imported::Oauth(oauth) => Ok(Credential::Oauth(*oauth)),
        Imported::DevelopmentToken(_) => Err(no_credential()),
    }
}

fn no_credential() -> Problem {
    Problem::new(
        Code::TokenNotCredential,
        "this is a token, not a credential",
    )
    .next_step(guidance!["to add a token, ", NextStep::PasteToken])
}

/// Stores the candidate. Writes the list first, to record the start, then the revision number, without which a candidate could
/// not be cleaned up.
async fn store(
    context: &AppContext,
    state: &RotationState,
    credential: Credential,
) -> Result<(u32, String), Problem> {
    let id = state.id;
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    let mut environment = state.environment_now(context).await?;
    let mut revision = 0;
    for identity in environment.identities.iter_mut().filter(|i| i.id == id) {
        identity.latest_revision += 1;
        revision = identity.latest_revision;
    }
    let added_at = context.clock.now();
    record(
        context,
        id,
        Rotation {
            revision,
            began_at: added_at,
            reached: Phase::Stored,
            problem: None,
        },
    )
    .await?;
    let fingerprint = credential.facts().fingerprint;
    let item = CredentialItem {
        revision,
        candidate: true,
        leaked: false,
        added_at,
        credential,
    };
    // One candidate at a time: a newer file replaces one that was not verified.
    delete(context, id, state.candidates()).await?;
    context
        .storage(move |storage| {
            storage.put_environment(&environment)?;
            storage.put_credential(id, &item)
        })
        .await?;
    Ok((
        revision,
        format!("{fingerprint} stored as revision {revision}"),
    ))
}

/// Deletes the candidates under the locks that every write takes.
async fn drop_candidates(
    context: &AppContext,
    id: Uuid,
    revisions: Vec<u32>,
) -> Result<(), Problem> {
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    delete(context, id, revisions).await
}

async fn delete(context: &AppContext, id: Uuid, revisions: Vec<u32>) -> Result<(), Problem> {
    context
        .storage(move |storage| {
            for revision in revisions {
                // Read again: it may have become the active one.
                if storage
                    .credential(id, revision)?
                    .is_some_and(|item| !item.candidate)
                {
                    continue;
                }
                storage.delete(&ItemName::Credential(id, revision))?;
            }
            Ok(())
        })
        .await
}

/// Records the rotation in the list.
async fn record(context: &AppContext, id: Uuid, rotation: Rotation) -> Result<(), Problem> {
    context
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(id) {
                entry.rotation = Some(rotation);
            }
        })
        .await
}

/// Keeps the old credential and records the reason. Drops a candidate that IMS refuses permanently; any other can be retried.
async fn keep_old(
    context: &AppContext,
    state: &RotationState,
    revision: u32,
    mut problem: Problem,
) -> Problem {
    let (id, name) = (state.id, &state.name);
    let refused = verify::is_refused_for_good(&problem);
    let kept = if refused {
        drop_candidates(context, id, vec![revision]).await
    } else {
        let rotation = Rotation {
            revision,
            began_at: state.began_at().unwrap_or_else(|| context.clock.now()),
            reached: Phase::Stored,
            problem: Some(problem.to_string()),
        };
        record(context, id, rotation).await
    };
    // Best effort: the next read repairs it.
    let _ = RotationState::read(context, id).await;
    problem.message = format!("{}; {name} keeps its old credential", problem.message);
    if !refused && kept.is_ok() {
        let mut step = problem
            .next_step
            .take()
            .map_or_else(Guidance::default, |mut step| {
                step.push("; ");
                step
            });
        step.append(guidance![
            "to try the new credential again, ",
            NextStep::ContinueRotation.of(name),
            "; to discard it, ",
            NextStep::DiscardCandidate.of(name),
        ]);
        problem.next_step = Some(step);
    }
    problem
}
