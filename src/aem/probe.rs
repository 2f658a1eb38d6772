//! How are author, publish and preview asked at the same time, and what did each say?

use jiff::Timestamp;
use serde::Serialize;

use super::Verdict;
use crate::credential::{Kind, Secret};
use crate::environment::{HostName, Tier, TierAddress};
use crate::http::Http;

/// Who am I and in which groups; open on author and through the default publish dispatcher.
pub const WHO_AM_I: &str = "/libs/granite/security/currentuser.json?props=memberOf";

/// What to ask.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Addresses with their tier; the default publish host and a custom domain are two.
    pub targets: Vec<(Tier, TierAddress)>,
    pub path: String,
    pub kind: Kind,
}

/// What one address said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierResult {
    pub tier: Tier,
    pub url: String,
    pub status: Option<u16>,
    pub verdict: Verdict,
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub elapsed_ms: u64,
    pub cause: Option<String>,
    /// What was seen that led to the cause: "Age 120, answered from the CDN's cache".
    pub seen: Option<String>,
    pub next_step: Option<String>,
    pub content_type: Option<String>,
    /// Sanitised text of the body, bounded.
    #[serde(skip)]
    pub body: String,
    #[serde(skip)]
    pub body_cut: bool,
}

/// Asks all targets at the same time; one result each, in the order of `targets`. `token` is `None` for a local SDK.
pub async fn test_tiers(
    _http: &Http,
    _probe: &Probe,
    _token: Option<&Secret>,
    _allowed: &(dyn Fn(&HostName) -> bool + Sync),
    _now: Timestamp,
) -> Vec<TierResult> {
    todo!()
}
