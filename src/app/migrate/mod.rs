//! State of both storages, and the migration of all secrets between them.

mod notes;
mod transfer;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::AppContext;
use super::bootstrap::{self, OpenOptions};
use super::context::off_thread;
use super::utc_time::UtcTime;
use crate::platform::configuration::StorageKind;
use crate::storage::{ItemName, PASSPHRASE_FILE, Storage, unlocked_until};
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
    /// Where the passphrase of the file comes from; `None` if aemkeys asks for it.
    pub passphrase: Option<String>,
    /// Whether a flag or variable chooses the storage in use.
    pub is_forced: bool,
}

impl Storages {
    /// Opens both, to move the secrets. Refuses a flag or variable, which would apply to one command only.
    pub fn open(options: &OpenOptions) -> Result<Self, Vec<Problem>> {
        if bootstrap::is_forced(options) {
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
        Self::of(options)
    }

    /// Opens both, to show them. Asks for no passphrase.
    pub fn open_to_look(options: &OpenOptions) -> Result<Self, Vec<Problem>> {
        Self::of(&OpenOptions {
            ask_passphrase: None,
            may_prompt: false,
            ..options.clone()
        })
    }

    fn of(options: &OpenOptions) -> Result<Self, Vec<Problem>> {
        let context = bootstrap::open(options)?;
        let (paths, configured) = bootstrap::places()?;
        let used = bootstrap::choose_storage(options.storage, &configured)?;
        // This process does not follow the configuration, because it changes it itself.
        let context = AppContext {
            storage: bootstrap::storage(used, options, &paths, &configured),
            ..context
        };
        Ok(Self {
            other: bootstrap::storage(other(used), options, &paths, &configured),
            configuration: paths.config.join("config.toml"),
            data_dir: paths.data,
            passphrase: bootstrap::passphrase_source(options, &configured).1,
            is_forced: bootstrap::is_forced(options),
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StorageSummary {
    /// The storage.
    pub storage: StorageKind,
    /// Whether new secrets are stored there.
    pub in_use: bool,
    /// The number of stored items; null if it was not opened.
    pub items: Option<usize>,
    /// The state in words.
    pub state: String,
    /// The passphrase file is open without its passphrase until then; null if it is not unlocked.
    pub unlocked_until: Option<UtcTime>,
    /// Where the passphrase comes from, such as a variable; null if aemkeys asks for it, or if there is none.
    pub passphrase: Option<String>,
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
            let shown = file.display().to_string();
            match off_thread(move || storage.items().map_err(|error| error.problem())).await {
                Err(problem)
                    if kind == StorageKind::File
                        && storages.passphrase.is_none()
                        && problem.code == Code::PassphraseNeeded =>
                {
                    (None, format!("file: {shown}"))
                }
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
        let is_file = kind == StorageKind::File;
        let unlocked = is_file.then(|| unlocked_until(&storages.passphrase_file()));
        found.push(StorageSummary {
            storage: kind,
            in_use,
            items,
            state,
            unlocked_until: unlocked.flatten().map(UtcTime),
            passphrase: storages.passphrase.clone().filter(|_| is_file),
        });
    }
    found
}

fn is_kept(item: &ItemName) -> bool {
    !matches!(item, ItemName::Probe(_))
}
