//! `aemkeys check`: reports expiries, most urgent first, from the list or from files, as text, calendar or metrics.

use jiff::tz::TimeZone;

use super::arguments::Check;
use super::exit_code;
use super::globals::{Globals, report_all};
use super::list::expiry_word;
use super::output::{self, Cell, Paint};
use crate::app::check::{self, Finding, Level, Scope, calendar, files, prometheus};
use crate::app::resolve;
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::validity::{Thresholds, format_date};

pub fn run(globals: &Globals, args: &Check) -> Result<u8, Problem> {
    let from_files = !args.files.is_empty();
    let context = if from_files {
        crate::app::stateless_context().map_err(report_all)?
    } else {
        globals.open_with(false)?
    };
    let configured = context.configuration.thresholds;
    let scope = Scope {
        now: context.clock.now(),
        thresholds: thresholds(args, configured),
        tokens_count: args.token_within.is_some(),
    };
    let findings = if from_files {
        files::of_files(&args.files, &scope)
    } else {
        let index = match check::read(&context) {
            Ok(index) => index,
            // An unreadable list has its own exit code in `check`.
            Err(problem) => {
                output::problem(&problem, args.json);
                return Ok(exit_code::of_level(Level::Unknown));
            }
        };
        let only = args
            .names
            .iter()
            .map(|name| resolve::identity(&index, name))
            .collect::<Result<Vec<_>, _>>()?;
        check::of_index(&index, &only, &scope)
    };
    if args.ics {
        // Alarms use the configured thresholds, not `--within`.
        output::answer(calendar::write(&findings, &configured, scope.now).as_bytes())?;
    } else if args.prometheus {
        output::answer(prometheus::write(&findings, scope.now).as_bytes())?;
    } else if args.json {
        let source = if from_files { "files" } else { "index" };
        output::answer_json(&check::as_json(&findings, source, scope.now))?;
    } else {
        print(args, &findings, &scope)?;
    }
    Ok(exit_code::of_level(check::level(&findings)))
}

/// Returns the configured thresholds, overridden by `--within` and `--token-within`.
fn thresholds(args: &Check, configured: Thresholds) -> Thresholds {
    let mut thresholds = configured;
    if let Some(within) = args.within {
        thresholds = thresholds.with_credential_soon(within);
    }
    if let Some(within) = args.token_within {
        thresholds = thresholds.with_token_soon(within);
    }
    thresholds
}

fn print(args: &Check, findings: &[Finding], scope: &Scope) -> Result<(), Problem> {
    let shown: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.counts && (!args.quiet || finding.needs_attention()))
        .collect();
    if findings.is_empty() {
        output::note("Nothing is stored yet. `aemkeys add FILE` adds the first credential.");
    }
    if shown.is_empty() {
        return Ok(());
    }
    let mut rows = vec![
        [
            "STATE",
            "NAME",
            "TYPE",
            "WHAT",
            "WHEN",
            "EXPIRES",
            "NEXT STEP",
        ]
        .into_iter()
        .map(|title| Cell::painted(title, Paint::Dim))
        .collect(),
    ];
    rows.extend(shown.into_iter().map(|finding| row(finding, scope)));
    output::answer(output::table(&rows).as_bytes())
}

fn row(finding: &Finding, scope: &Scope) -> Vec<Cell> {
    let ends = finding
        .ends_at
        .map(|end| format_date(end, &TimeZone::system()))
        .unwrap_or_default();
    vec![
        expiry_word(finding.state),
        Cell::plain(finding.name.clone()),
        Cell::plain(finding.environment_type.short()),
        Cell::plain(finding.what()),
        Cell::plain(finding.when(scope.now)),
        Cell::plain(ends),
        Cell::plain(to_do(finding)),
    ]
}

/// Returns who must act and the next step; empty if nothing needs attention.
fn to_do(finding: &Finding) -> String {
    if !finding.needs_attention() {
        return String::new();
    }
    [
        finding.who_must_act().map(str::to_owned),
        finding.next_step().map(|step| step.in_shell()),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(": ")
}
