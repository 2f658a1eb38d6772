//! The index: names, dates, fingerprints and last tests, but no secrets.
//!
//! A cache that can be rebuilt from the storage, except for last tests and recent paths.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Owner;
use super::revisions::{Revision, Rotation};
use aemkeys_core::credential::{CredentialFacts, TokenFacts};
use aemkeys_core::environment::{Environment, Identity, Tier, natural_key};

/// The number of recent paths kept for each environment.
const RECENT_PATHS: usize = 20;

/// The complete index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub version: u32,
    /// Raised by every change, under the lock.
    #[serde(default)]
    pub generation: u64,
    /// Shared with the index before a change, of which most entries stay.
    pub environments: Vec<Arc<EnvironmentEntry>>,
    /// Environments and identities whose change has started. Completed before the next change.
    #[serde(default)]
    pub tombstones: Vec<Owner>,
    /// By environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recent_paths: BTreeMap<Uuid, RecentPaths>,
}

/// Paths of recent test calls, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentPaths(
    #[serde(deserialize_with = "aemkeys_core::credential::serde_helpers::texts")] Vec<String>,
);

/// An environment in the index. Its hosts and approvals are for display only: the storage decides where a secret may be sent.
pub type EnvironmentEntry = Environment<IdentityEntry>;

/// An identity in the index, with what was last known about its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityEntry {
    pub identity: Identity,
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
    /// The rotation in progress. While set, the storage may be newer than the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

impl Deref for IdentityEntry {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl AsRef<Identity> for IdentityEntry {
    fn as_ref(&self) -> &Identity {
        &self.identity
    }
}

impl From<Identity> for IdentityEntry {
    fn from(identity: Identity) -> Self {
        Self {
            identity,
            credential: None,
            token: None,
            last_test: Vec::new(),
            secret: SecretState::Present,
            imported_from: None,
            revisions: Vec::new(),
            rotation: None,
        }
    }
}

/// The state of an identity's secrets at the last access to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretState {
    /// The storage has it.
    #[default]
    Present,
    /// The storage does not have it.
    Missing,
    /// It cannot be read.
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

impl TierRecord {
    pub fn words(&self) -> String {
        self.verdict.replace('-', " ")
    }
}

impl Index {
    /// Updates the environment, and keeps what only the index knows about its remaining identities.
    pub fn put_environment(&mut self, environment: &Environment) {
        let at = self
            .environments
            .iter()
            .position(|entry| entry.id == environment.id);
        let old = at.map(|at| self.environments.remove(at));
        let known = |id| old.as_ref().and_then(|old| old.identity(id)).cloned();
        let identities =
            environment
                .identities
                .iter()
                .cloned()
                .map(|identity| match known(identity.id) {
                    Some(entry) => IdentityEntry { identity, ..entry },
                    None => identity.into(),
                });
        let entry = environment.with_identities(identities.collect());
        self.environments.push(entry.into());
        self.environments
            .sort_by_cached_key(|entry| natural_key(entry.name.as_str()));
    }

    /// Removes an environment or an identity.
    pub fn remove(&mut self, owner: Owner) {
        match owner {
            Owner::Environment(id) => {
                self.environments.retain(|entry| entry.id != id);
                self.recent_paths.remove(&id);
            }
            Owner::Identity(id) => {
                if let Some(entry) = self.entry_with(id) {
                    entry.identities.retain(|identity| identity.id != id);
                }
            }
        }
    }

    /// Returns whether the entry of this environment is up to date.
    pub fn lists(&self, environment: &Environment) -> bool {
        self.environment(environment.id).is_some_and(|entry| {
            let identities = entry.identities.iter().map(|it| it.identity.clone());
            entry.with_identities(identities.collect()) == *environment
        })
    }

    pub fn environment(&self, id: Uuid) -> Option<&EnvironmentEntry> {
        self.environments
            .iter()
            .find(|entry| entry.id == id)
            .map(Arc::as_ref)
    }

    /// Returns all identities with their environments.
    pub fn identities(&self) -> impl Iterator<Item = (&EnvironmentEntry, &IdentityEntry)> {
        let environments = self.environments.iter();
        environments.flat_map(|environment| {
            let environment = environment.as_ref();
            let identities = environment.identities.iter();
            identities.map(move |identity| (environment, identity))
        })
    }

    pub fn identity(&self, id: Uuid) -> Option<(&EnvironmentEntry, &IdentityEntry)> {
        self.environments
            .iter()
            .find_map(|environment| Some((environment.as_ref(), environment.identity(id)?)))
    }

    pub fn identity_mut(&mut self, id: Uuid) -> Option<&mut IdentityEntry> {
        let entry = self.entry_with(id)?;
        entry.identities.iter_mut().find(|entry| entry.id == id)
    }

    /// Returns the environment of an identity, to change it.
    fn entry_with(&mut self, identity: Uuid) -> Option<&mut EnvironmentEntry> {
        let environments = &mut self.environments;
        let mut entries = environments.iter_mut();
        entries
            .find(|entry| entry.identity(identity).is_some())
            .map(Arc::make_mut)
    }

    /// Returns all environments, to change them.
    pub fn environments_mut(&mut self) -> impl Iterator<Item = &mut EnvironmentEntry> {
        self.environments.iter_mut().map(Arc::make_mut)
    }

    /// Returns the paths of recent test calls of an environment, newest first.
    pub fn recent_paths(&self, environment: Uuid) -> &[String] {
        self.recent_paths
            .get(&environment)
            .map_or(&[], |paths| paths.0.as_slice())
    }

    /// Adds the path of a test call.
    pub fn add_recent_path(&mut self, environment: Uuid, path: String) {
        let RecentPaths(paths) = self.recent_paths.entry(environment).or_default();
        paths.retain(|known| *known != path);
        paths.insert(0, path);
        paths.truncate(RECENT_PATHS);
    }
}
