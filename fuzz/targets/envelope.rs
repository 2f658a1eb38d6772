//! Reads any bytes as a stored value, bare and in an envelope with a valid checksum.

#![no_main]

mod problems;

use std::sync::{Arc, LazyLock, Mutex};

use aemkeys_core::credential::Secret;
use aemkeys::storage::{ItemName, Backend, Storage, StorageError};
use libfuzzer_sys::fuzz_target;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(0x4711);

/// A store that returns the same value for every item.
struct ConstantStore(Arc<Mutex<Vec<u8>>>);

impl Backend for ConstantStore {
    fn get(&mut self, _: &ItemName) -> Result<Option<Secret>, StorageError> {
        Ok(Some(Secret::new(self.0.lock().unwrap().clone())))
    }

    fn set(&mut self, _: &ItemName, _: &Secret) -> Result<(), StorageError> {
        Ok(())
    }

    fn delete(&mut self, _: &ItemName) -> Result<bool, StorageError> {
        Ok(false)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        Ok(vec![ItemName::Credential(ID, 1)])
    }
}

static STORAGE: LazyLock<(Arc<Mutex<Vec<u8>>>, Storage)> = LazyLock::new(|| {
    let value = Arc::new(Mutex::new(Vec::new()));
    let storage = Storage::over("any bytes", Box::new(ConstantStore(Arc::clone(&value))));
    (value, storage)
});

/// A second implementation of src/storage/envelope.rs.
fn sealed(kind: u8, revision: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = b"AEMK\x01".to_vec();
    out.push(kind);
    out.extend(ID.as_bytes());
    out.extend(revision.to_be_bytes());
    out.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    out.extend(payload);
    let checksum = digest(&SHA256, &out);
    out.extend(&checksum.as_ref()[..8]);
    out
}

fuzz_target!(|input: &[u8]| {
    let (value, storage) = &*STORAGE;
    let put = |bytes: Vec<u8>| *value.lock().unwrap() = bytes;
    put(input.to_vec());
    let _damaged = storage.token(ID);
    let checked = |error: StorageError| {
        let problem = error.problem();
        assert!(
            problem.code != aemkeys_core::credential::Code::Internal,
            "{problem:?}"
        );
        problems::check(&problem);
    };
    put(sealed(1, 0, input));
    if let Err(error) = storage.environment(ID) {
        checked(error);
    }
    put(sealed(2, 1, input));
    if let Err(error) = storage.credential(ID, 1) {
        checked(error);
    }
    put(sealed(3, 0, input));
    if let Err(error) = storage.token(ID) {
        checked(error);
    }
});
