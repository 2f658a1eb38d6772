//! The integration tests that `cargo test` runs: one binary, a module for each suite. Tests that need a keyring, an X server or
//! minutes are in `tests/slow`.

mod aem_verdicts;
mod allowed_hosts;
mod architecture;
mod bad_input;
mod book;
mod command_line;
mod demo;
mod explain;
mod http_environment;
mod http_hostile;
mod ims_exchange;
mod ims_refusals;
mod independent_parsers;
mod linear;
mod panics;
mod readme;
mod redirects;
mod remedies;
mod rotation;
mod saving;
mod serve;
mod store_conformance;
mod tui_dashboard;
mod tui_terminal;
mod windows;

#[path = "../support"]
mod support {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]

    #[cfg(target_os = "linux")]
    pub mod adobe;
    #[cfg(target_os = "linux")]
    pub mod cheap_storage;
    pub mod confirmed;
    #[cfg(target_os = "linux")]
    pub mod dashboard;
    pub mod elsewhere;
    pub mod gzip_bomb;
    pub mod hostile_texts;
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "tests on Linux use the rest")
    )]
    pub mod https_mock;
    #[cfg(target_os = "linux")]
    pub mod json_schema;
    #[cfg(target_os = "linux")]
    pub mod markdown;
    pub mod no_session;
    #[cfg(target_os = "linux")]
    pub mod sandbox;
    #[cfg_attr(
        target_os = "linux",
        expect(dead_code, reason = "the keyring is tried in tests/slow")
    )]
    pub mod store_promises;
}
