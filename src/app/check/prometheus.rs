//! Prometheus output in the text format that node_exporter's textfile collector reads.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{ExpiringItem, ExpiryFinding, exit_code};
use aemkeys_core::credential::validity::Urgency;

/// A metric family.
struct Family {
    name: &'static str,
    help: &'static str,
    subject: ExpiringItem,
    value: fn(&ExpiryFinding) -> Option<i64>,
}

const FAMILIES: [Family; 5] = [
    Family {
        name: "aemkeys_credential_expiry_timestamp_seconds",
        help: "When the credential expires, seconds since the Unix epoch.",
        subject: ExpiringItem::Credential,
        value: |finding| finding.expires_at.map(Timestamp::as_second),
    },
    Family {
        name: "aemkeys_credential_not_before_timestamp_seconds",
        help: "When the credential becomes valid, seconds since the Unix epoch.",
        subject: ExpiringItem::Credential,
        value: |finding| finding.valid_from.map(Timestamp::as_second),
    },
    Family {
        name: "aemkeys_credential_state",
        help: "0 fine, 1 soon, urgent or not yet valid, 2 expired, 3 unknown.",
        subject: ExpiringItem::Credential,
        value: state,
    },
    Family {
        name: "aemkeys_token_expiry_timestamp_seconds",
        help: "When the cached token expires, seconds since the Unix epoch.",
        subject: ExpiringItem::Token,
        value: |finding| finding.expires_at.map(Timestamp::as_second),
    },
    Family {
        name: "aemkeys_token_state",
        help: "0 fine, 1 soon, urgent or none yet, 2 expired, 3 unknown.",
        subject: ExpiringItem::Token,
        value: state,
    },
];

/// The state as the exit code of `check`. `None` if no credential is needed.
fn state(finding: &ExpiryFinding) -> Option<i64> {
    if finding.state == Urgency::NotNeeded {
        return None;
    }
    Some(exit_code(finding.state).into())
}

pub fn write(findings: &[ExpiryFinding], now: Timestamp) -> String {
    let mut text = String::new();
    for family in &FAMILIES {
        head(&mut text, family.name, family.help);
        for finding in findings {
            if finding.subject == family.subject
                && let Some(value) = (family.value)(finding)
            {
                let _ = writeln!(text, "{}{{{}}} {value}", family.name, labels(finding));
            }
        }
    }
    // Lets alerts detect a file that is no longer updated.
    let name = "aemkeys_check_timestamp_seconds";
    head(
        &mut text,
        name,
        "When this was written, seconds since the Unix epoch.",
    );
    let _ = writeln!(text, "{name} {}", now.as_second());
    text
}

fn head(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
}

/// Formats the labels. Prometheus treats an empty label as missing.
fn labels(finding: &ExpiryFinding) -> String {
    // A replaced credential that is still used is a separate series.
    let revision = if finding.still_used_by.is_empty() {
        ""
    } else {
        "old"
    };
    let all = [
        ("environment", finding.environment.as_str()),
        ("identity", finding.label.as_str()),
        ("type", finding.environment_type.as_str()),
        ("customer", finding.customer.as_deref().unwrap_or_default()),
        ("revision", revision),
    ];
    all.iter()
        // The first four labels are always present.
        .filter(|(name, value)| *name != "revision" || !value.is_empty())
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect::<Vec<_>>()
        .join(",")
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
