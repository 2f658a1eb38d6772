//! `aemkeys allow`: lets `exec` use the `.aemkeys.toml` of a folder.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use crate::app::preset::Preset;
use crate::app::project::{self, FILE, ProjectFile};
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use clap::{Args, ValueHint};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Allow the .aemkeys.toml of a project to choose the environment of `exec`
///
/// The file is the nearest one from the folder up to your home folder or the root of the repository. It names an environment
/// that is not Production or untyped, and may name a preset: environment = "wknd-dev", preset = "aio". After every change to
/// the file, allow it again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys allow
  aemkeys allow ~/projects/wknd
  aemkeys allow --remove")]
pub struct AllowArgs {
    /// The folder of the project; by default the current one
    #[arg(value_hint = ValueHint::DirPath, default_value = ".", hide_default_value = true)]
    folder: PathBuf,
    /// Forget that the file was allowed
    #[arg(long)]
    remove: bool,
}

/// The file that was allowed.
#[derive(Serialize, JsonSchema)]
pub struct AllowDocument {
    /// The path of the file.
    file: String,
    /// The environment or identity that the file names; null with `--remove`.
    environment: Option<String>,
    /// The preset that the file names.
    preset: Option<String>,
    /// Whether `exec` may use the file now.
    allowed: bool,
}

pub fn run(globals: &Globals, args: AllowArgs) -> Result<u8, Problem> {
    let found = project::find(&args.folder);
    if args.remove {
        let context = globals.open_with(false)?;
        // The file may have been deleted.
        let path = found.or_else(|| Some(args.folder.canonicalize().ok()?.join(FILE)));
        let path = path.ok_or_else(|| missing(&args.folder))?;
        let shown = clean(&path.display().to_string(), 300);
        let text = if project::disallow(&context, &path)? {
            format!("{shown} is no longer allowed")
        } else {
            format!("{shown} was not allowed")
        };
        return document::done(
            &text,
            AllowDocument {
                file: shown,
                environment: None,
                preset: None,
                allowed: false,
            },
        );
    }
    let path = found.ok_or_else(|| missing(&args.folder))?;
    let file = ProjectFile::read(&path)?;
    let context = globals.open()?;
    let identity = file.resolve(context.read_index()?.as_ref())?;
    if let Some(preset) = &file.preset {
        Preset::load(preset, &context.configuration)?;
    }
    block_on(file.allow(&context, identity))?;
    let shown = file.shown();
    let preset = file
        .preset
        .iter()
        .map(|preset| format!(" with the preset {preset}"));
    let preset: String = preset.collect();
    let text = format!(
        "allowed {shown}: `exec` without a name uses {}{preset}",
        file.environment
    );
    document::done(
        &text,
        AllowDocument {
            file: shown,
            environment: Some(file.environment),
            preset: file.preset,
            allowed: true,
        },
    )
}

/// Returns the error of a folder without a file.
pub fn missing(folder: &Path) -> Problem {
    // The current folder has no name in `.`.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let shown = clean(&folder.display().to_string(), 300);
    Problem::new(
        Code::FileNotFound,
        format!("there is no {FILE} in {shown} or above it"),
    )
    .cause("the search ends at the root of the repository and at your home folder")
    .next_step(format!(
        "write environment = \"NAME\" into {FILE}, or name an environment"
    ))
}
