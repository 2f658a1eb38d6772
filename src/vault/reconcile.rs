//! Do the keyring and the list agree? The keyring decides: what it alone holds is taken up, what it lacks is marked.
//!
//! Called only after a keyring action succeeded, so that nobody is asked to unlock it for this.

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    CredentialItem, Index, IndexFile, ItemName, SecretState, TokenContext, Vault, VaultError,
    unfinished,
};
use crate::credential::TokenFacts;
use crate::environment::{Environment, Identity, Name};

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Environments the list did not know.
    pub adopted: usize,
    /// Identities whose secrets are gone.
    pub missing: usize,
    /// Environments and identities whose adding or removal a crash had interrupted.
    pub finished_removals: usize,
    /// Environments whose item cannot be read.
    pub damaged: usize,
    /// Items that belong to nothing: left of an interrupted change. Left alone.
    pub unowned: usize,
}

pub fn reconcile(vault: &Vault, file: &IndexFile) -> Result<Report, VaultError> {
    let mut report = Report {
        finished_removals: unfinished::finish(vault, file)?,
        ..Report::default()
    };
    let index = file.read()?;
    let items = vault.items()?;
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
    tell_apart(vault, &index, &mut found)?;
    let mut facts: Vec<(Uuid, Option<Vec<CredentialItem>>, Option<TokenFacts>)> = Vec::new();
    let mut damaged = HashSet::new();
    for environment in &found {
        report.adopted += usize::from(index.environment(environment.id).is_none());
        for identity in &environment.identities {
            let held = match vault.revisions(identity.id, identity.latest_revision) {
                Ok(held) => Some(held),
                // The list keeps what it knows of it.
                Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
                    damaged.insert(identity.id);
                    None
                }
                Err(error) => return Err(error),
            };
            let token = token_in_place(vault, environment, identity)?;
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

/// Two environments of one name, as an interrupted renaming can leave them: the one the list calls so keeps it.
fn tell_apart(vault: &Vault, index: &Index, found: &mut [Environment]) -> Result<(), VaultError> {
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
            vault.put_environment(environment)?;
        }
    }
    Ok(())
}

/// The token's facts. One that repeats an older state of its environment is put right; it would go to old hosts.
fn token_in_place(
    vault: &Vault,
    environment: &Environment,
    identity: &Identity,
) -> Result<Option<TokenFacts>, VaultError> {
    let item = match vault.token(identity.id) {
        Ok(Some(item)) => item,
        // A damaged item counts as none here: `doctor` tells of it by name.
        Ok(None) | Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let context = TokenContext::of(environment, identity);
    if *item.context() == context {
        return Ok(Some(item.token.facts(item.obtained_at)));
    }
    let Ok(item) = item.moved_to(environment, identity) else {
        // It belongs to another environment: nothing may use it here.
        vault.delete(&ItemName::Token(identity.id))?;
        return Ok(None);
    };
    vault.put_token(identity.id, &item)?;
    Ok(Some(item.token.facts(item.obtained_at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Secret;
    use crate::environment::{EnvironmentType, Hosts};
    use crate::vault::{Memory, Owner, Store};

    fn environment(name: &str) -> Environment {
        Environment {
            id: Uuid::new_v4(),
            name: Name::parse(name).unwrap(),
            environment_type: EnvironmentType::Stage,
            customer: None,
            ids: None,
            hosts: Hosts::default(),
            approvals: Vec::new(),
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
        let removed = environment("removed");
        file.update(|index| {
            index.put_environment(&listed);
            index.put_environment(&removed);
            index.mark(&[Owner::Environment(removed.id)]);
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
    }
}
