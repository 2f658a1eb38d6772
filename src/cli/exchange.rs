//! `aemkeys exchange`: gets and stores fresh tokens without printing them.

use futures_util::StreamExt;

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::Selection;
use super::output;
use crate::app::utc_time::UtcTime;
use crate::app::{exchange, resolve};
use aemkeys_core::credential::Fingerprint;
use aemkeys_core::credential::Problem;
use aemkeys_core::time;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// Get a fresh token and cache it, without printing it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys exchange wknd-stage
  aemkeys exchange wknd-stage wknd-prod/read --json
  aemkeys exchange --all --type stage")]
pub struct ExchangeArgs {
    #[command(flatten)]
    selection: Selection,
}

/// The new tokens, without the tokens themselves.
#[derive(Serialize, JsonSchema)]
pub struct ExchangeDocument {
    tokens: Vec<ExchangedToken>,
}

/// The result for one identity. The other fields are null after an error.
#[derive(Serialize, JsonSchema)]
struct ExchangedToken {
    /// The name of the identity.
    name: String,
    /// Null if the token names no expiry.
    expires_at: Option<UtcTime>,
    fingerprint: Option<Fingerprint>,
    /// Whether this run exchanged it; false if another process had just done so.
    exchanged: bool,
    error: Option<document::ErrorDocument>,
}

/// Concurrent exchanges; IMS doesn't throttle this many.
const AT_A_TIME: usize = 16;

pub fn run(globals: &Globals, args: ExchangeArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let mut chosen = args.selection.identities(&index)?;
    if args.selection.names.is_empty() {
        // The others have no credential to exchange.
        chosen.retain(|id| {
            index
                .identity(*id)
                .is_some_and(|(_, it)| it.credential.is_some())
        });
    }
    let chosen: Vec<_> = chosen
        .into_iter()
        .map(|id| (id, resolve::name_of(&index, id)))
        .collect();
    let total = chosen.len();
    context.storage.expect(chosen.iter().map(|(id, _)| *id));
    let results = block_on(async {
        let mut done = 0;
        let mut results: Vec<_> = Vec::with_capacity(total);
        let mut running = futures_util::stream::iter(chosen.into_iter().enumerate().map(
            |(position, (id, name))| {
                let context = &context;
                async move { (position, name, exchange::refresh(context, id).await) }
            },
        ))
        .buffer_unordered(AT_A_TIME);
        while let Some(result) = running.next().await {
            done += 1;
            if total > 1 {
                output::progress(done, total);
            }
            results.push(result);
        }
        Ok(results)
    })?;
    report(results, context.clock.now())
}

type NamedResult = (usize, String, Result<exchange::Fresh, Problem>);

/// Prints a line for each token, or one document. A single failure is the error of the command.
fn report(mut results: Vec<NamedResult>, now: jiff::Timestamp) -> Result<u8, Problem> {
    results.sort_by_key(|(position, ..)| *position);
    let is_single = results.len() == 1;
    let mut code = 0;
    let mut tokens = Vec::new();
    for (_, name, result) in results {
        let (fresh, problem) = match result {
            Ok(mut fresh) => {
                let not_saved = fresh.not_saved.take();
                (Some(fresh), not_saved)
            }
            Err(problem) => (None, Some(problem)),
        };
        if let Some(fresh) = &fresh {
            for warning in &fresh.warnings {
                output::warning(&format!("{name}: {}", warning.in_shell()));
            }
        }
        if is_single && let Some(problem) = problem {
            return Err(problem);
        }
        if output::mode().json {
            let facts = fresh.as_ref().map(|fresh| &fresh.facts);
            tokens.push(ExchangedToken {
                name: name.clone(),
                expires_at: facts.and_then(|facts| facts.expires_at).map(UtcTime),
                fingerprint: facts.map(|facts| facts.fingerprint.clone()),
                exchanged: fresh.as_ref().is_some_and(|fresh| fresh.exchanged),
                error: problem
                    .as_ref()
                    .map(|problem| document::ErrorDocument::new(problem, Some(&name))),
            });
        } else if let Some(fresh) = &fresh {
            let expires = fresh.facts.expires_at.map_or_else(
                || "has no known expiry".to_owned(),
                |end| time::expiry(end, now),
            );
            let fingerprint = &fresh.facts.fingerprint;
            output::answer_line(&format!("{name}: token {fingerprint} {expires}"))?;
        }
        let Some(mut problem) = problem else { continue };
        code = problem.code.exit().number();
        if !output::mode().json {
            problem.message = format!("{name}: {}", problem.message);
            output::problem(&problem, None);
        }
    }
    if output::mode().json {
        document::answer(ExchangeDocument { tokens });
    }
    Ok(code)
}
