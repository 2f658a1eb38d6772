//! Which items does the store hold, and what is in each? Names are settled: they are on people's disks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credential::{AccessToken, Credential, Kind};
use crate::environment::{EnvironmentType, HostName, Hosts, Name};

/// The user name of an item; the service is always `aemkeys`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemName {
    /// `<environment-uuid>/environment`
    Environment(Uuid),
    /// `<identity-uuid>/credential/<revision>`
    Credential(Uuid, u32),
    /// `<identity-uuid>/token`
    Token(Uuid),
    /// `<uuid>/probe`: written, read and deleted at once.
    Probe(Uuid),
}

impl ItemName {
    /// `None` for anything not exactly of our form: a foreign item.
    pub fn parse(_user: &str) -> Option<Self> {
        todo!()
    }
}

impl std::fmt::Display for ItemName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(id) => write!(f, "{id}/environment"),
            Self::Credential(id, revision) => write!(f, "{id}/credential/{revision}"),
            Self::Token(id) => write!(f, "{id}/token"),
            Self::Probe(id) => write!(f, "{id}/probe"),
        }
    }
}

/// One revision of an identity's credential.
#[derive(Debug)]
pub struct CredentialItem {
    /// Counts from 1; the active revision is the highest neither candidate nor leaked.
    pub revision: u32,
    /// Stored beside the active one, not yet proven. Clearing this is the one commit of a rotation.
    pub candidate: bool,
    /// Never to be switched back to.
    pub leaked: bool,
    pub added_at: Timestamp,
    pub credential: Credential,
}

/// The cached token with all that `token`, `test`, `call` and `exec` need, so that they read one item.
#[derive(Debug)]
pub struct TokenItem {
    pub token: AccessToken,
    pub obtained_at: Timestamp,
    pub origin: TokenOrigin,
    pub context: TokenContext,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenOrigin {
    /// Exchanged from this credential revision.
    Exchanged { revision: u32 },
    /// Pasted by a person.
    Pasted,
}

/// What the token item repeats of its environment. `edit` drops token items, so this is never stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenContext {
    pub environment_id: Uuid,
    pub environment_name: Name,
    pub label: Name,
    pub kind: Kind,
    pub environment_type: EnvironmentType,
    pub hosts: Hosts,
    pub approved_hosts: Vec<HostName>,
}
