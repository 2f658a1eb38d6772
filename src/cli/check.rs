//! `aemkeys check`: reports expiries, most urgent first, from the list or from files, as text, calendar or metrics.

use jiff::tz::TimeZone;

use super::document;
use super::globals::{Globals, report_all};
use super::list::expiry_word;
use super::options::{Selection, choice, duration};
use super::output::{self, Cell};
use crate::app::check::document::{CheckDocument, CheckSource};
use crate::app::check::{self, ExpiryFinding, Scope, calendar, files, prometheus};
use crate::app::{notify, resolve};
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::validity::{Thresholds, Urgency};
use aemkeys_core::time;
use clap::Args;
use jiff::SignedDuration;
use std::path::{Path, PathBuf};

/// Report credentials that expire soon, most urgent first, for cron, calendars and monitoring; works with the keyring locked
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 nothing expires soon, 1 something expires soon, 2 something has expired, 3 an expiry is unknown or nothing \
is stored, 66 a given name was not found. --ics and --prometheus exit with 0 if they print everything.

Examples:
  aemkeys check --within 6w
  aemkeys check wknd-prod --token-within 10m --json
  aemkeys check --file service_token.json
  aemkeys check --quiet --notify
  aemkeys check --ics > aemkeys.ics")]
pub struct CheckArgs {
    #[command(flatten)]
    selection: Selection,
    /// Report credentials that expire within this time: `30d`, `2w`; by default as configured, 30 days
    #[arg(long, value_name = "TIME", value_parser = duration)]
    within: Option<SignedDuration>,
    /// Also report tokens that expire within this time: `10m`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    token_within: Option<SignedDuration>,
    /// Check this file (or `-`) instead, and store nothing; repeatable
    #[arg(long = "file", value_name = "FILE", conflicts_with_all = ["names", "all", "types", "customers"])]
    files: Vec<PathBuf>,
    /// Print a calendar with alarms; importing it again updates rotated credentials
    #[arg(long, group = "other_format", conflicts_with = "prometheus")]
    pub(super) ics: bool,
    /// Print metrics for node_exporter's textfile collector
    #[arg(long, group = "other_format")]
    pub(super) prometheus: bool,
    /// Write the calendar or the metrics to this file, replacing it in one step
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FILE",
        requires = "other_format"
    )]
    file: Option<PathBuf>,
    /// Also show a desktop notification, once for each identity and state
    #[arg(long, conflicts_with_all = ["other_format", "files"])]
    notify: bool,
    /// When to exit with an error code: `soon` or `expired`; an unknown expiry is always an error
    #[arg(long, value_name = "WHEN", default_value = "soon", hide_default_value = true,
        value_parser = choice(["soon", "expired"], FailOn::parse))]
    fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FailOn {
    Soon,
    Expired,
}

impl FailOn {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "soon" => Some(Self::Soon),
            "expired" => Some(Self::Expired),
            _ => None,
        }
    }
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
        let index = match context.look_at_index() {
            Ok(index) => index,
            // An unreadable list has its own exit code in `check`.
            Err(problem) => {
                output::problem(&problem, None);
                return Ok(check::exit_code(Urgency::Unknown));
            }
        };
        let mut only = args.selection.filtered(&index)?.unwrap_or_default();
        for name in &args.selection.names {
            only.extend(resolve::identities(&index, name)?);
        }
        check::of_index(&index, &only, &scope)
    };
    let other_format = if args.ics {
        // Alarms use the configured thresholds, not `--within`.
        Some(calendar::write(&findings, &configured, scope.now))
    } else {
        args.prometheus
            .then(|| prometheus::write(&findings, scope.now))
    };
    if let Some(text) = other_format {
        // A job that replaces a file on success must also replace it when something expires.
        return write(text.as_bytes(), args.file.as_deref()).map(|()| 0);
    }
    if args.notify
        && let Err(problem) = notify::notify(&context, &findings, scope.now)
    {
        // What is printed and the exit code are still right.
        output::warning(&problem.to_string());
    }
    if output::mode().json {
        let source = if from_files {
            CheckSource::Files
        } else {
            CheckSource::Index
        };
        document::answer(CheckDocument::new(&findings, source, scope.now));
    } else {
        print(&findings, &scope)?;
    }
    let most_urgent = check::most_urgent(&findings);
    let fails = matches!(most_urgent, Urgency::Expired | Urgency::Unknown);
    if args.fail_on == FailOn::Expired && !fails {
        return Ok(0);
    }
    Ok(check::exit_code(most_urgent))
}

/// Writes to standard output, or replaces the file at once, so that a reader never sees half of it.
fn write(text: &[u8], file: Option<&Path>) -> Result<(), Problem> {
    let Some(file) = file else {
        return output::answer(text);
    };
    crate::app::write_output(file, text, true)
        .map_err(|error| crate::app::not_written(file, &error))
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
        "STATE", "NAME", "TYPE", "WHAT", "WHEN", "EXPIRES",
    ])];
    rows.extend(shown.iter().map(|finding| row(finding, scope)));
    let mut text = output::table(&rows);
    for (to_do, names) in to_dos(&shown) {
        text.push_str(&format!("\n{}: {to_do}\n", names.join(", ")));
    }
    output::answer(text.as_bytes())
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
    ]
}

/// Returns what to do and who must do it, with the names to which it applies. What applies to several names is returned once,
/// with the word `NAME` in its commands.
fn to_dos(findings: &[&ExpiryFinding]) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, String, Vec<String>)> = Vec::new();
    for finding in findings.iter().filter(|it| it.state.needs_attention()) {
        let who = finding
            .who_must_act()
            .map(|who| format!("{who}: "))
            .unwrap_or_default();
        let step = finding.next_step().unwrap_or_default();
        let general = format!("{who}{}", step.in_shell_for_any());
        if general.is_empty() {
            continue;
        }
        let name = &finding.name;
        match all.iter_mut().find(|(known, ..)| *known == general) {
            Some((_, _, names)) if names.contains(name) => {}
            Some((_, _, names)) => names.push(name.clone()),
            None => all.push((
                general,
                format!("{who}{}", step.in_shell()),
                vec![name.clone()],
            )),
        }
    }
    all.into_iter()
        .map(|(general, own, names)| (if names.len() == 1 { own } else { general }, names))
        .collect()
}
