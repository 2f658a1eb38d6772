//! The use cases, command by command: from a file of Adobe's console to a token that AEM accepts.

use crate::support::sandbox::Sandbox;

#[test]
fn a_file_becomes_a_token_that_author_and_publish_accept() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-prod/");
    let added = sandbox.ok(&[
        "add",
        file.to_str().unwrap(),
        "--name",
        "wknd-prod",
        "--type",
        "prod",
    ]);
    assert_eq!(added.out, "stored as wknd-prod\n");
    added.says("key matches the certificate");

    let again = sandbox.ok(&["add", file.to_str().unwrap()]);
    assert_eq!(again.out, "already stored as wknd-prod\n");

    let token = sandbox.ok(&["token", "wknd-prod"]).out;
    assert_eq!(token.trim().split('.').count(), 3);
    assert!(token.ends_with('\n') && token.lines().count() == 1);
    let cached = sandbox
        .ok(&["token", "WKND-Prod", "--format", "json"])
        .json();
    assert_eq!(cached["access_token"], token.trim());
    assert_eq!(cached["token_type"], "bearer");
    assert!(cached["expires_in"].as_i64().unwrap() > 80_000);
    let header = sandbox
        .ok(&["token", "wknd-prod", "--format", "header"])
        .out;
    assert_eq!(header, format!("Authorization: Bearer {token}"));
    assert_eq!(sandbox.simulator.all_exchanges(), 1);

    sandbox.ok(&["token", "wknd-prod", "--refresh"]);
    assert_eq!(sandbox.simulator.all_exchanges(), 2);

    let tested = sandbox.ok(&["test", "wknd-prod", "--json"]).json();
    let tiers = tested["tiers"].as_array().unwrap();
    assert_eq!(tiers.len(), 3);
    for tier in tiers {
        assert_eq!(tier["verdict"], "signed-in", "{tier}");
        assert!(
            tier["groups"]
                .as_array()
                .unwrap()
                .iter()
                .any(|group| group == "contributor" || group == "contributors")
        );
    }

    let called = sandbox.ok(&["call", "wknd-prod:author", "/content/dam.json"]);
    assert!(
        serde_json::from_str::<serde_json::Value>(&called.out).is_ok(),
        "{called:?}"
    );

    let listed = sandbox.ok(&["list", "--json"]).json();
    let environment = &listed["environments"][0];
    assert_eq!(environment["name"], "wknd-prod");
    assert_eq!(environment["type"], "production");
    assert_eq!(
        environment["hosts"]["author"],
        "author-p123-e1234.adobeaemcloud.com"
    );
    assert_eq!(environment["identities"][0]["kind"], "service-credentials");
    assert_eq!(environment["identities"][0]["credential"]["state"], "fine");
    assert_eq!(environment["identities"][0]["token"]["state"], "fine");
    assert!(sandbox.ok(&["list"]).out.contains("● 30"));
}

#[test]
fn a_program_gets_the_token_and_the_hosts() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let seen = sandbox.exits(
        7,
        &[
            "exec",
            "wknd-stage",
            "--",
            "sh",
            "-c",
            "echo $AEM_TOKEN; echo $AEM_AUTHOR_URL; echo $AEM_PUBLISH_URL; exit 7",
        ],
    );
    let lines: Vec<&str> = seen.out.lines().collect();
    assert_eq!(lines[0], token.trim());
    assert_eq!(lines[1], "https://author-p123-e1250.adobeaemcloud.com");
    assert_eq!(lines[2], "https://publish-p123-e1250.adobeaemcloud.com");
    sandbox.exits(127, &["exec", "wknd-stage", "--", "/no/such/program"]);
}

#[test]
fn a_file_is_exchanged_with_nothing_stored() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-prod/");
    let token = sandbox.ok(&["token", "--file", file.to_str().unwrap()]).out;
    assert_eq!(token.trim().split('.').count(), 3);
    let piped = sandbox
        .run_with(&["token", "--file", "-"], &std::fs::read(&file).unwrap())
        .expect(0)
        .out;
    assert_eq!(piped.trim().split('.').count(), 3);
    assert!(!sandbox.home().join(".local/share/aemkeys").exists());
}

#[test]
fn an_oauth_credential_is_exchanged_by_its_secret() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("brand-stage/");
    sandbox.ok(&[
        "add",
        file.to_str().unwrap(),
        "--name",
        "brand-stage",
        "--type",
        "stage",
        "--env",
        "p77-e900",
    ]);
    sandbox.ok(&["exchange", "brand-stage"]);
    let open_api = sandbox
        .ok(&[
            "test",
            "brand-stage",
            "--tier",
            "author",
            "--path",
            "/adobe/sites/cf/fragments",
            "--json",
        ])
        .json();
    assert_eq!(open_api["tiers"][0]["verdict"], "answered");
}

#[test]
fn a_development_token_is_pasted_and_tested() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-dev/");
    let pasted = std::fs::read(&file).unwrap();
    let added = sandbox
        .run_with(
            &[
                "add",
                "-",
                "--name",
                "dev",
                "--env",
                "p123-e1301",
                "--type",
                "dev",
            ],
            &pasted,
        )
        .expect(0);
    assert_eq!(added.out, "stored as dev\n");
    let again = sandbox.run_with(&["paste", "dev"], &pasted).expect(0);
    again.says("signed in");
    // The same token in another environment.
    sandbox.add("wknd-stage/", "stage");
    let refused = sandbox
        .run_with(&["paste", "wknd-stage"], &pasted)
        .expect(65);
    refused.says("another");
    // 41 minutes are left: more cannot be had by a program.
    sandbox.exits(79, &["token", "dev", "--min-valid", "2h"]);
    sandbox.ok(&["token", "dev"]);
}

#[test]
fn a_token_without_an_environment_can_be_copied_but_not_tested() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-dev/");
    sandbox.ok(&["add", file.to_str().unwrap(), "--name", "mine"]);
    sandbox.ok(&["token", "mine"]);
    sandbox.exits(64, &["test", "mine"]).says("--env");
    sandbox.ok(&["edit", "mine", "--env", "p123-e1301"]);
    sandbox.ok(&["test", "mine", "--tier", "author"]);
}

#[test]
fn two_accounts_of_one_environment_are_told_apart_by_label() {
    let sandbox = Sandbox::new();
    sandbox.add("brand-prod/write", "prod");
    let second = sandbox.file("brand-prod/read");
    sandbox
        .exits(64, &["add", second.to_str().unwrap()])
        .says("--label");
    sandbox.ok(&["add", second.to_str().unwrap(), "--label", "read"]);
    sandbox
        .exits(76, &["exchange", "brand-prod/read"])
        .says("expired");
    assert_eq!(sandbox.simulator.all_exchanges(), 0);
}

#[test]
fn the_name_of_an_environment_means_its_default_identity() {
    let sandbox = Sandbox::new();
    let default = || sandbox.ok(&["list", "--json"]).json()["environments"][0]["default"].clone();
    let (write, read) = (
        sandbox.file("brand-prod/write"),
        sandbox.file("brand-prod/read"),
    );
    sandbox.ok(&[
        "add",
        write.to_str().unwrap(),
        "--name",
        "prod",
        "--label",
        "write",
    ]);
    sandbox.ok(&["token", "prod"]);
    // A second account does not change what scripts get.
    sandbox.ok(&["add", read.to_str().unwrap(), "--label", "read"]);
    assert_eq!(default(), "write");
    sandbox.ok(&["token", "prod"]);

    // Scripts would use another account, so an untyped environment asks for its name.
    let change = ["edit", "prod", "--default", "READ"];
    sandbox.exits(77, &change).says("--confirm prod");
    assert_eq!(default(), "write");
    sandbox.ok(&[&change[..], &["--confirm", "prod"]].concat());
    assert_eq!(default(), "read");
    let shown = sandbox.ok(&["show", "prod/write"]).out;
    let is_row = |line: &str| line.starts_with("Default") && line.ends_with("read");
    assert!(shown.lines().any(is_row), "{shown}");
    sandbox.exits(76, &["exchange", "prod"]).says("expired");
    sandbox.ok(&["edit", "prod", "--default", "", "--confirm", "prod"]);
    assert_eq!(default(), serde_json::Value::Null);
    sandbox.ok(&["edit", "prod", "--default", "read", "--confirm", "prod"]);
    sandbox
        .exits(66, &["edit", "prod", "--default", "nobody"])
        .says("write, read");
    let all = sandbox.run(&["check", "prod"]).out;
    assert!(
        all.contains("prod/read") && all.contains("prod/write"),
        "{all}"
    );

    // Removing the default leaves one service identity, which is the default again.
    sandbox.ok(&["remove", "prod/read", "--confirm", "prod"]);
    assert_eq!(default(), "write");
    sandbox.ok(&["token", "prod"]);
}

#[test]
fn an_edit_takes_effect_at_once() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["token", "wknd-stage"]);
    sandbox.ok(&[
        "edit",
        "wknd-stage",
        "--name",
        "stage2",
        "--customer",
        "WKND",
        "--notes",
        "a note",
        "--publish-domain",
        "www.wknd.example",
        "--trust-host",
        "www.wknd.example",
    ]);
    let shown = sandbox.ok(&["show", "stage2"]).out;
    assert!(
        shown.contains("WKND") && shown.contains("www.wknd.example") && shown.contains("a note")
    );
    sandbox.exits(66, &["token", "wknd-stage"]);
    sandbox.ok(&["token", "stage2"]);
}

#[test]
fn remove_deletes_everything() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["token", "wknd-stage"]);
    sandbox.ok(&["invalidate-token", "wknd-stage", "--yes"]);
    sandbox.ok(&["remove", "wknd-stage", "--yes"]);
    sandbox.exits(66, &["token", "wknd-stage"]);
    assert_eq!(
        sandbox.run(&["list", "--json"]).json()["environments"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    sandbox.add("wknd-stage/", "stage");
}

#[test]
fn the_keyring_or_file_can_rebuild_the_list() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    std::fs::remove_file(sandbox.home().join(".local/share/aemkeys/index.json")).unwrap();
    sandbox.exits(66, &["token", "wknd-stage"]);
    sandbox.run(&["doctor"]);
    sandbox.ok(&["token", "wknd-stage"]);
}

#[test]
fn prints_for_people_and_for_shells() {
    let sandbox = Sandbox::new();
    let man = sandbox.ok(&["man"]).out;
    for section in [
        "EXAMPLES",
        "FILES",
        "ENVIRONMENT",
        "EXIT STATUS",
        "ERROR CODES",
    ] {
        assert!(man.contains(&format!("\n.SH {section}\n")), "{section}");
    }
    assert!(
        man.contains(".B 71") && man.contains("AEMKEYS\\_STORAGE")
            || man.contains("AEMKEYS_STORAGE")
    );
    assert!(!man.contains('`'), "a backtick in the man page");
    sandbox
        .ok(&["man", "install"])
        .prints(".local/share/man/man1/aemkeys.1");
    let installed = sandbox.home().join(".local/share/man/man1/aemkeys.1");
    assert_eq!(std::fs::read_to_string(installed).unwrap(), man);
    for (shell, path) in [
        ("bash", ".local/share/bash-completion/completions/aemkeys"),
        ("zsh", ".local/share/zsh/site-functions/_aemkeys"),
        ("fish", ".config/fish/completions/aemkeys.fish"),
    ] {
        let path = sandbox.home().join(path);
        let only = sandbox.ok(&["completions", "install", shell, "--print-path"]);
        assert_eq!(only.out, format!("{}\n", path.display()));
        assert!(!path.exists());
        sandbox
            .ok(&["completions", "install", shell])
            .says("next: ");
        let script = sandbox.ok(&["completions", shell]).out;
        assert_eq!(std::fs::read_to_string(path).unwrap(), script);
    }
    sandbox
        .exits(64, &["completions", "install"])
        .says("SHELL does not name");
    for shell in ["bash", "zsh", "fish"] {
        assert!(sandbox.ok(&["completions", shell]).out.contains("aemkeys"));
    }
    let explained = sandbox
        .ok(&["explain", "invalid_client: invalid client_secret parameter"])
        .out;
    assert!(explained.contains("client secret"));
    sandbox.exits(1, &["explain", "good morning"]);
    sandbox.ok(&["--version"]);
    sandbox.exits(64, &["no-such-command"]);
    sandbox.exits(64, &["add"]);
    sandbox.exits(66, &["add", "/no/such/file.json"]);
    let json = sandbox.exits(66, &["show", "nothing", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(error["error"]["code"], "name-not-found");
    let tour = sandbox.ok(&["demo", "--tour"]);
    assert!(tour.out.contains("wknd-prod") && tour.err.contains("expired 3 days ago"));
}

#[test]
fn bad_files_store_nothing() {
    let sandbox = Sandbox::new();
    let good = std::fs::read(sandbox.file("wknd-prod/")).unwrap();
    let text = String::from_utf8(good).unwrap();
    for bad in [
        String::new(),
        "{}".to_owned(),
        text[..text.len() / 2].to_owned(),
        text.replace("adobelogin.com", "evil.example"),
        text.replace("@AdobeOrg", ""),
        text.replace("clientSecret", "clientsecret"),
        "x".repeat(1024 * 1024 + 1),
    ] {
        let refused = sandbox.run_with(&["add", "-", "--json"], bad.as_bytes());
        assert!(matches!(refused.code, 65 | 77), "{refused:?}");
        let error: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
        assert!(error["error"]["next_step"].is_string(), "{error}");
    }
    assert_eq!(
        sandbox.run(&["list", "--json"]).json()["environments"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert!(sandbox.mock.requests().is_empty());
}

#[test]
fn a_rotated_certificate_is_verified_before_the_switch() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["edit", "wknd-stage", "--used-by", "search indexer"]);
    let fingerprint = |sandbox: &Sandbox| {
        sandbox.run(&["list", "--json"]).json()["environments"][0]["identities"][0]["credential"]["fingerprint"].clone()
    };
    let old = fingerprint(&sandbox);
    let renewal = sandbox.file("renewal/");
    let renewal = renewal.to_str().unwrap();
    sandbox
        .exits(64, &["add", renewal])
        .says("aemkeys rotate wknd-stage");
    let wrong = sandbox.file("wknd-prod/");
    sandbox.exits(
        65,
        &["rotate", "wknd-stage", wrong.to_str().unwrap(), "--yes"],
    );
    assert_eq!(fingerprint(&sandbox), old);
    sandbox
        .ok(&["rotate", "wknd-stage", renewal, "--yes"])
        .says("search indexer");
    assert_ne!(fingerprint(&sandbox), old);
    sandbox.ok(&["exchange", "wknd-stage"]);
    sandbox.ok(&["test", "wknd-stage", "--tier", "author"]);
    sandbox.exits(64, &["rotate", "wknd-stage", renewal, "--yes"]);
}

#[test]
fn a_damaged_list_is_set_aside_and_rebuilt() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let index = sandbox.home().join(".local/share/aemkeys/index.json");
    std::fs::write(&index, "garbage").unwrap();
    sandbox.exits(74, &["list"]).says("doctor");
    sandbox.run(&["doctor"]);
    sandbox.ok(&["token", "wknd-stage"]);
    let kept = std::fs::read_dir(index.parent().unwrap())
        .unwrap()
        .any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains("damaged")
        });
    assert!(kept);
}

/// A token stays valid whatever its environment is called, so an edit keeps it and only updates its copy of the environment.
#[test]
fn an_edit_keeps_a_valid_token() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let exchanges = sandbox.simulator.all_exchanges();
    for (name, change, renamed) in [
        ("wknd-stage", ["--name", "wknd-old"], "wknd-old"),
        ("wknd-old", ["--label", "reader"], "wknd-old"),
        ("wknd-old", ["--type", "dev"], "wknd-old"),
        ("wknd-old", ["--customer", "WKND"], "wknd-old"),
        ("wknd-old", ["--notes", "kept"], "wknd-old"),
    ] {
        sandbox.ok(&[&["edit", name][..], &change].concat());
        assert_eq!(sandbox.ok(&["token", renamed]).out, token, "{change:?}");
        sandbox.ok(&["test", renamed]);
    }
    assert_eq!(sandbox.simulator.all_exchanges(), exchanges);
}
