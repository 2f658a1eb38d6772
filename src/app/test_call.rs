//! Does AEM accept the token? Exchanges first if needed, asks all tiers at the same time, remembers the result.

use uuid::Uuid;

use super::World;
use crate::aem::TierResult;
use crate::credential::Problem;
use crate::environment::Tier;

#[derive(Clone, Debug, Default)]
pub struct TestRequest {
    /// Empty: all tiers the environment has hosts for.
    pub tiers: Vec<Tier>,
    /// `None`: who am I.
    pub path: Option<String>,
}

pub async fn test(
    _world: &World,
    _identity: Uuid,
    _request: TestRequest,
) -> Result<Vec<TierResult>, Problem> {
    todo!()
}
