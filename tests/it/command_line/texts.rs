//! Hostile texts in files, names and answers: standard output and standard error get no control characters.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::hostile_texts::{MARK, hostile_json, hostile_texts, is_harmless};
use crate::support::https_mock::{HttpsMock, Reply};
use crate::support::sandbox::{Ran, Sandbox};

fn assert_only_text(ran: &Ran, what: &str) {
    for said in [&ran.out, &ran.err] {
        for letter in said.chars() {
            assert!(
                is_harmless(letter) || letter == '\n',
                "{what}: {letter:?} in {said:.400?}"
            );
        }
    }
}

/// One text of each class.
fn one_of_each() -> Vec<(&'static str, String)> {
    let classes: BTreeMap<_, _> = hostile_texts().into_iter().collect();
    assert!(classes.len() > 20);
    classes.into_iter().collect()
}

/// A list with an environment for every text, as another program may have written it.
fn write_list(sandbox: &Sandbox, texts: &[(&str, String)]) {
    let environments: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(at, (_, text))| {
            let id = |kind: u128| uuid::Uuid::from_u128(kind + at as u128).to_string();
            json!({
                "id": id(1 << 64), "name": format!("e{at}"), "type": "stage", "customer": text,
                "ids": null, "hosts": {}, "notes": text, "console_url": text,
                "identities": [{
                    "identity": {
                        "id": id(1 << 65), "label": "default", "kind": "service-credentials",
                        "used_by": [{ "name": text }],
                    },
                    "token": null, "imported_from": text,
                    "credential": {
                        "client_id": text, "technical_account_id": text,
                        "technical_account_email": text, "org": text, "ims_host": text,
                        "scopes": [text], "not_before": null, "not_after": null,
                        "fingerprint": "0123456789ab",
                    },
                    "last_test": [{
                        "tier": "author", "host": text, "at": "2026-11-22T14:03:00Z", "status": 200,
                        "verdict": text, "user": text, "groups": 1, "elapsed_ms": 1,
                    }],
                }],
            })
        })
        .collect();
    let folder = sandbox.home().join(".local/share/aemkeys");
    std::fs::create_dir_all(&folder).unwrap();
    let paths: serde_json::Map<String, Value> = environments
        .iter()
        .zip(texts)
        .map(|(it, (_, text))| (it["id"].as_str().unwrap().to_owned(), json!([text])))
        .collect();
    let list = json!({ "version": 1, "environments": environments, "recent_paths": paths });
    std::fs::write(folder.join("index.json"), list.to_string()).unwrap();
}

#[test]
fn cleans_texts_of_the_list() {
    let sandbox = Sandbox::new();
    let texts = hostile_texts();
    write_list(&sandbox, &texts);
    let listed = sandbox.ok(&["list"]);
    assert!(listed.out.lines().count() >= texts.len(), "{listed:?}");
    assert_only_text(&listed, "list");
    assert_only_text(&sandbox.ok(&["list", "--json"]), "list --json");
    assert_only_text(&sandbox.run(&["check"]), "check");
    for (at, (class, text)) in texts.iter().enumerate().step_by(9) {
        let shown = sandbox.ok(&["show", &format!("e{at}")]);
        assert!(shown.out.contains(MARK), "{class} {text:.40?}: {shown:?}");
        assert_only_text(&shown, &format!("show: {class} {text:.40?}"));
    }
}

#[test]
fn cleans_arguments_and_file_names() {
    let sandbox = Sandbox::new();
    for (class, text) in one_of_each() {
        let text: String = text.chars().filter(|c| *c != '\0').take(200).collect();
        for arguments in [
            &["explain", &text][..],
            &["show", &text],
            &["token", &text],
            &["add", &text],
            &["add", "no-such-file", "--name", &text],
            &["edit", &text, "--customer", &text],
            &["call", &text, &text],
            &[&text],
        ] {
            let ran = sandbox.run(arguments);
            assert_only_text(&ran, &format!("{class} {arguments:.60?}"));
        }
    }
}

#[test]
fn cleans_answers_of_servers() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["exchange", "wknd-stage"]);
    sandbox.make_reading_cheap();
    let reply: Arc<Mutex<(u16, String, String)>> = Arc::default();
    let said = reply.clone();
    let mock = HttpsMock::start(move |_| {
        let (status, header, body) = said.lock().unwrap().clone();
        let headers = [
            ("x-debug-id", header.as_str()),
            ("location", header.as_str()),
            ("www-authenticate", header.as_str()),
            ("content-type", "application/json"),
        ];
        Reply::new(status, &headers, body)
    });
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command
            .env("HTTPS_PROXY", mock.proxy_url())
            .env("SSL_CERT_FILE", mock.ca_file());
        Ran::of(command.output().unwrap())
    };
    let bodies = one_of_each()
        .into_iter()
        .map(|(class, text)| {
            let body = json!({
                "authorizableId": text, "memberOf": [{ "authorizableId": text }],
                "error": text, "error_description": text,
            });
            (class, text, body.to_string())
        })
        .chain(
            hostile_json()
                .into_iter()
                .map(|body| ("JSON", String::new(), body)),
        );
    for (class, text, body) in bodies {
        let header: String = text
            .chars()
            .filter(|letter| !matches!(letter, '\0'..' ' | '\u{7f}'))
            .take(500)
            .collect();
        for (status, arguments) in [
            (400, &["exchange", "wknd-stage"][..]),
            (200, &["test", "wknd-stage"]),
            (302, &["test", "wknd-stage", "--tier", "author"]),
        ] {
            *reply.lock().unwrap() = (status, header.clone(), body.clone());
            let ran = run(arguments);
            assert_only_text(&ran, &format!("{class} {text:.40?} {arguments:?}"));
        }
    }
}
