//! Adding what is stored already: changed content is taken, what is missing is restored, and every remedy that the program
//! names works.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

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

    changed["CLIENT_SECRETS"] = json!(["p8e-planted-again-0123456789"]);
    let newer = write(&sandbox, "newer.json", &changed);
    let updated = add(&sandbox, &newer, &[]).expect(0);
    assert!(
        updated.err.contains("client secret") && !format!("{updated:?}").contains("planted-again"),
        "{updated:?}"
    );
    let _ = sandbox.run(&["exchange", "shop"]);
    assert!(asked_scopes(&sandbox).contains("planted-again"));

    let same = add(&sandbox, &newer, &[]).expect(0);
    assert!(same.out.contains("already stored"), "{same:?}");
}

#[test]
fn production_asks_before_changed_content_is_taken() {
    let sandbox = Sandbox::new();
    let file = oauth(&sandbox);
    add(
        &sandbox,
        &file,
        &["--name", "shop", "--env", "p1-e2", "--type", "production"],
    )
    .expect(0);
    let mut changed = read(&file);
    changed["SCOPES"] = json!(["openid"]);
    let new = write(&sandbox, "new.json", &changed);
    let refused = add(&sandbox, &new, &[]).expect(77);
    assert!(refused.err.contains("--confirm"), "{refused:?}");
    let shown = sandbox.run(&["show", "shop"]).expect(0).out;
    assert!(shown.contains("aem"), "{shown}");
    add(&sandbox, &new, &["--confirm", "shop"]).expect(0);
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
    let updated = add(&sandbox, &new, &["--name", "two", "--customer", "Brand"]).expect(0);
    for differs in ["ent_cloudmgr_sdk", "client secret", "one -> two", "Brand"] {
        assert!(updated.err.contains(differs), "{differs}: {updated:?}");
    }
    assert!(!format!("{updated:?}").contains("another secret"));
    let shown = sandbox.run(&["show", "two"]).expect(0).out;
    assert!(
        shown.contains("ent_cloudmgr_sdk") && shown.contains("Brand"),
        "{shown}"
    );
    let other = add(&sandbox, &new, &["--env", "p5-e6"]);
    assert_eq!(other.code, 64, "{other:?}");
}

/// The storage file is put back as it was before the credential was added; the list still has it.
#[test]
fn what_the_storage_lost_is_restored_by_the_same_file() {
    let sandbox = Sandbox::new();
    let first = sandbox.file("wknd-prod/");
    add(
        &sandbox,
        &first,
        &["--name", "other", "--label", "x", "--type", "stage"],
    );
    let file = sandbox.file("wknd-stage/");
    let index = index_of(&sandbox);
    add(&sandbox, &file, &["--name", "stage", "--type", "stage"]).expect(0);
    let with_it = std::fs::read(&index).unwrap();
    sandbox.run(&["remove", "stage", "--yes"]).expect(0);
    std::fs::write(&index, with_it).unwrap();

    let failed = sandbox.run(&["token", "stage"]);
    assert_ne!(failed.code, 0, "{failed:?}");
    assert!(failed.err.contains("aemkeys add FILE"), "{failed:?}");
    let restored = add(&sandbox, &file, &[]).expect(0);
    assert!(restored.out.contains("restored"), "{restored:?}");
    sandbox.run(&["token", "stage"]).expect(0);
}

fn index_of(sandbox: &Sandbox) -> PathBuf {
    fn find(folder: &Path) -> Option<PathBuf> {
        std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                find(&path)
            } else {
                (path.file_name()? == "index.json").then_some(path)
            }
        })
    }
    // The list is written with the first credential.
    find(sandbox.home()).unwrap_or_else(|| sandbox.home().join(".local/share/aemkeys/index.json"))
}
