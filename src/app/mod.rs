//! What a person can do: one file per use case. Both faces, the dashboard and the command line, call only this.
//!
//! Use cases are async functions that take `&World` and never spawn.

pub mod add;
pub mod call;
pub mod copy;
pub mod doctor;
pub mod edit;
pub mod exchange;
pub mod explain;
pub mod open;
pub mod overview;
pub mod present;
pub mod remove;
pub mod resolve;
pub mod test_call;
pub mod token;
pub mod world;

pub use world::World;

// What the faces see of the rooms below: types in and out of the use cases.
pub use crate::aem::{TierResult, Verdict, WHO_AM_I};
pub use crate::vault::{EnvironmentEntry, IdentityEntry, Index, SecretState, TierRecord};
