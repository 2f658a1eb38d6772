//! Credential files for accounts of the simulator, in the formats of Adobe's consoles, with certificates of any dates. They
//! are worthless outside of the simulator.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa};
use serde_json::json;

use super::keys::ThrowawayKey;
use super::registry::{Client, ClientKind, KeyBinding, Person};
use super::token::IssuedClaims;
use aemkeys_core::credential::Secret;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A technical account with one certificate.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// `p123-e1250`, with `-cmstg` for Adobe's stage organisation.
    pub ids: String,
    pub ims_host: String,
    pub client_id: String,
    pub metascopes: String,
    pub org: String,
    pub technical_account_id: String,
    pub email: String,
    /// The number of the throw-away key.
    pub key: usize,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub groups: Vec<String>,
    pub token_lifetime: Duration,
}

impl ServiceAccount {
    /// Creates account `number` of the environment, with a certificate for the year before `not_after`.
    pub fn new(ids: &str, number: usize, not_after: Timestamp) -> Self {
        // Distinct for each account and reproducible.
        let hash = ids.bytes().fold(number as u64 + 1, |sum, byte| {
            sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        Self {
            ids: ids.to_owned(),
            ims_host: "ims-na1.adobelogin.com".into(),
            client_id: format!("cm-{ids}-integration-{number}"),
            metascopes: "ent_aem_cloud_api".into(),
            org: "1234567890ABCDEF12345678@AdobeOrg".into(),
            technical_account_id: format!("4A1B{hash:016X}495E@techacct.adobe.com"),
            email: format!(
                "4a1b0000-0000-4000-8000-{:012x}@techacct.adobe.com",
                hash & 0xffff_ffff_ffff
            ),
            key: number,
            not_before: not_after - YEAR,
            not_after,
            groups: vec!["contributor".into()],
            token_lifetime: Client::TOKEN_LIFETIME,
        }
    }

    #[must_use]
    pub fn key(mut self, key: usize) -> Self {
        self.key = key;
        self
    }

    #[must_use]
    pub fn org(mut self, org: &str) -> Self {
        org.clone_into(&mut self.org);
        self
    }

    #[must_use]
    pub fn groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|&group| group.to_owned()).collect();
        self
    }

    /// Returns the account after "Add certificate" or "Add new private key".
    #[must_use]
    pub fn rotated(&self, key: usize, not_after: Timestamp) -> Self {
        Self {
            key,
            not_before: not_after - YEAR,
            not_after,
            ..self.clone()
        }
    }

    fn secret(&self) -> String {
        format!("simulated-secret-of-{}", self.client_id)
    }

    /// Returns the account as registered at IMS.
    pub fn client(&self) -> Client {
        Client {
            kind: ClientKind::ServiceCredentials,
            ims_host: self.ims_host.clone(),
            client_id: self.client_id.clone(),
            secrets: vec![Secret::from(self.secret())],
            org: self.org.clone(),
            technical_account_id: self.technical_account_id.clone(),
            email: self.email.clone(),
            scopes: self.metascopes.split(',').map(str::to_owned).collect(),
            keys: vec![self.binding()],
            environments: vec![self.ids.clone()],
            groups: self.groups.clone(),
            token_lifetime: self.token_lifetime,
        }
    }

    pub fn binding(&self) -> KeyBinding {
        KeyBinding {
            public_key: ThrowawayKey::client(self.key).public_key().to_vec(),
            not_before: self.not_before,
            not_after: self.not_after,
            revoked: false,
        }
    }

    /// Returns the self-signed certificate as DER.
    ///
    /// # Panics
    /// Never with the embedded keys.
    #[expect(clippy::expect_used, reason = "fixed parameters and a valid key")]
    pub fn certificate(&self) -> Vec<u8> {
        let mut parameters = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, self.client_id.as_str());
        parameters.distinguished_name = name;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.not_before = epoch + since_epoch(self.not_before);
        parameters.not_after = epoch + since_epoch(self.not_after);
        parameters
            .self_signed(&ThrowawayKey::client(self.key))
            .expect("a certificate from fixed parameters")
            .der()
            .to_vec()
    }

    /// Returns the private key in the format of the console: PKCS#1 PEM with CRLF.
    pub fn private_key_pem(&self) -> String {
        pem(
            "RSA PRIVATE KEY",
            ThrowawayKey::client(self.key).pkcs1_der(),
        )
    }

    /// Returns the file in the format of the AEM Developer Console.
    pub fn file(&self) -> Vec<u8> {
        let file = json!({
            "ok": true,
            "integration": {
                "imsEndpoint": self.ims_host,
                "metascopes": self.metascopes,
                "technicalAccount": {
                    "clientId": self.client_id,
                    "clientSecret": self.secret(),
                },
                "email": self.email,
                "id": self.technical_account_id,
                "org": self.org,
                "privateKey": self.private_key_pem(),
                "publicKey": pem("CERTIFICATE", &self.certificate()),
                "certificateExpirationDate": self.not_after.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            },
            "statusCode": 200,
        });
        format!("{file:#}").into_bytes()
    }

    /// Returns the token of an exchange at `created_at`.
    pub fn token(&self, created_at: Timestamp) -> Secret {
        self.client().token(created_at)
    }
}

/// An OAuth server-to-server credential of the Adobe Developer Console.
#[derive(Clone, Debug)]
pub struct OauthAccount {
    pub client_id: String,
    /// The secrets in the file. IMS knows only the last one: see [`OauthAccount::client`].
    pub secrets: Vec<String>,
    pub scopes: Vec<String>,
    pub org: String,
    pub technical_account_id: String,
    pub email: String,
    /// The environment that knows the account.
    pub ids: String,
    pub groups: Vec<String>,
}

impl OauthAccount {
    pub fn new(ids: &str, number: usize) -> Self {
        Self {
            client_id: format!("{number:032x}"),
            secrets: vec![format!("simulated-secret-a-{number}")],
            scopes: ["openid", "AdobeID", "aem.fragments.management"]
                .map(str::to_owned)
                .to_vec(),
            org: "1234567890ABCDEF12345678@AdobeOrg".into(),
            technical_account_id: format!("5C2D{number:016X}495E@techacct.adobe.com"),
            email: format!("5c2d0000-0000-4000-8000-{number:012x}@techacct.adobe.com"),
            ids: ids.to_owned(),
            groups: vec!["contributor".into()],
        }
    }

    /// Returns the account as registered at IMS, with the last secret only, to test that all secrets are tried.
    pub fn client(&self) -> Client {
        Client {
            kind: ClientKind::Oauth,
            ims_host: "ims-na1.adobelogin.com".into(),
            client_id: self.client_id.clone(),
            secrets: self
                .secrets
                .last()
                .map(|secret| Secret::from(secret.as_str()))
                .into_iter()
                .collect(),
            org: self.org.clone(),
            technical_account_id: self.technical_account_id.clone(),
            email: self.email.clone(),
            scopes: self.scopes.clone(),
            keys: Vec::new(),
            environments: vec![self.ids.clone()],
            groups: self.groups.clone(),
            token_lifetime: Client::TOKEN_LIFETIME,
        }
    }

    /// Returns the file in the flat upper-case format.
    pub fn file(&self) -> Vec<u8> {
        let file = json!({
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRETS": self.secrets,
            "SCOPES": self.scopes,
            "ORG_ID": self.org,
            "TECHNICAL_ACCOUNT_ID": self.technical_account_id,
            "TECHNICAL_ACCOUNT_EMAIL": self.email,
        });
        format!("{file:#}").into_bytes()
    }

    /// Returns the token of an exchange at `created_at`.
    pub fn token(&self, created_at: Timestamp) -> Secret {
        self.client().token(created_at)
    }
}

/// Returns a token as from "Get Local Development Token" in the AEM Developer Console.
pub fn development_token(person: &Person, created_at: Timestamp) -> Secret {
    const SCOPES: [&str; 4] = [
        "openid",
        "AdobeID",
        "read_organizations",
        "ent_aem_cloud_api",
    ];
    token_of_person("dev-console-prod", &SCOPES, person, created_at)
}

/// Returns the token that `aio login` gets for a person.
pub fn aio_token(person: &Person, created_at: Timestamp) -> Secret {
    const SCOPES: [&str; 4] = ["AdobeID", "openid", "adobeio_api", "read_organizations"];
    token_of_person(AIO_CLIENT, &SCOPES, person, created_at)
}

fn token_of_person(
    client_id: &str,
    scopes: &[&str],
    person: &Person,
    created_at: Timestamp,
) -> Secret {
    IssuedClaims {
        client_id: client_id.into(),
        user_id: person.user_id.clone(),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        created_at,
        lifetime_ms: 86_400_000,
        authorization_server: "ims-na1".into(),
    }
    .sign(0)
}

/// The client of aio.
pub const AIO_CLIENT: &str = "aio-cli-console-auth";

/// Returns the file that contains the token. It has no expiry.
pub fn development_token_file(token: &Secret) -> Vec<u8> {
    json!({
        "ok": true,
        "statusCode": 200,
        "accessToken": String::from_utf8_lossy(token.expose()),
    })
    .to_string()
    .into_bytes()
}

/// Creates a developer who can sign in to these environments.
pub fn person(number: usize, environments: &[&str]) -> Person {
    Person {
        user_id: format!("6E3F{number:016X}495E@c62f24cc5b5b7e0e0a494004"),
        email: format!("developer-{number}@example.com"),
        environments: environments.iter().map(|&ids| ids.to_owned()).collect(),
        groups: vec!["contributor".into(), "dam-users".into()],
    }
}

/// Returns the time since the epoch in whole seconds, the precision of certificates.
fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\r\n");
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push_str("\r\n");
        }
        pem.push(letter);
    }
    pem + "\r\n-----END " + label + "-----\r\n"
}
