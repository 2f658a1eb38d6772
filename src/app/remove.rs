//! How is an identity or an environment removed, or a token invalidated? Tombstone, delete, look again.

use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::{World, resolve};
use crate::credential::{Code, Kind, Problem};
use crate::environment::{Environment, HostName};
use crate::vault::unfinished::delete_secrets;
use crate::vault::{ItemName, Owner, VaultError};

/// Removes the identity; its environment too when it was the last one.
pub async fn identity(world: &World, id: Uuid) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    let index = world.read_index()?;
    let (environment, _) = index.identity(id).ok_or_else(no_longer_stored)?;
    let environment_id = environment.id;
    let is_alone = environment.identities.len() == 1;
    let remaining = world
        .vault(move |vault| match vault.environment(environment_id) {
            // Nothing else is known of it.
            Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) if is_alone => {
                Ok(None)
            }
            outcome => outcome,
        })
        .await?
        .map(|mut environment| {
            environment.identities.retain(|identity| identity.id != id);
            environment
        });
    // The storage says whether others are left; the index only where the storage doesn't know the environment.
    let is_last = match &remaining {
        Some(remaining) => remaining.identities.is_empty(),
        None => is_alone,
    };
    if is_last {
        return remove_environment(world, environment_id, vec![id], &[id]).await;
    }
    world.saver.forget(id);
    let stones = vec![Owner::Identity(id)];
    world.mark_unfinished(stones.clone()).await?;
    // The environment forgets the identity before its secrets go: never a name without a secret.
    let remaining = world
        .vault(move |vault| {
            if let Some(environment) = &remaining {
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
            index.lift(&stones);
        })
        .await
}

/// Removes the environment with all its identities.
pub async fn environment(world: &World, id: Uuid) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let index = world.read_index()?;
    let identities = index
        .environment(id)
        .map(|entry| {
            entry
                .identities
                .iter()
                .map(|identity| identity.id)
                .collect()
        })
        .ok_or_else(no_longer_stored)?;
    remove_environment(world, id, identities, &[]).await
}

/// `locked`: whose locks the caller has. Many locks at a time are safe under the `add` lock: others take one each.
pub(super) async fn remove_environment(
    world: &World,
    id: Uuid,
    mut identities: Vec<Uuid>,
    locked: &[Uuid],
) -> Result<(), Problem> {
    // Nobody else changes an environment under the `add` lock.
    let stored = world
        .vault(move |vault| match vault.environment(id) {
            Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => Ok(None),
            outcome => outcome,
        })
        .await?;
    for identity in stored.into_iter().flat_map(|it| it.identities) {
        if !identities.contains(&identity.id) {
            identities.push(identity.id);
        }
    }
    // A token on its way to the storage arrives first: after its removal it would belong to nothing.
    let mut locks = Vec::new();
    for identity in &identities {
        if !locked.contains(identity) {
            locks.push(world.lock(identity.to_string()).await?);
        }
        world.saver.forget(*identity);
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
            index.lift(&stones);
        })
        .await
}

fn latest_revision(environment: Option<&Environment>, id: Uuid) -> u32 {
    environment
        .and_then(|environment| environment.identity(id))
        .map_or(1, |identity| identity.latest_revision)
}

/// Invalidates the cached token at IMS, then drops it here. `cascade` may end other tokens of the client too.
pub async fn invalidate_token(world: &World, identity: Uuid, cascade: bool) -> Result<(), Problem> {
    let _lock = world.lock(identity.to_string()).await?;
    let index = world.read_index()?;
    let name = resolve::name_of(&index, identity);
    let (environment_id, kind) = index
        .identity(identity)
        .map(|(environment, entry)| (environment.id, entry.kind))
        .ok_or_else(no_longer_stored)?;
    if !kind.can_exchange() {
        return Err(cannot_invalidate(&name, kind));
    }
    let (credential, environment) = world
        .vault(move |vault| {
            let environment = vault.environment(environment_id)?;
            let latest = latest_revision(environment.as_ref(), identity);
            Ok((vault.active_credential(identity, latest)?, environment))
        })
        .await?;
    let token = world
        .token(identity)
        .await?
        .ok_or_else(|| Problem::new(Code::NoToken, format!("{name} has no token to invalidate")))?;
    let credential = credential.ok_or_else(|| {
        Problem::new(
            Code::SecretMissing,
            format!("the keyring holds no credential of {name}"),
        )
        .cause("IMS wants the client secret to invalidate a token")
    })?;
    let approved: Vec<HostName> = environment.map(|e| e.approved_hosts).unwrap_or_default();
    crate::ims::invalidate(
        &world.http,
        &token.token.secret,
        &credential.credential,
        cascade,
        &approved,
        world.clock.now(),
    )
    .await
    .map_err(|error| error.problem())?;
    drop_token(world, identity).await
}

async fn drop_token(world: &World, identity: Uuid) -> Result<(), Problem> {
    world.saver.forget(identity);
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
        format!("the token of {name} cannot be invalidated from here"),
    );
    if kind == Kind::Local {
        problem.cause("a local SDK needs no token")
    } else {
        problem
            .cause("IMS wants the client secret, which a person's token does not have")
            .next_step(
                "it ends by itself within a day; `aemkeys remove` takes it out of the keyring now",
            )
    }
}
