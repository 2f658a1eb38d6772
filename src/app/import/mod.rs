//! How does an exported file come in? What would change is shown first; then all of it is written, or nothing.

mod plan;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::activity::{self, Done, Outcome};
use super::guard::{self, Act};
use super::{World, ownership, remove};
use crate::credential::shell;
use crate::credential::{Code, Problem, Secret};
use crate::environment::{Environment, Unconfirmed};
use crate::platform::input_file;
use crate::platform::lock::Lock;
use crate::vault::reconcile::reconcile;
use crate::vault::{Bundle, Index, ItemName, Vault, VaultError};

pub use plan::{Choices, Decision, Line, Standing};
use plan::{Stored, plan};

/// An opened file and what it would change.
pub struct Import {
    bundle: Bundle,
    pub lines: Vec<Line>,
}

/// The file's bytes, if it is an exported file of a version that is known: nobody types a passphrase in vain.
pub fn read(file: &Path) -> Result<Secret, Problem> {
    let bytes = input_file::read(file)?;
    Bundle::look(bytes.expose()).map_err(|error| not_openable(&error))?;
    Ok(bytes)
}

/// Opens it and compares it with what is stored.
pub async fn prepare(
    world: &World,
    file: Secret,
    passphrase: Secret,
    choices: &Choices,
) -> Result<Import, Problem> {
    let bundle = Bundle::open(file.expose(), &passphrase).map_err(|error| not_openable(&error))?;
    drop((file, passphrase));
    compare_list_and_storage(world).await?;
    let index = world.read_index()?;
    let ids: Vec<Uuid> = bundle.environments.iter().map(|it| it.id).collect();
    let known: Vec<Uuid> = ids
        .into_iter()
        .filter(|id| index.environment(*id).is_some())
        .collect();
    let stored = if known.is_empty() {
        BTreeMap::new()
    } else {
        world.vault(move |vault| stored(vault, &known)).await?
    };
    refuse_foreign(&index, &bundle)?;
    let lines = plan(&bundle, &index, &stored, choices)?;
    Ok(Import { bundle, lines })
}

/// Every credential and token in the file must belong to its environment.
fn refuse_foreign(index: &Index, bundle: &Bundle) -> Result<(), Problem> {
    for environment in &bundle.environments {
        for identity in &environment.identities {
            for item in bundle.credentials_of(identity.id) {
                ownership::check_credential(index, environment, &item.credential.facts())?;
            }
            for (_, item) in bundle.tokens.iter().filter(|(id, _)| *id == identity.id) {
                ownership::check_token(index, environment, &item.token)?;
            }
        }
    }
    Ok(())
}

/// Removals that a crash interrupted would take what comes in; what an interrupted import left is taken up.
async fn compare_list_and_storage(world: &World) -> Result<(), Problem> {
    let _lock = world.lock_for_change().await?;
    let file = world.index.clone();
    world
        .vault(move |vault| reconcile(vault, &file).map(|_| ()))
        .await
}

fn stored(vault: &Vault, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Stored>, VaultError> {
    let mut found = BTreeMap::new();
    for id in ids {
        let Some(environment) = vault.environment(*id)? else {
            continue;
        };
        let mut credentials = Vec::new();
        for identity in &environment.identities {
            let held = vault.revisions(identity.id, identity.latest_revision)?;
            credentials.extend(held.into_iter().map(|item| (identity.id, item)));
        }
        found.insert(
            *id,
            Stored {
                environment,
                credentials,
            },
        );
    }
    Ok(found)
}

impl Import {
    /// Conflicts that the person has said nothing about.
    pub fn open_questions(&self) -> Option<Problem> {
        let open: Vec<&str> = self
            .lines
            .iter()
            .filter(|line| line.decision == Decision::Open)
            .map(|line| line.name.as_str())
            .collect();
        let first = open.first()?;
        Some(
            Problem::new(
                Code::ImportConflict,
                format!("nothing was imported: {} must be decided", open.join(", ")),
            )
            .cause("what is stored is never overwritten unasked")
            .next_step(format!(
                "`--replace {quoted}` takes the file's, `--skip {quoted}` keeps what is here, `--rename {quoted}=NEW` takes it beside", quoted = shell::quoted(&first))),
        )
    }

    /// Hosts of what is taken that a person must still confirm.
    pub fn unconfirmed(&self, choices: &Choices) -> Vec<(&str, &Unconfirmed)> {
        self.taken()
            .flat_map(|line| line.unconfirmed.iter().map(|it| (line.name.as_str(), it)))
            .filter(|(_, it)| !it.is_confirmed_by(&choices.trusted))
            .collect()
    }

    /// How many would be written.
    pub fn count(&self) -> usize {
        self.taken().count()
    }

    /// Only what is taken, under the names it will have.
    fn into_taken(self, choices: &Choices) -> Bundle {
        let taken: Vec<Uuid> = self.taken().map(|line| line.id).collect();
        let Self { mut bundle, lines } = self;
        bundle.environments.retain(|it| taken.contains(&it.id));
        for line in lines {
            let taken = bundle.environments.iter_mut().find(|it| it.id == line.id);
            let Some(environment) = taken else { continue };
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
        repeat_settings(&mut bundle);
        bundle
    }

    /// Stored environments that would go or be overwritten: each guarded one must be confirmed.
    pub fn replaced(&self) -> Vec<Uuid> {
        self.lines
            .iter()
            .filter(|line| line.decision == Decision::Replace)
            .flat_map(|line| line.instead_of.iter().copied().chain([line.id]))
            .collect()
    }

    fn taken(&self) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .filter(|line| matches!(line.decision, Decision::Take | Decision::Replace))
    }
}

/// Writes it. The plan must still be what was shown: another process may have been faster.
pub async fn carry_out(world: &World, import: Import, choices: &Choices) -> Result<usize, Problem> {
    if let Some(problem) = import.open_questions() {
        return Err(problem);
    }
    if let Some((name, unconfirmed)) = import.unconfirmed(choices).first() {
        let mut problem = unconfirmed.problem();
        problem.message = format!("{name}: {}; nothing was imported", problem.message);
        return Err(problem);
    }
    let _locks = keep_others_out(world, &import).await?;
    let index = world.read_index()?;
    refuse_changed(world, &index, &import, choices).await?;
    for id in import.replaced() {
        if let Some(environment) = guard::stored(world, id).await? {
            guard::check_each(&choices.confirmed, &environment, Act::Import)?;
        }
    }
    let count = import.count();
    let taken: Vec<Uuid> = import.taken().map(|line| line.id).collect();
    let old: Vec<Uuid> = import
        .taken()
        .flat_map(|line| line.instead_of.clone())
        .collect();
    let bundle = Arc::new(import.into_taken(choices));
    let first = bundle.clone();
    world.vault(move |vault| would_fit(vault, &first)).await?;
    let new = new_ids(&index, &bundle);
    world.mark_unfinished(new.clone()).await?;
    let first = bundle.clone();
    world
        .vault(move |vault| write_secrets(vault, &first))
        .await?;
    for id in old {
        let identities = identities_of(&index, &[id]);
        remove::remove_environment(world, id, identities.clone(), &identities).await?;
    }
    let file = world.index.clone();
    world
        .vault(move |vault| {
            for environment in &bundle.environments {
                drop_what_is_not_in_the_file(vault, &bundle, environment)?;
                vault.put_environment(environment)?;
            }
            // The list is made from what is stored now.
            file.update(|index| {
                index
                    .environments
                    .retain(|entry| !taken.contains(&entry.id));
                index.lift(&new);
            })?;
            reconcile(vault, &file).map(|_| ())
        })
        .await?;
    let entry = Done {
        at: world.clock.now(),
        result: Outcome::Done,
        text: format!("{count} environments imported"),
    };
    activity::append(world, &[entry]);
    Ok(count)
}

async fn keep_others_out(world: &World, import: &Import) -> Result<Vec<Option<Lock>>, Problem> {
    let mut locks = vec![world.lock_for_change().await?];
    let index = world.read_index()?;
    let touched: Vec<Uuid> = import
        .taken()
        .flat_map(|line| line.instead_of.iter().chain([&line.id]))
        .copied()
        .collect();
    let mut ids = identities_of(&index, &touched);
    ids.sort();
    ids.dedup();
    for id in ids {
        locks.push(world.lock(id.to_string()).await?);
    }
    Ok(locks)
}

async fn refuse_changed(
    world: &World,
    index: &Index,
    import: &Import,
    choices: &Choices,
) -> Result<(), Problem> {
    let known: Vec<Uuid> = import
        .lines
        .iter()
        .map(|line| line.id)
        .filter(|id| index.environment(*id).is_some())
        .collect();
    let stored = world.vault(move |vault| stored(vault, &known)).await?;
    if plan(&import.bundle, index, &stored, choices)? == import.lines {
        return Ok(());
    }
    Err(outdated())
}

fn outdated() -> Problem {
    Problem::new(
        Code::ImportOutdated,
        "what is stored has changed meanwhile; nothing was imported",
    )
    .next_step("try again: the comparison is made anew")
}

fn identities_of(index: &Index, environments: &[Uuid]) -> Vec<Uuid> {
    environments
        .iter()
        .filter_map(|id| index.environment(*id))
        .flat_map(|entry| entry.identities.iter().map(|identity| identity.id))
        .collect()
}

/// What a crash may take away again: nobody knows of it yet. What is replaced in its place stays.
fn new_ids(index: &Index, bundle: &Bundle) -> Vec<Uuid> {
    bundle
        .environments
        .iter()
        .filter(|environment| index.environment(environment.id).is_none())
        .flat_map(|environment| {
            let identities = environment.identities.iter().map(|identity| identity.id);
            identities.chain([environment.id])
        })
        .collect()
}

/// A token item repeats what its environment says, which a new name changes.
fn repeat_settings(bundle: &mut Bundle) {
    let environments = &bundle.environments;
    let tokens = std::mem::take(&mut bundle.tokens).into_iter();
    bundle.tokens = tokens
        .filter_map(|(id, token)| {
            let (environment, identity) = environments
                .iter()
                .find_map(|environment| Some((environment, environment.identity(id)?)))?;
            // Of another environment: dropped, as it could be used nowhere.
            Some((id, token.moved_to(environment, identity).ok()?))
        })
        .collect();
}

/// All of it, before the first is written.
fn would_fit(vault: &Vault, bundle: &Bundle) -> Result<(), VaultError> {
    for (id, item) in &bundle.credentials {
        vault.would_take(
            &ItemName::Credential(*id, item.revision),
            &item.to_payload(),
        )?;
    }
    for environment in &bundle.environments {
        let payload = serde_json::to_vec(environment)
            .map_err(|_| VaultError::Other("the environment cannot be written".to_owned()))?;
        vault.would_take(
            &ItemName::Environment(environment.id),
            &Secret::new(payload),
        )?;
    }
    Ok(())
}

/// Before the environments that name them: a crash leaves items without a name, never a name without a secret.
fn write_secrets(vault: &Vault, bundle: &Bundle) -> Result<(), VaultError> {
    for environment in &bundle.environments {
        for identity in &environment.identities {
            for item in bundle.credentials_of(identity.id) {
                vault.put_credential(identity.id, item)?;
            }
        }
    }
    Ok(())
}

/// Revisions and tokens of what is replaced; then the file's tokens.
fn drop_what_is_not_in_the_file(
    vault: &Vault,
    bundle: &Bundle,
    environment: &Environment,
) -> Result<(), VaultError> {
    let before = vault.environment(environment.id)?;
    for identity in before.iter().flat_map(|before| &before.identities) {
        vault.delete(&ItemName::Token(identity.id))?;
        for revision in 1..=identity.latest_revision {
            let stays = environment.identity(identity.id).is_some()
                && bundle
                    .credentials_of(identity.id)
                    .any(|item| item.revision == revision);
            if !stays {
                vault.delete(&ItemName::Credential(identity.id, revision))?;
            }
        }
    }
    for identity in &environment.identities {
        for (id, token) in bundle.tokens.iter().filter(|(id, _)| *id == identity.id) {
            vault.put_token(*id, token)?;
        }
    }
    Ok(())
}

fn not_openable(error: &VaultError) -> Problem {
    match error {
        VaultError::WrongPassphrase => Problem::new(
            Code::PassphraseWrong,
            "the passphrase does not open the exported file",
        )
        .cause("it is another one, or the file is damaged: the two cannot be told apart")
        .next_step("try again; if it stays, export it anew"),
        VaultError::Damaged { .. } => Problem::new(Code::InputNotRecognised, error.to_string())
            .cause("a file of `aemkeys export` was expected")
            .next_step("`aemkeys add` takes the files of Adobe's consoles; else export it anew"),
        error => error.problem(),
    }
}

#[cfg(test)]
mod tests;
