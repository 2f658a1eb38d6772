//! `aemkeys revisions`: lists the revisions of a credential. Reads only the index, except for `--drop`.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmOrYes, IdentityName};
use super::output::{self, Cell, Paint};
use crate::app::environment_document::RotationDocument;
use crate::app::guard::{Act, Subject};
use crate::app::revisions::RevisionDocument;
use crate::app::rotate::remaining_steps;
use crate::app::{IdentityEntry, RevisionState, resolve, revisions};
use aemkeys_core::credential::{Fingerprint, Problem};
use aemkeys_core::time;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// List the revisions of a credential, or delete an old one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys revisions wknd-stage
  aemkeys revisions wknd-stage --drop 2")]
pub struct RevisionsArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Delete this revision here, by default the newest old one; revokes nothing at Adobe
    #[arg(long, value_name = "REVISION", num_args = 0..=1, default_missing_value = "0")]
    drop: Option<u32>,
    #[command(flatten)]
    confirm: ConfirmOrYes,
}

/// The revisions of a credential.
#[derive(Serialize, JsonSchema)]
pub struct RevisionsDocument {
    /// The name of the identity.
    name: String,
    /// Newest first.
    revisions: Vec<RevisionDocument>,
    /// The rotation that is not finished; null if there is none.
    rotation: Option<RotationDocument>,
}

/// The deleted revision.
#[derive(Serialize, JsonSchema)]
pub struct DropDocument {
    /// The name of the identity.
    name: String,
    /// The number of the revision.
    dropped: u32,
    fingerprint: Fingerprint,
}

pub fn run(globals: &Globals, args: RevisionsArgs) -> Result<u8, Problem> {
    if args.drop.is_some() {
        return drop_one(globals, &args);
    }
    let index = globals.index()?;
    let id = args.identity.resolve(&index)?;
    let name = resolve::name_of(&index, id);
    let Some((environment, entry)) = index.identity(id) else {
        return Ok(0);
    };
    if output::mode().json {
        document::answer(RevisionsDocument {
            name,
            revisions: revisions::documents(entry),
            rotation: RotationDocument::of(environment, entry),
        });
        return Ok(0);
    }
    output::answer(table(entry).as_bytes())?;
    if let Some(left) = remaining_steps(entry) {
        output::note(&format!("{}.", left.words()));
        output::note(&format!("next: {}", left.next_step(&name).in_shell()));
    }
    Ok(0)
}

fn table(entry: &IdentityEntry) -> String {
    let mut rows = vec![output::headings([
        "REVISION",
        "STATE",
        "FINGERPRINT",
        "EXPIRES",
        "ADDED",
        "CLIENT ID",
    ])];
    let zone = TimeZone::system();
    let time = |at: Option<Timestamp>, none: &str| {
        Cell::plain(at.map_or_else(|| none.to_owned(), |at| time::date_time(at, &zone)))
    };
    rows.extend(entry.all_revisions().iter().map(|known| {
        let state = if known.leaked && known.state == RevisionState::Active {
            "active, leaked"
        } else {
            known.state.as_str()
        };
        vec![
            Cell::plain(known.revision.to_string()),
            if known.leaked {
                Cell::painted(state, Paint::Red)
            } else {
                Cell::plain(state)
            },
            Cell::plain(known.facts.fingerprint.to_string()),
            time(known.facts.not_after, "no expiry"),
            time(known.added_at, ""),
            Cell::plain(known.facts.client_id.clone()),
        ]
    }));
    output::table(&rows)
}

fn drop_one(globals: &Globals, args: &RevisionsArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = args.identity.resolve(&index)?;
    let name = resolve::name_of(&index, id);
    // 0 means that no revision was given.
    let revision = args.drop.filter(|revision| *revision > 0);
    let which = revision.map_or_else(
        || "the old revision".to_owned(),
        |number| format!("revision {number}"),
    );
    let confirmed = args.confirm.ask(
        &context,
        Subject::Identity(id),
        Act::DropRevision,
        &format!("Delete {which} of {name}? This can't be undone."),
    )?;
    let dropped = block_on(revisions::drop_revision(&context, id, revision, &confirmed))?;
    if output::mode().json {
        document::answer(DropDocument {
            name: dropped.full_name,
            dropped: dropped.revision,
            fingerprint: dropped.facts.fingerprint,
        });
        return Ok(0);
    }
    output::answer_line(&format!(
        "{}: deleted revision {} ({})",
        dropped.full_name, dropped.revision, dropped.facts.fingerprint
    ))?;
    output::note(
        "The credential still works at Adobe until it expires or you revoke it in the console.",
    );
    Ok(0)
}
