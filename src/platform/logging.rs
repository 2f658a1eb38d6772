//! The log: a rotating file in the state directory. Secrets are never passed to it.

use std::path::Path;

use aemkeys_core::time;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. `AEMKEYS_LOG` sets the level, `info` by default. Does nothing if the log cannot be written.
pub fn start(state_dir: &Path) {
    let directory = state_dir.join("log");
    if super::atomic_file::make_private_directory(&directory).is_err() {
        return;
    }
    // Created here, so that it is not a link and gets the directory's owner; the library opens it to append.
    let today = directory.join(format!(
        "aemkeys.{}.log",
        time::file_date(jiff::Timestamp::now())
    ));
    if super::ownership::open_or_create(&today, &directory).is_err() {
        return;
    }
    let Ok(file) = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("aemkeys")
        .filename_suffix("log")
        .max_log_files(7)
        .build(&directory)
    else {
        return;
    };
    let level = std::env::var("AEMKEYS_LOG").unwrap_or_default();
    // Only events of aemkeys: a library at trace level would log requests with their secrets.
    let ours = Targets::new().with_target("aemkeys", level_of(&level));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        // Not to standard error, where the dashboard may be running.
        .log_internal_errors(false)
        .with_writer(std::sync::Mutex::new(file));
    // Fails if a subscriber is set already, as in tests.
    let _ = tracing_subscriber::registry()
        .with(ours)
        .with(lines)
        .try_init();
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
