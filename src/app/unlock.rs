//! Keeps the passphrase file open without its passphrase, see [`Storage::unlock`].

use jiff::{SignedDuration, Timestamp};

use super::AppContext;
use crate::platform::configuration::StorageKind;
use crate::storage::{PASSPHRASE_FILE, lock_file, unlocked_until};
use aemkeys_core::credential::{Code, Problem};

const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Asks for the passphrase, and keeps the key for this long. Returns the end.
pub async fn unlock(context: &AppContext, time: SignedDuration) -> Result<Timestamp, Problem> {
    if !(SHORTEST..=LONGEST).contains(&time) {
        return Err(Problem::new(Code::Usage, "invalid value for --for")
            .cause("the file can be unlocked for 1 minute to 24 hours")
            .next_step("write a time such as 30m or 8h"));
    }
    let until = context.clock.now() + time;
    context
        .storage(move |storage| storage.unlock(until))
        .await?;
    Ok(until)
}

/// Deletes the key, also if another storage is in use by now. Returns whether there was one.
pub fn lock(context: &AppContext) -> Result<bool, Problem> {
    match file(context) {
        Some(file) => lock_file(&file).map_err(|error| error.problem()),
        None => Ok(false),
    }
}

/// Returns the end of [`unlock`] if the passphrase file is in use and unlocked.
pub fn until(context: &AppContext) -> Option<Timestamp> {
    let is_file = context.storage.kind() == StorageKind::File;
    unlocked_until(&file(context).filter(|_| is_file)?)
}

fn file(context: &AppContext) -> Option<std::path::PathBuf> {
    Some(context.index.path()?.with_file_name(PASSPHRASE_FILE))
}
