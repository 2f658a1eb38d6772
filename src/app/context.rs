//! The context of all use cases: storage, index, network, clock and folders.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::ownership;

use crate::platform::input_file::read_credential;
use crate::platform::lock::{self, Lock};
use crate::platform::{Clock, Configuration};
use crate::storage::reconcile;
use crate::storage::{Index, IndexFile, Owner, Storage, StorageError, TokenItem};
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::environment::Environment;
use aemkeys_core::http::Http;

/// The context of all use cases. Cheap to clone; one per process.
#[derive(Clone)]
pub struct AppContext {
    pub storage: Storage,
    pub index: IndexFile,
    pub http: Http,
    pub clock: Clock,
    pub configuration: Arc<Configuration>,
    /// Folder of locks, activity log and log; `None` for the demo.
    pub state_dir: Option<PathBuf>,
    /// Files of the demo by name; they exist only in memory.
    pub samples: Arc<Vec<(String, Secret)>>,
}

impl AppContext {
    /// Reads a credential file: a demo file by its name, else a file.
    pub fn read_credential(&self, path: &Path) -> Result<Secret, Problem> {
        let named = |(name, _): &&(String, Secret)| Path::new(name) == path;
        match self.samples.iter().find(named) {
            Some((_, sample)) => Ok(sample.duplicate()),
            None => read_credential(path),
        }
    }

    /// Runs a blocking storage call off the async thread.
    pub async fn storage<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Storage) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Problem> {
        let storage = self.storage.clone();
        off_thread(move || call(&storage).map_err(|error| error.problem())).await
    }

    /// Reads an environment from the storage.
    pub(super) async fn environment(&self, id: Uuid) -> Result<Environment, Problem> {
        let stored = self.storage(move |storage| storage.environment(id)).await?;
        stored.ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                "the storage does not contain this environment",
            )
            .cause("it is in the list, but its item was removed from the storage")
            .next_step(guidance![
                "to remove it, ",
                NextStep::Remove,
                "; then add it again"
            ])
        })
    }

    /// Returns the cached token. A damaged one counts as missing.
    pub async fn token(&self, identity: Uuid) -> Result<Option<TokenItem>, Problem> {
        self.token_listed_in(self.read_index()?.as_ref(), identity)
            .await
    }

    /// Like [`AppContext::token`], for callers that have read the index.
    pub async fn token_listed_in(
        &self,
        index: &Index,
        identity: Uuid,
    ) -> Result<Option<TokenItem>, Problem> {
        let item = self
            .storage(move |storage| storage.usable_token(identity))
            .await?;
        if let Some(item) = &item {
            ownership::check_listed(index, identity, item)?;
        }
        Ok(item)
    }

    /// Reads the index without contacting the storage. Moves a damaged list aside.
    pub fn read_index(&self) -> Result<Arc<Index>, Problem> {
        match self.index.read() {
            Err(StorageError::Damaged { .. }) => Err(self.set_damaged_index_aside()),
            outcome => outcome.map_err(|error| error.problem()),
        }
    }

    /// Like [`AppContext::read_index`], but leaves a damaged list where it is.
    pub fn look_at_index(&self) -> Result<Arc<Index>, Problem> {
        match self.index.read() {
            Err(StorageError::Damaged { .. }) => Err(damaged_list("index.json is not valid")),
            outcome => outcome.map_err(|error| error.problem()),
        }
    }

    /// Returns the number of damaged lists that were moved aside.
    pub fn damaged_lists(&self) -> usize {
        let folder = self.index.path().and_then(std::path::Path::parent);
        let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
        let names = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|it| it.file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("index.json.damaged-"))
            .count()
    }

    /// Warns once; the next command starts with a new list, which `doctor` fills from the storage.
    fn set_damaged_index_aside(&self) -> Problem {
        match self.index.update(|_| ()) {
            Ok(()) => Problem::new(Code::ItemDamaged, "the list is damaged and was moved aside")
                .cause("index.json is not valid; it is kept next to the new one")
                .next_step(guidance![
                    "to rebuild the list from the storage, ",
                    NextStep::Doctor
                ]),
            Err(error) => error.problem(),
        }
    }

    /// Reads, changes and writes the index under its lock, off the async thread, because taking the lock may block.
    pub async fn update_index<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Index) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let index = self.index.clone();
        off_thread(move || index.update(change).map_err(|error| error.problem())).await
    }

    /// Takes the lock `name`, which excludes other processes until it is dropped. `None` for the demo.
    ///
    /// Lock order: `add`, an identity, the index (which the index file takes itself).
    pub async fn lock(&self, name: String) -> Result<Option<Lock>, Problem> {
        let Some(state_dir) = &self.state_dir else {
            return Ok(None);
        };
        let directory = state_dir.join("locks");
        off_thread(move || lock::acquire(&directory, &name, lock::DEADLINE).map(Some)).await
    }
}

impl AppContext {
    /// Takes the lock for changes to environments, and first cleans up interrupted changes.
    pub async fn lock_for_change(&self) -> Result<Option<Lock>, Problem> {
        let lock = self.lock("add".to_owned()).await?;
        self.clear_tombstones().await?;
        Ok(lock)
    }

    /// Cleans up interrupted changes, and fills an index that was lost. Requires the lock, because another process may be
    /// working on them.
    pub async fn clear_tombstones(&self) -> Result<(), Problem> {
        let index = self.read_index()?;
        if index.tombstones.is_empty() && index.generation > 0 {
            return Ok(());
        }
        let file = self.index.clone();
        self.storage(move |storage| reconcile(storage, &file).map(|_| ()))
            .await
    }

    /// Adds tombstones before a write or deletion, so that the next change after a crash checks these items.
    pub async fn add_tombstones(&self, owners: Vec<Owner>) -> Result<(), Problem> {
        self.update_index(move |index| index.add_tombstones(&owners))
            .await
    }
}

/// The error for a damaged list that was left where it is.
pub fn damaged_list(cause: &str) -> Problem {
    Problem::new(Code::ItemDamaged, "the list is damaged")
        .cause(cause)
        .next_step(guidance![
            "nothing stored is lost; to rebuild it from the storage, ",
            NextStep::Doctor
        ])
}

/// Runs blocking work off the async threads.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(
            Problem::new(Code::Internal, "a storage thread ended unexpectedly").next_step(
                guidance![
                    "try again; if it happens again, report the log file; to see its path, ",
                    NextStep::Doctor
                ],
            ),
        ),
    }
}
