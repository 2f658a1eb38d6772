//! `aemkeys version`: prints the version, and what it was built from and for.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::document;
use super::globals::Globals;
use aemkeys_core::credential::Problem;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = env!("AEMKEYS_TARGET");
/// Set only in a release.
const COMMIT: Option<&str> = option_env!("AEMKEYS_COMMIT");

/// Print the version, the commit and the target
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys version --json")]
pub struct VersionArgs {}

/// The version of aemkeys.
#[derive(Serialize, JsonSchema)]
pub struct VersionDocument {
    /// The version.
    aemkeys: &'static str,
    /// The commit that it was built from; null outside a release.
    commit: Option<&'static str>,
    /// The platform that it was built for.
    target: &'static str,
}

pub fn run(_: &Globals, _: VersionArgs) -> Result<u8, Problem> {
    let commit = COMMIT.map(|commit| format!(", {}", &commit[..12.min(commit.len())]));
    let words = format!("aemkeys {VERSION} ({TARGET}{})", commit.unwrap_or_default());
    let answer = VersionDocument {
        aemkeys: VERSION,
        commit: COMMIT,
        target: TARGET,
    };
    document::done(&words, answer)
}
