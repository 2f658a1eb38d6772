//! The integration tests that need a real keyring, clipboard or full disk, or minutes: `cargo test --test slow`.

mod clipboard;
mod completions;
mod crash;
#[cfg(target_os = "linux")]
mod day_job;
#[cfg(target_os = "linux")]
mod gnome_keyring;
#[cfg(target_os = "linux")]
mod keepassxc;
#[cfg(target_os = "linux")]
mod kwallet;
mod live_dashboard;
mod prompts;
mod real_keyring;
mod storage_faults;

#[path = "../support"]
mod support {
    #![cfg_attr(
        target_os = "linux",
        expect(
            clippy::unwrap_used,
            clippy::print_stdout,
            reason = "a test may fail, and says what it skips"
        ),
        expect(dead_code, reason = "`tests/it` uses the rest")
    )]

    #[cfg(target_os = "linux")]
    pub mod adobe;
    #[cfg(target_os = "linux")]
    pub mod cheap_storage;
    #[cfg(target_os = "linux")]
    pub mod clipboards;
    pub mod confirmed;
    #[cfg(target_os = "linux")]
    pub mod dashboard;
    #[cfg(target_os = "linux")]
    pub mod https_mock;
    #[cfg(target_os = "linux")]
    pub mod json_schema;
    #[cfg(target_os = "linux")]
    pub mod keyring_desktop;
    #[cfg(target_os = "linux")]
    pub mod keyring_session;
    #[cfg(target_os = "linux")]
    pub mod markdown;
    #[cfg(target_os = "linux")]
    pub mod no_session;
    #[cfg(target_os = "linux")]
    pub mod sandbox;
    #[cfg(target_os = "linux")]
    pub mod store_promises;
}
