//! `aemkeys check`: reports expiries, most urgent first, from the list or from files, as text, calendar or metrics.

use jiff::tz::TimeZone;

use super::document;
use super::globals::{Globals, report_all};
use super::list::expiry_word;
use super::options::duration;
use super::output::{self, Cell};
use crate::app::check::{self, ExpiryFinding, Scope, calendar, files, prometheus};
use crate::app::resolve;
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::time;
use clap::Args;
use jiff::SignedDuration;
use std::path::PathBuf;

/// Report what expires soon, most urgent first, for cron, calendars and monitoring; works with the keyring locked
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 nothing expires soon, 1 something expires soon, 2 something has expired, 3 an expiry is unknown or nothing \
is stored, 66 a given name was not found. --ics and --prometheus exit with 0 if they print everything.

Examples:
  aemkeys check --within 6w
  aemkeys check wknd-prod --token-within 10m --json
  aemkeys check --file service_token.json
  aemkeys check --ics > aemkeys.ics")]
pub struct CheckArgs {
    /// ENV for all its identities, or ENV/LABEL; everything stored if omitted
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Report credentials that expire within this time: `30d`, `2w`; by default as configured, 30 days
    #[arg(long, value_name = "TIME", value_parser = duration)]
    within: Option<SignedDuration>,
    /// Also report tokens that expire within this time: `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    token_within: Option<SignedDuration>,
    /// Check this file (or `-`) instead, and store nothing; repeatable
    #[arg(long = "file", value_name = "FILE", conflicts_with = "names")]
    files: Vec<PathBuf>,
    /// Print a calendar with alarms; importing it again updates rotated credentials
    #[arg(long, conflicts_with = "prometheus")]
    pub(super) ics: bool,
    /// Print metrics for node_exporter's textfile collector
    #[arg(long)]
    pub(super) prometheus: bool,
}

pub fn run(globals: &Globals, args: CheckArgs) -> Result<u8, Problem> {
    let from_files = !args.files.is_empty();
    let context = if from_files {
        crate::app::stateless_context().map_err(report_all)?
    } else {
        globals.open_with(false)?
    };
    let configured = context.configuration.thresholds;
    let scope = Scope {
        now: context.clock.now(),
        thresholds: thresholds(&args, configured),
        tokens_count: args.token_within.is_some(),
    };
    let findings = if from_files {
        files::of_files(&args.files, &scope)
    } else {
        let index = match check::read(&context) {
            Ok(index) => index,
            // An unreadable list has its own exit code in `check`.
            Err(problem) => {
                output::problem(&problem, None);
                return Ok(check::exit_code(Urgency::Unknown));
            }
        };
        let mut only = Vec::new();
        for name in &args.names {
            only.extend(resolve::identities(&index, name)?);
        }
        check::of_index(&index, &only, &scope)
    };
    if args.ics {
        // Alarms use the configured thresholds, not `--within`.
        output::answer(calendar::write(&findings, &configured, scope.now).as_bytes())?;
    } else if args.prometheus {
        output::answer(prometheus::write(&findings, scope.now).as_bytes())?;
    } else if output::mode().json {
        let source = if from_files { "files" } else { "index" };
        document::answer(&check::as_json(&findings, source, scope.now))?;
    } else {
        print(&findings, &scope)?;
    }
    if args.ics || args.prometheus {
        // A job that replaces a file on success must also replace it when something expires.
        return Ok(0);
    }
    Ok(check::exit_code(check::most_urgent(&findings)))
}

/// Returns the configured thresholds, overridden by `--within` and `--token-within`.
fn thresholds(args: &CheckArgs, configured: Thresholds) -> Thresholds {
    let mut thresholds = configured;
    if let Some(within) = args.within {
        thresholds = thresholds.with_credential_soon(within);
    }
    if let Some(within) = args.token_within {
        thresholds = thresholds.with_token_soon(within);
    }
    thresholds
}

fn print(findings: &[ExpiryFinding], scope: &Scope) -> Result<(), Problem> {
    let shown: Vec<&ExpiryFinding> = findings
        .iter()
        .filter(|finding| {
            finding.counts && (!output::mode().quiet || finding.state.needs_attention())
        })
        .collect();
    if findings.is_empty() {
        output::nothing_stored();
    }
    if shown.is_empty() {
        return Ok(());
    }
    let mut rows = vec![output::headings([
        "STATE",
        "NAME",
        "TYPE",
        "WHAT",
        "WHEN",
        "EXPIRES",
        "NEXT STEP",
    ])];
    rows.extend(shown.into_iter().map(|finding| row(finding, scope)));
    output::answer(output::table(&rows).as_bytes())
}

fn row(finding: &ExpiryFinding, scope: &Scope) -> Vec<Cell> {
    let ends = finding
        .expires_at
        .map(|end| time::date(end, &TimeZone::system()))
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
fn to_do(finding: &ExpiryFinding) -> String {
    if !finding.state.needs_attention() {
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
