//! `aemkeys used-by`: who uses a credential and who already has the new one.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::IdentityName;
use super::output;
use crate::app::environment_document::UserDocument;
use crate::app::used_by::{self, Change};
use crate::app::{RevisionState, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::shell;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// List the servers and programs that use a credential, and tick those that have the new one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys used-by wknd-stage
  aemkeys used-by wknd-stage --add indexer
  aemkeys used-by wknd-stage --tick indexer")]
pub struct UsedByArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Add a server or program that uses the credential
    #[arg(long, value_name = "WHO")]
    add: Vec<String>,
    /// Remove a server or program from the list
    #[arg(long, value_name = "WHO")]
    remove: Vec<String>,
    /// Mark as having the new credential
    #[arg(long, value_name = "WHO")]
    tick: Vec<String>,
    /// Mark as not having the new credential
    #[arg(long, value_name = "WHO")]
    untick: Vec<String>,
    /// Mark all as having the new credential
    #[arg(long)]
    tick_all: bool,
}

/// Who uses a credential.
#[derive(Serialize, JsonSchema)]
pub struct UsedByDocument {
    /// The name of the identity.
    name: String,
    used_by: Vec<UserDocument>,
}

pub fn run(globals: &Globals, args: UsedByArgs) -> Result<u8, Problem> {
    let change = Change {
        add: args.add,
        remove: args.remove,
        tick: args.tick,
        untick: args.untick,
        tick_all: args.tick_all,
    };
    let context = globals.open_with(!change.is_empty())?;
    let id = args.identity.resolve(context.read_index()?.as_ref())?;
    if !change.is_empty() {
        block_on(used_by::change(&context, id, change))?;
    }
    let index = context.read_index()?;
    let name = resolve::name_of(&index, id);
    let Some((_, entry)) = index.identity(id) else {
        return Ok(0);
    };
    let active = entry.active_revision();
    // Ticks only make sense during a rotation or after it.
    let renewed = entry.in_state(RevisionState::Old).is_some() || entry.rotation.is_some();
    if output::mode().json {
        let used_by = UserDocument::of(entry);
        document::answer(UsedByDocument { name, used_by });
        return Ok(0);
    }
    if entry.used_by.is_empty() {
        output::note(&format!(
            "No users are listed for {name}. Add one with `aemkeys used-by {quoted} --add WHO`.",
            quoted = shell::quoted(&name)
        ));
        return Ok(0);
    }
    let mut text = String::new();
    for who in &entry.used_by {
        let mark = match (renewed, who.has(active)) {
            (false, _) => "",
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
        };
        text.push_str(&format!("{mark}{}\n", who.name));
    }
    output::answer(text.as_bytes())?;
    if renewed {
        let missing = entry.without_new().count();
        output::note(&if missing > 0 {
            format!("{missing} left to tick. Then revoke the old credential.")
        } else {
            format!(
                "All have the new credential. Revoke the old one: `aemkeys guide revoke {quoted}` shows where.",
                quoted = shell::quoted(&name)
            )
        });
    }
    Ok(0)
}
