//! Tests of hung and panicking backends, and of moves by another process.

use uuid::Uuid;

use super::*;
use crate::storage::open::Shared;
use crate::storage::{Access, HookedMemory, ItemName, Memory, Storage};
use aemkeys_core::credential::Secret;

/// Creates a storage whose backend outlives its threads, and runs `hook` before each call.
fn hooked(hook: impl Fn(Access<'_>) + Clone + Send + Sync + 'static) -> Storage {
    let backend = HookedMemory {
        memory: Memory::default(),
        hook: move |access: Access<'_>| {
            hook(access);
            Ok(())
        },
    };
    Storage::over_factory("hooked", move || Box::new(backend.clone()))
}

/// Waits until no thread is hung any more.
fn wait_for_threads(storage: &Storage) {
    let began = Instant::now();
    while storage.worker.hung.load(Ordering::Relaxed) > 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn timed_out_write_does_not_overwrite_a_newer_one() {
    let (release, waits) = mpsc::channel::<()>();
    // The first call waits until it is released.
    let waits = Arc::new(Mutex::new(Some(waits)));
    let storage = hooked(move |_| {
        let waits = waits.lock().unwrap().take();
        if let Some(waits) = waits {
            waits.recv().unwrap();
        }
    });
    let name = ItemName::Credential(Uuid::from_u128(1), 1);
    let late = storage.put_payload(&name, &Secret::from("old"));
    assert!(
        matches!(late, Err(StorageError::TimedOut { write: true, .. })),
        "{late:?}"
    );
    storage.put_payload(&name, &Secret::from("new")).unwrap();
    release.send(()).unwrap();
    wait_for_threads(&storage);
    assert!(storage.payload(&name).unwrap() == Some(Secret::from("new")));
}

#[test]
fn backend_that_panicked_is_opened_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let storage = hooked(move |_| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        assert!(call >= 3, "the backend panics");
    });
    let name = ItemName::Token(Uuid::from_u128(1));
    for _ in 0..3 {
        assert!(storage.payload(&name).is_err());
    }
    assert!(storage.payload(&name).unwrap().is_none());
}

/// Two storages that outlive their workers, and the configuration that names one of them.
struct TwoStorages {
    keyring: Memory,
    file: Memory,
    folder: tempfile::TempDir,
}

impl TwoStorages {
    fn new() -> Self {
        Self {
            keyring: Memory::default(),
            file: Memory::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn process(&self) -> Storage {
        let (keyring, file) = (self.keyring.clone(), self.file.clone());
        let factory_for = move |kind: StorageKind| {
            let backend = match kind {
                StorageKind::File => file.clone(),
                _ => keyring.clone(),
            };
            BackendFactory {
                name: kind.as_str(),
                kind,
                open: Arc::new(move |_| Ok(Box::new(backend.clone()))),
            }
        };
        let factory = factory_for(StorageKind::Keyring);
        let followed = Followed {
            file: self.folder.path().join("config.toml"),
            kind: StorageKind::Keyring,
            factory_for: Box::new(factory_for),
            seen: None,
        };
        Storage::new(factory, Some(followed), Shared::default())
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("config.toml"), text).unwrap();
    }

    /// The number of items in the keyring and in the file.
    fn held(&self) -> (usize, usize) {
        let held = |store: &Memory| store.clone().list().unwrap().len();
        (held(&self.keyring), held(&self.file))
    }
}

fn write(storage: &Storage, number: u128) {
    let item = ItemName::Token(Uuid::from_u128(number));
    storage.put_payload(&item, &Secret::from("x")).unwrap();
}

#[test]
fn writes_after_a_move_by_another_process_go_to_the_new_storage() {
    let storages = TwoStorages::new();
    let (first, second) = (storages.process(), storages.process());
    write(&first, 1);
    let saved = |kind| {
        let file = storages.folder.path().join("config.toml");
        let configuration = Configuration::load(&file).unwrap();
        configuration.save_storage(kind).unwrap();
    };
    saved(StorageKind::File);
    write(&first, 2);
    assert_eq!(first.storage_name(), "file");
    assert_eq!(storages.held(), (1, 1));
    assert_eq!(second.items().unwrap().len(), 1);
    assert_eq!(second.storage_name(), "file");
    saved(StorageKind::Keyring);
    write(&second, 3);
    assert_eq!(storages.held(), (2, 1));
}

#[test]
fn broken_configuration_changes_nothing() {
    let storages = TwoStorages::new();
    let storage = storages.process();
    write(&storage, 1);
    storages.configure("storage = ");
    write(&storage, 2);
    storages.configure("storage = \"memory\"");
    write(&storage, 3);
    assert_eq!(storages.held(), (3, 0));
    storages.configure("storage = \"file\"\n");
    write(&storage, 4);
    assert_eq!(storages.held(), (3, 1));
}

#[test]
fn adopted_storage_is_used_until_the_configuration_names_another() {
    let storages = TwoStorages::new();
    let storage = storages.process();
    write(&storage, 1);
    let file = storages.file.clone();
    let other = Storage::over_factory("file", move || Box::new(file.clone()));
    storage.adopt(&other, StorageKind::File);
    storages.configure("storage = \"file\"");
    write(&storage, 2);
    assert_eq!(storages.held(), (1, 1));
    storages.configure("theme = \"dark\"");
    write(&storage, 3);
    assert_eq!(storages.held(), (2, 1));
}

#[test]
fn call_behind_many_others_does_not_time_out() {
    let storage = hooked(|access| {
        if matches!(access, Access::Write(_)) {
            std::thread::sleep(Duration::from_millis(250));
        }
    });
    let calls = 1 + 2 * Awaited::Backend.deadline().as_secs() * 4;
    std::thread::scope(|scope| {
        for number in 0..u128::from(calls) {
            let storage = &storage;
            scope.spawn(move || write(storage, number));
        }
    });
    assert_eq!(u64::try_from(storage.items().unwrap().len()), Ok(calls));
}

#[test]
fn only_hung_threads_count_and_only_until_they_end() {
    let (release, waits) = mpsc::channel::<()>();
    let waits = Arc::new(Mutex::new(waits));
    // Every call waits until it is released.
    let storage = hooked(move |_| waits.lock().unwrap().recv().unwrap());
    for _ in 0..MAX_HUNG {
        assert!(storage.items().is_err());
    }
    assert!(storage.items().is_err());
    assert!(lock(&storage.worker.thread).is_none(), "started another");
    for _ in 0..MAX_HUNG {
        release.send(()).unwrap();
    }
    wait_for_threads(&storage);
    release.send(()).unwrap();
    assert!(storage.items().unwrap().is_empty());
}
