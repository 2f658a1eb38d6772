//! With `--json`, every run prints one document: the answer on standard output, or the error on standard error.

use serde_json::Value;

use crate::support::sandbox::{Ran, Sandbox};

/// Checks that the run printed one answer and nothing else.
#[track_caller]
fn answer(ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(value["version"], 1, "{ran:?}");
    assert!(value["warnings"].is_array(), "{ran:?}");
    assert_eq!(ran.err, "", "{ran:?}");
    value
}

/// Checks that the run printed one error and nothing else.
#[track_caller]
fn error(ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.err).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(value["version"], 1, "{ran:?}");
    assert!(value["warnings"].is_array(), "{ran:?}");
    for field in ["code", "message", "next_step"] {
        assert!(value["error"][field].is_string(), "{ran:?}");
    }
    assert_eq!(ran.out, "", "{ran:?}");
    value["error"].clone()
}

#[test]
fn every_command_prints_one_document() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.make_reading_cheap();
    let file = sandbox.file("wknd-dev/");
    let (file, exported) = (file.to_str().unwrap(), sandbox.home().join("all.aemkeys"));
    let exported = exported.to_str().unwrap();
    let lines: [&[&str]; 25] = [
        &["add", file, "--name", "dev", "--type", "dev"],
        &["add", file, "--name", "dev"],
        &["add", "--type", "local", "--name", "sdk"],
        &["list"],
        &["show", "wknd-stage"],
        &["check"],
        &["timeline"],
        &["exchange", "wknd-stage"],
        &["token", "wknd-stage"],
        &["test", "wknd-stage", "--tier", "author"],
        &[
            "call",
            "wknd-stage",
            "/libs/granite/security/currentuser.json",
        ],
        &["edit", "wknd-stage", "--customer", "WKND"],
        &["revisions", "wknd-stage"],
        &["used-by", "wknd-stage", "--add", "indexer"],
        &["leaked", "wknd-stage"],
        &["invalidate-token", "wknd-stage", "--yes"],
        &["explain", "invalid_client"],
        &["guide"],
        &["guide", "rotate", "wknd-stage"],
        &["storage"],
        &["doctor"],
        &["open", "wknd-stage"],
        &["version"],
        &["rm", "sdk", "--yes"],
        &["export", "wknd-stage", "--output", exported],
    ];
    for line in lines {
        let ran = sandbox.run(&[line, &["--json"]].concat());
        if line[0] == "export" {
            // Without a terminal and a descriptor there is no passphrase.
            error(&ran);
        } else {
            answer(&ran);
        }
    }
}

#[test]
fn several_names_answer_with_an_error_for_each_that_failed() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("brand-prod/read", "prod");
    let ran = sandbox.exits(76, &["exchange", "wknd-stage", "brand-prod", "--json"]);
    let tokens = answer(&ran)["tokens"].clone();
    assert_eq!(tokens[0]["error"], Value::Null);
    assert_eq!(tokens[1]["error"]["item"], "brand-prod");
    assert!(tokens[1]["fingerprint"].is_null() && tokens[0]["fingerprint"].is_string());

    let (good, bad) = (sandbox.file("wknd-dev/"), sandbox.home().join("bad.json"));
    std::fs::write(&bad, "no credential").unwrap();
    let ran = sandbox.run(&[
        "add",
        bad.to_str().unwrap(),
        good.to_str().unwrap(),
        "--json",
    ]);
    let files = answer(&ran)["files"].clone();
    assert_eq!(files[0]["error"]["item"], bad.to_str().unwrap());
    assert_eq!(files[1]["status"], "stored");
    assert_ne!(ran.code, 0);
}

#[test]
fn an_error_names_its_item() {
    let sandbox = Sandbox::new();
    sandbox.add("brand-prod/read", "prod");
    for line in [
        &["exchange", "brand-prod", "--json"][..],
        &["token", "brand-prod", "--json"],
        &["test", "brand-prod", "--json"],
    ] {
        assert_eq!(error(&sandbox.run(line))["item"], "brand-prod", "{line:?}");
    }
    for line in [
        &["man", "--json"][..],
        &["completions", "bash", "--json"],
        &["exec", "brand-prod", "--json", "--", "true"],
        &["check", "--ics", "--json"],
        &["--json"],
    ] {
        assert_eq!(error(&sandbox.exits(64, line))["code"], "usage", "{line:?}");
    }
}
