//! How is the Secret Service (gnome-keyring, KWallet, KeePassXC) reached? Over a plain session on the user's own bus.
//!
//! An encrypted session would cost every process its Diffie-Hellman, most of the time of a cached token, and protects
//! nothing here: any program of the same user may ask the service for the item. Values are one line of base64url text:
//! gnome-keyring with an empty password loses its whole collection to values that look like JSON or PEM.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error};
use zbus::blocking::Connection;
use zbus::zvariant::OwnedObjectPath;

use super::store::still_wanted;
use super::{ItemName, Standing, Store, VaultError};
use crate::credential::Secret;
use crate::credential::text::clean;

const SERVICE: &str = "aemkeys";

pub struct SecretServiceStore {
    may_prompt: bool,
    /// Set while a person is being asked.
    prompting: Arc<AtomicBool>,
    connection: Option<Connected>,
    given_up: Arc<AtomicBool>,
}

struct Connected {
    bus: Connection,
    service: SecretService<'static>,
}

impl SecretServiceStore {
    /// Connects at once where it can; a failure is told by the first call, which tries again.
    pub fn new(may_prompt: bool, prompting: Arc<AtomicBool>) -> Self {
        Self {
            may_prompt,
            prompting,
            connection: connect().ok(),
            given_up: Arc::default(),
        }
    }

    /// Runs `call`; a connection whose session is gone (the daemon was restarted) is made anew once.
    fn with<T>(
        &mut self,
        call: impl Fn(&SecretService<'static>, &Unlock<'_>) -> Result<T, Trouble>,
    ) -> Result<T, VaultError> {
        let attempt = |connected: &Connected| {
            let unlock = Unlock {
                bus: &connected.bus,
                may_prompt: self.may_prompt,
                prompting: &self.prompting,
                given_up: &self.given_up,
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

fn connect() -> Result<Connected, VaultError> {
    let bus = Connection::session()
        .map_err(|_| VaultError::NoKeyring("there is no D-Bus session".to_owned()))?;
    let service = SecretService::connect_with_existing(EncryptionType::Plain, bus.clone())
        .map_err(|error| Trouble::Library(error).into_error())?;
    Ok(Connected { bus, service })
}

enum Trouble {
    Library(Error),
    Ours(VaultError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl Trouble {
    /// The service was restarted, or the bus connection broke.
    fn is_stale(&self) -> bool {
        match self {
            Self::Library(Error::Zbus(_) | Error::ZbusFdo(_)) => true,
            Self::Library(_) | Self::Ours(_) => false,
        }
    }

    fn into_error(self) -> VaultError {
        match self {
            Self::Ours(error) => error,
            Self::Library(Error::Locked | Error::Prompt | Error::PromptDisconnected) => {
                VaultError::Locked
            }
            Self::Library(Error::Unavailable) => {
                VaultError::NoKeyring("no D-Bus session, or no Secret Service on it".to_owned())
            }
            Self::Library(Error::NoResult) => {
                VaultError::NoKeyring("the Secret Service has no default collection".to_owned())
            }
            Self::Library(Error::Zbus(error)) => by_words(&error.to_string()),
            Self::Library(Error::ZbusFdo(error)) => by_words(&error.to_string()),
            Self::Library(_) => {
                VaultError::Other("the Secret Service answered with an error".to_owned())
            }
        }
    }
}

/// D-Bus errors carry names of errors and addresses, never values.
fn by_words(words: &str) -> VaultError {
    if words.contains("IsLocked") {
        return VaultError::Locked;
    }
    if words.contains("ServiceUnknown") || words.contains("NameHasNoOwner") {
        return VaultError::NoKeyring("no Secret Service on the D-Bus session".to_owned());
    }
    if words.contains("Address")
        || words.contains("Input/output")
        || words.contains("I/O")
        || words.contains("No such file")
    {
        return VaultError::NoKeyring("there is no D-Bus session".to_owned());
    }
    VaultError::Other(format!(
        "the Secret Service answered with an error: {}",
        clean(words, 200)
    ))
}

struct Unlock<'a> {
    bus: &'a Connection,
    may_prompt: bool,
    prompting: &'a AtomicBool,
    given_up: &'a AtomicBool,
}

impl Unlock<'_> {
    /// A prompt may have been answered after its time.
    fn still_wanted(&self) -> Result<(), Trouble> {
        still_wanted(self.given_up).map_err(Trouble::Ours)
    }

    /// Opens what needs no password; asks a person for what does, if one is there, while the longer deadline holds.
    fn ask(
        &self,
        path: &OwnedObjectPath,
        unlock: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Trouble> {
        if self.opens_without_asking(path)? {
            return Ok(());
        }
        if !self.may_prompt || !has_display() {
            return Err(Trouble::Ours(VaultError::Locked));
        }
        self.prompting.store(true, Ordering::Relaxed);
        let outcome = unlock();
        self.prompting.store(false, Ordering::Relaxed);
        outcome.map_err(Trouble::from)
    }

    /// After a login without a password the collection is locked until somebody asks, and then open at once. A prompt that
    /// the service would need is only prepared by this call, not shown.
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

/// Prompts are windows: without a display nobody would ever see one.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn attributes(user: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", user)])
}

/// The item, unlocked. `SearchItems` tells locked matches apart, so nothing is unlocked that is not asked for.
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

/// Would it take a password to look into it?
fn is_closed(collection: &Collection<'_>, unlock: &Unlock<'_>) -> Result<bool, Trouble> {
    Ok(collection.is_locked()? && !unlock.opens_without_asking(&collection.collection_path)?)
}

impl Store for SecretServiceStore {
    fn look(&mut self) -> Result<Standing, VaultError> {
        self.with(|service, unlock| {
            Ok(if is_closed(&service.get_default_collection()?, unlock)? {
                Standing::Locked
            } else {
                Standing::Ready
            })
        })
    }

    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.with(|service, unlock| match find(service, item, unlock)? {
            Some(found) => Ok(Some(Secret::new(found.get_secret()?))),
            // A collection that was never unlocked in this session may hide what it holds.
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

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.with(|service, unlock| {
            let user = item.to_string();
            let collection = collection(service, unlock)?;
            unlock.still_wanted()?;
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

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.with(|service, unlock| {
            collection(service, unlock)?;
            match find(service, item, unlock)? {
                Some(found) => {
                    unlock.still_wanted()?;
                    found.delete()?;
                    Ok(true)
                }
                None => Ok(false),
            }
        })
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.with(|service, unlock| {
            // Looking never asks for a password: a locked collection is said to be locked.
            if is_closed(&service.get_default_collection()?, unlock)? {
                return Err(Trouble::Ours(VaultError::Locked));
            }
            let found = service.search_items(HashMap::from([("service", SERVICE)]))?;
            let mut names = Vec::new();
            for item in found.unlocked.into_iter().chain(found.locked) {
                // Other programs may use the same service name: only names of our form are ours.
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

    fn heed(&mut self, given_up: &Arc<AtomicBool>) {
        self.given_up = Arc::clone(given_up);
    }

    fn wants_text(&self) -> bool {
        true
    }
}
