//! Reconciles the index with the store, which decides: what only the store has is added to the index, and what it lacks is
//! marked as missing.
//!
//! Called only after an access to the store succeeded, so that it never causes an unlock prompt.

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    CredentialItem, Index, IndexFile, ItemName, SecretState, Storage, StorageError, TokenContext,
    tombstones,
};
use aemkeys_core::credential::TokenFacts;
use aemkeys_core::environment::{Environment, Identity, Name};

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

pub fn reconcile(storage: &Storage, file: &IndexFile) -> Result<Report, StorageError> {
    let mut report = Report {
        finished_removals: tombstones::finish(storage, file)?,
        ..Report::default()
    };
    let index = file.read()?;
    let items = storage.items()?;
    let mut found = Vec::new();
    let mut unreadable = HashSet::new();
    for item in &items {
        if let ItemName::Environment(id) = item {
            match storage.environment(*id) {
                Ok(environment) => found.extend(environment),
                // A damaged or newer item is left as it is and must not hide the others.
                Err(StorageError::Damaged { .. } | StorageError::NewerFormat { .. }) => {
                    unreadable.insert(*id);
                }
                Err(error) => return Err(error),
            }
        }
    }
    resolve_duplicate_names(storage, &index, &mut found)?;
    let mut facts: Vec<(Uuid, Option<Vec<CredentialItem>>, Option<TokenFacts>)> = Vec::new();
    let mut damaged = HashSet::new();
    for environment in &found {
        report.adopted += usize::from(index.environment(environment.id).is_none());
        for identity in &environment.identities {
            let held = match storage.revisions(identity.id, identity.latest_revision) {
                Ok(held) => Some(held),
                // The index keeps its entry.
                Err(StorageError::Damaged { .. } | StorageError::NewerFormat { .. }) => {
                    damaged.insert(identity.id);
                    None
                }
                Err(error) => return Err(error),
            };
            let token = refreshed_token(storage, environment, identity)?;
            facts.push((identity.id, held, token));
        }
    }
    let owned: HashSet<Uuid> = found
        .iter()
        .flat_map(|environment| environment.identities.iter().map(|identity| identity.id))
        .collect();
    report.damaged = unreadable.len();
    report.unowned = items
        .iter()
        .filter(|item| match item {
            ItemName::Environment(_) | ItemName::LeakedKey(_) => false,
            _ => !owned.contains(&item.id()),
        })
        .count();
    let held: HashSet<ItemName> = items.into_iter().collect();
    report.missing = file.update(move |index| {
        for environment in &found {
            index.put_environment(environment);
        }
        for (id, held, token) in facts {
            if let Some(entry) = index.identity_mut(id) {
                if let Some(held) = held {
                    entry.put_revisions(&held);
                }
                entry.token = token;
            }
        }
        let mut missing = 0;
        for entry in &mut index.environments {
            let environment_held = held.contains(&ItemName::Environment(entry.id));
            for identity in &mut entry.identities {
                let needs_credential = identity.kind.can_exchange();
                let credential_held = held
                    .iter()
                    .any(|item| matches!(item, ItemName::Credential(id, _) if *id == identity.id));
                let gone = !environment_held || (needs_credential && !credential_held);
                identity.secret =
                    if unreadable.contains(&entry.id) || damaged.contains(&identity.id) {
                        SecretState::Damaged
                    } else if gone {
                        SecretState::Missing
                    } else {
                        SecretState::Present
                    };
                missing += usize::from(gone);
            }
        }
        missing
    })?;
    Ok(report)
}

/// Renames one of two environments with the same name, which an interrupted rename can leave. The one that has the name in
/// the index keeps it.
fn resolve_duplicate_names(
    storage: &Storage,
    index: &Index,
    found: &mut [Environment],
) -> Result<(), StorageError> {
    let is_listed_so = |environment: &Environment| {
        index
            .environment(environment.id)
            .is_some_and(|entry| entry.name.folded() == environment.name.folded())
    };
    found.sort_by_key(|environment| !is_listed_so(environment));
    let mut taken: HashSet<String> = HashSet::new();
    for environment in found {
        if taken.insert(environment.name.folded()) {
            continue;
        }
        let base: String = environment.name.as_str().chars().take(58).collect();
        let free = (2..10_000)
            .filter_map(|number| Name::parse(&format!("{base}-{number}")).ok())
            .find(|name| taken.insert(name.folded()));
        if let Some(free) = free {
            environment.name = free;
            storage.put_environment(environment)?;
        }
    }
    Ok(())
}

/// Returns the token's facts. Updates a token with outdated data of its environment, which would be sent to old hosts.
fn refreshed_token(
    storage: &Storage,
    environment: &Environment,
    identity: &Identity,
) -> Result<Option<TokenFacts>, StorageError> {
    let item = match storage.token(identity.id) {
        Ok(Some(item)) => item,
        // A damaged token counts as missing; `doctor` reports it.
        Ok(None) | Err(StorageError::Damaged { .. } | StorageError::NewerFormat { .. }) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let context = TokenContext::of(environment, identity);
    if *item.context() == context {
        return Ok(Some(item.token.facts(item.obtained_at)));
    }
    let Ok(item) = item.moved_to(environment, identity) else {
        // The token belongs to another environment, so it must not be used here.
        storage.delete(&ItemName::Token(identity.id))?;
        return Ok(None);
    };
    storage.put_token(identity.id, &item)?;
    Ok(Some(item.token.facts(item.obtained_at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Backend, Memory, Owner};
    use aemkeys_core::credential::Secret;
    use aemkeys_core::environment::EnvironmentType;

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
