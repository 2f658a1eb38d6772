//! The real binary with Adobe's host names, used like a person and like a script.

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
mod config;
mod discover;
mod env_files;
mod export_credential;
mod export_import;
mod file_names;
mod first_day;
mod forms;
mod guards;
mod guides;
mod hostile;
mod jobs;
mod json;
mod leaked_keys;
mod leaks;
mod lookalikes;
mod masking;
mod memory;
mod notices;
mod other_environment;
#[cfg(unix)]
mod passphrases;
mod processes;
mod projects;
mod rotation;
mod rotation_in_dashboard;
mod shell;
mod storage_file;
mod sudo;
mod suggestions;
mod tampered;
mod tampered_list;
mod terminal_output;
mod texts;
mod trust;
mod unavailable;
mod verdicts;
