//! `aemkeys lock`: deletes the key that `aemkeys unlock` keeps.

use super::document;
use super::globals::Globals;
use crate::app::unlock;
use aemkeys_core::credential::Problem;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// End `aemkeys unlock`: the passphrase is needed again
#[derive(Debug, Args)]
#[command(hide = cfg!(not(target_os = "linux")), after_help = "Examples:
  aemkeys lock")]
pub struct LockArgs {}

/// Whether there was a key to delete.
#[derive(Serialize, JsonSchema)]
pub struct LockDocument {
    /// False if the passphrase file was not unlocked.
    was_unlocked: bool,
}

pub fn run(globals: &Globals, _: LockArgs) -> Result<u8, Problem> {
    let was_unlocked = unlock::lock(&globals.open_with(false)?)?;
    let words = if was_unlocked {
        "locked the passphrase file"
    } else {
        "the passphrase file was not unlocked"
    };
    document::done(words, LockDocument { was_unlocked })
}
