//! Service credentials: the JSON file from the AEM Developer Console, and offline checks of its parts.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::certificate::LATEST;
use super::strict_json::Field;
use super::validity::{self, State, Thresholds};
use super::{Certificate, CredentialFacts, Fingerprint, PrivateKey, Problem, Secret};
use crate::environment::{CloudIds, HostName, allow_list};

const MAX_SCOPES: usize = 50;

/// Service credentials: a technical account that signs its own assertions; valid for one year.
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
    /// `certificateExpirationDate`; used only if there is no certificate.
    pub declared_not_after: Option<Timestamp>,
}

impl ServiceCredentials {
    /// Reads the `integration` object.
    pub(super) fn read(integration: &Field<'_>) -> Result<Self, Problem> {
        let account = integration.require("technicalAccount")?;
        let endpoint = integration.require("imsEndpoint")?;
        let ims_host = ims_host(&endpoint)?;
        let org = integration.require("org")?;
        if !org.word(200)?.ends_with("@AdobeOrg") {
            return Err(org.bad("it must end in @AdobeOrg"));
        }
        let key_field = integration.require("privateKey")?;
        let private_key = PrivateKey::from_pem(key_field.raw_text()?)
            .map_err(|problem| key_field.prefix(problem))?;
        let certificate = integration
            .get("publicKey")
            .filter(|field| field.as_str().is_none_or(|text| !text.trim().is_empty()))
            .map(|field| {
                Certificate::from_pem(field.raw_text()?).map_err(|problem| field.prefix(problem))
            })
            .transpose()?;
        let declared_not_after = match integration.get("certificateExpirationDate") {
            // The certificate decides, so a date in an unknown format is ignored.
            Some(field) if certificate.is_some() => declared_expiry(&field).ok(),
            Some(field) => Some(declared_expiry(&field)?),
            None => None,
        };
        Ok(Self {
            ims_host: ims_host.as_str().to_owned(),
            metascopes: metascopes(integration)?,
            client_id: account.require("clientId")?.identifier(200)?.to_owned(),
            client_secret: Secret::from(account.require("clientSecret")?.word(500)?),
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

    /// Returns program and environment id, if the client id has Adobe's format.
    pub fn cloud_ids(&self) -> Option<CloudIds> {
        CloudIds::from_client_id(&self.client_id)
    }

    /// Returns the expiry of the certificate or, without a certificate, the declared one.
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

    /// True if the private key belongs to the certificate; `None` without a certificate.
    pub fn key_matches_certificate(&self) -> Option<bool> {
        let certificate = self.certificate.as_ref()?;
        Some(self.private_key.public_key() == certificate.public_key)
    }

    /// Returns the results of the offline checks, in the order in which they are shown.
    pub fn checks(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Check> {
        let mut checks = vec![match self.key_matches_certificate() {
            Some(true) => Check::new(Verdict::Fine, "key matches the certificate"),
            Some(false) => Check::new(
                Verdict::Wrong,
                "privateKey does not match the certificate in publicKey: they come from two different files",
            ),
            None => Check::new(
                Verdict::Unknown,
                "the file has no certificate to compare the key with",
            ),
        }];
        if let Some(certificate) = &self.certificate {
            checks.push(match certificate.common_name.as_deref() {
                Some(name) if name == self.client_id => {
                    Check::new(Verdict::Fine, format!("certificate names {name}"))
                }
                Some(_) => Check::new(
                    Verdict::Warning,
                    "the certificate names a different client than clientId: check that the file was not assembled from two",
                ),
                None => Check::new(Verdict::Unknown, "the certificate does not name a client"),
            });
        }
        checks.push(self.check_expiry(now, thresholds));
        if let (Some(certificate), Some(declared)) = (&self.certificate, self.declared_not_after)
            && certificate.not_after.as_second() != declared.as_second()
        {
            checks.push(Check::new(
                Verdict::Warning,
                "certificateExpirationDate differs from the certificate, whose expiry is used",
            ));
        }
        checks.push(match self.cloud_ids() {
            Some(ids) => Check::new(Verdict::Fine, format!("environment {ids}")),
            None => Check::new(
                Verdict::Warning,
                "clientId does not contain the environment: set it with --env pN-eN",
            ),
        });
        checks.push(self.check_ims());
        checks.push(if self.metascopes.is_empty() {
            Check::new(
                Verdict::Warning,
                "metascopes is empty: IMS will refuse the exchange",
            )
        } else {
            Check::new(
                Verdict::Fine,
                format!("metascopes {}", self.metascopes.join(", ")),
            )
        });
        checks
    }

    /// Only informs: whether a secret may be sent to the host is decided when it is sent.
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

    fn check_expiry(&self, now: Timestamp, thresholds: &Thresholds) -> Check {
        let Some(end) = self.not_after() else {
            return Check::new(Verdict::Unknown, "the file does not say when it expires");
        };
        let start = self.certificate.as_ref().map(|c| c.not_before);
        let date = validity::say_date(end, &TimeZone::UTC);
        let span = validity::say_until(end, now);
        match validity::credential_state(start, Some(end), now, thresholds) {
            State::Expired => Check::new(
                Verdict::Warning,
                format!(
                    "certificate expired on {date} ({span}): add a certificate in the AEM Developer Console"
                ),
            ),
            State::NotYetValid => Check::new(
                Verdict::Warning,
                format!(
                    "certificate is not valid before {}: check the clock of this computer",
                    validity::say_date(start.unwrap_or(end), &TimeZone::UTC)
                ),
            ),
            State::Soon | State::Urgent => Check::new(
                Verdict::Warning,
                format!("certificate expires {date}, in {span}: rotate soon"),
            ),
            _ => Check::new(
                Verdict::Fine,
                format!("certificate expires {date}, in {span}"),
            ),
        }
    }
}

/// Reads a bare host name. Anything else in the field could change where the secret is sent.
fn ims_host(endpoint: &Field<'_>) -> Result<HostName, Problem> {
    let text = endpoint.word(300)?;
    if text.contains('/') {
        return Err(
            endpoint.bad("it must be a host name only, without https:// and without a path")
        );
    }
    HostName::parse(text).map_err(|problem| {
        endpoint.bad(problem.cause.as_deref().unwrap_or("it is not a host name"))
    })
}

/// Reads ISO 8601, or seconds or milliseconds since the Unix epoch.
fn declared_expiry(field: &Field<'_>) -> Result<Timestamp, Problem> {
    // The year 5138 in seconds, 1973 in milliseconds: no certificate of Adobe expires near either.
    const MAX_SECONDS: i64 = 100_000_000_000;
    let count = || match field.as_millis()? {
        seconds if seconds < MAX_SECONDS => Timestamp::from_second(seconds).ok(),
        millis => Timestamp::from_millisecond(millis).ok(),
    };
    let iso = || {
        let text = field.as_str()?.trim();
        // The date that certificates use for "no expiry" is later than the latest supported time.
        let no_expiry = text.starts_with("9999-12-31T").then_some(LATEST);
        text.parse().ok().or(no_expiry)
    };
    iso()
        .or_else(count)
        // The precision and range of the stored form.
        .and_then(|end| Timestamp::from_millisecond(end.min(LATEST).as_millisecond()).ok())
        .ok_or_else(|| field.bad("it must be a date like 2026-02-14T07:35:37.000Z"))
}

fn account_id(integration: &Field<'_>) -> Result<String, Problem> {
    let id = integration.require("id")?;
    let text = id.word(200)?;
    let local = text
        .strip_suffix("@techacct.adobe.com")
        .ok_or_else(|| id.bad("it must end in @techacct.adobe.com"))?;
    if local.len() == 36 && local.contains('-') {
        return Err(id.bad(
            "it is the email of the account; the id has 24 hex digits before @techacct.adobe.com",
        ));
    }
    Ok(text.to_owned())
}

/// Reads a string with commas, or a list. An empty value is accepted here; the exchange reports it.
fn metascopes(integration: &Field<'_>) -> Result<Vec<String>, Problem> {
    let field = integration.require("metascopes")?;
    if field.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(Vec::new());
    }
    let scopes: Vec<String> = match field.items() {
        Ok(items) => items
            .iter()
            .map(|item| item.word(200).map(str::to_owned))
            .collect::<Result<_, _>>()?,
        Err(_) => field
            .text(2000)?
            .split([',', ' '])
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    if scopes.len() > MAX_SCOPES {
        return Err(field.bad("it lists more metascopes than Adobe has"));
    }
    let plain = |scope: &String| {
        scope
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-/".contains(&b))
    };
    if !scopes.iter().all(plain) {
        return Err(field.bad("it contains characters that metascopes do not have"));
    }
    Ok(scopes)
}

/// The result of an offline check.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub verdict: Verdict,
    /// "key matches the certificate", "certificate expires 18 Dec 2026, in 26 d: rotate soon".
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
    /// The parts do not match; the credential is not stored.
    Wrong,
    Unknown,
}
