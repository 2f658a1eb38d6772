//! How is a credential exchanged at IMS, and what comes back?

use jiff::Timestamp;

use super::ImsError;
use crate::credential::{AccessToken, Credential};
use crate::environment::HostName;
use crate::http::Http;

#[derive(Debug)]
pub struct Exchanged {
    pub token: AccessToken,
    /// Server's clock minus ours, in seconds, when it matters (more than 30).
    pub clock_skew: Option<i64>,
    pub elapsed: std::time::Duration,
}

/// Exchanges: `/ims/exchange/jwt` for service credentials, `/ims/token/v3` for OAuth (second secret tried if the first is refused).
///
/// What can be known before the network is said first: certificate expired or not yet valid, key of another file, no
/// metascopes. `approved` are IMS hosts outside adobelogin.com that a person confirmed.
pub async fn exchange(
    _http: &Http,
    _credential: &Credential,
    _approved: &[HostName],
    _now: Timestamp,
) -> Result<Exchanged, ImsError> {
    todo!()
}
