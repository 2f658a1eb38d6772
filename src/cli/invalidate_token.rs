//! `aemkeys invalidate-token`: invalidates the cached token at IMS and deletes it.

use super::arguments::InvalidateToken;
use super::globals::{Globals, block_on};
use super::{guard, output};
use crate::app::guard::{Act, Subject};
use crate::app::{remove, resolve};
use aemkeys_core::credential::Problem;

pub fn run(globals: &Globals, args: &InvalidateToken) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let id = resolve::identity(&index, &args.name)?;
    let name = resolve::name_of(&index, id);
    let mut question = format!("Invalidate the token of {name} at IMS?");
    if args.cascade {
        question.push_str(" With --cascade other tokens of this client may be invalidated too.");
    }
    let confirmed = guard::confirm(
        &context,
        Subject::Identity(id),
        Act::InvalidateToken,
        &question,
        args.consent.confirm.as_slice(),
        args.consent.yes,
    )?;
    block_on(remove::invalidate_token(
        &context,
        id,
        args.cascade,
        &confirmed,
    ))?;
    output::answer_line(&format!("{name}: token invalidated and deleted"))?;
    output::note(
        "Tokens that other programs got with the same credential stay valid until they expire, at most 24 h.",
    );
    Ok(0)
}
