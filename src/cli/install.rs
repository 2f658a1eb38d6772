//! `aemkeys completions install` and `aemkeys man install`.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{document, output};
use crate::app::install::Installable;
use aemkeys_core::credential::Problem;

/// Whether to write the file.
#[derive(Debug, Args)]
pub struct InstallFlags {
    /// Print the path of the file, and write nothing
    #[arg(long)]
    print_path: bool,
}

/// A file for a shell or for `man`.
#[derive(Serialize, JsonSchema)]
pub struct InstallDocument {
    /// The path of the file.
    path: String,
    /// False with `--print-path`.
    written: bool,
    /// What you must still do.
    next_step: String,
}

/// Writes the file, or prints its path, and says what to do next.
pub fn install(what: Installable, flags: &InstallFlags, content: &[u8]) -> Result<u8, Problem> {
    let file = what.path()?;
    let path = file.display().to_string();
    let next_step = what.next_step(&file);
    let written = !flags.print_path;
    if written {
        what.write(&file, content)?;
    }
    let words = if written {
        format!("wrote {path}")
    } else {
        path.clone()
    };
    let answer = InstallDocument {
        path,
        written,
        next_step: next_step.clone(),
    };
    let code = document::done(&words, answer)?;
    if written {
        output::note(&format!("next: {next_step}"));
    }
    Ok(code)
}
