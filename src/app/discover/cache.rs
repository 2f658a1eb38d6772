//! The answer of Cloud Manager, kept for an hour in the state folder. It contains no secret.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Account, AppContext, CloudEnvironment, Discovered, DiscoveredProgram, Program};
use crate::app::state_file;
use aemkeys_core::credential::{Fingerprint, Problem};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
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
    let kept: Option<Kept> = state_file::read(context, &file(account));
    let kept = kept?;
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
    let file = file(&found.account);
    let complete = found.programs.iter().map(|it| {
        let environments = it.environments.as_ref().ok()?;
        Some((it.program.clone(), environments.clone()))
    });
    let Some(programs) = complete.collect::<Option<Vec<_>>>() else {
        // If it can't be removed, it is read for at most an hour.
        if let Some(folder) = &context.state_dir {
            let _ = fs::remove_file(folder.join(file));
        }
        return Ok(());
    };
    let kept = Kept {
        version: VERSION,
        account: found.account.clone(),
        asked_at: found.asked_at,
        programs,
    };
    let message = "could not keep the answer of Cloud Manager";
    state_file::write(context, &file, &kept, message)
}

/// The file of this client and organisation.
fn file(account: &Account) -> String {
    let name = Fingerprint::of(format!("{}\n{}", account.client_id, account.org).as_bytes());
    format!("discover-{name}.json")
}
