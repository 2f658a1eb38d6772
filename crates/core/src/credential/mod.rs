//! Adobe's credentials and tokens: parsing, validation and expiry. Pure code: no I/O, no clock, no async.

pub mod access_token;
mod adobe_json;
mod advice;
mod aio_login;
mod certificate;
mod checks;
mod code;
mod codec;
pub mod detect;
mod envelope;
mod guidance;
mod key_digest;
pub mod mask;
mod oauth;
mod pem;
mod private_key;
mod problem;
mod relaxed_json;
mod secret;
pub mod serde_helpers;
mod service_credentials;
mod settings;
pub mod shell;
pub mod strict_json;
pub mod text;
mod unrecognised;
pub mod validity;

pub use access_token::{AccessToken, TokenClaims};
pub(crate) use advice::embedded_rows;
pub use advice::{Advice, Circumstances};
pub use aio_login::AioLogin;
pub use certificate::Certificate;
pub use checks::{Check, CheckVerdict};
pub use code::{Code, Exit, Severity, Topic};
pub use detect::{Imported, detect};
pub use guidance::{Guidance, NextStep, Part};
pub use key_digest::KeyDigest;
pub use oauth::OauthCredential;
pub use private_key::PrivateKey;
pub use problem::Problem;
pub use secret::{Fingerprint, Secret};
pub use service_credentials::ServiceCredentials;

use serde::{Deserialize, Serialize};

enum_table! {
    /// How an identity signs in.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Kind {
        /// From the AEM Developer Console, valid for one year.
        ServiceCredentials => "service-credentials",
        /// From the Adobe Developer Console; no certificate, no expiry.
        OauthServerToServer => "oauth-server-to-server",
        /// A local development token, valid for 24 hours; nothing to exchange.
        DevelopmentToken => "development-token",
        /// A local SDK, which needs no token.
        Local => "local",
    }
    /// Returns the name used by the command line and `--json`.
    pub fn as_str -> &'static str;
}

impl Kind {
    /// What makes an old or leaked credential useless, and where.
    pub fn how_to_revoke(self) -> &'static str {
        match self {
            Self::OauthServerToServer => {
                "delete the old client secret in the Adobe Developer Console"
            }
            _ => "revoke the old key in the AEM Developer Console",
        }
    }

    /// True if aemkeys can get a new token without user interaction.
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

/// The public part of a credential, copied to the index and shown on screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialFacts {
    #[serde(deserialize_with = "serde_helpers::text")]
    pub client_id: String,
    /// The JWT's `sub`, `<24 hex>@techacct.adobe.com`; for OAuth the technical account id.
    #[serde(default, deserialize_with = "serde_helpers::some_text")]
    pub technical_account_id: Option<String>,
    /// The login name in AEM.
    #[serde(default, deserialize_with = "serde_helpers::some_text")]
    pub technical_account_email: Option<String>,
    /// `<24 hex>@AdobeOrg`.
    #[serde(default, deserialize_with = "serde_helpers::some_text")]
    pub org: Option<String>,
    #[serde(deserialize_with = "serde_helpers::text")]
    pub ims_host: String,
    /// Metascopes, or the scopes of an OAuth credential.
    #[serde(deserialize_with = "serde_helpers::texts")]
    pub scopes: Vec<String>,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    /// Fingerprint of the certificate; for OAuth, of client id, account and secrets.
    pub fingerprint: Fingerprint,
    /// Fingerprint of the public key, the same for all certificates of a key. `None` if there is no key or it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Fingerprint>,
}

impl CredentialFacts {
    /// Compares org, client and account. The certificate's fingerprint distinguishes the revisions.
    pub fn is_same_account(&self, other: &Self) -> bool {
        self.org == other.org
            && self.client_id == other.client_id
            && self.technical_account_id == other.technical_account_id
    }

    /// Returns how the account is called, and what that is: its login name in AEM, or else its id.
    pub fn account(&self) -> Option<(&'static str, &str)> {
        let login_name = self.technical_account_email.as_deref();
        let id = self.technical_account_id.as_deref();
        login_name
            .map(|name| ("login name", name))
            .or(id.map(|id| ("account id", id)))
    }

    /// True if both are known to use the same private key.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.public_key.is_some() && self.public_key == other.public_key
    }
}

/// The public part of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// `None` if neither the claims nor the response contain an expiry.
    pub expires_at: Option<jiff::Timestamp>,
    pub fingerprint: Fingerprint,
    /// When it was exchanged or pasted here.
    pub obtained_at: jiff::Timestamp,
    /// True for a token of a technical account, not of a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_account: bool,
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kind_names_match_the_serialized_form() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
