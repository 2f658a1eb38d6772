//! File names that are not UTF-8, and `-` for standard output, wherever a command takes a path.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use crate::support::sandbox::{Ran, Sandbox};

/// A name with bytes of Latin-1.
fn path(sandbox: &Sandbox, name: &str) -> PathBuf {
    let name = [name.as_bytes(), b"-gr\xfc\xdfe.json"].concat();
    sandbox.mock.directory().join(OsStr::from_bytes(&name))
}

fn run(sandbox: &Sandbox, words: &[&dyn AsRef<OsStr>], input: &[u8]) -> Ran {
    let mut command = sandbox.command(&[]);
    command.args(words.iter().map(|word| OsString::from(word.as_ref())));
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn every_path_may_have_any_bytes() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    let moved = |from: PathBuf, name: &str| {
        let to = path(&here, name);
        std::fs::rename(from, &to).unwrap();
        to
    };
    let file = moved(here.file("wknd-stage/"), "old");
    let newer = moved(here.file("renewal/"), "new");
    run(
        &here,
        &[&"add", &file, &"--name", &"stage", &"--type", &"stage"],
        b"",
    )
    .expect(0);
    run(&here, &[&"token", &"--file", &file], b"").expect(0);
    run(&here, &[&"check", &"--file", &file], b"").expect(1);
    run(&here, &[&"leaked", &file], b"").expect(0);

    let credential = path(&here, "credential");
    run(
        &here,
        &[&"credential", &"stage", &"--output", &credential],
        b"",
    )
    .expect(0);
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&credential).unwrap()).unwrap();
    assert!(written["integration"].is_object());
    // Never overwritten.
    run(
        &here,
        &[&"credential", &"stage", &"--output", &credential],
        b"",
    )
    .expect(64);

    run(&here, &[&"rotate", &"stage", &newer, &"--yes"], b"").expect(0);
    let export = path(&here, "export");
    let words: [&dyn AsRef<OsStr>; 6] = [
        &"export",
        &"--all",
        &"--output",
        &export,
        &"--file-passphrase-fd",
        &"0",
    ];
    run(&here, &words, b"several good words\n").expect(0);
    let words: [&dyn AsRef<OsStr>; 5] =
        [&"import", &export, &"--yes", &"--file-passphrase-fd", &"0"];
    run(&there, &words, b"several good words\n").expect(0);
    there.ok(&["token", "stage"]);
}

#[test]
fn a_missing_file_is_named_without_its_raw_bytes() {
    let sandbox = Sandbox::new();
    let missing = path(&sandbox, "missing");
    let several: [&dyn AsRef<OsStr>; 3] = [&"add", &missing, &missing];
    let ran = run(&sandbox, &several, b"").expect(66);
    ran.says("missing-gr");
    assert!(ran.err.contains('\u{fffd}'), "{ran:?}");
}

#[test]
fn a_dash_writes_the_credential_to_standard_output() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let plain = sandbox.ok(&["credential", "wknd-stage"]);
    let dash = sandbox.ok(&["credential", "wknd-stage", "--output", "-"]);
    assert_eq!(dash.out, plain.out);
    // With the same rules: never to a file that the shell has created.
    let file = std::fs::File::create(sandbox.home().join("out")).unwrap();
    let mut command = sandbox.command(&["credential", "wknd-stage", "--output", "-"]);
    Ran::of(command.stdout(file).output().unwrap()).says("refused to write");
    assert!(!sandbox.home().join("-").exists());
}
