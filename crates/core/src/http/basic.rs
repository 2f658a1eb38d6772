//! HTTP Basic authentication of a proxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use super::HttpError;
use super::wire::secret_header;
use crate::credential::Secret;

/// User and password, as they are sent.
pub(super) struct Login {
    /// `user:password`.
    pub pair: Secret,
    pub password: Secret,
}

impl Login {
    pub fn new(user: &[u8], password: Secret) -> Self {
        let mut pair = Vec::with_capacity(user.len() + 1 + password.len());
        pair.extend_from_slice(user);
        pair.push(b':');
        pair.extend_from_slice(password.expose());
        Self {
            pair: Secret::new(pair),
            password,
        }
    }

    pub fn encoded(&self) -> Secret {
        Secret::from(STANDARD.encode(self.pair.expose()))
    }

    /// Returns the value of the header, marked sensitive.
    pub fn header(&self) -> Result<HeaderValue, HttpError> {
        secret_header(b"Basic ", self.encoded().expose())
    }
}
