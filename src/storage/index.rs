//! The index: names, dates, fingerprints and last tests, but no secrets.
//!
//! A cache that can be rebuilt from the store. Order of locks: identity, then index. The index lock is never held during
//! network, store or prompt.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::revisions::{Revision, Rotation};
use super::{Owner, StorageError};
use crate::platform::{atomic_file, lock};
use aemkeys_core::credential::{CredentialFacts, Kind, TokenFacts};
use aemkeys_core::environment::{
    Approval, CloudIds, Environment, EnvironmentType, Hosts, Identity, LeakedKey, Name, Tier,
    UsedBy, allow_list,
};

const VERSION: u32 = 1;

/// The complete index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub version: u32,
    pub environments: Vec<EnvironmentEntry>,
    /// Environments and identities whose addition or removal has started. Completed before anything else.
    #[serde(default)]
    pub tombstones: Vec<Owner>,
}

/// An environment in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentEntry {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    #[serde(
        default,
        deserialize_with = "aemkeys_core::credential::serde_helpers::some_text"
    )]
    pub customer: Option<String>,
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    /// For display only: the store decides where a secret may be sent.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    pub identities: Vec<IdentityEntry>,
    #[serde(
        default,
        deserialize_with = "aemkeys_core::credential::serde_helpers::notes"
    )]
    pub notes: String,
    #[serde(
        default,
        deserialize_with = "aemkeys_core::credential::serde_helpers::some_text"
    )]
    pub console_url: Option<String>,
    /// Paths of recent test calls, newest first.
    #[serde(
        default,
        deserialize_with = "aemkeys_core::credential::serde_helpers::texts"
    )]
    pub paths: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved_paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityEntry {
    pub id: Uuid,
    pub label: Name,
    pub kind: Kind,
    #[serde(default)]
    pub keep_fresh: bool,
    #[serde(default)]
    pub used_by: Vec<UsedBy>,
    /// The active credential; `None` for a local development token and a local SDK.
    pub credential: Option<CredentialFacts>,
    pub token: Option<TokenFacts>,
    #[serde(default)]
    pub last_test: Vec<TierRecord>,
    #[serde(default)]
    pub secret: SecretState,
    /// The file it was imported from, which `doctor` checks: does it still exist, who can read it, does git track it.
    #[serde(default)]
    pub imported_from: Option<PathBuf>,
    /// All stored revisions, newest first; empty if there has only been one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
    /// The rotation in progress. While set, the store may be newer than the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaked: Vec<LeakedKey>,
}

/// The state of an identity's secrets at the last access to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretState {
    #[default]
    Present,
    Missing,
    Damaged,
}

/// The result of the last test call on one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierRecord {
    pub tier: Tier,
    /// The tested host: the default host and a custom domain have separate records.
    #[serde(deserialize_with = "aemkeys_core::credential::serde_helpers::text")]
    pub host: String,
    pub at: Timestamp,
    pub status: Option<u16>,
    /// `signed-in`, `anonymous`, ..: [`aemkeys_core::aem::Verdict::code`].
    #[serde(deserialize_with = "aemkeys_core::credential::serde_helpers::text")]
    pub verdict: String,
    #[serde(
        default,
        deserialize_with = "aemkeys_core::credential::serde_helpers::some_text"
    )]
    pub user: Option<String>,
    pub groups: u32,
    pub elapsed_ms: u64,
}

impl Index {
    /// Updates the environment and keeps what only the index stores (facts, tests, paths) for its remaining identities.
    pub fn put_environment(&mut self, environment: &Environment) {
        let old = self
            .environments
            .iter()
            .position(|entry| entry.id == environment.id);
        let old = old.map(|position| self.environments.remove(position));
        let (paths, known) = old
            .map(|entry| (entry.paths, entry.identities))
            .unwrap_or_default();
        let identities = environment
            .identities
            .iter()
            .map(|identity| {
                let kept = known.iter().find(|entry| entry.id == identity.id).cloned();
                let kept = kept.unwrap_or_else(|| IdentityEntry::new(identity));
                IdentityEntry {
                    label: identity.label.clone(),
                    kind: identity.kind,
                    keep_fresh: identity.keep_fresh,
                    used_by: identity.used_by.clone(),
                    leaked: identity.leaked.clone(),
                    ..kept
                }
            })
            .collect();
        self.environments.push(EnvironmentEntry {
            id: environment.id,
            name: environment.name.clone(),
            environment_type: environment.environment_type,
            customer: environment.customer.clone(),
            ids: environment.ids,
            hosts: environment.hosts.clone(),
            approvals: environment.approvals.clone(),
            identities,
            notes: environment.notes.clone(),
            console_url: environment.console_url.clone(),
            paths,
            saved_paths: environment.saved_paths.clone(),
        });
        self.environments
            .sort_by_cached_key(|entry| entry.name.folded());
    }

    pub fn environment(&self, id: Uuid) -> Option<&EnvironmentEntry> {
        self.environments.iter().find(|entry| entry.id == id)
    }

    pub fn identity(&self, id: Uuid) -> Option<(&EnvironmentEntry, &IdentityEntry)> {
        self.environments.iter().find_map(|environment| {
            let identity = environment.identities.iter().find(|i| i.id == id)?;
            Some((environment, identity))
        })
    }

    pub fn identity_mut(&mut self, id: Uuid) -> Option<&mut IdentityEntry> {
        self.environments
            .iter_mut()
            .find_map(|environment| environment.identities.iter_mut().find(|i| i.id == id))
    }
}

impl IdentityEntry {
    fn new(identity: &Identity) -> Self {
        Self {
            id: identity.id,
            label: identity.label.clone(),
            kind: identity.kind,
            keep_fresh: identity.keep_fresh,
            used_by: identity.used_by.clone(),
            credential: None,
            token: None,
            last_test: Vec::new(),
            secret: SecretState::Present,
            imported_from: None,
            revisions: Vec::new(),
            rotation: None,
            leaked: identity.leaked.clone(),
        }
    }
}

/// The names and ids in the index. All that reading a cached token needs, and much faster to read.
#[derive(Debug, Deserialize)]
pub struct Names {
    version: u32,
    pub environments: Vec<NamedEnvironment>,
}

#[derive(Debug, Deserialize)]
pub struct NamedEnvironment {
    pub name: String,
    pub identities: Vec<NamedIdentity>,
}

#[derive(Debug, Deserialize)]
pub struct NamedIdentity {
    pub id: Uuid,
    pub label: String,
}

/// `index.json` on disk: 0600, atomic, versioned, locked for read-modify-write.
#[derive(Clone, Debug)]
pub struct IndexFile {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Disk { file: PathBuf, locks: PathBuf },
    Memory(Arc<Mutex<Index>>),
}

impl IndexFile {
    pub fn new(data_dir: &Path, state_dir: &Path) -> Self {
        Self {
            place: Place::Disk {
                file: data_dir.join("index.json"),
                locks: state_dir.join("locks"),
            },
        }
    }

    /// Creates an index in memory, for the demo and for commands that store nothing. Clones share it.
    pub fn in_memory() -> Self {
        Self {
            place: Place::Memory(Arc::default()),
        }
    }

    /// Reads the index. A missing file is an empty index; a newer version is an error.
    pub fn read(&self) -> Result<Index, StorageError> {
        match &self.place {
            Place::Memory(index) => {
                Ok(index.lock().unwrap_or_else(PoisonError::into_inner).clone())
            }
            Place::Disk { file, .. } => parse(read_bytes(file)?.as_deref()),
        }
    }

    /// Reads the names. Returns `None` if the file is missing, damaged or newer; [`IndexFile::read`] reports which.
    pub fn read_names(&self) -> Option<Names> {
        let Place::Disk { file, .. } = &self.place else {
            return None;
        };
        let names: Names = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        (names.version <= VERSION).then_some(names)
    }

    /// Reads, changes and writes the index under its lock. The closure must not block.
    pub fn update<T>(&self, change: impl FnOnce(&mut Index) -> T) -> Result<T, StorageError> {
        match &self.place {
            Place::Memory(index) => Ok(change(
                &mut index.lock().unwrap_or_else(PoisonError::into_inner),
            )),
            Place::Disk { file, locks } => {
                let _lock = lock::acquire(locks, "index", lock::DEADLINE)
                    .map_err(|problem| StorageError::Lock(Box::new(problem)))?;
                let (before, mut index) = read_or_rename_damaged(file)?;
                let result = change(&mut index);
                index.version = VERSION;
                let after = serde_json::to_vec(&index)
                    .map_err(|_| StorageError::Other("could not serialise the index".to_owned()))?;
                if before.as_ref() != Some(&after) {
                    atomic_file::replace(file, &after)
                        .map_err(|source| io("could not write the index", source))?;
                }
                Ok(result)
            }
        }
    }

    /// Returns the path of the file, for watching it.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk { file, .. } => Some(file),
            Place::Memory(_) => None,
        }
    }
}

/// Returns `None` if there is no file.
fn read_bytes(file: &Path) -> Result<Option<Vec<u8>>, StorageError> {
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        outcome => outcome
            .map(Some)
            .map_err(|source| io("could not read the index", source)),
    }
}

/// Reads the index and the bytes it was parsed from, with which a change is detected more cheaply than with a copy of the
/// index. A damaged file is renamed and kept; the index can be rebuilt from the store.
fn read_or_rename_damaged(file: &Path) -> Result<(Option<Vec<u8>>, Index), StorageError> {
    let bytes = read_bytes(file)?;
    match parse(bytes.as_deref()) {
        Err(StorageError::Damaged { .. }) => {
            let aside = file.with_file_name(format!(
                "index.json.damaged-{}",
                Timestamp::now().as_second()
            ));
            std::fs::rename(file, aside)
                .map_err(|source| io("could not rename the damaged index", source))?;
            Ok((None, parse(None)?))
        }
        outcome => Ok((bytes, outcome?)),
    }
}

fn parse(bytes: Option<&[u8]>) -> Result<Index, StorageError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let Some(bytes) = bytes else {
        return Ok(Index {
            version: VERSION,
            ..Index::default()
        });
    };
    let damaged = || StorageError::Damaged {
        item: "index.json".to_owned(),
        reason: "it is not in the format of aemkeys",
    };
    let Version { version } = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if version > VERSION {
        return Err(StorageError::NewerFormat {
            item: "index.json".to_owned(),
            version,
        });
    }
    let index: Index = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    for entry in &index.environments {
        let kinds = entry.identities.iter().map(|identity| identity.kind);
        allow_list::check_local(entry.ids, &entry.hosts, kinds).map_err(|_| damaged())?;
    }
    Ok(index)
}

fn io(what: &str, source: std::io::Error) -> StorageError {
    StorageError::Io {
        what: what.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
