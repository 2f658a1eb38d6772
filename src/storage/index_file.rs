//! The index on disk: readable by its owner only, replaced atomically, and changed under a lock.
//!
//! The lock is held only to read, change and write the file, never during a network call, a storage call or a prompt.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    pub id: Uuid,
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
///
/// Clones share what was read last, so that all threads of a process hold a long list once.
#[derive(Clone, Debug)]
pub struct IndexFile {
    location: Location,
    last: Arc<Mutex<LastRead>>,
}

#[derive(Clone, Debug)]
enum Location {
    Disk { file: PathBuf, locks: PathBuf },
    Memory,
}

#[derive(Debug, Default)]
struct LastRead {
    index: Arc<Index>,
    /// Of the file with this index; 0 before anything was read.
    digest: u64,
}

impl IndexFile {
    pub fn new(data_dir: &Path, state_dir: &Path) -> Self {
        Self {
            location: Location::Disk {
                file: data_dir.join("index.json"),
                locks: state_dir.join("locks"),
            },
            last: Arc::default(),
        }
    }

    /// Creates an index in memory, for the demo and for commands that store nothing. Clones share it.
    pub fn in_memory() -> Self {
        Self {
            location: Location::Memory,
            last: Arc::default(),
        }
    }

    /// Reads the index. A missing file is an empty index; a newer version is an error.
    pub fn read(&self) -> Result<Arc<Index>, StorageError> {
        match &self.location {
            Location::Memory => Ok(Arc::clone(&self.last().index)),
            Location::Disk { file, .. } => self.load(file),
        }
    }

    /// Returns the index that this process read or wrote last; another process may have changed the file since.
    pub fn remembered(&self) -> Option<Arc<Index>> {
        let last = self.last();
        (last.digest != 0).then(|| Arc::clone(&last.index))
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
            Location::Memory => {
                let mut last = self.last();
                let (result, changed) = apply(&last.index, change);
                if let Some(changed) = changed {
                    last.index = Arc::new(changed);
                }
                Ok(result)
            }
            Location::Disk { file, locks } => {
                let _lock = lock::acquire(locks, "index", lock::DEADLINE)
                    .map_err(|problem| StorageError::Lock(Box::new(problem)))?;
                let (result, changed) = apply(self.read_or_rename_damaged(file)?.as_ref(), change);
                if let Some(changed) = changed {
                    // Until the new index is remembered, other threads wait: they would read it again.
                    let mut last = self.last();
                    let mut digest = 0;
                    atomic_file::replace_with(file, |written| {
                        let mut written = Hashed::new(written);
                        serde_json::to_writer(&mut written, &changed)?;
                        digest = written.hasher.finish();
                        Ok(())
                    })
                    .map_err(StorageError::io("could not write the index"))?;
                    *last = LastRead {
                        index: Arc::new(changed),
                        digest,
                    };
                }
                Ok(result)
            }
        }
    }

    /// Returns the path of the file, for watching it.
    pub fn path(&self) -> Option<&Path> {
        match &self.location {
            Location::Disk { file, .. } => Some(file),
            Location::Memory => None,
        }
    }

    /// Reads the index. A damaged file is renamed and kept; the index can be rebuilt from the storage.
    fn read_or_rename_damaged(&self, file: &Path) -> Result<Arc<Index>, StorageError> {
        match self.load(file) {
            Err(StorageError::Damaged { .. }) => {
                let aside = file.with_file_name(format!(
                    "index.json.damaged-{}",
                    Timestamp::now().as_second()
                ));
                std::fs::rename(file, aside)
                    .map_err(StorageError::io("could not rename the damaged index"))?;
                self.load(file)
            }
            outcome => outcome,
        }
    }

    /// Reads the file, unless it is still the one that was read or written last: a long list takes memory only once.
    fn load(&self, file: &Path) -> Result<Arc<Index>, StorageError> {
        let failed = || StorageError::io("could not read the index");
        // Taken first: a file that is replaced while another thread waits would be read once more.
        let mut last = self.last();
        let mut file = match File::open(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::new(empty())),
            opened => opened.map_err(failed())?,
        };
        let mut hashed = Hashed::new(io::sink());
        io::copy(&mut file, &mut hashed).map_err(failed())?;
        let digest = hashed.hasher.finish();
        if last.digest != digest {
            let mut bytes = Vec::new();
            file.rewind()
                .and_then(|()| file.read_to_end(&mut bytes))
                .map_err(failed())?;
            let index = Arc::new(parse(&bytes)?);
            *last = LastRead { index, digest };
        }
        Ok(Arc::clone(&last.index))
    }

    fn last(&self) -> MutexGuard<'_, LastRead> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes a copy of the index. Returns it with a raised generation if it is different.
fn apply<T>(index: &Index, change: impl FnOnce(&mut Index) -> T) -> (T, Option<Index>) {
    let mut changed = index.clone();
    let result = change(&mut changed);
    changed.generation = index.generation;
    if changed == *index {
        return (result, None);
    }
    changed.generation = index.generation.saturating_add(1);
    (result, Some(changed))
}

/// Hashes what is written, and passes it on.
struct Hashed<W> {
    inner: W,
    hasher: DefaultHasher,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: DefaultHasher::new(),
        }
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.write(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn empty() -> Index {
    Index {
        version: VERSION,
        ..Index::default()
    }
}

fn parse(bytes: &[u8]) -> Result<Index, StorageError> {
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
            parse(list.to_string().as_bytes())
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
