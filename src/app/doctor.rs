//! What is wrong with this machine? Each finding with its verdict and next step; never a secret.

use serde::Serialize;

use super::World;
pub use crate::credential::service_credentials::Verdict;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `storage`, `clock`, `proxy`, `files`, `terminal`, ..
    pub topic: &'static str,
    pub verdict: Verdict,
    pub text: String,
    pub next_step: Option<String>,
}

pub async fn examine(_world: &World) -> Vec<Finding> {
    todo!()
}
