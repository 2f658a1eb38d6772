//! Removes identities and environments, and invalidates tokens.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use uuid::Uuid;

use super::guard::{self, Act, Confirmed};
use super::resolve::no_longer_stored;
use super::undo::{self, Undo};
use super::{AppContext, approvals, resolve};
use crate::storage::delete_secrets;
use crate::storage::{ItemName, Owner};
use aemkeys_core::credential::{Code, Kind, Problem};

/// Removes the identity, and its environment if it was the last one. Returns the undo, if it was asked for and is possible.
pub async fn identity(
    context: &AppContext,
    id: Uuid,
    confirmed: &Confirmed,
    with_undo: bool,
) -> Result<Option<Undo>, Problem> {
    let _add = context.lock("add".to_owned()).await?;
    let _lock = context.lock(id.to_string()).await?;
    let index = context.read_index()?;
    let (environment, _) = index.identity(id).ok_or_else(no_longer_stored)?;
    let listed = environment.id;
    let stored = guard::environment_of(context, id).await?;
    let environment_id = stored.as_ref().map_or(listed, |stored| stored.id);
    confirmed.check_stored(environment_id, stored.as_ref(), Act::Remove)?;
    let is_last = match &stored {
        Some(stored) => stored.identities.len() == 1,
        // An environment in the storage that doesn't name the identity stays.
        None => {
            environment.identities.len() == 1 && guard::stored(context, listed).await?.is_none()
        }
    };
    let undo = if with_undo {
        undo::before_removal(context, &index, stored.as_ref(), &[id]).await
    } else {
        None
    };
    if is_last {
        remove_environment(context, environment_id, vec![id], &[id]).await?;
        return Ok(undo);
    }
    let stones = vec![Owner::Identity(id)];
    context.add_tombstones(stones.clone()).await?;
    // Update the environment before deleting the secrets, so that there is never a name without a secret.
    let remaining = context
        .storage(move |storage| {
            let mut remaining = storage.environment(environment_id)?.map(|mut environment| {
                environment.identities.retain(|identity| identity.id != id);
                environment
            });
            if let Some(environment) = &mut remaining {
                approvals::drop_unused(storage, environment)?;
                storage.put_environment(environment)?;
            }
            delete_secrets(storage, &[id])?;
            Ok(remaining)
        })
        .await?;
    let undo = undo.map(|undo| undo.leaves(remaining.clone()));
    context
        .update_index(move |index| {
            if let Some(environment) = &remaining {
                index.put_environment(environment);
            } else {
                index.remove(Owner::Identity(id));
            }
            index.remove_tombstones(&stones);
        })
        .await?;
    Ok(undo)
}

/// Removes the environment with all its identities. Returns the undo, if it was asked for and is possible.
pub async fn environment(
    context: &AppContext,
    id: Uuid,
    confirmed: &Confirmed,
    with_undo: bool,
) -> Result<Option<Undo>, Problem> {
    let _add = context.lock("add".to_owned()).await?;
    let index = context.read_index()?;
    let entry = index.environment(id).ok_or_else(no_longer_stored)?;
    let stored = guard::stored(context, id).await?;
    confirmed.check_stored(id, stored.as_ref(), Act::Remove)?;
    let mut identities: Vec<Uuid> = stored
        .iter()
        .flat_map(|stored| stored.identities.iter().map(|it| it.id))
        .collect();
    // Also remove identities that only the list names, unless they belong to another environment in the storage.
    for listed in &entry.identities {
        if !identities.contains(&listed.id)
            && guard::environment_of(context, listed.id).await?.is_none()
        {
            identities.push(listed.id);
        }
    }
    let undo = if with_undo {
        undo::before_removal(context, &index, stored.as_ref(), &identities).await
    } else {
        None
    };
    remove_environment(context, id, identities, &[]).await?;
    Ok(undo)
}

/// Removes an environment. `locked`: identities whose locks the caller holds. Holding many locks is safe under the `add` lock.
pub(super) async fn remove_environment(
    context: &AppContext,
    id: Uuid,
    identities: Vec<Uuid>,
    locked: &[Uuid],
) -> Result<(), Problem> {
    // Wait for tokens that are being stored; afterwards they would belong to nothing.
    let mut locks = Vec::new();
    for identity in &identities {
        if !locked.contains(identity) {
            locks.push(context.lock(identity.to_string()).await?);
        }
    }
    let mut stones: Vec<Owner> = identities.iter().copied().map(Owner::Identity).collect();
    stones.push(Owner::Environment(id));
    context.add_tombstones(stones.clone()).await?;
    context
        .storage(move |storage| {
            storage.delete(&ItemName::Environment(id))?;
            delete_secrets(storage, &identities)
        })
        .await?;
    context
        .update_index(move |index| {
            index.remove(Owner::Environment(id));
            index.remove_tombstones(&stones);
        })
        .await
}

/// Invalidates the cached token at IMS, then deletes it here. `cascade` may invalidate other tokens of the client too.
pub async fn invalidate_token(
    context: &AppContext,
    identity: Uuid,
    cascade: bool,
    confirmed: &Confirmed,
) -> Result<(), Problem> {
    let _lock = context.lock(identity.to_string()).await?;
    let index = context.read_index()?;
    let name = resolve::name_of(&index, identity);
    let kind = index
        .identity(identity)
        .map(|(_, entry)| entry.kind)
        .ok_or_else(no_longer_stored)?;
    if !kind.can_exchange() {
        return Err(cannot_invalidate(&name, kind));
    }
    let environment = guard::environment_of(context, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::InvalidateToken)?;
    let latest = environment
        .identity(identity)
        .map_or(0, |it| it.latest_revision);
    let credential = context
        .storage(move |storage| storage.active_credential(identity, latest))
        .await?;
    let token = context
        .token(identity)
        .await?
        .ok_or_else(|| Problem::new(Code::NoToken, format!("{name} has no token to invalidate")))?;
    let credential = credential.ok_or_else(|| {
        Problem::new(
            Code::SecretMissing,
            format!("the storage has no credential for {name}"),
        )
        .cause("IMS requires the client secret to invalidate a token")
    })?;
    aemkeys_core::ims::invalidate(
        &context.http,
        &token.token.secret,
        &credential.credential,
        cascade,
        &environment.approvals,
        context.clock.now(),
    )
    .await
    .map_err(|error| error.problem())?;
    drop_token(context, identity).await
}

async fn drop_token(context: &AppContext, identity: Uuid) -> Result<(), Problem> {
    context
        .storage(move |storage| storage.delete(&ItemName::Token(identity)))
        .await?;
    context
        .update_index(move |index| {
            if let Some(entry) = index.identity_mut(identity) {
                entry.token = None;
            }
        })
        .await
}

fn cannot_invalidate(name: &str, kind: Kind) -> Problem {
    let problem = Problem::new(
        Code::CannotInvalidate,
        format!("the token of {name} can't be invalidated here"),
    );
    if kind == Kind::Local {
        problem.cause("a local SDK needs no token")
    } else {
        problem
            .cause("IMS requires a client secret, which a local development token does not have")
            .next_step(guidance![
                "it expires within a day; to delete it here now, ",
                NextStep::Remove
            ])
    }
}
