//! What is in the file from the AEM Developer Console, and do its parts fit together?

use jiff::Timestamp;

use super::{Certificate, CredentialFacts, PrivateKey, Secret};
use crate::environment::CloudIds;

/// Service credentials: a technical account that signs its own assertion; valid one year.
#[derive(Debug)]
pub struct ServiceCredentials {
    /// Bare host, lower case: `ims-na1.adobelogin.com`.
    pub ims_host: String,
    pub metascopes: Vec<String>,
    pub client_id: String,
    pub client_secret: Secret,
    /// The AEM login name.
    pub email: Option<String>,
    /// The JWT's `sub`, which is not the email.
    pub technical_account_id: String,
    pub org: String,
    pub private_key: PrivateKey,
    /// Missing in files made for Adobe's newer library.
    pub certificate: Option<Certificate>,
    /// `certificateExpirationDate`; used only where there is no certificate.
    pub declared_not_after: Option<Timestamp>,
}

impl ServiceCredentials {
    /// Program and environment, when the client id has Adobe's form.
    pub fn cloud_ids(&self) -> Option<CloudIds> {
        todo!()
    }

    pub fn facts(&self) -> CredentialFacts {
        todo!()
    }

    /// The offline checks, in the order they are shown before anything is stored.
    pub fn checks(&self, _now: Timestamp) -> Vec<Check> {
        todo!()
    }
}

/// One offline check and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub verdict: Verdict,
    /// "key fits the certificate", "certificate ends 18 Dec 2026, in 26 days: renew soon".
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Fine,
    Warning,
    /// It can be stored, but will not work as it is.
    Wrong,
    Unknown,
}
