//! Storage of secrets: one trait, its stores, and an index without secrets.
//!
//! The store decides what exists. The index is a cache, with which `list`, `check` and the first frame work without the
//! store. Calls block, with deadlines: async callers use a blocking thread.

mod backend;
mod bundle;
mod envelope;
mod error;
mod generation;
mod index;
mod index_file;
mod items;
mod leaked_keys;
mod memory;
#[cfg(any(windows, target_os = "macos"))]
mod native;
mod new_passphrase;
mod passphrase_broker;
mod passphrase_file;
pub mod reconcile;
pub mod revisions;
mod sealed;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod storage_watch;
pub mod tombstones;
mod transfer;
mod worker;

pub use backend::{Backend, StorageStatus};
pub use bundle::{BUNDLE_PROMPTS, Bundle};
pub use error::StorageError;
pub use generation::{Generations, Rollback};
pub use index::{EnvironmentEntry, IdentityEntry, Index, SecretState, TierRecord};
pub use index_file::{IndexFile, Names};
pub use items::{CredentialItem, ItemName, Owner, TokenContext, TokenItem, TokenOrigin};
pub use memory::Memory;
pub use new_passphrase::RULE as PASSPHRASE_RULE;
pub use passphrase_broker::PassphraseBroker;
pub use passphrase_file::{PassphraseSource, Prompts, read_passphrase};
pub use revisions::{Phase, Revision, RevisionState, Rotation};

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use uuid::Uuid;
use worker::Worker;
pub use worker::{BackendFactory, Wait};

use crate::platform::configuration::StorageKind;
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Environment, allow_list};

/// The deadline of a call.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// The deadline of a call while the user is being asked to unlock the store.
pub const PROMPT_DEADLINE: Duration = Duration::from_mins(1);

/// The name of the passphrase file in the data folder.
pub const PASSPHRASE_FILE: &str = "secrets.aemkeys";

/// The storage to use, with its parameters.
pub struct StorageOptions {
    pub storage: StorageKind,
    /// The user can be asked to unlock the keyring.
    pub may_prompt: bool,
    /// The folder of the passphrase file.
    pub data_dir: PathBuf,
    /// The folder of its lock and of the record of its generations.
    pub state_dir: PathBuf,
    pub passphrase: PassphraseSource,
}

/// The typed items over one store. Cheap to clone; every call is blocking and has a deadline.
#[derive(Clone)]
pub struct Storage {
    worker: Arc<Worker>,
    broker: Arc<PassphraseBroker>,
    watch: storage_watch::Shared,
}

/// Returns the backend for these options.
fn backend_for(options: StorageOptions, broker: &Arc<PassphraseBroker>) -> BackendFactory {
    match options.storage {
        StorageKind::Keyring => keyring(options.may_prompt),
        StorageKind::Memory => once("memory", Box::new(Memory::default())),
        StorageKind::File => {
            let file = options.data_dir.join(PASSPHRASE_FILE);
            let state = options.state_dir;
            let (source, broker) = (options.passphrase, broker.clone());
            BackendFactory {
                name: "passphrase file",
                make: Arc::new(move |prompting| {
                    let store = passphrase_file::PassphraseFile::open(
                        &file, &state, &source, &broker, &prompting,
                    )?;
                    Ok(Box::new(store) as Box<dyn Backend>)
                }),
            }
        }
    }
}

fn once(name: &'static str, store: Box<dyn Backend>) -> BackendFactory {
    let store = Mutex::new(Some(store));
    BackendFactory {
        name,
        make: Arc::new(move |_| {
            store
                .lock()
                .ok()
                .and_then(|mut store| store.take())
                .ok_or_else(|| StorageError::Other("the store is closed".to_owned()))
        }),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn keyring(may_prompt: bool) -> BackendFactory {
    BackendFactory {
        name: "Secret Service",
        make: Arc::new(move |prompting| {
            Ok(Box::new(secret_service::SecretServiceBackend::new(
                may_prompt, prompting,
            )) as Box<dyn Backend>)
        }),
    }
}

#[cfg(any(windows, target_os = "macos"))]
fn keyring(_: bool) -> BackendFactory {
    BackendFactory {
        name: native::NAME,
        make: Arc::new(|_| Ok(Box::new(native::NativeBackend::new()?) as Box<dyn Backend>)),
    }
}

impl Storage {
    /// Creates a storage without connecting to its store yet.
    pub fn open(options: StorageOptions) -> Self {
        let broker = Arc::default();
        let backend = backend_for(options, &broker);
        Self {
            broker,
            ..Self::of(backend)
        }
    }

    pub fn in_memory() -> Self {
        Self::over("memory", Box::new(Memory::default()))
    }

    /// Creates a storage over the given store, for tests.
    pub fn over(name: &'static str, store: Box<dyn Backend>) -> Self {
        Self::of(once(name, store))
    }

    fn of(backend: BackendFactory) -> Self {
        Self {
            worker: Arc::new(Worker::new(backend)),
            broker: Arc::default(),
            watch: Arc::default(),
        }
    }

    /// Creates a storage, for tests, whose store is created again after it hung or failed, like a connection to a keyring.
    pub fn over_factory(
        name: &'static str,
        make: impl Fn() -> Box<dyn Backend> + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(move |_| Ok(make()));
        Self::of(BackendFactory { name, make })
    }

    /// Switches all clones to another storage. Returns the old one, for [`Storage::restore_storage`].
    pub fn change_storage(&self, options: StorageOptions) -> BackendFactory {
        self.set_unsaved_storage(options.storage);
        self.worker.switch_to(backend_for(options, &self.broker))
    }

    /// Switches back after [`Storage::change_storage`].
    pub fn restore_storage(&self, before: BackendFactory) {
        self.revert_unsaved_storage();
        self.worker.switch_to(before);
    }

    /// Returns the broker to which the dashboard passes the passphrase that the user types.
    pub fn passphrase_broker(&self) -> &Arc<PassphraseBroker> {
        &self.broker
    }

    /// Returns the display name of the storage, such as `Secret Service`, `passphrase file` or `memory`.
    pub fn storage_name(&self) -> &'static str {
        self.worker.backend().name
    }

    /// Returns whether the storage responds and is locked. Reads nothing, and never asks for a password.
    pub fn status(&self) -> Result<StorageStatus, StorageError> {
        self.call(None, |store| store.status())
    }

    /// Returns what slow calls are waiting for; `None` without slow calls.
    pub fn slow_wait(&self) -> Option<Wait> {
        self.worker.slow_wait()
    }

    /// Starts connecting in the background.
    pub fn connect(&self) {
        self.worker.connect();
    }

    pub fn environment(&self, id: Uuid) -> Result<Option<Environment>, StorageError> {
        let name = ItemName::Environment(id);
        let Some(payload) = self.read(&name)? else {
            return Ok(None);
        };
        let damaged = |reason| StorageError::Damaged {
            item: name.to_string(),
            reason,
        };
        let environment: Environment = serde_json::from_slice(payload.expose())
            .map_err(|_| damaged("its content is not valid"))?;
        environment.check().map_err(|_| {
            damaged("it has an address that is only allowed for a local SDK, or an invalid console link")
        })?;
        Ok(Some(environment))
    }

    /// Writes an environment, reads it back and compares. Refuses one whose token could be sent to an unconfirmed host.
    pub fn put_environment(&self, environment: &Environment) -> Result<(), StorageError> {
        environment
            .check()
            .and_then(|()| allow_list::refuse_first(&environment.unconfirmed()))
            .map_err(|problem| StorageError::Unsafe(Box::new(problem)))?;
        let payload = serde_json::to_vec(environment)
            .map_err(|_| StorageError::Other("could not serialise the environment".to_owned()))?;
        self.write(
            &ItemName::Environment(environment.id),
            &Secret::new(payload),
            true,
        )
    }

    /// Returns the active revision: the highest that is not a candidate. `latest` is that of the environment item.
    pub fn active_credential(
        &self,
        identity: Uuid,
        latest: u32,
    ) -> Result<Option<CredentialItem>, StorageError> {
        for revision in (1..=latest).rev() {
            if let Some(item) = self.credential(identity, revision)?
                && !item.candidate
            {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    pub fn credential(
        &self,
        identity: Uuid,
        revision: u32,
    ) -> Result<Option<CredentialItem>, StorageError> {
        let name = ItemName::Credential(identity, revision);
        let Some(payload) = self.read(&name)? else {
            return Ok(None);
        };
        let mut item = CredentialItem::from_payload(&name, &payload)?;
        item.leaked = self.is_leaked(&item.credential.key_digests())?;
        Ok(Some(item))
    }

    /// Refuses a credential whose key is marked as leaked, unless this item holds that very key already: then only its
    /// state is written.
    pub fn put_credential(
        &self,
        identity: Uuid,
        item: &CredentialItem,
    ) -> Result<(), StorageError> {
        let digests = item.credential.key_digests();
        let holds_it = |held: CredentialItem| held.credential.key_digests() == digests;
        if self.is_leaked(&digests)?
            && self
                .credential(identity, item.revision)?
                .is_none_or(|held| !holds_it(held))
        {
            return Err(StorageError::LeakedKey);
        }
        self.write(
            &ItemName::Credential(identity, item.revision),
            &item.to_payload(),
            true,
        )
    }

    pub fn token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        let name = ItemName::Token(identity);
        self.read(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    /// Returns the token that was replaced by rotating away from a leaked credential.
    pub fn replaced_token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        let name = ItemName::ReplacedToken(identity);
        self.read(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    pub fn put_replaced_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), StorageError> {
        self.write(&ItemName::ReplacedToken(identity), &item.to_payload(), true)
    }

    /// As [`Storage::token`], but ignores a damaged token, because it can be replaced by an exchange.
    pub fn usable_token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        match self.token(identity) {
            Err(StorageError::Damaged { .. }) => Ok(None),
            outcome => outcome,
        }
    }

    /// Writes the token. Reads it back only if it was pasted, because any other can be replaced by an exchange.
    pub fn put_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), StorageError> {
        let read_back = item.origin == TokenOrigin::Pasted;
        self.write(&ItemName::Token(identity), &item.to_payload(), read_back)
    }

    /// Deletes an item and verifies that it is gone. Returns whether it existed.
    pub fn delete(&self, name: &ItemName) -> Result<bool, StorageError> {
        self.resolve_uncertain(name)?;
        let item = name.clone();
        self.call(Some(name), move |store| {
            let was_there = store.delete(&item)?;
            // Some stores report success without having deleted.
            if was_there && store.get(&item)?.is_some() {
                return Err(StorageError::Other(format!(
                    "{item} still exists after it was deleted"
                )));
            }
            Ok(was_there)
        })
    }

    /// Returns all items with a name of aemkeys. Does not read their content.
    pub fn items(&self) -> Result<Vec<ItemName>, StorageError> {
        self.call(None, |store| store.list())
    }

    /// Writes, reads and deletes a test item. For the first `add` into a store and for `doctor`.
    pub fn probe(&self) -> Result<(), StorageError> {
        let name = ItemName::Probe(Uuid::new_v4());
        self.write(&name, &Secret::from("probe"), true)?;
        self.delete(&name).map(|_| ())
    }

    /// Runs a call on the store. `writes` is the item whose state is unknown after an error or timeout.
    fn call<T: Send + 'static>(
        &self,
        writes: Option<&ItemName>,
        call: impl FnOnce(&mut dyn Backend) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.check_storage_watch();
        self.worker.call(writes, call)
    }

    /// Reads an item whose last write has an unknown outcome, so that nothing else touches it before the store responds.
    fn resolve_uncertain(&self, name: &ItemName) -> Result<(), StorageError> {
        if !self.worker.is_uncertain(name) {
            return Ok(());
        }
        match self.read(name) {
            // A damaged value is a known outcome, too: the next write replaces it.
            Ok(_) | Err(StorageError::Damaged { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn read(&self, name: &ItemName) -> Result<Option<Secret>, StorageError> {
        match self.read_once(name) {
            // Retry once: the corruption may be transient.
            Err(StorageError::Damaged { .. }) => self.read_once(name),
            outcome => outcome,
        }
    }

    fn read_once(&self, name: &ItemName) -> Result<Option<Secret>, StorageError> {
        let item = name.clone();
        let value = self.call(None, move |store| store.get(&item))?;
        self.worker.mark_certain(name);
        value.map(|value| envelope::open(name, &value)).transpose()
    }

    fn write(
        &self,
        name: &ItemName,
        payload: &Secret,
        read_back: bool,
    ) -> Result<(), StorageError> {
        self.resolve_uncertain(name)?;
        let (item, payload) = (name.clone(), payload.duplicate());
        self.call(Some(name), move |store| {
            let value = envelope::seal(&item, payload.expose(), store.wants_text());
            if let Some(limit) = store.limit()
                && value.len() > limit
            {
                return Err(StorageError::TooLarge {
                    item: item.to_string(),
                    size: value.len(),
                    limit,
                });
            }
            if !read_back {
                return store.set(&item, &value);
            }
            let before = store.get(&item)?;
            store.set(&item, &value)?;
            if store.get(&item)?.is_some_and(|found| found == value) {
                return Ok(());
            }
            // Restore the old value, because the new one is damaged.
            let _ = match before {
                Some(before) => store.set(&item, &before),
                None => store.delete(&item).map(|_| ()),
            };
            Err(StorageError::ReadBackDiffers)
        })
    }
}
