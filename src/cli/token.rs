//! `aemkeys token`: prints an access token; a cached one without runtime, TLS, log or lock.

use jiff::SignedDuration;

use super::arguments::Token;
use super::context::{Context, block_on};
use super::output;
use crate::app::token_format::{Format, FormatContext, present};
use crate::app::{World, exchange, ownership, resolve, stateless};
use crate::credential::{Problem, Secret, TokenFacts};
use crate::environment::{HostName, Hosts};

pub fn run(context: &Context, args: &Token) -> Result<u8, Problem> {
    if let Some(file) = &args.file {
        return from_file(context, args, file);
    }
    let name = args.name.as_deref().unwrap_or_default();
    let world = context.world()?;
    let quick = world
        .index
        .read_names()
        .and_then(|names| resolve::identity_of_names(&names, name));
    let id = match quick {
        Some(id) => id,
        None => resolve::identity(&world.read_index()?, name)?,
    };
    let min_valid = args.min_valid.unwrap_or(exchange::COMFORTABLE);
    let strict = args.min_valid.is_some();
    let fresh = if args.refresh {
        None
    } else {
        cached(&world, (id, name), min_valid, strict)?
    };
    let fresh = if let Some(fresh) = fresh {
        fresh
    } else {
        crate::app::install_crypto();
        block_on(async {
            if args.refresh {
                exchange::refresh(&world, id).await
            } else {
                exchange::ensure(&world, id, min_valid, strict).await
            }
        })?
    };
    for note in fresh.notes() {
        output::warning(&note);
    }
    print(
        &world,
        args,
        name,
        &fresh.secret,
        &fresh.facts,
        fresh.context.destinations.hosts(),
    )
}

/// Reads the cached token on this thread.
fn cached(
    world: &World,
    (id, name): (uuid::Uuid, &str),
    min_valid: SignedDuration,
    strict: bool,
) -> Result<Option<exchange::Fresh>, Problem> {
    let item = world
        .vault
        .usable_token(id)
        .map_err(|error| error.problem())?;
    let environment = name.split('/').next().unwrap_or(name).to_lowercase();
    if let Some(item) = &item
        && item.context().environment_name.folded() != environment
    {
        ownership::check_listed(&world.read_index()?, id, item)?;
    }
    exchange::usable(item.as_ref(), world.clock.now(), min_valid, strict)
}

fn from_file(context: &Context, args: &Token, file: &std::path::Path) -> Result<u8, Problem> {
    crate::app::install_crypto();
    let trusted = args
        .trust_ims_host
        .iter()
        .map(|host| HostName::parse(host))
        .collect::<Result<Vec<_>, _>>()?;
    let world = crate::app::stateless_world().map_err(super::context::report_all)?;
    let input = crate::app::read_input(file)?;
    let storage = context.storage_if_used();
    let got = block_on(stateless::token(
        &world,
        input,
        trusted,
        storage,
        args.min_valid,
    ))?;
    for warning in &got.warnings {
        output::warning(warning);
    }
    print(&world, args, "NAME", &got.secret, &got.facts, &got.hosts)
}

fn print(
    world: &World,
    args: &Token,
    name: &str,
    secret: &Secret,
    facts: &TokenFacts,
    hosts: &Hosts,
) -> Result<u8, Problem> {
    let text = present(
        secret,
        Format::from(args.format),
        &FormatContext {
            name,
            hosts,
            facts,
            now: world.clock.now(),
        },
    );
    // One write, so that a reader never sees a token without its newline.
    let mut line = zeroize::Zeroizing::new(Vec::with_capacity(text.len() + 1));
    line.extend_from_slice(text.expose());
    line.push(b'\n');
    output::answer(&line)?;
    Ok(0)
}
