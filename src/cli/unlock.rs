//! `aemkeys unlock`: keeps the key of the passphrase file, so that several commands ask once.

use super::block_on::block_on;
use super::document;
use super::globals::Globals;
use super::options::duration;
use crate::app::unlock;
use crate::app::utc_time::UtcTime;
use aemkeys_core::credential::Problem;
use aemkeys_core::time;
use clap::Args;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Ask for the passphrase once, then open the passphrase file without it for a while (Linux)
///
/// Keeps the key of the file in the kernel's keyring of this user. For the time given, no command or dashboard of this user
/// asks, in any terminal, in scripts and in cron jobs. Every program of this user could read the key.
#[derive(Debug, Args)]
#[command(hide = cfg!(not(target_os = "linux")), after_help = "Examples:
  aemkeys unlock
  aemkeys unlock --for 30m")]
pub struct UnlockArgs {
    /// For how long: from `1m` to `24h`
    #[arg(long = "for", value_name = "TIME", default_value = "8h", value_parser = duration)]
    time: SignedDuration,
}

/// Until when the passphrase file is unlocked.
#[derive(Serialize, JsonSchema)]
pub struct UnlockDocument {
    /// No command asks for the passphrase until then.
    unlocked_until: UtcTime,
}

pub fn run(globals: &Globals, args: UnlockArgs) -> Result<u8, Problem> {
    let context = globals.open()?;
    let until = block_on(unlock::unlock(&context, args.time))?;
    let shown = time::near(until, context.clock.now(), &TimeZone::system());
    document::done(
        &format!("unlocked until {shown}"),
        UnlockDocument {
            unlocked_until: UtcTime(until),
        },
    )
}
