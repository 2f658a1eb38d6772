//! What does the certificate say: whose is it, from when to when, which key? Parsed, never chain-validated.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::text::clean;
use super::{Fingerprint, Problem, pem};

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
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        if text.contains("PRIVATE KEY-----") {
            return Err(bad(
                "there is a private key where the certificate should be",
            ));
        }
        if !pem::has(text, "CERTIFICATE") && text.contains("PUBLIC KEY-----") {
            return Err(bad(
                "there is a bare public key where the certificate should be",
            ));
        }
        Self::from_der(&pem::decode(text, "CERTIFICATE").map_err(bad)?)
    }

    pub fn from_der(der: &[u8]) -> Result<Self, Problem> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| bad("it is damaged or no certificate"))?;
        if !rest.is_empty() {
            return Err(bad("there is something after its end"));
        }
        let time = |seconds: i64| {
            Timestamp::from_second(seconds).map_err(|_| bad("its dates cannot be read"))
        };
        if parsed.validity().not_after < parsed.validity().not_before {
            return Err(bad("it ends before it begins"));
        }
        Ok(Self {
            der: der.to_vec(),
            common_name: parsed
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok())
                .map(|name| clean(name, 100)),
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            fingerprint: Fingerprint::of(der),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
        })
    }
}

fn bad(why: &'static str) -> Problem {
    Problem::new("certificate-bad", "the certificate cannot be read")
        .cause(why)
        .next_step("download the service credentials again and do not edit the file")
}
