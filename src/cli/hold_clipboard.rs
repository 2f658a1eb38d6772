//! `aemkeys hold-clipboard`: holds the clipboard until it is cleared. `copy` starts it.

use clap::Args;

use super::globals::Globals;
use crate::app::clipboard;
use aemkeys_core::credential::Problem;

/// Hold the clipboard until it is cleared (started by `copy`)
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct HoldClipboardArgs {
    #[arg(long)]
    seconds: u64,
}

/// The text comes through a pipe, never as an argument.
pub fn run(_: &Globals, args: HoldClipboardArgs) -> Result<u8, Problem> {
    clipboard::hold(args.seconds)?;
    Ok(0)
}
