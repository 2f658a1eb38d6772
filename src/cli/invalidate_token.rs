//! `aemkeys invalidate-token`: invalidates the cached token at IMS and deletes it.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{ConfirmOrYes, IdentityName};
use super::output;
use crate::app::guard::{Act, Subject};
use crate::app::{remove, resolve};
use aemkeys_core::credential::Problem;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Invalidate the cached token at IMS and delete it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys invalidate-token wknd-stage --yes
  aemkeys invalidate-token wknd-prod --confirm wknd-prod")]
pub struct InvalidateTokenArgs {
    #[command(flatten)]
    identity: IdentityName,
    /// Ask IMS to cascade; what that does to other tokens of the client is not documented
    #[arg(long)]
    cascade: bool,
    #[command(flatten)]
    confirm: ConfirmOrYes,
}

/// Whose token was invalidated.
#[derive(Serialize, JsonSchema)]
pub struct InvalidateTokenDocument {
    /// The name of the identity.
    invalidated: String,
}

pub fn run(globals: &Globals, args: InvalidateTokenArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = args.identity.resolve(&index)?;
    let name = resolve::name_of(&index, id);
    let mut question = format!("Invalidate the token of {name} at IMS?");
    if args.cascade {
        question.push_str(" With --cascade other tokens of this client may be invalidated too.");
    }
    let confirmed = args.confirm.ask(
        &context,
        Subject::Identity(id),
        Act::InvalidateToken,
        &question,
    )?;
    block_on(remove::invalidate_token(
        &context,
        id,
        args.cascade,
        &confirmed,
    ))?;
    output::note(
        "Tokens that other programs got with the same credential stay valid until they expire, at most 24 h.",
    );
    let words = format!("{name}: token invalidated and deleted");
    document::done(&words, InvalidateTokenDocument { invalidated: name })
}
