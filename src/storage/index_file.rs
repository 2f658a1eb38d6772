//! The index on disk: readable by its owner only, replaced atomically, and changed under a lock.
//!
//! The lock is held only to read, change and write the file, never during a network call, a storage call or a prompt.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Index, StorageError, versioned_json};
use crate::platform::{atomic_file, lock};
use aemkeys_core::credential::Kind;
use aemkeys_core::environment::allow_list;

const VERSION: u32 = 1;

/// The names and ids in the index. All that reading a cached token needs, and much faster to read.
#[derive(Debug, Deserialize)]
pub struct IndexNames {
    version: u32,
    pub environments: Vec<NamedEnvironment>,
}

#[derive(Debug, Deserialize)]
pub struct NamedEnvironment {
    pub name: String,
    #[serde(default)]
    pub default: Option<Uuid>,
    pub identities: Vec<NamedEntry>,
}

#[derive(Debug, Deserialize)]
pub struct NamedEntry {
    pub identity: NamedIdentity,
}

#[derive(Debug, Deserialize)]
pub struct NamedIdentity {
    pub id: Uuid,
    pub label: String,
    pub kind: Kind,
}

/// `index.json` on disk: 0600, atomic, versioned, locked for read-modify-write.
#[derive(Clone, Debug)]
pub struct IndexFile {
    location: Location,
}

#[derive(Clone, Debug)]
enum Location {
    Disk { file: PathBuf, locks: PathBuf },
    Memory(Arc<Mutex<Index>>),
}

impl IndexFile {
    pub fn new(data_dir: &Path, state_dir: &Path) -> Self {
        Self {
            location: Location::Disk {
                file: data_dir.join("index.json"),
                locks: state_dir.join("locks"),
            },
        }
    }

    /// Creates an index in memory, for the demo and for commands that store nothing. Clones share it.
    pub fn in_memory() -> Self {
        Self {
            location: Location::Memory(Arc::default()),
        }
    }

    /// Reads the index. A missing file is an empty index; a newer version is an error.
    pub fn read(&self) -> Result<Index, StorageError> {
        match &self.location {
            Location::Memory(index) => {
                Ok(index.lock().unwrap_or_else(PoisonError::into_inner).clone())
            }
            Location::Disk { file, .. } => parse(read_bytes(file)?.as_deref()),
        }
    }

    /// Reads the names. Returns `None` if the file is missing, damaged or newer; [`IndexFile::read`] reports which.
    pub fn read_names(&self) -> Option<IndexNames> {
        let Location::Disk { file, .. } = &self.location else {
            return None;
        };
        let names: IndexNames = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        (names.version <= VERSION).then_some(names)
    }

    /// Reads, changes and writes the index under its lock. The closure must not block.
    pub fn update<T>(&self, change: impl FnOnce(&mut Index) -> T) -> Result<T, StorageError> {
        match &self.location {
            Location::Memory(index) => {
                let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(apply(&mut index, change)?.0)
            }
            Location::Disk { file, locks } => {
                let _lock = lock::acquire(locks, "index", lock::DEADLINE)
                    .map_err(|problem| StorageError::Lock(Box::new(problem)))?;
                let mut index = read_or_rename_damaged(file)?;
                let (result, changed) = apply(&mut index, change)?;
                if changed {
                    let bytes = serde_json::to_vec(&index).map_err(|_| unserialisable())?;
                    atomic_file::replace(file, &bytes)
                        .map_err(StorageError::io("could not write the index"))?;
                }
                Ok(result)
            }
        }
    }

    /// Returns the path of the file, for watching it.
    pub fn path(&self) -> Option<&Path> {
        match &self.location {
            Location::Disk { file, .. } => Some(file),
            Location::Memory(_) => None,
        }
    }
}

/// Changes the index. Returns whether it is different, and raises its generation if it is.
fn apply<T>(
    index: &mut Index,
    change: impl FnOnce(&mut Index) -> T,
) -> Result<(T, bool), StorageError> {
    let (before, generation) = (digest(index)?, index.generation);
    let result = change(index);
    index.generation = generation;
    let changed = digest(index)? != before;
    index.generation = generation.saturating_add(u64::from(changed));
    Ok((result, changed))
}

/// Stands for the content of a long list, of which a copy would double the memory.
fn digest(index: &Index) -> Result<u64, StorageError> {
    struct Digest(DefaultHasher);
    impl Write for Digest {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut digest = Digest(DefaultHasher::new());
    serde_json::to_writer(&mut digest, index).map_err(|_| unserialisable())?;
    Ok(digest.0.finish())
}

fn unserialisable() -> StorageError {
    StorageError::Other("could not serialise the index".to_owned())
}

/// Returns `None` if there is no file.
fn read_bytes(file: &Path) -> Result<Option<Vec<u8>>, StorageError> {
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        outcome => outcome
            .map(Some)
            .map_err(StorageError::io("could not read the index")),
    }
}

/// Reads the index. A damaged file is renamed and kept; the index can be rebuilt from the storage.
fn read_or_rename_damaged(file: &Path) -> Result<Index, StorageError> {
    match parse(read_bytes(file)?.as_deref()) {
        Err(StorageError::Damaged { .. }) => {
            let aside = file.with_file_name(format!(
                "index.json.damaged-{}",
                Timestamp::now().as_second()
            ));
            std::fs::rename(file, aside)
                .map_err(StorageError::io("could not rename the damaged index"))?;
            parse(None)
        }
        outcome => outcome,
    }
}

fn parse(bytes: Option<&[u8]>) -> Result<Index, StorageError> {
    let Some(bytes) = bytes else {
        return Ok(Index {
            version: VERSION,
            ..Index::default()
        });
    };
    let version = |index: &Index| index.version;
    let mut index = versioned_json::read(bytes, VERSION, version, "index.json")?;
    index.version = VERSION;
    for entry in &index.environments {
        let kinds = entry.identities.iter().map(|identity| identity.kind);
        allow_list::check_local(entry.ids, &entry.hosts, kinds).map_err(|_| {
            StorageError::damaged(
                "index.json",
                "it has an address that is only allowed for a local SDK",
            )
        })?;
    }
    Ok(index)
}

#[cfg(test)]
mod tests {
    use aemkeys_core::credential::Kind;
    use aemkeys_core::environment::{
        CloudIds, Environment, EnvironmentType, Hosts, Identity, Name,
    };
    use serde_json::Value;

    use super::*;
    use crate::storage::{Owner, SecretState};

    #[test]
    fn local_address_with_cloud_ids_is_damaged() {
        let list = |ids: Option<CloudIds>, hosts: Hosts| {
            let environment = serde_json::json!({
                "id": Uuid::nil(), "name": "x", "type": "stage", "ids": ids, "hosts": hosts, "identities": [],
            });
            let list = serde_json::json!({"version": VERSION, "environments": [environment]});
            parse(Some(list.to_string().as_bytes()))
        };
        let ids = CloudIds::parse("p31-e415").unwrap();
        list(Some(ids), Hosts::derived(ids)).unwrap();
        list(None, Hosts::local_sdk()).unwrap();
        let refused = list(Some(ids), Hosts::local_sdk()).unwrap_err();
        assert!(matches!(refused, StorageError::Damaged { .. }));
    }

    #[test]
    fn entry_contains_every_field_of_its_environment() {
        let directory = tempfile::tempdir().unwrap();
        let file = IndexFile::new(directory.path(), directory.path());
        let ids = CloudIds::parse("p31-e415").unwrap();
        let name = |text| Name::parse(text).unwrap();
        let environment = Environment {
            customer: Some("WKND".to_owned()),
            ids: Some(ids),
            hosts: Hosts::derived(ids),
            identities: vec![Identity {
                latest_revision: 7,
                auto_refresh: true,
                ..Identity::new(name("reader"), Kind::ServiceCredentials)
            }],
            notes: "two\nlines".to_owned(),
            console_url: Some("https://console.example".to_owned()),
            saved_paths: vec!["/content.json".to_owned()],
            ..Environment::new(name("stage"), EnvironmentType::Stage)
        };
        file.update(|index| index.put_environment(&environment))
            .unwrap();
        assert!(file.read().unwrap().lists(&environment));
        let bytes = std::fs::read(file.path().unwrap()).unwrap();
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        let entry = &json["environments"][0];
        let stored = serde_json::to_value(&environment).unwrap();
        for (field, value) in stored.as_object().unwrap() {
            if field != "identities" {
                assert_eq!(&entry[field], value, "{field}");
            }
        }
        let identity = &entry["identities"][0]["identity"];
        assert_eq!(identity, &stored["identities"][0]);
        // What only the index knows stays when the environment changes.
        let identity = environment.identities[0].id;
        file.update(|index| index.identity_mut(identity).unwrap().secret = SecretState::Missing)
            .unwrap();
        let renamed = Environment {
            name: name("renamed"),
            ..environment.clone()
        };
        assert!(!file.read().unwrap().lists(&renamed));
        file.update(|index| index.put_environment(&renamed))
            .unwrap();
        let index = file.read().unwrap();
        assert!(index.lists(&renamed) && !index.lists(&environment));
        assert_eq!(
            index.identity(identity).unwrap().1.secret,
            SecretState::Missing
        );
    }

    #[test]
    fn only_a_change_raises_the_generation() {
        let directory = tempfile::tempdir().unwrap();
        let on_disk = IndexFile::new(directory.path(), directory.path());
        for file in [on_disk, IndexFile::in_memory()] {
            let tombstone = [Owner::Identity(Uuid::from_u128(1))];
            let generation = || file.read().unwrap().generation;
            file.update(|index| index.add_tombstones(&tombstone))
                .unwrap();
            let first = generation();
            file.update(|index| index.add_tombstones(&tombstone))
                .unwrap();
            assert_eq!(generation(), first);
            file.update(|index| index.remove_tombstones(&tombstone))
                .unwrap();
            assert_eq!(generation(), first + 1);
        }
    }

    #[test]
    fn damaged_index_is_renamed_and_newer_one_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let index = IndexFile::new(directory.path(), directory.path());
        std::fs::write(directory.path().join("index.json"), "{\"version\":99}").unwrap();
        assert!(matches!(
            index.update(|_| ()),
            Err(StorageError::NewerFormat { .. })
        ));
        std::fs::write(directory.path().join("index.json"), "garbage").unwrap();
        assert!(index.read().is_err());
        index.update(|_| ()).unwrap();
        assert_eq!(index.read().unwrap().version, VERSION);
        let kept = std::fs::read_dir(directory.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains("damaged")
            })
            .count();
        assert_eq!(kept, 1);
    }
}
