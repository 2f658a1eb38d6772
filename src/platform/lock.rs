//! How do two processes keep out of each other's way? Advisory file locks with a deadline and the holder's pid.

use std::path::Path;
use std::time::Duration;

use crate::credential::Problem;

/// How long a lock is waited for: one exchange (30 s) and a little.
pub const DEADLINE: Duration = Duration::from_secs(35);

/// Released on drop.
#[derive(Debug)]
pub struct Lock {
    _file: std::fs::File,
}

/// Polls until the lock is free or the deadline passes; then the problem names the holder's pid. Blocking.
pub fn acquire(_directory: &Path, _name: &str, _deadline: Duration) -> Result<Lock, Problem> {
    todo!()
}
