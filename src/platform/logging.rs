//! The log: a rotating file in the state directory. Secrets are never passed to it.

use std::path::Path;
use std::sync::Mutex;

use aemkeys_core::time;
use tracing_appender::rolling::{Builder, RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. `AEMKEYS_LOG` sets the level of the file, `info` by default. There is no file if it cannot be written.
/// `to_stderr`: also writes requests to standard error.
pub fn start(state_dir: Option<&Path>, to_stderr: bool) {
    let level = std::env::var("AEMKEYS_LOG").unwrap_or_default();
    let file = state_dir.and_then(open).map(|file| {
        lines()
            .with_ansi(false)
            .with_writer(Mutex::new(file))
            .with_filter(only_ours(level_of(&level)))
    });
    let stderr = to_stderr.then(|| {
        lines()
            .with_ansi(false)
            .with_target(false)
            .with_level(false)
            .without_time()
            .with_writer(std::io::stderr)
            .with_filter(only_ours(LevelFilter::DEBUG))
    });
    // Fails if a subscriber is set already, as in tests.
    let _ = tracing_subscriber::registry()
        .with(file)
        .with(stderr)
        .try_init();
}

/// Only events of aemkeys: a library at trace level would log requests with their secrets.
fn only_ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("aemkeys", level)
}

fn lines<S>() -> fmt::Layer<S> {
    // Not to standard error, where the dashboard may be running.
    fmt::layer().log_internal_errors(false)
}

/// Opens today's file.
fn open(state_dir: &Path) -> Option<RollingFileAppender> {
    let directory = state_dir.join("log");
    super::atomic_file::make_private_directory(&directory).ok()?;
    // Created here, so that it is not a link and gets the directory's owner; the library opens it to append.
    let today = directory.join(format!(
        "aemkeys.{}.log",
        time::file_date(jiff::Timestamp::now())
    ));
    super::ownership::open_or_create(&today, &directory).ok()?;
    Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("aemkeys")
        .filename_suffix("log")
        .max_log_files(7)
        .build(&directory)
        .ok()
}

fn level_of(text: &str) -> LevelFilter {
    match text {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => LevelFilter::INFO,
    }
}
