//! What is written to the log, and where? A rotating file in the state folder; no secret is ever passed to it.

use std::path::Path;

use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts the log; `AEMKEYS_LOG` sets the level, `info` by default. A log that cannot be written is done without.
pub fn start(state_dir: &Path) {
    let directory = state_dir.join("log");
    if super::atomic_file::make_private_directory(&directory).is_err() {
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
    let level = std::env::var("AEMKEYS_LOG").unwrap_or_else(|_| "info".to_owned());
    // Only our own events: a library at trace level would write requests as they are on the wire.
    let filter = EnvFilter::new(format!("off,aemkeys={}", one_of_the_levels(&level)));
    // `Err`: a subscriber is set already, as in tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(std::sync::Mutex::new(file))
        .try_init();
}

fn one_of_the_levels(text: &str) -> &str {
    match text {
        "error" | "warn" | "debug" | "trace" | "off" => text,
        _ => "info",
    }
}
