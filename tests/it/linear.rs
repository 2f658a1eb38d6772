//! The linear mode of the real binary, driven by a script that reads only its text.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod terminal;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use aemkeys_simulator::fixtures::ServiceAccount;

use super::support::no_session::NO_SESSION;

const BINARY: &str = env!("CARGO_BIN_EXE_aemkeys");
/// Neither the clipboard nor the session of the machine is touched.
const REMOVED: [&str; 4] = ["TMUX", "DISPLAY", "WAYLAND_DISPLAY", "STY"];

/// Runs the demo with these lines on standard input, and returns what it has printed.
fn piped(arguments: &[&str], lines: &[&str]) -> String {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .envs(NO_SESSION)
        .env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    for name in REMOVED {
        command.env_remove(name);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("{}\n", lines.join("\n"));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// Nothing is drawn, and nothing names a key.
#[track_caller]
fn assert_only_words(text: &str) {
    let is_text = |letter: char| letter == '\n' || (' '..='~').contains(&letter);
    let odd: String = text.chars().filter(|it| !is_text(*it)).collect();
    assert_eq!(odd, "", "{text}");
    for drawn in ["[ ]", "[x]", "---", "===", "| "] {
        assert!(!text.contains(drawn), "{drawn:?} in:\n{text}");
    }
    for named in text.split("press ").skip(1) {
        let key = named.split([' ', '\n', ',', ':', '.', ';']).next().unwrap();
        let is_key = key.len() < 2 || ["Enter", "Esc", "Space", "Tab"].contains(&key);
        assert!(!is_key, "press {key:?} in:\n{text}");
    }
}

/// The parts of the log appear in this order.
#[track_caller]
fn assert_in_order(log: &str, parts: &[&str]) {
    let mut rest = log;
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("no {part:?} after the parts before it in:\n{log}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_script_adds_a_pasted_credential() {
    let account = ServiceAccount::new(
        "p55-e66",
        3,
        jiff::Timestamp::now() + Duration::from_hours(2400),
    );
    let file = String::from_utf8(account.file()).unwrap();
    assert!(file.lines().count() > 3, "of several lines");
    let text = piped(
        &["demo", "--plain"],
        &[
            "add", &file, "type", "dev", "name", "fresh", "store", "show", "fresh", "quit",
        ],
    );
    assert_only_words(&text);
    assert_in_order(
        &text,
        &[
            "(not shown)",
            "service credentials",
            "Type: choose",
            "Customer: WKND Adventures",
            "Type: Development",
            "Name: fresh",
            "fresh stored",
            "fresh, Development, WKND Adventures, credential expires in 9",
            "client, cm-p55-e66-integration-3",
        ],
    );
    for secret in ["BEGIN", "PRIVATE", "privateKey", "clientSecret"] {
        assert!(!text.contains(secret), "{secret} in:\n{text}");
    }
}

#[test]
fn the_path_of_a_file_adds_it_from_any_page() {
    let later = jiff::Timestamp::now() + Duration::from_hours(2400);
    let account = ServiceAccount::new("p55-e66", 3, later);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file.json");
    std::fs::write(&file, account.file()).unwrap();
    let quoted = format!("'{}'", file.display());
    for lines in [&[quoted.as_str()][..], &["add", &quoted, "submit"]] {
        let text = piped(&["demo", "--plain"], &[lines, &["back", "quit"]].concat());
        assert_in_order(&text, &["service credentials", "Type: choose"]);
    }
    // A path that is no file filters.
    let text = piped(&["demo", "--plain"], &["/no/such/file.json", "quit"]);
    assert!(text.contains("No environments match"), "{text}");
}

#[test]
fn a_test_lists_all_tiers_before_the_response() {
    let text = piped(&["demo", "--plain"], &["test wknd-stage", "quit"]);
    assert_in_order(
        &text,
        &[
            "author",
            "publish",
            "preview",
            "author: response",
            "authorizableId",
        ],
    );
    let tiers = &text[text.find(". author").unwrap()..text.find("author: response").unwrap()];
    assert!(!tiers.contains("authorizableId"), "{text}");
}

#[test]
fn an_action_has_the_name_that_the_page_shows_and_takes_a_choice() {
    let text = piped(
        &["demo", "--plain"],
        &[
            "discover",
            "tick 2",
            "untick 2",
            "back",
            "test wknd-stage",
            "explain 2",
            "quit",
        ],
    );
    assert_in_order(
        &text,
        &[
            "1. not ticked: p77-e901",
            "do step (tick)",
            "> tick 2",
            "2. ticked: p77-e900",
            "> explain 2",
            "publish: ",
        ],
    );
}

/// The number of a step is that of its choice, and each line says what it is.
#[test]
fn a_guide_is_numbered_once_and_begins_at_the_first_step_to_do() {
    let lines = [
        "guides wknd-stage",
        "1",
        "tick",
        "tick 7",
        "back",
        "guides wknd-stage",
        "quit",
    ];
    let text = piped(&["demo", "--plain"], &lines);
    assert_in_order(
        &text,
        &[
            "Guides for wknd-stage",
            "5 of 7 done: how to download the file",
            "First service credentials: wknd-stage, 5 of 7 done",
            "\nThe AEM Developer Console creates",
            "\nWho can: For the first account",
            "\n1. done: In Cloud Manager",
            "\nLink: https://experience.adobe.com/cloud-manager",
            "\n6. to do: To test it",
            "\n7. to do: If it needs",
            "Actions: tick (step 6), ",
            "> tick\n",
            "6. done: To test it",
            "> tick 7\n",
            "7. done: If it needs",
            "7 of 7 done: how to download the file",
        ],
    );
    assert_only_words(&text);
}

#[test]
fn a_script_exchanges_tests_and_rotates() {
    let text = piped(
        &["demo", "--plain"],
        &[
            "exchange wknd-prod",
            "test",
            "explain",
            "back",
            "back",
            "rotate brand-prod/write",
            "read file",
            "rotate",
            "brand-prod/write",
            "cancel",
            "rotate 2",
            "read file",
            "rotate",
            "search indexer",
            "back",
            "quit",
        ],
    );
    assert_only_words(&text);
    assert_in_order(
        &text,
        &[
            "exchanging wknd-prod ...",
            "wknd-prod: new token",
            "wknd-prod, Production, WKND Adventures, credential expires in 301 days, token expires in 2",
            "1. author, ok: 200 signed in",
            "1. File: demo/brand-prod-write.json",
            "Type brand-prod/write to confirm",
            "Name (empty cancels): brand-prod/write",
            "Error: brand-prod/write: the new credential cannot do everything",
            "ok: same technical account, new key or client secret",
            "\nexpires: old ",
            "exchange the new credential",
            "wknd-stage: rotated to",
            " replaced by ",
            "1. to do: search indexer",
            "1. done: search indexer",
        ],
    );
}

#[test]
fn every_page_is_only_words() {
    let text = piped(
        &["demo", "--plain"],
        &[
            "help",
            "details wknd-stage",
            "claims",
            "back",
            "timeline",
            "activity",
            "doctor",
            "environments",
            "guides",
            "1",
            "back",
            "open wknd-dev",
            "back",
            "danger wknd-stage",
            "handle",
            "back",
            "copy as 1",
            "back",
            "edit 2",
            "back",
            "test path 3",
            "/content/dam.json",
            "history",
            "back",
            "back",
            "/prod",
            "attention",
            "sort",
            "mark all",
            "exchange",
            "confirm",
            "errors",
            "1",
            "back",
            "back",
            "passphrase file",
            "paste token wknd-dev",
            "back",
        ],
    );
    assert_only_words(&text);
}

#[test]
fn an_expired_credential_is_reported_with_its_cause_and_next_step() {
    let text = piped(&["demo", "--plain"], &["exchange brand-prod/read"]);
    assert_in_order(
        &text,
        &[
            "Error: brand-prod/read: the certificate expired",
            "Cause: service credentials are valid for one year",
            "Next: add a new private key",
            "then type rotate",
        ],
    );
}

#[test]
fn an_edit_is_offered_to_be_undone() {
    let lines = ["edit", "notes", "changed", "save", "undo"];
    let text = piped(&["demo", "--plain"], &lines);
    assert_in_order(
        &text,
        &[
            "saved; type undo to undo within 10 s",
            "undoing the edit of brand-prod/read",
            "edit of brand-prod/read undone",
        ],
    );
    assert_only_words(&text);
}

#[test]
fn an_action_on_a_named_identity_leaves_the_marked_ones_alone() {
    let lines = ["mark 2", "mark 4", "exchange 1", "exchange", "back", "quit"];
    let text = piped(&["demo", "--plain"], &lines);
    assert_in_order(
        &text,
        &[
            "Error: brand-prod/read: the certificate expired",
            "> exchange",
            "Exchange the tokens of 2 marked identities?",
            "brand-prod/write (Production), wknd-stage",
            "exchange (2 marked)",
        ],
    );
}

#[test]
fn commands_do_not_take_it() {
    let mut command = Command::new(BINARY);
    let output = command.args(["--plain", "list"]).envs(NO_SESSION);
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn prompts_name_what_is_asked_for() {
    let lines = [
        "filter",
        "prod",
        "filter",
        "",
        "test path wknd-stage",
        "method",
        "method",
        "back",
        "danger menu wknd-prod",
        "5",
        "",
        "details wknd-stage",
        "back",
        "quit",
    ];
    let text = piped(&["demo", "--plain"], &lines);
    assert_in_order(
        &text,
        &[
            "Filter (empty cancels): prod",
            "filter prod, 3 shown",
            "Filter (empty cancels): \n",
            "7 identities, 3 need attention\n",
            "Request path, or a number: method",
            "HEAD",
            "Call on author, or a number: method",
            "POST",
            "Name (empty cancels): \n",
            "wknd-stage, Stage",
        ],
    );
    assert_only_words(&text);
}

#[test]
fn a_script_starts_a_server_and_stops_it() {
    let lines = [
        "serve 2",
        "1",
        "back",
        "servers",
        "copy address",
        "stop",
        "back",
        "serve 4",
        "1",
        "quit",
        "quit",
        "confirm",
    ];
    let text = piped(&["demo", "--plain"], &lines);
    assert_in_order(
        &text,
        &[
            "Serve wknd-stage",
            "1. author",
            "starting a server for wknd-stage",
            "wknd-stage: author served at http://localhost:",
            "1. wknd-stage, author, read and write",
            "no requests yet",
            "Actions: copy address, stop, copy menu, back",
            "copying the address of wknd-stage",
            "wknd-stage: server stopped",
            "No server is running. To start one for a row of the list, type serve.",
            "brand-prod/write: author served at http://localhost:",
            "read-only",
            "Servers are running",
        ],
    );
    assert_only_words(&text);
}

/// A number that is printed does something, on every page, also if it was chosen before.
#[test]
fn every_number_is_answered() {
    for (page, numbers) in [
        (&["environments"][..], 7),
        (&["timeline"], 7),
        (&["activity"], 5),
        (&["doctor"], 4),
        (&["guides"], 4),
        (&["test wknd-stage"], 3),
        (&["row menu"], 5),
        (&["open"], 3),
        (&["copy as wknd-stage"], 4),
        (&["copy menu"], 4),
        (&["danger menu"], 3),
        (&["exchange brand-prod/read", "errors"], 1),
        (&["used by wknd-stage"], 0),
    ] {
        for number in 1..=numbers {
            let number = number.to_string();
            let lines = [page, &[&number, "quit"]].concat();
            let text = piped(&["demo", "--plain"], &lines);
            let at = text
                .rfind(&format!("> {number}\n"))
                .unwrap_or_else(|| panic!("{page:?}: {text}"));
            let answer = &text[at..];
            assert!(answer.lines().count() > 2, "{page:?} {number}: {text}");
        }
    }
}
