//! The Secret Service (gnome-keyring, KWallet, KeePassXC), accessed over a plain session on the user's bus.
//!
//! An encrypted session would need a Diffie-Hellman exchange per process, most of the time of reading a cached token, and
//! protects nothing: any program of the same user may read the item from the service. Values are one line of base64url
//! text, because gnome-keyring with an empty password loses its whole collection to values that look like JSON or PEM.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error};
use zbus::blocking::Connection;
use zbus::zvariant::OwnedObjectPath;

use super::call::check_not_cancelled;
use super::{Backend, ItemName, StorageError, StorageStatus};
use aemkeys_core::credential::Secret;
use aemkeys_core::credential::text::clean;

const SERVICE: &str = "aemkeys";

pub struct SecretServiceBackend {
    may_prompt: bool,
    /// Set while a prompt is shown.
    prompting: Arc<AtomicBool>,
    connection: Option<Connected>,
    cancelled: Arc<AtomicBool>,
}

struct Connected {
    bus: Connection,
    service: SecretService<'static>,
}

impl SecretServiceBackend {
    /// Tries to connect. After a failure the first call tries again and reports it.
    pub fn new(may_prompt: bool, prompting: Arc<AtomicBool>) -> Self {
        Self {
            may_prompt,
            prompting,
            connection: connect().ok(),
            cancelled: Arc::default(),
        }
    }

    /// Runs `call`. Reconnects once if the session is gone, for example because the daemon was restarted.
    fn with<T>(
        &mut self,
        call: impl Fn(&SecretService<'static>, &Unlock<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StorageError> {
        let attempt = |connected: &Connected| {
            let unlock = Unlock {
                bus: &connected.bus,
                may_prompt: self.may_prompt,
                prompting: &self.prompting,
                cancelled: &self.cancelled,
            };
            call(&connected.service, &unlock)
        };
        let was_connected = self.connection.is_some();
        let connected = match self.connection.take() {
            Some(connected) => connected,
            None => connect()?,
        };
        match attempt(&connected) {
            Err(trouble) if was_connected && trouble.is_stale() => {
                let connected = connect()?;
                let outcome = attempt(&connected).map_err(Trouble::into_error);
                self.connection = Some(connected);
                outcome
            }
            outcome => {
                self.connection = Some(connected);
                outcome.map_err(Trouble::into_error)
            }
        }
    }
}

fn connect() -> Result<Connected, StorageError> {
    let bus = Connection::session()
        .map_err(|_| StorageError::NoKeyring("there is no D-Bus session".to_owned()))?;
    let service = SecretService::connect_with_existing(EncryptionType::Plain, bus.clone())
        .map_err(|error| Trouble::Library(error).into_error())?;
    Ok(Connected { bus, service })
}

enum Trouble {
    Library(Error),
    Ours(StorageError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl Trouble {
    /// Returns whether the service was restarted or the bus connection was lost.
    fn is_stale(&self) -> bool {
        match self {
            Self::Library(Error::Zbus(_) | Error::ZbusFdo(_)) => true,
            Self::Library(_) | Self::Ours(_) => false,
        }
    }

    fn into_error(self) -> StorageError {
        match self {
            Self::Ours(error) => error,
            Self::Library(Error::Locked | Error::Prompt | Error::PromptDisconnected) => {
                StorageError::Locked
            }
            Self::Library(Error::Unavailable) => {
                StorageError::NoKeyring("no D-Bus session, or no Secret Service on it".to_owned())
            }
            Self::Library(Error::NoResult) => {
                StorageError::NoKeyring("the Secret Service has no default collection".to_owned())
            }
            Self::Library(Error::Zbus(error)) => classify(&error.to_string()),
            Self::Library(Error::ZbusFdo(error)) => classify(&error.to_string()),
            Self::Library(_) => {
                StorageError::Other("the Secret Service returned an error".to_owned())
            }
        }
    }
}

/// Classifies a D-Bus error by its message, which contains names and addresses but never values.
fn classify(words: &str) -> StorageError {
    if words.contains("IsLocked") {
        return StorageError::Locked;
    }
    if words.contains("ServiceUnknown") || words.contains("NameHasNoOwner") {
        return StorageError::NoKeyring("no Secret Service on the D-Bus session".to_owned());
    }
    if words.contains("Address")
        || words.contains("Input/output")
        || words.contains("I/O")
        || words.contains("No such file")
    {
        return StorageError::NoKeyring("there is no D-Bus session".to_owned());
    }
    StorageError::Other(format!(
        "the Secret Service returned an error: {}",
        clean(words, 200)
    ))
}

struct Unlock<'a> {
    bus: &'a Connection,
    may_prompt: bool,
    prompting: &'a AtomicBool,
    cancelled: &'a AtomicBool,
}

impl Unlock<'_> {
    /// Fails if the prompt was answered after the deadline.
    fn check_not_cancelled(&self) -> Result<(), Trouble> {
        check_not_cancelled(self.cancelled).map_err(Trouble::Ours)
    }

    /// Unlocks without a password if possible, or else prompts for it if allowed, with the longer deadline.
    fn ask(
        &self,
        path: &OwnedObjectPath,
        unlock: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Trouble> {
        if self.opens_without_asking(path)? {
            return Ok(());
        }
        if !self.may_prompt || !has_display() {
            return Err(Trouble::Ours(StorageError::Locked));
        }
        self.prompting.store(true, Ordering::Relaxed);
        let outcome = unlock();
        self.prompting.store(false, Ordering::Relaxed);
        outcome.map_err(Trouble::from)
    }

    /// Unlocks without a prompt if the service allows it: after a login without a password the collection is locked until
    /// the first request. If a prompt is needed, this call prepares it but does not show it.
    fn opens_without_asking(&self, path: &OwnedObjectPath) -> Result<bool, Trouble> {
        let reply = self
            .bus
            .call_method(
                Some("org.freedesktop.secrets"),
                "/org/freedesktop/secrets",
                Some("org.freedesktop.Secret.Service"),
                "Unlock",
                &(vec![path],),
            )
            .map_err(Error::Zbus)?;
        let (unlocked, _prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            reply.body().deserialize().map_err(Error::Zbus)?;
        Ok(!unlocked.is_empty())
    }
}

/// Returns whether a prompt, which is a window, can be shown.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn attributes(user: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", user)])
}

/// Finds an item and unlocks it. `SearchItems` lists locked matches separately, so that only this item is unlocked.
fn find<'a>(
    service: &'a SecretService<'static>,
    item: &ItemName,
    unlock: &Unlock<'_>,
) -> Result<Option<Item<'a>>, Trouble> {
    let user = item.to_string();
    let mut found = service.search_items(attributes(&user))?;
    if let Some(item) = found.unlocked.pop() {
        return Ok(Some(item));
    }
    let Some(locked) = found.locked.pop() else {
        return Ok(None);
    };
    unlock.ask(&locked.item_path, || locked.unlock())?;
    Ok(Some(locked))
}

fn collection<'a>(
    service: &'a SecretService<'static>,
    unlock: &Unlock<'_>,
) -> Result<Collection<'a>, Trouble> {
    let collection = service.get_default_collection()?;
    if collection.is_locked()? {
        unlock.ask(&collection.collection_path, || collection.unlock())?;
    }
    Ok(collection)
}

/// Returns whether a password is needed to read the collection.
fn is_locked(collection: &Collection<'_>, unlock: &Unlock<'_>) -> Result<bool, Trouble> {
    Ok(collection.is_locked()? && !unlock.opens_without_asking(&collection.collection_path)?)
}

impl Backend for SecretServiceBackend {
    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        self.with(|service, unlock| {
            Ok(if is_locked(&service.get_default_collection()?, unlock)? {
                StorageStatus::Locked
            } else {
                StorageStatus::Ready
            })
        })
    }

    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.with(|service, unlock| match find(service, item, unlock)? {
            Some(found) => Ok(Some(Secret::new(found.get_secret()?))),
            // A collection that has not been unlocked in this session may hide its items.
            None if service.get_default_collection()?.is_locked()? => {
                let default = service.get_default_collection()?;
                unlock.ask(&default.collection_path, || default.unlock())?;
                let found = find(service, item, unlock)?;
                Ok(found
                    .map(|found| found.get_secret())
                    .transpose()?
                    .map(Secret::new))
            }
            None => Ok(None),
        })
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.with(|service, unlock| {
            let user = item.to_string();
            let collection = collection(service, unlock)?;
            unlock.check_not_cancelled()?;
            collection.create_item(
                "aemkeys",
                attributes(&user),
                value.expose(),
                true,
                "text/plain",
            )?;
            Ok(())
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.with(|service, unlock| {
            collection(service, unlock)?;
            match find(service, item, unlock)? {
                Some(found) => {
                    unlock.check_not_cancelled()?;
                    found.delete()?;
                    Ok(true)
                }
                None => Ok(false),
            }
        })
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        self.with(|service, unlock| {
            // Listing never asks for a password: a locked collection is an error.
            if is_locked(&service.get_default_collection()?, unlock)? {
                return Err(Trouble::Ours(StorageError::Locked));
            }
            let found = service.search_items(HashMap::from([("service", SERVICE)]))?;
            let mut names = Vec::new();
            for item in found.unlocked.into_iter().chain(found.locked) {
                // Other programs may use the same service name, so only names of the expected form count.
                let attributes = item.get_attributes()?;
                names.extend(
                    attributes
                        .get("username")
                        .and_then(|user| ItemName::parse(user)),
                );
            }
            names.sort();
            Ok(names)
        })
    }

    fn set_cancel_flag(&mut self, cancelled: &Arc<AtomicBool>) {
        self.cancelled = Arc::clone(cancelled);
    }

    fn wants_text(&self) -> bool {
        true
    }
}
