//! The linear mode of the real binary, driven by a script that reads only its text.

#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![cfg(unix)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use super::support::no_session::NO_SESSION;

const BINARY: &str = env!("CARGO_BIN_EXE_aemkeys");
/// How long something may take to appear; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(30);
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
            "Type: Development",
            "Name: fresh",
            "fresh stored",
            "fresh, Development, 1234567890ABCDEF12345678@AdobeOrg, credential expires in 9",
            "client, cm-p55-e66-integration-3",
        ],
    );
    for secret in ["BEGIN", "PRIVATE", "privateKey", "clientSecret"] {
        assert!(!text.contains(secret), "{secret} in:\n{text}");
    }
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
            "1. author, ok: signed in",
            "1. File: demo/brand-prod-write.json",
            "Type brand-prod/write to confirm",
            "Name (empty cancels): brand-prod/write",
            "Error: brand-prod/write: the new credential cannot do everything",
            "ok: same technical account, another key",
            "exchange the new credential",
            "wknd-stage: rotated to",
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
            "Next: add a certificate",
            "then type rotate",
        ],
    );
}

#[test]
fn accessible_asks_for_it_and_commands_do_not_take_it() {
    let mut command = Command::new(BINARY);
    let output = command.args(["--plain", "list"]).envs(NO_SESSION);
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let mut terminal = Terminal::start(&["demo"], &[("ACCESSIBLE", "1"), ("TERM", "dumb")]);
    terminal.wait_for("7 identities");
    terminal.line("quit");
    assert!(terminal.ended());
}

/// The binary in a pseudo-terminal, of which only the text is read.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    bytes: Arc<Mutex<Vec<u8>>>,
    /// The length of the log that was already waited for.
    read: usize,
}

impl Terminal {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(BINARY);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        for name in REMOVED {
            command.env_remove(name);
        }
        for (name, value) in NO_SESSION.iter().chain(variables) {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        std::thread::spawn(move || {
            // The master is closed when the log ends.
            let _master = pair.master;
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self {
            child,
            writer,
            bytes,
            read: 0,
        }
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// Waits for a text after the last one that was waited for.
    #[track_caller]
    fn wait_for(&mut self, what: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            if let Some(at) = log[self.read..].find(what) {
                self.read += at + what.len();
                return;
            }
            assert!(Instant::now() < until, "no {what:?} in:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn line(&mut self, line: &str) {
        self.wait_for("> ");
        self.send(&format!("{line}\r"));
    }

    fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn ended(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn a_terminal_copies_and_is_never_redrawn() {
    let mut terminal = Terminal::start(&["demo", "--plain"], &[]);
    terminal.wait_for("Environments by attention");
    terminal.line("copy wknd-stage");
    terminal.wait_for("token copied");
    terminal.wait_for("token on the clipboard");
    terminal.line("exchange wknd-prod");
    terminal.wait_for("wknd-prod: new token");
    terminal.line("quit");
    assert!(terminal.ended(), "{}", terminal.log());
    // Only the copied token is a sequence for the terminal.
    let log = terminal.log();
    let sequences: Vec<&str> = log.split('\u{1b}').skip(1).collect();
    assert!(
        sequences
            .iter()
            .all(|it| it.starts_with("]52;") || it.starts_with('\\')),
        "{log}"
    );
}

#[test]
fn a_long_paste_is_whole_and_is_never_echoed() {
    let account = ServiceAccount::new(
        "p55-e66",
        4,
        jiff::Timestamp::now() + Duration::from_hours(2400),
    );
    let file = String::from_utf8(account.file()).unwrap();
    let one_line = file
        .replacen('{', &format!("{{{}", " ".repeat(5000)), 1)
        .replace('\n', " ");
    assert!(one_line.len() > 8000 && !one_line.contains('\n'));
    let mut terminal = Terminal::start(&["demo", "--plain"], &[]);
    terminal.line(&one_line);
    terminal.wait_for("(not shown)");
    terminal.wait_for("service credentials");
    terminal.line("back");
    terminal.wait_for("Discard changes?");
    terminal.line("1");
    terminal.wait_for("Environments by attention");
    terminal.line("quit");
    assert!(terminal.ended(), "{}", terminal.log());
    let log = terminal.log();
    for secret in ["BEGIN", "privateKey", "clientSecret", "CLIENT_SECRET"] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
}
