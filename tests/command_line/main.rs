//! Does the real binary do its jobs, with Adobe's host names, as a person and as a script would use it?

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod guards;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/https_mock.rs"]
mod https_mock;
mod jobs;
mod leaks;
mod processes;
mod sandbox;
mod unavailable;
