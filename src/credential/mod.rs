//! What Adobe hands us. Pure: parse, validate, expire. No I/O, no clock, no async.

pub mod access_token;
mod adobe_json;
pub mod certificate;
mod code;
pub mod compact;
pub mod detect;
mod key_digest;
pub mod mask;
pub mod oauth;
mod pem;
pub mod private_key;
pub mod problem;
pub mod secret;
pub mod service_credentials;
pub mod shell;
pub mod stored;
pub mod strict_json;
pub mod text;
mod unrecognised;
pub mod validity;

pub use access_token::{AccessToken, TokenClaims};
pub use certificate::Certificate;
pub use code::{Code, Exit, Severity, Topic};
pub use detect::{Imported, detect};
pub use key_digest::KeyDigest;
pub use oauth::OauthCredential;
pub use private_key::PrivateKey;
pub use problem::Problem;
pub use secret::{Fingerprint, Secret};
pub use service_credentials::ServiceCredentials;

use serde::{Deserialize, Serialize};

/// What an identity signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// From the AEM Developer Console, valid a year.
    ServiceCredentials,
    /// From the Adobe Developer Console; no certificate, no fixed end.
    OauthServerToServer,
    /// A person's token of one day; nothing to exchange.
    DevelopmentToken,
    /// A local SDK, which asks for no token.
    Local,
}

impl Kind {
    /// As the command line and `--json` say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceCredentials => "service-credentials",
            Self::OauthServerToServer => "oauth-server-to-server",
            Self::DevelopmentToken => "development-token",
            Self::Local => "local",
        }
    }

    /// True when a program can get a new token without a person.
    pub fn can_exchange(self) -> bool {
        matches!(self, Self::ServiceCredentials | Self::OauthServerToServer)
    }
}

/// A credential that can be exchanged for an access token at IMS.
#[derive(Debug)]
pub enum Credential {
    Service(ServiceCredentials),
    Oauth(OauthCredential),
}

impl Credential {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Service(_) => Kind::ServiceCredentials,
            Self::Oauth(_) => Kind::OauthServerToServer,
        }
    }

    pub fn facts(&self) -> CredentialFacts {
        match self {
            Self::Service(service) => service.facts(),
            Self::Oauth(oauth) => oauth.facts(),
        }
    }
}

/// All of a credential that may be read by anyone: repeated in the index and on screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialFacts {
    #[serde(deserialize_with = "crate::credential::stored::text")]
    pub client_id: String,
    /// The JWT's `sub`, `<24 hex>@techacct.adobe.com`; for OAuth the technical account id.
    #[serde(default, deserialize_with = "crate::credential::stored::some_text")]
    pub technical_account_id: Option<String>,
    /// The login name in AEM.
    #[serde(default, deserialize_with = "crate::credential::stored::some_text")]
    pub technical_account_email: Option<String>,
    /// `<24 hex>@AdobeOrg`.
    #[serde(default, deserialize_with = "crate::credential::stored::some_text")]
    pub org: Option<String>,
    #[serde(deserialize_with = "crate::credential::stored::text")]
    pub ims_host: String,
    /// Metascopes, or the scopes of an OAuth credential.
    #[serde(deserialize_with = "crate::credential::stored::texts")]
    pub scopes: Vec<String>,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    /// Of the certificate; for OAuth of client id, account and secrets.
    pub fingerprint: Fingerprint,
    /// Of the private key's public half: a new certificate over the same key keeps it. `None`: no key, or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Fingerprint>,
}

impl CredentialFacts {
    /// Is it known that both sign with the same private key?
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.public_key.is_some() && self.public_key == other.public_key
    }
}

/// All of a token that may be read by anyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// `None` where neither claims nor response tell.
    pub expires_at: Option<jiff::Timestamp>,
    pub fingerprint: Fingerprint,
    /// When it was exchanged or pasted here.
    pub obtained_at: jiff::Timestamp,
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_said_as_it_is_stored() {
        for kind in [
            Kind::ServiceCredentials,
            Kind::OauthServerToServer,
            Kind::DevelopmentToken,
            Kind::Local,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
