//! What is in an OAuth server-to-server credential of the Adobe Developer Console, in its three shapes?

use super::{CredentialFacts, Secret};

/// Client id and secrets; exchanged without a signature; no fixed end.
#[derive(Debug)]
pub struct OauthCredential {
    /// Always `ims-na1.adobelogin.com` unless the file says otherwise.
    pub ims_host: String,
    pub client_id: String,
    /// One or two, tried in order.
    pub client_secrets: Vec<Secret>,
    pub scopes: Vec<String>,
    pub org: Option<String>,
    pub technical_account_id: Option<String>,
    pub technical_account_email: Option<String>,
}

impl OauthCredential {
    pub fn facts(&self) -> CredentialFacts {
        todo!()
    }
}
