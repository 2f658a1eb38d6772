//! What is written to the log, and where? A rotating file in the state folder; no secret is ever passed to it.

use std::path::Path;

use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log; `AEMKEYS_LOG` sets the level, `info` by default. A log that cannot be written is done without.
pub fn start(state_dir: &Path) {
    let directory = state_dir.join("log");
    if super::atomic_file::make_private_directory(&directory).is_err() {
        return;
    }
    // Made here, so that it is no link and has the folder's owner; the library opens it to append.
    let today = directory.join(format!(
        "aemkeys.{}.log",
        jiff::Timestamp::now().strftime("%Y-%m-%d")
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
    // Only our own events: a library at trace level would write requests as they are on the wire.
    let ours = Targets::new().with_target("aemkeys", level_of(&level));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        // A full disk is told where it matters; the terminal may be the dashboard's.
        .log_internal_errors(false)
        .with_writer(std::sync::Mutex::new(file));
    // `Err`: a subscriber is set already, as in tests.
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
