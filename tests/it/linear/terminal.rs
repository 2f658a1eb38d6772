//! The linear mode in a pseudo-terminal.

#![cfg(unix)]

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::ServiceAccount;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use super::{BINARY, REMOVED};
use crate::support::no_session::NO_SESSION;

/// How long something may take to appear; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(30);

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
fn accessible_asks_for_it() {
    let mut terminal = Terminal::start(&["demo"], &[("ACCESSIBLE", "1"), ("TERM", "dumb")]);
    terminal.wait_for("7 identities");
    terminal.line("quit");
    assert!(terminal.ended());
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
