//! Where does an identity's rotation stand? Read from the storage, which decides, and repeated in the list, which tells it
//! to whoever asks without the keyring.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::exchange::no_longer_stored;
use crate::app::{World, guard, resolve};
use crate::credential::shell;
use crate::credential::{Code, CredentialFacts, Fingerprint, Problem};
use crate::environment::{Environment, Identity};
use crate::platform::lock::Lock;
use crate::vault::{
    CredentialItem, IdentityEntry, Index, Reached, RevisionState, Rotation, VaultError,
};

/// One rotation of an identity at a time. Before `add` and the identity's own lock, which are held for writes only: nobody
/// waits for a token while a candidate is being tried.
pub(in crate::app) async fn locked(world: &World, id: Uuid) -> Result<Option<Lock>, Problem> {
    world.lock(format!("{id}.rotation")).await
}

/// What the storage holds of an identity.
#[derive(Debug)]
pub(in crate::app) struct Standing {
    pub id: Uuid,
    /// As a person calls it.
    pub name: String,
    pub environment: Environment,
    /// All revisions, the newest first.
    pub held: Vec<CredentialItem>,
    pub rotation: Option<Rotation>,
}

impl Standing {
    /// Reads the storage, puts right what a crash left half done, and repeats it in the list. The locks that writing takes
    /// are had only where there is something to write: looking waits for nobody.
    pub async fn read(world: &World, id: Uuid) -> Result<Self, Problem> {
        let standing = Self::look(world, id).await?;
        if !standing.is_unsettled() && standing.is_repeated_in(&world.read_index()?) {
            return Ok(standing);
        }
        drop(standing);
        let _add = world.lock("add".to_owned()).await?;
        let _lock = world.lock(id.to_string()).await?;
        Self::read_locked(world, id).await
    }

    /// As [`Standing::read`], where the caller has the locks: `add`, and the identity's.
    pub async fn read_locked(world: &World, id: Uuid) -> Result<Self, Problem> {
        let mut standing = Self::look(world, id).await?;
        if standing.is_unsettled() {
            standing.settle(world).await?;
        }
        if !standing.is_repeated_in(&world.read_index()?) {
            standing.repeat(world).await?;
        }
        Ok(standing)
    }

    /// Writes nothing.
    async fn look(world: &World, id: Uuid) -> Result<Self, Problem> {
        let index = world.read_index()?;
        let name = resolve::name_of(&index, id);
        let noted = index
            .identity(id)
            .map(|(_, identity)| identity.rotation.clone())
            .ok_or_else(no_longer_stored)?;
        let environment = guard::environment_of(world, id).await?.ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                format!("the keyring no longer holds {name}"),
            )
            .next_step(format!(
                "drop the entry with `aemkeys remove {quoted}` and add the file again",
                quoted = shell::quoted(&name)
            ))
        })?;
        let latest = environment.identity(id).map_or(0, |i| i.latest_revision);
        let held = world
            .vault(move |vault| vault.revisions(id, latest))
            .await?;
        let rotation = still_true(noted, &environment, id, &held);
        Ok(Self {
            id,
            name,
            environment,
            held,
            rotation,
        })
    }

    /// What a crash may have left: a leaked revision that was replaced but not set aside, or a kind that is the old one's.
    fn is_unsettled(&self) -> bool {
        let Some(active) = self.active() else {
            return false;
        };
        let kind = active.credential.kind();
        self.held.iter().any(|item| is_over(item, active.revision))
            || self
                .identity()
                .is_some_and(|identity| identity.kind != kind)
    }

    async fn settle(&mut self, world: &World) -> Result<(), Problem> {
        let id = self.id;
        let mut environment = self.environment.clone();
        let mut held = std::mem::take(&mut self.held);
        (self.environment, self.held) = world
            .vault(move |vault| {
                settle(vault, &mut environment, id, &mut held)?;
                Ok((environment, held))
            })
            .await?;
        Ok(())
    }

    /// Does the list say all of it already?
    fn is_repeated_in(&self, index: &Index) -> bool {
        let mut told = index.clone();
        self.repeat_in(&mut told);
        told == *index
    }

    fn repeat_in(&self, index: &mut Index) {
        index.put_environment(&self.environment);
        if let Some(entry) = index.identity_mut(self.id) {
            entry.put_revisions(&self.held);
            entry.rotation.clone_from(&self.rotation);
        }
    }

    /// Repeats it in the list.
    async fn repeat(&mut self, world: &World) -> Result<(), Problem> {
        let own = Self {
            id: self.id,
            name: self.name.clone(),
            environment: self.environment.clone(),
            held: std::mem::take(&mut self.held),
            rotation: self.rotation.clone(),
        };
        self.held = world
            .update_index(move |index| {
                own.repeat_in(index);
                own.held
            })
            .await?;
        Ok(())
    }

    pub fn identity(&self) -> Option<&Identity> {
        self.environment.identity(self.id)
    }

    pub fn active(&self) -> Option<&CredentialItem> {
        self.held.iter().find(|item| !item.candidate)
    }

    /// The one that waits to be proven.
    pub fn candidate(&self) -> Option<&CredentialItem> {
        self.held.iter().find(|item| item.candidate && !item.leaked)
    }

    pub fn candidates(&self) -> Vec<u32> {
        self.held
            .iter()
            .filter(|item| item.candidate && !item.leaked)
            .map(|item| item.revision)
            .collect()
    }

    /// The one before the active one that may sign in again: never a leaked one.
    pub fn before(&self) -> Option<&CredentialItem> {
        let active = self.active()?.revision;
        self.held
            .iter()
            .find(|item| item.revision < active && !item.candidate && !item.leaked)
    }

    /// The switch took place, and what follows it did not.
    pub fn is_committed(&self) -> bool {
        match (&self.rotation, self.active()) {
            (Some(rotation), Some(active)) => {
                rotation.reached == Reached::Stored && rotation.revision == active.revision
            }
            _ => false,
        }
    }

    /// A person went back, and the newer one waits.
    pub fn went_back(&self) -> bool {
        self.rotation
            .as_ref()
            .is_some_and(|rotation| rotation.reached == Reached::WentBack)
    }

    pub fn began_at(&self) -> Option<Timestamp> {
        self.rotation.as_ref().map(|rotation| rotation.began_at)
    }

    /// Who must get the active revision.
    pub fn without_new(&self) -> Vec<String> {
        let active = self.active().map_or(0, |active| active.revision);
        self.identity()
            .map(|identity| {
                identity
                    .used_by
                    .iter()
                    .filter(|who| !who.has(active))
                    .map(|who| who.name.clone())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The credential that is followed by `revision`.
    pub fn facts_before(&self, revision: u32) -> Option<CredentialFacts> {
        self.held
            .iter()
            .find(|item| item.revision < revision && (!item.candidate || item.leaked))
            .map(|item| item.credential.facts())
    }

    /// The environment as it is now: an edit may have come between.
    pub async fn environment_now(&self, world: &World) -> Result<Environment, Problem> {
        let id = self.environment.id;
        world
            .vault(move |vault| vault.environment(id))
            .await?
            .filter(|environment| environment.identity(self.id).is_some())
            .ok_or_else(|| {
                Problem::new(
                    Code::NameNotFound,
                    format!("{} was removed meanwhile", self.name),
                )
            })
    }

    pub fn can_rotate(&self) -> Result<(), Problem> {
        if self.identity().is_some_and(|i| i.kind.can_exchange()) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Usage,
            format!("{} has no credential that could be renewed", self.name),
        )
        .next_step("bring the file in with `aemkeys add FILE`"))
    }

    pub fn nothing_begun(&self) -> Problem {
        let name = &self.name;
        Problem::new(Code::Usage, format!("no rotation of {name} is under way"))
            .cause("nothing new is stored beside its credential")
            .next_step(format!("bring the new file: `aemkeys rotate {quoted} FILE`; `aemkeys guide renew` leads there", quoted = shell::quoted(&name)))
    }
}

/// Leaked, replaced, and not set aside.
fn is_over(item: &CredentialItem, active: u32) -> bool {
    item.leaked && !item.candidate && item.revision != active
}

fn settle(
    vault: &crate::vault::Vault,
    environment: &mut Environment,
    id: Uuid,
    held: &mut [CredentialItem],
) -> Result<(), VaultError> {
    let active = held
        .iter()
        .find(|item| !item.candidate)
        .map(|item| (item.revision, item.credential.kind()));
    let Some((active, kind)) = active else {
        return Ok(());
    };
    for item in held.iter_mut().filter(|item| is_over(item, active)) {
        item.candidate = true;
        vault.put_credential(id, item)?;
    }
    let stale = environment
        .identities
        .iter_mut()
        .find(|identity| identity.id == id && identity.kind != kind);
    if let Some(identity) = stale {
        identity.kind = kind;
        vault.put_environment(environment)?;
    }
    Ok(())
}

/// Is what the list notes still so?
fn still_true(
    noted: Option<Rotation>,
    environment: &Environment,
    id: Uuid,
    held: &[CredentialItem],
) -> Option<Rotation> {
    let waits = |revision: u32| {
        held.iter()
            .any(|item| item.revision == revision && item.candidate && !item.leaked)
    };
    let active = held
        .iter()
        .find(|item| !item.candidate)
        .map_or(0, |item| item.revision);
    let identity = environment.identity(id);
    let all_ticked = identity.is_none_or(|i| i.used_by.iter().all(|who| who.has(active)));
    let others = held.iter().any(|item| item.revision < active);
    noted.filter(|rotation| match rotation.reached {
        Reached::Stored => waits(rotation.revision) || rotation.revision == active,
        Reached::WentBack => waits(rotation.revision),
        Reached::Switched => rotation.revision == active && (others || !all_ticked),
    })
}

/// What is left of a rotation, from the list alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// Begun, and nobody knows yet how far it came: the storage tells.
    Begun { went_back: bool },
    /// Stored beside the active one, not proven; why not, if it was tried.
    Candidate {
        fingerprint: Fingerprint,
        problem: Option<String>,
        went_back: bool,
    },
    /// It signs in; these still work with the old one.
    ToBring { missing: Vec<String>, of: usize },
    /// Everybody has the new one; this old key can be revoked, then dropped here.
    ToRevoke { old: Fingerprint },
}

pub fn unfinished(entry: &IdentityEntry) -> Option<Unfinished> {
    if let Some(candidate) = entry.in_state(RevisionState::Candidate) {
        let noted = entry.rotation.as_ref();
        return Some(Unfinished::Candidate {
            fingerprint: candidate.facts.fingerprint.clone(),
            problem: noted.and_then(|rotation| rotation.problem.clone()),
            went_back: noted.is_some_and(|rotation| rotation.reached == Reached::WentBack),
        });
    }
    match entry.rotation.as_ref()?.reached {
        Reached::Stored => Some(Unfinished::Begun { went_back: false }),
        Reached::WentBack => Some(Unfinished::Begun { went_back: true }),
        Reached::Switched => {
            let missing: Vec<String> = entry.without_new().map(str::to_owned).collect();
            if !missing.is_empty() {
                return Some(Unfinished::ToBring {
                    missing,
                    of: entry.used_by.len(),
                });
            }
            entry
                .in_state(RevisionState::Old)
                .map(|old| Unfinished::ToRevoke {
                    old: old.facts.fingerprint.clone(),
                })
        }
    }
}

impl Unfinished {
    /// One sentence, without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Begun { went_back: false } => "a rotation was begun and interrupted".to_owned(),
            Self::Begun { went_back: true } => "going back was begun and interrupted".to_owned(),
            Self::Candidate {
                fingerprint,
                went_back: true,
                ..
            } => format!("went back; the newer {fingerprint} is kept beside it"),
            Self::Candidate {
                fingerprint,
                problem: Some(problem),
                ..
            } => format!("the new {fingerprint} is stored and not proven: {problem}"),
            Self::Candidate { fingerprint, .. } => {
                format!("the new {fingerprint} is stored and not yet tried")
            }
            Self::ToBring { missing, of } => format!(
                "renewed; {} of {of} still work with the old one: {}",
                missing.len(),
                missing.join(", ")
            ),
            Self::ToRevoke { old } => {
                format!("renewed; the old key {old} can be revoked, then dropped here")
            }
        }
    }

    /// In one or two words, for a column.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "interrupted",
            Self::Candidate { .. } => "not proven",
            Self::ToBring { .. } => "to bring",
            Self::ToRevoke { .. } => "to revoke",
        }
    }

    /// What to do now.
    pub fn next_step(&self, name: &str) -> String {
        match self {
            Self::Begun { went_back: false } => {
                format!(
                    "`aemkeys rotate {quoted}` looks how far it came and goes on",
                    quoted = shell::quoted(&name)
                )
            }
            Self::Begun { went_back: true } => {
                format!(
                    "`aemkeys rotate {quoted} --go-back` looks how far it came and goes on",
                    quoted = shell::quoted(&name)
                )
            }
            Self::Candidate { .. } => format!(
                "`aemkeys rotate {quoted}` tries it again, `aemkeys rotate {quoted} --discard` drops it",
                quoted = shell::quoted(&name)
            ),
            Self::ToBring { .. } => format!(
                "bring it to each of them and tick it off: `aemkeys used-by {quoted} --tick WHO`",
                quoted = shell::quoted(&name)
            ),
            Self::ToRevoke { .. } => format!(
                "AEM Developer Console, Technical Accounts: Revoke; then `aemkeys revisions {quoted} --drop`",
                quoted = shell::quoted(&name)
            ),
        }
    }
}
