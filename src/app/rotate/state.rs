//! The state of an identity's rotation. The storage is authoritative; the list holds a copy that can be read without the keyring.

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use jiff::Timestamp;
use uuid::Uuid;

use crate::app::resolve::no_longer_stored;
use crate::app::{AppContext, guard, resolve};
use crate::platform::lock::Lock;
use crate::storage::{
    CredentialItem, IdentityEntry, Index, Phase, RevisionState, Rotation, StorageError, TokenOrigin,
};
use aemkeys_core::credential::{Code, CredentialFacts, Fingerprint, Problem};
use aemkeys_core::environment::{Environment, Identity};

/// Takes the lock that allows one rotation of an identity at a time. It is taken before `add` and the identity's own lock, which
/// are held only for writes, so that exchanges don't wait while a candidate is tested.
pub(in crate::app) async fn rotation_lock(
    context: &AppContext,
    id: Uuid,
) -> Result<Option<Lock>, Problem> {
    context.lock(format!("{id}.rotation")).await
}

/// What the storage holds for an identity.
#[derive(Debug)]
pub(in crate::app) struct RotationState {
    pub id: Uuid,
    /// The full name.
    pub name: String,
    pub environment: Environment,
    /// All revisions, newest first.
    pub held: Vec<CredentialItem>,
    pub rotation: Option<Rotation>,
    /// The revision that the cached token was exchanged with.
    token_of: Option<TokenOrigin>,
}

impl RotationState {
    /// Reads the storage, repairs what a crash left unfinished, and updates the list. Takes the write locks only if there is
    /// something to write.
    pub async fn read(context: &AppContext, id: Uuid) -> Result<Self, Problem> {
        let state = Self::load(context, id).await?;
        if !state.needs_repair() && state.is_listed_in(context.read_index()?.as_ref()) {
            return Ok(state);
        }
        drop(state);
        let _add = context.lock("add".to_owned()).await?;
        let _lock = context.lock(id.to_string()).await?;
        Self::read_locked(context, id).await
    }

    /// Like [`RotationState::read`], but the caller holds the locks: `add` and the identity's.
    pub async fn read_locked(context: &AppContext, id: Uuid) -> Result<Self, Problem> {
        let mut state = Self::load(context, id).await?;
        if state.needs_repair() {
            state.repair(context).await?;
        }
        if !state.is_listed_in(context.read_index()?.as_ref()) {
            state.update_list(context).await?;
        }
        Ok(state)
    }

    /// Reads without writing.
    async fn load(context: &AppContext, id: Uuid) -> Result<Self, Problem> {
        let index = context.read_index()?;
        let name = resolve::name_of(&index, id);
        let noted = index
            .identity(id)
            .map(|(_, identity)| identity.rotation.clone())
            .ok_or_else(no_longer_stored)?;
        let environment = guard::environment_of(context, id).await?.ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                format!("{name} is missing from the storage"),
            )
            .next_step(guidance![
                "to remove it, ",
                NextStep::Remove.of(&name),
                "; then add the file again"
            ])
        })?;
        let latest = environment.identity(id).map_or(0, |i| i.latest_revision);
        let (held, token) = context
            .storage(move |storage| Ok((storage.revisions(id, latest)?, storage.usable_token(id)?)))
            .await?;
        let rotation = current_rotation(noted, &environment, id, &held);
        Ok(Self {
            id,
            name,
            environment,
            held,
            rotation,
            token_of: token.map(|token| token.origin),
        })
    }

    /// Whether a crash left something to repair: a leaked, replaced revision that was not set aside, or the old kind.
    fn needs_repair(&self) -> bool {
        let Some(active) = self.active() else {
            return false;
        };
        let kind = active.credential.kind();
        self.held
            .iter()
            .any(|item| must_be_set_aside(item, active.revision))
            || self
                .identity()
                .is_some_and(|identity| identity.kind != kind)
    }

    async fn repair(&mut self, context: &AppContext) -> Result<(), Problem> {
        let id = self.id;
        let mut environment = self.environment.clone();
        let mut held = std::mem::take(&mut self.held);
        (self.environment, self.held) = context
            .storage(move |storage| {
                repair(storage, &mut environment, id, &mut held)?;
                Ok((environment, held))
            })
            .await?;
        Ok(())
    }

    /// Whether the list is up to date.
    fn is_listed_in(&self, index: &Index) -> bool {
        let mut updated = index.clone();
        self.write_to(&mut updated);
        updated == *index
    }

    fn write_to(&self, index: &mut Index) {
        index.put_environment(&self.environment);
        if let Some(entry) = index.identity_mut(self.id) {
            entry.put_revisions(&self.held);
            entry.rotation.clone_from(&self.rotation);
        }
    }

    /// Updates the list.
    async fn update_list(&mut self, context: &AppContext) -> Result<(), Problem> {
        let own = Self {
            id: self.id,
            name: self.name.clone(),
            environment: self.environment.clone(),
            held: std::mem::take(&mut self.held),
            rotation: self.rotation.clone(),
            token_of: self.token_of,
        };
        self.held = context
            .update_index(move |index| {
                own.write_to(index);
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

    /// The candidate, which is not verified yet.
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

    /// The revision before the active one, to which the user can go back. Never a leaked one.
    pub fn before(&self) -> Option<&CredentialItem> {
        let active = self.active()?.revision;
        self.held
            .iter()
            .find(|item| item.revision < active && !item.candidate && !item.leaked)
    }

    /// Whether the switch is done but the steps after it are not.
    pub fn is_committed(&self) -> bool {
        match (&self.rotation, self.active()) {
            (Some(rotation), Some(active)) => {
                rotation.reached == Phase::Stored && rotation.revision == active.revision
            }
            _ => false,
        }
    }

    /// Whether the user went back to the older credential.
    pub fn went_back(&self) -> bool {
        self.rotation
            .as_ref()
            .is_some_and(|rotation| rotation.reached == Phase::WentBack)
    }

    /// Returns false if a crash left the token of the credential that was set aside.
    pub fn token_is_of_active(&self) -> bool {
        let active = self.active().map_or(0, |active| active.revision);
        self.token_of
            .is_none_or(|origin| origin == TokenOrigin::Exchanged { revision: active })
    }

    pub fn began_at(&self) -> Option<Timestamp> {
        self.rotation.as_ref().map(|rotation| rotation.began_at)
    }

    /// The programs that don't have the active revision yet.
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

    /// The stored credential of this revision.
    pub fn item(&self, revision: u32) -> Result<&CredentialItem, Problem> {
        let mut held = self.held.iter();
        held.find(|item| item.revision == revision).ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                format!("revision {revision} is missing from the storage"),
            )
        })
    }

    pub fn facts_of(&self, revision: u32) -> Result<CredentialFacts, Problem> {
        self.item(revision).map(|item| item.credential.facts())
    }

    /// The credential before `revision`.
    pub fn facts_before(&self, revision: u32) -> Option<CredentialFacts> {
        self.held
            .iter()
            .find(|item| item.revision < revision && (!item.candidate || item.leaked))
            .map(|item| item.credential.facts())
    }

    /// Reads the environment again, because it may have been edited in the meantime.
    pub async fn environment_now(&self, context: &AppContext) -> Result<Environment, Problem> {
        let id = self.environment.id;
        context
            .storage(move |storage| storage.environment(id))
            .await?
            .filter(|environment| environment.identity(self.id).is_some())
            .ok_or_else(|| {
                Problem::new(
                    Code::NameNotFound,
                    format!("{} was removed in the meantime", self.name),
                )
            })
    }

    pub fn can_rotate(&self) -> Result<(), Problem> {
        if self.identity().is_some_and(|i| i.kind.can_exchange()) {
            return Ok(());
        }
        Err(
            Problem::new(Code::Usage, format!("{} has no credential", self.name))
                .next_step(guidance!["to add a credential, ", NextStep::Add]),
        )
    }
}

/// Whether it is leaked and replaced, but not set aside.
fn must_be_set_aside(item: &CredentialItem, active: u32) -> bool {
    item.leaked && !item.candidate && item.revision != active
}

fn repair(
    storage: &crate::storage::Storage,
    environment: &mut Environment,
    id: Uuid,
    held: &mut [CredentialItem],
) -> Result<(), StorageError> {
    let active = held
        .iter()
        .find(|item| !item.candidate)
        .map(|item| (item.revision, item.credential.kind()));
    let Some((active, kind)) = active else {
        return Ok(());
    };
    for item in held
        .iter_mut()
        .filter(|item| must_be_set_aside(item, active))
    {
        item.candidate = true;
        storage.put_credential(id, item)?;
    }
    let stale = environment
        .identities
        .iter_mut()
        .find(|identity| identity.id == id && identity.kind != kind);
    if let Some(identity) = stale {
        identity.kind = kind;
        storage.put_environment(environment)?;
    }
    Ok(())
}

/// Returns the recorded rotation if it still applies.
fn current_rotation(
    recorded: Option<Rotation>,
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
    recorded.filter(|rotation| match rotation.reached {
        Phase::Stored => waits(rotation.revision) || rotation.revision == active,
        Phase::WentBack => waits(rotation.revision),
        Phase::Switched => rotation.revision == active && (others || !all_ticked),
    })
}

/// The remaining steps of a rotation, from the list alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemainingSteps {
    /// Begun and interrupted; only the storage shows how far it got.
    Begun { went_back: bool },
    /// Stored next to the active one and not verified; with the reason, if it was tested.
    Candidate {
        fingerprint: Fingerprint,
        problem: Option<String>,
        went_back: bool,
    },
    /// Active; these programs still use the old credential.
    UpdatePrograms { missing: Vec<String>, of: usize },
    /// Every program has the new credential; this old key can be revoked, then deleted here.
    RevokeOld { old: Fingerprint },
}

pub fn remaining_steps(entry: &IdentityEntry) -> Option<RemainingSteps> {
    if let Some(candidate) = entry.in_state(RevisionState::Candidate) {
        let noted = entry.rotation.as_ref();
        return Some(RemainingSteps::Candidate {
            fingerprint: candidate.facts.fingerprint.clone(),
            problem: noted.and_then(|rotation| rotation.problem.clone()),
            went_back: noted.is_some_and(|rotation| rotation.reached == Phase::WentBack),
        });
    }
    match entry.rotation.as_ref()?.reached {
        Phase::Stored => Some(RemainingSteps::Begun { went_back: false }),
        Phase::WentBack => Some(RemainingSteps::Begun { went_back: true }),
        Phase::Switched => {
            let missing: Vec<String> = entry.without_new().map(str::to_owned).collect();
            if !missing.is_empty() {
                return Some(RemainingSteps::UpdatePrograms {
                    missing,
                    of: entry.used_by.len(),
                });
            }
            entry
                .in_state(RevisionState::Old)
                .map(|old| RemainingSteps::RevokeOld {
                    old: old.facts.fingerprint.clone(),
                })
        }
    }
}

impl RemainingSteps {
    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Begun { went_back: false } => "a rotation was interrupted".to_owned(),
            Self::Begun { went_back: true } => "going back was interrupted".to_owned(),
            Self::Candidate {
                fingerprint,
                went_back: true,
                ..
            } => format!("went back to the old credential; the newer {fingerprint} is kept"),
            Self::Candidate {
                fingerprint,
                problem: Some(problem),
                ..
            } => format!(
                "the new credential {fingerprint} is stored, but its test failed: {problem}"
            ),
            Self::Candidate { fingerprint, .. } => {
                format!("the new credential {fingerprint} is stored, not yet tested")
            }
            Self::UpdatePrograms { missing, of } => format!(
                "rotated; not updated yet ({} of {of}): {}",
                missing.len(),
                missing.join(", ")
            ),
            Self::RevokeOld { old } => {
                format!("rotated; the old credential {old} can be revoked, then deleted here")
            }
        }
    }

    /// One or two words for a column.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "interrupted",
            Self::Candidate { .. } => "not verified",
            Self::UpdatePrograms { .. } => "update programs",
            Self::RevokeOld { .. } => "revoke old key",
        }
    }

    /// What to do next.
    pub fn next_step(&self, name: &str) -> Guidance {
        match self {
            Self::Begun { went_back: false } => {
                guidance!["to continue, ", NextStep::ContinueRotation.of(name)]
            }
            Self::Begun { went_back: true } => {
                guidance!["to continue, ", NextStep::GoBack.of(name)]
            }
            Self::Candidate { .. } => guidance![
                "to try it again, ",
                NextStep::ContinueRotation.of(name),
                "; to discard it, ",
                NextStep::DiscardCandidate.of(name)
            ],
            Self::UpdatePrograms { .. } => guidance![
                "give it to each of them; to tick it, ",
                NextStep::TickUser.of(name)
            ],
            Self::RevokeOld { .. } => guidance![
                "to revoke it at Adobe, ",
                NextStep::GuideRevoke.of(name),
                "; then ",
                NextStep::DropRevision.of(name)
            ],
        }
    }
}
