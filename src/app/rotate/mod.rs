//! How is a credential renewed without an outage? The new one is stored beside the old, proves itself, and only then counts.
//!
//! ```text
//!  the list: "begun" -> candidate stored -> proved with both -> mark cleared -> token replaced -> the list: "switched"
//!                                                               ^^^^^^^^^^^^ the one write that commits
//! ```
//! Before that write the old one signs in, after it the new one: a crash anywhere leaves one of the two, and the list
//! remembers that something was begun. Whoever comes next looks at the storage and goes on from there.

mod answers;
pub mod compare;
mod prove;
mod standing;
mod switch;

use serde::Serialize;
use uuid::Uuid;

use super::guard::{Act, Confirmed};
use super::{World, ownership};
use crate::credential::service_credentials::Verdict;
use crate::credential::shell;
use crate::credential::{Code, Credential, CredentialFacts, Imported, KeyDigest, Problem};
use crate::vault::{CredentialItem, ItemName, Reached, Rotation, Vault, VaultError};

pub use compare::{Comparison, compare};
pub use prove::Compared;
pub(super) use prove::is_refused_for_good as refused_for_good;
pub(super) use standing::{Standing, locked};
pub use standing::{Unfinished, unfinished};
pub use switch::go_back;
pub(super) use switch::is_of;

/// A rotation's steps, in order; both faces show them as they happen.
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
            Self::Store => "store the new one beside the old",
            Self::Exchange => "exchange with the new one",
            Self::SignIn => "who am I, with both",
            Self::SavedPaths => "saved paths, with both",
            Self::Switch => "switch to the new one",
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

/// What became of a step; the words are empty while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    pub state: StepState,
    pub words: String,
}

/// Is told of every step as it happens.
pub type Watch<'a> = &'a dyn Fn(Progress);

/// For callers that show nothing meanwhile.
pub fn unwatched(_: Progress) {}

fn tell(watch: Watch<'_>, step: Step, state: StepState, words: impl Into<String>) {
    watch(Progress {
        step,
        state,
        words: words.into(),
    });
}

/// Says that the step runs, then what became of it.
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

/// A finished rotation, or a finished way back.
#[derive(Clone, Debug)]
pub struct Rotated {
    pub full_name: String,
    pub revision: u32,
    pub old: Option<CredentialFacts>,
    pub new: CredentialFacts,
    /// Row by row what each of the two can do.
    pub compared: Vec<Compared>,
    /// What was compared and what could not be.
    pub notes: Vec<String>,
    /// Who must get the new credential before the old key may be revoked.
    pub used_by: Vec<String>,
}

/// Renews with `imported`, or goes on with the candidate that is stored.
pub async fn rotate(
    world: &World,
    id: Uuid,
    imported: Option<Imported>,
    confirmed: &Confirmed,
    watch: Watch<'_>,
) -> Result<Rotated, Problem> {
    let _turn = locked(world, id).await?;
    let standing = Standing::read(world, id).await?;
    confirmed.check(&standing.environment, Act::Rotate)?;
    standing.can_rotate()?;
    let revision = match imported {
        Some(imported) => {
            let credential = usable(imported, world)?;
            refuse_leaked(world, credential.key_digests()).await?;
            match standing.meets(world, &credential.facts())? {
                Meets::Candidate(revision) => {
                    tell(watch, Step::Store, StepState::Skipped, "stored already");
                    revision
                }
                Meets::Committed => return switch::finish(world, standing, watch).await,
                Meets::Nothing => {
                    watched(watch, Step::Store, store(world, &standing, credential)).await?
                }
            }
        }
        None => match standing.candidate() {
            Some(candidate) => {
                let words = format!("{} is stored", candidate.credential.facts().fingerprint);
                tell(watch, Step::Store, StepState::Skipped, words);
                candidate.revision
            }
            None if standing.is_committed() => {
                return switch::finish(world, standing, watch).await;
            }
            None => return Err(standing.nothing_begun()),
        },
    };
    let standing = Standing::read(world, id).await?;
    match prove::prove(world, &standing, revision, watch).await {
        Ok(proof) => switch::commit(world, standing, revision, proof, watch).await,
        Err(problem) => Err(stay(world, &standing, revision, problem).await),
    }
}

/// Would a rotation begin, or a way back? Changes nothing: whoever asks a person for consent knows first that it is worth it.
pub async fn foresee(
    world: &World,
    id: Uuid,
    imported: Option<&Imported>,
    back: bool,
) -> Result<(), Problem> {
    let _turn = locked(world, id).await?;
    let standing = Standing::read(world, id).await?;
    standing.can_rotate()?;
    if back {
        return switch::can_go_back(&standing);
    }
    match (imported, standing.candidate()) {
        (Some(imported), _) => {
            sound(imported, world)?;
            refuse_leaked(world, imported.key_digests()).await?;
            let facts = match imported {
                Imported::Service(service) => service.facts(),
                Imported::Oauth(oauth) => oauth.facts(),
                Imported::DevelopmentToken(_) => return Ok(()),
            };
            standing.meets(world, &facts).map(|_| ())
        }
        (None, Some(_)) => Ok(()),
        (None, None) if standing.is_committed() => Ok(()),
        (None, None) => Err(standing.nothing_begun()),
    }
}

/// Drops the candidate; the active one was never touched. False when there was none.
pub async fn discard(world: &World, id: Uuid, confirmed: &Confirmed) -> Result<bool, Problem> {
    let _turn = locked(world, id).await?;
    let standing = Standing::read(world, id).await?;
    confirmed.check(&standing.environment, Act::Discard)?;
    let candidates = standing.candidates();
    let any = !candidates.is_empty();
    drop_candidates(world, id, candidates).await?;
    Standing::read(world, id).await?;
    Ok(any)
}

/// What a new file is to what is held.
enum Meets {
    /// It is the candidate that waits.
    Candidate(u32),
    /// It signs in already, and only the end of its rotation is missing.
    Committed,
    Nothing,
}

impl Standing {
    fn meets(&self, world: &World, new: &CredentialFacts) -> Result<Meets, Problem> {
        let name = &self.name;
        ownership::check_credential(&world.read_index()?, &self.environment, new)?;
        let same = |item: &&CredentialItem| {
            let facts = item.credential.facts();
            facts.fingerprint == new.fingerprint && facts.client_id == new.client_id
        };
        if self.active().as_ref().is_some_and(same) {
            if self.is_committed() {
                return Ok(Meets::Committed);
            }
            return Err(Problem::new(Code::SameCredential, format!("{name} has this very credential already"))
                .next_step("download the new one: AEM Developer Console, Technical Accounts, Add certificate, View"));
        }
        if let Some(candidate) = self.candidate().filter(same) {
            return Ok(Meets::Candidate(candidate.revision));
        }
        if self.held.iter().any(|item| same(&item)) {
            return Err(Problem::new(
                Code::OldRevision,
                format!("this is an older credential that {name} still holds; nothing was changed"),
            )
            .next_step(format!(
                "to sign in with it again: `aemkeys rotate {quoted} --go-back`",
                quoted = shell::quoted(&name)
            )));
        }
        Ok(Meets::Nothing)
    }
}

/// Told before anything is tried; the storage refuses it all the same.
async fn refuse_leaked(world: &World, digests: Vec<KeyDigest>) -> Result<(), Problem> {
    let refuse = move |vault: &Vault| {
        if vault.is_leaked(&digests)? {
            return Err(VaultError::LeakedKey);
        }
        Ok(())
    };
    world.vault(refuse).await
}

/// Do the file's parts fit together, and are they a credential?
fn sound(imported: &Imported, world: &World) -> Result<(), Problem> {
    match imported {
        Imported::Service(service) => {
            let wrong = service
                .checks(world.clock.now(), &world.configuration.thresholds)
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

fn usable(imported: Imported, world: &World) -> Result<Credential, Problem> {
    sound(&imported, world)?;
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
    .next_step("bring a token in with `aemkeys paste NAME`")
}

/// The list first, so that a crash is known; then the number, since a candidate nobody counts could never be cleaned up.
async fn store(
    world: &World,
    standing: &Standing,
    credential: Credential,
) -> Result<(u32, String), Problem> {
    let id = standing.id;
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    let mut environment = standing.environment_now(world).await?;
    let mut revision = 0;
    for identity in environment.identities.iter_mut().filter(|i| i.id == id) {
        identity.latest_revision += 1;
        revision = identity.latest_revision;
    }
    let added_at = world.clock.now();
    note(
        world,
        id,
        Rotation {
            revision,
            began_at: added_at,
            reached: Reached::Stored,
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
    // One candidate at a time: a newer file takes the place of one that was never proven.
    delete(world, id, standing.candidates()).await?;
    world
        .vault(move |vault| {
            vault.put_environment(&environment)?;
            vault.put_credential(id, &item)
        })
        .await?;
    Ok((
        revision,
        format!("{fingerprint} stored as revision {revision}"),
    ))
}

/// Under the locks that every write takes.
async fn drop_candidates(world: &World, id: Uuid, revisions: Vec<u32>) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    delete(world, id, revisions).await
}

async fn delete(world: &World, id: Uuid, revisions: Vec<u32>) -> Result<(), Problem> {
    world
        .vault(move |vault| {
            for revision in revisions {
                // Read again: what signs in by now is no candidate.
                if vault
                    .credential(id, revision)?
                    .is_some_and(|item| !item.candidate)
                {
                    continue;
                }
                vault.delete(&ItemName::Credential(id, revision))?;
            }
            Ok(())
        })
        .await
}

/// How far it is, in the list.
async fn note(world: &World, id: Uuid, rotation: Rotation) -> Result<(), Problem> {
    world
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(id) {
                entry.rotation = Some(rotation);
            }
        })
        .await
}

/// The old one stays, and the reason is kept. What IMS refuses for good is no candidate; anything else may be tried again.
async fn stay(world: &World, standing: &Standing, revision: u32, mut problem: Problem) -> Problem {
    let (id, name) = (standing.id, &standing.name);
    let refused = prove::is_refused_for_good(&problem);
    let kept = if refused {
        drop_candidates(world, id, vec![revision]).await
    } else {
        let rotation = Rotation {
            revision,
            began_at: standing.began_at().unwrap_or_else(|| world.clock.now()),
            reached: Reached::Stored,
            problem: Some(problem.to_string()),
        };
        note(world, id, rotation).await
    };
    // Best effort: the next look finds out by itself.
    let _ = Standing::read(world, id).await;
    problem.message = format!("{}; {name} keeps its credential", problem.message);
    if !refused && kept.is_ok() {
        let again = format!(
            "`aemkeys rotate {quoted}` tries the new one again, `--discard` drops it",
            quoted = shell::quoted(&name)
        );
        problem.next_step = Some(match problem.next_step {
            Some(step) => format!("{step}; {again}"),
            None => again,
        });
    }
    problem
}
