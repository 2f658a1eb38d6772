//! How is a person's token taken in? Parsed, still valid, proved by who-am-I on author before it replaces the stored one.

use uuid::Uuid;

use super::World;
use crate::credential::{AccessToken, Problem, TokenFacts};

/// Replaces the identity's token with a pasted one. With hosts known, author is asked first: 401 means that it is
/// probably another environment's, and nothing is stored.
pub async fn paste(
    _world: &World,
    _identity: Uuid,
    _token: AccessToken,
) -> Result<TokenFacts, Problem> {
    todo!()
}
