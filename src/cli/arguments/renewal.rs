//! What can be typed to renew a credential, and after a leak?

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct Rotate {
    /// ENV or ENV/LABEL
    pub name: String,
    /// The new file, or `-`; none goes on with the one that is stored beside the old
    pub file: Option<PathBuf>,
    /// Sign in with the old credential again; the newer one is kept beside it
    #[arg(long, conflicts_with_all = ["file", "discard"])]
    pub go_back: bool,
    /// Drop the new credential that is stored and not proven
    #[arg(long, conflicts_with = "file")]
    pub discard: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[arg(long)]
    pub json: bool,
}

/// How a change is confirmed where nobody can be asked.
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
    /// Drop this revision here, the newest old one if no number is given; at Adobe nothing is revoked
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
    /// A server or program that uses the credential
    #[arg(long, value_name = "WHO")]
    pub add: Vec<String>,
    /// It uses the credential no more
    #[arg(long, value_name = "WHO")]
    pub remove: Vec<String>,
    /// It has the new credential
    #[arg(long, value_name = "WHO")]
    pub tick: Vec<String>,
    /// It does not have the new credential after all
    #[arg(long, value_name = "WHO")]
    pub untick: Vec<String>,
    /// All have the new credential
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
    /// ENV or ENV/LABEL, or the file that got out (`-` reads standard input)
    #[arg(value_name = "NAME|FILE")]
    pub what: String,
    /// Mark it: it can never be switched back to
    #[arg(long, group = "step")]
    pub mark: bool,
    /// The old key is revoked in the console: asks IMS whether it is
    #[arg(long, group = "step")]
    pub revoked: bool,
    /// Invalidate the tokens we hold of it
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
