//! The assertion: the JWT that is signed with the credential's key and exchanged for a token at IMS.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value};

use crate::credential::{Code, Problem, Secret, ServiceCredentials};

/// In seconds. Adobe recommends "a few minutes".
const LIFETIME_SECONDS: i64 = 300;

/// Signs the assertion with RS256. `iss` is the organisation, `sub` the account's id, `aud` the client at its IMS; each
/// metascope is a claim.
pub fn sign(credential: &ServiceCredentials, now: Timestamp) -> Result<Secret, Problem> {
    super::crypto::install();
    let key = EncodingKey::from_rsa_der(credential.private_key.der().expose());
    let header = Header::new(Algorithm::RS256);
    jsonwebtoken::encode(&header, &claims(credential, now), &key)
        .map(Secret::from)
        .map_err(|_| {
            Problem::new(Code::KeyBad, "could not sign with the private key")
                .next_step("download the service credentials again from the AEM Developer Console")
        })
}

fn claims(credential: &ServiceCredentials, now: Timestamp) -> Map<String, Value> {
    let ims = &credential.ims_host;
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), credential.org.clone().into());
    claims.insert(
        "sub".to_owned(),
        credential.technical_account_id.clone().into(),
    );
    claims.insert(
        "exp".to_owned(),
        (now.as_second() + LIFETIME_SECONDS).into(),
    );
    claims.insert(
        "aud".to_owned(),
        format!("https://{ims}/c/{}", credential.client_id).into(),
    );
    for scope in &credential.metascopes {
        claims.insert(format!("https://{ims}/s/{scope}"), true.into());
    }
    claims
}
