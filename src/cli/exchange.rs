//! `aemkeys exchange`: gets and stores fresh tokens without printing them.

use futures_util::StreamExt;

use super::block_on::block_on;
use super::globals::Globals;
use super::options::OutputFlags;
use super::output;
use crate::app::{exchange, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::time;
use clap::Args;

/// Get a fresh token and cache it, without printing it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys exchange wknd-stage
  aemkeys exchange wknd-stage wknd-prod/read --json")]
pub struct ExchangeArgs {
    /// ENV or ENV/LABEL
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    output: OutputFlags,
}

/// Concurrent exchanges; IMS doesn't throttle this many.
const AT_A_TIME: usize = 16;

pub fn run(globals: &Globals, args: ExchangeArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let mut chosen = Vec::new();
    for name in &args.names {
        let id = resolve::identity(&index, name)?;
        if !chosen.iter().any(|(known, _)| *known == id) {
            chosen.push((id, resolve::name_of(&index, id)));
        }
    }
    let total = chosen.len();
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
    report(&args, results, context.clock.now())
}

type NamedResult = (usize, String, Result<exchange::Fresh, Problem>);

fn report(
    args: &ExchangeArgs,
    mut results: Vec<NamedResult>,
    now: jiff::Timestamp,
) -> Result<u8, Problem> {
    results.sort_by_key(|(position, ..)| *position);
    let mut failed: Option<Problem> = None;
    let mut json = Vec::new();
    for (_, name, result) in results {
        let problem = match result {
            Ok(fresh) => {
                if args.output.json {
                    json.push(serde_json::json!({
                        "name": name,
                        "expires_at": fresh.facts.expires_at.map(time::rfc3339),
                        "fingerprint": fresh.facts.fingerprint,
                        "exchanged": fresh.exchanged,
                    }));
                } else {
                    let expires = fresh.facts.expires_at.map_or_else(
                        || "has no known expiry".to_owned(),
                        |end| time::expiry(end, now),
                    );
                    output::answer_line(&format!(
                        "{name}: token {} {expires}",
                        fresh.facts.fingerprint
                    ))?;
                }
                for warning in &fresh.warnings {
                    output::warning(&format!("{name}: {}", warning.in_shell()));
                }
                fresh.not_saved
            }
            Err(problem) => Some(problem),
        };
        if let Some(mut problem) = problem {
            problem.message = format!("{name}: {}", problem.message);
            if let Some(earlier) = failed.replace(problem) {
                output::problem(&earlier);
            }
        }
    }
    if args.output.json {
        output::answer_json(&serde_json::json!({"version": 1, "tokens": json}))?;
    }
    failed.map_or(Ok(0), Err)
}
