//! `aemkeys hold-clipboard`: holds a text on the clipboard until it is cleared. `copy` and the dashboard start it.

use clap::Args;

use super::globals::Globals;
use crate::app::clipboard::{self, Clipboard};
use aemkeys_core::credential::Problem;

/// Hold a text on the clipboard until it is cleared
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct HoldClipboardArgs {
    #[arg(long, value_parser = |id: &str| Clipboard::with_id(id).ok_or("unknown clipboard"))]
    clipboard: Clipboard,
    #[arg(long)]
    seconds: u64,
}

/// The text comes through a pipe, never as an argument.
pub fn run(_: &Globals, args: HoldClipboardArgs) -> Result<u8, Problem> {
    clipboard::hold(args.clipboard, args.seconds)?;
    Ok(0)
}
