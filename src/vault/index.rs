//! What can be known without the keyring? The non-secret index: names, dates, fingerprints, last tests.
//!
//! A cache, never the truth: it can be rebuilt from the keyring. Order of locks: identity, then index; the index lock is
//! never held across network, keyring or prompt.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::revisions::{Revision, Rotation};
use super::{Owner, VaultError};
use crate::credential::{CredentialFacts, Kind, TokenFacts};
use crate::environment::{
    Approval, CloudIds, Environment, EnvironmentType, Hosts, Identity, LeakedKey, Name, Tier,
    UsedBy, allow_list,
};
use crate::platform::{atomic_file, lock};

const VERSION: u32 = 1;

/// The whole index, as read or as shown. Pure data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub version: u32,
    pub environments: Vec<EnvironmentEntry>,
    /// Environments and identities whose adding or removal was begun: settled before anything else.
    #[serde(default)]
    pub tombstones: Vec<Owner>,
}

/// An environment as the index repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentEntry {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    #[serde(
        default,
        deserialize_with = "crate::credential::serde_helpers::some_text"
    )]
    pub customer: Option<String>,
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    /// Shown only: where a secret goes is decided by what the storage holds.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    pub identities: Vec<IdentityEntry>,
    #[serde(default, deserialize_with = "crate::credential::serde_helpers::notes")]
    pub notes: String,
    #[serde(
        default,
        deserialize_with = "crate::credential::serde_helpers::some_text"
    )]
    pub console_url: Option<String>,
    /// Paths of test calls, newest first, bounded.
    #[serde(default, deserialize_with = "crate::credential::serde_helpers::texts")]
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
    /// The active credential; `None` for a person or a local SDK.
    pub credential: Option<CredentialFacts>,
    pub token: Option<TokenFacts>,
    #[serde(default)]
    pub last_test: Vec<TierRecord>,
    #[serde(default)]
    pub secret: SecretState,
    /// The file it was imported from, for `doctor`: left there? mode? tracked by git?
    #[serde(default)]
    pub imported_from: Option<PathBuf>,
    /// All revisions that are held, the newest first; empty while there was only ever one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
    /// Begun and not yet over. Also the sign that the storage may be ahead of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaked: Vec<LeakedKey>,
}

/// What the last contact with the keyring said of the identity's secrets.
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
    /// Host it was asked at: the default host and a custom domain are two records.
    #[serde(deserialize_with = "crate::credential::serde_helpers::text")]
    pub host: String,
    pub at: Timestamp,
    pub status: Option<u16>,
    /// `signed-in`, `anonymous`, ..: [`crate::aem::Verdict::code`].
    #[serde(deserialize_with = "crate::credential::serde_helpers::text")]
    pub verdict: String,
    #[serde(
        default,
        deserialize_with = "crate::credential::serde_helpers::some_text"
    )]
    pub user: Option<String>,
    pub groups: u32,
    pub elapsed_ms: u64,
}

impl Index {
    /// Repeats the environment, keeping what only the index knows (facts, tests, paths) of identities that stay.
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

/// Who is stored, by name, and nothing else: all that a cached token needs, read in a fraction of the time.
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

    /// In memory only: for the demo and for what stores nothing. Clones share it.
    pub fn in_memory() -> Self {
        Self {
            place: Place::Memory(Arc::default()),
        }
    }

    /// A missing file is an empty index; a newer version is an error and nothing is written.
    pub fn read(&self) -> Result<Index, VaultError> {
        match &self.place {
            Place::Memory(index) => {
                Ok(index.lock().unwrap_or_else(PoisonError::into_inner).clone())
            }
            Place::Disk { file, .. } => parse(read_bytes(file)?.as_deref()),
        }
    }

    /// `None` where only [`IndexFile::read`] can tell why: no file, damaged, newer.
    pub fn read_names(&self) -> Option<Names> {
        let Place::Disk { file, .. } = &self.place else {
            return None;
        };
        let names: Names = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        (names.version <= VERSION).then_some(names)
    }

    /// Read, change, write under the lock. The closure must not wait for anything.
    pub fn update<T>(&self, change: impl FnOnce(&mut Index) -> T) -> Result<T, VaultError> {
        match &self.place {
            Place::Memory(index) => Ok(change(
                &mut index.lock().unwrap_or_else(PoisonError::into_inner),
            )),
            Place::Disk { file, locks } => {
                let _lock = lock::acquire(locks, "index", lock::DEADLINE)
                    .map_err(|problem| VaultError::Lock(Box::new(problem)))?;
                let (before, mut index) = read_or_set_aside(file)?;
                let result = change(&mut index);
                index.version = VERSION;
                let after = serde_json::to_vec(&index).map_err(|_| {
                    VaultError::Other("the list cannot be written as JSON".to_owned())
                })?;
                if before.as_ref() != Some(&after) {
                    atomic_file::replace(file, &after)
                        .map_err(|source| io("the list cannot be written", source))?;
                }
                Ok(result)
            }
        }
    }

    /// A damaged list is kept beside the new one, never deleted: the keyring can rebuild it.
    /// For watching.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk { file, .. } => Some(file),
            Place::Memory(_) => None,
        }
    }
}

/// `None`: there is no list.
fn read_bytes(file: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        outcome => outcome
            .map(Some)
            .map_err(|source| io("the list cannot be read", source)),
    }
}

/// The list, and the bytes it was read from, by which a change is seen: a second list would take several times as much.
fn read_or_set_aside(file: &Path) -> Result<(Option<Vec<u8>>, Index), VaultError> {
    let bytes = read_bytes(file)?;
    match parse(bytes.as_deref()) {
        Err(VaultError::Damaged { .. }) => {
            let aside = file.with_file_name(format!(
                "index.json.damaged-{}",
                Timestamp::now().as_second()
            ));
            std::fs::rename(file, aside)
                .map_err(|source| io("the damaged list cannot be set aside", source))?;
            Ok((None, parse(None)?))
        }
        outcome => Ok((bytes, outcome?)),
    }
}

fn parse(bytes: Option<&[u8]>) -> Result<Index, VaultError> {
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
    let damaged = || VaultError::Damaged {
        item: "index.json".to_owned(),
        reason: "it is not what aemkeys writes",
    };
    let Version { version } = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    if version > VERSION {
        return Err(VaultError::NewerFormat {
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

fn io(what: &str, source: std::io::Error) -> VaultError {
    VaultError::Io {
        what: what.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_list_is_set_aside_and_a_newer_one_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let index = IndexFile::new(directory.path(), directory.path());
        std::fs::write(directory.path().join("index.json"), "{\"version\":99}").unwrap();
        assert!(matches!(
            index.update(|_| ()),
            Err(VaultError::NewerFormat { .. })
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
