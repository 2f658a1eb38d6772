//! What do we keep about an environment and who signs in to it? The content of the keyring's environment item.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CloudIds, EnvironmentType, HostName, Hosts, Name};
use crate::credential::text::clean;
use crate::credential::{Code, Fingerprint, Kind, Problem};

/// A program's environment or a local SDK. Everything here is edited once and shared by its identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub id: Uuid,
    pub name: Name,
    #[serde(rename = "type")]
    pub environment_type: EnvironmentType,
    /// Shown for grouping; the org where a person has not said.
    #[serde(default, deserialize_with = "crate::credential::stored::some_text")]
    pub customer: Option<String>,
    /// `None` for a local SDK and for a token without an environment.
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    /// Hosts outside Adobe's domains that a person confirmed for this environment: IMS or publish.
    #[serde(default)]
    pub approved_hosts: Vec<HostName>,
    pub identities: Vec<Identity>,
    #[serde(default, deserialize_with = "crate::credential::stored::notes")]
    pub notes: String,
    /// The AEM Developer Console's address, which cannot be derived.
    #[serde(default, deserialize_with = "crate::credential::stored::some_text")]
    pub console_url: Option<String>,
    /// Paths that must answer after a rotation as they did before: `GET` on every tier, with both credentials.
    #[serde(default)]
    pub saved_paths: Vec<String>,
}

/// Who signs in: a technical account, an OAuth credential, or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: Uuid,
    pub label: Name,
    pub kind: Kind,
    /// The highest revision ever stored: where the search for the active one begins.
    #[serde(default = "first_revision")]
    pub latest_revision: u32,
    #[serde(default)]
    pub keep_fresh: bool,
    /// The servers and programs that use this credential; a rotation ends with ticking them off.
    #[serde(default)]
    pub used_by: Vec<UsedBy>,
    /// How far the steps after a leak are, for each leaked credential. What may come in is up to the storage's list.
    #[serde(default)]
    pub leaked: Vec<LeakedKey>,
}

impl Environment {
    pub fn identity(&self, id: Uuid) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id == id)
    }
}

fn first_revision() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedBy {
    #[serde(deserialize_with = "crate::credential::stored::text")]
    pub name: String,
    /// The revision it was last ticked off with; 0 for none. A number, so that no later rotation finds it ticked already.
    #[serde(default)]
    pub has_revision: u32,
}

impl UsedBy {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            has_revision: 0,
        }
    }

    /// As a person names them. They are said in one line with commas between, so none has one of its own.
    pub fn named(text: &str) -> Result<Self, Problem> {
        // Once more without the spaces: a mark stands on what is before it.
        let name = clean(clean(text, 80).trim(), 80);
        let name = name.trim();
        let why = if name.is_empty() {
            "it is blank"
        } else if name.contains(',') {
            "it has a comma, which stands between names"
        } else {
            return Ok(Self::new(name));
        };
        Err(Problem::new(
            Code::Usage,
            "this cannot be the name of who uses a credential",
        )
        .cause(why)
        .next_step("name each server or program by itself, as you call it"))
    }

    pub fn has(&self, active: u32) -> bool {
        self.has_revision == active
    }
}

/// A credential marked as leaked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakedKey {
    pub fingerprint: Fingerprint,
    pub revision: u32,
    pub marked_at: jiff::Timestamp,
    /// IMS was seen to refuse it.
    #[serde(default)]
    pub revoked: bool,
}
