//! Many processes at once, and processes killed at any moment.

use std::process::Child;
use std::time::Duration;

use crate::support::sandbox::{Ran, Sandbox};

#[test]
fn eight_processes_make_one_exchange_and_get_one_token() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let running: Vec<Child> = (0..8)
        .map(|_| sandbox.start(&["token", "wknd-stage"]))
        .collect();
    let tokens: Vec<String> = running
        .into_iter()
        .map(|child| Ran::of(child.wait_with_output().unwrap()).expect(0).out)
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(sandbox.simulator.all_exchanges(), 1);
}

#[test]
fn additions_of_many_processes_are_all_stored() {
    let sandbox = Sandbox::new();
    let token = std::fs::read(sandbox.file("wknd-dev/")).unwrap();
    let token = String::from_utf8(token).unwrap();
    let path = sandbox.mock.directory().join("token.json");
    std::fs::write(&path, token).unwrap();
    // Local SDKs at different ports: small, and each an environment of its own.
    let batches: Vec<_> = (0..8)
        .map(|process| {
            let shell = sandbox.command(&[]);
            let program = shell.get_program().to_owned();
            let mut script = std::process::Command::new("sh");
            for (key, value) in shell.get_envs() {
                script.env(key, value.unwrap_or_default());
            }
            script
                .env("AEMKEYS", program)
                .args(["-c", "for i in 0 1 2 3 4; do \"$AEMKEYS\" add --type local --name \"local-$1-$i\" --author http://localhost:$((20000 + $1 * 100 + i)) || exit 1; done", "sh"])
                .arg(process.to_string())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for batch in batches {
        Ran::of(batch.wait_with_output().unwrap()).expect(0);
    }
    let listed = sandbox.run(&["list", "--json"]).json();
    assert_eq!(listed["environments"].as_array().unwrap().len(), 40);
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    let stage = sandbox.file("wknd-stage/");
    let stage = stage.to_str().unwrap();
    let mut delay = 1;
    for round in 0..18 {
        let arguments: &[&str] = match round % 3 {
            0 => &["add", stage, "--name", "wknd-stage", "--type", "stage"],
            1 => &["exchange", "wknd-stage"],
            _ => &["remove", "wknd-stage", "--yes"],
        };
        let mut child = sandbox.start(arguments);
        std::thread::sleep(Duration::from_millis(delay));
        // SIGKILL: nothing can be tidied up.
        child.kill().unwrap();
        child.wait().unwrap();
        delay = delay * 7 % 397 + 1;
        let listed = sandbox.ok(&["list", "--json"]).json();
        let names: Vec<&str> = listed["environments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|environment| environment["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"wknd-prod"), "round {round}: {names:?}");
        sandbox.ok(&["token", "wknd-prod"]);
    }
    // Whatever state the last kill left, the same commands come to their end.
    sandbox.run(&["doctor"]);
    let added = sandbox.run(&["add", stage, "--name", "wknd-stage", "--type", "stage"]);
    assert!(matches!(added.code, 0 | 64), "{added:?}");
    sandbox.ok(&["token", "wknd-stage"]);
}
