//! Detects that the storage file was replaced by an older copy of itself.
//!
//! Every write raises a number that is sealed inside the file; the state folder keeps the highest number seen. A file with
//! a lower one still opens, and its next write takes a number above all that were seen, so that nothing is lost. The
//! warning stays in the state folder, across processes and storages, until `aemkeys doctor --accept-older-storage`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StorageError;
use crate::platform::{atomic_file, lock};

const FILE: &str = "storage-generation.json";

/// The storage file was older than one seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// The number of the file that was found.
    pub found: u64,
    /// The highest number seen until then.
    pub expected: u64,
}

impl Rollback {
    /// How many writes are missing from the file that was found.
    pub fn missing_writes(&self) -> u64 {
        self.expected.saturating_sub(self.found)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    highest: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<Rollback>,
}

/// The record in the state folder.
#[derive(Clone, Debug)]
pub struct Generations {
    file: PathBuf,
    locks: PathBuf,
}

impl Generations {
    pub fn new(state: &Path) -> Self {
        Self {
            file: state.join(FILE),
            locks: state.join("locks"),
        }
    }

    /// Returns the warning that has not been accepted yet.
    pub fn rollback(&self) -> Option<Rollback> {
        self.read().rollback
    }

    /// Clears the warning.
    pub fn accept(&self) -> Result<(), StorageError> {
        self.update(lock::DEADLINE, |record| record.rollback = None)
    }

    /// Returns the highest number seen. Called before the file is read, so that a write in between only makes it newer.
    pub(super) fn highest(&self) -> u64 {
        self.read().highest
    }

    /// As [`Generations::record`], after reading. Waits for no lock: the next call notices it again.
    pub(super) fn notice(&self, highest: u64, found: u64) {
        self.compare(highest, found, Duration::ZERO);
    }

    /// Compares the file's number with the highest one known before it was read or written.
    pub(super) fn record(&self, highest: u64, found: u64) {
        self.compare(highest, found, lock::DEADLINE);
    }

    fn compare(&self, highest: u64, found: u64, deadline: Duration) {
        if found == highest {
            return;
        }
        let outcome = self.update(deadline, |record| {
            if found < highest {
                record.rollback.get_or_insert(Rollback {
                    found,
                    expected: highest,
                });
            }
            record.highest = record.highest.max(found);
        });
        if let Err(error) = outcome {
            tracing::warn!(%error, "could not record the generation of the storage");
        }
    }

    /// Reads the record. A missing or damaged one counts as empty.
    fn read(&self) -> Record {
        std::fs::read(&self.file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    fn update(
        &self,
        deadline: Duration,
        change: impl FnOnce(&mut Record),
    ) -> Result<(), StorageError> {
        let _lock = lock::acquire(&self.locks, "storage-generation", deadline)
            .map_err(|problem| StorageError::Lock(Box::new(problem)))?;
        let before = self.read();
        let mut record = before;
        change(&mut record);
        if record == before {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&record)
            .map_err(|_| StorageError::Other("could not serialise the generation".to_owned()))?;
        atomic_file::replace(&self.file, &bytes).map_err(StorageError::io(
            "could not record the generation of the storage",
        ))
    }
}
