//! Guards decide from the storage: a changed `index.json` skips no confirmation.

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox};

const NAME: &str = "wknd-prod";

/// What somebody with access to the file may write into the entry of the environment.
type Change = fn(&mut Value);

const CHANGES: [(&str, Change); 5] = [
    ("type", |entry| entry["type"] = json!("development")),
    ("local type", |entry| entry["type"] = json!("local")),
    ("name", |entry| {
        entry["type"] = json!("development");
        entry["name"] = json!("harmless");
    }),
    ("ids", |entry| {
        entry["type"] = json!("stage");
        entry["ids"] = json!({"program": 9, "environment": 9});
    }),
    ("hosts", |entry| {
        entry["type"] = json!("rde");
        entry["hosts"]["author"] = json!({"cloud": "author-p9-e9.adobeaemcloud.com"});
    }),
];

/// A home with a rotated Production environment that has a token, and a Development one.
fn home() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox.add("wknd-stage/", "dev");
    sandbox.ok(&["exchange", NAME]);
    let file = sandbox.file("renewal/wknd-prod");
    let file = file.to_str().unwrap();
    sandbox.ok(&["rotate", NAME, file, "--confirm", NAME]);
    sandbox.make_reading_cheap();
    sandbox
}

fn tamper(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    let path = sandbox.home().join(".local/share/aemkeys/index.json");
    let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let entries = index["environments"].as_array_mut().unwrap();
    let entry = entries.iter_mut().find(|it| it["name"] == NAME).unwrap();
    let original = entry.clone();
    change(entry);
    assert_ne!(*entry, original);
    std::fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
}

fn listed_type(sandbox: &Sandbox) -> String {
    let path = sandbox.home().join(".local/share/aemkeys/index.json");
    let index: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let entries = index["environments"].as_array().unwrap();
    let entry = entries.iter().find(|it| it["name"] == NAME).unwrap();
    entry["type"].as_str().unwrap().to_owned()
}

/// The file that holds the storage.
fn storage(sandbox: &Sandbox) -> Vec<u8> {
    std::fs::read(sandbox.storage_file()).unwrap()
}

/// Every guarded command; `NAME` stands for what the list calls the environment.
fn guarded(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let file = sandbox.file("wknd-prod/");
    let file = file.to_str().unwrap();
    let out = sandbox.home().join("handed-on");
    let out = out.to_str().unwrap();
    [
        &["call", "NAME", "/content/x", "-X", "DELETE"][..],
        &["call", "NAME", "/content/x", "-X", "PROPFIND"],
        &["call", "NAME", "/content/x", "-d", "a=b"],
        &[
            "call",
            "NAME",
            "/content/x",
            "-H",
            "X-HTTP-Method-Override: DELETE",
        ],
        &["exec", "NAME", "--", "touch", out],
        &["edit", "NAME", "--type", "dev"],
        &["edit", "NAME", "--type", "local"],
        &[
            "edit",
            "NAME",
            "--preview",
            "preview-p123-e1235.adobeaemcloud.com",
            "--trust-host",
            "preview-p123-e1235.adobeaemcloud.com",
        ],
        &["edit", "NAME", "--env", "p123-e1235"],
        &[
            "export",
            "NAME",
            "--output",
            out,
            "--file-passphrase-fd",
            "0",
        ],
        &[
            "export",
            "--all",
            "--output",
            out,
            "--file-passphrase-fd",
            "0",
        ],
        &["credential", "NAME", "--output", out],
        &["rotate", "NAME", file, "--yes"],
        &["rotate", "NAME", "--go-back", "--yes"],
        &["rotate", "NAME", "--discard", "--yes"],
        &["revisions", "NAME", "--drop", "1", "--yes"],
        &["leaked", "NAME", "--mark", "--yes"],
        &["leaked", "NAME", "--invalidate", "--yes"],
        &["leaked", "NAME", "--delete-old", "--yes"],
        &["invalidate-token", "NAME", "--yes"],
        &["remove", "NAME", "--yes"],
    ]
    .into_iter()
    // This one is refused before anybody is asked: the older file cannot be rotated to.
    .filter(|arguments| arguments[1..] != ["NAME", file, "--yes"])
    .map(|arguments| arguments.iter().map(|it| (*it).to_owned()).collect())
    .collect()
}

fn run(sandbox: &Sandbox, arguments: &[String], name: &str, more: &[&str]) -> Ran {
    let mut arguments: Vec<&str> = arguments
        .iter()
        .map(|it| if it == "NAME" { name } else { it.as_str() })
        .collect();
    // Before the program of `exec`.
    let at = arguments
        .iter()
        .position(|it| *it == "--")
        .unwrap_or(arguments.len());
    arguments.splice(at..at, more.iter().copied());
    sandbox.run_with(&arguments, b"several good words\n")
}

#[test]
fn a_changed_list_skips_no_confirmation() {
    let sandbox = home();
    let before = storage(&sandbox);
    let asked = sandbox.mock.requests().len();
    let commands = guarded(&sandbox);
    let answers = [
        &[][..],
        &["--confirm", "wknd-stage"],
        &["--confirm", "harmless"],
    ];
    for (round, (what, change)) in CHANGES.into_iter().enumerate() {
        for (number, arguments) in commands.iter().enumerate() {
            // Every answer to every command, spread over the rounds.
            let more = answers[(round + number) % answers.len()];
            tamper(&sandbox, change);
            let name = if what == "name" { "harmless" } else { NAME };
            let refused = run(&sandbox, arguments, name, more);
            assert_eq!(
                refused.code, 77,
                "{what} {arguments:?} {more:?} {refused:?}"
            );
            refused.says(NAME);
            // Repaired, so that the next look is right.
            assert_eq!(listed_type(&sandbox), "production", "{what} {arguments:?}");
        }
    }
    assert!(storage(&sandbox) == before, "the storage was changed");
    assert_eq!(sandbox.mock.requests().len(), asked, "something was sent");
    assert!(!sandbox.home().join("handed-on").exists());
}

/// An identity of Production, listed below a Development environment.
#[test]
fn an_identity_moved_in_the_list_stays_with_its_environment() {
    let sandbox = home();
    let before = storage(&sandbox);
    let path = sandbox.home().join(".local/share/aemkeys/index.json");
    let mut moved: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let entries = moved["environments"].as_array_mut().unwrap();
    let production = entries.iter().find(|it| it["name"] == NAME).unwrap();
    let identities = production["identities"].clone();
    entries.retain(|it| it["name"] != NAME);
    entries[0]["identities"] = identities;
    let moved = serde_json::to_vec(&moved).unwrap();
    let asked = sandbox.mock.requests().len();
    for arguments in guarded(&sandbox) {
        // These are done to the environment, which is the Development one.
        if matches!(arguments[0].as_str(), "edit" | "export" | "remove") {
            continue;
        }
        std::fs::write(&path, &moved).unwrap();
        let refused = run(&sandbox, &arguments, "wknd-stage", &[]);
        assert_eq!(refused.code, 77, "{arguments:?} {refused:?}");
        refused.says(NAME);
    }
    std::fs::write(&path, &moved).unwrap();
    let label = "wknd-stage/service-0";
    sandbox.exits(77, &["remove", label, "--yes"]).says(NAME);
    assert!(storage(&sandbox) == before, "the storage was changed");
    assert_eq!(sandbox.mock.requests().len(), asked, "something was sent");
}

#[test]
fn the_right_name_confirms_and_a_development_environment_is_not_asked() {
    let sandbox = home();
    tamper(&sandbox, CHANGES[0].1);
    let named = ["--confirm", "WKND-PROD"];
    let exec = ["exec", NAME, named[0], named[1], "--", "true"];
    sandbox.ok(&exec);
    let edit = ["edit", NAME, "--type", "stage", "--confirm", NAME];
    sandbox.ok(&edit);
    sandbox.ok(&["exec", NAME, "--", "true"]);
    sandbox.ok(&["exec", "wknd-stage", "--", "true"]);
    sandbox.ok(&["edit", NAME, "--type", "prod"]);
    sandbox.exits(77, &["exec", NAME, "--", "true"]);
    for arguments in [
        &["edit", "wknd-stage", "--type", "rde"][..],
        &["leaked", "wknd-stage", "--mark", "--yes"],
        &["remove", "wknd-stage", "--yes"],
        &["remove", NAME, "--confirm", NAME],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {ran:?}");
    }
}

#[test]
fn an_import_replaces_production_only_with_its_name() {
    let sandbox = home();
    let path = sandbox.home().join("moving.aemkeys");
    let path = path.to_str().unwrap();
    let word = b"several good words\n";
    let export = [
        "export",
        NAME,
        "--confirm",
        NAME,
        "--output",
        path,
        "--file-passphrase-fd",
        "0",
    ];
    sandbox.run_with(&export, word).expect(0);
    sandbox.ok(&["edit", NAME, "--notes", "newer than the file"]);
    let before = storage(&sandbox);
    let import = [
        "import",
        path,
        "--file-passphrase-fd",
        "0",
        "--replace",
        NAME,
        "--yes",
    ];
    for more in [&[][..], &["--confirm", "wknd-stage"]] {
        tamper(&sandbox, CHANGES[0].1);
        let refused = sandbox.run_with(&[&import[..], more].concat(), word);
        let refused = refused.expect(77);
        refused.says(NAME);
    }
    assert!(storage(&sandbox) == before, "the storage was changed");
    let named = [&import[..], &["--confirm", NAME]].concat();
    sandbox.run_with(&named, word).expect(0);
}

#[test]
fn swapped_identities_in_the_list_return_no_token() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "production");
    sandbox.add("wknd-stage/", "development");
    for name in ["wknd-prod", "wknd-stage"] {
        sandbox.ok(&["exchange", name]);
    }
    let path = sandbox.home().join(".local/share/aemkeys/index.json");
    let index = std::fs::read_to_string(&path).unwrap();
    let mut swapped: Value = serde_json::from_str(&index).unwrap();
    let entries = swapped["environments"].as_array_mut().unwrap();
    let (first, second) = entries.split_at_mut(1);
    let ids = |entry: &Value| entry["identities"][0]["identity"]["id"].clone();
    let (a, b) = (ids(&first[0]), ids(&second[0]));
    first[0]["identities"][0]["identity"]["id"] = b;
    second[0]["identities"][0]["identity"]["id"] = a;
    let asked = sandbox.mock.requests().len();
    for arguments in [
        &["token", "wknd-stage"][..],
        &["call", "wknd-stage", "/content/dam.json"],
        &["test", "wknd-stage"],
    ] {
        std::fs::write(&path, serde_json::to_vec(&swapped).unwrap()).unwrap();
        let refused = sandbox.run(arguments);
        assert_ne!(refused.code, 0, "{arguments:?} {refused:?}");
        assert!(!refused.out.contains("eyJ"), "{arguments:?} {refused:?}");
        refused.says("wknd-prod");
    }
    assert_eq!(sandbox.mock.requests().len(), asked, "something was sent");
    std::fs::write(&path, index).unwrap();
    sandbox.ok(&["token", "wknd-stage"]);
}
