//! Warnings about names and labels that look like another one.

use crate::support::sandbox::{Ran, Sandbox};

/// With letters of other scripts, other dashes, and digits.
const LOOK_ALIKES: [&str; 3] = ["wknd-ѕtage", "wknd\u{2010}stage", "WKND STAGE"];

#[track_caller]
fn warns(ran: &Ran, of: &str) {
    // With `--json`, warnings are part of the document.
    let said = format!("{}{}", ran.err, ran.out);
    assert!(
        said.contains("warning") && said.contains(&format!("looks like {of}")),
        "{ran:?}"
    );
}

#[test]
fn every_way_to_name_an_environment_warns() {
    for name in LOOK_ALIKES {
        let sandbox = Sandbox::new();
        let plain = sandbox.add("wknd-stage/", "stage");
        assert!(!plain.err.contains("looks like"), "{plain:?}");
        let file = sandbox.file("brand-stage/");
        let add = ["add", file.to_str().unwrap(), "--name", name];
        let json = sandbox.ok(&[&add[..], &["--json"]].concat());
        warns(&json, "wknd-stage");
        assert_eq!(json.json()["status"], "stored");
        sandbox.ok(&["edit", name, "--name", "other"]);
        warns(
            &sandbox.run(&["edit", "other", "--name", name]),
            "wknd-stage",
        );
        let remove = ["remove", name, "--confirm", name];
        sandbox.ok(&remove);
        warns(&sandbox.ok(&add), "wknd-stage");
        sandbox.ok(&remove);
        let local = ["add", "--type", "local", "--name", name];
        warns(&sandbox.ok(&local), "wknd-stage");
    }
}

#[test]
fn every_way_to_label_an_identity_warns() {
    let sandbox = Sandbox::new();
    sandbox.add("brand-prod/read", "stage");
    let file = sandbox.file("brand-prod/write");
    let add = ["add", file.to_str().unwrap(), "--label", "rеad"];
    warns(&sandbox.ok(&add), "read of brand-prod");
    let rename = |from: &str, to| {
        let identity = format!("brand-prod/{from}");
        sandbox.ok(&["edit", &identity, "--label", to])
    };
    let plain = rename("rеad", "write");
    assert!(!plain.err.contains("looks like"), "{plain:?}");
    warns(&rename("write", "re ad"), "read of brand-prod");
}
