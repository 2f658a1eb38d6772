//! Hosts and approvals come from the storage and never from `index.json`, which any program of the user can write.

use std::fs;
use std::path::PathBuf;

use aemkeys::platform::configuration::StorageKind;
use aemkeys::storage::{ItemName, PassphraseSource, Storage, StorageOptions};
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;

const EVIL: &str = "author-p999-e999.adobeaemcloud.com";

/// Every host in the list becomes that of another program, and the type one that is not guarded.
fn tamper(sandbox: &Sandbox) {
    let file = list(sandbox);
    let mut index: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    for environment in index["environments"].as_array_mut().unwrap() {
        let hosts = environment["hosts"].to_string();
        let start = hosts.find("author-").unwrap() + "author-".len();
        let ids: String = hosts[start..].chars().take_while(|it| *it != '.').collect();
        environment["hosts"] = serde_json::from_str(&hosts.replace(&ids, "p999-e999")).unwrap();
        environment["type"] = json!("development");
    }
    fs::write(&file, serde_json::to_vec(&index).unwrap()).unwrap();
    let shown = sandbox.ok(&["show", "wknd-stage"]);
    assert!(shown.out.contains(EVIL), "the test is void: {shown:?}");
}

#[test]
fn hosts_come_from_the_storage_not_from_the_list() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    for arguments in [
        // With nothing cached, with a cached token, and with a fresh one.
        &[
            "call",
            "wknd-stage",
            "/libs/granite/core/content/login.html",
        ][..],
        &["test", "wknd-stage"],
        &["exchange", "wknd-stage"],
        &["call", "wknd-stage", "/"],
        &["test", "wknd-stage"],
        &["exec", "wknd-stage", "--", "env"],
    ] {
        tamper(&sandbox);
        let ran = sandbox.run(arguments);
        assert!(!ran.out.contains(EVIL), "{arguments:?} {ran:?}");
    }
    let asked: Vec<String> = sandbox
        .mock
        .requests()
        .into_iter()
        .map(|it| it.host)
        .collect();
    assert!(
        asked.iter().any(|host| host.starts_with("author-")),
        "{asked:?}"
    );
    for host in &asked {
        assert!(
            !host.contains("p999") && !host.contains("evil"),
            "{asked:?}"
        );
    }
}

/// A credential that names another IMS host is held back where the storage does not approve that host.
#[test]
fn approvals_come_from_the_storage_not_from_the_list() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let mut credential: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    credential["integration"]["imsEndpoint"] = json!("ims.evil.example");
    fs::write(&file, serde_json::to_vec(&credential).unwrap()).unwrap();
    sandbox.ok(&[
        "add",
        file.to_str().unwrap(),
        "--name",
        "wknd-stage",
        "--type",
        "stage",
        "--trust-ims-host",
        "ims.evil.example",
    ]);
    let approves = |text: &[u8]| String::from_utf8_lossy(text).contains("ims.evil.example");
    assert!(approves(&fs::read(list(&sandbox)).unwrap()));
    // Withdrawn in the storage, while the list still names it.
    let storage = storage(&sandbox);
    let Some(ItemName::Environment(id)) = storage
        .items()
        .unwrap()
        .into_iter()
        .find(|item| matches!(item, ItemName::Environment(_)))
    else {
        panic!("no environment is stored");
    };
    let mut environment = storage.environment(id).unwrap().unwrap();
    assert!(!environment.approvals.is_empty());
    environment.approvals.clear();
    storage.put_environment(&environment).unwrap();
    sandbox
        .exits(77, &["exchange", "wknd-stage"])
        .says("ims.evil.example");
    assert!(
        approves(&fs::read(list(&sandbox)).unwrap()),
        "the test is void"
    );
    let asked: Vec<String> = sandbox
        .mock
        .requests()
        .into_iter()
        .map(|it| it.host)
        .collect();
    assert!(!asked.iter().any(|host| host.contains("evil")), "{asked:?}");
}

fn list(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/share/aemkeys/index.json")
}

fn storage(sandbox: &Sandbox) -> Storage {
    let word = sandbox.home().join("word").display().to_string();
    Storage::open(StorageOptions {
        storage: StorageKind::File,
        may_prompt: false,
        data_dir: sandbox.home().join(".local/share/aemkeys"),
        state_dir: sandbox.home().join(".local/state/aemkeys"),
        passphrase: PassphraseSource::Command(vec!["cat".to_owned(), word]),
    })
}
