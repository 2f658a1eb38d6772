//! `aemkeys token`: prints an access token; a cached one without runtime, TLS, log or lock.

use jiff::SignedDuration;

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{TrustImsHost, Validity, environment_of, token_format};
use super::output;
use crate::app::token_format::{FormatContext, TokenFormat, present};
use crate::app::utc_time::UtcTime;
use crate::app::{AppContext, exchange, ownership, resolve, stateless};
use aemkeys_core::credential::{Kind, Problem, Secret, TokenFacts};
use aemkeys_core::environment::Hosts;
use clap::Args;
use clap::builder::TypedValueParser;
use schemars::JsonSchema;
use std::path::PathBuf;

/// Print an access token, exchanged first if needed
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys token wknd-stage --format header | curl -H @- https://author-p123-e1250.adobeaemcloud.com/content/dam.json
  aemkeys token wknd-stage --min-valid 2h
  aemkeys token --file service_token.json --format json")]
pub struct TokenArgs {
    /// ENV or ENV/LABEL
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    name: Option<String>,
    /// Exchange this file (or `-`) and store nothing
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    validity: Validity,
    /// Get a new token even if one is cached
    #[arg(long)]
    refresh: bool,
    /// Format of the token; by default raw, or json with `--json`
    #[arg(long, value_parser = format())]
    format: Option<TokenFormat>,
    #[command(flatten)]
    trust: TrustImsHost,
}

/// An access token, which is a secret.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: `present` writes the text into memory that is overwritten"
)]
pub struct TokenDocument {
    /// The access token: a secret.
    access_token: String,
    /// `bearer`.
    token_type: String,
    /// Null if the token names no expiry.
    expires_at: Option<UtcTime>,
    /// Seconds until it expires; null if the token names no expiry.
    expires_in: Option<i64>,
}

impl TokenArgs {
    /// Returns whether the format is JSON, so that errors are too.
    pub fn is_json(&self) -> bool {
        self.format == Some(TokenFormat::Json)
    }
}

/// The formats without curl lines, which `copy` offers.
fn format() -> impl TypedValueParser<Value = TokenFormat> {
    use TokenFormat::{CurlConfig, Env, Header, HeadersJson, Httpie, Json, Raw};
    token_format([Raw, Header, Env, Json, CurlConfig, HeadersJson, Httpie])
}

pub fn run(globals: &Globals, args: TokenArgs) -> Result<u8, Problem> {
    if let Some(file) = &args.file {
        return from_file(globals, &args, file);
    }
    let name = args.name.as_deref().unwrap_or_default();
    let context = globals.open()?;
    let quick = context
        .index
        .read_names()
        .and_then(|names| resolve::identity_of_names(&names, name));
    let (id, kind) = if let Some((id, kind)) = quick {
        (id, Some(kind))
    } else {
        let index = context.read_index()?;
        let id = resolve::identity(index.as_ref(), name)?;
        (id, index.identity(id).map(|(_, entry)| entry.kind))
    };
    if kind == Some(Kind::Local) {
        return Err(exchange::no_token_needed(name));
    }
    let (min_valid, strict) = args.validity.required()?;
    let fresh = if args.refresh {
        None
    } else {
        cached(&context, (id, name), min_valid, strict)?
    };
    let fresh = if let Some(fresh) = fresh {
        fresh
    } else {
        block_on(async {
            if args.refresh {
                exchange::refresh(&context, id).await
            } else {
                exchange::ensure(&context, id, min_valid, strict).await
            }
        })?
    };
    for note in fresh.notes() {
        output::warning(&note.in_shell());
    }
    print(
        &context,
        &args,
        name,
        &fresh.secret,
        &fresh.facts,
        fresh.context.destinations.hosts(),
    )
}

/// Reads the cached token on this thread.
fn cached(
    context: &AppContext,
    (id, name): (uuid::Uuid, &str),
    min_valid: SignedDuration,
    strict: bool,
) -> Result<Option<exchange::Fresh>, Problem> {
    let item = context
        .storage
        .usable_token(id)
        .map_err(|error| error.problem())?;
    let environment = environment_of(name).to_lowercase();
    if let Some(item) = &item
        && item.context().environment_name.folded() != environment
    {
        ownership::check_listed(context.read_index()?.as_ref(), id, item)?;
    }
    exchange::usable(item.as_ref(), context.clock.now(), min_valid, strict)
}

fn from_file(globals: &Globals, args: &TokenArgs, file: &std::path::Path) -> Result<u8, Problem> {
    let trusted = args.trust.hosts()?;
    let context = crate::app::stateless_context().map_err(super::globals::report_all)?;
    let input = crate::app::read_credential(file)?;
    let storage = globals.storage_if_used();
    let got = block_on(stateless::token(
        &context,
        input,
        trusted,
        storage,
        args.validity.min_valid,
    ))?;
    for warning in &got.warnings {
        output::warning(warning);
    }
    print(&context, args, "NAME", &got.secret, &got.facts, &got.hosts)
}

fn print(
    context: &AppContext,
    args: &TokenArgs,
    name: &str,
    secret: &Secret,
    facts: &TokenFacts,
    hosts: &Hosts,
) -> Result<u8, Problem> {
    let default = if output::mode().json {
        TokenFormat::Json
    } else {
        TokenFormat::Raw
    };
    let text = present(
        secret,
        args.format.unwrap_or(default),
        &FormatContext {
            warnings: &document::take_warnings(),
            name,
            hosts,
            facts,
            now: context.clock.now(),
        },
    );
    // One write, so that a reader never sees a token without its newline.
    let mut line = zeroize::Zeroizing::new(Vec::with_capacity(text.len() + 1));
    line.extend_from_slice(text.expose());
    line.push(b'\n');
    output::answer(&line)?;
    Ok(0)
}
