//! Where secrets live: one trait, three stores, one non-secret index.
//!
//! The keyring decides what exists; the index is a cache that lets `list`, `check` and the first frame work without it.
//! Blocking, with deadlines: async callers use a blocking thread.

mod bundle;
mod envelope;
mod error;
mod following;
mod generation;
pub mod index;
mod items;
mod leaked_keys;
mod memory;
#[cfg(any(windows, target_os = "macos"))]
mod native;
mod new_passphrase;
mod passphrase_desk;
mod passphrase_file;
pub mod reconcile;
pub mod revisions;
mod sealed;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
mod store;
mod transfer;
pub mod unfinished;
mod worker;

pub use bundle::{BUNDLE_PROMPTS, Bundle};
pub use error::VaultError;
pub use generation::{Generations, Rollback};
pub use index::{EnvironmentEntry, IdentityEntry, Index, IndexFile, SecretState, TierRecord};
pub use items::{CredentialItem, ItemName, Owner, TokenContext, TokenItem, TokenOrigin};
pub use memory::Memory;
pub use new_passphrase::RULE as PASSPHRASE_RULE;
pub use passphrase_desk::PassphraseDesk;
pub use passphrase_file::{PassphraseSource, Prompts, read_passphrase};
pub use revisions::{Reached, Revision, RevisionState, Rotation};
pub use store::{Standing, Store};

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use uuid::Uuid;
use worker::Worker;
pub use worker::{Chosen, Wait};

use crate::credential::Secret;
use crate::environment::{Environment, allow_list};
use crate::platform::configuration::Storage;

/// How long a keyring call may take without an answer.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// How long it may take while a person is being asked to unlock it.
pub const PROMPT_DEADLINE: Duration = Duration::from_mins(1);

/// The passphrase file's name in the data folder.
pub const PASSPHRASE_FILE: &str = "secrets.aemkeys";

/// Which store, and what it needs.
pub struct VaultOptions {
    pub storage: Storage,
    /// A person is there to unlock the keyring.
    pub may_prompt: bool,
    /// Where the passphrase file is.
    pub data_dir: PathBuf,
    /// Where its lock and the record of its generations are.
    pub state_dir: PathBuf,
    pub passphrase: PassphraseSource,
}

/// The typed items over one store. Cheap to clone; every call is blocking and has a deadline.
#[derive(Clone)]
pub struct Vault {
    worker: Arc<Worker>,
    desk: Arc<PassphraseDesk>,
    following: following::Shared,
}

/// What is behind these options?
fn chosen(options: VaultOptions, desk: &Arc<PassphraseDesk>) -> Chosen {
    match options.storage {
        Storage::Keyring => keyring(options.may_prompt),
        Storage::Memory => once("memory", Box::new(Memory::default())),
        Storage::File => {
            let file = options.data_dir.join(PASSPHRASE_FILE);
            let state = options.state_dir;
            let (source, desk) = (options.passphrase, desk.clone());
            Chosen {
                name: "passphrase file",
                make: Arc::new(move |prompting| {
                    let store = passphrase_file::PassphraseFile::open(
                        &file, &state, &source, &desk, &prompting,
                    )?;
                    Ok(Box::new(store) as Box<dyn Store>)
                }),
            }
        }
    }
}

fn once(name: &'static str, store: Box<dyn Store>) -> Chosen {
    let store = Mutex::new(Some(store));
    Chosen {
        name,
        make: Arc::new(move |_| {
            store
                .lock()
                .ok()
                .and_then(|mut store| store.take())
                .ok_or_else(|| VaultError::Other("the store is gone".to_owned()))
        }),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn keyring(may_prompt: bool) -> Chosen {
    Chosen {
        name: "Secret Service",
        make: Arc::new(move |prompting| {
            Ok(Box::new(secret_service::SecretServiceStore::new(
                may_prompt, prompting,
            )) as Box<dyn Store>)
        }),
    }
}

#[cfg(any(windows, target_os = "macos"))]
fn keyring(_: bool) -> Chosen {
    Chosen {
        name: native::NAME,
        make: Arc::new(|_| Ok(Box::new(native::NativeStore::new()?) as Box<dyn Store>)),
    }
}

impl Vault {
    /// Nothing is contacted yet.
    pub fn open(options: VaultOptions) -> Self {
        let desk = Arc::default();
        let chosen = chosen(options, &desk);
        Self {
            desk,
            ..Self::of(chosen)
        }
    }

    pub fn in_memory() -> Self {
        Self::over("memory", Box::new(Memory::default()))
    }

    /// For tests: any store, once.
    pub fn over(name: &'static str, store: Box<dyn Store>) -> Self {
        Self::of(once(name, store))
    }

    fn of(chosen: Chosen) -> Self {
        Self {
            worker: Arc::new(Worker::new(chosen)),
            desk: Arc::default(),
            following: Arc::default(),
        }
    }

    /// For tests: any store, made anew after it hung or broke, as a connection to a keyring is.
    pub fn made_anew(
        name: &'static str,
        make: impl Fn() -> Box<dyn Store> + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(move |_| Ok(make()));
        Self::of(Chosen { name, make })
    }

    /// From here on another storage, for every clone. Returns what it was, for [`Vault::go_back`].
    pub fn change_storage(&self, options: VaultOptions) -> Chosen {
        self.go_ahead(options.storage);
        self.worker.choose(chosen(options, &self.desk))
    }

    pub fn go_back(&self, before: Chosen) {
        self.fall_back();
        self.worker.choose(before);
    }

    /// Where the dashboard gives the passphrase that a person types.
    pub fn passphrase_desk(&self) -> &Arc<PassphraseDesk> {
        &self.desk
    }

    /// As the dashboard's header says it: `Secret Service`, `passphrase file`, `memory`.
    pub fn storage_name(&self) -> &'static str {
        self.worker.chosen().name
    }

    /// Does the storage answer, and is it locked? Nothing is read, and nobody is asked for a password.
    pub fn look(&self) -> Result<Standing, VaultError> {
        self.call(None, |store| store.look())
    }

    /// What calls under way wait for, once it takes noticeably long.
    pub fn waits(&self) -> Option<Wait> {
        self.worker.waits()
    }

    /// Starts connecting in the background.
    pub fn connect(&self) {
        self.worker.connect();
    }

    pub fn environment(&self, id: Uuid) -> Result<Option<Environment>, VaultError> {
        let name = ItemName::Environment(id);
        let Some(payload) = self.read(&name)? else {
            return Ok(None);
        };
        let damaged = |reason| VaultError::Damaged {
            item: name.to_string(),
            reason,
        };
        let environment: Environment = serde_json::from_slice(payload.expose())
            .map_err(|_| damaged("its content is not what was written"))?;
        environment.check().map_err(|_| {
            damaged("it has an address that only a local SDK can have, or a bad link")
        })?;
        Ok(Some(environment))
    }

    /// Writes, reads back and compares. Refuses an environment whose token could go where nobody confirmed.
    pub fn put_environment(&self, environment: &Environment) -> Result<(), VaultError> {
        environment
            .check()
            .and_then(|()| allow_list::refuse_first(&environment.unconfirmed()))
            .map_err(|problem| VaultError::Unsafe(Box::new(problem)))?;
        let payload = serde_json::to_vec(environment)
            .map_err(|_| VaultError::Other("the environment cannot be written".to_owned()))?;
        self.write(
            &ItemName::Environment(environment.id),
            &Secret::new(payload),
            true,
        )
    }

    /// The active revision: the highest that is not set aside. `latest` is the environment item's.
    pub fn active_credential(
        &self,
        identity: Uuid,
        latest: u32,
    ) -> Result<Option<CredentialItem>, VaultError> {
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
    ) -> Result<Option<CredentialItem>, VaultError> {
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
    pub fn put_credential(&self, identity: Uuid, item: &CredentialItem) -> Result<(), VaultError> {
        let digests = item.credential.key_digests();
        let holds_it = |held: CredentialItem| held.credential.key_digests() == digests;
        if self.is_leaked(&digests)?
            && self
                .credential(identity, item.revision)?
                .is_none_or(|held| !holds_it(held))
        {
            return Err(VaultError::LeakedKey);
        }
        self.write(
            &ItemName::Credential(identity, item.revision),
            &item.to_payload(),
            true,
        )
    }

    pub fn token(&self, identity: Uuid) -> Result<Option<TokenItem>, VaultError> {
        let name = ItemName::Token(identity);
        self.read(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    /// The token that a rotation away from a leaked credential replaced.
    pub fn replaced_token(&self, identity: Uuid) -> Result<Option<TokenItem>, VaultError> {
        let name = ItemName::ReplacedToken(identity);
        self.read(&name)?
            .map(|payload| TokenItem::from_payload(&name, &payload))
            .transpose()
    }

    pub fn put_replaced_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), VaultError> {
        self.write(&ItemName::ReplacedToken(identity), &item.to_payload(), true)
    }

    /// As [`Vault::token`]; a damaged one counts as none, because a token can be had again.
    pub fn usable_token(&self, identity: Uuid) -> Result<Option<TokenItem>, VaultError> {
        match self.token(identity) {
            Err(VaultError::Damaged { .. }) => Ok(None),
            outcome => outcome,
        }
    }

    /// Read back only if a person brought it: another one is had again by itself.
    pub fn put_token(&self, identity: Uuid, item: &TokenItem) -> Result<(), VaultError> {
        let read_back = item.origin == TokenOrigin::Pasted;
        self.write(&ItemName::Token(identity), &item.to_payload(), read_back)
    }

    /// Deletes and looks again; `Ok` only when it is gone. True when there was something.
    pub fn delete(&self, name: &ItemName) -> Result<bool, VaultError> {
        self.settle(name)?;
        let item = name.clone();
        self.call(Some(name), move |store| {
            let was_there = store.delete(&item)?;
            // Some stores report success without having deleted.
            if was_there && store.get(&item)?.is_some() {
                return Err(VaultError::Other(format!(
                    "{item} is still there after it was deleted"
                )));
            }
            Ok(was_there)
        })
    }

    /// Every item of ours in the store (name of our form; the content is not read).
    pub fn items(&self) -> Result<Vec<ItemName>, VaultError> {
        self.call(None, |store| store.list())
    }

    /// Write, read, delete of a probe item: on the first `add` into a store and in `doctor`.
    pub fn probe(&self) -> Result<(), VaultError> {
        let name = ItemName::Probe(Uuid::new_v4());
        self.write(&name, &Secret::from("probe"), true)?;
        self.delete(&name).map(|_| ())
    }

    /// `writes`: the item that a lost answer leaves uncertain.
    fn call<T: Send + 'static>(
        &self,
        writes: Option<&ItemName>,
        call: impl FnOnce(&mut dyn Store) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.follow();
        self.worker.call(writes, call)
    }

    /// After a write that timed out: the store must answer for this item before it is touched again.
    fn settle(&self, name: &ItemName) -> Result<(), VaultError> {
        if !self.worker.is_uncertain(name) {
            return Ok(());
        }
        match self.read(name) {
            // Half-written is an answer too: what comes now replaces it.
            Ok(_) | Err(VaultError::Damaged { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn read(&self, name: &ItemName) -> Result<Option<Secret>, VaultError> {
        match self.read_once(name) {
            // Wrong once may be the way here, not what is stored: nobody shall replace a good item for that.
            Err(VaultError::Damaged { .. }) => self.read_once(name),
            outcome => outcome,
        }
    }

    fn read_once(&self, name: &ItemName) -> Result<Option<Secret>, VaultError> {
        let item = name.clone();
        let value = self.call(None, move |store| store.get(&item))?;
        self.worker.is_certain_again(name);
        value.map(|value| envelope::open(name, &value)).transpose()
    }

    fn write(&self, name: &ItemName, payload: &Secret, read_back: bool) -> Result<(), VaultError> {
        self.settle(name)?;
        let (item, payload) = (name.clone(), payload.duplicate());
        self.call(Some(name), move |store| {
            let value = envelope::seal(&item, payload.expose(), store.wants_text());
            if let Some(limit) = store.limit()
                && value.len() > limit
            {
                return Err(VaultError::TooLarge {
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
            // What was good before must not be lost to what came out wrong.
            let _ = match before {
                Some(before) => store.set(&item, &before),
                None => store.delete(&item).map(|_| ()),
            };
            Err(VaultError::ReadBackDiffers)
        })
    }
}
