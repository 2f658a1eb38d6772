//! Cleans up after an interrupted change. Tombstones in the index name what was being changed; the storage decides what
//! is deleted.
//!
//! Writing an environment's item adds or removes its identities: their secrets are written before it and deleted after
//! it. So an identity that an environment names is in use, and one that no environment names is a leftover. A wrong
//! tombstone, in an edited index, cannot delete anything that is in use.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Index, IndexFile, ItemName, Owner, Storage, StorageError};

impl Index {
    /// Adds tombstones. Called before the items of these owners are written or deleted.
    pub fn add_tombstones(&mut self, owners: &[Owner]) {
        for owner in owners {
            if !self.tombstones.contains(owner) {
                self.tombstones.push(*owner);
            }
        }
    }

    /// Removes tombstones. Called when the change is complete.
    pub fn remove_tombstones(&mut self, owners: &[Owner]) {
        self.tombstones.retain(|stone| !owners.contains(stone));
    }
}

/// The identities named by the environments in the storage.
struct NamedIdentities {
    identities: HashSet<Uuid>,
    /// False if an environment could not be read, which may name others.
    complete: bool,
}

fn named_identities(
    storage: &Storage,
    items: &[ItemName],
) -> Result<NamedIdentities, StorageError> {
    let mut named = NamedIdentities {
        identities: HashSet::new(),
        complete: true,
    };
    for item in items {
        let ItemName::Environment(id) = item else {
            continue;
        };
        match storage.environment(*id) {
            Ok(environment) => {
                let identities = environment.into_iter().flat_map(|it| it.identities);
                named.identities.extend(identities.map(|it| it.id));
            }
            Err(error) if error.is_unreadable() => {
                named.complete = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(named)
}

/// Deletes the credentials and tokens of those of these identities that no environment names.
pub fn delete_secrets(storage: &Storage, identities: &[Uuid]) -> Result<(), StorageError> {
    let items = storage.items()?;
    let named = named_identities(storage, &items)?;
    for item in &items {
        if let Some(Owner::Identity(id)) = item.owner()
            && identities.contains(&id)
            && !named.identities.contains(&id)
        {
            storage.delete(item)?;
        }
    }
    Ok(())
}

/// Completes the changes named by all tombstones. Returns the number of owners that are no longer in the storage.
///
/// Keeps the tombstones of identities as long as an environment cannot be read, because it may name them.
pub fn finish(storage: &Storage, file: &IndexFile) -> Result<usize, StorageError> {
    let tombstones = file.read()?.tombstones.clone();
    if tombstones.is_empty() {
        return Ok(0);
    }
    let items = storage.items()?;
    let named = named_identities(storage, &items)?;
    let (mut settled, mut gone) = (Vec::new(), Vec::new());
    for stone in tombstones {
        match stone {
            Owner::Environment(id) => {
                settled.push(stone);
                if !items.contains(&ItemName::Environment(id)) {
                    gone.push(stone);
                }
            }
            Owner::Identity(id) if named.identities.contains(&id) => settled.push(stone),
            Owner::Identity(_) if named.complete => {
                for item in items.iter().filter(|item| item.owner() == Some(stone)) {
                    storage.delete(item)?;
                }
                settled.push(stone);
                gone.push(stone);
            }
            Owner::Identity(_) => {}
        }
    }
    file.update(move |index| {
        for owner in &gone {
            index.remove(*owner);
        }
        index.remove_tombstones(&settled);
        gone.len()
    })
}

#[cfg(test)]
mod tests;
