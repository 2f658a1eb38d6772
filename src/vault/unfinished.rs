//! What did a crash leave half done? Ids are marked in the list before they are written or deleted; what is marked goes.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Index, IndexFile, ItemName, Vault, VaultError};

impl Index {
    /// From here until [`Index::lift`] nobody has been told that these exist, or everybody that they are gone.
    pub fn mark(&mut self, ids: &[Uuid]) {
        for id in ids {
            let stone = id.to_string();
            if !self.tombstones.contains(&stone) {
                self.tombstones.push(stone);
            }
        }
    }

    pub fn lift(&mut self, ids: &[Uuid]) {
        self.tombstones
            .retain(|stone| !ids.iter().any(|id| *stone == id.to_string()));
    }
}

/// Takes everything marked out of the store, then out of the list. How many ids it were.
pub fn finish(vault: &Vault, file: &IndexFile) -> Result<usize, VaultError> {
    let index = file.read()?;
    let marked: HashSet<Uuid> = index
        .tombstones
        .iter()
        .filter_map(|stone| Uuid::parse_str(stone).ok())
        .collect();
    if marked.is_empty() {
        return Ok(0);
    }
    let items = vault.items()?;
    let is_environment = |item: &&ItemName| matches!(item, ItemName::Environment(_));
    // Environments forget an identity before its secrets go: never a name without a secret.
    for item in items.iter().filter(is_environment) {
        if marked.contains(&item.id()) {
            vault.delete(item)?;
        } else {
            forget_identities(vault, item.id(), &marked)?;
        }
    }
    for item in items.iter().filter(|item| !is_environment(item)) {
        if marked.contains(&item.id()) {
            vault.delete(item)?;
        }
    }
    file.update(move |index| {
        index
            .environments
            .retain(|entry| !marked.contains(&entry.id));
        for entry in &mut index.environments {
            entry
                .identities
                .retain(|identity| !marked.contains(&identity.id));
        }
        let marked: Vec<Uuid> = marked.into_iter().collect();
        index.lift(&marked);
        marked.len()
    })
}

fn forget_identities(
    vault: &Vault,
    environment: Uuid,
    marked: &HashSet<Uuid>,
) -> Result<(), VaultError> {
    let mut environment = match vault.environment(environment) {
        Ok(Some(environment)) => environment,
        // Somebody else's trouble: it is left untouched.
        Ok(None) | Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let before = environment.identities.len();
    environment
        .identities
        .retain(|identity| !marked.contains(&identity.id));
    if environment.identities.len() < before {
        vault.put_environment(&environment)?;
    }
    Ok(())
}
