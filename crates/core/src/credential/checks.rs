//! Offline checks of service credentials, shown before anything is stored.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ServiceCredentials;
use super::validity::{Thresholds, Urgency};
use crate::environment::{HostName, allow_list};
use crate::time;

impl ServiceCredentials {
    /// The offline checks that are shown before anything is stored, in this order.
    pub fn checks(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Check> {
        let mut checks = vec![match self.key_matches_certificate() {
            Some(true) => Check::new(CheckVerdict::Fine, "key matches the certificate"),
            Some(false) => Check::new(
                CheckVerdict::Wrong,
                "privateKey does not match the certificate in publicKey: they are from different files",
            ),
            None => Check::new(
                CheckVerdict::Unknown,
                "the file has no certificate (publicKey is missing, or only a public key) to compare the key with",
            ),
        }];
        if let Some(certificate) = &self.certificate {
            checks.push(match certificate.common_name.as_deref() {
                Some(name) if name == self.client_id => {
                    Check::new(CheckVerdict::Fine, format!("certificate issued for {name}"))
                }
                Some(_) => Check::new(
                    CheckVerdict::Warning,
                    "the certificate was issued for another client than clientId: the parts may be from different files",
                ),
                None => Check::new(CheckVerdict::Unknown, "the certificate does not name a client"),
            });
        }
        checks.push(self.check_end(now, thresholds));
        if let (Some(certificate), Some(declared)) = (&self.certificate, self.declared_not_after)
            && certificate.not_after.as_second() != declared.as_second()
        {
            checks.push(Check::new(
                CheckVerdict::Warning,
                "certificateExpirationDate differs from the certificate; the certificate's date is used",
            ));
        }
        checks.push(match self.cloud_ids() {
            Some(ids) => Check::new(CheckVerdict::Fine, format!("environment {ids}")),
            None => Check::new(
                CheckVerdict::Warning,
                "clientId does not name the environment: set it with --env pN-eN",
            ),
        });
        checks.push(self.check_ims());
        checks.push(Check::new(
            CheckVerdict::Fine,
            format!("metascopes {}", self.metascopes.join(", ")),
        ));
        checks
    }

    /// Shows whether the host is Adobe's. The confirmation of other hosts is separate.
    fn check_ims(&self) -> Check {
        let host = HostName::parse(&self.ims_host).ok();
        if host.as_ref().is_some_and(allow_list::is_adobe_ims) {
            Check::new(CheckVerdict::Fine, format!("IMS {}", self.ims_host))
        } else {
            Check::new(
                CheckVerdict::Warning,
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
                CheckVerdict::Unknown,
                "expiry unknown: the file has no certificate and no certificateExpirationDate",
            );
        };
        let start = self.certificate.as_ref().map(|c| c.not_before);
        let date = time::date(end, &TimeZone::UTC);
        let when = time::relative(end, now);
        match Urgency::of_credential((start, Some(end)), false, now, thresholds) {
            Urgency::Expired => Check::new(
                CheckVerdict::Warning,
                format!(
                    "certificate expired {date}, {when}: add a new private key in the AEM Developer Console"
                ),
            ),
            Urgency::NotYetValid => Check::new(
                CheckVerdict::Warning,
                format!(
                    "certificate is not valid before {}: check this computer's clock",
                    time::date(start.unwrap_or(end), &TimeZone::UTC)
                ),
            ),
            Urgency::Soon | Urgency::Urgent => Check::new(
                CheckVerdict::Warning,
                format!("certificate expires {date}, {when}: rotate soon"),
            ),
            _ => Check::new(
                CheckVerdict::Fine,
                format!("certificate expires {date}, {when}"),
            ),
        }
    }
}

/// One offline check and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub verdict: CheckVerdict,
    /// "key matches the certificate", "certificate expires 18 Dec 2026, in 26 days: rotate soon".
    pub text: String,
}

impl Check {
    fn new(verdict: CheckVerdict, text: impl Into<String>) -> Self {
        Self {
            verdict,
            text: text.into(),
        }
    }
}

/// The verdict of a check.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckVerdict {
    /// Nothing to do.
    Fine,
    /// It works, with a limit that the text names.
    Warning,
    /// The parts do not belong together, so it is not stored.
    Wrong,
    /// It could not be checked.
    Unknown,
}
