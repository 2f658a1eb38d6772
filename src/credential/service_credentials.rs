//! What is in the file from the AEM Developer Console, and do its parts fit together?

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::certificate::LAST;
use super::strict_json::Field;
use super::validity::{self, State, Thresholds};
use super::{Certificate, CredentialFacts, Fingerprint, PrivateKey, Problem, Secret};
use crate::environment::{CloudIds, HostName, allow_list};

const MAX_SCOPES: usize = 50;

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
    /// From the inner object, `integration` or unwrapped.
    pub(super) fn read(integration: &Field<'_>) -> Result<Self, Problem> {
        let account = integration.require("technicalAccount")?;
        let endpoint = integration.require("imsEndpoint")?;
        let ims_host = ims_host(&endpoint)?;
        let org = integration.require("org")?;
        if !org.word(200)?.ends_with("@AdobeOrg") {
            return Err(org.bad("an organisation ends in @AdobeOrg"));
        }
        let key_field = integration.require("privateKey")?;
        let private_key = PrivateKey::from_pem(key_field.raw_text()?)
            .map_err(|problem| key_field.named(problem))?;
        let certificate = integration
            .get("publicKey")
            .filter(|field| field.as_str().is_none_or(|text| !text.trim().is_empty()))
            .map(|field| {
                Certificate::from_pem(field.raw_text()?).map_err(|problem| field.named(problem))
            })
            .transpose()?;
        let declared_not_after = match integration.get("certificateExpirationDate") {
            // The certificate counts; a date of a form not known yet must not keep the file out.
            Some(field) if certificate.is_some() => declared_end(&field).ok(),
            Some(field) => Some(declared_end(&field)?),
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

    /// Program and environment, when the client id has Adobe's form.
    pub fn cloud_ids(&self) -> Option<CloudIds> {
        CloudIds::from_client_id(&self.client_id)
    }

    /// Read from the certificate; what the file declares counts only without one.
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
            // Without a certificate the public key tells the revisions apart.
            fingerprint: certificate.map_or_else(
                || Fingerprint::of(self.private_key.public_key()),
                |c| c.fingerprint.clone(),
            ),
            public_key: Some(Fingerprint::of(self.private_key.public_key())),
        }
    }

    /// Does the key belong to the certificate? `None` without a certificate.
    pub fn key_fits_certificate(&self) -> Option<bool> {
        let certificate = self.certificate.as_ref()?;
        Some(self.private_key.public_key() == certificate.public_key)
    }

    /// The offline checks, in the order they are shown before anything is stored.
    pub fn checks(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Check> {
        let mut checks = vec![match self.key_fits_certificate() {
            Some(true) => Check::new(Verdict::Fine, "key fits the certificate"),
            Some(false) => Check::new(
                Verdict::Wrong,
                "privateKey does not fit the certificate in publicKey: they are from two files",
            ),
            None => Check::new(
                Verdict::Unknown,
                "no certificate in the file: the key cannot be compared",
            ),
        }];
        if let Some(certificate) = &self.certificate {
            checks.push(match certificate.common_name.as_deref() {
                Some(name) if name == self.client_id => {
                    Check::new(Verdict::Fine, format!("certificate names {name}"))
                }
                Some(_) => Check::new(
                    Verdict::Warning,
                    "the certificate names another client than clientId: is the file put together from two?",
                ),
                None => Check::new(Verdict::Unknown, "the certificate names no client"),
            });
        }
        checks.push(self.check_end(now, thresholds));
        if let (Some(certificate), Some(declared)) = (&self.certificate, self.declared_not_after)
            && certificate.not_after.as_second() != declared.as_second()
        {
            checks.push(Check::new(
                Verdict::Warning,
                "certificateExpirationDate is not the certificate's end; the certificate counts",
            ));
        }
        checks.push(match self.cloud_ids() {
            Some(ids) => Check::new(Verdict::Fine, format!("environment {ids}")),
            None => Check::new(
                Verdict::Warning,
                "clientId does not tell the environment: set it with --env pN-eN",
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

    /// Whether a secret may go there is decided elsewhere, by asking; here it is only shown.
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
            return Check::new(Verdict::Unknown, "the file does not say when it ends");
        };
        let start = self.certificate.as_ref().map(|c| c.not_before);
        let date = validity::say_date(end, &TimeZone::UTC);
        let span = validity::say_until(end, now);
        match validity::credential_state(start, Some(end), now, thresholds) {
            State::Expired => Check::new(
                Verdict::Warning,
                format!(
                    "certificate expired {date}, {span}: add a certificate in the AEM Developer Console"
                ),
            ),
            State::NotYetValid => Check::new(
                Verdict::Warning,
                format!(
                    "certificate is valid only from {}: is this computer's clock right?",
                    validity::say_date(start.unwrap_or(end), &TimeZone::UTC)
                ),
            ),
            State::Soon | State::Urgent => Check::new(
                Verdict::Warning,
                format!("certificate ends {date}, in {span}: renew soon"),
            ),
            _ => Check::new(Verdict::Fine, format!("certificate ends {date}, in {span}")),
        }
    }
}

/// A bare host. What else it carries would decide where the secret goes.
fn ims_host(endpoint: &Field<'_>) -> Result<HostName, Problem> {
    let text = endpoint.word(300)?;
    if text.contains('/') {
        return Err(endpoint.bad("it must be a bare host, without https:// and without a path"));
    }
    HostName::parse(text)
        .map_err(|problem| endpoint.bad(problem.cause.as_deref().unwrap_or("it is no host name")))
}

/// ISO 8601, or milliseconds or seconds since the Unix epoch.
fn declared_end(field: &Field<'_>) -> Result<Timestamp, Problem> {
    // As seconds the year 5138, as milliseconds 1973: nothing of Adobe's ended then.
    const MOST_SECONDS: i64 = 100_000_000_000;
    let count = || match field.as_millis()? {
        seconds if seconds < MOST_SECONDS => Timestamp::from_second(seconds).ok(),
        millis => Timestamp::from_millisecond(millis).ok(),
    };
    let iso = || {
        let text = field.as_str()?.trim();
        // "No end", as certificates say it, is behind the last moment we can say.
        let no_end = text.starts_with("9999-12-31T").then_some(LAST);
        text.parse().ok().or(no_end)
    };
    iso()
        .or_else(count)
        // No finer and no later than it is stored.
        .and_then(|end| Timestamp::from_millisecond(end.min(LAST).as_millisecond()).ok())
        .ok_or_else(|| field.bad("it is no date like 2026-02-14T07:35:37.000Z"))
}

fn account_id(integration: &Field<'_>) -> Result<String, Problem> {
    let id = integration.require("id")?;
    let text = id.word(200)?;
    let local = text
        .strip_suffix("@techacct.adobe.com")
        .ok_or_else(|| id.bad("a technical account's id ends in @techacct.adobe.com"))?;
    if local.len() == 36 && local.contains('-') {
        return Err(id.bad(
            "this is the email of the account; its id is 24 hex digits before @techacct.adobe.com",
        ));
    }
    Ok(text.to_owned())
}

/// One text with commas; a list is taken too. Empty is said before an exchange.
fn metascopes(integration: &Field<'_>) -> Result<Vec<String>, Problem> {
    let Some(field) = integration.get("metascopes") else {
        return integration.require("metascopes").map(|_| Vec::new());
    };
    if field.as_str().is_some_and(|text| text.trim().is_empty()) {
        // Empty is a state of the credential, not of the file: it is said before an exchange.
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
        return Err(field.bad("it names far more metascopes than Adobe has"));
    }
    let plain = |scope: &String| {
        scope
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-/".contains(&b))
    };
    if !scopes.iter().all(plain) {
        return Err(field.bad("a metascope has letters, digits and underscores only"));
    }
    Ok(scopes)
}

/// One offline check and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub verdict: Verdict,
    /// "key fits the certificate", "certificate ends 18 Dec 2026, in 26 days: renew soon".
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
    /// The parts do not belong together: it is not stored.
    Wrong,
    Unknown,
}
