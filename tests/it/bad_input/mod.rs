//! Files and tokens that are not valid: the error names the field and the next step and shows no value, and nothing panics.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod corpus;
mod credentials_file;
mod forms;
mod good;
mod seeds;

use aemkeys_core::credential::{Problem, detect};
use aemkeys_simulator::fixtures::{self, OauthAccount, ServiceAccount};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corpus::Bad;
use credentials_file::ServiceCredentialsFile;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const SECRET: &str = "integration.technicalAccount.clientSecret";
const CLIENT: &str = "integration.technicalAccount.clientId";
const IMS: &str = "integration.imsEndpoint";
const KEY: &str = "integration.privateKey";
const CERTIFICATE: &str = "integration.publicKey";
const ID: &str = "integration.id";
const ORG: &str = "integration.org";
const SCOPES: &str = "integration.metascopes";
const END: &str = "integration.certificateExpirationDate";

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days * 24)
}

fn account() -> ServiceAccount {
    ServiceAccount::new("p123-e1250", 0, now() + days(300))
}

fn good() -> ServiceCredentialsFile {
    ServiceCredentialsFile::of(&account())
}

fn oauth() -> Value {
    serde_json::from_slice(&OauthAccount::new("p1-e2", 7).file()).unwrap()
}

fn token() -> String {
    let person = fixtures::person(1, &["p1-e2"]);
    let token = fixtures::development_token(&person, now());
    String::from_utf8(token.expose().to_vec()).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// The PKCS#8 form of the throw-away key that signs [`account`]'s certificate.
fn pkcs8() -> &'static [u8] {
    include_bytes!("../../../crates/simulator/assets/keys/throwaway-key-1.der")
}

fn workspace(credentials: &Value) -> Value {
    json!({"project": {
        "org": {"ims_org_id": "1234@AdobeOrg"},
        "workspace": {"details": {"credentials": credentials}},
    }})
}

/// Values nobody may see in an error, and what a test has planted.
fn forbidden() -> Vec<String> {
    let file = good();
    let mut values = vec!["planted".to_owned(), "plantéd".to_owned()];
    for path in [SECRET, ID, ORG, "integration.email"] {
        values.push(file.text(path).to_owned());
    }
    for path in [KEY, CERTIFICATE] {
        let lines = file.text(path).lines();
        values.extend(
            lines
                .filter(|line| !line.starts_with('-'))
                .map(|line| line[..16.min(line.len())].to_owned()),
        );
    }
    values.extend(token().split('.').map(|part| part[..20].to_owned()));
    values
}

#[test]
fn bad_input_is_reported_with_its_field_and_without_its_value() {
    let corpus: Vec<Bad> = corpus::all();
    assert!(corpus.len() >= 100, "{}", corpus.len());
    let forbidden = forbidden();
    let mut wrong = Vec::new();
    for case in &corpus {
        let shown: String = String::from_utf8_lossy(&case.input)
            .chars()
            .take(60)
            .collect();
        let mut complain = |what: &str, problem: Option<&Problem>| {
            wrong.push(format!(
                "{} ({}) {shown:?}: {what}: {problem:?}",
                case.code, case.mentions
            ));
        };
        let Err(problem) = detect(&case.input) else {
            complain("was read", None);
            continue;
        };
        let said = format!("{problem} {problem:?}");
        if problem.code.as_str() != case.code {
            complain("another code", Some(&problem));
        }
        if !said.contains(&case.mentions) {
            complain("does not mention it", Some(&problem));
        }
        if problem.cause.is_none() || problem.next_step.is_none() {
            complain("no cause or no next step", Some(&problem));
        }
        if forbidden.iter().any(|value| said.contains(value.as_str())) {
            complain("shows a value", Some(&problem));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_handled(input in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(problem) = detect(&input) {
            prop_assert!(problem.next_step.is_some());
        }
    }

    #[test]
    fn any_text_is_handled(input in "[\\PC\\s{}\\[\\]\":,]{0,200}") {
        if let Err(problem) = detect(input.as_bytes()) {
            prop_assert!(problem.next_step.is_some());
        }
    }

    /// A valid file with bytes changed, removed or doubled: read or refused without a panic, and no secret in the message.
    #[test]
    fn damaged_files_are_handled(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
        which in 0usize..3,
    ) {
        let mut input = match which {
            0 => good().bytes(),
            1 => oauth().to_string().into_bytes(),
            _ => json!({"accessToken": token()}).to_string().into_bytes(),
        };
        for (at, byte, change) in changes {
            // Cut short and then taken out: there is nothing left to change.
            if input.is_empty() {
                break;
            }
            let at = at.index(input.len());
            match change {
                0 => input[at] = byte,
                1 => { input.remove(at); }
                2 => input.insert(at, byte),
                _ => input.truncate(at.max(1)),
            }
        }
        if let Err(problem) = detect(&input) {
            prop_assert!(problem.next_step.is_some());
            let said = format!("{problem} {problem:?}");
            prop_assert!(!said.contains("simulated-secret"));
            prop_assert!(!said.contains("AdobeOrg@") && !said.contains("MII"));
        }
    }
}
