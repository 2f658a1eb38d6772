//! `aemkeys storage`: shows where secrets are stored; `storage move` moves all of them.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::choice;
use super::output::{self, Cell, Paint};
use crate::app::StorageKind;
use crate::app::migrate::{self, Storages};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem};
use clap::{Args, Subcommand};

/// Show where secrets are stored, or move all of them
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
    Move {
        /// Where to move them
        #[arg(value_parser = choice(["keyring", "file"], StorageKind::parse))]
        target: StorageKind,
    },
}

pub fn run(globals: &Globals, args: StorageArgs) -> Result<u8, Problem> {
    let storages = globals.storages()?;
    match args.action {
        Some(StorageAction::Move { target }) => migrate_to(&storages, target),
        None => show(&storages, output::mode().json),
    }
}

fn show(storages: &Storages, as_json: bool) -> Result<u8, Problem> {
    let found = block_on(async { Ok(migrate::look(storages).await) })?;
    if as_json {
        document::answer(&serde_json::json!({"storages": found}))?;
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
    output::note(&format!(
        "`aemkeys storage move {quoted}` moves all secrets there.",
        quoted = shell::quoted(storages.other().as_str())
    ));
    Ok(0)
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
        &serde_json::json!({
            "storage": target.as_str(),
            "moved": moved.items,
            "deleted": moved.deleted,
            "not_deleted": moved.not_deleted,
        }),
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
    Err(Problem::new(
        Code::StorageNotEmptied,
        "the secrets were moved, but some originals could not be deleted",
    )
    .next_step(format!(
        "run `aemkeys storage move {quoted}` again to delete them",
        quoted = shell::quoted(target.as_str())
    )))
}
