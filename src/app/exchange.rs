//! How does an identity get a fresh token? Lock, read again, exchange, store: eight processes make one exchange.

use jiff::SignedDuration;
use uuid::Uuid;

use super::World;
use crate::credential::{Problem, Secret, TokenFacts};

/// A token with what is known of it; the token itself only as a `Secret`.
#[derive(Debug)]
pub struct Fresh {
    pub secret: Secret,
    pub facts: TokenFacts,
    /// Exchanged now, or taken from the cache (another process may have been faster).
    pub exchanged: bool,
    /// Things to say that are no errors: "the token could not be saved: ..", clock skew.
    pub warnings: Vec<String>,
}

/// The cached token if more than `min_valid` is left, else a new one.
pub async fn ensure(
    _world: &World,
    _identity: Uuid,
    _min_valid: SignedDuration,
) -> Result<Fresh, Problem> {
    todo!()
}

/// A new token, whatever is cached.
pub async fn refresh(_world: &World, _identity: Uuid) -> Result<Fresh, Problem> {
    todo!()
}
