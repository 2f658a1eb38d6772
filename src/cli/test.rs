//! `aemkeys test`: which user the token signs in as on each tier.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::{Selection, choice, tier};
use super::output::{self, Cell, Paint};
use crate::app::TierResult;
use crate::app::resolve;
use crate::app::test_call::{self, TestRequest};
use aemkeys_core::credential::{Code, Guidance, Problem};
use aemkeys_core::environment::Tier;
use aemkeys_core::explain::Who;
use aemkeys_core::time;
use clap::Args;
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::Serialize;
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

/// The results, one for each address, in the order of the tiers.
#[derive(Serialize, JsonSchema)]
pub struct TestsDocument {
    tiers: Vec<TestedTier>,
}

/// The result of one address; after an error, the error of an identity, and null in all other fields.
#[derive(Default, Serialize, JsonSchema)]
struct TestedTier {
    /// The name of the identity.
    name: String,
    /// The tier that was asked.
    tier: Option<Tier>,
    /// The address that was requested.
    url: Option<String>,
    /// The HTTP status; null without a response.
    status: Option<u16>,
    /// What the response tells about the token.
    verdict: Option<Code>,
    /// Who wrote the response.
    answered_by: Option<Who>,
    /// The user that the token signed in as.
    user: Option<String>,
    /// The user's groups.
    groups: Option<Vec<String>>,
    /// Time until the response, in milliseconds.
    elapsed_ms: Option<u64>,
    /// Why the token was not accepted.
    cause: Option<String>,
    /// The evidence for the cause.
    seen: Option<String>,
    /// What to do next.
    next_step: Option<Guidance>,
    error: Option<document::ErrorDocument>,
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
                    tiers.push(TestedTier::failed(name, &problem));
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
            tiers.extend(results.into_iter().map(|it| TestedTier::new(&name, it)));
            continue;
        }
        if !is_single {
            output::answer_line(&output::paint(Paint::Bold, &name, output::Stream::Out))?;
        }
        output::answer(words(&results).as_bytes())?;
    }
    if output::mode().json {
        document::answer(TestsDocument { tiers });
    }
    Ok(code)
}

impl TestedTier {
    fn new(name: &str, result: TierResult) -> Self {
        Self {
            name: name.to_owned(),
            tier: Some(result.tier),
            url: Some(result.url),
            status: result.status,
            verdict: Some(result.verdict.code()),
            answered_by: result.answered_by,
            user: result.user,
            groups: Some(result.groups),
            elapsed_ms: Some(result.elapsed_ms),
            cause: result.cause,
            seen: result.seen,
            next_step: result.next_step,
            error: None,
        }
    }

    fn failed(name: String, problem: &Problem) -> Self {
        Self {
            error: Some(document::ErrorDocument::new(problem, Some(&name))),
            name,
            ..Self::default()
        }
    }
}

/// Formats one row per address, with causes and next steps below it.
fn words(results: &[TierResult]) -> String {
    let rows: Vec<Vec<Cell>> = results.iter().map(row).collect();
    let table = output::table(&rows);
    let mut out = String::new();
    for (line, result) in table.lines().zip(results) {
        out.push_str(line.trim_end());
        out.push('\n');
        if let Some(user) = &result.user {
            out.push_str(&format!("           user:   {user}\n"));
        }
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
        Cell::plain(result.host().to_owned()),
    ]
}
