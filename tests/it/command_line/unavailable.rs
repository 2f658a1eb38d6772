//! A storage that cannot be used: the documented exit code, the reason and the next step.

use std::time::{Duration, Instant};

use crate::support::sandbox::{Ran, Sandbox};

/// No D-Bus at all: a server, a container.
#[test]
fn without_a_keyring_the_error_names_the_passphrase_file() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--storage", "keyring", "add", "-"][..],
        &["--storage", "keyring", "doctor"],
    ] {
        let began = Instant::now();
        let mut child = sandbox
            .command(arguments)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let good = std::fs::read(sandbox.file("wknd-prod/")).unwrap();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), &good);
        let ran = Ran::of(child.wait_with_output().unwrap());
        let all = format!("{}{}", ran.out, ran.err);
        assert!(all.contains("--storage file"), "{all}");
        if arguments.contains(&"add") {
            assert_eq!(ran.code, 71, "{ran:?}");
        }
        // Not a speed limit: a hang would go on for ever.
        assert!(began.elapsed() < Duration::from_mins(1));
    }
}

#[test]
fn a_wrong_or_missing_passphrase_has_its_own_code() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    std::fs::write(sandbox.home().join("word"), "wrong").unwrap();
    sandbox.exits(73, &["token", "wknd-stage"]);
    let configuration = sandbox.home().join(".config/aemkeys/config.toml");
    std::fs::write(&configuration, "storage = \"file\"\n").unwrap();
    sandbox
        .exits(73, &["token", "wknd-stage"])
        .says("--passphrase-fd");
    std::fs::write(sandbox.home().join("word"), "correct horse\n").unwrap();
    // Standard input is file descriptor 0.
    sandbox
        .run_with(
            &["--passphrase-fd", "0", "token", "wknd-stage"],
            b"correct horse\n",
        )
        .expect(0);
    // What needs no secret needs no passphrase.
    sandbox.ok(&["list"]);
    sandbox.ok(&["show", "wknd-stage"]);
}

#[test]
fn reports_all_mistakes_in_the_configuration() {
    let sandbox = Sandbox::new();
    let configuration = sandbox.home().join(".config/aemkeys/config.toml");
    std::fs::write(&configuration, "storage = \"cloud\"\ntheme = 3\n").unwrap();
    let ran = sandbox.exits(78, &["list"]);
    assert!(
        ran.err.contains("line 1") && ran.err.contains("line 2"),
        "{ran:?}"
    );
}

/// Another program writes nonsense into the list, in the running dashboard's sight: what was known stays there.
#[cfg(unix)]
#[test]
fn rebuilds_a_list_damaged_while_the_dashboard_runs() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let mut terminal = crate::support::dashboard::Dashboard::start(&sandbox.command(&[]));
    terminal.wait_for("1 identity");
    let list = sandbox.home().join(".local/share/aemkeys/index.json");
    assert!(list.exists(), "the list is elsewhere");
    std::fs::write(&list, "nonsense").unwrap();
    terminal.wait_for("the list is damaged");
    terminal.wait_for("1 identity");
    // Whoever comes next sets it aside and begins an empty one: that is no empty list either.
    sandbox.run(&["list"]);
    terminal.send("4");
    terminal.wait_for("from the storage to the list");
    terminal.send("1");
    terminal.wait_for("wknd-stage");
    terminal.send("q");
    terminal.ends();
}
