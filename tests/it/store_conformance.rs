//! The requirements on every storage: memory, a storage with the size limit of Windows, the passphrase file, and on request the
//! system's own on macOS and Windows. `tests/slow/gnome_keyring.rs` tests a real gnome-keyring.

use std::path::Path;

use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{
    Backend, ItemName, Memory, PassphraseSource, Storage, StorageError, StorageOptions,
};
use aemkeys_core::credential::Secret;

#[cfg(any(windows, target_os = "macos"))]
use crate::support::store_promises::{SIZES, item, keyring, native_store, value};
use crate::support::store_promises::{find, keeps_its_promises, leave};

/// Windows takes this many bytes an item.
const WINDOWS: usize = 2560;

#[test]
fn memory() {
    keeps_its_promises(&Storage::in_memory(), None);
}

/// Memory that takes no more than Windows' Credential Manager.
#[derive(Default)]
struct Limited(Memory);

impl Backend for Limited {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.0.get(item)
    }
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        assert!(value.len() <= WINDOWS, "{item} does not fit");
        self.0.set(item, value)
    }
    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.0.delete(item)
    }
    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        self.0.list()
    }
    fn limit(&self) -> Option<usize> {
        Some(WINDOWS)
    }
}

#[test]
fn storage_with_the_size_limit_of_windows() {
    let storage = Storage::over("limited", Box::<Limited>::default());
    keeps_its_promises(&storage, Some(WINDOWS));
}

fn passphrase_file(folder: &Path, passphrase: &str) -> Storage {
    Storage::open(StorageOptions {
        storage: StorageKind::File,
        may_prompt: false,
        data_dir: folder.to_path_buf(),
        state_dir: folder.to_path_buf(),
        passphrase: PassphraseSource::Command(echo(passphrase)),
    })
}

fn echo(text: &str) -> Vec<String> {
    let words: &[&str] = if cfg!(windows) {
        // A word of the shell there, no program.
        &["cmd", "/C", "echo", text]
    } else {
        &["echo", text]
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn a_passphrase_file_in_one_process_and_the_next() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&passphrase_file(folder.path(), "right word"), None);
    leave(&passphrase_file(folder.path(), "right word"));
    find(&passphrase_file(folder.path(), "right word"));
    let wrong = passphrase_file(folder.path(), "wrong").items();
    assert!(
        matches!(wrong, Err(StorageError::WrongPassphrase)),
        "{wrong:?}"
    );
    find(&passphrase_file(folder.path(), "right word"));
}

#[cfg(any(windows, target_os = "macos"))]
#[test]
fn the_systems_own_store() {
    let Some(_alone) = native_store() else {
        return;
    };
    let limit = cfg!(windows).then_some(WINDOWS);
    assert!(keyring().items().unwrap().is_empty(), "it is in use");
    keeps_its_promises(&keyring(), limit);
    let small: Vec<usize> = SIZES
        .into_iter()
        .filter(|size| limit.is_none_or(|limit| size + 38 <= limit))
        .collect();
    for (number, size) in (100..).zip(&small) {
        keyring().put_payload(&item(number), &value(*size)).unwrap();
    }
    // Another connection, as the next process has it.
    let next = keyring();
    for (number, size) in (100..).zip(&small) {
        assert!(
            next.payload(&item(number)).unwrap() == Some(value(*size)),
            "{size}"
        );
    }
    for name in next.items().unwrap() {
        assert!(next.delete(&name).unwrap(), "{name}");
    }
    assert!(keyring().items().unwrap().is_empty());
}
