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

mod case;
mod checklist;
mod texts;

pub use checklist::{Checklist, LeakItem, LeakStep, LeakStepState};

use uuid::Uuid;

use super::AppContext;
use super::guard::{Act, Confirmed};
use super::rotate::{RotationState, refused_for_good, rotation_lock};
use crate::storage::{Index, ItemName};
use aemkeys_core::credential::{Code, Fingerprint, Problem};
use case::{Case, tokens_of};

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
    for other in exchangeable(context.read_index()?.as_ref()) {
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
    case.allow(context, LeakStep::Revoke)?;
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
                .next_step(format!(
                    "{}, then check again",
                    item.credential.kind().how_to_revoke()
                )));
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
    case.allow(context, LeakStep::Invalidate)?;
    let lock = context.lock(id.to_string()).await?;
    // Read again: another process may have exchanged in the meantime.
    for (name, token) in tokens_of(context, id, case.revision).await? {
        let credential = case.item().ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                "the leaked credential is missing from the storage",
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
    case.allow(context, LeakStep::Delete)?;
    let revision = case.revision;
    let add = context.lock("add".to_owned()).await?;
    let lock = context.lock(id.to_string()).await?;
    context
        .storage(move |storage| storage.delete(&ItemName::Credential(id, revision)))
        .await?;
    super::approvals::drop_unused_of(context, id).await?;
    drop((lock, add));
    Case::open(context, id, Some(revision))
        .await?
        .checklist(context)
}

#[cfg(test)]
mod tests;
