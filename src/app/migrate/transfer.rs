//! How do all secrets move to the other storage with none lost on the way?
//!
//! Copied, read back and compared, all read once more; then one line of the configuration, the only commit; then deleted
//! where they were. Until the commit the old storage is whole and in use, from then on the new one is. What is left to be
//! deleted stands in `moving.json`: after a crash the same command finishes.

use super::notes::Notes;
use super::{Storages, is_kept};
use crate::app::activity::{self, Done, Outcome};
use crate::app::resolve;
use crate::app::world::off_thread;
use crate::credential::{Code, Problem, Secret};
use crate::environment::Environment;
use crate::platform::Configuration;
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

pub async fn move_to(storages: &Storages, target: Storage) -> Result<Moved, Problem> {
    let world = &storages.world;
    let _locks = keep_others_out(storages).await?;
    still_in_use(storages)?;
    let mut notes = Notes::read(&storages.data_dir.join("moving.json"));
    if target == storages.used {
        return finish_earlier(storages, target, notes).await;
    }
    let (from, to) = (world.vault.clone(), storages.other.clone());
    let (file, configuration) = (world.index.clone(), world.configuration.clone());
    let used = storages.used;
    let (items, notes) = off_thread(move || {
        // Removals that a crash interrupted are finished first: what is dead does not move.
        reconcile(&from, &file).map_err(|error| error.problem())?;
        let index = file.read().map_err(|error| error.problem())?;
        let payloads = read_all(&from, &to, &index)?;
        let items: Vec<ItemName> = payloads.iter().map(|(item, _)| item.clone()).collect();
        let left = left_behind(&from, &to, &items, &notes.items(target), target)?;
        // From here on a crash may leave copies there that nobody uses.
        notes.add(target, &items)?;
        copy(&to, &payloads, &left)?;
        notes.add(used, &items)?;
        configuration.save_storage(target)?;
        // It is in use: nothing of it is left behind. Should this fail, the next move says it again.
        let _ = notes.clear(target);
        Ok((items, notes))
    })
    .await?;
    let mut moved = Moved {
        items: items.len(),
        ..Moved::default()
    };
    let from = world.vault.clone();
    delete(&mut moved, storages.used, from, items, storages, notes).await?;
    let entry = Done {
        at: world.clock.now(),
        result: Outcome::Done,
        text: format!("{} secrets moved to {}", moved.items, target.as_str()),
    };
    activity::append(world, &[entry]);
    Ok(moved)
}

/// Who waited for the locks may have waited for another move.
fn still_in_use(storages: &Storages) -> Result<(), Problem> {
    let configured = Configuration::load(&storages.configuration).map_err(|mut problems| {
        problems.pop().unwrap_or_else(|| {
            Problem::new(Code::Configuration, "the configuration cannot be read")
        })
    })?;
    if configured.storage.unwrap_or_default() == storages.used {
        return Ok(());
    }
    Err(Problem::new(
        Code::StorageMoved,
        "another process has moved the secrets meanwhile; nothing was done",
    )
    .next_step("`aemkeys storage` shows where they are now"))
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

fn told(error: VaultError) -> Problem {
    error.problem()
}

/// Everything is read, and asked whether it fits, before anything is written.
fn read_all(from: &Vault, to: &Vault, index: &Index) -> Result<Vec<(ItemName, Secret)>, Problem> {
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
            Code::ItemDamaged,
            "some items cannot be read, and nothing was moved",
        )
        .cause(damaged.join(", "))
        .next_step(
            "`aemkeys doctor` shows them; remove these identities, or add their credentials again",
        ));
    }
    for (item, payload) in &payloads {
        match to.check_size(item, payload) {
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
            Code::TooLargeForStore,
            "some items are longer than that storage takes, and nothing was moved",
        )
        .cause(too_large.join(", "))
        .next_step("stay with the storage in use"));
    }
    Ok(payloads)
}

/// What the target holds and must not when it is in use: environments that were removed since would be back, and so would
/// credentials that were dropped. What nobody has noted is somebody's: it is not for us to delete.
fn left_behind(
    from: &Vault,
    to: &Vault,
    items: &[ItemName],
    noted: &[ItemName],
    target: Storage,
) -> Result<Vec<ItemName>, Problem> {
    let mut owned = Vec::new();
    for item in items {
        if let ItemName::Environment(id) = item {
            let environment: Option<Environment> = from.environment(*id).map_err(told)?;
            owned.extend(
                environment
                    .iter()
                    .flat_map(|it| it.identities.iter())
                    .map(|it| it.id),
            );
        }
    }
    let (mut left, mut unknown) = (Vec::new(), 0);
    for item in to.items().map_err(told)?.into_iter().filter(is_kept) {
        if items.contains(&item) {
            continue;
        }
        if noted.contains(&item) || owned.contains(&item.id()) {
            left.push(item);
        } else if matches!(item, ItemName::Environment(_)) {
            unknown += 1;
        }
    }
    if unknown == 0 {
        return Ok(left);
    }
    let storage = target.as_str();
    Err(Problem::new(
        Code::StorageInUse,
        format!("{storage} holds {unknown} environments of its own, and nothing was moved"),
    )
    .cause("they are not among those that are in use now, and would be mixed with them")
    .next_step(format!(
        "`aemkeys --storage {storage} doctor` takes them into the list; `aemkeys --storage {storage} remove NAME` takes away what is over; then move again"
    )))
}

/// Each is read back as it is written; then all of them are there at once, and nothing but them.
fn copy(to: &Vault, payloads: &[(ItemName, Secret)], left: &[ItemName]) -> Result<(), Problem> {
    for (item, payload) in payloads {
        to.put_payload(item, payload).map_err(told)?;
    }
    for item in left {
        to.delete(item).map_err(told)?;
    }
    for (item, payload) in payloads {
        if to.payload(item).map_err(told)?.as_ref() != Some(payload) {
            return Err(VaultError::ReadBackDiffers.problem());
        }
    }
    Ok(())
}

/// In words, what of whom it is.
fn known(index: &Index, item: &ItemName) -> Option<String> {
    if matches!(item, ItemName::LeakedKey(_)) {
        return Some("the mark of a leaked key".to_owned());
    }
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

/// The configuration names the target already: is something of an earlier move left to be deleted?
async fn finish_earlier(
    storages: &Storages,
    target: Storage,
    notes: Notes,
) -> Result<Moved, Problem> {
    let left_in = storages.other();
    let items = notes.items(left_in);
    if items.is_empty() {
        return Err(Problem::new(
            Code::Usage,
            format!("the secrets are in {} already", target.as_str()),
        )
        .next_step("`aemkeys storage` shows both storages"));
    }
    let used = storages.world.vault.clone();
    let held = off_thread(move || used.items().map_err(told)).await?;
    let index = storages.world.read_index()?;
    // The last copy of what the list knows is never deleted.
    let needed = |item: &ItemName| {
        matches!(item, ItemName::Environment(id) if index.environment(*id).is_some())
            && !held.contains(item)
    };
    if held.is_empty() || items.iter().any(needed) {
        return Err(Problem::new(
            Code::StorageEmpty,
            format!(
                "{} is in use but holds nothing of what was moved; nothing was deleted",
                target.as_str()
            ),
        )
        .cause(format!(
            "what was moved to it is perhaps still in {}",
            left_in.as_str()
        ))
        .next_step(format!(
            "set `storage = \"{}\"` in config.toml to use that one again",
            left_in.as_str()
        )));
    }
    let mut moved = Moved::default();
    let from = storages.other.clone();
    delete(&mut moved, left_in, from, items, storages, notes).await?;
    Ok(moved)
}

/// What cannot be deleted is told, not fatal: the move has happened.
async fn delete(
    moved: &mut Moved,
    storage: Storage,
    from: Vault,
    items: Vec<ItemName>,
    storages: &Storages,
    mut notes: Notes,
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
            // Noted still, it would be looked for once more in vain.
            let _ = notes.clear(storage);
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
