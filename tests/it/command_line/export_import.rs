//! `export` and `import`: moving everything to another home.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::support::sandbox::{Ran, Sandbox};

const WORD: &[u8] = b"several good words\n";

fn export(sandbox: &Sandbox, names: &[&str]) -> (String, Ran) {
    let path = sandbox.home().join("moving.aemkeys");
    let path = path.to_str().unwrap().to_owned();
    let mut arguments = vec!["export", "--output", &path, "--file-passphrase-fd", "0"];
    arguments.extend(names);
    let ran = sandbox.run_with(&arguments, WORD);
    (path, ran)
}

fn import(sandbox: &Sandbox, path: &str, flags: &[&str]) -> Ran {
    let mut arguments = vec!["import", path, "--file-passphrase-fd", "0"];
    arguments.extend(flags);
    sandbox.run_with(&arguments, WORD)
}

/// Without ids: what is imported has new ones.
fn without_ids(mut json: serde_json::Value) -> serde_json::Value {
    for environment in json["environments"].as_array_mut().unwrap() {
        environment["id"].take();
        for identity in environment["identities"].as_array_mut().unwrap() {
            identity["id"].take();
        }
    }
    json
}

#[test]
fn moves_everything_to_another_home() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    here.add("wknd-prod/", "prod");
    here.add("brand-stage/", "stage");
    here.run(&[
        "edit",
        "wknd-prod",
        "--used-by",
        "importer",
        "--notes",
        "mind the freeze",
    ])
    .expect(0);
    let (path, ran) = export(&here, &["--all", "--confirm", "wknd-prod"]);
    assert_eq!(
        ran.expect(0).out,
        "exported 2 environments, 2 credentials\n"
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let sealed = std::fs::read(&path).unwrap();
    assert!(!sealed.windows(4).any(|four| four == b"wknd"));
    let (_, again) = export(&here, &["--all", "--confirm", "wknd-prod"]);
    again.expect(64);
    assert_eq!(std::fs::read(&path).unwrap(), sealed);

    let shown = import(&there, &path, &["--dry-run"]).expect(0);
    assert_eq!(
        shown
            .out
            .lines()
            .filter(|line| line.starts_with("new"))
            .count(),
        2,
        "{shown:?}"
    );
    assert!(
        there.run(&["list", "--json"]).json()["environments"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    import(&there, &path, &[]).expect(77);
    import(&there, &path, &["--yes"]).expect(0);
    let (ours, theirs) = (
        here.run(&["list", "--json"]),
        there.run(&["list", "--json"]),
    );
    assert_ne!(ours.json(), theirs.json());
    assert_eq!(without_ids(ours.json()), without_ids(theirs.json()));
    assert!(
        there
            .run(&["show", "wknd-prod"])
            .out
            .contains("mind the freeze")
    );
    let token = there.run(&["token", "wknd-prod"]).expect(0);
    assert_eq!(token.out.trim().split('.').count(), 3);
    let json = import(&there, &path, &["--yes", "--json"]).expect(0).json();
    assert_eq!(json["environments"][0]["status"], "same");
}

#[test]
fn an_import_conflict_changes_nothing_without_a_decision() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    here.add("wknd-prod/", "prod");
    let (path, ran) = export(&here, &["wknd-prod", "--confirm", "wknd-prod"]);
    ran.expect(0);
    there.add("wknd-prod/", "stage");
    let before = there.run(&["show", "wknd-prod", "--json"]).out;
    let refused = import(&there, &path, &["--yes"]).expect(64);
    refused.says("--replace wknd-prod");
    assert_eq!(there.run(&["show", "wknd-prod", "--json"]).out, before);
    import(&there, &path, &["--yes", "--replace", "wknd-prod"]).expect(0);
    let after = there.run(&["show", "wknd-prod", "--json"]).json();
    assert_eq!(after["environments"][0]["type"], "production");
    let exported = here.run(&["show", "wknd-prod", "--json"]).json();
    assert_eq!(without_ids(after), without_ids(exported));
}

#[test]
fn distinguishes_wrong_passphrases_and_wrong_files() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.add("wknd-stage/", "stage");
    let short = [
        "export",
        "--all",
        "--output",
        "x",
        "--file-passphrase-fd",
        "0",
    ];
    sandbox.run_with(&short, b"short\n").expect(65);
    let none = ["export", "--all", "--output", "x"];
    sandbox.exits(73, &none);
    let (path, ran) = export(&sandbox, &["wknd-stage"]);
    ran.expect(0);
    let arguments = ["import", &path, "--file-passphrase-fd", "0"];
    let wrong = sandbox.run_with(&arguments, b"other words\n").expect(73);
    wrong.says("wrong passphrase");
    // Another format: refused before asking for a passphrase.
    sandbox
        .exits(65, &["import", file.to_str().unwrap()])
        .says("aemkeys add");
    let mut newer = std::fs::read(&path).unwrap();
    newer[7] = b'7';
    std::fs::write(&path, newer).unwrap();
    sandbox
        .exits(74, &["import", &path])
        .says("newer version of aemkeys");
    sandbox.exits(65, &["import", "/dev/zero"]);
    sandbox.exits(66, &["import", "nowhere"]);
}

#[test]
fn a_killed_import_is_completed_by_the_next_one() {
    let here = Sandbox::new();
    here.add("wknd-prod/", "prod");
    here.add("wknd-stage/", "stage");
    here.add("brand-stage/", "stage");
    let (path, ran) = export(&here, &["--all", "--confirm", "wknd-prod"]);
    ran.expect(0);
    let wanted = without_ids(here.run(&["list", "--json"]).json());
    let word = here.home().join("words");
    std::fs::write(&word, WORD).unwrap();
    for milliseconds in [100, 300, 500, 700, 900, 1200] {
        let there = Sandbox::new();
        let mut command = there.command(&["import", &path, "--yes", "--file-passphrase-fd", "0"]);
        let mut child = command
            .stdin(std::fs::File::open(&word).unwrap())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
        import(&there, &path, &["--yes"]).expect(0);
        assert_eq!(
            without_ids(there.run(&["list", "--json"]).json()),
            wanted,
            "{milliseconds}"
        );
        there.run(&["token", "wknd-stage"]).expect(0);
    }
}

/// The flags that the message of a conflict offers: `--replace NAME`, `--skip NAME`, `--rename NAME=NEW`.
fn offered(ran: &Ran) -> Vec<[String; 2]> {
    let parts = ran.err.split('`').skip(1).step_by(2);
    let flags = parts.filter_map(|part| part.split_once(' '));
    flags
        .map(|(flag, value)| [flag.to_owned(), value.replace("NEW", "renamed")])
        .collect()
}

#[test]
fn every_flag_that_a_conflict_offers_resolves_it() {
    let both = ["--replace", "--skip"];
    let all = ["--replace", "--skip", "--rename"];
    for (file, name, other, stored_as, flags) in [
        // Another environment of the same name.
        (
            "wknd-stage/",
            "stage",
            "wknd-prod/",
            &["--name", "stage"][..],
            &all[..],
        ),
        (
            "brand-stage/",
            "api",
            "wknd-prod/",
            &["--name", "api"],
            &all,
        ),
        // The same account, under another name and under the same one.
        (
            "wknd-stage/",
            "stage",
            "wknd-stage/",
            &["--name", "other"],
            &both,
        ),
        (
            "brand-stage/",
            "api",
            "brand-stage/",
            &["--name", "api", "--customer", "x"],
            &both,
        ),
    ] {
        let (here, there) = (Sandbox::new(), Sandbox::new());
        let add = |to: &Sandbox, file: &str, more: &[&str]| {
            let file = to.file(file);
            let arguments = ["add", file.to_str().unwrap(), "--type", "stage"];
            to.ok(&[&arguments[..], more].concat());
        };
        add(&here, file, &["--name", name]);
        let (path, ran) = export(&here, &[name]);
        ran.expect(0);
        add(&there, other, stored_as);
        let refused = import(&there, &path, &["--yes"]).expect(64);
        let offered = offered(&refused);
        let names: Vec<&str> = offered.iter().map(|[flag, _]| flag.as_str()).collect();
        assert_eq!(names, flags, "{file} {stored_as:?}: {refused:?}");
        let before = std::fs::read(there.storage_file()).unwrap();
        let index = there.home().join(".local/share/aemkeys/index.json");
        let listed = std::fs::read(&index).unwrap();
        for [flag, value] in &offered {
            import(&there, &path, &["--yes", flag, value]).expect(0);
            std::fs::write(there.storage_file(), &before).unwrap();
            std::fs::write(&index, &listed).unwrap();
        }
    }
}
