//! The answer of Cloud Manager, kept for an hour in the state folder. It contains no secret.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Account, AppContext, CloudEnvironment, Discovered, DiscoveredProgram, Program};
use crate::platform::atomic_file;
use aemkeys_core::credential::{Code, Fingerprint, Problem};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// 2,000 environments have about 2 MB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Raised when the format changes; another version is not read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    account: Account,
    asked_at: Timestamp,
    programs: Vec<(Program, Vec<CloudEnvironment>)>,
}

/// Returns `None` if there is no answer of the last hour.
pub fn read(context: &AppContext, account: &Account) -> Option<Discovered> {
    let path = path(context, account)?;
    let data = fs::symlink_metadata(&path).ok()?;
    if !data.is_file() || data.len() > MAX_BYTES {
        return None;
    }
    let kept: Kept = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    let age = context.clock.now().duration_since(kept.asked_at);
    let is_valid = kept.version == VERSION
        && kept.account == *account
        && (SignedDuration::ZERO..KEPT_FOR).contains(&age);
    is_valid.then(|| Discovered {
        account: kept.account,
        asked_at: kept.asked_at,
        is_kept: true,
        programs: kept
            .programs
            .into_iter()
            .map(|(program, environments)| DiscoveredProgram {
                program,
                environments: Ok(environments),
            })
            .collect(),
        warnings: Vec::new(),
    })
}

/// Keeps a complete answer. A partial one is forgotten, so that the next run asks again.
pub fn write(context: &AppContext, found: &Discovered) -> Result<(), Problem> {
    let Some(path) = path(context, &found.account) else {
        return Ok(());
    };
    let complete = found.programs.iter().map(|it| {
        let environments = it.environments.as_ref().ok()?;
        Some((it.program.clone(), environments.clone()))
    });
    let Some(programs) = complete.collect::<Option<Vec<_>>>() else {
        // If it can't be removed, it is read for at most an hour.
        let _ = fs::remove_file(&path);
        return Ok(());
    };
    let kept = Kept {
        version: VERSION,
        account: found.account.clone(),
        asked_at: found.asked_at,
        programs,
    };
    let bytes = serde_json::to_vec(&kept).unwrap_or_default();
    atomic_file::replace(&path, &bytes).map_err(|error| {
        let message = "could not keep the answer of Cloud Manager";
        Problem::new(Code::FileNotWritten, message).cause(error.to_string())
    })
}

/// Returns the file of this client and organisation; `None` in the demo.
fn path(context: &AppContext, account: &Account) -> Option<PathBuf> {
    let name = Fingerprint::of(format!("{}\n{}", account.client_id, account.org).as_bytes());
    let folder = context.state_dir.as_ref()?;
    Some(folder.join(format!("discover-{name}.json")))
}
