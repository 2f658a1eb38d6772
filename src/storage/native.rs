//! The macOS Keychain and the Windows Credential Manager, accessed through the `keyring` crate with raw bytes.

use std::collections::HashMap;
use std::sync::Arc;

use keyring::api::CredentialStore;
use keyring::{Entry, Error};

use super::{Awaited, Backend, ItemName, Provider, Refusal, StorageError, Waiting};
use aemkeys_core::credential::Secret;

const SERVICE: &str = "aemkeys";

#[cfg(target_os = "macos")]
pub const NAME: &str = "macOS Keychain";
#[cfg(windows)]
pub const NAME: &str = "Windows Credential Manager";

/// The limit of Windows, in bytes per item.
#[cfg(windows)]
const LIMIT: Option<usize> = Some(2560);
#[cfg(target_os = "macos")]
const LIMIT: Option<usize> = None;

pub struct NativeBackend {
    store: Arc<CredentialStore>,
    waiting: Waiting,
}

impl NativeBackend {
    pub fn new(waiting: Waiting) -> Result<Self, StorageError> {
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new().map_err(convert_error)?;
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new().map_err(convert_error)?;
        Ok(Self { store, waiting })
    }

    /// Runs a call. On macOS each one can ask for the password or for permission.
    fn during<T>(&self, call: impl FnOnce() -> Result<T, StorageError>) -> Result<T, StorageError> {
        if cfg!(target_os = "macos") {
            self.waiting.during(Awaited::Unlocking, call)
        } else {
            call()
        }
    }

    fn entry(&self, item: &ItemName) -> Result<Entry, StorageError> {
        // By default Windows copies items to other machines of the domain.
        #[cfg(windows)]
        let modifiers = Some(HashMap::from([("persistence", "Local")]));
        #[cfg(target_os = "macos")]
        let modifiers: Option<HashMap<&str, &str>> = None;
        self.store
            .build(SERVICE, &item.to_string(), modifiers.as_ref())
            .map_err(convert_error)
    }
}

/// Converts an error. Keeps only its kind, because errors of `keyring` can contain the raw value.
fn convert_error(error: Error) -> StorageError {
    match error {
        Error::NoStorageAccess(_) => StorageError::refused(&Provider::Unknown, Refusal::Locked),
        Error::PlatformFailure(_) => {
            StorageError::NoKeyring("the system's credential store failed".to_owned())
        }
        Error::TooLong(what, _) => StorageError::Other(format!(
            "{what} is too long for the system's credential store"
        )),
        _ => StorageError::Other("the system's credential store returned an error".to_owned()),
    }
}

impl Backend for NativeBackend {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.during(|| match self.entry(item)?.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(convert_error(error)),
        })
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.during(|| {
            let entry = self.entry(item)?;
            entry.set_secret(value.expose()).map_err(convert_error)
        })
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.during(|| match self.entry(item)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(convert_error(error)),
        })
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        #[cfg(windows)]
        let spec = HashMap::from([("pattern", "aemkeys")]);
        #[cfg(target_os = "macos")]
        let spec = HashMap::from([("service", SERVICE)]);
        let found = self.during(|| self.store.search(&spec).map_err(convert_error))?;
        let mut names: Vec<ItemName> = found
            .iter()
            .filter_map(Entry::get_specifiers)
            .filter(|(service, _)| service == SERVICE)
            .filter_map(|(_, user)| ItemName::parse(&user))
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn limit(&self) -> Option<usize> {
        LIMIT
    }
}
