//! Service credentials from the AEM Developer Console: how they are read.

use jiff::Timestamp;

use super::certificate::LATEST;
use super::strict_json::Field;
use super::{Certificate, CredentialFacts, Fingerprint, PrivateKey, Problem, Secret, pem};
use crate::environment::CloudIds;

const MAX_SCOPES: usize = 50;

/// Service credentials: a technical account that signs its own assertions. Valid for one year.
#[derive(Debug)]
pub struct ServiceCredentials {
    /// The host in lower case, without scheme: `ims-na1.adobelogin.com`.
    pub ims_host: String,
    pub metascopes: Vec<String>,
    pub client_id: String,
    pub client_secret: Secret,
    /// The login name in AEM.
    pub email: Option<String>,
    /// The `sub` of the JWT, which is not the email.
    pub technical_account_id: String,
    pub org: String,
    pub private_key: PrivateKey,
    /// Missing in files for Adobe's newer library.
    pub certificate: Option<Certificate>,
    /// `certificateExpirationDate`, used only if there is no certificate.
    pub declared_not_after: Option<Timestamp>,
}

impl ServiceCredentials {
    /// Reads the object `integration`, or the same object without its wrapper.
    pub(super) fn read(integration: &Field<'_>) -> Result<Self, Problem> {
        let account = integration.require("technicalAccount")?;
        let ims_host = ims_host(&integration.require("imsEndpoint")?)?;
        let org = integration.require("org")?;
        if !org.word(200)?.ends_with("@AdobeOrg") {
            return Err(org.bad("an organisation id must end in @AdobeOrg"));
        }
        let key_field = integration.require("privateKey")?;
        let private_key = PrivateKey::from_pem(key_field.raw_text()?)
            .map_err(|problem| key_field.prefix(problem))?;
        let certificate = integration
            .get("publicKey")
            .filter(|field| field.as_str().is_none_or(|text| !text.trim().is_empty()))
            .filter(|field| !field.as_str().is_some_and(is_bare_public_key))
            .map(|field| {
                Certificate::from_pem(field.raw_text()?).map_err(|problem| field.prefix(problem))
            })
            .transpose()?;
        let declared_not_after = match integration.get("certificateExpirationDate") {
            // The certificate takes precedence, so an unknown date format must not fail.
            Some(field) if certificate.is_some() => declared_end(&field).ok(),
            Some(field) => Some(declared_end(&field)?),
            None => None,
        };
        Ok(Self {
            ims_host,
            metascopes: metascopes(integration)?,
            client_id: account.require("clientId")?.identifier(200)?.to_owned(),
            client_secret: Secret::from(account.require("clientSecret")?.text(500)?),
            email: integration
                .get("email")
                .map(|f| f.word(300).map(str::to_owned))
                .transpose()?,
            technical_account_id: account_id(integration)?,
            org: org.word(200)?.to_owned(),
            private_key,
            certificate,
            declared_not_after,
        })
    }

    /// Program and environment, if the client id has Adobe's format.
    pub fn cloud_ids(&self) -> Option<CloudIds> {
        CloudIds::from_client_id(&self.client_id)
    }

    /// The expiry of the certificate, or the declared one if there is no certificate.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.certificate
            .as_ref()
            .map(|c| c.not_after)
            .or(self.declared_not_after)
    }

    pub fn facts(&self) -> CredentialFacts {
        let certificate = self.certificate.as_ref();
        CredentialFacts {
            client_id: self.client_id.clone(),
            technical_account_id: Some(self.technical_account_id.clone()),
            technical_account_email: self.email.clone(),
            org: Some(self.org.clone()),
            ims_host: self.ims_host.clone(),
            scopes: self.metascopes.clone(),
            not_before: certificate.map(|c| c.not_before),
            not_after: self.not_after(),
            // Without a certificate, the public key distinguishes the revisions.
            fingerprint: certificate.map_or_else(
                || Fingerprint::of(self.private_key.public_key()),
                |c| c.fingerprint.clone(),
            ),
            public_key: Some(Fingerprint::of(self.private_key.public_key())),
        }
    }

    /// Whether the key belongs to the certificate. `None` without a certificate.
    pub fn key_matches_certificate(&self) -> Option<bool> {
        let certificate = self.certificate.as_ref()?;
        Some(self.private_key.public_key() == certificate.public_key)
    }
}

/// Accepts only a host: a scheme or path would influence where the secret is sent.
fn ims_host(endpoint: &Field<'_>) -> Result<String, Problem> {
    let text = endpoint.word(300)?;
    if text.contains('/') {
        return Err(endpoint.bad("it must be a host name without https:// and without a path"));
    }
    endpoint.host(text)
}

/// Reads ISO 8601, or milliseconds or seconds since the Unix epoch.
fn declared_end(field: &Field<'_>) -> Result<Timestamp, Problem> {
    // The year 5138 in seconds, 1973 in milliseconds: no credential expires in either.
    const MOST_SECONDS: i64 = 100_000_000_000;
    let count = || match field.as_millis()? {
        seconds if seconds < MOST_SECONDS => Timestamp::from_second(seconds).ok(),
        millis => Timestamp::from_millisecond(millis).ok(),
    };
    let iso = || {
        let text = field.as_str()?.trim();
        // "No expiry" in certificates (RFC 5280) is after the last representable moment.
        let no_end = text.starts_with("9999-12-31T").then_some(LATEST);
        text.parse().ok().or(no_end)
    };
    iso()
        .or_else(count)
        // Round to the precision and range of the stored format.
        .and_then(|end| Timestamp::from_millisecond(end.min(LATEST).as_millisecond()).ok())
        .ok_or_else(|| field.bad("it must be a date like 2026-02-14T07:35:37.000Z"))
}

fn account_id(integration: &Field<'_>) -> Result<String, Problem> {
    let id = integration.require("id")?;
    let text = id.word(200)?;
    let local = text
        .strip_suffix("@techacct.adobe.com")
        .ok_or_else(|| id.bad("a technical account id must end in @techacct.adobe.com"))?;
    if local.len() == 36 && local.contains('-') {
        return Err(id.bad(
            "this is the email of the account; the id has 24 hex digits before @techacct.adobe.com",
        ));
    }
    Ok(text.to_owned())
}

/// Whether the text is a public key without a certificate, which an exchange does not need.
fn is_bare_public_key(text: &str) -> bool {
    !pem::has_label(text, "CERTIFICATE")
        && !text.contains("PRIVATE KEY-----")
        && (pem::has_label(text, "PUBLIC KEY") || pem::has_label(text, "RSA PUBLIC KEY"))
}

/// Reads a comma-separated text or a list. Of a metascope that is given as a URL, only the name after the last `/s/` is kept.
fn metascopes(integration: &Field<'_>) -> Result<Vec<String>, Problem> {
    let field = integration.require("metascopes")?;
    let empty = || field.bad("it is empty: without a metascope, a token would have no permissions");
    if field.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Err(empty());
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in field.words(MAX_SCOPES)? {
        let name = match scope.rsplit_once("/s/") {
            Some((_, name)) => name.trim_end_matches('/'),
            None => scope,
        };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(field.bad("a metascope contains only letters, digits and underscores, or is a URL that ends in /s/ and the metascope"));
        }
        scopes.push(name.to_owned());
    }
    if scopes.is_empty() {
        return Err(empty());
    }
    Ok(scopes)
}
