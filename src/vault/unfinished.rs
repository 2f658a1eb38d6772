//! Clean-up after an interrupted change. The index names what was under way; the storage decides what is deleted.
//!
//! Writing an environment's item is what adds or removes its identities: secrets are written before it and deleted after it.
//! So an identity that an environment names is stored, and one that none names is left over. A tombstone only says where to
//! look: a wrong one, in an edited index, can delete nothing that is in use.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Index, IndexFile, ItemName, Owner, Vault, VaultError};

impl Index {
    /// Before their items are written or deleted.
    pub fn mark(&mut self, owners: &[Owner]) {
        for owner in owners {
            if !self.tombstones.contains(owner) {
                self.tombstones.push(*owner);
            }
        }
    }

    pub fn lift(&mut self, owners: &[Owner]) {
        self.tombstones.retain(|stone| !owners.contains(stone));
    }
}

/// The identities that the storage's environments name.
struct Named {
    identities: HashSet<Uuid>,
    /// False where an environment can't be read: it may name others.
    complete: bool,
}

fn named(vault: &Vault, items: &[ItemName]) -> Result<Named, VaultError> {
    let mut named = Named {
        identities: HashSet::new(),
        complete: true,
    };
    for item in items {
        let ItemName::Environment(id) = item else {
            continue;
        };
        match vault.environment(*id) {
            Ok(environment) => {
                let identities = environment.into_iter().flat_map(|it| it.identities);
                named.identities.extend(identities.map(|it| it.id));
            }
            Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
                named.complete = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(named)
}

/// Deletes the credentials and tokens of these identities, but of none that an environment still names.
pub fn delete_secrets(vault: &Vault, identities: &[Uuid]) -> Result<(), VaultError> {
    let items = vault.items()?;
    let named = named(vault, &items)?;
    for item in &items {
        if let Some(Owner::Identity(id)) = item.owner()
            && identities.contains(&id)
            && !named.identities.contains(&id)
        {
            vault.delete(item)?;
        }
    }
    Ok(())
}

/// Settles every tombstone. Returns how many of them were gone from the storage, or are now.
///
/// While an environment can't be read, the tombstones of identities wait: it may name them.
pub fn finish(vault: &Vault, file: &IndexFile) -> Result<usize, VaultError> {
    let tombstones = file.read()?.tombstones;
    if tombstones.is_empty() {
        return Ok(0);
    }
    let items = vault.items()?;
    let named = named(vault, &items)?;
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
                    vault.delete(item)?;
                }
                settled.push(stone);
                gone.push(stone);
            }
            Owner::Identity(_) => {}
        }
    }
    file.update(move |index| {
        index
            .environments
            .retain(|entry| !gone.contains(&Owner::Environment(entry.id)));
        for entry in &mut index.environments {
            entry
                .identities
                .retain(|identity| !gone.contains(&Owner::Identity(identity.id)));
        }
        index.lift(&settled);
        gone.len()
    })
}

#[cfg(test)]
mod tests;
