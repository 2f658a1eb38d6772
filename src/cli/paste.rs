//! `aemkeys paste`: stores a local development token from standard input.

use super::arguments::Paste;
use super::context::{Context, block_on};
use super::{ask, output};
use crate::app::{resolve, token};
use crate::credential::validity::format_until;
use crate::credential::{Code, Imported, Problem, detect};

pub fn run(context: &Context, args: &Paste) -> Result<u8, Problem> {
    crate::app::install_crypto();
    let world = context.world()?;
    let index = world.read_index()?;
    let (environment, identity) = match args.name.split_once('/') {
        Some((environment, _)) => (
            resolve::environment(&index, environment)?.id,
            Some(resolve::identity(&index, &args.name)?),
        ),
        None => (resolve::environment(&index, &args.name)?.id, None),
    };
    let input = if ask::is_interactive() {
        ask::secret("Paste the token (it is not shown) and press Enter: ")?
    } else {
        crate::app::read_input(std::path::Path::new("-"))?
    };
    let Imported::DevelopmentToken(pasted) = detect(input.expose())? else {
        return Err(
            Problem::new(Code::NotAToken, "this is a credential, not a token")
                .next_step("store it with `aemkeys add`"),
        );
    };
    drop(input);
    let done = block_on(token::paste(&world, environment, identity, *pasted))?;
    for warning in &done.warnings {
        output::warning(warning);
    }
    if args.json {
        output::answer_json(&serde_json::json!({
            "version": 1,
            "name": done.full_name,
            "expires_at": done.facts.expires_at.map(crate::app::token_format::rfc3339),
            "fingerprint": done.facts.fingerprint,
            "proof": done.proof,
        }))?;
        return Ok(0);
    }
    let expires = done.facts.expires_at.map_or_else(
        || "at an unknown time".to_owned(),
        |end| format!("in {}", format_until(end, world.clock.now())),
    );
    output::answer_line(&format!(
        "{}: token stored, expires {expires}",
        done.full_name
    ))?;
    if let Some(proof) = done.proof {
        output::note(&proof);
    }
    Ok(0)
}
