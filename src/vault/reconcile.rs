//! Do the keyring and the list agree? The keyring decides: what it alone holds is taken up, what it lacks is marked.
//!
//! Called only after a keyring action succeeded, so that nobody is asked to unlock it for this.

use std::collections::HashSet;

use uuid::Uuid;

use super::{CredentialItem, IdentityEntry, IndexFile, ItemName, SecretState, Vault, VaultError};
use crate::credential::TokenFacts;

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Environments the list did not know.
    pub adopted: usize,
    /// Identities whose secrets are gone.
    pub missing: usize,
    /// Removals that a crash had interrupted.
    pub finished_removals: usize,
    /// Environments whose item cannot be read.
    pub damaged: usize,
    /// Items that belong to nothing: left of an interrupted change. Left alone.
    pub unowned: usize,
}

pub fn reconcile(vault: &Vault, file: &IndexFile) -> Result<Report, VaultError> {
    let mut report = Report::default();
    let index = file.read()?;
    let mut items = vault.items()?;
    let stones: HashSet<Uuid> = index
        .tombstones
        .iter()
        .filter_map(|stone| Uuid::parse_str(stone).ok())
        .collect();
    if !stones.is_empty() {
        for item in items.iter().filter(|item| stones.contains(&item.id())) {
            vault.delete(item)?;
        }
        items.retain(|item| !stones.contains(&item.id()));
        report.finished_removals = stones.len();
    }
    let mut found = Vec::new();
    let mut unreadable = HashSet::new();
    for item in &items {
        if let ItemName::Environment(id) = item {
            match vault.environment(*id) {
                Ok(environment) => found.extend(environment),
                // One damaged, foreign or newer item must not hide the others; it is left untouched.
                Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
                    unreadable.insert(*id);
                }
                Err(error) => return Err(error),
            }
        }
    }
    let mut facts: Vec<(Uuid, Option<Vec<CredentialItem>>, Option<TokenFacts>)> = Vec::new();
    for environment in &found {
        let known = index.environment(environment.id);
        report.adopted += usize::from(known.is_none());
        for identity in &environment.identities {
            let entry = known.and_then(|known| {
                known
                    .identities
                    .iter()
                    .find(|e| e.id == identity.id && e.credential.is_some())
            });
            if entry.is_some_and(|entry| tells_all(entry, &items)) {
                continue;
            }
            let held = readable(
                vault
                    .revisions(identity.id, identity.latest_revision)
                    .map(Some),
            )?;
            let token = readable(vault.token(identity.id))?;
            facts.push((
                identity.id,
                held,
                token.map(|item| item.token.facts(item.obtained_at)),
            ));
        }
    }
    let owned: HashSet<Uuid> = found
        .iter()
        .flat_map(|environment| environment.identities.iter().map(|identity| identity.id))
        .collect();
    report.damaged = unreadable.len();
    report.unowned = items
        .iter()
        .filter(|item| !matches!(item, ItemName::Environment(_)) && !owned.contains(&item.id()))
        .count();
    let held: HashSet<ItemName> = items.into_iter().collect();
    report.missing = file.update(move |index| {
        index
            .tombstones
            .retain(|stone| Uuid::parse_str(stone).is_ok_and(|id| !stones.contains(&id)));
        index
            .environments
            .retain(|entry| !stones.contains(&entry.id));
        for entry in &mut index.environments {
            entry
                .identities
                .retain(|identity| !stones.contains(&identity.id));
        }
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
                identity.secret = if unreadable.contains(&entry.id) {
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

/// Does the list name exactly the revisions that are held, with nothing begun that it may have missed?
fn tells_all(entry: &IdentityEntry, items: &[ItemName]) -> bool {
    let mut held: Vec<u32> = items
        .iter()
        .filter_map(|item| match item {
            ItemName::Credential(id, revision) if *id == entry.id => Some(*revision),
            _ => None,
        })
        .collect();
    held.sort_unstable_by(|a, b| b.cmp(a));
    let told: Vec<u32> = entry
        .all_revisions()
        .iter()
        .map(|known| known.revision)
        .collect();
    entry.rotation.is_none() && held == told
}

/// A damaged item counts as none here: `doctor` tells of it by name.
fn readable<T>(read: Result<Option<T>, VaultError>) -> Result<Option<T>, VaultError> {
    match read {
        Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => Ok(None),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Secret;
    use crate::environment::{Environment, EnvironmentType, Hosts, Name};
    use crate::vault::{Memory, Store};

    fn environment(name: &str) -> Environment {
        Environment {
            id: Uuid::new_v4(),
            name: Name::parse(name).unwrap(),
            environment_type: EnvironmentType::Stage,
            customer: None,
            ids: None,
            hosts: Hosts::default(),
            approved_hosts: Vec::new(),
            identities: Vec::new(),
            notes: String::new(),
            console_url: None,
            saved_paths: Vec::new(),
        }
    }

    #[test]
    fn the_keyring_decides_and_one_foreign_item_hides_nothing() {
        let mut store = Memory::default();
        let foreign = ItemName::Environment(Uuid::new_v4());
        store.set(&foreign, &Secret::from("{}")).unwrap();
        let vault = Vault::over("memory", Box::new(store));
        let file = IndexFile::in_memory();
        let stored = environment("stored");
        vault.put_environment(&stored).unwrap();
        let listed = environment("listed only");
        let removed = environment("half removed");
        vault.put_environment(&removed).unwrap();
        file.update(|index| {
            index.put_environment(&listed);
            index.put_environment(&removed);
            index.tombstones.push(removed.id.to_string());
        })
        .unwrap();
        let report = reconcile(&vault, &file).unwrap();
        assert_eq!(
            (report.adopted, report.damaged, report.finished_removals),
            (1, 1, 1)
        );
        let index = file.read().unwrap();
        assert!(index.environment(stored.id).is_some());
        assert!(index.environment(listed.id).is_some());
        assert!(index.environment(removed.id).is_none());
        assert!(vault.environment(removed.id).unwrap().is_none());
    }
}
