//! The integration tests that need a real keyring, clipboard or full disk, or minutes: `cargo test --test slow`.

mod clipboard;
mod completions;
mod crash;
#[cfg(target_os = "linux")]
mod gnome_keyring;
mod live_dashboard;
mod real_keyring;
mod storage_faults;

#[cfg(target_os = "linux")]
#[path = "../support"]
mod support {
    #![expect(
        clippy::unwrap_used,
        clippy::print_stdout,
        reason = "a test may fail, and says what it skips"
    )]
    #![expect(dead_code, reason = "`tests/it` uses the rest")]

    pub mod cheap_storage;
    pub mod clipboards;
    pub mod confirmed;
    pub mod dashboard;
    pub mod https_mock;
    pub mod keyring_session;
    pub mod no_session;
    pub mod sandbox;
    pub mod store_promises;
}
