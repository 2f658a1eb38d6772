//! Do all stores keep the same promises? One suite over memory, a store with Windows' limit, the passphrase file, and a real
//! gnome-keyring with a password and without one. On macOS and Windows, where it is asked for, the system's own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

#[cfg(target_os = "linux")]
mod gnome_keyring;
#[cfg(target_os = "linux")]
#[path = "../support/keyring_session.rs"]
mod keyring_session;

use std::path::Path;

use aemkeys::credential::Secret;
use aemkeys::environment::{Environment, EnvironmentType, Hosts, Name};
use aemkeys::platform::configuration::Storage;
use aemkeys::vault::{ItemName, Memory, PassphraseSource, Store, Vault, VaultError, VaultOptions};
use uuid::Uuid;

/// Windows takes this many bytes an item.
const WINDOWS: usize = 2560;

/// Around every step of padding and of blocks, and up to 64 KB.
const SIZES: [usize; 24] = [
    0, 1, 2, 3, 15, 16, 17, 255, 256, 257, 1023, 1024, 2047, 2048, 2520, 2521, 2522, 2523, 4095,
    4096, 6000, 16_384, 65_535, 65_536,
];

const NAMES: [&str; 8] = [
    "plain",
    "Bränd Größe",
    "品牌 ステージ",
    "العلامة",
    "🚀 launch",
    "e\u{301}te\u{301}",
    "ﬀ ß İ ı",
    "quotes \" ' ` \\ $(x) %s {}",
];

fn item(number: u128) -> ItemName {
    ItemName::Credential(Uuid::from_u128(number), 1)
}

/// Every byte value, different for every size.
fn value(size: usize) -> Secret {
    let bytes = (0..size).map(|at| u8::try_from((at * 31 + size) % 256).unwrap());
    Secret::new(bytes.collect::<Vec<u8>>())
}

fn environment(number: u128, name: &str) -> Environment {
    Environment {
        id: Uuid::from_u128(1_000_000 + number),
        name: Name::parse(name).unwrap_or_else(|_| panic!("{name}")),
        environment_type: EnvironmentType::Stage,
        customer: Some(name.to_owned()),
        ids: None,
        hosts: Hosts::default(),
        approvals: Vec::new(),
        identities: Vec::new(),
        notes: name.repeat(3),
        console_url: None,
        saved_paths: Vec::new(),
    }
}

/// Everything a store must do. `limit`: values above are refused whole. Leaves nothing behind.
fn keeps_its_promises(vault: &Vault, limit: Option<usize>) {
    vault.probe().unwrap();
    let nobody = item(1);
    assert!(vault.payload(&nobody).unwrap().is_none());
    assert!(!vault.delete(&nobody).unwrap());
    for size in SIZES {
        let name = item(2);
        let before = vault.payload(&name).unwrap();
        // What stands around a payload is 38 bytes.
        if limit.is_some_and(|limit| size + 38 > limit) {
            let refused = vault.put_payload(&name, &value(size));
            assert!(
                matches!(refused, Err(VaultError::TooLarge { .. })),
                "{size}"
            );
            assert!(
                vault.payload(&name).unwrap() == before,
                "{size}: cut or lost"
            );
        } else {
            vault.put_payload(&name, &value(size)).unwrap();
            assert!(vault.payload(&name).unwrap() == Some(value(size)), "{size}");
        }
    }
    // Smaller over larger, and values that some keyring takes for something else.
    for text in [
        "",
        "{\"json\": 1}",
        "-----BEGIN X-----\n",
        "a\0b\r\n\u{fffd}",
        "[keyring]\n",
    ] {
        vault.put_payload(&item(2), &Secret::from(text)).unwrap();
        assert!(vault.payload(&item(2)).unwrap() == Some(Secret::from(text)));
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        vault.put_environment(&stored).unwrap();
        assert_eq!(vault.environment(stored.id).unwrap(), Some(stored));
    }
    // Kinds and revisions of one id do not get in each other's way.
    let id = Uuid::from_u128(3);
    let kinds = [
        ItemName::Credential(id, 1),
        ItemName::Credential(id, 2),
        ItemName::Token(id),
    ];
    for (size, name) in (10..).zip(&kinds) {
        vault.put_payload(name, &value(size)).unwrap();
    }
    for (size, name) in (10..).zip(&kinds) {
        assert!(vault.payload(name).unwrap() == Some(value(size)), "{name}");
    }
    assert_eq!(vault.items().unwrap().len(), 1 + NAMES.len() + kinds.len());
    for name in vault.items().unwrap() {
        assert!(vault.delete(&name).unwrap(), "{name}");
        assert!(vault.payload(&name).unwrap().is_none(), "{name}");
    }
    assert!(vault.items().unwrap().is_empty());
}

/// What the next process, or the next daemon, must find.
fn leave(vault: &Vault) {
    for (number, size) in (100..).zip(SIZES) {
        vault.put_payload(&item(number), &value(size)).unwrap();
    }
    for (number, name) in (0..).zip(NAMES) {
        vault.put_environment(&environment(number, name)).unwrap();
    }
}

fn find(vault: &Vault) {
    for (number, size) in (100..).zip(SIZES) {
        assert!(
            vault.payload(&item(number)).unwrap() == Some(value(size)),
            "{size}"
        );
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        assert_eq!(vault.environment(stored.id).unwrap(), Some(stored));
    }
    assert_eq!(vault.items().unwrap().len(), SIZES.len() + NAMES.len());
}

#[test]
fn memory() {
    keeps_its_promises(&Vault::in_memory(), None);
}

/// Memory that takes no more than Windows' Credential Manager.
#[derive(Default)]
struct Limited(Memory);

impl Store for Limited {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.0.get(item)
    }
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        assert!(value.len() <= WINDOWS, "{item} does not fit");
        self.0.set(item, value)
    }
    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.0.delete(item)
    }
    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.0.list()
    }
    fn limit(&self) -> Option<usize> {
        Some(WINDOWS)
    }
}

#[test]
fn a_store_with_windows_limit() {
    let vault = Vault::over("limited", Box::<Limited>::default());
    keeps_its_promises(&vault, Some(WINDOWS));
}

fn passphrase_file(folder: &Path, passphrase: &str) -> Vault {
    Vault::open(VaultOptions {
        storage: Storage::File,
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
    keeps_its_promises(&passphrase_file(folder.path(), "right"), None);
    leave(&passphrase_file(folder.path(), "right"));
    find(&passphrase_file(folder.path(), "right"));
    let wrong = passphrase_file(folder.path(), "wrong").items();
    assert!(
        matches!(wrong, Err(VaultError::WrongPassphrase)),
        "{wrong:?}"
    );
    find(&passphrase_file(folder.path(), "right"));
}

#[cfg(any(windows, target_os = "linux", target_os = "macos"))]
fn keyring() -> Vault {
    Vault::open(VaultOptions {
        storage: Storage::Keyring,
        may_prompt: false,
        data_dir: "unused".into(),
        state_dir: "unused".into(),
        passphrase: PassphraseSource::None,
    })
}

/// The person's own one: only where somebody says that nothing else of aemkeys is in it.
#[cfg(any(windows, target_os = "macos"))]
#[test]
fn the_systems_own_store() {
    if std::env::var_os("AEMKEYS_NATIVE_STORE").is_none_or(|value| value != "1") {
        println!("skipped: AEMKEYS_NATIVE_STORE is not 1");
        return;
    }
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
