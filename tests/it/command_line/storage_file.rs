//! The storage file and exported files: the minimum passphrase, limits for files that are opened, and a restored older copy.

use std::fs;
use std::path::PathBuf;

use crate::support::sandbox::{Ran, Sandbox};

fn configure(sandbox: &Sandbox, text: &str) {
    fs::write(sandbox.home().join(".config/aemkeys/config.toml"), text).unwrap();
}

#[track_caller]
fn assert_too_weak(ran: &Ran) {
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(
        ran.err
            .contains("at least 8 characters, 4 of them different"),
        "{ran:?}"
    );
}

const SAID: &str = "an older copy of the storage file was restored";
const WEAK: [&str; 5] = ["short", "1234567", "   1234   ", "aaaaaaaaaaaa", "äöüß"];

#[test]
fn every_new_file_needs_a_minimum_passphrase() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    let add = [
        "add",
        file.to_str().unwrap(),
        "--name",
        "wknd-stage",
        "--type",
        "stage",
    ];
    for weak in WEAK {
        // By `passphrase_command`, which the sandbox has configured.
        fs::write(sandbox.home().join("word"), weak).unwrap();
        assert_too_weak(&sandbox.run(&add));
        assert!(!sandbox.storage_file().exists());
    }
    configure(&sandbox, "storage = \"file\"\n");
    let with_descriptor = [&["--passphrase-fd", "0"][..], &add].concat();
    for weak in WEAK {
        assert_too_weak(&sandbox.run_with(&with_descriptor, weak.as_bytes()));
        assert!(!sandbox.storage_file().exists());
    }
    sandbox
        .run_with(&with_descriptor, b"good words\n")
        .expect(0);
    fs::write(sandbox.home().join("word"), "good words").unwrap();
    let word = sandbox.home().join("word");
    configure(
        &sandbox,
        &format!(
            "storage = \"file\"\npassphrase_command = [\"cat\", \"{}\"]\n",
            word.display()
        ),
    );
    let target = sandbox.home().join("out.aemkeys");
    let export = [
        "export",
        "wknd-stage",
        "--output",
        target.to_str().unwrap(),
        "--file-passphrase-fd",
        "0",
    ];
    for weak in WEAK {
        assert_too_weak(&sandbox.run_with(&export, weak.as_bytes()));
        assert!(!target.exists());
    }
    sandbox.run_with(&export, b"good words\n").expect(0);
    for path in [&target, &sandbox.storage_file()] {
        // 64 MiB in KiB, three passes.
        assert_eq!(fs::read(path).unwrap()[8..16], [0, 1, 0, 0, 0, 0, 0, 3]);
    }
}

/// Refused before the key is derived: in no time, and without the memory.
#[test]
fn refuses_an_expensive_file_before_deriving_a_key() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let target = sandbox.home().join("out.aemkeys");
    let target = target.to_str().unwrap();
    sandbox
        .run_with(
            &[
                "export",
                "wknd-stage",
                "--output",
                target,
                "--file-passphrase-fd",
                "0",
            ],
            b"good words\n",
        )
        .expect(0);
    for (memory, passes) in [
        (1024 * 1024_u32, 3_u32),
        (64 * 1024, 16),
        (u32::MAX, 1),
        (256 * 1024, 12),
    ] {
        for (path, arguments) in [
            (
                PathBuf::from(target),
                &["import", target, "--file-passphrase-fd", "0"][..],
            ),
            (sandbox.storage_file(), &["token", "wknd-stage"]),
        ] {
            let good = fs::read(&path).unwrap();
            let mut bytes = good.clone();
            bytes[8..12].copy_from_slice(&memory.to_be_bytes());
            bytes[12..16].copy_from_slice(&passes.to_be_bytes());
            fs::write(&path, bytes).unwrap();
            let ran = sandbox
                .run_with(arguments, b"good words\n")
                .expect(if arguments[0] == "import" { 65 } else { 74 });
            ran.says("never writes");
            fs::write(&path, good).unwrap();
        }
    }
}

#[test]
fn reports_a_restored_older_copy_until_it_is_accepted() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let old = fs::read(sandbox.storage_file()).unwrap();
    sandbox.add("wknd-prod/", "prod");
    sandbox.ok(&["exchange", "wknd-stage"]);
    fs::write(sandbox.storage_file(), old).unwrap();

    let said = |ran: &Ran| ran.err.matches(SAID).count();
    // Noticed when it is read, and said once.
    let ran = sandbox.ok(&["token", "wknd-stage"]);
    assert_eq!(said(&ran), 1, "{ran:?}");
    ran.says("--accept-older-storage");
    assert!(!ran.out.contains(SAID));
    // Writing goes on, and does not hide it; nor does a command that reads the list alone.
    assert_eq!(said(&sandbox.ok(&["exchange", "wknd-stage"])), 1);
    assert_eq!(said(&sandbox.ok(&["list"])), 1);
    let program = sandbox.ok(&["exec", "wknd-stage", "--", "true"]);
    assert_eq!(said(&program), 1, "{program:?}");
    let doctor = sandbox.exits(1, &["doctor"]);
    doctor.prints(SAID);

    let mut terminal = crate::support::dashboard::Dashboard::start(&sandbox.command(&[]));
    terminal.wait_for("an older copy of the storage file");
    terminal.send("q");
    terminal.ends();

    let accepted = sandbox.run(&["doctor", "--accept-older-storage"]);
    assert!(
        !accepted.out.contains(SAID) && said(&accepted) == 0,
        "{accepted:?}"
    );
    assert_eq!(said(&sandbox.ok(&["exchange", "wknd-stage"])), 0);
    // A second one is noticed again.
    let old = fs::read(sandbox.storage_file()).unwrap();
    sandbox.ok(&["exchange", "wknd-stage"]);
    fs::write(sandbox.storage_file(), old).unwrap();
    assert_eq!(said(&sandbox.ok(&["token", "wknd-stage"])), 1);
}

/// What a file brings along besides Adobe's own hosts is said before anything is written.
#[test]
fn an_import_lists_every_host_of_the_file() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    let file = here.file("wknd-stage/");
    let mut credential: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    credential["integration"]["imsEndpoint"] = "ims.brought.example".into();
    fs::write(&file, credential.to_string()).unwrap();
    here.run(&[
        "add",
        file.to_str().unwrap(),
        "--name",
        "wknd-stage",
        "--type",
        "stage",
        "--publish-domain",
        "www.brought.example",
        "--trust-host",
        "www.brought.example",
        "--trust-ims-host",
        "ims.brought.example",
    ])
    .expect(0);
    let target = here.home().join("out.aemkeys");
    let target = target.to_str().unwrap();
    here.run_with(
        &[
            "export",
            "wknd-stage",
            "--output",
            target,
            "--file-passphrase-fd",
            "0",
        ],
        b"good words\n",
    )
    .expect(0);
    for format in [None, Some("--json")] {
        let mut arguments = vec!["import", target, "--file-passphrase-fd", "0", "--dry-run"];
        arguments.extend(format);
        let shown = there.run_with(&arguments, b"good words\n").expect(0);
        for host in ["ims.brought.example", "www.brought.example"] {
            assert!(shown.out.contains(host), "{host}: {shown:?}");
        }
    }
}
