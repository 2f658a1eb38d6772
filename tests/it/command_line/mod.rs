//! Does the real binary do its jobs, with Adobe's host names, as a person and as a script would use it?

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it measured"
)]

mod adding_again;
mod check;
mod children;
mod export_credential;
mod first_day;
mod guards;
mod guides;
mod hostile;
mod house_moving;
mod jobs;
mod leaked_keys;
mod leaks;
mod lookalikes;
mod memory;
mod other_environment;
mod processes;
mod renewal_on_screen;
mod rotation;
mod shell;
mod storage_file;
mod sudo;
mod tampered;
mod tampered_list;
mod terminal_output;
mod texts;
mod trust;
mod unavailable;
mod verdicts;
