//! `aemkeys revisions`: lists the revisions of a credential. Reads only the index, except for `--drop`.

use serde_json::json;

use super::arguments::Revisions;
use super::globals::{Globals, block_on};
use super::guard;
use super::output::{self, Cell, Paint};
use crate::app::guard::{Act, Subject};
use crate::app::rotate::unfinished;
use crate::app::{IdentityEntry, RevisionState, overview, resolve, revisions};
use aemkeys_core::credential::Problem;

pub fn run(globals: &Globals, args: &Revisions) -> Result<u8, Problem> {
    if args.drop.is_some() {
        return drop_one(globals, args);
    }
    let index = globals.index()?;
    let id = resolve::identity(&index, &args.name)?;
    let name = resolve::name_of(&index, id);
    let Some((_, entry)) = index.identity(id) else {
        return Ok(0);
    };
    if args.json {
        output::answer_json(&json!({
            "version": 1,
            "name": name,
            "revisions": revisions::as_json(entry),
            "unfinished": unfinished(entry).map(|left| left.words()),
        }))?;
        return Ok(0);
    }
    output::answer(table(entry).as_bytes())?;
    if let Some(left) = unfinished(entry) {
        output::note(&format!("{}.", left.words()));
        output::note(&format!("next: {}", left.next_step(&name).in_shell()));
    }
    Ok(0)
}

fn table(entry: &IdentityEntry) -> String {
    let mut rows = vec![
        [
            "REVISION",
            "STATE",
            "FINGERPRINT",
            "ENDS",
            "ADDED",
            "CLIENT ID",
        ]
        .into_iter()
        .map(|title| Cell::painted(title, Paint::Dim))
        .collect::<Vec<_>>(),
    ];
    let time = |time: Option<jiff::Timestamp>, none: &str| {
        Cell::plain(time.map_or_else(|| none.to_owned(), overview::exact))
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

fn drop_one(globals: &Globals, args: &Revisions) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let name = resolve::name_of(&index, id);
    // 0 means that no revision was given.
    let revision = args.drop.filter(|revision| *revision > 0);
    let which = revision.map_or_else(
        || "the old revision".to_owned(),
        |number| format!("revision {number}"),
    );
    let confirmed = guard::confirm(
        &context,
        Subject::Identity(id),
        Act::DropRevision,
        &format!("Delete {which} of {name}? This can't be undone."),
        args.consent.confirm.as_slice(),
        args.consent.yes,
    )?;
    let dropped = block_on(revisions::drop_revision(&context, id, revision, &confirmed))?;
    if args.json {
        output::answer_json(&json!({
            "version": 1,
            "name": dropped.full_name,
            "dropped": dropped.revision,
            "fingerprint": dropped.facts.fingerprint,
        }))?;
        return Ok(0);
    }
    output::answer_line(&format!(
        "{}: deleted revision {} ({})",
        dropped.full_name, dropped.revision, dropped.facts.fingerprint
    ))?;
    output::note("The key still works at Adobe until it expires or you revoke it in the console.");
    Ok(0)
}
