//! Expiries as JSON.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ExpiringItem, ExpiryFinding, most_urgent};
use crate::app::utc_time::UtcTime;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{Guidance, Kind};
use aemkeys_core::environment::EnvironmentType;

/// Expiries, most urgent first.
#[derive(Serialize, JsonSchema)]
pub struct CheckDocument {
    source: CheckSource,
    /// The time of the check.
    checked_at: UtcTime,
    /// The most urgent state of all findings; `unknown` without any.
    level: Urgency,
    findings: Vec<FindingDocument>,
}

/// What was checked.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckSource {
    /// The stored environments.
    Index,
    /// The files given with `--file`.
    Files,
}

/// The expiry of a credential or token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Expiry")]
struct FindingDocument {
    /// The name that commands accept; for a file, the name of the file.
    name: String,
    /// The name of the environment.
    environment: String,
    /// The label of the identity.
    identity: String,
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
    /// The name for grouping.
    customer: Option<String>,
    kind: Kind,
    what: ExpiringItem,
    state: Urgency,
    /// When it becomes valid.
    not_before: Option<UtcTime>,
    /// Null without an expiry.
    expires_at: Option<UtcTime>,
    /// Seconds until it expires; negative if it has expired.
    seconds_left: Option<i64>,
    /// Why the state is unknown.
    trouble: Option<String>,
    /// Whether it is marked as leaked and still in use.
    leaked: bool,
    /// The programs that still use a replaced credential; null for all others.
    still_used_by: Option<Vec<String>>,
    /// Who must act before it expires; null if nobody must.
    who_must_act: Option<&'static str>,
    /// What to do next.
    next_step: Option<Guidance>,
}

impl CheckDocument {
    pub fn new(findings: &[ExpiryFinding], source: CheckSource, now: Timestamp) -> Self {
        let counted = findings.iter().filter(|finding| finding.counts);
        Self {
            source,
            checked_at: UtcTime(now),
            level: most_urgent(findings),
            findings: counted.map(|it| FindingDocument::new(it, now)).collect(),
        }
    }
}

impl FindingDocument {
    fn new(finding: &ExpiryFinding, now: Timestamp) -> Self {
        let seconds_left = |end: Timestamp| end.duration_since(now).as_secs();
        Self {
            name: finding.name.clone(),
            environment: finding.environment.clone(),
            identity: finding.label.clone(),
            environment_type: finding.environment_type,
            customer: finding.customer.clone(),
            kind: finding.kind,
            what: finding.subject,
            state: finding.state,
            not_before: finding.valid_from.map(UtcTime),
            expires_at: finding.expires_at.map(UtcTime),
            seconds_left: finding.expires_at.map(seconds_left),
            trouble: finding.trouble.clone(),
            leaked: finding.leaked,
            still_used_by: (!finding.still_used_by.is_empty())
                .then(|| finding.still_used_by.clone()),
            who_must_act: finding.who_must_act(),
            next_step: finding.next_step(),
        }
    }
}
