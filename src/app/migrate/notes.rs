//! `migration.json`: items left in a storage that is no longer in use, to be deleted after a crash.
//!
//! Written before the first copy and again before the commit. A note alone doesn't permit a deletion: items that the
//! storage in use needs are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::platform::atomic_file;
use crate::platform::configuration::StorageKind;
use crate::storage::ItemName;
use aemkeys_core::credential::{Code, Problem};

const VERSION: u32 = 1;

/// Names of items, for each storage.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Notes {
    version: u32,
    #[serde(default)]
    keyring: BTreeSet<String>,
    #[serde(default)]
    file: BTreeSet<String>,
    #[serde(skip)]
    path: PathBuf,
}

impl Notes {
    /// Reads the notes; a missing or unreadable file counts as empty.
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let mut notes = serde_json::from_slice::<Self>(&bytes)
            .ok()
            .filter(|notes| notes.version == VERSION)
            .unwrap_or_default();
        notes.path = path.to_path_buf();
        notes
    }

    pub fn items(&self, storage: StorageKind) -> Vec<ItemName> {
        let names = match storage {
            StorageKind::File => &self.file,
            StorageKind::Keyring | StorageKind::Memory => &self.keyring,
        };
        names
            .iter()
            .filter_map(|name| ItemName::parse(name))
            .collect()
    }

    /// Adds to the notes of earlier moves.
    pub fn add(&mut self, storage: StorageKind, items: &[ItemName]) -> Result<(), Problem> {
        self.of(storage)
            .extend(items.iter().map(ToString::to_string));
        self.write()
    }

    /// Removes the notes of a storage that is clean or in use.
    pub fn clear(&mut self, storage: StorageKind) -> Result<(), Problem> {
        self.of(storage).clear();
        self.write()
    }

    fn of(&mut self, storage: StorageKind) -> &mut BTreeSet<String> {
        match storage {
            StorageKind::File => &mut self.file,
            StorageKind::Keyring | StorageKind::Memory => &mut self.keyring,
        }
    }

    fn write(&mut self) -> Result<(), Problem> {
        if self.keyring.is_empty() && self.file.is_empty() {
            // Delete the empty file.
            let _ = std::fs::remove_file(&self.path);
            return Ok(());
        }
        self.version = VERSION;
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        atomic_file::replace(&self.path, &bytes).map_err(|error| {
            Problem::new(Code::StorageIo, "could not write the list of moved items")
                .cause(error.to_string())
                .next_step("check the permissions of the data folder and the free disk space")
        })
    }
}
