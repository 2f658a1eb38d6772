//! The steps after a credential leaked, their order, and the progress. No step stops a program that works.
//!
//! | step | done when |
//! |---|---|
//! | add a key | a newer credential with another key that has not leaked is stored |
//! | rotate | that one is active |
//! | used by | and every program that uses the identity has it |
//! | revoke | and IMS refuses the leaked one |
//! | invalidate | and no token of the leaked one is stored |
//! | delete | the leaked one is not stored any more |
//! | clean git | never: aemkeys does not look into repositories |
//!
//! The first step that is not done is next; those after it are locked. The order matters: revoking a key before everyone
//! has the new one causes an outage, and after deleting it here aemkeys can no longer check that IMS refuses it.

mod texts;

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::AppContext;
use super::guard::{Act, Confirmed};
use super::rotate::{RotationState, is_of, refused_for_good, rotation_lock};
use crate::storage::{CredentialItem, Index, ItemName, TokenItem};
use aemkeys_core::credential::{Code, Fingerprint, Problem};
use aemkeys_core::environment::LeakedKey;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    AddKey,
    Rotate,
    UsedBy,
    Revoke,
    Invalidate,
    Delete,
    CleanGit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Done,
    Next,
    Locked,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Next => "next",
            Self::Locked => "locked",
        }
    }
}

/// One step with its state, with the names of the environment filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    pub step: Step,
    pub state: State,
    pub title: String,
    /// The page to open or the command to run.
    pub how: Guidance,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checklist {
    pub name: String,
    pub revision: u32,
    pub fingerprint: Fingerprint,
    /// Marked as leaked: going back to it is refused.
    pub marked: bool,
    /// It is still the active credential.
    pub active: bool,
    pub steps: Vec<Item>,
    /// Limits that no step can change.
    pub notes: Vec<String>,
}

impl Checklist {
    pub fn next(&self) -> Option<&Item> {
        self.steps.iter().find(|item| item.state == State::Next)
    }

    fn state(&self, step: Step) -> State {
        self.steps
            .iter()
            .find(|item| item.step == step)
            .map_or(State::Locked, |item| item.state)
    }
}

/// Finds the identity and revision with this fingerprint. Reads only the list.
pub fn find(index: &Index, fingerprint: &Fingerprint) -> Option<(Uuid, u32)> {
    index
        .environments
        .iter()
        .flat_map(|environment| &environment.identities)
        .find_map(|identity| {
            let held = identity
                .all_revisions()
                .iter()
                .find(|known| known.facts.fingerprint == *fingerprint)
                .map(|known| known.revision);
            let gone = || {
                identity
                    .leaked
                    .iter()
                    .find(|key| key.fingerprint == *fingerprint)
                    .map(|key| key.revision)
            };
            Some((identity.id, held.or_else(gone)?))
        })
}

/// Returns the checklist of this revision; `None` means the marked one, else the active one.
pub async fn look(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
) -> Result<Checklist, Problem> {
    let _turn = rotation_lock(context, id).await?;
    Case::open(context, id, revision).await?.checklist(context)
}

/// Marks the revision's key as leaked in the whole storage: credentials with this key can no longer be added or exported,
/// under any identity. If it is active, it stays in use until a rotation replaces it.
pub async fn mark(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
    confirmed: &Confirmed,
) -> Result<Checklist, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let case = Case::open(context, id, revision).await?;
    confirmed.check(&case.state.environment, Act::Leaked)?;
    let revision = case.revision;
    let add = context.lock("add".to_owned()).await?;
    let lock = context.lock(id.to_string()).await?;
    let digests = case.item().map(|item| item.credential.key_digests());
    context
        .storage(move |storage| {
            let digests = digests.into_iter().flatten();
            digests
                .into_iter()
                .try_for_each(|it| storage.mark_leaked(&it))
        })
        .await?;
    let keys = case.leaks_with(context.clock.now());
    if !keys.is_empty() {
        case.write(context, move |known| known.extend(keys)).await?;
    }
    drop(lock);
    // Sets the inactive revisions with this key aside, in every identity, and updates the list.
    for other in exchangeable(&context.read_index()?) {
        let _lock = context.lock(other.to_string()).await?;
        let read = RotationState::read_locked(context, other).await;
        if other == id {
            read?;
        }
    }
    drop(add);
    Case::open(context, id, Some(revision))
        .await?
        .checklist(context)
}

fn exchangeable(index: &Index) -> Vec<Uuid> {
    let identities = index.environments.iter().flat_map(|it| &it.identities);
    identities
        .filter(|identity| identity.kind.can_exchange())
        .map(|identity| identity.id)
        .collect()
}

/// Checks that the old key is revoked by asking IMS for a token with it: only a refusal counts.
pub async fn confirm_revoked(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
) -> Result<Checklist, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let case = Case::open(context, id, revision).await?;
    case.allow(context, Step::Revoke)?;
    if let Some(item) = case.item() {
        let asked = aemkeys_core::ims::exchange(
            &context.http,
            &item.credential,
            &case.state.environment.approvals,
            context.clock.now(),
        )
        .await;
        match asked.map_err(|error| error.problem()) {
            Ok(_) => {
                return Err(Problem::new(
                    Code::KeyNotRevoked,
                    format!("IMS still issues tokens for {}", case.fingerprint),
                )
                .cause("the key is not revoked yet, or the revocation has not taken effect")
                .next_step("press Revoke in the AEM Developer Console (Integrations, Technical Accounts), then check again"));
            }
            Err(problem) if refused_for_good(&problem) => {}
            Err(problem) => return Err(problem),
        }
    }
    let revision = case.revision;
    let add = context.lock("add".to_owned()).await?;
    // The identity has no mark yet if the key was marked under another identity.
    let keys = case.leaks_with(context.clock.now());
    case.write(context, move |known| {
        known.extend(keys);
        for key in known.iter_mut().filter(|key| key.revision == revision) {
            key.revoked = true;
        }
    })
    .await?;
    drop(add);
    Case::open(context, id, Some(revision))
        .await?
        .checklist(context)
}

/// Invalidates the cached tokens of the leaked credential at IMS, and deletes them.
pub async fn invalidate(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
    confirmed: &Confirmed,
) -> Result<Checklist, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let case = Case::open(context, id, revision).await?;
    confirmed.check(&case.state.environment, Act::Leaked)?;
    case.allow(context, Step::Invalidate)?;
    let lock = context.lock(id.to_string()).await?;
    // Read again: another process may have exchanged in the meantime.
    for (name, token) in tokens_of(context, id, case.revision).await? {
        let credential = case.item().ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                "the leaked credential is missing from the keyring",
            )
            .cause("IMS needs its client secret to invalidate a token")
            .next_step("wait: the token expires within a day")
        })?;
        aemkeys_core::ims::invalidate(
            &context.http,
            &token.token.secret,
            &credential.credential,
            false,
            &case.state.environment.approvals,
            context.clock.now(),
        )
        .await
        .map_err(|error| error.problem())?;
        let invalidated = token.token.secret.fingerprint();
        let digest = invalidated.clone();
        context
            .storage(move |storage| {
                let stored = match name {
                    ItemName::ReplacedToken(_) => storage.replaced_token(id)?,
                    _ => storage.token(id)?,
                };
                // A newer token stays.
                if stored.is_some_and(|stored| stored.token.secret.fingerprint() == digest) {
                    storage.delete(&name)?;
                }
                Ok(())
            })
            .await?;
        context
            .update_index(move |index| {
                if let Some(entry) = index.identity_mut(id)
                    && entry
                        .token
                        .as_ref()
                        .is_some_and(|listed| listed.fingerprint == invalidated)
                {
                    entry.token = None;
                }
            })
            .await?;
    }
    drop(lock);
    Case::open(context, id, Some(case.revision))
        .await?
        .checklist(context)
}

/// Deletes the leaked revision here. Its fingerprint stays on the list of leaked keys.
pub async fn delete(
    context: &AppContext,
    id: Uuid,
    revision: Option<u32>,
    confirmed: &Confirmed,
) -> Result<Checklist, Problem> {
    let _turn = rotation_lock(context, id).await?;
    let case = Case::open(context, id, revision).await?;
    confirmed.check(&case.state.environment, Act::Leaked)?;
    case.allow(context, Step::Delete)?;
    let revision = case.revision;
    let lock = context.lock(id.to_string()).await?;
    context
        .storage(move |storage| storage.delete(&ItemName::Credential(id, revision)))
        .await?;
    super::approvals::drop_unused_of(context, id).await?;
    drop(lock);
    Case::open(context, id, Some(revision))
        .await?
        .checklist(context)
}

/// Returns all stored tokens that were exchanged with this revision, including replaced ones.
async fn tokens_of(
    context: &AppContext,
    id: Uuid,
    revision: u32,
) -> Result<Vec<(ItemName, Arc<TokenItem>)>, Problem> {
    let stored = context
        .storage(move |storage| {
            Ok([
                (ItemName::Token(id), storage.token(id)?),
                (ItemName::ReplacedToken(id), storage.replaced_token(id)?),
            ])
        })
        .await?;
    let mut found: Vec<(ItemName, Arc<TokenItem>)> = stored
        .into_iter()
        .filter_map(|(name, token)| Some((name, Arc::new(token?))))
        .collect();
    found.retain(|(_, token)| is_of(token, &[revision]));
    Ok(found)
}

/// A revision that leaked, or may have.
struct Case {
    state: RotationState,
    revision: u32,
    fingerprint: Fingerprint,
    /// The stored tokens that were exchanged with it.
    tokens: Vec<(ItemName, Arc<TokenItem>)>,
}

impl Case {
    async fn open(context: &AppContext, id: Uuid, revision: Option<u32>) -> Result<Self, Problem> {
        let state = RotationState::read(context, id).await?;
        state.can_rotate()?;
        let held = |revision: u32| state.held.iter().find(|item| item.revision == revision);
        let keys = state.identity().map_or(&[][..], |i| i.leaked.as_slice());
        let marked = keys.iter().rev().find(|key| held(key.revision).is_some());
        let revision = revision
            .or(marked.map(|key| key.revision))
            .or(state.active().map(|active| active.revision))
            .ok_or_else(|| state.nothing_begun())?;
        let fingerprint = held(revision)
            .map(|item| item.credential.facts().fingerprint)
            .or_else(|| {
                keys.iter()
                    .find(|key| key.revision == revision)
                    .map(|key| key.fingerprint.clone())
            })
            .ok_or_else(|| {
                Problem::new(
                    Code::NoRevision,
                    format!("{} holds no revision {revision}", state.name),
                )
                .next_step(guidance![
                    "to list them, ",
                    NextStep::Revisions.of(&state.name)
                ])
            })?;
        let tokens = tokens_of(context, id, revision).await?;
        Ok(Self {
            state,
            revision,
            fingerprint,
            tokens,
        })
    }

    fn item(&self) -> Option<&CredentialItem> {
        self.state
            .held
            .iter()
            .find(|item| item.revision == self.revision)
    }

    /// The revisions that share a key with this one and have no mark yet.
    fn leaks_with(&self, now: Timestamp) -> Vec<LeakedKey> {
        let ours = self.item().map(|item| item.credential.key_digests());
        let ours = ours.unwrap_or_default();
        let marks = self.marks();
        self.state
            .held
            .iter()
            .filter(|item| {
                let digests = item.credential.key_digests();
                digests.iter().any(|digest| ours.contains(digest))
            })
            .map(|item| (item.revision, item.credential.facts().fingerprint))
            .filter(|(_, fingerprint)| !marks.iter().any(|key| key.fingerprint == *fingerprint))
            .map(|(revision, fingerprint)| LeakedKey {
                fingerprint,
                revision,
                marked_at: now,
                revoked: false,
            })
            .collect()
    }

    fn marks(&self) -> &[LeakedKey] {
        self.state
            .identity()
            .map_or(&[][..], |identity| identity.leaked.as_slice())
    }

    fn is_active(&self) -> bool {
        self.state
            .active()
            .is_some_and(|active| active.revision == self.revision)
    }

    fn marked(&self) -> Option<&LeakedKey> {
        let marks = self.marks().iter();
        marks
            .into_iter()
            .find(|key| key.fingerprint == self.fingerprint)
    }

    /// Changes the stored list of leaked keys. The caller holds the `add` lock.
    async fn write(
        &self,
        context: &AppContext,
        change: impl FnOnce(&mut Vec<LeakedKey>),
    ) -> Result<(), Problem> {
        let mut environment = self.state.environment_now(context).await?;
        if let Some(identity) = environment
            .identities
            .iter_mut()
            .find(|identity| identity.id == self.state.id)
        {
            change(&mut identity.leaked);
        }
        context
            .storage(move |storage| storage.put_environment(&environment))
            .await
    }

    /// Refuses a step if an earlier one is not done.
    fn allow(&self, context: &AppContext, step: Step) -> Result<(), Problem> {
        let list = self.checklist(context)?;
        if list.marked && list.state(step) != State::Locked {
            return Ok(());
        }
        let name = &list.name;
        let problem = Problem::new(
            Code::StepLocked,
            format!("an earlier step of {name} is not done; nothing was changed"),
        )
        .cause("a key must not be revoked or deleted while a program still needs it");
        Err(match list.next() {
            _ if !list.marked => problem.next_step(guidance![
                "to mark it first, ",
                NextStep::MarkLeaked.of(name)
            ]),
            Some(next) => {
                let mut step = Guidance::from(format!("first: {}; ", next.title));
                step.append(next.how.clone());
                problem.next_step(step)
            }
            None => problem,
        })
    }

    fn checklist(&self, context: &AppContext) -> Result<Checklist, Problem> {
        let name = self.state.name.clone();
        let ours = self.item().map(|item| item.credential.facts());
        // A new certificate for the leaked key does not replace it.
        let newer = |item: &CredentialItem| {
            let facts = item.credential.facts();
            let same_key = ours.as_ref().is_some_and(|ours| facts.has_key_of(ours));
            item.revision > self.revision && !item.leaked && !same_key
        };
        let has_newer = self.state.held.iter().any(newer);
        let replaced = self.state.active().is_some_and(newer);
        let missing = self.state.without_new();
        let revoked = self.item().is_none() || self.marked().is_some_and(|key| key.revoked);
        let done = [
            has_newer,
            replaced,
            replaced && missing.is_empty(),
            replaced && revoked,
            replaced && self.tokens.is_empty(),
            self.item().is_none(),
            false,
        ];
        let index = context.read_index()?;
        let file = index
            .identity(self.state.id)
            .and_then(|(_, entry)| entry.imported_from.clone())
            .and_then(|path| {
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned())
            })
            .map_or_else(
                || "FILE".to_owned(),
                |name| aemkeys_core::credential::text::clean(&name, 80),
            );
        let mut open = true;
        let steps = Step::ALL
            .into_iter()
            .zip(done)
            .map(|(step, done)| {
                let state = if done {
                    State::Done
                } else if std::mem::replace(&mut open, false) {
                    State::Next
                } else {
                    State::Locked
                };
                let (title, how) = texts::step(step, &name, &missing, &file);
                Item {
                    step,
                    state,
                    title,
                    how,
                }
            })
            .collect();
        Ok(Checklist {
            revision: self.revision,
            fingerprint: self.fingerprint.clone(),
            marked: self.marked().is_some() || self.item().is_some_and(|item| item.leaked),
            active: self.is_active(),
            steps,
            notes: texts::notes(),
            name,
        })
    }
}

impl Step {
    pub const ALL: [Self; 7] = [
        Self::AddKey,
        Self::Rotate,
        Self::UsedBy,
        Self::Revoke,
        Self::Invalidate,
        Self::Delete,
        Self::CleanGit,
    ];
}

#[cfg(test)]
mod tests;
