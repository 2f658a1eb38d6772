//! Does IMS still take this token, and how is one invalidated?

use jiff::Timestamp;

use super::ImsError;
use crate::credential::{Credential, Secret};
use crate::environment::HostName;
use crate::http::Http;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    pub valid: bool,
    pub reason: Option<String>,
}

/// `POST /ims/validate_token/v1`.
pub async fn validate(
    _http: &Http,
    _token: &Secret,
    _client_id: &str,
    _ims: &HostName,
    _approved: &[HostName],
    _now: Timestamp,
) -> Result<TokenStatus, ImsError> {
    todo!()
}

/// `POST /ims/invalidate_token/v2`. `cascade`: by explicit choice only; what it does to other tokens is not documented.
pub async fn invalidate(
    _http: &Http,
    _token: &Secret,
    _credential: &Credential,
    _cascade: bool,
    _approved: &[HostName],
    _now: Timestamp,
) -> Result<(), ImsError> {
    todo!()
}
