//! `credential`: where a credential may be written, in the format that Adobe's library reads.

use std::io::Read as _;
use std::process::{Command, Stdio};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::no_session::NO_SESSION;
use crate::support::sandbox::{Sandbox, binary};

/// What Adobe's library for Node takes from the file, and the key as Node itself reads it.
const NODE: &str = r"
let text = '';
process.stdin.on('data', part => text += part).on('end', () => {
  const { integration: i } = JSON.parse(text);
  const crypto = require('crypto');
  const key = crypto.createPrivateKey(i.privateKey);
  const certificate = new crypto.X509Certificate(i.publicKey);
  console.log(JSON.stringify({
    client: i.technicalAccount.clientId, secret: i.technicalAccount.clientSecret.length > 0,
    id: i.id, org: i.org, ims: i.imsEndpoint, scopes: i.metascopes.split(','),
    fits: certificate.checkPrivateKey(key),
    end: new Date(i.certificateExpirationDate).getTime() === new Date(certificate.validTo).getTime(),
  }));
});";

#[test]
fn writes_the_added_file_to_a_pipe() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.add("wknd-stage/", "stage");
    let ran = sandbox.ok(&["credential", "wknd-stage"]);
    let theirs: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let ours = ran.json();
    assert_eq!(
        ours["integration"]["technicalAccount"],
        theirs["integration"]["technicalAccount"]
    );
    // It is what was stored: added again, it is known.
    let again = sandbox
        .run_with(&["add", "-"], ran.out.as_bytes())
        .expect(0);
    assert_eq!(again.out, "already stored as wknd-stage\n");
    let diary = std::fs::read_to_string(sandbox.home().join(".local/state/aemkeys/activity.jsonl"));
    assert!(
        diary
            .unwrap()
            .contains("wknd-stage: credential exported to a pipe")
    );

    let Ok(mut node) = Command::new("node")
        .args(["-e", NODE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    else {
        assert!(std::env::var("CI").as_deref() != Ok("true"));
        println!("skipped: node is not installed");
        return;
    };
    std::io::Write::write_all(&mut node.stdin.take().unwrap(), ran.out.as_bytes()).unwrap();
    let said = node.wait_with_output().unwrap();
    let read: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(
        read["client"],
        theirs["integration"]["technicalAccount"]["clientId"]
    );
    assert_eq!(read["id"], theirs["integration"]["id"]);
    for truth in ["secret", "fits", "end"] {
        assert_eq!(read[truth], true, "{truth}: {read}");
    }
}

#[test]
fn writes_oauth_credentials_in_their_own_format() {
    let sandbox = Sandbox::new();
    sandbox.add("brand-stage/", "stage");
    let ran = sandbox.ok(&["credential", "brand-stage"]);
    assert!(ran.json()["CLIENT_SECRETS"].is_array());
    let again = sandbox
        .run_with(&["add", "-"], ran.out.as_bytes())
        .expect(0);
    assert_eq!(again.out, "already stored as brand-stage\n");
}

#[test]
fn production_needs_its_name_and_a_development_token_is_not_exported() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    let refused = sandbox.exits(77, &["credential", "wknd-prod"]);
    assert!(refused.out.is_empty());
    let other = ["credential", "wknd-prod", "--confirm", "wknd-stage"];
    assert!(sandbox.exits(77, &other).out.is_empty());
    let named = ["credential", "wknd-prod", "--confirm", "wknd-prod"];
    assert!(sandbox.ok(&named).json()["integration"].is_object());
    sandbox.ok(&["add", "--type", "local", "--name", "sdk"]);
    sandbox.exits(64, &["credential", "sdk"]);
}

#[test]
fn creates_a_new_file_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let path = sandbox.home().join("out.json");
    let arguments = [
        "credential",
        "wknd-stage",
        "--output",
        path.to_str().unwrap(),
    ];
    assert!(sandbox.ok(&arguments).out.is_empty());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    sandbox.exits(64, &arguments);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // A link to a place others read is not followed.
    let link = sandbox.home().join("link.json");
    std::os::unix::fs::symlink(sandbox.home().join("elsewhere"), &link).unwrap();
    sandbox.exits(
        64,
        &[
            "credential",
            "wknd-stage",
            "--output",
            link.to_str().unwrap(),
        ],
    );
    assert!(!sandbox.home().join("elsewhere").exists());
}

#[test]
fn refuses_to_write_to_a_terminal_or_a_redirected_file() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let path = sandbox.home().join("by-the-shell");
    let file = std::fs::File::create(&path).unwrap();
    let mut command = sandbox.command(&["credential", "wknd-stage"]);
    let status = command.stdout(file).status().unwrap();
    assert_eq!(status.code(), Some(77));
    assert!(std::fs::read(&path).unwrap().is_empty());

    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(binary());
    command.args(["credential", "wknd-stage"]);
    command.env_clear();
    for (name, value) in NO_SESSION {
        command.env(name, value);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", sandbox.home());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let shown = std::thread::spawn(move || {
        let mut shown = Vec::new();
        // A terminal whose programs have ended answers with an error.
        let _ = reader.read_to_end(&mut shown);
        String::from_utf8_lossy(&shown).into_owned()
    });
    assert_eq!(child.wait().unwrap().exit_code(), 77);
    drop(pair.master);
    let shown = shown.join().unwrap();
    assert!(shown.contains("is a terminal"), "{shown}");
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
}
