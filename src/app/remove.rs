//! How is an identity or an environment removed, or a token invalidated? Tombstone, delete, look again.

use uuid::Uuid;

use super::World;
use crate::credential::Problem;

/// Removes the identity; its environment too when it was the last one.
pub async fn identity(_world: &World, _id: Uuid) -> Result<(), Problem> {
    todo!()
}

pub async fn environment(_world: &World, _id: Uuid) -> Result<(), Problem> {
    todo!()
}

/// Invalidates the cached token at IMS, then drops it here.
pub async fn invalidate_token(
    _world: &World,
    _identity: Uuid,
    _cascade: bool,
) -> Result<(), Problem> {
    todo!()
}
