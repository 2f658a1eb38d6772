//! State of both storages, and the migration of all secrets between them.

mod notes;
mod transfer;

use std::path::PathBuf;

use serde::Serialize;

use super::AppContext;
use super::bootstrap::{self, OpenOptions};
use super::context::off_thread;
use crate::platform::configuration::StorageKind;
use crate::storage::{ItemName, PASSPHRASE_FILE, Storage};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Problem};

pub use transfer::{Migrated, migrate_to};

/// The storage in use, the other one, and their folders.
pub struct Storages {
    pub context: AppContext,
    pub used: StorageKind,
    pub other: Storage,
    /// Path of `config.toml`, which names the storage in use.
    pub configuration: PathBuf,
    pub data_dir: PathBuf,
}

impl Storages {
    /// Opens both. Refuses a flag or variable, which would apply to one command only.
    pub fn open(options: &OpenOptions) -> Result<Self, Vec<Problem>> {
        if options.storage.is_some() || std::env::var_os("AEMKEYS_STORAGE").is_some() {
            return Err(vec![
                Problem::new(
                    Code::Usage,
                    "the storage to move from must be set in config.toml",
                )
                .cause(
                    "`--storage` and `AEMKEYS_STORAGE` select another storage for one command only",
                )
                .next_step("omit the flag and unset the variable"),
            ]);
        }
        let context = bootstrap::open(options)?;
        let (paths, configured) = bootstrap::places()?;
        let used = configured.storage.unwrap_or_default();
        // This process does not follow the configuration, because it changes it itself.
        let context = AppContext {
            storage: bootstrap::storage(used, options, &paths, &configured),
            ..context
        };
        Ok(Self {
            other: bootstrap::storage(other(used), options, &paths, &configured),
            configuration: paths.config.join("config.toml"),
            data_dir: paths.data,
            used,
            context,
        })
    }

    pub fn other(&self) -> StorageKind {
        other(self.used)
    }

    fn passphrase_file(&self) -> PathBuf {
        self.data_dir.join(PASSPHRASE_FILE)
    }
}

fn other(storage: StorageKind) -> StorageKind {
    match storage {
        StorageKind::File => StorageKind::Keyring,
        StorageKind::Keyring | StorageKind::Memory => StorageKind::File,
    }
}

/// A storage, as `aemkeys storage` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StorageSummary {
    pub storage: StorageKind,
    pub in_use: bool,
    /// `None` if it was not opened.
    pub items: Option<usize>,
    /// Description for a person.
    pub state: String,
}

/// Returns the state of both, the one in use first, without asking for the passphrase of an unused file.
pub async fn look(storages: &Storages) -> Vec<StorageSummary> {
    let mut found = Vec::new();
    for (kind, storage, in_use) in [
        (storages.used, storages.context.storage.clone(), true),
        (storages.other(), storages.other.clone(), false),
    ] {
        let file = storages.passphrase_file();
        let (items, state) = if kind == StorageKind::File && !(in_use && file.exists()) {
            let state = if file.exists() {
                format!("file: {}", file.display())
            } else {
                "no file yet; it is created with the first secret".to_owned()
            };
            (None, state)
        } else {
            match off_thread(move || storage.items().map_err(|error| error.problem())).await {
                Ok(items) => {
                    let count = items.iter().filter(|item| is_kept(item)).count();
                    (
                        Some(count),
                        format!("available, {}", counted(count, "item")),
                    )
                }
                Err(problem) => (None, problem.to_string()),
            }
        };
        found.push(StorageSummary {
            storage: kind,
            in_use,
            items,
            state,
        });
    }
    found
}

fn is_kept(item: &ItemName) -> bool {
    !matches!(item, ItemName::Probe(_))
}
