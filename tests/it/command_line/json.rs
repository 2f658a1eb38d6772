//! With `--json`, every run prints one document: the answer on standard output, or the error on standard error.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::json_schema;
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

/// A sandbox with an environment, and the path of a file that is not stored yet.
fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.add("brand-stage/", "stage");
    sandbox.make_reading_cheap();
    let file = sandbox.file("wknd-dev/").to_str().unwrap().to_owned();
    (sandbox, file)
}

/// Runs the command with `--json` and this input, and checks that it prints one document of this kind.
#[track_caller]
fn prints(sandbox: &Sandbox, kind: &str, line: &str, input: &[u8]) -> &'static str {
    let words: Vec<&str> = line.split(' ').chain(["--json"]).collect();
    let ran = sandbox.run_with(&words, input);
    if kind == "error" {
        error(&ran);
        return "error";
    }
    let found = json_schema::kind_of(&answer(&ran));
    assert_eq!(found, kind, "{line}");
    found
}

#[test]
fn every_command_prints_one_document_of_the_schema() {
    let (sandbox, file) = sandbox();
    let renewal = sandbox.file("renewal/");
    let (renewal, exported) = (
        renewal.to_str().unwrap(),
        sandbox.home().join("all.aemkeys"),
    );
    let exported = exported.to_str().unwrap();
    let folder = sandbox.home();
    std::fs::write(folder.join(".aemkeys.toml"), "environment = \"dev\"\n").unwrap();
    let folder = folder.to_str().unwrap();
    let passphrase = "--file-passphrase-fd 0";
    let word = b"a long passphrase\n";
    let lines: [(&str, &str, &[u8]); 45] = [
        ("add", &format!("add {file} --name dev --type dev"), b""),
        ("add", &format!("add {file} --name dev"), b""),
        ("add", "add --type local --name sdk", b""),
        ("add-files", &format!("add {file} {file}.none"), b""),
        ("allow", &format!("allow {folder}"), b""),
        ("which", "which dev", b""),
        ("list", "list", b""),
        ("list", "list dev", b""),
        ("list", "show wknd-stage", b""),
        ("check", "check", b""),
        ("check", &format!("check --file {file}"), b""),
        ("check", "timeline", b""),
        ("exchange", "exchange wknd-stage", b""),
        ("token", "token wknd-stage", b""),
        ("test", "test wknd-stage --tier author", b""),
        ("test", "test --all", b""),
        (
            "call",
            "call wknd-stage /libs/granite/security/currentuser.json",
            b"",
        ),
        ("edit", "edit wknd-stage --customer WKND", b""),
        ("edit", "edit wknd-stage --customer WKND", b""),
        ("revisions", "revisions wknd-stage", b""),
        ("rotate-discard", "rotate wknd-stage --discard --yes", b""),
        ("used-by", "used-by wknd-stage --add indexer", b""),
        ("rotate", &format!("rotate wknd-stage {renewal} --yes"), b""),
        ("list", "show wknd-stage", b""),
        ("revisions-drop", "revisions wknd-stage --drop --yes", b""),
        ("leaked", "leaked wknd-stage", b""),
        ("invalidate-token", "invalidate-token wknd-stage --yes", b""),
        ("explain", "explain invalid_client", b""),
        ("guides", "guide", b""),
        ("guide", "guide rotate wknd-stage", b""),
        ("storage", "storage", b""),
        ("doctor", "doctor", b""),
        ("open", "open wknd-stage", b""),
        ("discover", "discover --with brand-stage", b""),
        ("version", "version", b""),
        ("remove", "rm sdk --yes", b""),
        ("config-path", "config path", b""),
        ("config", "config get", b""),
        ("config", "config set theme light", b""),
        ("config-check", "config check", b""),
        ("install", "completions install fish", b""),
        ("install", "man install --print-path", b""),
        (
            "error",
            &format!("export wknd-stage --output {exported}"),
            b"",
        ),
        (
            "export",
            &format!("export wknd-stage --output {exported} {passphrase}"),
            word,
        ),
        (
            "import",
            &format!("import {exported} --dry-run {passphrase}"),
            word,
        ),
    ];
    let mut seen: BTreeSet<&str> = lines
        .iter()
        .map(|(kind, line, input)| prints(&sandbox, kind, line, input))
        .collect();
    // They need a clipboard, a token of a person, a keyring, the keyring of the kernel, and systemd, or go on until a signal.
    seen.extend([
        "copy",
        "paste",
        "storage-move",
        "unlock",
        "lock",
        "schedule",
        "serve",
        "serve-request",
    ]);
    assert_eq!(seen, json_schema::kinds().collect());
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
    let missing = sandbox.home().join("missing.json");
    let missing = missing.to_str().unwrap();
    for line in [
        &["add", missing, "--json"][..],
        &["import", missing, "--json"],
    ] {
        assert_eq!(error(&sandbox.run(line))["item"], missing, "{line:?}");
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
