//! Service credentials from the AEM Developer Console, and checks that their parts belong together.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::certificate::LATEST;
use super::strict_json::Field;
use super::validity::{self, State, Thresholds};
use super::{Certificate, CredentialFacts, Fingerprint, PrivateKey, Problem, Secret, pem};
use crate::environment::{CloudIds, HostName, allow_list};
use crate::time;

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
        let endpoint = integration.require("imsEndpoint")?;
        let ims_host = ims_host(&endpoint)?;
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
            ims_host: ims_host.as_str().to_owned(),
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

    /// The offline checks that are shown before anything is stored, in this order.
    pub fn checks(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Check> {
        let mut checks = vec![match self.key_matches_certificate() {
            Some(true) => Check::new(Verdict::Fine, "key matches the certificate"),
            Some(false) => Check::new(
                Verdict::Wrong,
                "privateKey does not match the certificate in publicKey: they are from different files",
            ),
            None => Check::new(
                Verdict::Unknown,
                "the file has no certificate (publicKey is missing, or only a public key) to compare the key with",
            ),
        }];
        if let Some(certificate) = &self.certificate {
            checks.push(match certificate.common_name.as_deref() {
                Some(name) if name == self.client_id => {
                    Check::new(Verdict::Fine, format!("certificate issued for {name}"))
                }
                Some(_) => Check::new(
                    Verdict::Warning,
                    "the certificate was issued for another client than clientId: the parts may be from different files",
                ),
                None => Check::new(Verdict::Unknown, "the certificate does not name a client"),
            });
        }
        checks.push(self.check_end(now, thresholds));
        if let (Some(certificate), Some(declared)) = (&self.certificate, self.declared_not_after)
            && certificate.not_after.as_second() != declared.as_second()
        {
            checks.push(Check::new(
                Verdict::Warning,
                "certificateExpirationDate differs from the certificate, which is used",
            ));
        }
        checks.push(match self.cloud_ids() {
            Some(ids) => Check::new(Verdict::Fine, format!("environment {ids}")),
            None => Check::new(
                Verdict::Warning,
                "clientId does not name the environment: set it with --env pN-eN",
            ),
        });
        checks.push(self.check_ims());
        checks.push(Check::new(
            Verdict::Fine,
            format!("metascopes {}", self.metascopes.join(", ")),
        ));
        checks
    }

    /// Shows whether the host is Adobe's. The confirmation of other hosts is separate.
    fn check_ims(&self) -> Check {
        let host = HostName::parse(&self.ims_host).ok();
        if host.as_ref().is_some_and(allow_list::is_adobe_ims) {
            Check::new(Verdict::Fine, format!("IMS {}", self.ims_host))
        } else {
            Check::new(
                Verdict::Warning,
                format!(
                    "IMS {} is not one of Adobe's (adobelogin.com)",
                    self.ims_host
                ),
            )
        }
    }

    fn check_end(&self, now: Timestamp, thresholds: &Thresholds) -> Check {
        let Some(end) = self.not_after() else {
            return Check::new(
                Verdict::Unknown,
                "expiry unknown: the file has no certificate and no certificateExpirationDate",
            );
        };
        let start = self.certificate.as_ref().map(|c| c.not_before);
        let date = time::date(end, &TimeZone::UTC);
        let when = time::relative(end, now);
        match validity::credential_state(start, Some(end), now, thresholds) {
            State::Expired => Check::new(
                Verdict::Warning,
                format!(
                    "certificate expired {date}, {when}: add a certificate in the AEM Developer Console"
                ),
            ),
            State::NotYetValid => Check::new(
                Verdict::Warning,
                format!(
                    "certificate is not valid before {}: check this computer's clock",
                    time::date(start.unwrap_or(end), &TimeZone::UTC)
                ),
            ),
            State::Soon | State::Urgent => Check::new(
                Verdict::Warning,
                format!("certificate expires {date}, {when}: rotate soon"),
            ),
            _ => Check::new(Verdict::Fine, format!("certificate expires {date}, {when}")),
        }
    }
}

/// Accepts only a host: a scheme or path would influence where the secret is sent.
fn ims_host(endpoint: &Field<'_>) -> Result<HostName, Problem> {
    let text = endpoint.word(300)?;
    if text.contains('/') {
        return Err(endpoint.bad("it must be a host name without https:// and without a path"));
    }
    HostName::parse(text).map_err(|problem| {
        endpoint.bad(problem.cause.as_deref().unwrap_or("it is not a host name"))
    })
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
    !pem::has(text, "CERTIFICATE")
        && !text.contains("PRIVATE KEY-----")
        && (pem::has(text, "PUBLIC KEY") || pem::has(text, "RSA PUBLIC KEY"))
}

/// Reads a comma-separated text or a list. Of a metascope that is given as a URL, only the name after the last `/s/` is kept.
fn metascopes(integration: &Field<'_>) -> Result<Vec<String>, Problem> {
    let field = integration.require("metascopes")?;
    let empty = || field.bad("it is empty: without a metascope, a token would have no permissions");
    if field.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Err(empty());
    }
    let written: Vec<&str> = match field.items() {
        Ok(items) => items
            .iter()
            .map(|item| item.word(200))
            .collect::<Result<_, _>>()?,
        Err(_) => field
            .text(2000)?
            .split([',', ' '])
            .filter(|scope| !scope.is_empty())
            .collect(),
    };
    let mut scopes: Vec<String> = Vec::new();
    for scope in written {
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
    if scopes.len() > MAX_SCOPES {
        return Err(field.bad("it contains too many metascopes"));
    }
    Ok(scopes)
}

/// One offline check and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub verdict: Verdict,
    /// "key matches the certificate", "certificate expires 18 Dec 2026, in 26 days: rotate soon".
    pub text: String,
}

impl Check {
    fn new(verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            verdict,
            text: text.into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Fine,
    Warning,
    /// The parts do not belong together, so it is not stored.
    Wrong,
    Unknown,
}
