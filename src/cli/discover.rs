//! `aemkeys discover`: lists the programs and environments of Cloud Manager beside what is stored.

mod document;

use clap::Args;

use super::block_on::block_on;
use super::globals::Globals;
use super::output::{self, Cell, Paint};
use super::{ask, guard};
use crate::app::AppContext;
use crate::app::discover::change::Change;
use crate::app::discover::compare::{ComparedEnvironment, Comparison, Difference, compare};
use crate::app::discover::{DiscoverRequest, Discovered, Source, discover};
use crate::app::guard::{Act, Confirmed, Subject};
use aemkeys_core::credential::shell;
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{NextStep, Problem};
use aemkeys_core::time;
pub use document::DiscoverDocument;

/// List the environments of Cloud Manager, and compare them with the stored ones
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = "\
Needs an OAuth server-to-server credential whose project has the API Cloud Manager, or aio. Nothing is changed without \
--apply, which fills in missing console links and types only. Answers are cached for an hour.

Exit codes: 0 everything is listed, else that of the first program that could not be listed.

Examples:
  aemkeys discover
  aemkeys discover --with cloud-manager --refresh
  aemkeys discover --from-aio --json
  aemkeys discover --apply --yes")]
pub struct DiscoverArgs {
    /// ENV or ENV/LABEL of the OAuth credential; by default the only one, or the only one without ids and hosts
    #[arg(long = "with", value_name = "NAME")]
    with: Option<String>,
    /// Use the token of aio, the Adobe I/O CLI: read from its configuration now, never stored
    #[arg(long, conflicts_with = "with")]
    from_aio: bool,
    /// Organisation; by default that of the credential, or the one chosen in aio
    #[arg(long, value_name = "ID")]
    org: Option<String>,
    /// Ask Cloud Manager again, even if an answer of the last hour is cached
    #[arg(long)]
    refresh: bool,
    /// Fill in missing console links and the types of untyped environments; asks for each
    #[arg(long)]
    apply: bool,
    /// Do not ask; not enough to give an untyped environment a type other than Production
    #[arg(long, requires = "apply")]
    yes: bool,
    /// Confirm without a terminal: the name of an untyped environment; repeatable
    #[arg(long, value_name = "ENV", requires = "apply")]
    confirm: Vec<String>,
}

pub fn run(globals: &Globals, args: DiscoverArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let request = DiscoverRequest {
        source: if args.from_aio {
            Source::Aio
        } else {
            Source::Stored(args.with.clone())
        },
        org: args.org.clone(),
        refresh: args.refresh,
    };
    let found = block_on(discover(&context, &request, output::progress))?;
    let comparison = compare(context.read_index()?.as_ref(), &found);
    for warning in &found.warnings {
        output::warning(warning);
    }
    for row in &comparison.rows {
        if let Some(warning) = row.type_warning() {
            output::warning(&warning);
        }
    }
    if !output::mode().json {
        print(&found, &comparison, context.clock.now(), args.apply)?;
    }
    let mut changed = Vec::new();
    let mut code = 0;
    if args.apply {
        for change in Change::all(&comparison) {
            changed.extend(apply(&context, &args, change)?);
        }
    }
    for (program, problem) in found.failures() {
        if code == 0 {
            code = problem.code.exit().number();
        }
        if !output::mode().json {
            let mut problem = problem.clone();
            problem.message = format!(
                "program {} ({}): {}",
                program.name, program.id, problem.message
            );
            output::problem(&problem, None);
        }
    }
    if output::mode().json {
        super::document::answer(DiscoverDocument::new(&found, &comparison, changed));
    }
    Ok(code)
}

/// Asks for one change and makes it. Returns what was changed, or `None` if the answer was no.
fn apply(
    context: &AppContext,
    args: &DiscoverArgs,
    mut change: Change,
) -> Result<Option<Change>, Problem> {
    let confirmed = if block_on(change.needs_confirmation(context))? {
        let given = args
            .confirm
            .iter()
            .find(|name| name.eq_ignore_ascii_case(&change.name));
        let can_ask = !args.yes && ask::unavailable().is_none();
        if given.is_none() && !can_ask {
            let quoted = shell::quoted(&change.name);
            output::warning(&format!(
                "the type of {} was not set, so it is still treated as Production; confirm with `--confirm {quoted}`",
                change.name
            ));
            change.environment_type = None;
            if change.console.is_none() {
                return Ok(None);
            }
            None
        } else {
            Some(confirm(context, &change, given)?)
        }
    } else {
        None
    };
    if confirmed.is_none() && !args.yes {
        if let Some(why) = ask::unavailable() {
            return Err(Act::Edit
                .not_confirmed(why.to_string())
                .next_step("confirm with `--yes`"));
        }
        if !ask::yes(&question(&change))? {
            return Ok(None);
        }
    }
    block_on(change.apply(context, confirmed))?;
    if !output::mode().json {
        output::answer_line(&format!("changed {}: {}", change.name, change.words()))?;
    }
    Ok(Some(change))
}

fn question(change: &Change) -> String {
    format!("Set {} of {}?", change.words(), change.name)
}

fn confirm(
    context: &AppContext,
    change: &Change,
    given: Option<&String>,
) -> Result<Confirmed, Problem> {
    let subject = Subject::Environment(change.environment);
    let names = given.cloned();
    guard::confirm(
        context,
        subject,
        Act::Edit,
        &question(change),
        names.as_slice(),
        false,
    )
}

fn print(
    found: &Discovered,
    comparison: &Comparison,
    now: jiff::Timestamp,
    applies: bool,
) -> Result<(), Problem> {
    let mut rows = vec![output::headings([
        "PROGRAM",
        "IDS",
        "NAME",
        "TYPE",
        "STATUS",
        "STORED AS",
        "DIFFERENCES",
    ])];
    let is_quiet = output::mode().quiet;
    let shown = comparison
        .rows
        .iter()
        .filter(|row| !is_quiet || !row.differences.is_empty());
    rows.extend(shown.map(row));
    if rows.len() > 1 {
        output::answer(output::table(&rows).as_bytes())?;
    }
    let mut text = String::new();
    for gone in &comparison.missing {
        let why = gone.words();
        let step = NextStep::Remove.of(&gone.name);
        let step = aemkeys_core::guidance!["to remove it, ", step].in_shell();
        text.push_str(&format!("{} ({}) {why}; {step}\n", gone.name, gone.ids));
    }
    text.push_str(&steps(comparison, applies));
    if !text.is_empty() {
        let line = if rows.len() > 1 { "\n" } else { "" };
        output::answer(format!("{line}{text}").as_bytes())?;
    }
    let mut summary = format!(
        "{} in {}",
        counted(found.environments().count(), "environment"),
        counted(found.programs.len(), "program")
    );
    summary.push_str(&comparison.not_compared_words());
    if found.is_kept {
        let age = time::relative(found.asked_at, now);
        summary.push_str(&format!("; answer from {age}, `--refresh` asks again"));
    }
    output::note(&summary);
    Ok(())
}

fn row(row: &ComparedEnvironment) -> Vec<Cell> {
    let differences: Vec<&str> = row.differences.iter().map(|it| it.words()).collect();
    let name = row.stored.as_ref().map(|it| it.name.clone());
    let paint = match row.cloud.status.as_str() {
        "ready" => Paint::Green,
        "hibernated" => Paint::Dim,
        _ => Paint::Yellow,
    };
    vec![
        Cell::plain(row.program.name.clone()),
        Cell::plain(row.cloud.ids.to_string()),
        Cell::plain(row.cloud.name.clone()),
        Cell::plain(row.type_name()),
        Cell::painted(row.cloud.status.clone(), paint),
        Cell::plain(name.unwrap_or_else(|| "-".to_owned())),
        Cell::plain(differences.join(", ")),
    ]
}

/// Returns one line for each kind of difference, with the step for the first environment that has it.
fn steps(comparison: &Comparison, applies: bool) -> String {
    let mut text = String::new();
    for difference in [
        Difference::OtherType,
        Difference::NoType,
        Difference::NoConsole,
        Difference::NoCredential,
        Difference::NotStored,
    ] {
        let mut those = comparison.rows.iter().filter(|row| row.has(difference));
        let Some(first) = those.next() else { continue };
        let is_filled_in = matches!(difference, Difference::NoType | Difference::NoConsole);
        if is_filled_in && applies {
            continue;
        }
        let count = 1 + those.count();
        let step = first.next_step(difference).in_shell();
        let name = first
            .stored
            .as_ref()
            .map_or_else(|| first.cloud.ids.to_string(), |it| it.name.clone());
        let which = if count == 1 {
            name
        } else {
            format!("{count}, first {name}")
        };
        text.push_str(&format!("{} ({which}): {step}\n", difference.words()));
    }
    text
}
