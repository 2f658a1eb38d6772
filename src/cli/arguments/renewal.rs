//! Arguments of `rotate`, `revisions`, `used-by` and `leaked`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct Rotate {
    /// ENV or ENV/LABEL
    pub name: String,
    /// The new file, or `-`; if omitted, continues with the new credential already stored
    pub file: Option<PathBuf>,
    /// Go back to the old credential; the newer one stays stored
    #[arg(long, conflicts_with_all = ["file", "discard"])]
    pub go_back: bool,
    /// Discard the new credential, which is stored but not yet tested
    #[arg(long, conflicts_with = "file")]
    pub discard: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[arg(long)]
    pub json: bool,
}

/// Flags that confirm a change without a prompt.
#[derive(Debug, Args)]
pub struct Consent {
    /// Without a terminal: repeat the environment's name to confirm
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,
    /// Do not ask; not enough for Production and untyped environments
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Revisions {
    /// ENV or ENV/LABEL
    pub name: String,
    /// Delete this revision here, by default the newest old one; revokes nothing at Adobe
    #[arg(long, value_name = "REVISION", num_args = 0..=1, default_missing_value = "0")]
    pub drop: Option<u32>,
    #[command(flatten)]
    pub consent: Consent,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct UsedBy {
    /// ENV or ENV/LABEL
    pub name: String,
    /// Add a server or program that uses the credential
    #[arg(long, value_name = "WHO")]
    pub add: Vec<String>,
    /// Remove a server or program from the list
    #[arg(long, value_name = "WHO")]
    pub remove: Vec<String>,
    /// Mark as having the new credential
    #[arg(long, value_name = "WHO")]
    pub tick: Vec<String>,
    /// Mark as not having the new credential
    #[arg(long, value_name = "WHO")]
    pub untick: Vec<String>,
    /// Mark all as having the new credential
    #[arg(long)]
    pub tick_all: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Leaked {
    /// ENV or ENV/LABEL, or the leaked file (`-` reads standard input)
    #[arg(value_name = "NAME|FILE")]
    pub what: String,
    /// Mark the credential as leaked; it can never become active again
    #[arg(long, group = "step")]
    pub mark: bool,
    /// Confirm with IMS that the old key was revoked in the console
    #[arg(long, group = "step")]
    pub revoked: bool,
    /// Invalidate the cached tokens of the leaked credential
    #[arg(long, group = "step")]
    pub invalidate: bool,
    /// Delete the old revision here
    #[arg(long, group = "step")]
    pub delete_old: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[arg(long)]
    pub json: bool,
}
