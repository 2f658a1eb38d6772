//! Opens a backend of each kind.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::catalog::Catalog;
#[cfg(any(windows, target_os = "macos"))]
use super::native;
#[cfg(all(unix, not(target_os = "macos")))]
use super::secret_service::SecretServiceBackend;
use super::worker::BackendFactory;
use super::{
    Backend, IndexFile, Memory, PASSPHRASE_FILE, PassphraseBroker, PassphraseSource, StorageError,
    passphrase_file,
};
use crate::platform::configuration::StorageKind;

/// The storage to use, with its parameters.
#[derive(Clone)]
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

/// What a storage and its backends share.
#[derive(Clone, Default)]
pub(super) struct Shared {
    pub broker: Arc<PassphraseBroker>,
    pub catalog: Arc<Catalog>,
}

impl Shared {
    pub fn new(options: &StorageOptions) -> Self {
        let index = IndexFile::new(&options.data_dir, &options.state_dir);
        Self {
            broker: Arc::default(),
            catalog: Arc::new(Catalog::new(index)),
        }
    }
}

pub(super) fn factory_for(
    kind: StorageKind,
    options: &StorageOptions,
    shared: &Shared,
) -> BackendFactory {
    match kind {
        StorageKind::Keyring => keyring(options.may_prompt, shared),
        StorageKind::Memory => once("memory", Box::new(Memory::default())),
        StorageKind::File => {
            let file = options.data_dir.join(PASSPHRASE_FILE);
            let (options, broker) = (options.clone(), shared.broker.clone());
            BackendFactory {
                name: "passphrase file",
                kind,
                open: Arc::new(move |waiting| {
                    let passphrases = passphrase_file::Passphrases::new(
                        options.passphrase.clone(),
                        broker.clone(),
                        waiting,
                    );
                    let backend = passphrase_file::PassphraseFile::new(
                        &file,
                        &options.state_dir,
                        passphrases,
                    );
                    Ok(Box::new(backend) as Box<dyn Backend>)
                }),
            }
        }
    }
}

/// Returns a factory for a backend that can't be opened again.
pub(super) fn once(name: &'static str, backend: Box<dyn Backend>) -> BackendFactory {
    let backend = Mutex::new(Some(backend));
    BackendFactory {
        name,
        kind: StorageKind::Memory,
        open: Arc::new(move |_| {
            let backend = backend.lock().ok().and_then(|mut it| it.take());
            backend.ok_or_else(|| StorageError::Other("the storage is closed".to_owned()))
        }),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn keyring(may_prompt: bool, shared: &Shared) -> BackendFactory {
    let catalog = shared.catalog.clone();
    BackendFactory {
        name: "Secret Service",
        kind: StorageKind::Keyring,
        open: Arc::new(move |waiting| {
            let catalog = catalog.clone();
            let backend = SecretServiceBackend::new(may_prompt, waiting, catalog);
            Ok(Box::new(backend) as Box<dyn Backend>)
        }),
    }
}

#[cfg(any(windows, target_os = "macos"))]
fn keyring(_: bool, _: &Shared) -> BackendFactory {
    BackendFactory {
        name: native::NAME,
        kind: StorageKind::Keyring,
        open: Arc::new(|waiting| {
            Ok(Box::new(native::NativeBackend::new(waiting)?) as Box<dyn Backend>)
        }),
    }
}
