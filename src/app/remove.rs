//! How is an identity or an environment removed, or a token invalidated? Tombstone, delete, look again.

use uuid::Uuid;

use super::{World, resolve};
use crate::credential::{Kind, Problem};
use crate::environment::{Environment, HostName};
use crate::vault::{ItemName, Vault, VaultError};

/// Removes the identity; its environment too when it was the last one.
pub async fn identity(world: &World, id: Uuid) -> Result<(), Problem> {
    let _add = world.lock("add".to_owned()).await?;
    let _lock = world.lock(id.to_string()).await?;
    let index = world.read_index()?;
    let (environment, _) = index
        .identity(id)
        .ok_or_else(|| Problem::new("name-not-found", "this identity is no longer stored"))?;
    let environment_id = environment.id;
    if environment.identities.len() == 1 {
        return remove_environment(world, environment_id, vec![id]).await;
    }
    tombstone(world, vec![id]).await?;
    // The environment forgets the identity before its secrets go: never a name without a secret.
    let remaining = world
        .vault(move |vault| {
            let stored = vault.environment(environment_id)?;
            let latest = latest_revision(stored.as_ref(), id);
            let remaining = stored.map(|mut environment| {
                environment.identities.retain(|identity| identity.id != id);
                environment
            });
            if let Some(environment) = &remaining {
                vault.put_environment(environment)?;
            }
            delete_identity(vault, id, latest)?;
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
            index.tombstones.retain(|stone| *stone != id.to_string());
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
        .ok_or_else(|| Problem::new("name-not-found", "this environment is no longer stored"))?;
    remove_environment(world, id, identities).await
}

async fn remove_environment(world: &World, id: Uuid, identities: Vec<Uuid>) -> Result<(), Problem> {
    let mut stones = identities.clone();
    stones.push(id);
    tombstone(world, stones.clone()).await?;
    world
        .vault(move |vault| {
            let stored = vault.environment(id)?;
            vault.delete(&ItemName::Environment(id))?;
            for identity in identities {
                delete_identity(vault, identity, latest_revision(stored.as_ref(), identity))?;
            }
            Ok(())
        })
        .await?;
    world
        .update_index(move |index| {
            index.environments.retain(|entry| entry.id != id);
            index
                .tombstones
                .retain(|known| !stones.iter().any(|stone| *known == stone.to_string()));
        })
        .await
}

/// Written before the first deletion: whoever comes after a crash finishes the removal.
async fn tombstone(world: &World, ids: Vec<Uuid>) -> Result<(), Problem> {
    world
        .update_index(move |index| {
            for id in ids {
                let stone = id.to_string();
                if !index.tombstones.contains(&stone) {
                    index.tombstones.push(stone);
                }
            }
        })
        .await
}

fn latest_revision(environment: Option<&Environment>, id: Uuid) -> u32 {
    environment
        .and_then(|environment| environment.identity(id))
        .map_or(1, |identity| identity.latest_revision)
}

fn delete_identity(vault: &Vault, id: Uuid, latest: u32) -> Result<(), VaultError> {
    vault.delete(&ItemName::Token(id))?;
    vault.delete(&ItemName::ReplacedToken(id))?;
    for revision in 1..=latest {
        vault.delete(&ItemName::Credential(id, revision))?;
    }
    Ok(())
}

/// Invalidates the cached token at IMS, then drops it here. `cascade` may end other tokens of the client too.
pub async fn invalidate_token(world: &World, identity: Uuid, cascade: bool) -> Result<(), Problem> {
    let _lock = world.lock(identity.to_string()).await?;
    let index = world.read_index()?;
    let name = resolve::name_of(&index, identity);
    let (environment_id, kind) = index
        .identity(identity)
        .map(|(environment, entry)| (environment.id, entry.kind))
        .ok_or_else(|| Problem::new("name-not-found", "this identity is no longer stored"))?;
    if !kind.can_exchange() {
        return Err(cannot_invalidate(&name, kind));
    }
    let (token, credential, environment) = world
        .vault(move |vault| {
            let environment = vault.environment(environment_id)?;
            let latest = latest_revision(environment.as_ref(), identity);
            Ok((
                vault.token(identity)?,
                vault.active_credential(identity, latest)?,
                environment,
            ))
        })
        .await?;
    let token = token
        .ok_or_else(|| Problem::new("no-token", format!("{name} has no token to invalidate")))?;
    let credential = credential.ok_or_else(|| {
        Problem::new(
            "secret-missing",
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
        "cannot-invalidate",
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
