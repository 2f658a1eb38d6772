//! How does a credential, a token or a local SDK come in? Recognise, check, show; store only then.

use std::path::PathBuf;

use uuid::Uuid;

use super::World;
use crate::credential::service_credentials::Check;
use crate::credential::{CredentialFacts, Imported, Kind, Problem, TokenFacts};
use crate::environment::{CloudIds, EnvironmentType, HostName, Hosts, Name};

/// What was recognised and what would be stored: shown before anything is.
#[derive(Clone, Debug)]
pub struct Preview {
    pub kind: Kind,
    pub checks: Vec<Check>,
    pub facts: Option<CredentialFacts>,
    pub token: Option<TokenFacts>,
    pub ids: Option<CloudIds>,
    pub hosts: Hosts,
    pub suggested_name: String,
    pub suggested_label: String,
    pub customer: Option<String>,
    pub relation: Relation,
    /// An IMS host outside adobelogin.com, which needs a typed confirmation.
    pub untrusted_ims_host: Option<HostName>,
}

/// How an input stands to what is stored already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Nothing of this environment is stored.
    NewEnvironment,
    /// The very same credential: nothing to do.
    AlreadyStored { identity: Uuid, full_name: String },
    /// Same account, another certificate: rotate instead.
    NewRevision { identity: Uuid, full_name: String },
    /// Another account of a known environment: needs a label.
    NewIdentity { environment: Uuid, name: String },
}

/// What the person chose.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub name: Option<Name>,
    pub label: Option<Name>,
    pub environment_type: Option<EnvironmentType>,
    pub customer: Option<String>,
    pub ids: Option<CloudIds>,
    /// Fields that are `Some` replace the derived ones.
    pub hosts: Hosts,
    /// Typed by a person, or `--trust-ims-host`.
    pub trusted_hosts: Vec<HostName>,
    pub imported_from: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    Stored {
        environment: Uuid,
        identity: Uuid,
        full_name: String,
    },
    AlreadyStored {
        identity: Uuid,
        full_name: String,
    },
}

/// Pure over the index: what would `store` do with it?
pub fn preview(
    _world: &World,
    _imported: &Imported,
    _choices: &Choices,
) -> Result<Preview, Problem> {
    todo!()
}

/// Stores: write, read back, index. Nothing is stored on any error.
pub async fn store(
    _world: &World,
    _imported: Imported,
    _choices: Choices,
) -> Result<Added, Problem> {
    todo!()
}

/// A local SDK needs no file.
pub async fn store_local(_world: &World, _choices: Choices) -> Result<Added, Problem> {
    todo!()
}
