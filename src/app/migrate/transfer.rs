//! Migration of all secrets to the other storage.
//!
//! Copies every item, reads it back, compares all once more, changes one line of the configuration (the only commit), and
//! deletes the originals. Until the commit the old storage is complete and in use, afterwards the new one. `migration.json`
//! lists the pending deletions; after a crash the same command completes them.

use super::notes::Notes;
use super::{Storages, is_kept};
use crate::app::activity::{self, Tone};
use crate::app::context::off_thread;
use crate::app::resolve;
use crate::platform::Configuration;
use crate::platform::configuration::StorageKind;
use crate::platform::lock::Lock;
use crate::storage::reconcile;
use crate::storage::{Index, ItemName, Storage, StorageError};
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::environment::Environment;
use aemkeys_core::guidance;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Items copied by this run; 0 if it only completed an earlier one.
    pub items: usize,
    /// Originals deleted.
    pub deleted: usize,
    /// Originals that could not be deleted, and why.
    pub not_deleted: Vec<String>,
}

pub async fn migrate_to(storages: &Storages, target: StorageKind) -> Result<Migrated, Problem> {
    let context = &storages.context;
    let _locks = lock_all(storages).await?;
    check_still_in_use(storages)?;
    let mut notes = Notes::read(&storages.data_dir.join("migration.json"));
    if target == storages.used {
        return finish_earlier(storages, target, notes).await;
    }
    let (from, to) = (context.storage.clone(), storages.other.clone());
    let (file, configuration) = (context.index.clone(), context.configuration.clone());
    let used = storages.used;
    let (items, notes) = off_thread(move || {
        // Finish interrupted removals first, so that removed items don't move.
        reconcile(&from, &file).map_err(|error| error.problem())?;
        let index = file.read().map_err(|error| error.problem())?;
        let payloads = read_all(&from, &to, &index)?;
        let items: Vec<ItemName> = payloads.iter().map(|(item, _)| item.clone()).collect();
        let leftovers = leftovers_in_target(&from, &to, &items, &notes.items(target), target)?;
        // From here on a crash may leave unused copies in the target.
        notes.add(target, &items)?;
        copy(&to, &payloads, &leftovers)?;
        notes.add(used, &items)?;
        configuration.save_storage(target)?;
        // The target is now in use, so its items are no longer pending deletions. A failure here is repaired by the next
        // migration.
        let _ = notes.clear(target);
        Ok((items, notes))
    })
    .await?;
    let mut moved = Migrated {
        items: items.len(),
        ..Migrated::default()
    };
    let from = context.storage.clone();
    delete(&mut moved, storages.used, from, items, storages, notes).await?;
    activity::record(
        context,
        Tone::Fine,
        format!("{} secrets moved to {}", moved.items, target.as_str()),
    );
    Ok(moved)
}

/// Refuses if another process moved the secrets while this one waited for the locks.
fn check_still_in_use(storages: &Storages) -> Result<(), Problem> {
    let configured = Configuration::load(&storages.configuration).map_err(|mut problems| {
        problems.pop().unwrap_or_else(|| {
            Problem::new(Code::Configuration, "could not read the configuration")
        })
    })?;
    if configured.storage.unwrap_or_default() == storages.used {
        return Ok(());
    }
    Err(Problem::new(
        Code::StorageMoved,
        "another process has moved the secrets, so nothing was changed",
    )
    .next_step(guidance!["to see where they are now, ", NextStep::Storage]))
}

/// Takes the `add` lock and all identity locks, so that nothing is added, removed, exchanged or rotated.
async fn lock_all(storages: &Storages) -> Result<Vec<Option<Lock>>, Problem> {
    let context = &storages.context;
    let mut locks = vec![context.lock("add".to_owned()).await?];
    // Read under the first lock, which keeps the list of identities stable.
    let index = context.read_index()?;
    let mut ids: Vec<_> = index
        .environments
        .iter()
        .flat_map(|environment| environment.identities.iter().map(|identity| identity.id))
        .collect();
    ids.sort();
    for id in ids {
        locks.push(context.lock(id.to_string()).await?);
    }
    Ok(locks)
}

fn into_problem(error: StorageError) -> Problem {
    error.problem()
}

/// Reads all items and checks their size before anything is written.
fn read_all(
    from: &Storage,
    to: &Storage,
    index: &Index,
) -> Result<Vec<(ItemName, Secret)>, Problem> {
    let mut payloads: Vec<(ItemName, Secret)> = Vec::new();
    let (mut damaged, mut too_large) = (Vec::new(), Vec::new());
    for item in from
        .items()
        .map_err(into_problem)?
        .into_iter()
        .filter(is_kept)
    {
        match from.payload(&item) {
            Ok(Some(payload)) => payloads.push((item, payload)),
            Ok(None) => {}
            Err(error) if error.is_unreadable() => {
                // Items that are not in the list may belong to another program and stay.
                damaged.extend(describe_item(index, &item));
            }
            Err(error) => return Err(into_problem(error)),
        }
    }
    if !damaged.is_empty() {
        return Err(Problem::new(
            Code::ItemDamaged,
            "some items can't be read, so nothing was moved",
        )
        .cause(damaged.join(", "))
        .next_step(guidance![
            "remove these identities, or add their credentials again; to list them, ",
            NextStep::Doctor
        ]));
    }
    for (item, payload) in &payloads {
        match to.check_size(item, payload) {
            Ok(()) => {}
            Err(StorageError::TooLarge { size, limit, .. }) => {
                let name = describe_item(index, item).unwrap_or_else(|| item.to_string());
                too_large.push(format!("{name} ({size} bytes; the limit is {limit})"));
            }
            Err(error) => return Err(into_problem(error)),
        }
    }
    if !too_large.is_empty() {
        return Err(Problem::new(
            Code::TooLargeForStore,
            "some items are too large for that storage, so nothing was moved",
        )
        .cause(too_large.join(", "))
        .next_step("keep the current storage"));
    }
    Ok(payloads)
}

/// Returns the target's leftover items, which would restore removed environments and deleted credentials. Refuses a
/// target that contains unknown environments, which are never deleted.
fn leftovers_in_target(
    from: &Storage,
    to: &Storage,
    items: &[ItemName],
    noted: &[ItemName],
    target: StorageKind,
) -> Result<Vec<ItemName>, Problem> {
    let mut owned = Vec::new();
    for item in items {
        if let ItemName::Environment(id) = item {
            let environment: Option<Environment> = from.environment(*id).map_err(into_problem)?;
            owned.extend(
                environment
                    .iter()
                    .flat_map(|it| it.identities.iter())
                    .map(|it| it.id),
            );
        }
    }
    let (mut left, mut unknown) = (Vec::new(), 0);
    for item in to
        .items()
        .map_err(into_problem)?
        .into_iter()
        .filter(is_kept)
    {
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
        format!("{storage} contains {unknown} other environments, so nothing was moved"),
    )
    .cause("they are not in the current storage, and would be mixed with its environments")
    .next_step(format!(
        "`aemkeys --storage {storage} doctor` adds them to the list; remove them with `aemkeys --storage {storage} remove NAME`, then move again"
    )))
}

/// Writes all items, each with a read-back, deletes the leftovers, and compares all items once more.
fn copy(to: &Storage, payloads: &[(ItemName, Secret)], left: &[ItemName]) -> Result<(), Problem> {
    for (item, payload) in payloads {
        to.put_payload(item, payload).map_err(into_problem)?;
    }
    for item in left {
        to.delete(item).map_err(into_problem)?;
    }
    for (item, payload) in payloads {
        if to.payload(item).map_err(into_problem)?.as_ref() != Some(payload) {
            return Err(StorageError::ReadBackDiffers.problem());
        }
    }
    Ok(())
}

/// Describes an item of a listed identity or environment.
fn describe_item(index: &Index, item: &ItemName) -> Option<String> {
    if matches!(item, ItemName::LeakedKey(_)) {
        return Some("the record of a leaked key".to_owned());
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

/// Completes the deletions of an earlier move, if the configuration already names the target.
async fn finish_earlier(
    storages: &Storages,
    target: StorageKind,
    notes: Notes,
) -> Result<Migrated, Problem> {
    let left_in = storages.other();
    let items = notes.items(left_in);
    if items.is_empty() {
        return Err(Problem::new(
            Code::Usage,
            format!("the secrets are already in {}", target.as_str()),
        )
        .next_step(guidance!["to see both storages, ", NextStep::Storage]));
    }
    let used = storages.context.storage.clone();
    let held = off_thread(move || used.items().map_err(into_problem)).await?;
    let index = storages.context.read_index()?;
    // Never delete the last copy of a listed environment.
    let needed = |item: &ItemName| {
        matches!(item, ItemName::Environment(id) if index.environment(*id).is_some())
            && !held.contains(item)
    };
    if held.is_empty() || items.iter().any(needed) {
        return Err(Problem::new(
            Code::StorageEmpty,
            format!(
                "{} is in use but does not contain the moved items, so nothing was deleted",
                target.as_str()
            ),
        )
        .cause(format!("they may still be in {}", left_in.as_str()))
        .next_step(format!(
            "set `storage = \"{}\"` in config.toml to use that storage again",
            left_in.as_str()
        )));
    }
    let mut moved = Migrated::default();
    let from = storages.other.clone();
    delete(&mut moved, left_in, from, items, storages, notes).await?;
    Ok(moved)
}

/// Deletes the originals. Failures are reported in `not_deleted`, because the move is already committed.
async fn delete(
    moved: &mut Migrated,
    storage: StorageKind,
    from: Storage,
    items: Vec<ItemName>,
    storages: &Storages,
    mut notes: Notes,
) -> Result<(), Problem> {
    let file = (storage == StorageKind::File).then(|| storages.passphrase_file());
    let (deleted, not_deleted) = off_thread(move || {
        let (mut deleted, mut not_deleted) = (0, Vec::new());
        for item in items {
            match from.delete(&item) {
                Ok(was_there) => deleted += usize::from(was_there),
                Err(error) => {
                    not_deleted.push(format!("{item}: {error}"));
                    // The storage hangs or is locked; each further item would wait as long.
                    if not_deleted.len() > 2 {
                        break;
                    }
                }
            }
        }
        let is_empty = not_deleted.is_empty() && from.items().is_ok_and(|items| items.is_empty());
        if let Some(file) = file.filter(|_| is_empty) {
            // An empty file would still ask for its old passphrase.
            let _ = std::fs::remove_file(file);
        }
        if not_deleted.is_empty() {
            // Remove the notes, because nothing is left to delete.
            let _ = notes.clear(storage);
        }
        Ok((deleted, not_deleted))
    })
    .await?;
    moved.deleted = deleted;
    moved.not_deleted = not_deleted;
    Ok(())
}

#[cfg(test)]
mod tests;
