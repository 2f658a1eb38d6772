//! Takes in an exported file, after it has shown what would change. Each environment is written whole or not at all.
//!
//! The file's ids are not trusted: what comes in has new ids, and is compared with what is stored by its meaning. Identities
//! are written beside the stored ones; the environment's item, which names them, is the one write that takes effect.

mod plan;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::activity::{self, Done, Outcome};
use super::guard::{self, Act};
use super::rotate::is_of;
use super::{World, ownership, remove, resolve};
use crate::credential::shell;
use crate::credential::{Code, Problem, Secret};
use crate::environment::Unconfirmed;
use crate::platform::input_file;
use crate::platform::lock::Lock;
use crate::vault::reconcile::reconcile;
use crate::vault::{Bundle, CredentialItem, Index, ItemName, Owner, Vault, VaultError};

pub use plan::{Choices, Decision, Line, Standing};
use plan::{Stored, plan};

/// An opened file and what it would change.
pub struct Import {
    bundle: Bundle,
    pub lines: Vec<Line>,
    /// Identities whose stored credential the file marks as leaked.
    pub leaked_here: Vec<String>,
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
    let mut bundle =
        Bundle::open(file.expose(), &passphrase).map_err(|error| not_openable(&error))?;
    drop((file, passphrase));
    settle_interrupted(world).await?;
    let index = world.read_index()?;
    let known = perhaps_known(&bundle, &index);
    let listed = index.clone();
    let (bundle, stored, leaked_here) = world
        .vault(move |vault| {
            let leaked_here = tell_leaked(vault, &mut bundle, &listed)?;
            let stored = stored(vault, &known)?;
            Ok((bundle, stored, leaked_here))
        })
        .await?;
    refuse_foreign(&index, &bundle)?;
    let lines = plan(&bundle, &index, &stored, choices)?;
    Ok(Import {
        bundle,
        lines,
        leaked_here,
    })
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

/// An interrupted removal would delete what comes in; what an interrupted import stored is listed.
async fn settle_interrupted(world: &World) -> Result<(), Problem> {
    let _lock = world.lock_for_change().await?;
    let file = world.index.clone();
    world
        .vault(move |vault| reconcile(vault, &file).map(|_| ()))
        .await
}

/// Stored environments that may be the same as one of the file.
fn perhaps_known(bundle: &Bundle, index: &Index) -> Vec<Uuid> {
    let environments = index.environments.iter();
    environments
        .filter(|entry| bundle.environments.iter().any(|it| it.ids == entry.ids))
        .map(|entry| entry.id)
        .collect()
}

/// Leaves the marks that are new in the bundle, and tells which of its credentials are marked, here or by itself. Whose stored
/// credentials the new marks are about.
fn tell_leaked(
    vault: &Vault,
    bundle: &mut Bundle,
    index: &Index,
) -> Result<Vec<String>, VaultError> {
    let mut new = Vec::new();
    for digest in std::mem::take(&mut bundle.leaked) {
        if !vault.is_leaked(&[digest])? {
            new.push(digest);
        }
    }
    let is_new = |item: &CredentialItem| {
        let digests = item.credential.key_digests();
        digests.iter().any(|digest| new.contains(digest))
    };
    for (_, item) in &mut bundle.credentials {
        item.leaked = is_new(item) || vault.is_leaked(&item.credential.key_digests())?;
    }
    let mut leaked_here = Vec::new();
    let entries = index.environments.iter().filter(|_| !new.is_empty());
    for entry in entries.flat_map(|environment| &environment.identities) {
        let latest = entry
            .all_revisions()
            .first()
            .map_or(0, |newest| newest.revision);
        if vault.revisions(entry.id, latest)?.iter().any(is_new) {
            leaked_here.push(resolve::name_of(index, entry.id));
        }
    }
    bundle.leaked = new;
    Ok(leaked_here)
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
    /// Keys that the file marks as leaked and the storage doesn't.
    pub fn newly_leaked(&self) -> usize {
        self.bundle.leaked.len()
    }

    /// Conflicts that nothing was said about, and leaked credentials that would come in.
    pub fn open_questions(&self) -> Option<Problem> {
        if let Some(line) = self.taken().find(|line| line.signs_in_leaked) {
            let name = &line.name;
            return Some(
                Problem::new(
                    Code::LeakedCredential,
                    format!("nothing was imported: the credential of {name} is marked as leaked"),
                )
                .cause("others may have its key, so it never comes in again")
                .next_step(format!(
                    "leave it out (`--skip {quoted}`), or export it again after a rotation",
                    quoted = shell::quoted(name)
                )),
            );
        }
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

    /// Only what is taken, under the names and ids it will have; and the other environments that go for it.
    fn into_taken(self, choices: &Choices) -> (Bundle, Vec<Uuid>) {
        let taken: Vec<Line> = self.taken().cloned().collect();
        let mut bundle = self.bundle;
        bundle
            .environments
            .retain(|it| taken.iter().any(|line| line.id == it.id));
        let mut going = Vec::new();
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
            going.extend(places);
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
        (bundle, going)
    }

    /// Stored environments that would go or be overwritten: each guarded one must be confirmed.
    pub fn replaced(&self) -> Vec<Uuid> {
        self.lines
            .iter()
            .filter(|line| line.decision == Decision::Replace)
            .flat_map(|line| line.instead_of.clone())
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
    let replaced: Vec<Uuid> = import
        .taken()
        .flat_map(|line| line.instead_of.clone())
        .collect();
    let old = identities_of(&index, &replaced);
    let (bundle, going) = import.into_taken(choices);
    let mut stones = owners(&bundle);
    stones.extend(old.into_iter().map(Owner::Identity));
    let bundle = Arc::new(bundle);
    let first = bundle.clone();
    world.vault(move |vault| would_fit(vault, &first)).await?;
    world.mark_unfinished(stones).await?;
    world.vault(move |vault| write(vault, &bundle)).await?;
    for id in going {
        let identities = identities_of(&index, &[id]);
        remove::remove_environment(world, id, identities.clone(), &identities).await?;
    }
    let file = world.index.clone();
    // Deletes what is no longer named, and lists what is stored now.
    world
        .vault(move |vault| reconcile(vault, &file).map(|_| ()))
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
        .flat_map(|line| line.instead_of.clone())
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
    let known = perhaps_known(&import.bundle, index);
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

/// All that comes in.
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

/// The marks, so that nothing leaked comes in; the secrets; then the environments that name them.
fn write(vault: &Vault, bundle: &Bundle) -> Result<(), VaultError> {
    for digest in &bundle.leaked {
        vault.mark_leaked(digest)?;
    }
    for (identity, item) in &bundle.credentials {
        vault.put_credential(*identity, item)?;
    }
    for (identity, token) in &bundle.tokens {
        vault.put_token(*identity, token)?;
    }
    for environment in &bundle.environments {
        vault.put_environment(environment)?;
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
