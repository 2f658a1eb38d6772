//! `aemkeys test`: which user the token signs in as on each tier.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{Selection, choice, tier};
use super::output::{self, Cell, Paint};
use crate::app::TierResult;
use crate::app::resolve;
use crate::app::test_call::{self, TestRequest};
use aemkeys_core::credential::Guidance;
use aemkeys_core::credential::Problem;
use aemkeys_core::environment::Tier;
use aemkeys_core::explain::Who;
use aemkeys_core::time;
use clap::Args;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

/// Check which user the token signs in as on each tier
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys test wknd-stage
  aemkeys test wknd-stage --tier publish --path /content/wknd.html
  aemkeys test --all --type production")]
pub struct TestArgs {
    #[command(flatten)]
    selection: Selection,
    /// Test only this tier; repeatable
    #[arg(long, value_parser = choice(["author", "publish", "preview", "delivery"], tier), ignore_case = true)]
    tier: Vec<Tier>,
    /// Request this path instead of the current user
    #[arg(long)]
    path: Option<String>,
}

/// Concurrent tests; each sends a request to every tier.
const AT_A_TIME: usize = 8;

pub fn run(globals: &Globals, args: TestArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let index = context.read_index()?;
    let chosen = args.selection.identities(&index)?;
    let is_single = chosen.len() == 1;
    let request = TestRequest {
        tiers: args.tier,
        path: args.path,
    };
    let results: Vec<_> = block_on(async {
        let tests = chosen.into_iter().map(|id| {
            let (context, request) = (&context, request.clone());
            let name = resolve::name_of(&index, id);
            async move { (name, test_call::test(context, id, request).await) }
        });
        Ok(futures_util::stream::iter(tests)
            .buffered(AT_A_TIME)
            .collect()
            .await)
    })?;
    let (mut code, mut tiers) = (0, Vec::new());
    for (name, result) in results {
        let results = match result {
            Ok(results) => results,
            Err(problem) if is_single => return Err(problem),
            Err(problem) => {
                code = problem.code.exit().number();
                if output::mode().json {
                    let error = document::error(&problem, Some(&name));
                    tiers.push(json!({"name": name, "error": error}));
                } else {
                    let message = format!("{name}: {}", problem.message);
                    output::problem(&Problem { message, ..problem }, None);
                }
                continue;
            }
        };
        if !results.iter().all(|result| result.verdict.is_success()) {
            code = code.max(1);
        }
        if output::mode().json {
            tiers.extend(results.iter().map(|result| as_json(&name, result)));
            continue;
        }
        if !is_single {
            output::answer_line(&output::paint(Paint::Bold, &name, output::Stream::Out))?;
        }
        output::answer(words(&results).as_bytes())?;
    }
    if output::mode().json {
        document::answer(&json!({"tiers": tiers}))?;
    }
    Ok(code)
}

fn as_json(name: &str, result: &TierResult) -> Value {
    json!({
        "name": name,
        "tier": result.tier,
        "url": result.url,
        "status": result.status,
        "verdict": result.verdict.code(),
        "answered_by": result.answered_by,
        "user": result.user,
        "groups": result.groups,
        "elapsed_ms": result.elapsed_ms,
        "cause": result.cause,
        "next_step": result.next_step,
        "error": null,
    })
}

/// Formats one row per address, with causes and next steps below it.
pub fn words(results: &[TierResult]) -> String {
    let rows: Vec<Vec<Cell>> = results.iter().map(row).collect();
    let table = output::table(&rows);
    let mut out = String::new();
    for (line, result) in table.lines().zip(results) {
        out.push_str(line.trim_end());
        out.push('\n');
        if !result.groups.is_empty() {
            out.push_str(&format!(
                "           groups: {}\n",
                result.groups.join(", ")
            ));
        }
        let from = result
            .answered_by
            .filter(|who| *who != Who::Unknown && !result.verdict.is_success());
        for (label, text) in [
            ("from", &from.map(|who| who.words().to_owned())),
            ("why", &result.cause),
            ("seen", &result.seen),
            ("next", &result.next_step.as_ref().map(Guidance::in_shell)),
        ] {
            if let Some(text) = text {
                out.push_str(&format!("           {label}: {text}\n"));
            }
        }
    }
    out
}

fn row(result: &TierResult) -> Vec<Cell> {
    let (glyph, paint) = if result.verdict.shows_acceptance(result.tier) {
        (output::glyphs().fine, Paint::Green)
    } else if result.verdict.is_success() {
        (output::glyphs().dot, Paint::Dim)
    } else {
        (output::glyphs().over, Paint::Red)
    };
    vec![
        Cell::plain(result.tier.as_str()),
        Cell::painted(format!("{glyph} {}", result.verdict.words()), paint),
        Cell::plain(
            result
                .status
                .map_or_else(|| output::glyphs().dash.to_owned(), |s| s.to_string()),
        ),
        Cell::plain(time::response_time(Duration::from_millis(
            result.elapsed_ms,
        ))),
        Cell::plain(result.user.clone().unwrap_or_default()),
        Cell::plain(host(&result.url)),
    ]
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
