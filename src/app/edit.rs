//! How are an environment's name, type, customer, hosts, notes and used-by list changed?

use uuid::Uuid;

use super::World;
use crate::credential::Problem;
use crate::environment::{EnvironmentType, HostName, Hosts, Name, UsedBy};

/// Fields that are `Some` are changed.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub name: Option<Name>,
    pub environment_type: Option<EnvironmentType>,
    /// `Some("")` takes it away.
    pub customer: Option<String>,
    pub hosts: Option<Hosts>,
    pub approved_hosts: Option<Vec<HostName>>,
    pub notes: Option<String>,
    pub console_url: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct EditIdentity {
    pub label: Option<Name>,
    pub used_by: Option<Vec<UsedBy>>,
    pub keep_fresh: Option<bool>,
}

/// Environment item, then the token items are dropped (they repeat it), then the index.
pub async fn environment(_world: &World, _id: Uuid, _edit: Edit) -> Result<(), Problem> {
    todo!()
}

pub async fn identity(_world: &World, _id: Uuid, _edit: EditIdentity) -> Result<(), Problem> {
    todo!()
}
