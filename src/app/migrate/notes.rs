//! What is left behind in a storage that is not in use? `moving.json`, so that whoever comes after a crash can delete it.
//!
//! Written before anything is copied and again before the commit. A note is a wish to delete, never a leave to: what the
//! storage in use needs stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::credential::{Code, Problem};
use crate::platform::atomic_file;
use crate::platform::configuration::Storage;
use crate::vault::ItemName;

const VERSION: u32 = 2;

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

/// As version 1 wrote it: one move, and where it came from.
#[derive(Deserialize)]
struct First {
    version: u32,
    from: Storage,
    items: Vec<String>,
}

impl Notes {
    /// None, or none that can be read, is none.
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let mut notes = match serde_json::from_slice::<First>(&bytes) {
            Ok(first) if first.version == 1 => {
                let mut notes = Self::default();
                notes.of(first.from).extend(first.items);
                notes
            }
            _ => serde_json::from_slice::<Self>(&bytes)
                .ok()
                .filter(|notes| notes.version == VERSION)
                .unwrap_or_default(),
        };
        notes.path = path.to_path_buf();
        notes
    }

    pub fn items(&self, storage: Storage) -> Vec<ItemName> {
        let names = match storage {
            Storage::File => &self.file,
            Storage::Keyring | Storage::Memory => &self.keyring,
        };
        names
            .iter()
            .filter_map(|name| ItemName::parse(name))
            .collect()
    }

    /// Beside what an earlier move has left.
    pub fn add(&mut self, storage: Storage, items: &[ItemName]) -> Result<(), Problem> {
        self.of(storage)
            .extend(items.iter().map(ToString::to_string));
        self.write()
    }

    /// Nothing is left there, or it is in use.
    pub fn clear(&mut self, storage: Storage) -> Result<(), Problem> {
        self.of(storage).clear();
        self.write()
    }

    fn of(&mut self, storage: Storage) -> &mut BTreeSet<String> {
        match storage {
            Storage::File => &mut self.file,
            Storage::Keyring | Storage::Memory => &mut self.keyring,
        }
    }

    fn write(&mut self) -> Result<(), Problem> {
        if self.keyring.is_empty() && self.file.is_empty() {
            // It would only say that there is nothing to say.
            let _ = std::fs::remove_file(&self.path);
            return Ok(());
        }
        self.version = VERSION;
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        atomic_file::replace(&self.path, &bytes).map_err(|error| {
            Problem::new(
                Code::StorageIo,
                "the list of what is moved could not be written",
            )
            .cause(error.to_string())
            .next_step("check the permissions of the data folder and the disk's room")
        })
    }
}
