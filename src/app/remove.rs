//! Removes identities and environments, and invalidates tokens.

use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::guard::{self, Act, Confirmed};
use super::{World, approvals, resolve};
use crate::credential::{Code, Kind, Problem};
use crate::vault::tombstones::delete_secrets;
use crate::vault::{ItemName, Owner};

/// Removes the identity, and its environment if it was the last one.
pub async fn identity(world: &World, id: Uuid, confirmed: &Confirmed) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    let index = world.read_index()?;
    let (environment, _) = index.identity(id).ok_or_else(no_longer_stored)?;
    let listed = environment.id;
    let stored = guard::environment_of(world, id).await?;
    let environment_id = stored.as_ref().map_or(listed, |stored| stored.id);
    confirmed.check_stored(environment_id, stored.as_ref(), Act::Remove)?;
    let is_last = match &stored {
        Some(stored) => stored.identities.len() == 1,
        // An environment in the storage that doesn't name the identity stays.
        None => environment.identities.len() == 1 && guard::stored(world, listed).await?.is_none(),
    };
    if is_last {
        return remove_environment(world, environment_id, vec![id], &[id]).await;
    }
    let stones = vec![Owner::Identity(id)];
    world.mark_unfinished(stones.clone()).await?;
    // Update the environment before deleting the secrets, so that there is never a name without a secret.
    let remaining = world
        .vault(move |vault| {
            let mut remaining = vault.environment(environment_id)?.map(|mut environment| {
                environment.identities.retain(|identity| identity.id != id);
                environment
            });
            if let Some(environment) = &mut remaining {
                approvals::drop_unused(vault, environment)?;
                vault.put_environment(environment)?;
            }
            delete_secrets(vault, &[id])?;
            Ok(remaining)
        })
        .await?;
    world
        .update_index(move |index| {
            if let Some(environment) = &remaining {
                index.put_environment(environment);
            } else if let Some(entry) = index
                .environments
                .iter_mut()
                .find(|entry| entry.id == environment_id)
            {
                entry.identities.retain(|identity| identity.id != id);
            }
            index.remove_tombstones(&stones);
        })
        .await
}

/// Removes the environment with all its identities.
pub async fn environment(world: &World, id: Uuid, confirmed: &Confirmed) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let index = world.read_index()?;
    let entry = index.environment(id).ok_or_else(no_longer_stored)?;
    let stored = guard::stored(world, id).await?;
    confirmed.check_stored(id, stored.as_ref(), Act::Remove)?;
    let mut identities: Vec<Uuid> = stored
        .iter()
        .flat_map(|stored| stored.identities.iter().map(|it| it.id))
        .collect();
    // Also remove identities that only the list names, unless they belong to another environment in the storage.
    for listed in &entry.identities {
        if !identities.contains(&listed.id)
            && guard::environment_of(world, listed.id).await?.is_none()
        {
            identities.push(listed.id);
        }
    }
    remove_environment(world, id, identities, &[]).await
}

/// Removes an environment. `locked`: identities whose locks the caller holds. Holding many locks is safe under the `add` lock.
pub(super) async fn remove_environment(
    world: &World,
    id: Uuid,
    identities: Vec<Uuid>,
    locked: &[Uuid],
) -> Result<(), Problem> {
    // Wait for tokens that are being stored; afterwards they would belong to nothing.
    let mut locks = Vec::new();
    for identity in &identities {
        if !locked.contains(identity) {
            locks.push(world.lock(identity.to_string()).await?);
        }
    }
    let mut stones: Vec<Owner> = identities.iter().copied().map(Owner::Identity).collect();
    stones.push(Owner::Environment(id));
    world.mark_unfinished(stones.clone()).await?;
    world
        .vault(move |vault| {
            vault.delete(&ItemName::Environment(id))?;
            delete_secrets(vault, &identities)
        })
        .await?;
    world
        .update_index(move |index| {
            index.environments.retain(|entry| entry.id != id);
            index.remove_tombstones(&stones);
        })
        .await
}

/// Invalidates the cached token at IMS, then deletes it here. `cascade` may invalidate other tokens of the client too.
pub async fn invalidate_token(
    world: &World,
    identity: Uuid,
    cascade: bool,
    confirmed: &Confirmed,
) -> Result<(), Problem> {
    let _lock = world.lock(identity.to_string()).await?;
    let index = world.read_index()?;
    let name = resolve::name_of(&index, identity);
    let kind = index
        .identity(identity)
        .map(|(_, entry)| entry.kind)
        .ok_or_else(no_longer_stored)?;
    if !kind.can_exchange() {
        return Err(cannot_invalidate(&name, kind));
    }
    let environment = guard::environment_of(world, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::InvalidateToken)?;
    let latest = environment
        .identity(identity)
        .map_or(0, |it| it.latest_revision);
    let credential = world
        .vault(move |vault| vault.active_credential(identity, latest))
        .await?;
    let token = world
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
    crate::ims::invalidate(
        &world.http,
        &token.token.secret,
        &credential.credential,
        cascade,
        &environment.approvals,
        world.clock.now(),
    )
    .await
    .map_err(|error| error.problem())?;
    drop_token(world, identity).await
}

async fn drop_token(world: &World, identity: Uuid) -> Result<(), Problem> {
    world
        .vault(move |vault| vault.delete(&ItemName::Token(identity)))
        .await?;
    world
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
            .next_step("it expires within a day; `aemkeys remove` deletes it here now")
    }
}
