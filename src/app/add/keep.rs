//! Writes a new identity so that a crash leaves either all of it or nothing.

use uuid::Uuid;

use super::Added;
use crate::app::names::{lookalike, lookalike_label};
use crate::app::{AppContext, resolve};
use crate::storage::{IdentityEntry, ItemName, Owner, Storage, StorageError};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Environment;

/// Writes tombstones, the secret, the environment that names it, and the index, in this order. After a crash, a secret that
/// its environment does not name is deleted; one that it names is stored.
pub(super) async fn keep(
    context: &AppContext,
    environment: Environment,
    identity: Uuid,
    put_secret: impl FnOnce(&Storage) -> Result<(), StorageError> + Send + 'static,
    complete: impl FnOnce(&mut IdentityEntry) + Send + 'static,
) -> Result<Added, Problem> {
    let environment_id = environment.id;
    let index = context.read_index()?;
    let name = lookalike(&index, &environment.name, Some(environment_id));
    let label = environment
        .identity(identity)
        .and_then(|it| lookalike_label(&environment, &it.label, identity));
    // The name of an environment that is stored already was checked when it was chosen.
    let name = name.filter(|_| index.environment(environment_id).is_none());
    let warnings = name.into_iter().chain(label).collect();
    let new = vec![
        Owner::Identity(identity),
        Owner::Environment(environment_id),
    ];
    context.add_tombstones(new.clone()).await?;
    let stored = environment.clone();
    let written = context
        .storage(move |storage| {
            storage.learn(&stored);
            put_secret(storage)?;
            storage.put_environment(&stored)
        })
        .await;
    if let Err(problem) = written {
        // Undo now if possible, but do not wait twice for a storage that hangs.
        if problem.code != Code::KeyringTimeout {
            let undo = move |storage: &Storage| undo(storage, environment_id, identity);
            let _ = context.storage(undo).await;
            let _ = context.clear_tombstones().await;
        }
        return Err(problem);
    }
    let full_name = context
        .update_index(move |index| {
            index.put_environment(&environment);
            if let Some(entry) = index.identity_mut(identity) {
                complete(entry);
            }
            index.remove_tombstones(&new);
            resolve::name_of(index, identity)
        })
        .await?;
    Ok(Added::Stored {
        environment: environment_id,
        identity,
        full_name,
        warnings,
    })
}

/// Removes the identity from its environment: a failed write may still have taken effect.
fn undo(storage: &Storage, environment: Uuid, identity: Uuid) -> Result<(), StorageError> {
    let Some(mut stored) = storage.environment(environment)? else {
        return Ok(());
    };
    let before = stored.identities.len();
    stored.identities.retain(|known| known.id != identity);
    if stored.identities.is_empty() {
        storage
            .delete(&ItemName::Environment(environment))
            .map(|_| ())
    } else if stored.identities.len() < before {
        storage.put_environment(&stored)
    } else {
        Ok(())
    }
}
