//! What does the certificate say: whose is it, from when to when, which key? Parsed, never chain-validated.

use jiff::Timestamp;

use super::{Fingerprint, Problem};

/// The facts of the self-signed certificate in service credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub der: Vec<u8>,
    pub common_name: Option<String>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Of the DER.
    pub fingerprint: Fingerprint,
    /// DER `RSAPublicKey`.
    pub public_key: Vec<u8>,
}

impl Certificate {
    pub fn from_pem(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    pub fn from_der(_der: &[u8]) -> Result<Self, Problem> {
        todo!()
    }
}
