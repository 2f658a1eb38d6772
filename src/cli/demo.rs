//! `aemkeys demo`: the dashboard with the simulator on loopback, storage in memory, real JWTs and real HTTP.

use std::sync::Arc;

use super::block_on::{block_on_unlogged, never_log};
use super::dashboard;
use super::globals::{Globals, report_all};
use super::options::choice;
use super::output::{self, Paint, Stream};
use crate::app::{AppContext, Clock, Configuration, configuration, demo_context, demo_data};
use crate::tui::{self, print};
use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_simulator::Simulator;
use aemkeys_simulator::demo::{DemoIdentity, Input, demo};
use clap::Args;

/// Try aemkeys without any setup, with a built-in IMS and AEM and storage in memory
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys demo
  aemkeys demo --tour
  aemkeys demo --print 120x30 --keys 'jj<enter>'")]
pub struct DemoArgs {
    /// Run a few commands in the shell instead of the dashboard
    #[arg(long)]
    tour: bool,
    /// Use the dashboard as lines of text with numbered choices
    #[arg(long, conflicts_with_all = ["tour", "print"])]
    plain: bool,
    /// Print one frame of this size, `120x30`, without a terminal
    #[arg(long, value_name = "COLSxROWS", conflicts_with = "tour")]
    print: Option<String>,
    /// Keys to press before the frame is printed: `jj<enter>t`
    #[arg(long, requires = "print", default_value = "")]
    keys: String,
    /// Format of the frame
    #[arg(long, requires = "print", default_value = "text", value_parser = choice(["text", "ansi", "svg"], print::FrameFormat::parse))]
    format: print::FrameFormat,
}

/// Folder shown for the demo's rotated files.
const SAMPLES: &str = "demo";

/// Fixed time for `--print`, so that frames are reproducible.
const FRAME_TIME: &str = "2026-11-22T14:03:00Z";

pub fn run(_: &Globals, args: DemoArgs) -> Result<u8, Problem> {
    if let Some(size) = &args.print {
        return print_frame(&args, size);
    }
    let running = start(Clock::real())?;
    if args.tour {
        tour(running.context.clone())?;
    } else {
        let context = with_appearance(running.context.clone())?;
        let settings = settings(&context)?;
        let is_plain = args.plain || tui::linear::is_wanted();
        return dashboard::open(context, settings, is_plain);
    }
    Ok(0)
}

fn settings(context: &AppContext) -> Result<tui::Settings, Problem> {
    let mut settings = tui::Settings::of(context).map_err(report_all)?;
    settings.activity = demo_data::activity(context.clock.now());
    settings.banner = Some("demo: nothing is stored, nothing leaves this machine".to_owned());
    Ok(settings)
}

/// Adds what the user's configuration says about theme, glyphs, links, keys, motion, mouse, clipboard and notifications.
fn with_appearance(context: AppContext) -> Result<AppContext, Problem> {
    let (own, mut mistakes) = configuration();
    mistakes.extend(tui::Settings::mistakes(&own));
    if !mistakes.is_empty() {
        return Err(report_all(mistakes));
    }
    let shown = Configuration {
        file: own.file,
        clipboard_clear_seconds: own.clipboard_clear_seconds,
        clipboard: own.clipboard,
        notifications: own.notifications,
        links: own.links,
        theme: own.theme,
        glyphs: own.glyphs,
        motion: own.motion,
        mouse: own.mouse,
        keys: own.keys,
        ..Configuration::default()
    };
    Ok(AppContext {
        configuration: Arc::new(shown),
        ..context
    })
}

/// Prints one frame, without terminal, home folder or keyring.
fn print_frame(args: &DemoArgs, size: &str) -> Result<u8, Problem> {
    let (columns, rows) = print::parse_size(size).ok_or_else(|| {
        Problem::new(Code::Usage, "invalid size for --print")
            .next_step("write columns and rows: 120x30")
    })?;
    let now = FRAME_TIME
        .parse()
        .map_err(|_| Problem::new(Code::Internal, "could not parse the time of the frames"))?;
    let running = start(Clock::fixed(now))?;
    let mut settings = tui::Settings {
        zone: jiff::tz::TimeZone::UTC,
        ..settings(&running.context)?
    };
    settings.banner = None;
    let request = print::FrameRequest {
        columns,
        rows,
        keys: args.keys.clone(),
        format: args.format,
    };
    let printed = print::print(&running.context, settings, &request)?;
    output::drawn(&printed.text)?;
    if !printed.settled {
        output::note("work was still running after 10 s; the frame shows that moment");
    }
    Ok(0)
}

/// A context with the simulator that it uses; both are dropped together.
pub struct RunningDemo {
    pub context: AppContext,
    _simulator: Simulator,
}

/// Adds seven identities in all states, with the same use cases as a person.
pub fn start(clock: Clock) -> Result<RunningDemo, Problem> {
    let simulated = clock.clone();
    let set = demo(clock.now(), Arc::new(move || simulated.now()));
    let simulator = Simulator::start(set.configuration).map_err(|error| {
        Problem::new(
            Code::DemoFailed,
            "could not start the simulator on loopback",
        )
        .cause(error.to_string())
    })?;
    let samples = set.rotations.into_iter().map(|(name, file)| {
        let path = format!("{SAMPLES}/{}.json", name.replace('/', "-"));
        (path, Secret::new(file))
    });
    let context = AppContext {
        samples: Arc::new(samples.collect()),
        ..demo_context(simulator.address(), clock)
    };
    block_on_unlogged(async {
        for identity in set.identities {
            demo_data::seed(&context, to_seed(identity)).await?;
        }
        Ok(())
    })?;
    Ok(RunningDemo {
        context,
        _simulator: simulator,
    })
}

/// Connects the simulator and the use cases, which may not use each other.
fn to_seed(identity: DemoIdentity) -> demo_data::Seed {
    demo_data::Seed {
        name: identity.environment,
        label: identity.label,
        environment_type: identity.environment_type,
        customer: identity.customer,
        ids: identity.ids,
        file: match identity.input {
            Input::File(bytes) => Some(bytes),
            Input::LocalSdk => None,
        },
        token: identity.token,
        used_by: identity.used_by,
    }
}

/// The command lines of the tour, each with a heading.
const TOUR: [(&str, &[&str]); 6] = [
    (
        "Seven identities, with credential and token expiry",
        &["list"],
    ),
    (
        "A fresh token for wknd-prod, from its service credentials",
        &["exchange", "wknd-prod"],
    ),
    (
        "Test it on author, publish and preview",
        &["test", "wknd-prod"],
    ),
    (
        "A request with the token",
        &[
            "call",
            "wknd-prod",
            "/libs/granite/security/currentuser.json",
        ],
    ),
    (
        "A failed exchange and its cause",
        &["exchange", "brand-prod/read"],
    ),
    (
        "Explain an error from another tool",
        &[
            "explain",
            "Could not match JWT signature to any of the bindings",
        ],
    ),
];

/// Runs the commands as they are typed, with the storage of the demo.
fn tour(context: AppContext) -> Result<(), Problem> {
    never_log();
    let globals = Globals::of_demo(context);
    for (title, words) in TOUR {
        let line: Vec<String> = words.iter().map(quoted).collect();
        output::note(&format!(
            "\n{}\n{} aemkeys {}",
            output::paint(Paint::Bold, title, Stream::Err),
            output::paint(Paint::Dim, "$", Stream::Err),
            line.join(" ")
        ));
        super::run_line(&globals, words)?;
    }
    output::note("\nThat was the tour: nothing was stored, and nothing left this machine.");
    Ok(())
}
