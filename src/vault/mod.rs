//! Where secrets live: one trait, three stores, one non-secret index.
//!
//! The keyring decides what exists; the index is a cache that lets `list`, `check` and the first frame work without it.
//! Blocking, with deadlines: async callers use a blocking thread.

pub mod envelope;
pub mod error;
pub mod index;
pub mod items;
pub mod keyring;
pub mod memory;
pub mod passphrase_file;
pub mod reconcile;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod secret_service;
pub mod store;
pub mod worker;

pub use error::VaultError;
pub use index::{EnvironmentEntry, IdentityEntry, Index, IndexFile, SecretState, TierRecord};
pub use items::{CredentialItem, ItemName, TokenContext, TokenItem, TokenOrigin};
pub use store::Store;

use std::time::Duration;

use uuid::Uuid;

use crate::environment::Environment;
use crate::platform::configuration::Storage;

/// How long a keyring call may take without an answer.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// How long it may take while a person is being asked to unlock it.
pub const PROMPT_DEADLINE: Duration = Duration::from_secs(60);

/// The typed items over one store. Cheap to clone; every call is blocking and has a deadline.
#[derive(Clone)]
pub struct Vault {
    worker: std::sync::Arc<worker::Worker>,
}

impl Vault {
    /// `may_prompt`: a person is there to unlock the keyring.
    pub fn open(_storage: Storage, _may_prompt: bool) -> Self {
        todo!()
    }

    /// For tests and the demo: any store.
    pub fn over(_store: Box<dyn Store>) -> Self {
        todo!()
    }

    /// As the dashboard's header says it: `Secret Service`, `passphrase file`, `memory`.
    pub fn storage_name(&self) -> &'static str {
        todo!()
    }

    pub fn environment(&self, _id: Uuid) -> Result<Option<Environment>, VaultError> {
        todo!()
    }

    /// Writes, reads back and compares.
    pub fn put_environment(&self, _environment: &Environment) -> Result<(), VaultError> {
        todo!()
    }

    /// The active revision: the highest that is neither candidate nor leaked.
    pub fn active_credential(&self, _identity: Uuid) -> Result<Option<CredentialItem>, VaultError> {
        todo!()
    }

    pub fn credential(
        &self,
        _identity: Uuid,
        _revision: u32,
    ) -> Result<Option<CredentialItem>, VaultError> {
        todo!()
    }

    /// All revision numbers stored for the identity, ascending.
    pub fn revisions(&self, _identity: Uuid) -> Result<Vec<u32>, VaultError> {
        todo!()
    }

    pub fn put_credential(
        &self,
        _identity: Uuid,
        _item: &CredentialItem,
    ) -> Result<(), VaultError> {
        todo!()
    }

    pub fn token(&self, _identity: Uuid) -> Result<Option<TokenItem>, VaultError> {
        todo!()
    }

    pub fn put_token(&self, _identity: Uuid, _item: &TokenItem) -> Result<(), VaultError> {
        todo!()
    }

    /// Deletes and looks again; `Ok` only when it is gone. True when there was something.
    pub fn delete(&self, _name: &ItemName) -> Result<bool, VaultError> {
        todo!()
    }

    /// Every item of ours in the store (name of our form; the content is not read).
    pub fn items(&self) -> Result<Vec<ItemName>, VaultError> {
        todo!()
    }

    /// Write, read, delete of a probe item: on the first `add` into a store and in `doctor`.
    pub fn probe(&self) -> Result<(), VaultError> {
        todo!()
    }
}
