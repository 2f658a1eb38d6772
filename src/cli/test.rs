//! `aemkeys test`: which user the token signs in as on each tier.

use super::arguments::Test;
use super::globals::{Globals, block_on};
use super::output::{self, Cell, Paint};
use crate::app::TierResult;
use crate::app::resolve;
use crate::app::test_call::{self, TestRequest};
use aemkeys_core::credential::Guidance;
use aemkeys_core::credential::Problem;

pub fn run(globals: &Globals, args: Test) -> Result<u8, Problem> {
    let context = globals.open()?;
    let id = resolve::identity(&context.read_index()?, &args.name)?;
    let request = TestRequest {
        tiers: args.tier,
        path: args.path,
    };
    let results = block_on(test_call::test(&context, id, request))?;
    if args.json {
        output::answer_json(&serde_json::json!({
            "version": 1,
            "tiers": results.iter().map(as_json).collect::<Vec<_>>(),
        }))?;
    } else {
        output::answer(words(&results).as_bytes())?;
    }
    Ok(u8::from(
        !results.iter().all(|result| result.verdict.is_success()),
    ))
}

fn as_json(result: &TierResult) -> serde_json::Value {
    serde_json::json!({
        "tier": result.tier,
        "url": result.url,
        "status": result.status,
        "verdict": result.verdict.code(),
        "user": result.user,
        "groups": result.groups,
        "elapsed_ms": result.elapsed_ms,
        "cause": result.cause,
        "next_step": result.next_step,
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
        for (label, text) in [
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
    let (glyph, paint) = if result.verdict.is_success() {
        ("●", Paint::Green)
    } else {
        ("✕", Paint::Red)
    };
    vec![
        Cell::plain(result.tier.as_str()),
        Cell::painted(format!("{glyph} {}", result.verdict.words()), paint),
        Cell::plain(
            result
                .status
                .map_or_else(|| "–".to_owned(), |s| s.to_string()),
        ),
        Cell::plain(format!("{} ms", result.elapsed_ms)),
        Cell::plain(result.user.clone().unwrap_or_default()),
        Cell::plain(host(&result.url)),
    ]
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
