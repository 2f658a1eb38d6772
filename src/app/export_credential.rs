//! Exports a credential as Adobe's JSON for the server that uses it, without leaving copies behind. Exports are
//! recorded in the activity log.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use std::io::ErrorKind;
use std::path::Path;

use uuid::Uuid;

use super::activity::{self, Tone};
use super::guard::{self, Act, Confirmed};
use super::not_written;
use super::resolve::no_longer_stored;
use super::{AppContext, resolve};
use crate::platform::atomic_file;
use aemkeys_core::credential::{Code, Kind, Problem, Secret};

/// Returns the active credential in the JSON format of Adobe's consoles.
pub async fn adobe_json(
    context: &AppContext,
    identity: Uuid,
    confirmed: &Confirmed,
) -> Result<Secret, Problem> {
    let index = context.read_index()?;
    let name = resolve::name_of(&index, identity);
    let (_, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let kind = entry.kind;
    if !kind.can_exchange() {
        return Err(no_credential(&name, kind));
    }
    let environment = guard::environment_of(context, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::Credential)?;
    let latest = environment
        .identity(identity)
        .map_or(0, |it| it.latest_revision);
    let credential = context
        .storage(move |storage| storage.active_credential(identity, latest))
        .await?
        .ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                format!("the storage has no credential for {name}"),
            )
            .next_step(guidance![
                "to compare the list with the storage, ",
                NextStep::Doctor
            ])
        })?;
    if credential.leaked {
        return Err(Problem::new(
            Code::LeakedCredential,
            format!("the credential of {name} is marked as leaked, so it can't be exported"),
        )
        .cause("it will be revoked, and would stop working wherever it is used")
        .next_step(guidance![
            "rotate it first, then export the new one; to see the steps, ",
            NextStep::Leaked.of(&name)
        ]));
    }
    Ok(credential.credential.to_adobe_json())
}

/// Writes a new file that only its owner can read; never overwrites a file.
pub fn write_new(file: &Path, credential: &Secret) -> Result<(), Problem> {
    atomic_file::create_new(file, credential.expose()).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Problem::new(Code::OutputExists, "the file already exists")
                .cause("others may be able to read an existing file")
                .next_step("choose another file, or delete this one first")
        } else {
            not_written(file, &error)
        }
    })
}

/// Records the export, because whoever has a copy needs the next credential too.
pub fn record(context: &AppContext, identity: Uuid, way: &str) {
    let name = context.read_index().map_or_else(
        |_| identity.to_string(),
        |index| resolve::name_of(&index, identity),
    );
    activity::record(
        context,
        Tone::Note,
        format!("{name}: credential exported {way}"),
    );
}

fn no_credential(name: &str, kind: Kind) -> Problem {
    let problem = Problem::new(
        Code::NoCredential,
        format!("{name} has no credential to export"),
    );
    if kind == Kind::Local {
        problem.cause("a local SDK needs none")
    } else {
        problem
            .cause("a local development token is personal and expires within a day")
            .next_step(guidance![
                "get service credentials for the server; for the steps, ",
                NextStep::GuideFirst
            ])
    }
}
