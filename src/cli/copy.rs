//! `aemkeys copy`: copies an access token to the clipboard, and clears it after a delay.

use super::arguments::Copy;
use super::globals::{Globals, block_on};
use super::output;
use crate::app::token_format::Format;
use crate::app::{clipboard, copy, resolve};
use aemkeys_core::credential::Problem;

pub fn run(globals: &Globals, args: &Copy) -> Result<u8, Problem> {
    let context = globals.open()?;
    let id = resolve::identity(&context.read_index()?, &args.name)?;
    let format = Format::from(args.format);
    let copyable = block_on(copy::prepare(&context, id, format))?;
    for warning in &copyable.warnings {
        output::warning(&warning.in_shell());
    }
    let seconds = args
        .clear_after
        .unwrap_or(context.configuration.clipboard_clear_seconds);
    let said = clipboard::copy_with_holder(&copyable.text, seconds)?;
    let what = if format.carries_token() {
        "token"
    } else {
        "line"
    };
    output::note(&format!("{what} of {} {said}", copyable.full_name));
    Ok(0)
}

/// Runs the clipboard holder that `copy` starts. The text comes through a pipe, never as an argument.
pub fn hold(seconds: u64) -> Result<u8, Problem> {
    clipboard::hold(seconds)?;
    Ok(0)
}
