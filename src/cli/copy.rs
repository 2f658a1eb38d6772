//! `aemkeys copy`: copies an access token to the clipboard, and clears it after a delay.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{IdentityName, token_format};
use super::output;
use crate::app::token_format::TokenFormat;
use crate::app::{clipboard, copy};
use std::time::Duration;

use aemkeys_core::credential::Problem;
use aemkeys_core::time;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Copy an access token to the clipboard and clear it after a delay
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys copy wknd-stage
  aemkeys copy wknd-stage --format curl
  aemkeys copy wknd-stage --clear-after 120")]
pub struct CopyArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Format of the copied text
    #[arg(long, default_value = TokenFormat::Raw.id(), value_parser = token_format(TokenFormat::ALL))]
    format: TokenFormat,
    /// Seconds until the clipboard is cleared
    #[arg(long, value_name = "SECONDS")]
    clear_after: Option<u64>,
}

/// What was copied, and to which clipboard.
#[derive(Serialize, JsonSchema)]
pub struct CopyDocument {
    /// The name of the identity.
    name: String,
    /// `tmux`, `desktop`, `x11`, `wayland` or `terminal`.
    clipboard: &'static str,
    /// Seconds until the clipboard is cleared; null if it is not.
    cleared_after_seconds: Option<u64>,
}

pub fn run(globals: &Globals, args: CopyArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let id = args.identity.resolve(context.read_index()?.as_ref())?;
    let copyable = block_on(copy::prepare(&context, id, args.format))?;
    for warning in &copyable.warnings {
        output::warning(&warning.in_shell());
    }
    let seconds = args
        .clear_after
        .unwrap_or(context.configuration.clipboard_clear_seconds);
    let copied = clipboard::copy(
        &copyable.text,
        seconds,
        context.configuration.clipboard,
        clipboard::write_to_tty,
    )?;
    if let Some(held) = copied.held {
        held.stay();
    }
    let what = if args.format.carries_token() {
        "token"
    } else {
        "line"
    };
    let cleared = if copied.clipboard.can_be_cleared() && seconds > 0 {
        format!(
            ", cleared in {}",
            time::duration(Duration::from_secs(seconds))
        )
    } else {
        String::new()
    };
    if output::mode().json {
        let is_cleared = copied.clipboard.can_be_cleared() && seconds > 0;
        document::answer(CopyDocument {
            name: copyable.full_name.clone(),
            clipboard: copied.clipboard.id(),
            cleared_after_seconds: is_cleared.then_some(seconds),
        });
    }
    output::note(&format!(
        "{what} of {} {}{cleared}",
        copyable.full_name, copied.clipboard
    ));
    Ok(0)
}
