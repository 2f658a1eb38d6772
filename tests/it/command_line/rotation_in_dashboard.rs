//! Rotations in the dashboard of the real binary, in a real terminal: completed, refused, and killed while they wait.

use std::time::{Duration, Instant};

use aemkeys_simulator::{Fault, FaultTarget};

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::Sandbox;

const STAGE: &str = "wknd-stage";

fn stored() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let added = ["used-by", STAGE, "--add", "indexer"];
    sandbox.ok(&added);
    sandbox
}

fn fingerprint(sandbox: &Sandbox) -> String {
    let shown = sandbox.ok(&["list", "--json"]).json();
    shown["environments"][0]["identities"][0]["credential"]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn start(sandbox: &Sandbox) -> Dashboard {
    let mut command = sandbox.command(&[]);
    command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    let dashboard = Dashboard::start(&command);
    dashboard.wait_for(STAGE);
    dashboard
}

/// The file is typed, looked at, and taken.
fn renew(dashboard: &mut Dashboard, file: &str) {
    dashboard.send("R");
    dashboard.wait_for("Add certificate");
    dashboard.paste(file);
    dashboard.send("\r");
    dashboard.wait_for("fingerprint");
    dashboard.send("\r");
}

#[test]
fn rotates_ticks_off_and_goes_back() {
    let sandbox = stored();
    let old = fingerprint(&sandbox);
    let file = sandbox.file("renewal/");
    let mut dashboard = start(&sandbox);
    renew(&mut dashboard, file.to_str().unwrap());
    dashboard.wait_for("[ ] indexer");
    let new = fingerprint(&sandbox);
    assert_ne!(new, old);
    dashboard.send(" ");
    dashboard.wait_for("[x] indexer");
    dashboard.wait_for("press Enter for the guide");
    dashboard.send("\u{1b}");
    // What comes together with Esc would be another key.
    dashboard.wait_for(" c copy ");
    for key in ["D", "j", "\r"] {
        dashboard.send(key);
        std::thread::sleep(Duration::from_millis(100));
    }
    dashboard.wait_for("Go back to the old credential of");
    dashboard.paste(STAGE);
    dashboard.send("\r");
    dashboard.wait_for("; the new credential is kept");
    assert_eq!(fingerprint(&sandbox), old);
    dashboard.send("q");
    dashboard.ends();
    sandbox.ok(&["exchange", STAGE]);
}

#[test]
fn a_file_of_another_environment_changes_nothing() {
    let sandbox = stored();
    let old = fingerprint(&sandbox);
    let file = sandbox.file("wknd-prod/");
    let mut dashboard = start(&sandbox);
    renew(&mut dashboard, file.to_str().unwrap());
    dashboard.wait_for("nothing was changed");
    assert_eq!(fingerprint(&sandbox), old);
    assert!(!sandbox.ok(&["list"]).out.contains("not verified"));
}

#[test]
fn a_killed_rotation_is_resumed_on_the_next_start() {
    for path in ["/ims/exchange/jwt", "/libs/granite/security"] {
        let sandbox = stored();
        sandbox.ok(&["exchange", STAGE]);
        let old = fingerprint(&sandbox);
        let before = sandbox.simulator.seen().len();
        sandbox
            .simulator
            .fail(FaultTarget::path(path), Fault::Hang, 8);
        let file = sandbox.file("renewal/");
        let mut dashboard = start(&sandbox);
        renew(&mut dashboard, file.to_str().unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        let asked = || {
            let seen = sandbox.simulator.seen();
            let mut since = seen.iter().skip(before);
            since.any(|seen| seen.path_and_query.starts_with(path))
        };
        while !asked() {
            assert!(Instant::now() < deadline, "{path} was never asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        // Killed with everything it holds.
        drop(dashboard);
        sandbox.simulator.heal();
        assert_eq!(fingerprint(&sandbox), old, "{path}");
        sandbox.ok(&["exchange", STAGE]);

        let mut dashboard = start(&sandbox);
        dashboard.send("R");
        dashboard.wait_for("is stored");
        dashboard.wait_for("[ Continue ]");
        dashboard.send("\r");
        dashboard.wait_for("[ ] indexer");
        assert_ne!(fingerprint(&sandbox), old, "{path}");
        dashboard.send("\u{1b}");
        // What comes together with Esc would be another key.
        dashboard.wait_for(" c copy ");
        dashboard.send("q");
        dashboard.ends();
        sandbox.ok(&["exchange", STAGE]);
    }
}
