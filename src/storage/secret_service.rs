//! The Secret Service (gnome-keyring, KWallet, KeePassXC), accessed over a plain session on the user's bus.
//!
//! An encrypted session would need a Diffie-Hellman exchange per process, most of the time of reading a cached token, and
//! protects nothing: any program of the same user may read the item from the service. Values are one line of base64url
//! text, because gnome-keyring with an empty password loses its whole collection to values that look like JSON or PEM.
//!
//! Any call may wait for the user: KeePassXC asks inside a search, and before it overwrites an entry. So each operation first
//! asks whether the collection is locked, which shows nothing and is answered at once, or the service hangs. Everything
//! after that has the deadline of a prompt.

mod client;
mod wallet_file;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use zbus::blocking::Connection;
use zbus::zvariant::OwnedObjectPath;

use self::client::{Attributes, Client, Prepared};
use self::wallet_file::WalletFile;
use super::call::check_not_cancelled;
use super::catalog::{Catalog, Owners};
use super::{Awaited, Backend, ItemName, Provider, Refusal, StorageError, StorageStatus, Waiting};
use aemkeys_core::credential::Secret;
use aemkeys_core::credential::text::clean;

const SERVICE: &str = "aemkeys";

pub struct SecretServiceBackend {
    may_prompt: bool,
    /// Whether the current call may prompt.
    asks: bool,
    waiting: Waiting,
    catalog: Arc<Catalog>,
    connection: Option<Connected>,
    cancelled: Arc<AtomicBool>,
}

struct Connected {
    client: Client,
    provider: Provider,
    wallet: WalletFile,
}

impl SecretServiceBackend {
    /// Tries to connect. After a failure the first call tries again and reports it.
    pub fn new(may_prompt: bool, waiting: Waiting, catalog: Arc<Catalog>) -> Self {
        Self {
            connection: connect(&waiting).ok(),
            may_prompt,
            asks: may_prompt,
            waiting,
            catalog,
            cancelled: Arc::default(),
        }
    }

    /// Runs `work`. Reconnects once if the session is gone, for example because the daemon was restarted.
    fn with<T>(
        &mut self,
        work: impl Fn(&Operation<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StorageError> {
        let attempt = |connected: &Connected| {
            work(&Operation {
                client: &connected.client,
                connected,
                asks: self.asks && has_display(),
                waiting: &self.waiting,
                catalog: &self.catalog,
                cancelled: &self.cancelled,
            })
        };
        let was_connected = self.connection.is_some();
        let mut connected = match self.connection.take() {
            Some(connected) => connected,
            None => connect(&self.waiting)?,
        };
        let mut outcome = attempt(&connected);
        if was_connected && outcome.as_ref().is_err_and(Trouble::is_stale) {
            connected = connect(&self.waiting)?;
            outcome = attempt(&connected);
        }
        let outcome = outcome.map_err(|trouble| trouble.into_error(&connected.provider));
        self.connection = Some(connected);
        outcome
    }
}

fn connect(waiting: &Waiting) -> Result<Connected, StorageError> {
    let bus = Connection::session()
        .map_err(|_| StorageError::NoKeyring("there is no D-Bus session".to_owned()))?;
    // Asked before the first call, in case the service hangs, and again if that call has started it.
    let provider = provider_on(&bus);
    waiting.set_provider(provider.clone());
    let client = Client::connect(bus).map_err(|error| Trouble::Bus(error).into_error(&provider))?;
    let provider = match provider {
        Provider::Unknown => provider_on(&client.bus),
        known => known,
    };
    waiting.set_provider(provider.clone());
    Ok(Connected {
        client,
        provider,
        wallet: WalletFile::default(),
    })
}

/// Recognises the program that owns the name of the Secret Service.
fn provider_on(bus: &Connection) -> Provider {
    let process = bus
        .call_method(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            Some("org.freedesktop.DBus"),
            "GetConnectionUnixProcessID",
            &client::DESTINATION,
        )
        .and_then(|reply| reply.body().deserialize::<u32>());
    let name = process
        .ok()
        .and_then(|id| std::fs::read_to_string(format!("/proc/{id}/comm")).ok());
    Provider::of_process(name.unwrap_or_default().trim())
}

#[derive(Debug)]
enum Trouble {
    Bus(zbus::Error),
    Refused(Refusal),
    Ours(StorageError),
}

impl From<zbus::Error> for Trouble {
    fn from(error: zbus::Error) -> Self {
        match &error {
            zbus::Error::MethodError(name, ..) if name.ends_with("Error.IsLocked") => {
                Self::Refused(Refusal::Locked)
            }
            _ => Self::Bus(error),
        }
    }
}

impl Trouble {
    /// Returns whether the service was restarted or the bus connection was lost.
    fn is_stale(&self) -> bool {
        matches!(self, Self::Bus(_))
    }

    fn into_error(self, provider: &Provider) -> StorageError {
        match self {
            Self::Ours(error) => error,
            Self::Refused(refusal) => StorageError::refused(provider, refusal),
            Self::Bus(zbus::Error::InputOutput(_)) => {
                StorageError::NoKeyring("the D-Bus session has ended".to_owned())
            }
            Self::Bus(error) => {
                // Contains names and addresses, but never values.
                let words = error.to_string();
                if words.contains("ServiceUnknown") || words.contains("NameHasNoOwner") {
                    let none = "no Secret Service on the D-Bus session";
                    return StorageError::NoKeyring(none.to_owned());
                }
                StorageError::Other(format!(
                    "{provider} returned an error: {}",
                    clean(&words, 200)
                ))
            }
        }
    }
}

/// Returns whether a prompt, which is a window, can be shown.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn attributes(user: &str) -> Attributes<'_> {
    HashMap::from([("service", SERVICE), ("username", user)])
}

fn all_of_ours() -> Attributes<'static> {
    HashMap::from([("service", SERVICE)])
}

/// One call of the storage.
struct Operation<'a> {
    client: &'a Client,
    connected: &'a Connected,
    /// Whether the user can be asked.
    asks: bool,
    waiting: &'a Waiting,
    catalog: &'a Catalog,
    cancelled: &'a AtomicBool,
}

impl Operation<'_> {
    /// Opens the default collection, then runs `work` with it, with the deadline of a prompt if one may be shown.
    fn opened<T>(
        &self,
        work: impl FnOnce(Option<&OwnedObjectPath>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let collection = self.client.default_collection()?;
        let locked = match &collection {
            Some(collection) if self.client.is_locked(collection)? => Some(collection),
            _ => None,
        };
        let work = || {
            if let Some(locked) = locked {
                let unlock = self.client.unlock(std::slice::from_ref(locked))?;
                self.ask(unlock, Refusal::Locked, Refusal::Cancelled)?;
            }
            work(collection.as_ref())
        };
        if self.asks {
            self.waiting.during(Awaited::Unlocking, work)
        } else {
            work()
        }
    }

    /// Shows the prompt that the service needs, if any. Fails with `unasked` where nobody can be asked.
    fn ask(
        &self,
        prompt: Option<Prepared>,
        unasked: Refusal,
        dismissed: Refusal,
    ) -> Result<(), Trouble> {
        let Some(prompt) = prompt else { return Ok(()) };
        if !self.asks {
            return Err(Trouble::Refused(unasked));
        }
        self.show(&prompt, dismissed)
    }

    fn show(&self, prompt: &Prepared, dismissed: Refusal) -> Result<(), Trouble> {
        let was_answered = self.client.prompt(prompt)?;
        // The answer can come after the deadline.
        check_not_cancelled(self.cancelled).map_err(Trouble::Ours)?;
        was_answered
            .then_some(())
            .ok_or(Trouble::Refused(dismissed))
    }

    /// Unlocks entries, and asks for access to them.
    fn unlock_entries(&self, entries: &[OwnedObjectPath]) -> Result<(), Trouble> {
        let prompt = self.client.unlock(entries)?;
        self.waiting.during(Awaited::Approval, || {
            self.ask(prompt, Refusal::NotAllowed, Refusal::Denied)
        })
    }

    /// Completes a write. KeePassXC prepares a prompt for each one, which shows nothing unless the user must allow it.
    fn complete(&self, prompt: Option<Prepared>) -> Result<(), Trouble> {
        let Some(prompt) = prompt else { return Ok(()) };
        self.waiting
            .during(Awaited::Approval, || self.show(&prompt, Refusal::Denied))
    }

    /// Finds an item and unlocks it, together with what belongs to the same environment, so that one prompt is enough.
    fn find(
        &self,
        default: Option<&OwnedObjectPath>,
        item: &ItemName,
    ) -> Result<Option<OwnedObjectPath>, Trouble> {
        let user = item.to_string();
        let Some(found) = self.search(default, &attributes(&user))?.pop() else {
            return Ok(None);
        };
        if self.client.is_item_locked(&found)? {
            let mut together = self.locked_items(default, &self.catalog.related(item.id()))?;
            if !together.contains(&found) {
                together.push(found.clone());
            }
            self.unlock_entries(&together)?;
        }
        Ok(Some(found))
    }

    /// Searches the default collection, then other open ones. Locked ones are searched only if no item of aemkeys is in an open
    /// one, because KeePassXC then asks for the password of every database.
    fn search(
        &self,
        default: Option<&OwnedObjectPath>,
        attributes: &Attributes<'_>,
    ) -> Result<Vec<OwnedObjectPath>, Trouble> {
        if let Some(default) = default {
            let found = self.client.search(default, attributes)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let (mut open, mut has_locked) = (Vec::new(), false);
        for collection in self.client.collections()? {
            if self.client.is_locked(&collection)? {
                has_locked = true;
            } else {
                open.push(collection);
            }
        }
        for collection in open.iter().filter(|it| Some(*it) != default) {
            let found = self.client.search(collection, attributes)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if !has_locked || !self.asks {
            return Ok(Vec::new());
        }
        for collection in &open {
            if !self.client.search(collection, &all_of_ours())?.is_empty() {
                return Ok(Vec::new());
            }
        }
        Ok(self.client.search_all(attributes)?)
    }

    /// Returns the locked items of these owners, and the marks of leaked keys, which every use of a credential reads.
    fn locked_items(
        &self,
        default: Option<&OwnedObjectPath>,
        owners: &Owners,
    ) -> Result<Vec<OwnedObjectPath>, Trouble> {
        let mut wanted = Vec::new();
        for path in self.search(default, &all_of_ours())? {
            let is_wanted = match self.name_of(&path)? {
                Some(ItemName::LeakedKey(_)) => true,
                Some(name) => owners.contains(name.id()),
                None => false,
            };
            if is_wanted && self.client.is_item_locked(&path)? {
                wanted.push(path);
            }
        }
        Ok(wanted)
    }

    /// Returns the name of an item; `None` for those of other programs, which may use the same service name.
    fn name_of(&self, item: &OwnedObjectPath) -> Result<Option<ItemName>, Trouble> {
        let attributes = self.client.attributes(item)?;
        let user = attributes.get("username");
        Ok(user.and_then(|user| ItemName::parse(user)))
    }

    /// Reads an item that [`Operation::find`] has unlocked.
    fn read(&self, item: &OwnedObjectPath) -> Result<Secret, Trouble> {
        match self.client.secret(item).map_err(Trouble::from) {
            // KeePassXC answers the prompt for several entries although the user has allowed only some of them.
            Err(Trouble::Refused(_)) => Err(Trouble::Refused(Refusal::Denied)),
            outcome => outcome,
        }
    }

    /// Waits until KWallet has written its file.
    fn sync(&self, collection: &OwnedObjectPath) -> Result<(), Trouble> {
        if self.connected.provider == Provider::KWallet {
            let wallet = self.client.label(collection)?;
            self.connected.wallet.sync(&self.client.bus, &wallet);
        }
        Ok(())
    }
}

fn required(collection: Option<&OwnedObjectPath>) -> Result<&OwnedObjectPath, Trouble> {
    collection.ok_or(Trouble::Refused(Refusal::NoCollection))
}

impl Backend for SecretServiceBackend {
    fn status(&mut self) -> Result<StorageStatus, StorageError> {
        self.with(|operation| {
            let client = operation.client;
            let collection = client.default_collection()?;
            let collection = required(collection.as_ref())?;
            // After a login without a password the collection is locked until somebody unlocks it, which shows no prompt.
            let is_locked = client.is_locked(collection)?
                && client.unlock(std::slice::from_ref(collection))?.is_some();
            Ok(if is_locked {
                StorageStatus::Locked
            } else {
                StorageStatus::Ready
            })
        })
    }

    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.with(|operation| {
            operation.opened(|collection| match operation.find(collection, item)? {
                Some(found) => operation.read(&found).map(Some),
                None => required(collection).map(|_| None),
            })
        })
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.with(|operation| {
            operation.opened(|collection| {
                let collection = required(collection)?;
                check_not_cancelled(operation.cancelled).map_err(Trouble::Ours)?;
                let user = item.to_string();
                let title = operation.catalog.title(item);
                let prompt =
                    operation
                        .client
                        .create(collection, &title, attributes(&user), value)?;
                operation.complete(prompt)?;
                operation.sync(collection)
            })
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.with(|operation| {
            operation.opened(|collection| {
                let collection = required(collection)?;
                let Some(found) = operation.find(Some(collection), item)? else {
                    return Ok(false);
                };
                check_not_cancelled(operation.cancelled).map_err(Trouble::Ours)?;
                operation.complete(operation.client.delete(&found)?)?;
                operation.sync(collection)?;
                Ok(true)
            })
        })
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        self.with(|operation| {
            operation.opened(|collection| {
                required(collection)?;
                let mut names = Vec::new();
                for item in operation.search(collection, &all_of_ours())? {
                    names.extend(operation.name_of(&item)?);
                }
                names.sort();
                Ok(names)
            })
        })
    }

    fn prepare(&mut self, cancelled: &Arc<AtomicBool>, may_ask: bool) {
        self.cancelled = Arc::clone(cancelled);
        self.asks = self.may_prompt && may_ask;
    }

    fn wants_text(&self) -> bool {
        true
    }
}
