//! Adding what is stored already: changed content is taken, what is missing is restored, and every remedy that the program
//! names works.

use std::path::{Path, PathBuf};

use aemkeys_core::credential::Secret;
use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::Sandbox;

fn write(sandbox: &Sandbox, name: &str, content: &Value) -> PathBuf {
    let path = sandbox.mock.directory().join(name);
    std::fs::write(&path, content.to_string()).unwrap();
    path
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn add(sandbox: &Sandbox, file: &Path, more: &[&str]) -> crate::support::sandbox::Ran {
    let mut arguments = vec!["add", file.to_str().unwrap()];
    arguments.extend(more);
    sandbox.run(&arguments)
}

/// The OAuth credential of the demo, and its environment.
fn oauth(sandbox: &Sandbox) -> PathBuf {
    sandbox.file("brand-stage/")
}

fn asked_scopes(sandbox: &Sandbox) -> String {
    let asked = sandbox.mock.requests();
    let last = asked
        .iter()
        .rev()
        .find(|it| it.path == "/ims/token/v3")
        .unwrap();
    String::from_utf8(last.body.clone()).unwrap()
}

#[test]
fn new_scopes_and_secrets_of_an_oauth_credential_are_taken() {
    let sandbox = Sandbox::new();
    let file = oauth(&sandbox);
    add(
        &sandbox,
        &file,
        &["--name", "shop", "--env", "p1-e2", "--type", "stage"],
    )
    .expect(0);
    let mut changed = read(&file);
    let scopes = changed["SCOPES"].as_array_mut().unwrap();
    scopes.push(json!("aem.invented"));
    let new = write(&sandbox, "new.json", &changed);

    let rotate = sandbox.run(&["rotate", "shop", new.to_str().unwrap(), "--yes"]);
    assert_eq!(rotate.code, 64, "{rotate:?}");
    assert!(
        rotate.err.contains("not a rotation") && rotate.err.contains("aemkeys add FILE"),
        "{rotate:?}"
    );

    let updated = add(&sandbox, &new, &[]).expect(0);
    assert!(updated.err.contains("aem.invented"), "{updated:?}");
    assert!(updated.out.contains("updated shop"), "{updated:?}");
    let _ = sandbox.run(&["exchange", "shop"]);
    assert!(asked_scopes(&sandbox).contains("aem.invented"));

    add(&sandbox, &file, &[]).expect(0);
    changed["SCOPES"] = read(&file)["SCOPES"].clone();
    changed["CLIENT_SECRETS"] = json!(["p8e-planted-again-0123456789"]);
    let newer = write(&sandbox, "newer.json", &changed);
    let updated = add(&sandbox, &newer, &[]).expect(0);
    assert!(
        updated.err.contains("client secret: ")
            && !format!("{updated:?}").contains("planted-again"),
        "{updated:?}"
    );
    let fingerprint = |secret: &Value| {
        let secret = Secret::from(secret.as_str().unwrap());
        secret.fingerprint().to_string()
    };
    for secrets in [&read(&file), &changed] {
        updated.says(fingerprint(&secrets["CLIENT_SECRETS"][0]));
    }
    let _ = sandbox.run(&["exchange", "shop"]);
    assert!(asked_scopes(&sandbox).contains("planted-again"));

    let same = add(&sandbox, &newer, &[]).expect(0);
    assert!(same.out.contains("already stored"), "{same:?}");

    updated.says("`aemkeys rotate shop --go-back`");
    sandbox.ok(&["rotate", "shop", "--go-back", "--yes"]);
    assert!(!asked_scopes(&sandbox).contains("planted-again"));
    let kept = sandbox.ok(&["revisions", "shop", "--json"]).json();
    let kept = kept["revisions"].as_array().unwrap();
    let states: Vec<&str> = kept
        .iter()
        .map(|it| it["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["candidate", "active"]);
}

#[test]
fn guarded_environments_ask_before_changed_content_is_taken() {
    for types in [&["--type", "production"][..], &[]] {
        let sandbox = Sandbox::new();
        let file = oauth(&sandbox);
        let named = ["--name", "shop", "--env", "p1-e2"];
        add(&sandbox, &file, &[&named[..], types].concat()).expect(0);
        let mut changed = read(&file);
        changed["SCOPES"] = json!(["openid"]);
        let new = write(&sandbox, "new.json", &changed);
        let refused = add(&sandbox, &new, &[]).expect(77);
        assert!(refused.err.contains("--confirm"), "{refused:?}");
        let shown = sandbox.run(&["show", "shop"]).expect(0).out;
        assert!(shown.contains("aem"), "{shown}");
        add(&sandbox, &new, &["--confirm", "shop"]).expect(0);
    }
}

#[test]
fn metascopes_secret_and_flags_of_service_credentials_are_taken() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    add(&sandbox, &file, &["--name", "one", "--type", "stage"]).expect(0);
    let mut changed = read(&file);
    changed["integration"]["metascopes"] = json!("ent_aem_cloud_api,ent_cloudmgr_sdk");
    changed["integration"]["technicalAccount"]["clientSecret"] = json!("another secret");
    let new = write(&sandbox, "new.json", &changed);
    let renamed = add(&sandbox, &new, &["--name", "it's two", "--yes"]).expect(64);
    renamed.says("already stored as one");
    renamed.says("`aemkeys edit one --name 'it'\\''s two'`");
    let labelled = add(&sandbox, &new, &["--label", "other", "--yes"]).expect(64);
    labelled.says("--label other`");
    assert!(
        !sandbox
            .ok(&["show", "one"])
            .out
            .contains("ent_cloudmgr_sdk")
    );
    // The same name is no other name.
    let updated = add(&sandbox, &new, &["--name", "ONE", "--customer", "Brand"]).expect(0);
    for differs in ["ent_cloudmgr_sdk", "client secret", "Brand"] {
        assert!(updated.err.contains(differs), "{differs}: {updated:?}");
    }
    assert!(!format!("{updated:?}").contains("another secret"));
    let shown = sandbox.run(&["show", "one"]).expect(0).out;
    assert!(
        shown.contains("ent_cloudmgr_sdk") && shown.contains("Brand"),
        "{shown}"
    );
    let other = add(&sandbox, &new, &["--env", "p5-e6"]);
    assert_eq!(other.code, 64, "{other:?}");
}

#[test]
fn the_dashboard_asks_for_the_name_before_it_replaces_content_of_production() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    add(&sandbox, &file, &["--name", "shop", "--type", "production"]).expect(0);
    let mut changed = read(&file);
    changed["integration"]["metascopes"] = json!("ent_aem_cloud_api,ent_cloudmgr_sdk");
    let shown = || sandbox.ok(&["show", "shop"]).out;

    let mut dashboard = Dashboard::start(&sandbox.command(&[]));
    dashboard.wait_for("shop");
    dashboard.paste(&changed.to_string());
    dashboard.wait_for("with other content");
    dashboard.wait_for("ent_aem_cloud_api, ent_cloudmgr_sdk");
    dashboard.send("\r");
    dashboard.wait_for("Type shop to confirm");
    dashboard.send("other\r");
    dashboard.wait_for("type shop to confirm");
    assert!(!shown().contains("ent_cloudmgr_sdk"));
    dashboard.send("\u{15}shop\r");
    dashboard.wait_for("scopes      ent_aem_cloud_api, ent_cloudmgr_sdk");
    dashboard.send("q");
    dashboard.ends();
    assert!(shown().contains("ent_cloudmgr_sdk"));
}

#[test]
fn a_rotation_without_hosts_needs_a_flag() {
    let sandbox = Sandbox::new();
    let file = oauth(&sandbox);
    add(&sandbox, &file, &["--name", "shop", "--type", "stage"]).expect(0);
    let mut changed = read(&file);
    changed["CLIENT_SECRETS"] = json!(["p8e-planted-again-0123456789"]);
    let new = write(&sandbox, "new.json", &changed);
    let new = new.to_str().unwrap();
    let revisions = || sandbox.ok(&["revisions", "shop", "--json"]).json()["revisions"].clone();
    let refused = sandbox.exits(76, &["rotate", "shop", new, "--yes"]);
    refused.says("cannot be tested");
    refused.says("`aemkeys edit shop --env pN-eN`");
    refused.says("--untested");
    assert_eq!(revisions().as_array().unwrap().len(), 1);
    // The flag is for this rotation only, and does not confirm it.
    sandbox.exits(77, &["rotate", "shop", new, "--untested"]);
}

#[test]
fn a_token_whose_client_names_an_environment_gets_its_hosts() {
    let sandbox = Sandbox::new();
    let account = ServiceAccount {
        client_id: "cm-p5-e6-integration-0".to_owned(),
        ..ServiceAccount::new("p1-e1", 0, Timestamp::now())
    };
    let token = account.token(Timestamp::now());
    sandbox.run_with(&["add", "-"], token.expose()).expect(0);
    let shown = sandbox.ok(&["show", "p5-e6", "--json"]).json();
    let hosts = &shown["environments"][0]["hosts"];
    assert_eq!(hosts["author"], "author-p5-e6.adobeaemcloud.com");
}
