//! How do all secrets move to the other storage with none lost on the way?
//!
//! Copied, read back and compared, all read once more; then one line of the configuration, the only commit; then deleted
//! where they were. Until the commit the old storage is whole and in use, from then on the new one is. What is left to be
//! deleted stands in `moving.json`: after a crash the same command finishes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Storages, is_kept};
use crate::app::activity::{self, Done, Outcome};
use crate::app::resolve;
use crate::app::world::off_thread;
use crate::credential::{Problem, Secret};
use crate::platform::atomic_file;
use crate::platform::configuration::Storage;
use crate::platform::lock::Lock;
use crate::vault::reconcile::reconcile;
use crate::vault::{Index, ItemName, Vault, VaultError};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Copied by this run; 0 where it only finished an earlier one.
    pub items: usize,
    /// Deleted where they were.
    pub deleted: usize,
    /// Still there, and why: the same command tries again.
    pub left: Vec<String>,
}

/// What an interrupted move leaves to be deleted.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    version: u32,
    from: Storage,
    items: Vec<String>,
}

pub async fn move_to(storages: &Storages, target: Storage) -> Result<Moved, Problem> {
    let world = &storages.world;
    let _locks = keep_others_out(storages).await?;
    let note = storages.data_dir.join("moving.json");
    if target == storages.used {
        return finish_earlier(storages, target, note).await;
    }
    let (from, to) = (world.vault.clone(), storages.other.clone());
    let (file, configuration) = (world.index.clone(), world.configuration.clone());
    let (rest, written) = (note.clone(), storages.used);
    let items = off_thread(move || {
        // Removals that a crash interrupted are finished first: what is dead does not move.
        reconcile(&from, &file).map_err(|error| error.problem())?;
        let index = file.read().map_err(|error| error.problem())?;
        let items = copy(&from, &to, &index)?;
        write_rest(&rest, written, &items)?;
        configuration.remember_storage(target)?;
        Ok(items)
    })
    .await?;
    let mut moved = Moved {
        items: items.len(),
        ..Moved::default()
    };
    let from = world.vault.clone();
    delete(&mut moved, storages.used, from, items, storages, note).await?;
    let entry = Done {
        at: world.clock.now(),
        result: Outcome::Done,
        text: format!("{} secrets moved to {}", moved.items, target.as_str()),
    };
    activity::append(world, &[entry]);
    Ok(moved)
}

/// `add`, then every identity: nobody adds, removes, exchanges or rotates meanwhile.
async fn keep_others_out(storages: &Storages) -> Result<Vec<Option<Lock>>, Problem> {
    let world = &storages.world;
    let mut locks = vec![world.lock("add".to_owned()).await?];
    // Read under the first lock: from here on no identity comes or goes.
    let index = world.read_index()?;
    let mut ids: Vec<_> = index
        .environments
        .iter()
        .flat_map(|environment| environment.identities.iter().map(|identity| identity.id))
        .collect();
    ids.sort();
    for id in ids {
        locks.push(world.lock(id.to_string()).await?);
    }
    Ok(locks)
}

/// Everything is read before anything is written, and read again from where it went before it counts.
fn copy(from: &Vault, to: &Vault, index: &Index) -> Result<Vec<ItemName>, Problem> {
    let told = |error: VaultError| error.problem();
    let mut payloads: Vec<(ItemName, Secret)> = Vec::new();
    let (mut damaged, mut too_large) = (Vec::new(), Vec::new());
    for item in from.items().map_err(told)?.into_iter().filter(is_kept) {
        match from.payload(&item) {
            Ok(Some(payload)) => payloads.push((item, payload)),
            Ok(None) => {}
            Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
                // What the list does not know may be another program's: left where it is.
                damaged.extend(known(index, &item));
            }
            Err(error) => return Err(told(error)),
        }
    }
    if !damaged.is_empty() {
        return Err(Problem::new(
            "item-damaged",
            "some items cannot be read, and nothing was moved",
        )
        .cause(damaged.join(", "))
        .next_step(
            "`aemkeys doctor` shows them; remove these identities, or add their credentials again",
        ));
    }
    for (item, payload) in &payloads {
        match to.would_take(item, payload) {
            Ok(()) => {}
            Err(VaultError::TooLarge { size, limit, .. }) => {
                let name = known(index, item).unwrap_or_else(|| item.to_string());
                too_large.push(format!("{name} ({size} bytes, {limit} fit)"));
            }
            Err(error) => return Err(told(error)),
        }
    }
    if !too_large.is_empty() {
        return Err(Problem::new(
            "too-large-for-store",
            "some items are longer than that storage takes, and nothing was moved",
        )
        .cause(too_large.join(", "))
        .next_step("stay with the storage in use"));
    }
    for (item, payload) in &payloads {
        to.put_payload(item, payload).map_err(told)?;
    }
    // Each was read back as it was written; now all of them are there at once.
    for (item, payload) in &payloads {
        if to.payload(item).map_err(told)?.as_ref() != Some(payload) {
            return Err(VaultError::ReadBackDiffers.problem());
        }
    }
    Ok(payloads.into_iter().map(|(item, _)| item).collect())
}

/// In words, what of whom it is.
fn known(index: &Index, item: &ItemName) -> Option<String> {
    let id = item.id();
    let name = match index.environment(id) {
        Some(environment) => environment.name.to_string(),
        None => index.identity(id).map(|_| resolve::name_of(index, id))?,
    };
    Some(match item {
        ItemName::Token(_) => format!("the token of {name}"),
        ItemName::Credential(_, revision) => format!("credential {revision} of {name}"),
        _ => name,
    })
}

fn write_rest(note: &Path, from: Storage, items: &[ItemName]) -> Result<(), Problem> {
    let rest = Rest {
        version: 1,
        from,
        items: items.iter().map(ToString::to_string).collect(),
    };
    let bytes = serde_json::to_vec(&rest).unwrap_or_default();
    atomic_file::replace(note, &bytes).map_err(|error| {
        Problem::new(
            "storage-io",
            "the list of what is moved could not be written",
        )
        .cause(error.to_string())
        .next_step(
            "nothing was moved; check the permissions of the data folder and the disk's room",
        )
    })
}

/// The configuration names the target already: is something of an earlier move left to be deleted?
async fn finish_earlier(
    storages: &Storages,
    target: Storage,
    note: PathBuf,
) -> Result<Moved, Problem> {
    let rest: Option<Rest> = std::fs::read(&note)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(rest) = rest.filter(|rest| rest.version == 1 && rest.from != target) else {
        return Err(Problem::new(
            "usage",
            format!("the secrets are in {} already", target.as_str()),
        ));
    };
    let items: Vec<ItemName> = rest
        .items
        .iter()
        .filter_map(|item| ItemName::parse(item))
        .collect();
    let used = storages.world.vault.clone();
    let held = off_thread(move || used.items().map_err(|error| error.problem())).await?;
    if held.is_empty() && !items.is_empty() {
        return Err(Problem::new(
            "storage-empty",
            format!(
                "{} is in use but holds nothing; nothing was deleted",
                target.as_str()
            ),
        )
        .cause(format!(
            "what was moved to it is perhaps still in {}",
            rest.from.as_str()
        ))
        .next_step(format!(
            "set `storage = \"{}\"` in config.toml to use that one again",
            rest.from.as_str()
        )));
    }
    let mut moved = Moved::default();
    let from = storages.other.clone();
    delete(&mut moved, rest.from, from, items, storages, note).await?;
    Ok(moved)
}

/// What cannot be deleted is told, not fatal: the move has happened.
async fn delete(
    moved: &mut Moved,
    storage: Storage,
    from: Vault,
    items: Vec<ItemName>,
    storages: &Storages,
    note: PathBuf,
) -> Result<(), Problem> {
    let file = (storage == Storage::File).then(|| storages.passphrase_file());
    let (deleted, left) = off_thread(move || {
        let (mut deleted, mut left) = (0, Vec::new());
        for item in items {
            match from.delete(&item) {
                Ok(was_there) => deleted += usize::from(was_there),
                Err(error) => {
                    left.push(format!("{item}: {error}"));
                    // It hangs or is locked: the rest would only wait as long again.
                    if left.len() > 2 {
                        break;
                    }
                }
            }
        }
        let is_empty = left.is_empty() && from.items().is_ok_and(|items| items.is_empty());
        if let Some(file) = file.filter(|_| is_empty) {
            // Empty, it would only ask the next one for its old passphrase.
            let _ = std::fs::remove_file(file);
        }
        if left.is_empty() {
            let _ = std::fs::remove_file(note);
        }
        Ok((deleted, left))
    })
    .await?;
    moved.deleted = deleted;
    moved.left = left;
    Ok(())
}

#[cfg(test)]
mod tests;
