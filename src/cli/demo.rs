//! `aemkeys demo`: the dashboard with the simulator on loopback, storage in memory, real JWTs and real HTTP.

use std::sync::Arc;

use super::block_on::block_on_unlogged;
use super::globals::{Globals, report_all};
use super::options::choice;
use super::output::{self, Paint, Stream};
use super::{dashboard, list, test};
use crate::app::test_call::TestRequest;
use crate::app::token_format::TokenFormat;
use crate::app::{
    AppContext, Clock, Configuration, configuration, copy, demo_context, demo_data, exchange,
    explain, overview, resolve, test_call,
};
use crate::tui::{self, print};
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
    /// Run a short scripted tour in the shell instead of the dashboard
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
        block_on_unlogged(tour(&running.context))?;
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

/// Adds what the user's configuration says about theme, glyphs, keys, motion, mouse, clipboard and notifications.
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

async fn tour(context: &AppContext) -> Result<(), Problem> {
    chapter(
        "Seven identities, with credential and token expiry",
        "aemkeys list",
    );
    let thresholds = context.configuration.thresholds;
    let rows = overview::rows(&context.read_index()?, context.clock.now(), &thresholds);
    say(&list::print(&rows))?;

    chapter(
        "A fresh token for wknd-prod, from its service credentials",
        "aemkeys exchange wknd-prod",
    );
    let index = context.read_index()?;
    let production = resolve::identity(&index, "wknd-prod")?;
    let fresh = exchange::refresh(context, production).await?;
    say(&format!(
        "wknd-prod: token {} exchanged and stored\n",
        fresh.facts.fingerprint
    ))?;

    chapter(
        "Test it on author, publish and preview",
        "aemkeys test wknd-prod",
    );
    let results = test_call::test(context, production, TestRequest::default()).await?;
    say(&test::words(&results))?;

    chapter(
        "A curl command without the token in it",
        "aemkeys copy wknd-prod --format curl",
    );
    let line = copy::prepare(context, production, TokenFormat::Curl).await?;
    say(&format!(
        "{}\n",
        String::from_utf8_lossy(line.text.expose())
    ))?;

    chapter(
        "A failed exchange and its cause",
        "aemkeys exchange brand-prod/read",
    );
    let refused = resolve::identity(&index, "brand-prod/read")?;
    match exchange::refresh(context, refused).await {
        Ok(_) => {
            return Err(Problem::new(
                Code::DemoFailed,
                "the expired credential was not refused",
            ));
        }
        Err(problem) => output::problem(&problem, None),
    }

    chapter(
        "Explain an error from another tool",
        "aemkeys explain 'Could not match JWT signature to any of the bindings'",
    );
    if let Ok(found) = explain::explain("Could not match JWT signature to any of the bindings") {
        say(&format!(
            "{}\n  why:  {}\n  next: {}\n",
            found.message,
            found.cause.unwrap_or_default(),
            found.next_step.unwrap_or_default().in_shell()
        ))?;
    }
    output::note("\nThat was the tour: nothing was stored, and nothing left this machine.");
    Ok(())
}

fn chapter(title: &str, command: &str) {
    output::note(&format!(
        "\n{}\n{} {command}",
        output::paint(Paint::Bold, title, Stream::Err),
        output::paint(Paint::Dim, "$", Stream::Err)
    ));
}

fn say(text: &str) -> Result<(), Problem> {
    output::answer(text.as_bytes())
}
