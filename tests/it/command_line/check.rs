//! `check`: its output, its exit codes, and that it uses neither the network nor the keyring.

use std::io::Read as _;
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aemkeys_simulator::fixtures::ServiceAccount;
use jiff::{SignedDuration, Timestamp};

use crate::support::sandbox::{Ran, Sandbox};

const DAY: i64 = 24;

/// Service credentials that end so many hours from now.
fn file(sandbox: &Sandbox, name: &str, number: usize, hours: i64) -> String {
    let end = Timestamp::now() + SignedDuration::from_hours(hours) + SignedDuration::from_mins(5);
    let path = sandbox.home().join(name);
    let ids = format!("p50-e{}", 500 + number);
    std::fs::write(&path, ServiceAccount::new(&ids, number, end).file()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn add(sandbox: &Sandbox, name: &str, number: usize, hours: i64) {
    let file = file(sandbox, &format!("{name}.json"), number, hours);
    sandbox.ok(&["add", &file, "--name", name, "--type", "stage"]);
}

fn names(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    findings
        .iter()
        .map(|finding| finding["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn check_lists_the_worst_first_and_exits_with_its_code() {
    let sandbox = Sandbox::new();
    sandbox.exits(3, &["check"]);
    sandbox.exits(3, &["check", "--fail-on", "expired"]);
    let empty = sandbox.exits(3, &["check", "--json"]).json();
    assert_eq!(
        (&empty["level"], &empty["source"]),
        (&"unknown".into(), &"index".into())
    );

    add(&sandbox, "far", 0, 200 * DAY);
    sandbox.ok(&["check"]).prints("● fine");
    let quiet = sandbox.ok(&["check", "--quiet"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));

    add(&sandbox, "near", 1, 20 * DAY);
    add(&sandbox, "urgent", 2, 2 * DAY);
    let soon = sandbox.exits(1, &["check", "--json"]);
    assert_eq!(names(&soon), ["urgent", "near", "far"]);
    let finding = &soon.json()["findings"][0];
    assert_eq!(finding["state"], "urgent");
    assert_eq!(finding["what"], "credential");
    assert!(
        finding["who_must_act"]
            .as_str()
            .unwrap()
            .contains("administrator")
    );
    assert!(
        finding["next_step"]
            .as_str()
            .unwrap()
            .contains("aemkeys rotate urgent FILE")
    );
    assert!(finding["seconds_left"].as_i64().unwrap() > 2 * 86_400);

    let quiet = sandbox.exits(1, &["check", "-q"]);
    assert!(
        !quiet.out.contains("far") && quiet.out.contains("expires in 2 days"),
        "{quiet:?}"
    );
    sandbox.ok(&["check", "FAR"]);
    sandbox.exits(1, &["check", "far", "near"]);
    sandbox.ok(&["check", "near", "--within", "10d"]);
    sandbox.exits(1, &["check", "far", "--within", "300d"]);
    let missing = sandbox.exits(66, &["check", "nobody", "--json"]);
    assert!(missing.err.contains("name-not-found"));
    sandbox.exits(64, &["check", "--json", "--ics"]);
    sandbox.exits(64, &["check", "--within", "soon"]);

    add(&sandbox, "over", 3, -3 * DAY);
    let over = sandbox.exits(2, &["check"]);
    let lines: Vec<&str> = over.out.lines().collect();
    assert!(lines[1].starts_with("✕ expired  over"), "{over:?}");
    assert!(lines[1].contains("2 days ago"), "{over:?}");
}

#[test]
fn check_includes_tokens_only_on_request() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "production");
    sandbox.ok(&["check"]);
    sandbox
        .exits(1, &["check", "--token-within", "10m"])
        .prints("no token yet");
    sandbox.ok(&["exchange", "wknd-prod"]);
    sandbox.ok(&["check", "--token-within", "10m"]);
    sandbox
        .exits(1, &["check", "--token-within", "25h"])
        .prints("aemkeys exchange wknd-prod");
    let metrics = sandbox.ok(&["check", "--prometheus"]).out;
    assert!(metrics.contains("aemkeys_token_expiry_timestamp_seconds{environment=\"wknd-prod\""));
    let calendar = sandbox.ok(&["check", "--ics"]).out;
    assert_eq!(calendar.matches("BEGIN:VEVENT\r\n").count(), 1);
    assert_eq!(calendar.matches("BEGIN:VALARM\r\n").count(), 3);
}

#[test]
fn check_reads_files_and_stores_nothing() {
    let sandbox = Sandbox::new();
    let (far, near) = (
        file(&sandbox, "far.json", 0, 200 * DAY),
        file(&sandbox, "near.json", 1, 20 * DAY),
    );
    sandbox.ok(&["check", "--file", &far]);
    let both = sandbox.exits(1, &["check", "--file", &far, "--file", &near, "--json"]);
    assert_eq!(names(&both), [near.clone(), far.clone()]);
    assert_eq!(both.json()["source"], "files");
    // However it is named, it is one.
    let twice = sandbox
        .command(&["check", "--prometheus"])
        .args([
            "--file",
            "near.json",
            "--file",
            "./near.json",
            "--file",
            &near,
        ])
        .current_dir(sandbox.home())
        .output()
        .unwrap();
    let metrics = Ran::of(twice).expect(0).out;
    assert_eq!(
        metrics.matches("aemkeys_credential_state{").count(),
        1,
        "{metrics}"
    );
    let piped = sandbox.run_with(&["check", "--file", "-"], &std::fs::read(&near).unwrap());
    piped.prints("standard input");
    assert_eq!(piped.code, 1);

    let broken = sandbox.home().join("broken.json");
    std::fs::write(&broken, "{\"integration\": \"no-such-Zk8q\"}").unwrap();
    let broken = broken.to_str().unwrap();
    let ran = sandbox.exits(3, &["check", "--file", broken]);
    assert!(
        ran.out.contains("? unknown") && !ran.out.contains("Zk8q"),
        "{ran:?}"
    );
    // What has ended is certain, and worse than what cannot be read.
    let over = file(&sandbox, "over.json", 2, -DAY);
    sandbox.exits(2, &["check", "--file", broken, "--file", &over]);
    sandbox.exits(3, &["check", "--file", "not-there.json"]);
    sandbox.exits(64, &["check", "name", "--file", &far]);

    let token = sandbox.file("wknd-dev/");
    let ran = sandbox.run(&["check", "--file", token.to_str().unwrap(), "--json"]);
    assert_eq!(ran.json()["findings"][0]["what"], "token");
    let data = sandbox.home().join(".local/share/aemkeys");
    assert!(!data.exists(), "something was stored");
}

#[test]
fn check_keeps_an_unreadable_list() {
    let sandbox = Sandbox::new();
    add(&sandbox, "far", 0, 200 * DAY);
    let index = sandbox.home().join(".local/share/aemkeys/index.json");
    std::fs::write(&index, "garbage").unwrap();
    for _ in 0..2 {
        sandbox.exits(3, &["check", "--json"]).says("item-damaged");
        sandbox.exits(74, &["timeline"]);
    }
    assert_eq!(std::fs::read_to_string(&index).unwrap(), "garbage");
    std::fs::write(&index, "{\"version\":99}").unwrap();
    sandbox.exits(3, &["check"]).says("update aemkeys");
}

#[test]
fn check_does_not_use_the_session_bus() {
    let sandbox = Sandbox::new();
    add(&sandbox, "near", 0, 20 * DAY);
    // From here on the keyring is the storage, behind a bus that counts who comes.
    std::fs::write(sandbox.home().join(".config/aemkeys/config.toml"), "").unwrap();
    let socket = sandbox.home().join("bus");
    let listener = UnixListener::bind(&socket).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut byte = [0];
            let _ = stream.unwrap().read(&mut byte);
        }
    });
    let run = |arguments: &[&str]| {
        let output = sandbox
            .command(arguments)
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", socket.display()),
            )
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran::of(output)
    };
    for shape in ["--json", "--quiet"] {
        run(&["check", shape]).expect(1);
    }
    // A file that a job replaces on success must be replaced when something expires, too.
    for shape in ["--ics", "--prometheus"] {
        run(&["check", shape]).expect(0);
    }
    run(&["check", "near", "--token-within", "10m"]).expect(1);
    assert_eq!(count.load(Ordering::SeqCst), 0);
    // The counter counts: this one does ask.
    run(&["token", "near"]);
    assert!(count.load(Ordering::SeqCst) > 0);
    // And with no bus at all.
    sandbox.exits(1, &["check"]);
}

#[test]
fn timeline_prints_text_svg_and_json() {
    let sandbox = Sandbox::new();
    let nothing = sandbox.ok(&["timeline"]);
    assert!(nothing.out.is_empty() && nothing.err.contains("Nothing is stored"));
    add(&sandbox, "near", 0, 20 * DAY);
    add(&sandbox, "over", 1, -3 * DAY);
    let drawn = sandbox.ok(&["timeline"]).out;
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines[2].trim_start(), "Due now or soon  2", "{drawn}");
    assert!(
        lines[3].contains("✕ over") && lines[3].contains("rotate now"),
        "{drawn}"
    );
    assert!(
        lines[4].contains("▲ near") && lines[4].contains('━'),
        "{drawn}"
    );
    assert!(!drawn.contains('\u{1b}'), "colours where no terminal is");
    for width in ["60", "110", "500"] {
        let drawn = sandbox.ok(&["timeline", "--weeks", "--width", width]).out;
        let widest = drawn
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap();
        assert!(widest <= width.parse().unwrap(), "{drawn}");
    }
    let ascii = sandbox.ok(&["timeline", "--ascii"]).out;
    assert!(ascii.is_ascii() && ascii.contains("x over"), "{ascii}");
    let words = sandbox.ok(&["timeline", "--width", "40"]).out;
    assert!(
        words.contains("expired 2 days ago") && !words.contains('━'),
        "{words}"
    );

    let picture = sandbox.ok(&["timeline", "--svg"]).out;
    assert!(picture.starts_with("<svg ") && picture.contains("near"));
    let file = sandbox.home().join("year.svg");
    let ran = sandbox.ok(&["timeline", "--svg", file.to_str().unwrap()]);
    assert!(ran.out.is_empty());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), picture);
    std::fs::write(&file, "mine").unwrap();
    let shown = file.to_str().unwrap();
    sandbox.exits(64, &["timeline", "--svg", shown]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    sandbox.ok(&["timeline", "--svg", shown, "--force"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), picture);
    sandbox.exits(74, &["timeline", "--svg", "/nonexist/x.svg"]);
    sandbox.exits(64, &["timeline", "--width", "5"]);
}

#[test]
fn check_uses_the_configured_thresholds() {
    let sandbox = Sandbox::new();
    add(&sandbox, "near", 0, 20 * DAY);
    let path = sandbox.home().join(".config/aemkeys/config.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    let with = |text: &str| std::fs::write(&path, format!("{before}{text}")).unwrap();
    with("[thresholds]\ncredential_soon = \"2w\"\n");
    sandbox.ok(&["check"]);
    let listed = sandbox.ok(&["list", "--json"]).json();
    let credential = &listed["environments"][0]["identities"][0]["credential"];
    assert_eq!(credential["state"], "fine");
    with("[thresholds]\ncredential_soon = \"60d\"\ncredential_urgent = \"30d\"\n");
    let urgent = sandbox.exits(1, &["check", "--json"]).json();
    assert_eq!(urgent["findings"][0]["state"], "urgent");
    let file = file(&sandbox, "other.json", 1, 50 * DAY);
    sandbox
        .ok(&["add", &file, "--type", "stage"])
        .says("in 50 days: rotate soon");
    with("[thresholds]\ncredential_soon = 30\ntoken_later = \"1m\"\n");
    let wrong = sandbox.exits(78, &["check"]);
    wrong.says("thresholds.credential_soon");
    wrong.says("thresholds.token_later");
}
