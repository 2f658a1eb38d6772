//! `aemkeys paste`: stores a local development token from standard input.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::{ask, guard, output};
use crate::app::utc_time::UtcTime;
use crate::app::{resolve, token};
use aemkeys_core::credential::{Code, Fingerprint, Imported, NextStep, Problem, detect};
use aemkeys_core::guidance;
use aemkeys_core::time;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Store today's local development token, read from standard input
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys paste wknd-dev
  aemkeys paste wknd-dev < token.json")]
pub struct PasteArgs {
    /// ENV, or ENV/LABEL of the identity that holds the development token
    name: String,
    /// Do not ask whether the token belongs to a Production or untyped environment
    #[arg(long)]
    yes: bool,
}

/// The stored token, without the token itself.
#[derive(Serialize, JsonSchema)]
pub struct PasteDocument {
    /// The name of the identity.
    name: String,
    /// Null if the token names no expiry.
    expires_at: Option<UtcTime>,
    fingerprint: Fingerprint,
    /// The result of a test on author; null without one.
    verified: Option<String>,
}

pub fn run(globals: &Globals, args: PasteArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let (environment, identity) = match args.name.split_once('/') {
        Some((environment, _)) => (
            resolve::environment(&index, environment)?.id,
            Some(resolve::identity(&index, &args.name)?),
        ),
        None => (resolve::environment(&index, &args.name)?.id, None),
    };
    let input = if ask::can_paste() {
        ask::credential("Paste the token (it is not shown) and press Enter: ")?
    } else {
        crate::app::read_credential(std::path::Path::new("-"))?
    };
    let Imported::DevelopmentToken(pasted) = detect(input.expose())? else {
        return Err(
            Problem::new(Code::NotAToken, "this is a credential, not a token")
                .next_step(guidance!["to store it, ", NextStep::Add]),
        );
    };
    drop(input);
    guard::confirm_owner(&context, environment, &pasted, args.yes)?;
    let done = block_on(token::paste(&context, environment, identity, *pasted))?;
    for warning in &done.warnings {
        output::warning(&warning.in_shell());
    }
    if output::mode().json {
        document::answer(PasteDocument {
            name: done.full_name,
            expires_at: done.facts.expires_at.map(UtcTime),
            fingerprint: done.facts.fingerprint,
            verified: done.verified,
        });
        return Ok(0);
    }
    let expires = done.facts.expires_at.map_or_else(
        || "expires at an unknown time".to_owned(),
        |end| time::expiry(end, context.clock.now()),
    );
    output::answer_line(&format!("{}: token stored, {expires}", done.full_name))?;
    if let Some(verified) = done.verified {
        output::note(&verified);
    }
    Ok(0)
}
