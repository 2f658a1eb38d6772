//! `aemkeys storage`: shows where secrets are stored; `storage move` moves all of them.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::choice;
use super::output::{self, Cell, Paint};
use crate::app::StorageKind;
use crate::app::migrate::{self, StorageSummary, Storages};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::time;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Show the storage in use, or move all secrets to the other one
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  aemkeys storage
  aemkeys storage move keyring")]
pub struct StorageArgs {
    #[command(subcommand)]
    action: Option<StorageAction>,
}

#[derive(Debug, Subcommand)]
enum StorageAction {
    /// Move all secrets: copy and verify them, update `config.toml`, then delete the originals
    ///
    /// If interrupted, nothing is lost, and the same command completes the move. Open dashboards follow, unless `--storage`
    /// or `AEMKEYS_STORAGE` was set.
    #[command(after_help = "Examples:
  aemkeys storage move keyring
  aemkeys storage move file")]
    Move {
        /// The other storage
        #[arg(value_parser = choice(["keyring", "file"], StorageKind::parse))]
        target: StorageKind,
    },
}

/// The storages.
#[derive(Serialize, JsonSchema)]
pub struct StorageDocument {
    /// The storage in use is first.
    storages: Vec<StorageSummary>,
}

/// What was moved.
#[derive(Serialize, JsonSchema)]
pub struct StorageMoveDocument {
    /// The storage in use now.
    storage: StorageKind,
    /// The number of items that were copied and verified.
    moved: usize,
    /// The number of originals that were deleted.
    deleted: usize,
    /// Originals that could not be deleted.
    not_deleted: Vec<String>,
}

pub fn run(globals: &Globals, args: StorageArgs) -> Result<u8, Problem> {
    match args.action {
        Some(StorageAction::Move { target }) => migrate_to(&globals.storages()?, target),
        None => show(&globals.storages_to_look_at()?, output::mode().json),
    }
}

fn show(storages: &Storages, as_json: bool) -> Result<u8, Problem> {
    let found = block_on(async { Ok(migrate::look(storages).await) })?;
    if as_json {
        document::answer(StorageDocument { storages: found });
        return Ok(0);
    }
    let rows: Vec<Vec<Cell>> = found
        .iter()
        .map(|place| {
            let word = if place.in_use { "in use" } else { "" };
            vec![
                Cell::painted(place.storage.as_str(), Paint::Bold),
                Cell::plain(word),
                Cell::plain(place.state.as_str()),
            ]
        })
        .collect();
    output::answer(output::table(&rows).as_bytes())?;
    for place in found.iter().filter(|place| place.in_use) {
        if place.storage == StorageKind::File {
            output::answer_line(&passphrase(place))?;
        }
    }
    if storages.is_forced {
        output::note("`--storage` or AEMKEYS_STORAGE chooses the storage in use.");
        return Ok(0);
    }
    output::note(&format!(
        "`aemkeys storage move {quoted}` moves all secrets there.",
        quoted = shell::quoted(storages.other().as_str())
    ));
    Ok(0)
}

/// Says how the passphrase file is opened.
fn passphrase(place: &StorageSummary) -> String {
    let origin = place.passphrase.as_deref();
    let origin = origin.unwrap_or("asked for on the terminal");
    let origin = format!("Passphrase: {origin}");
    match place.unlocked_until {
        Some(until) => {
            let until = time::near(until.0, Timestamp::now(), &TimeZone::system());
            format!("{origin}; not needed, because the file is unlocked until {until}")
        }
        None => origin,
    }
}

fn migrate_to(storages: &Storages, target: StorageKind) -> Result<u8, Problem> {
    let moved = block_on(migrate::migrate_to(storages, target))?;
    let words = if moved.items > 0 || moved.deleted == 0 {
        format!(
            "moved {} to {}",
            counted(moved.items, "item"),
            target.as_str()
        )
    } else {
        format!(
            "finished an earlier move: {} deleted",
            counted(moved.deleted, "original item")
        )
    };
    document::done(
        &words,
        StorageMoveDocument {
            storage: target,
            moved: moved.items,
            deleted: moved.deleted,
            not_deleted: moved.not_deleted.clone(),
        },
    )?;
    if moved.items > 0 {
        output::note(&format!(
            "Updated {}. Open dashboards follow, unless `--storage` or `AEMKEYS_STORAGE` was set.",
            storages.configuration.display()
        ));
    }
    if moved.not_deleted.is_empty() {
        return Ok(0);
    }
    for left in &moved.not_deleted {
        output::warning(left);
    }
    if output::mode().json {
        // The document has the rest; an error would replace it.
        return Ok(Code::StorageNotEmptied.exit().number());
    }
    Err(Problem::new(
        Code::StorageNotEmptied,
        "the secrets were moved, but some originals could not be deleted",
    )
    .next_step(format!(
        "run `aemkeys storage move {quoted}` again to delete them",
        quoted = shell::quoted(target.as_str())
    )))
}
