//! What is in an access token, and how is one read from what a person pastes?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Problem, Secret, TokenFacts};

/// An IMS access token with what its claims say.
#[derive(Debug)]
pub struct AccessToken {
    pub secret: Secret,
    pub claims: TokenClaims,
    /// From the claims; else from the response; else unknown.
    pub expires_at: Option<Timestamp>,
}

/// The readable claims, sanitised. IMS writes `created_at` and `expires_in` as strings of milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaims {
    pub token_type: Option<String>,
    pub client_id: Option<String>,
    pub user_id: Option<String>,
    /// The claim `as`: which IMS minted it, `ims-na1`.
    pub authorization_server: Option<String>,
    pub scopes: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// From what a person pastes: JSON, `Bearer ..`, `Authorization: ..`, quotes, white space and line wraps allowed.
    pub fn from_pasted(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    /// From an IMS response. `lifetime_millis` is used only when the claims do not tell.
    pub fn from_response(
        _token: Secret,
        _lifetime_millis: Option<i64>,
        _now: Timestamp,
    ) -> Result<Self, Problem> {
        todo!()
    }

    pub fn facts(&self, obtained_at: Timestamp) -> TokenFacts {
        TokenFacts {
            expires_at: self.expires_at,
            fingerprint: self.secret.fingerprint(),
            obtained_at,
        }
    }

    /// All claims as pretty JSON for the claims page: sanitised, bounded, times explained. Never the signature.
    pub fn claims_json(&self) -> String {
        todo!()
    }
}
