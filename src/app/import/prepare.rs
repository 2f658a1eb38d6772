//! Opens an exported file and compares it with the storage. Writes nothing of the file.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use std::collections::BTreeMap;
use std::path::Path;

use uuid::Uuid;

use super::PreparedImport;
use super::plan::{ImportOptions, StoredEnvironment, plan};
use crate::app::{AppContext, ownership, resolve};
use crate::platform::input_file;
use crate::storage::reconcile;
use crate::storage::{Bundle, CredentialItem, Index, Storage, StorageError};
use aemkeys_core::credential::{Code, Problem, Secret};

/// Reads the file and checks that its version is supported, before anyone types a passphrase.
pub fn read(file: &Path) -> Result<Secret, Problem> {
    let bytes = input_file::read("the exported file", file)?;
    Bundle::check_format(bytes.expose()).map_err(|error| not_openable(&error))?;
    Ok(bytes)
}

/// Opens the file and compares it with the storage.
pub async fn prepare(
    context: &AppContext,
    file: Secret,
    passphrase: Secret,
    choices: &ImportOptions,
) -> Result<PreparedImport, Problem> {
    let mut bundle =
        Bundle::open(file.expose(), &passphrase).map_err(|error| not_openable(&error))?;
    drop((file, passphrase));
    finish_interrupted(context).await?;
    let index = context.read_index()?;
    let known = candidates(&bundle, &index);
    let listed = index.clone();
    let (bundle, stored, leaked_here) = context
        .storage(move |storage| {
            let leaked_here = apply_leaked_marks(storage, &mut bundle, &listed)?;
            let stored = stored(storage, &known)?;
            Ok((bundle, stored, leaked_here))
        })
        .await?;
    refuse_other_environments(&index, &bundle)?;
    let lines = plan(&bundle, &index, &stored, choices)?;
    Ok(PreparedImport {
        bundle,
        lines,
        leaked_here,
    })
}

/// Refuses a file in which a credential or token belongs to another environment.
fn refuse_other_environments(index: &Index, bundle: &Bundle) -> Result<(), Problem> {
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

/// Finishes interrupted removals, which could delete imported items, and lists what an interrupted import stored.
async fn finish_interrupted(context: &AppContext) -> Result<(), Problem> {
    let _lock = context.lock_for_change().await?;
    let file = context.index.clone();
    context
        .storage(move |storage| reconcile(storage, &file).map(|_| ()))
        .await
}

/// Stored environments that may be the same as one in the file.
pub(super) fn candidates(bundle: &Bundle, index: &Index) -> Vec<Uuid> {
    let environments = index.environments.iter();
    environments
        .filter(|entry| bundle.environments.iter().any(|it| it.ids == entry.ids))
        .map(|entry| entry.id)
        .collect()
}

/// Keeps only new marks in the bundle, and flags its credentials that are marked here or in the file. Returns the stored
/// identities that the new marks affect.
fn apply_leaked_marks(
    storage: &Storage,
    bundle: &mut Bundle,
    index: &Index,
) -> Result<Vec<String>, StorageError> {
    let mut new = Vec::new();
    for digest in std::mem::take(&mut bundle.leaked) {
        if !storage.is_leaked(&[digest])? {
            new.push(digest);
        }
    }
    let is_new = |item: &CredentialItem| {
        let digests = item.credential.key_digests();
        digests.iter().any(|digest| new.contains(digest))
    };
    for (_, item) in &mut bundle.credentials {
        item.leaked = is_new(item) || storage.is_leaked(&item.credential.key_digests())?;
    }
    let mut leaked_here = Vec::new();
    let entries = index.environments.iter().filter(|_| !new.is_empty());
    for entry in entries.flat_map(|environment| &environment.identities) {
        let latest = entry
            .all_revisions()
            .first()
            .map_or(0, |newest| newest.revision);
        if storage.revisions(entry.id, latest)?.iter().any(is_new) {
            leaked_here.push(resolve::name_of(index, entry.id));
        }
    }
    bundle.leaked = new;
    Ok(leaked_here)
}

pub(super) fn stored(
    storage: &Storage,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, StoredEnvironment>, StorageError> {
    let mut found = BTreeMap::new();
    for id in ids {
        let Some(environment) = storage.environment(*id)? else {
            continue;
        };
        let mut credentials = Vec::new();
        for identity in &environment.identities {
            let held = storage.revisions(identity.id, identity.latest_revision)?;
            credentials.extend(held.into_iter().map(|item| (identity.id, item)));
        }
        found.insert(
            *id,
            StoredEnvironment {
                environment,
                credentials,
            },
        );
    }
    Ok(found)
}

fn not_openable(error: &StorageError) -> Problem {
    match error {
        StorageError::WrongPassphrase => Problem::new(
            Code::PassphraseWrong,
            "wrong passphrase, or the exported file is damaged",
        )
        .cause("the file does not reveal which of the two it is")
        .next_step("try again; if it fails again, export the file again"),
        StorageError::Damaged { .. } => Problem::new(Code::InputNotRecognised, error.to_string())
            .cause("an exported file was expected")
            .next_step(guidance![
                "for files from Adobe's consoles, ",
                NextStep::Add,
                "; otherwise export the file again"
            ]),
        error => error.problem(),
    }
}
