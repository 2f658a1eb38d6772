//! What can be known without the keyring? The non-secret index: names, dates, fingerprints, last tests.
//!
//! A cache, never the truth: it can be rebuilt from the keyring. Order of locks: identity, then index; the index lock is
//! never held across network, keyring or prompt.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::VaultError;
use crate::credential::{CredentialFacts, Kind, TokenFacts};
use crate::environment::{
    CloudIds, Environment, EnvironmentType, HostName, Hosts, Name, Tier, UsedBy,
};

/// The whole index, as read or as shown. Pure data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub version: u32,
    pub environments: Vec<EnvironmentEntry>,
    /// Items whose removal was begun: finished before anything else.
    #[serde(default)]
    pub tombstones: Vec<String>,
}

/// An environment as the index repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentEntry {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    pub customer: Option<String>,
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    #[serde(default)]
    pub approved_hosts: Vec<HostName>,
    pub identities: Vec<IdentityEntry>,
    #[serde(default)]
    pub notes: String,
    #[serde(default)]
    pub console_url: Option<String>,
    /// Paths of test calls, newest first, bounded.
    #[serde(default)]
    pub paths: Vec<String>,
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
    pub host: String,
    pub at: Timestamp,
    pub status: Option<u16>,
    /// `signed-in`, `anonymous`, ..: [`crate::aem::Verdict::code`].
    pub verdict: String,
    pub user: Option<String>,
    pub groups: u32,
    pub elapsed_ms: u64,
}

impl Index {
    /// Repeats the environment, keeping what only the index knows (facts, tests, paths) of identities that stay.
    pub fn put_environment(&mut self, _environment: &Environment) {
        todo!()
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

/// `index.json` on disk: 0600, atomic, versioned, locked for read-modify-write.
#[derive(Clone, Debug)]
pub struct IndexFile {
    _path: PathBuf,
    _locks: PathBuf,
}

impl IndexFile {
    pub fn new(_data_dir: &std::path::Path, _state_dir: &std::path::Path) -> Self {
        todo!()
    }

    /// In memory only: for the demo and `--storage memory`. Clones share it.
    pub fn in_memory() -> Self {
        todo!()
    }

    /// A missing file is an empty index; a newer version is an error and nothing is written.
    pub fn read(&self) -> Result<Index, VaultError> {
        todo!()
    }

    /// Read, change, write under the lock. The closure must not wait for anything.
    pub fn update<T>(&self, _change: impl FnOnce(&mut Index) -> T) -> Result<T, VaultError> {
        todo!()
    }

    /// For watching.
    pub fn path(&self) -> Option<&std::path::Path> {
        todo!()
    }
}
