//! The binary refuses a leaked key, also where it stores nothing.

use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

/// The service credentials of wknd-stage, added and marked as leaked.
fn leaked() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.add("wknd-stage/", "stage");
    sandbox.ok(&["leaked", STAGE, "--mark", "--yes"]);
    (sandbox, file.display().to_string())
}

#[test]
fn a_leaked_key_is_refused_from_files_and_identities() {
    let (sandbox, file) = leaked();
    let refused = sandbox.exits(76, &["token", "--file", &file]);
    assert!(refused.out.is_empty());
    refused.says("marked as leaked");
    sandbox.exits(76, &["credential", STAGE]);
    // It signs in until it is rotated, and says so.
    sandbox
        .ok(&["token", STAGE, "--refresh"])
        .says("marked as leaked");

    sandbox.ok(&["remove", STAGE, "--yes"]);
    sandbox.exits(76, &["token", "--file", &file]);
    sandbox.exits(76, &["add", &file, "--type", "stage"]);
    let listed = sandbox.run(&["list", "--json"]).json();
    assert!(listed["environments"].as_array().unwrap().is_empty());
}

#[test]
fn warns_if_the_storage_cannot_be_read() {
    let (sandbox, file) = leaked();
    let settings = sandbox.home().join(".config/aemkeys/config.toml");
    std::fs::write(settings, "storage = \"file\"\n").unwrap();
    sandbox
        .ok(&["token", "--file", &file])
        .says("could not check");
    let with_word = std::fs::File::open(sandbox.home().join("word")).unwrap();
    let mut command = sandbox.command(&["token", "--file", &file, "--passphrase-fd", "0"]);
    let refused = command.stdin(with_word).output().unwrap();
    assert_eq!(refused.status.code(), Some(76));

    let nothing_stored = Sandbox::new();
    let file = nothing_stored.file("wknd-stage/").display().to_string();
    let silent = nothing_stored.run(&["token", "--file", &file]).expect(0);
    assert!(silent.err.is_empty(), "{silent:?}");
}

#[test]
fn an_export_contains_the_leak_marks_without_the_key() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    here.add("wknd-stage/", "stage");
    here.add("brand-stage/", "stage");
    let path = |name: &str| here.home().join(name).display().to_string();
    let export = |file: &str| {
        let arguments = [
            "export",
            "--all",
            "--output",
            file,
            "--file-passphrase-fd",
            "0",
        ];
        here.run_with(&arguments, b"several good words\n")
    };
    let import = |file: &str, more: &[&str]| {
        let mut arguments = vec!["import", file, "--yes", "--file-passphrase-fd", "0"];
        arguments.extend(more);
        there.run_with(&arguments, b"several good words\n")
    };
    let (before, after) = (path("before"), path("after"));
    export(&before).expect(0);
    here.run(&["leaked", STAGE, "--mark", "--yes"]).expect(0);
    let incomplete = export(&after).expect(1);
    incomplete.says(STAGE);
    import(&after, &["--skip", STAGE]).expect(0);
    let file = there.file("wknd-stage/").display().to_string();
    there.run(&["add", &file, "--type", "stage"]).expect(76);
    let refused = import(&before, &[]).expect(76);
    refused.says("--skip wknd-stage");
}
