//! `aemkeys version`: prints the version, and what it was built from and for.

use clap::Args;
use serde_json::json;

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

pub fn run(_: &Globals, _: VersionArgs) -> Result<u8, Problem> {
    let commit = COMMIT.map(|commit| format!(", {}", &commit[..12.min(commit.len())]));
    let words = format!("aemkeys {VERSION} ({TARGET}{})", commit.unwrap_or_default());
    document::done(
        &words,
        &json!({"aemkeys": VERSION, "commit": COMMIT, "target": TARGET}),
    )
}
