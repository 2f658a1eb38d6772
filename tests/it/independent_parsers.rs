//! The files that `check` writes, read by independent parsers: Python's icalendar and prometheus_client.

#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::print_stdout, reason = "says what it skips")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use aemkeys::app::Index;
use aemkeys::app::check::{ExpiryFinding, Scope, calendar, of_index, prometheus};
use aemkeys_core::credential::validity::Thresholds;
use aemkeys_core::credential::{Fingerprint, Kind};
use aemkeys_core::environment::Hosts;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// All that calendars and metrics quote, and more than a line of it.
const CUSTOMER: &str = "Müller; Söhne, \"Nord\\Süd\" 日本語 and everyone else who has ever shared an environment with them";

const READ_CALENDAR: &str = r#"
import json, sys
from icalendar import Calendar
calendar = Calendar.from_ical(sys.stdin.buffer.read())
assert not calendar.errors, calendar.errors
events = []
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    events.append({
        "uid": str(event["UID"]),
        "sequence": event["SEQUENCE"],
        "start": event.decoded("DTSTART").isoformat(),
        "modified": event.decoded("LAST-MODIFIED").isoformat(),
        "summary": str(event["SUMMARY"]),
        "description": str(event["DESCRIPTION"]),
        "alarms": [a.decoded("TRIGGER").total_seconds() for a in event.walk("VALARM")],
    })
print(json.dumps({"method": str(calendar["METHOD"]), "version": str(calendar["VERSION"]), "events": events}))
"#;

const READ_METRICS: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = {}
for family in text_string_to_metric_families(sys.stdin.buffer.read().decode()):
    assert family.type == "gauge" and family.documentation, family
    families[family.name] = [{"labels": s.labels, "value": s.value} for s in family.samples]
print(json.dumps(families))
"#;

/// `None`, said, where Python or a module is missing; never in CI.
fn ask_python(module: &str, script: &str, input: &str) -> Option<Value> {
    // The system's own comes first: that is where a distribution's packages are.
    let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
        Command::new(python)
            .args(["-c", &format!("import {module}")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    });
    let Some(python) = python else {
        let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!in_ci, "python3 has no {module}");
        println!("skipped: python3 has no {module}");
        return None;
    };
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{module} refused:\n{input}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn now() -> Timestamp {
    "2026-11-22T14:03:00.7Z".parse().unwrap()
}

fn identity(number: u128, kind: Kind, end: Option<&str>) -> Value {
    let end: Option<Timestamp> = end.map(|end| end.parse().unwrap());
    let credential = json!({
        "client_id": "cm-p123-e1250-integration-0",
        "technical_account_id": null,
        "technical_account_email": null,
        "org": null,
        "ims_host": "ims-na1.adobelogin.com",
        "scopes": [],
        "not_before": end.map(|end| end - SignedDuration::from_hours(24 * 365)),
        "not_after": end,
        "fingerprint": Fingerprint::of(b"certificate"),
    });
    let token = json!({
        "expires_at": now() + SignedDuration::from_mins(41),
        "fingerprint": Fingerprint::of(b"token"),
        "obtained_at": now(),
    });
    json!({
        "identity": {
            "id": Uuid::from_u128(number),
            "label": format!("label {number}"),
            "kind": kind,
        },
        "credential": kind.can_exchange().then_some(credential),
        "token": (kind == Kind::DevelopmentToken).then_some(token),
    })
}

/// As it is kept on disk.
fn index(identities: &[Value]) -> Index {
    serde_json::from_value(json!({
        "version": 1,
        "environments": [{
            "id": Uuid::from_u128(1),
            "name": "wknd, stage; ünited",
            "type": "stage",
            "customer": CUSTOMER,
            "ids": null,
            "hosts": Hosts::default(),
            "identities": identities,
            "console_url": "https://dev-console.example/?a=1,2;b",
        }],
    }))
    .unwrap()
}

fn findings(index: &Index, now: Timestamp) -> Vec<ExpiryFinding> {
    let scope = Scope {
        now,
        thresholds: Thresholds::default(),
        tokens_count: false,
    };
    of_index(index, &[], &scope)
}

fn stored() -> Index {
    index(&[
        identity(11, Kind::ServiceCredentials, Some("2026-12-18T10:15:00Z")),
        identity(12, Kind::ServiceCredentials, Some("2028-02-29T23:59:59Z")),
        identity(13, Kind::ServiceCredentials, Some("2026-11-19T09:00:00Z")),
        identity(14, Kind::ServiceCredentials, None),
        identity(15, Kind::OauthServerToServer, None),
        identity(16, Kind::DevelopmentToken, None),
        identity(17, Kind::Local, None),
        identity(18, Kind::ServiceCredentials, Some("2027-09-19T00:00:00Z")),
    ])
}

#[test]
fn icalendar_reads_the_calendar() {
    let index = stored();
    let written = calendar::write(&findings(&index, now()), &Thresholds::default(), now());
    for line in written.split_terminator("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
    }
    let Some(read) = ask_python("icalendar", READ_CALENDAR, &written) else {
        return;
    };
    assert_eq!(
        (&read["method"], &read["version"]),
        (&"PUBLISH".into(), &"2.0".into())
    );
    let events = read["events"].as_array().unwrap();
    let starts: Vec<&str> = events
        .iter()
        .map(|e| e["start"].as_str().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "2026-11-19T09:00:00+00:00",
            "2026-12-18T10:15:00+00:00",
            "2028-02-29T23:59:59+00:00",
            "2027-09-19T00:00:00+00:00"
        ]
    );
    for event in events {
        assert_eq!(
            event["alarms"],
            json!([-2_592_000.0, -604_800.0, -86_400.0])
        );
        assert_eq!(event["modified"], "2026-11-22T14:03:00+00:00");
        let description = event["description"].as_str().unwrap();
        assert!(description.contains(CUSTOMER), "{description}");
        assert!(description.contains("Environment administrator"));
        assert!(description.contains("aemkeys rotate 'wknd, stage; ünited/label 1"));
        assert!(description.contains("https://dev-console.example/?a=1,2;b"));
    }
    assert_eq!(
        events[1]["summary"],
        "AEM credential of wknd, stage; ünited/label 11 expires"
    );
}

#[test]
fn a_rotated_credential_moves_its_event() {
    let write = |end: &str, now: Timestamp| {
        let index = index(&[identity(11, Kind::ServiceCredentials, Some(end))]);
        calendar::write(&findings(&index, now), &Thresholds::default(), now)
    };
    let later = now() + SignedDuration::from_secs(1);
    let (first, second) = (
        write("2026-12-18T10:15:00Z", now()),
        write("2027-11-20T10:15:00Z", later),
    );
    let (Some(first), Some(second)) = (
        ask_python("icalendar", READ_CALENDAR, &first),
        ask_python("icalendar", READ_CALENDAR, &second),
    ) else {
        return;
    };
    let (first, second) = (&first["events"][0], &second["events"][0]);
    assert_eq!(first["uid"], second["uid"]);
    assert_ne!(first["start"], second["start"]);
    assert!(first["sequence"].as_i64() < second["sequence"].as_i64());
    assert!(first["modified"].as_str() < second["modified"].as_str());
}

#[test]
fn calendar_alarms_follow_the_configuration() {
    let thresholds = Thresholds {
        credential_soon: SignedDuration::from_hours(24 * 60),
        credential_urgent: SignedDuration::from_mins(90),
        credential_notice: SignedDuration::from_hours(24 * 60),
        ..Thresholds::default()
    };
    let index = index(&[identity(
        11,
        Kind::ServiceCredentials,
        Some("2026-12-18T10:15:00Z"),
    )]);
    let written = calendar::write(&findings(&index, now()), &thresholds, now());
    let Some(read) = ask_python("icalendar", READ_CALENDAR, &written) else {
        return;
    };
    assert_eq!(read["events"][0]["alarms"], json!([-5_184_000.0, -5_400.0]));
}

#[test]
fn prometheus_reads_the_metrics() {
    let index = stored();
    let written = prometheus::write(&findings(&index, now()), now());
    let Some(read) = ask_python("prometheus_client", READ_METRICS, &written) else {
        return;
    };
    let value = |family: &str, number: u32| {
        let label = format!("label {number}");
        let samples = read[family].as_array().unwrap();
        let mut found = samples.iter().filter(|s| s["labels"]["identity"] == label);
        let sample = found.next();
        assert!(found.next().is_none(), "{family} {label} twice");
        sample.map(|sample| {
            assert_eq!(sample["labels"]["environment"], "wknd, stage; ünited");
            assert_eq!(sample["labels"]["type"], "stage");
            assert_eq!(sample["labels"]["customer"], CUSTOMER);
            sample["value"].as_f64().unwrap()
        })
    };
    let second = |time: &str| {
        let time: Timestamp = time.parse().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
        let seconds = time.as_second() as f64;
        Some(seconds)
    };
    let expiry = "aemkeys_credential_expiry_timestamp_seconds";
    assert_eq!(value(expiry, 12), second("2028-02-29T23:59:59Z"));
    assert_eq!(value(expiry, 14), None);
    assert_eq!(
        value("aemkeys_credential_not_before_timestamp_seconds", 11),
        second("2025-12-18T10:15:00Z")
    );
    assert_eq!(
        value("aemkeys_token_expiry_timestamp_seconds", 16),
        second("2026-11-22T14:44:00Z")
    );
    // Soon, not yet valid, expired, unknown, fine.
    let states = [(11, 1.0), (12, 1.0), (13, 2.0), (14, 3.0), (18, 0.0)];
    for (number, state) in states {
        assert_eq!(value("aemkeys_credential_state", number), Some(state));
    }
    assert_eq!(value("aemkeys_credential_state", 17), None);
    assert_eq!(value("aemkeys_token_state", 16), Some(1.0));
}
