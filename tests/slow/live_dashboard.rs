//! The open dashboard stays usable while the keyring, other processes and the terminal fail. The real binary in a
//! pseudo-terminal, on a real gnome-keyring in a private D-Bus session.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::cmp;
use std::io::Read as _;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aemkeys_simulator::fixtures::{
    ServiceAccount, development_token, development_token_file, person,
};
use jiff::{SignedDuration, Timestamp};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::dashboard::Dashboard;
use crate::support::https_mock::{HttpsMock, Reply};
use crate::support::keyring_session::{Session, signal};

const AEMKEYS: &str = env!("CARGO_BIN_EXE_aemkeys");
/// How long something may take to happen; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(30);
/// Columns of the terminal that the list fills.
const LIST: u16 = 60;
/// What the terminal is given with a copied text, over SSH.
const OSC_52: &[u8] = b"\x1b]52;c;";

/// A session whose keyring holds a token under `mine`, and local SDKs to move among.
struct Desk {
    session: Session,
}

impl Desk {
    /// `None`, said, where a program is missing.
    fn new() -> Option<Self> {
        let session = Session::start()?;
        session.log_in(Some("test"));
        let desk = Self { session };
        let token = development_token(&person(1, &["p1-e2"]), Timestamp::now());
        let file = desk.session.home.join("token.json");
        std::fs::write(&file, development_token_file(&token)).unwrap();
        let file = file.to_str().unwrap();
        desk.run(&[
            "add", file, "--name", "mine", "--type", "dev", "--env", "p1-e2",
        ]);
        for (name, author) in [
            ("sdk-a", "http://localhost:1"),
            ("sdk-b", "http://localhost:2"),
        ] {
            desk.run(&["add", "--type", "local", "--name", name, "--author", author]);
        }
        Some(desk)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.session.command(AEMKEYS);
        command.args(arguments);
        command
    }

    /// In the shell, beside the dashboard.
    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    /// Open, with the cursor on `mine`. As if over SSH: a copy goes to the terminal, where we see it.
    fn dashboard(&self) -> Dashboard {
        let mut command = self.command(&[]);
        command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        let mut dashboard = Dashboard::start(&command);
        dashboard.wait_for("mine");
        go_to(&mut dashboard, "mine");
        dashboard
    }
}

/// The lines of the list, and the index of the selected one: the terminal's cursor is there.
fn list(dashboard: &Dashboard) -> (Vec<String>, usize) {
    let terminal = dashboard.terminal();
    let screen = terminal.screen();
    let (cursor, _) = screen.cursor_position();
    (screen.rows(0, LIST).collect(), usize::from(cursor))
}

/// The selected line.
fn selected(dashboard: &Dashboard) -> String {
    let (mut lines, cursor) = list(dashboard);
    lines.swap_remove(cursor)
}

#[track_caller]
fn until(what: &str, dashboard: &Dashboard, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(
            Instant::now() < deadline,
            "never: {what}\n{}",
            dashboard.screen()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One key, seen to move the selection.
#[track_caller]
fn moves(dashboard: &mut Dashboard, key: &str) {
    let before = selected(dashboard);
    dashboard.send(key);
    until("the selection moves", dashboard, || {
        selected(dashboard) != before
    });
}

#[track_caller]
fn go_to(dashboard: &mut Dashboard, name: &str) {
    loop {
        let (lines, cursor) = list(dashboard);
        let Some(row) = lines.iter().position(|line| line.contains(name)) else {
            panic!("{name} is not in the list:\n{}", dashboard.screen());
        };
        match row.cmp(&cursor) {
            cmp::Ordering::Less => moves(dashboard, "k"),
            cmp::Ordering::Equal => return,
            cmp::Ordering::Greater => moves(dashboard, "j"),
        }
    }
}

fn copies(dashboard: &Dashboard) -> usize {
    let raw = dashboard.raw();
    raw.windows(OSC_52.len()).filter(|at| *at == OSC_52).count()
}

/// `c` brings the token: at once, or as soon as what hung has noticed that it may go on.
#[track_caller]
fn a_copy_works(dashboard: &mut Dashboard) {
    let before = copies(dashboard);
    let deadline = Instant::now() + PATIENCE;
    while copies(dashboard) == before {
        assert!(
            Instant::now() < deadline,
            "no copy:\n{}",
            dashboard.screen()
        );
        dashboard.send("c");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// There and back, so that the cursor is where it was.
#[track_caller]
fn the_screen_is_alive(dashboard: &mut Dashboard) {
    let (there, back) = if selected(dashboard).contains("sdk-b") {
        ("k", "j")
    } else {
        ("j", "k")
    };
    moves(dashboard, there);
    moves(dashboard, back);
}

/// The errors page says what to do; Esc closes it.
#[track_caller]
fn the_error_says(dashboard: &mut Dashboard, words: &[&str]) {
    dashboard.wait_for("for details");
    dashboard.send("E");
    // The details of the identity show the error, too.
    dashboard.wait_for("Esc close");
    for word in words {
        dashboard.wait_for(word);
    }
    dashboard.send("\u{1b}");
    until("the list is back", dashboard, || {
        !dashboard.screen().contains("Esc close")
    });
}

#[test]
fn a_keyring_that_hangs_is_waited_for_said_and_used_again() {
    let Some(desk) = Desk::new() else { return };
    let mut dashboard = desk.dashboard();
    a_copy_works(&mut dashboard);
    let keyring = desk.session.daemon().unwrap();
    signal(keyring, "STOP");
    dashboard.send("c");
    dashboard.wait_for("getting a token for mine");
    the_screen_is_alive(&mut dashboard);
    dashboard.wait_for("waiting for the keyring");
    the_screen_is_alive(&mut dashboard);
    the_error_says(&mut dashboard, &["restart it"]);
    assert!(!dashboard.screen().contains("waiting for"));
    the_screen_is_alive(&mut dashboard);
    // Once more, while the first call still hangs.
    dashboard.send("c");
    dashboard.wait_for("waiting for the keyring");
    the_error_says(&mut dashboard, &["restart it"]);
    signal(keyring, "CONT");
    a_copy_works(&mut dashboard);
    dashboard.send("q");
    dashboard.ends();
}

#[test]
fn a_wait_for_a_keyring_that_hangs_can_be_cancelled_and_left() {
    let Some(desk) = Desk::new() else { return };
    let mut dashboard = desk.dashboard();
    let keyring = desk.session.daemon().unwrap();
    signal(keyring, "STOP");
    dashboard.send("c");
    dashboard.wait_for("getting a token for mine");
    dashboard.send("\u{3}");
    dashboard.wait_for("cancelled");
    dashboard.send("c");
    dashboard.wait_for("getting a token for mine");
    dashboard.send("q");
    dashboard.wait_for("y ");
    dashboard.send("y");
    dashboard.ends();
    signal(keyring, "CONT");
}

#[test]
fn a_keyring_that_is_killed_and_started_again_is_found_again() {
    let Some(desk) = Desk::new() else { return };
    let mut dashboard = desk.dashboard();
    a_copy_works(&mut dashboard);
    // Between two calls.
    desk.session.end_daemon("KILL");
    the_screen_is_alive(&mut dashboard);
    desk.session.log_in(Some("test"));
    a_copy_works(&mut dashboard);
    // In the middle of one.
    signal(desk.session.daemon().unwrap(), "STOP");
    dashboard.send("c");
    dashboard.wait_for("getting a token for mine");
    desk.session.end_daemon("KILL");
    the_screen_is_alive(&mut dashboard);
    dashboard.wait_for("for details");
    desk.session.log_in(Some("test"));
    a_copy_works(&mut dashboard);
    dashboard.send("q");
    dashboard.ends();
}

/// A daemon that D-Bus started by itself knows no password, and without a display nobody can be asked.
#[test]
fn a_locked_keyring_is_said_and_used_once_it_is_unlocked() {
    let Some(desk) = Desk::new() else { return };
    desk.session.end_daemon("TERM");
    let mut dashboard = desk.dashboard();
    dashboard.send("c");
    the_error_says(&mut dashboard, &["gnome-keyring-daemon --unlock"]);
    the_screen_is_alive(&mut dashboard);
    desk.session.log_in(Some("test"));
    a_copy_works(&mut dashboard);
    dashboard.send("q");
    dashboard.ends();
}

#[test]
fn what_other_processes_change_is_shown() {
    let Some(desk) = Desk::new() else { return };
    let answer = format!(
        r#"{{"token_type":"bearer","access_token":"{}","expires_in":86399999}}"#,
        "x".repeat(1100)
    );
    let ims = HttpsMock::start(move |_| Reply::json(200, answer.clone()));
    let mut dashboard = desk.dashboard();
    let ends = Timestamp::now() + SignedDuration::from_hours(24 * 301);
    let file = desk.session.home.join("service.json");
    std::fs::write(&file, ServiceAccount::new("p1-e3", 0, ends).file()).unwrap();
    let file = file.to_str().unwrap();
    desk.run(&["add", file, "--name", "added", "--type", "stage"]);
    dashboard.wait_for("added");
    until("the selection stays where it was", &dashboard, || {
        selected(&dashboard).contains("mine")
    });
    go_to(&mut dashboard, "added");
    dashboard.wait_for("p1-e3");
    until("it has no token yet", &dashboard, || {
        selected(&dashboard).contains("○")
    });
    let mut exchange = desk.command(&["exchange", "added"]);
    exchange
        .env("HTTPS_PROXY", ims.proxy_url())
        .env("SSL_CERT_FILE", ims.ca_file());
    assert!(exchange.status().unwrap().success());
    until("the new token is shown", &dashboard, || {
        selected(&dashboard).contains("● 2")
    });
    desk.run(&["edit", "added", "--name", "renamed"]);
    dashboard.wait_for("renamed");
    desk.run(&["remove", "renamed", "--yes"]);
    until("the removed row is gone", &dashboard, || {
        !dashboard.screen().contains("renamed")
    });
    the_screen_is_alive(&mut dashboard);
    dashboard.send("q");
    dashboard.ends();
}

/// As under `nohup`, or a terminal that dies: the process gets no signal.
#[test]
fn a_terminal_that_goes_away_ends_it_even_where_hang_ups_are_ignored() {
    let home = tempfile::tempdir().unwrap();
    let pair = native_pty_system()
        .openpty(PtySize {
            rows: 30,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        })
        .unwrap();
    let mut shell = CommandBuilder::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" demo", AEMKEYS]);
    shell.env_clear();
    shell.env("TERM", "xterm-256color");
    shell.env("PATH", std::env::var_os("PATH").unwrap());
    shell.env("HOME", home.path());
    let mut child = pair.slave.spawn_command(shell).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("wknd-stage") {
        let count = reader.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "it ended too early");
        seen.extend_from_slice(&buffer[..count]);
    }
    drop(reader);
    drop(pair.master);
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it lives on without a terminal");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whoever takes the keyring's place on the bus sees every attempt to reach it.
#[test]
fn the_keyring_is_not_called_before_the_first_action() {
    let Some(desk) = Desk::new() else { return };
    let socket = desk.session.home.join("run/watched");
    let listener = UnixListener::bind(&socket).unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            // Kept open: a bus that does not answer.
            std::mem::forget(stream);
        }
    });
    let mut command = desk.command(&[]);
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
    let mut dashboard = Dashboard::start(&command);
    dashboard.wait_for("mine");
    go_to(&mut dashboard, "mine");
    // Moving, looking and searching are no actions: detail, timeline, activity, filter, help.
    for (keys, shown) in [
        ("l", "Development"),
        ("h", "Environments"),
        ("2", "Timeline"),
        ("3", "Activity"),
        ("1", "Environments"),
        ("/", "Enter accept"),
        ("\u{1b}", "mine"),
        ("?", "Keys"),
        ("\u{1b}", "mine"),
    ] {
        dashboard.send(keys);
        dashboard.wait_for(shown);
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0, "somebody was called");
    go_to(&mut dashboard, "mine");
    dashboard.send("c");
    until("the first action calls", &dashboard, || {
        calls.load(Ordering::SeqCst) > 0
    });
}
