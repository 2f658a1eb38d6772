//! `aemkeys list`: lists identities with credential and token expiry, read only from the index.

use super::document;
use super::globals::Globals;
use super::options::Selection;
use super::output::{self, Cell, Paint};
use crate::app::environment_document::EnvironmentsDocument;
use crate::app::overview::{self, ListedIdentity};
use crate::app::resolve;
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::EnvironmentType;
use clap::Args;

/// List identities with credential and token expiry; works with the keyring locked
#[derive(Debug, Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  aemkeys list
  aemkeys list --type stage -o name
  aemkeys list --json | jq -r '.environments[].name'"
)]
pub struct ListArgs {
    #[command(flatten)]
    selection: Selection,
    /// Format: `table`, or `name` for one full name in each line
    #[arg(short, long, value_name = "FORMAT", default_value = "table", hide_default_value = true,
        value_parser = ["table", "name"])]
    output: String,
}

pub fn run(globals: &Globals, args: ListArgs) -> Result<u8, Problem> {
    let context = globals.open_with(false)?;
    let index = context.read_index()?;
    let mut only = args.selection.filtered(&index)?.unwrap_or_default();
    for name in &args.selection.names {
        only.extend(resolve::identities(&index, name)?);
    }
    let now = context.clock.now();
    let thresholds = context.configuration.thresholds;
    if output::mode().json {
        document::answer(EnvironmentsDocument::of_index(
            &index,
            &only,
            now,
            &thresholds,
        ));
        return Ok(0);
    }
    let mut rows = overview::rows(&index, now, &thresholds);
    rows.retain(|row| only.is_empty() || only.contains(&row.identity));
    if rows.is_empty() {
        output::nothing_stored();
        return Ok(0);
    }
    if args.output == "name" {
        let names: Vec<&str> = rows.iter().map(|row| row.full_name.as_str()).collect();
        output::answer_line(&names.join("\n"))?;
        return Ok(0);
    }
    output::answer(print(&rows).as_bytes())?;
    let leaked = overview::leaked_and_active(&index, &only);
    for (what, next) in leaked
        .into_iter()
        .chain(overview::unfinished_rotations(&index, &only))
    {
        output::note(&what);
        output::note(&format!("  next: {}", next.in_shell()));
    }
    Ok(0)
}

/// Formats the table.
fn print(rows: &[ListedIdentity]) -> String {
    let mut lines = vec![output::headings([
        "NAME",
        "TYPE",
        "IDS",
        "CREDENTIAL",
        "TOKEN",
    ])];
    lines.extend(rows.iter().map(|row| {
        let environment_type = if row.environment_type == EnvironmentType::Production {
            Cell::painted(row.environment_type.short(), Paint::Reversed)
        } else {
            Cell::plain(row.environment_type.short())
        };
        vec![
            Cell::plain(row.full_name.clone()),
            environment_type,
            Cell::plain(row.ids.clone()),
            expiry(row.credential_state, &row.credential),
            expiry(row.token_state, &row.token),
        ]
    }));
    output::table(&lines)
}

/// Formats a state with its glyph: `▲ soon`.
pub fn expiry_word(state: Urgency) -> Cell {
    expiry(state, state.label())
}

pub fn expiry(state: Urgency, words: &str) -> Cell {
    let text = format!("{} {words}", output::glyphs().state(state));
    match output::state_paint(state) {
        Some(paint) => Cell::painted(text.trim_end(), paint),
        None => Cell::plain(text.trim_end()),
    }
}
