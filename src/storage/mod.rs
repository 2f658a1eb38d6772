//! The storage: secrets in one backend, and an index without secrets.
//!
//! [`Storage`] reads and writes typed items. `worker` runs each call on the one thread that owns the backend, with a
//! deadline. `call` puts a payload into its envelope, writes it, reads it back and compares. A [`Backend`] stores named
//! bytes. Calls block: async callers use a blocking thread.
//!
//! The backend decides what exists. The index is a cache, with which `list`, `check` and the first frame work without the
//! backend.
//!
//! # Changes
//!
//! A call that returns success is complete: nothing is written later. After a timeout the outcome is unknown, so every
//! write first reads the item, and the abandoned thread writes nothing more. A change to environments holds the lock `add`
//! and the locks of the identities whose secrets it writes, and has three steps:
//!
//! | step | writes | a crash after it leaves |
//! |---|---|---|
//! | 1 | tombstones in the index, which name what is about to change | nothing but the tombstones |
//! | 2 | new secrets, then the environment's item, which decides, then tokens that copy it, then deletions | secrets that no environment names, an index that is out of date, or tokens with outdated hosts |
//! | 3 | the index, without the tombstones | nothing |
//!
//! The next change, under the same lock, starts with [`reconcile`] if there are tombstones or the index was lost: it
//! deletes secrets that no environment names, updates or deletes tokens with outdated hosts, and updates the index from the
//! storage. `doctor` does the same.
//!
//! An exchange holds the lock of its identity, and writes the token, then its facts in the index. A crash between the two
//! leaves a token that the index doesn't show. A rotation has steps of its own, see `app::rotate`.
//!
//! # Other processes
//!
//! Whoever has waited for a lock reads the index and the items again. [`Index::generation`] counts the changes of the index
//! and is read and raised under its lock; it is 0 for an index that was lost. `aemkeys storage move` holds all locks, and
//! its commit is the line of `config.toml` that names the storage. The worker looks at that file before each call.

mod backend;
mod bundle;
mod call;
mod catalog;
mod envelope;
mod error;
mod generation;
mod index;
mod index_file;
mod item_name;
mod items;
mod key_derivation;
mod leaked_keys;
mod memory;
#[cfg(any(windows, target_os = "macos"))]
mod native;
mod new_passphrase;
mod open;
mod passphrase_broker;
mod passphrase_file;
mod passphrase_source;
mod provider;
mod reconcile;
mod revisions;
mod sealed_file;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod tombstones;
mod unlocked;
mod versioned_json;
mod waiting;
mod worker;

pub use backend::{Backend, StorageStatus};
pub use bundle::{BUNDLE_PROMPTS, Bundle};
pub use error::{StorageError, ways};
pub use generation::{Generations, Rollback};
pub use index::{EnvironmentEntry, IdentityEntry, Index, SecretState, TierRecord};
pub use index_file::{IndexFile, IndexNames};
pub use item_name::{ItemName, Owner};
pub use items::{CredentialItem, TokenContext, TokenItem, TokenOrigin};
pub use memory::{Access, HookedMemory, Memory};
pub use new_passphrase::{
    PassphraseStrength, RULE as PASSPHRASE_RULE, strength as passphrase_strength,
};
pub use open::StorageOptions;
pub use passphrase_broker::{PassphraseBroker, PassphraseRequest};
pub use passphrase_source::{MAX_PASSPHRASE, PassphraseSource, Prompts, read_passphrase};
pub use provider::{Provider, Refusal};
pub use reconcile::{Report, reconcile, update_token};
pub use revisions::{Phase, Revision, RevisionState, Rotation};
pub use tombstones::delete_secrets;
pub use unlocked::{forget as lock_file, until as unlocked_until};
pub use waiting::{Awaited, Waiting};

use call::BackendCall;
use catalog::Owners;
use jiff::Timestamp;
use open::{Shared, factory_for, once};
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;
pub use worker::Wait;
use worker::{BackendFactory, Followed, StorageWorker};

use crate::platform::configuration::StorageKind;
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Environment, allow_list};

/// The name of the passphrase file in the data folder.
pub const PASSPHRASE_FILE: &str = "secrets.aemkeys";

/// The typed items of one storage. Cheap to clone; every call is blocking and has a deadline.
#[derive(Clone)]
pub struct Storage {
    worker: Arc<StorageWorker>,
    shared: Shared,
    /// Whether the system may show a prompt.
    may_ask: bool,
}

impl Storage {
    /// Creates a storage without connecting to it yet.
    pub fn open(options: StorageOptions) -> Self {
        let shared = Shared::new(&options);
        let factory = factory_for(options.storage, &options, &shared);
        Self::new(factory, None, shared)
    }

    /// Like [`Storage::open`], but every call goes to the storage that the configuration file names at that time.
    pub fn following(options: StorageOptions, configuration: PathBuf) -> Self {
        let shared = Shared::new(&options);
        let factory = factory_for(options.storage, &options, &shared);
        let known = shared.clone();
        let followed = Followed {
            file: configuration,
            kind: options.storage,
            factory_for: Box::new(move |kind| factory_for(kind, &options, &known)),
            seen: None,
        };
        Self::new(factory, Some(followed), shared)
    }

    /// Returns the list of environments in the folder of this storage. Clones share what was read.
    pub fn index(&self) -> IndexFile {
        self.shared.catalog.index()
    }

    pub fn in_memory() -> Self {
        Self::over("memory", Box::new(Memory::default()))
    }

    /// Creates a storage over the given backend, for tests.
    pub fn over(name: &'static str, backend: Box<dyn Backend>) -> Self {
        Self::new(once(name, backend), None, Shared::default())
    }

    /// Creates a storage, for tests, whose backend is opened again after it hung or failed, like a connection to a keyring.
    pub fn over_factory(
        name: &'static str,
        open: impl Fn() -> Box<dyn Backend> + Send + Sync + 'static,
    ) -> Self {
        let open = Arc::new(move |_| Ok(open()));
        let kind = StorageKind::Keyring;
        Self::new(BackendFactory { name, kind, open }, None, Shared::default())
    }

    fn new(factory: BackendFactory, followed: Option<Followed>, shared: Shared) -> Self {
        Self {
            worker: Arc::new(StorageWorker::new(factory, followed)),
            shared,
            may_ask: true,
        }
    }

    /// Returns the same storage, whose calls fail instead of showing a prompt of the system.
    #[must_use]
    pub fn without_prompts(&self) -> Self {
        Self {
            may_ask: false,
            ..self.clone()
        }
    }

    fn call<T: Send + 'static>(
        &self,
        write: bool,
        call: impl FnOnce(&mut BackendCall<'_>) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let may_ask = self.may_ask;
        self.worker.call(write, move |backend| {
            if !may_ask {
                backend.without_prompts();
            }
            call(backend)
        })
    }

    /// Creates another storage, which asks for passphrases through the same broker.
    #[must_use]
    pub fn beside(&self, options: StorageOptions) -> Self {
        let shared = Shared {
            broker: self.shared.broker.clone(),
            ..Shared::new(&options)
        };
        let factory = factory_for(options.storage, &options, &shared);
        Self::new(factory, None, shared)
    }

    /// Continues with the open backend of `other`, which the configuration names from now on.
    pub fn adopt(&self, other: &Self, kind: StorageKind) {
        self.worker.adopt(&other.worker, kind);
    }

    /// Returns the broker to which the dashboard passes the passphrase that the user types.
    pub fn passphrase_broker(&self) -> &Arc<PassphraseBroker> {
        &self.shared.broker
    }

    /// Returns the display name of the storage, such as `Secret Service`, `passphrase file` or `memory`.
    pub fn storage_name(&self) -> &'static str {
        self.worker.name()
    }

    /// Returns the kind of the storage in use.
    pub fn kind(&self) -> StorageKind {
        self.worker.kind()
    }

    /// Returns the program that stores the secrets, if it is known.
    pub fn provider(&self) -> Provider {
        self.worker.provider()
    }

    /// Says whose items the current action will use, so that a keyring that asks for each item is asked once for all.
    pub fn expect(&self, identities: impl IntoIterator<Item = Uuid>) {
        let identities = identities.into_iter().collect();
        self.shared.catalog.expect(Owners::These(identities));
    }

    /// Like [`Storage::expect`], for all items.
    pub fn expect_all(&self) {
        self.shared.catalog.expect(Owners::All);
    }

    /// Remembers the name of an environment that is about to be stored, for the titles of its items.
    pub fn learn(&self, environment: &Environment) {
        self.shared.catalog.learn(environment);
    }

    /// Returns whether the storage responds and is locked. Reads nothing, and never asks for a password.
    pub fn status(&self) -> Result<StorageStatus, StorageError> {
        self.call(false, |call| call.backend().status())
    }

    /// Keeps the key of the passphrase file in the kernel until then, so that other commands do not ask. Asks for the
    /// passphrase, also if the key is kept already.
    pub fn unlock(&self, until: Timestamp) -> Result<(), StorageError> {
        self.call(true, move |call| call.backend().unlock(until))
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
        let Some(payload) = self.payload(&name)? else {
            return Ok(None);
        };
        let damaged = |reason| StorageError::damaged(&name, reason);
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
        self.learn(environment);
        let payload = serde_json::to_vec(environment)
            .map_err(|_| StorageError::Other("could not serialise the environment".to_owned()))?;
        self.put_payload(
            &ItemName::Environment(environment.id),
            &Secret::new(payload),
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
        let Some(payload) = self.payload(&name)? else {
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
        self.put_payload(
            &ItemName::Credential(identity, item.revision),
            &item.to_payload(),
        )
    }

    pub fn token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        let name = ItemName::Token(identity);
        self.payload(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    /// Returns the token that was replaced by rotating away from a leaked credential.
    pub fn replaced_token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        let name = ItemName::ReplacedToken(identity);
        self.payload(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    pub fn put_replaced_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), StorageError> {
        self.put_payload(&ItemName::ReplacedToken(identity), &item.to_payload())
    }

    /// As [`Storage::token`], but ignores a damaged or empty token, because it can be replaced by an exchange.
    pub fn usable_token(&self, identity: Uuid) -> Result<Option<TokenItem>, StorageError> {
        match self.token(identity) {
            Err(error) if error.is_lost() => Ok(None),
            outcome => outcome,
        }
    }

    pub fn put_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), StorageError> {
        self.put_payload(&ItemName::Token(identity), &item.to_payload())
    }

    /// Deletes an item and verifies that it is gone. Returns whether it existed.
    pub fn delete(&self, item: &ItemName) -> Result<bool, StorageError> {
        let item = item.clone();
        self.call(true, move |call| call.delete(&item))
    }

    /// Returns all items with a name of aemkeys. Does not read their content.
    pub fn items(&self) -> Result<Vec<ItemName>, StorageError> {
        self.call(false, |call| call.backend().list())
    }

    /// Writes, reads and deletes a test item. For the first `add` into a storage and for `doctor`.
    pub fn probe(&self) -> Result<(), StorageError> {
        let item = ItemName::Probe(Uuid::new_v4());
        self.put_payload(&item, &Secret::from("probe"))?;
        self.delete(&item).map(|_| ())
    }

    /// Returns the checked payload of an item, or `None` if the item does not exist.
    pub fn payload(&self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        let item = item.clone();
        self.call(false, move |call| call.read(&item))
    }

    /// Writes a payload, reads it back and compares.
    pub fn put_payload(&self, item: &ItemName, payload: &Secret) -> Result<(), StorageError> {
        let (item, payload) = (item.clone(), payload.duplicate());
        self.call(true, move |call| call.write(&item, &payload))
    }

    /// Checks that the item is not too large. Called for all items of a change before the first is written.
    pub fn check_size(&self, item: &ItemName, payload: &Secret) -> Result<(), StorageError> {
        let (item, payload) = (item.clone(), payload.duplicate());
        self.call(false, move |call| call.seal(&item, &payload).map(drop))
    }
}
