//! Tests of the requirements on every store: memory, passphrase file and the system's keyrings.

use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{ItemName, PassphraseSource, Storage, StorageError, StorageOptions};
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Environment, EnvironmentType, Name};
use uuid::Uuid;

/// Sizes around all boundaries of padding and blocks, up to 64 KB.
pub const SIZES: [usize; 24] = [
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

pub fn item(number: u128) -> ItemName {
    ItemName::Credential(Uuid::from_u128(number), 1)
}

/// Returns a value with all byte values, different for every size.
pub fn value(size: usize) -> Secret {
    let bytes = (0..size).map(|at| u8::try_from((at * 31 + size) % 256).unwrap());
    Secret::new(bytes.collect::<Vec<u8>>())
}

fn environment(number: u128, name: &str) -> Environment {
    Environment {
        id: Uuid::from_u128(1_000_000 + number),
        customer: Some(name.to_owned()),
        notes: name.repeat(3),
        ..Environment::new(
            Name::parse(name).unwrap_or_else(|_| panic!("{name}")),
            EnvironmentType::Stage,
        )
    }
}

/// Checks all requirements. Values above `limit` must be refused. Leaves no items behind.
pub fn keeps_its_promises(storage: &Storage, limit: Option<usize>) {
    storage.probe().unwrap();
    let nobody = item(1);
    assert!(storage.payload(&nobody).unwrap().is_none());
    assert!(!storage.delete(&nobody).unwrap());
    for size in SIZES {
        let name = item(2);
        let before = storage.payload(&name).unwrap();
        // What stands around a payload is 38 bytes.
        if limit.is_some_and(|limit| size + 38 > limit) {
            let refused = storage.put_payload(&name, &value(size));
            assert!(
                matches!(refused, Err(StorageError::TooLarge { .. })),
                "{size}"
            );
            assert!(
                storage.payload(&name).unwrap() == before,
                "{size}: cut or lost"
            );
        } else {
            storage.put_payload(&name, &value(size)).unwrap();
            assert!(
                storage.payload(&name).unwrap() == Some(value(size)),
                "{size}"
            );
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
        storage.put_payload(&item(2), &Secret::from(text)).unwrap();
        assert!(storage.payload(&item(2)).unwrap() == Some(Secret::from(text)));
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        storage.put_environment(&stored).unwrap();
        assert_eq!(storage.environment(stored.id).unwrap(), Some(stored));
    }
    // Kinds and revisions of one id do not get in each other's way.
    let id = Uuid::from_u128(3);
    let kinds = [
        ItemName::Credential(id, 1),
        ItemName::Credential(id, 2),
        ItemName::Token(id),
    ];
    for (size, name) in (10..).zip(&kinds) {
        storage.put_payload(name, &value(size)).unwrap();
    }
    for (size, name) in (10..).zip(&kinds) {
        assert!(
            storage.payload(name).unwrap() == Some(value(size)),
            "{name}"
        );
    }
    assert_eq!(
        storage.items().unwrap().len(),
        1 + NAMES.len() + kinds.len()
    );
    for name in storage.items().unwrap() {
        assert!(storage.delete(&name).unwrap(), "{name}");
        assert!(storage.payload(&name).unwrap().is_none(), "{name}");
    }
    assert!(storage.items().unwrap().is_empty());
}

/// Returns the item that the next process or daemon must find.
pub fn leave(storage: &Storage) {
    for (number, size) in (100..).zip(SIZES) {
        storage.put_payload(&item(number), &value(size)).unwrap();
    }
    for (number, name) in (0..).zip(NAMES) {
        storage.put_environment(&environment(number, name)).unwrap();
    }
}

pub fn find(storage: &Storage) {
    for (number, size) in (100..).zip(SIZES) {
        assert!(
            storage.payload(&item(number)).unwrap() == Some(value(size)),
            "{size}"
        );
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        assert_eq!(storage.environment(stored.id).unwrap(), Some(stored));
    }
    assert_eq!(storage.items().unwrap().len(), SIZES.len() + NAMES.len());
}

/// Locked while a test uses the system's own store, and the user's folders.
#[cfg(any(windows, target_os = "macos"))]
static NATIVE_STORE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Returns `None` unless `AEMKEYS_NATIVE_STORE` says that the system's own store and the user's folders hold nothing of
/// aemkeys.
#[cfg(any(windows, target_os = "macos"))]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub fn native_store() -> Option<std::sync::MutexGuard<'static, ()>> {
    if std::env::var_os("AEMKEYS_NATIVE_STORE").is_none_or(|value| value != "1") {
        println!("skipped: AEMKEYS_NATIVE_STORE is not 1");
        return None;
    }
    let locked = NATIVE_STORE.lock();
    Some(locked.unwrap_or_else(std::sync::PoisonError::into_inner))
}

#[cfg(any(windows, target_os = "linux", target_os = "macos"))]
pub fn keyring() -> Storage {
    Storage::open(StorageOptions {
        storage: StorageKind::Keyring,
        may_prompt: false,
        data_dir: "unused".into(),
        state_dir: "unused".into(),
        passphrase: PassphraseSource::None,
    })
}
