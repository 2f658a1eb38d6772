//! Does the real binary do its jobs, with Adobe's host names, as a person and as a script would use it?

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it measured"
)]

mod check;
#[path = "../support/dashboard.rs"]
mod dashboard;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/elsewhere.rs"]
mod elsewhere;
mod first_day;
mod guards;
mod guides;
#[path = "../support/gzip_bomb.rs"]
mod gzip_bomb;
mod hand_on;
mod hostile;
#[path = "../support/hostile_texts.rs"]
mod hostile_texts;
mod house_moving;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/https_mock.rs"]
mod https_mock;
mod jobs;
mod leaks;
mod memory;
mod processes;
mod renewal_on_screen;
mod rotation;
mod sandbox;
mod shell;
mod texts;
mod trust;
mod unavailable;
