//! Exports a credential as Adobe's JSON for the server that uses it; recorded, and never in a way that leaves
//! copies behind.

use std::io::ErrorKind;
use std::path::Path;

use uuid::Uuid;

use super::activity::{self, Done, Outcome};
use super::exchange::no_longer_stored;
use super::guard::{self, Act, Confirmed};
use super::{World, resolve};
use crate::credential::shell;
use crate::credential::{Code, Kind, Problem, Secret};
use crate::platform::atomic_file;

/// The active credential as Adobe's consoles give it out.
pub async fn adobe_json(
    world: &World,
    identity: Uuid,
    confirmed: &Confirmed,
) -> Result<Secret, Problem> {
    let index = world.read_index()?;
    let name = resolve::name_of(&index, identity);
    let (_, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let kind = entry.kind;
    if !kind.can_exchange() {
        return Err(no_credential(&name, kind));
    }
    let environment = guard::environment_of(world, identity)
        .await?
        .ok_or_else(no_longer_stored)?;
    confirmed.check(&environment, Act::Credential)?;
    let latest = environment
        .identity(identity)
        .map_or(0, |it| it.latest_revision);
    let credential = world
        .vault(move |vault| vault.active_credential(identity, latest))
        .await?
        .ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                format!("the storage holds no credential of {name}"),
            )
            .next_step("`aemkeys doctor` compares the list with the storage")
        })?;
    if credential.leaked {
        return Err(Problem::new(
            Code::LeakedCredential,
            format!("the credential of {name} is marked as leaked; it is not handed on"),
        )
        .cause("others may have it, and it will be revoked: who gets it now would stop then")
        .next_step(format!(
            "renew it first, then hand the new one on: `aemkeys leaked {quoted}`",
            quoted = shell::quoted(&name)
        )));
    }
    Ok(credential.credential.to_adobe_json())
}

/// A new file, readable by its owner alone; what is there is never overwritten.
pub fn write_new(file: &Path, credential: &Secret) -> Result<(), Problem> {
    atomic_file::create_new(file, credential.expose()).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Problem::new(Code::OutputExists, "the file already exists")
                .cause("a file that others may have open or may read is never filled with a secret")
                .next_step("name another file, or remove this one first")
        } else {
            Problem::new(Code::OutputNotWritten, "could not write the file")
                .cause(error.to_string())
                .next_step("check that its folder exists and can be written")
        }
    })
}

/// Who holds a copy now is worth knowing at the next rotation.
pub fn record(world: &World, identity: Uuid, way: &str) {
    let name = world.read_index().map_or_else(
        |_| identity.to_string(),
        |index| resolve::name_of(&index, identity),
    );
    let entry = Done {
        at: world.clock.now(),
        result: Outcome::Noted,
        text: format!("{name}: credential handed on {way}"),
    };
    activity::append(world, &[entry]);
}

fn no_credential(name: &str, kind: Kind) -> Problem {
    let problem = Problem::new(
        Code::NoCredential,
        format!("{name} has no credential to hand on"),
    );
    if kind == Kind::Local {
        problem.cause("a local SDK asks for none")
    } else {
        problem
            .cause("a development token is a person's own and ends within a day")
            .next_step("a server needs service credentials of its own: `aemkeys guide first`")
    }
}
