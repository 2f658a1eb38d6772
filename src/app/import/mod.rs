//! Imports an exported file after showing what would change. Each environment is written completely or not at all.
//!
//! The file's ids are not trusted: imported items get new ids and are compared with the stored ones by content. Identities
//! are written next to the stored ones; writing the environment's item, which names them, is what takes effect.

mod plan;
mod prepare;

use std::sync::Arc;

use uuid::Uuid;

use super::activity::{self, Tone};
use super::guard::{self, Act};
use super::rotate::is_of;
use super::{AppContext, remove};
use crate::platform::lock::Lock;
use crate::storage::reconcile;
use crate::storage::{Bundle, Index, ItemName, Owner, Storage, StorageError};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::environment::Unconfirmed;

use plan::plan;
pub use plan::{Decision, ImportEntry, ImportOptions, Status};
use prepare::{candidates, stored};
pub use prepare::{prepare, read};

/// An opened file and the changes it would make.
pub struct PreparedImport {
    bundle: Bundle,
    pub lines: Vec<ImportEntry>,
    /// Stored identities whose credential the file marks as leaked.
    pub leaked_here: Vec<String>,
}

impl PreparedImport {
    /// The number of keys that only the file marks as leaked.
    pub fn newly_leaked(&self) -> usize {
        self.bundle.leaked.len()
    }

    /// Returns an error if a conflict is undecided or a leaked credential would be imported.
    pub fn open_questions(&self) -> Option<Problem> {
        if let Some(line) = self.taken().find(|line| line.signs_in_leaked) {
            let name = &line.name;
            return Some(
                Problem::new(
                    Code::LeakedCredential,
                    format!("nothing was imported: the credential of {name} is marked as leaked"),
                )
                .cause("others may have its key, so it can never be imported again")
                .next_step(format!("skip it (`--skip {quoted}`), or rotate it on the other computer and export again", quoted = shell::quoted(name))),
            );
        }
        let open = self.lines.iter();
        let open: Vec<_> = open
            .filter(|line| line.decision == Decision::Open)
            .collect();
        let first = open.first()?;
        let names: Vec<&str> = open.iter().map(|line| line.name.as_str()).collect();
        let quoted = shell::quoted(&first.name);
        let mut flags = format!(
            "`--replace {quoted}` takes it from the file, `--skip {quoted}` keeps the stored one"
        );
        if first.can_rename {
            flags.push_str(&format!(", `--rename {quoted}=NEW` keeps both"));
        }
        Some(
            Problem::new(
                Code::ImportConflict,
                format!(
                    "nothing was imported: choose what to do with {}",
                    names.join(", ")
                ),
            )
            .cause("stored environments are only overwritten on request")
            .next_step(flags),
        )
    }

    /// Hosts of the imported environments that the user has not confirmed yet.
    pub fn unconfirmed(&self, choices: &ImportOptions) -> Vec<(&str, &Unconfirmed)> {
        self.taken()
            .flat_map(|line| line.unconfirmed.iter().map(|it| (line.name.as_str(), it)))
            .filter(|(_, it)| !it.is_confirmed_by(&choices.trusted))
            .collect()
    }

    /// The number of environments to write.
    pub fn count(&self) -> usize {
        self.taken().count()
    }

    /// Returns the environments to write, with their final names and ids, and the stored ones to remove.
    fn into_taken(self, choices: &ImportOptions) -> (Bundle, Vec<Uuid>) {
        let taken: Vec<ImportEntry> = self.taken().cloned().collect();
        let mut bundle = self.bundle;
        bundle
            .environments
            .retain(|it| taken.iter().any(|line| line.id == it.id));
        let mut removed = Vec::new();
        for line in taken {
            let environment = bundle.environments.iter_mut().find(|it| it.id == line.id);
            let mut places = line.instead_of.into_iter();
            if let Some(environment) = environment {
                environment.id = places.next().unwrap_or(environment.id);
                if let Some(name) = line.renamed {
                    environment.name = name;
                }
                environment.environment_type = line.environment_type;
                environment.approvals = line.confirmed;
                for it in line.unconfirmed {
                    if it.is_confirmed_by(&choices.trusted) {
                        environment.approve(&it.host, it.purpose);
                    }
                }
            }
            removed.extend(places);
        }
        let environments = &bundle.environments;
        let is_taken = |id: Uuid| environments.iter().any(|it| it.identity(id).is_some());
        let (credentials, leaked): (Vec<_>, Vec<_>) = bundle
            .credentials
            .into_iter()
            .filter(|(id, _)| is_taken(*id))
            .partition(|(_, item)| !item.leaked);
        bundle.credentials = credentials;
        bundle.tokens.retain(|(id, token)| {
            let leaked = leaked.iter().filter(|(owner, _)| owner == id);
            let revisions: Vec<u32> = leaked.map(|(_, item)| item.revision).collect();
            is_taken(*id) && !is_of(token, &revisions)
        });
        repeat_settings(&mut bundle);
        (bundle, removed)
    }

    /// Stored environments that would be removed or overwritten: each guarded one must be confirmed.
    pub fn replaced(&self) -> Vec<Uuid> {
        self.lines
            .iter()
            .filter(|line| line.decision == Decision::Replace)
            .flat_map(|line| line.instead_of.clone())
            .collect()
    }

    fn taken(&self) -> impl Iterator<Item = &ImportEntry> {
        self.lines
            .iter()
            .filter(|line| matches!(line.decision, Decision::Take | Decision::Replace))
    }
}

/// Writes the import. Fails if the storage has changed since the plan was shown.
pub async fn carry_out(
    context: &AppContext,
    import: PreparedImport,
    choices: &ImportOptions,
) -> Result<usize, Problem> {
    if let Some(problem) = import.open_questions() {
        return Err(problem);
    }
    if let Some((name, unconfirmed)) = import.unconfirmed(choices).first() {
        let mut problem = unconfirmed.problem();
        problem.message = format!("{name}: {}; nothing was imported", problem.message);
        return Err(problem);
    }
    let _locks = lock_changed(context, &import).await?;
    let index = context.read_index()?;
    refuse_changed(context, &index, &import, choices).await?;
    for id in import.replaced() {
        if let Some(environment) = guard::stored(context, id).await? {
            guard::check_each(&choices.confirmed, &environment, Act::Import)?;
        }
    }
    let count = import.count();
    let old = identities_of(&index, &import.replaced());
    let (bundle, removed) = import.into_taken(choices);
    let mut tombstones = owners(&bundle);
    tombstones.extend(old.into_iter().map(Owner::Identity));
    let bundle = Arc::new(bundle);
    let first = bundle.clone();
    context
        .storage(move |storage| would_fit(storage, &first))
        .await?;
    context.add_tombstones(tombstones).await?;
    context
        .storage(move |storage| write(storage, &bundle))
        .await?;
    for id in removed {
        let identities = identities_of(&index, &[id]);
        remove::remove_environment(context, id, identities.clone(), &identities).await?;
    }
    let file = context.index.clone();
    // Deletes items that no environment names, and updates the list.
    context
        .storage(move |storage| reconcile(storage, &file).map(|_| ()))
        .await?;
    activity::record(
        context,
        Tone::Fine,
        format!("{} imported", counted(count, "environment")),
    );
    Ok(count)
}

async fn lock_changed(
    context: &AppContext,
    import: &PreparedImport,
) -> Result<Vec<Option<Lock>>, Problem> {
    let mut locks = vec![context.lock_for_change().await?];
    let index = context.read_index()?;
    let mut ids = identities_of(&index, &import.replaced());
    ids.sort();
    ids.dedup();
    for id in ids {
        locks.push(context.lock(id.to_string()).await?);
    }
    Ok(locks)
}

async fn refuse_changed(
    context: &AppContext,
    index: &Index,
    import: &PreparedImport,
    choices: &ImportOptions,
) -> Result<(), Problem> {
    let known = candidates(&import.bundle, index);
    let stored = context
        .storage(move |storage| stored(storage, &known))
        .await?;
    if plan(&import.bundle, index, &stored, choices)? == import.lines {
        return Ok(());
    }
    Err(outdated())
}

fn outdated() -> Problem {
    Problem::new(
        Code::ImportOutdated,
        "the stored environments have changed in the meantime; nothing was imported",
    )
    .next_step("run the import again to see the new comparison")
}

fn identities_of(index: &Index, environments: &[Uuid]) -> Vec<Uuid> {
    environments
        .iter()
        .filter_map(|id| index.environment(*id))
        .flat_map(|entry| entry.identities.iter().map(|identity| identity.id))
        .collect()
}

/// All imported environments and identities.
fn owners(bundle: &Bundle) -> Vec<Owner> {
    let environments = bundle.environments.iter();
    environments
        .flat_map(|environment| {
            let identities = environment.identities.iter();
            identities
                .map(|identity| Owner::Identity(identity.id))
                .chain([Owner::Environment(environment.id)])
        })
        .collect()
}

/// Updates the tokens after a rename: a token item repeats the settings of its environment.
fn repeat_settings(bundle: &mut Bundle) {
    let environments = &bundle.environments;
    let tokens = std::mem::take(&mut bundle.tokens).into_iter();
    bundle.tokens = tokens
        .filter_map(|(id, token)| {
            let (environment, identity) = environments
                .iter()
                .find_map(|environment| Some((environment, environment.identity(id)?)))?;
            // A token of another environment is dropped, because it could not be used.
            Some((id, token.moved_to(environment, identity).ok()?))
        })
        .collect();
}

/// Checks that every item fits before the first one is written.
fn would_fit(storage: &Storage, bundle: &Bundle) -> Result<(), StorageError> {
    for (id, item) in &bundle.credentials {
        storage.check_size(
            &ItemName::Credential(*id, item.revision),
            &item.to_payload(),
        )?;
    }
    for environment in &bundle.environments {
        let payload = serde_json::to_vec(environment)
            .map_err(|_| StorageError::Other("the environment cannot be written".to_owned()))?;
        storage.check_size(
            &ItemName::Environment(environment.id),
            &Secret::new(payload),
        )?;
    }
    Ok(())
}

/// Writes the marks first, so that leaked credentials are refused, then the secrets, then the environments that name them.
fn write(storage: &Storage, bundle: &Bundle) -> Result<(), StorageError> {
    for environment in &bundle.environments {
        storage.learn(environment);
    }
    for digest in &bundle.leaked {
        storage.mark_leaked(digest)?;
    }
    for (identity, item) in &bundle.credentials {
        storage.put_credential(*identity, item)?;
    }
    for (identity, token) in &bundle.tokens {
        storage.put_token(*identity, token)?;
    }
    for environment in &bundle.environments {
        storage.put_environment(environment)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
