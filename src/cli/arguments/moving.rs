//! Arguments of `storage`, `export` and `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::storage;
use crate::app::{PassphraseDescriptor, StorageKind};
use aemkeys_core::environment::Name;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct StorageCommand {
    #[command(subcommand)]
    pub action: Option<StorageAction>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum StorageAction {
    /// Move all secrets: copy and verify them, update `config.toml`, then delete the originals
    ///
    /// If interrupted, nothing is lost, and the same command completes the move. Open dashboards follow, unless `--storage`
    /// or `AEMKEYS_STORAGE` was set.
    Move {
        #[arg(value_name = "keyring|file", value_parser = storage)]
        target: StorageKind,
    },
}

#[derive(Debug, Args)]
pub struct Export {
    /// Environments
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub names: Vec<String>,
    /// Export all environments
    #[arg(long)]
    pub all: bool,
    /// Path of a new file that only you can read; never overwrites a file
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Include access tokens; otherwise they are exchanged again after the import
    #[arg(long)]
    pub with_tokens: bool,
    /// Without a terminal: repeat the name of each Production or untyped environment to confirm; repeatable
    #[arg(long, value_name = "ENV")]
    pub confirm: Vec<String>,
    /// Read the passphrase of the exported file from this open file descriptor
    #[arg(long, value_name = "N", value_parser = PassphraseDescriptor::parse)]
    pub file_passphrase_fd: Option<PassphraseDescriptor>,
}

#[derive(Debug, Args)]
pub struct Import {
    /// File written by `aemkeys export`
    pub file: PathBuf,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Replace the stored environment with the one in the file; repeatable
    #[arg(long, value_name = "ENV")]
    pub replace: Vec<String>,
    /// Skip this environment; repeatable
    #[arg(long, value_name = "ENV")]
    pub skip: Vec<String>,
    /// Import under another name; repeatable
    #[arg(long, value_name = "ENV=NEW", value_parser = renaming)]
    pub rename: Vec<(String, Name)>,
    #[command(flatten)]
    pub trust: super::TrustFlags,
    /// Do not ask; not enough to replace a Production or untyped environment, or to trust a host
    #[arg(long)]
    pub yes: bool,
    /// Without a terminal: repeat the name of each Production or untyped environment to replace; repeatable
    #[arg(long, value_name = "ENV")]
    pub confirm: Vec<String>,
    /// Read the passphrase of the exported file from this open file descriptor
    #[arg(long, value_name = "N", value_parser = PassphraseDescriptor::parse)]
    pub file_passphrase_fd: Option<PassphraseDescriptor>,
    #[arg(long)]
    pub json: bool,
}

fn renaming(text: &str) -> Result<(String, Name), String> {
    let (old, new) = text
        .split_once('=')
        .ok_or_else(|| "write OLD=NEW".to_owned())?;
    let new = Name::parse(new).map_err(|problem| {
        let why = problem.cause.unwrap_or_default();
        format!("the new name cannot be used: {why}")
    })?;
    Ok((old.to_owned(), new))
}
