//! Reconciles the index with the storage, which decides: what only the storage has is added to the index, and what it lacks
//! is marked as missing.
//!
//! Called only after a call to the storage succeeded, so that it never causes an unlock prompt, and under the lock `add`.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    CredentialItem, Index, IndexFile, ItemName, SecretState, Storage, StorageError, TokenContext,
    tombstones,
};
use aemkeys_core::credential::TokenFacts;
use aemkeys_core::environment::{Environment, Identity};

/// The result of a reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Environments that the index lacked.
    pub adopted: usize,
    /// Identities whose secrets are missing.
    pub missing: usize,
    /// Environments and identities whose addition or removal was interrupted and is now completed.
    pub finished_removals: usize,
    /// Environments whose item cannot be read.
    pub damaged: usize,
    /// Items that belong to nothing: left of an interrupted change. Left alone.
    pub unowned: usize,
}

/// What the storage holds.
#[derive(Default)]
struct StoredItems {
    items: HashSet<ItemName>,
    environments: Vec<Environment>,
    /// Environments and identities of which an item can't be read. The index keeps what it knows about them.
    unreadable: HashSet<Uuid>,
    /// Environments and identities of which the keyring has lost a value.
    emptied: HashSet<Uuid>,
    revisions: HashMap<Uuid, Vec<CredentialItem>>,
    tokens: HashMap<Uuid, TokenFacts>,
}

/// Completes interrupted changes, then updates the index from the storage.
pub fn reconcile(storage: &Storage, file: &IndexFile) -> Result<Report, StorageError> {
    storage.expect_all();
    let finished_removals = tombstones::finish(storage, file)?;
    let found = StoredItems::read(storage)?;
    let owned: HashSet<Uuid> = found
        .environments
        .iter()
        .flat_map(|environment| environment.identities.iter().map(|identity| identity.id))
        .collect();
    let is_unowned = |item: &&ItemName| {
        !matches!(item, ItemName::Environment(_) | ItemName::LeakedKey(_))
            && !owned.contains(&item.id())
    };
    let environments = found.items.iter();
    let environments = environments.filter(|item| matches!(item, ItemName::Environment(_)));
    let report = Report {
        finished_removals,
        damaged: environments.count() - found.environments.len(),
        unowned: found.items.iter().filter(is_unowned).count(),
        ..Report::default()
    };
    file.update(move |index| {
        let adopted = found.environments.iter();
        let adopted = adopted.filter(|it| index.environment(it.id).is_none());
        Report {
            adopted: adopted.count(),
            missing: found.write_to(index),
            ..report
        }
    })
}

impl StoredItems {
    fn read(storage: &Storage) -> Result<Self, StorageError> {
        let mut found = Self {
            items: storage.items()?.into_iter().collect(),
            ..Self::default()
        };
        for item in &found.items {
            let ItemName::Environment(id) = item else {
                continue;
            };
            match storage.environment(*id) {
                Ok(environment) => found.environments.extend(environment),
                Err(StorageError::Emptied { .. }) => {
                    found.emptied.insert(*id);
                }
                Err(error) if error.is_unreadable() => {
                    found.unreadable.insert(*id);
                }
                Err(error) => return Err(error),
            }
        }
        for environment in &found.environments {
            for identity in &environment.identities {
                let id = identity.id;
                match storage.revisions(id, identity.latest_revision) {
                    Ok(revisions) => {
                        found.revisions.insert(id, revisions);
                    }
                    Err(StorageError::Emptied { .. }) => {
                        found.emptied.insert(id);
                    }
                    Err(error) if error.is_unreadable() => {
                        found.unreadable.insert(id);
                    }
                    Err(error) => return Err(error),
                }
                let token = update_token(storage, environment, identity)?;
                found.tokens.extend(token.map(|facts| (id, facts)));
            }
        }
        Ok(found)
    }

    /// Updates the index. Returns the number of identities whose secrets are missing.
    fn write_to(&self, index: &mut Index) -> usize {
        for environment in &self.environments {
            index.put_environment(environment);
        }
        let mut missing = 0;
        for environment in index.environments_mut() {
            let is_stored = self.items.contains(&ItemName::Environment(environment.id))
                && !self.emptied.contains(&environment.id);
            let is_unreadable = self.unreadable.contains(&environment.id);
            for entry in &mut environment.identities {
                let id = entry.id;
                if let Some(revisions) = self.revisions.get(&id) {
                    entry.put_revisions(revisions);
                    entry.token = self.tokens.get(&id).cloned();
                }
                let is_missing = !is_stored
                    || self.emptied.contains(&id)
                    || entry.kind.can_exchange()
                        && !self
                            .items
                            .iter()
                            .any(|item| matches!(item, ItemName::Credential(of, _) if *of == id));
                missing += usize::from(is_missing);
                entry.secret = if is_unreadable || self.unreadable.contains(&id) {
                    SecretState::Damaged
                } else if is_missing {
                    SecretState::Missing
                } else {
                    SecretState::Present
                };
            }
        }
        missing
    }
}

/// Returns the facts of the identity's token, after rewriting it if its copy of the environment is outdated. A token that may
/// not be sent to the environment's hosts is deleted.
pub fn update_token(
    storage: &Storage,
    environment: &Environment,
    identity: &Identity,
) -> Result<Option<TokenFacts>, StorageError> {
    let item = match storage.token(identity.id) {
        Ok(Some(item)) => item,
        Ok(None) => return Ok(None),
        // It can be replaced by an exchange; `doctor` reports it.
        Err(error) if error.is_unreadable() => return Ok(None),
        Err(error) => return Err(error),
    };
    let facts = item.token.facts(item.obtained_at);
    if *item.context() == TokenContext::of(environment, identity) {
        return Ok(Some(facts));
    }
    if let Ok(item) = item.moved_to(environment, identity) {
        storage.put_token(identity.id, &item)?;
        return Ok(Some(facts));
    }
    storage.delete(&ItemName::Token(identity.id))?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Backend, Memory, Owner};
    use aemkeys_core::credential::Secret;
    use aemkeys_core::environment::{EnvironmentType, Name};

    fn environment(name: &str) -> Environment {
        Environment::new(Name::parse(name).unwrap(), EnvironmentType::Stage)
    }

    #[test]
    fn store_decides_and_foreign_items_are_ignored() {
        let mut store = Memory::default();
        let foreign = ItemName::Environment(Uuid::new_v4());
        store.set(&foreign, &Secret::from("{}")).unwrap();
        let storage = Storage::over("memory", Box::new(store));
        let file = IndexFile::in_memory();
        let stored = environment("stored");
        storage.put_environment(&stored).unwrap();
        let listed = environment("listed only");
        let removed = environment("removed");
        file.update(|index| {
            index.put_environment(&listed);
            index.put_environment(&removed);
            index.add_tombstones(&[Owner::Environment(removed.id)]);
        })
        .unwrap();
        let report = reconcile(&storage, &file).unwrap();
        assert_eq!(
            (report.adopted, report.damaged, report.finished_removals),
            (1, 1, 1)
        );
        let index = file.read().unwrap();
        assert!(index.environment(stored.id).is_some());
        assert!(index.environment(listed.id).is_some());
        assert!(index.environment(removed.id).is_none());
    }
}
