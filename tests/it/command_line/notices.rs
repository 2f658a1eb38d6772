//! `check --notify` with a desktop of its own, and `schedule` where no timer is available.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use zbus::blocking::MessageIterator;
use zbus::blocking::connection::Builder;
use zbus::zvariant::OwnedValue;

use crate::support::sandbox::{Ran, Sandbox};

type Arguments = (
    String,
    u32,
    String,
    String,
    String,
    Vec<String>,
    HashMap<String, OwnedValue>,
    i32,
);

/// A message bus with a program that records notices.
struct Desktop {
    daemon: Child,
    address: String,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Desktop {
    fn start() -> Option<Self> {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut address = String::new();
        let mut out = BufReader::new(daemon.stdout.take().unwrap());
        out.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let bus = Builder::address(address.as_str()).unwrap().build().unwrap();
        bus.request_name("org.freedesktop.Notifications").unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&notices);
        std::thread::spawn(move || {
            for message in MessageIterator::from(&bus) {
                let Ok(message) = message else { break };
                let header = message.header();
                if header.member().is_some_and(|member| member == "Notify") {
                    let (.., title, text, _, _, _): Arguments =
                        message.body().deserialize().unwrap();
                    seen.lock().unwrap().push(format!("{title}|{text}"));
                    bus.reply(&header, &1_u32).unwrap();
                }
            }
        });
        Some(Self {
            daemon,
            address,
            notices,
        })
    }

    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Ran {
        let mut command = sandbox.command(arguments);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        Ran::of(command.output().unwrap())
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.notices.lock().unwrap())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ended = self.daemon.kill();
        let _status = self.daemon.wait();
    }
}

#[test]
fn a_desktop_that_does_not_answer_is_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let bus = sandbox.home().join("bus");
    // Connections are taken by the system, and nobody reads them.
    let _silent = UnixListener::bind(&bus).unwrap();
    let mut command = sandbox.command(&["check", "--notify", "--within", "520w"]);
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", bus.display()),
    );
    let ran = Ran::of(command.output().unwrap()).expect(1);
    ran.says("the desktop does not answer");
}

#[test]
fn a_notice_is_shown_once_and_names_only_the_identity() {
    let Some(desktop) = Desktop::start() else {
        assert!(std::env::var_os("CI").is_none(), "dbus-daemon is missing");
        println!("skipped: dbus-daemon is missing");
        return;
    };
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let check = ["check", "--notify", "--quiet", "--within", "520w"];
    let none = desktop.run(
        &sandbox,
        &["check", "--notify", "--quiet", "--within", "1d"],
    );
    none.expect(0);
    assert_eq!(desktop.take(), [""; 0]);

    // Without a desktop, it is reported later.
    let alone = sandbox.exits(1, &check);
    alone.says("could not show a desktop notification");
    let first = desktop.run(&sandbox, &check).expect(1);
    assert_eq!(first.err, "");
    let shown = desktop.take();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].starts_with("aemkeys|wknd-stage: "), "{shown:?}");
    assert!(
        shown[0].len() < 80 && !shown[0].contains("Adobe"),
        "{shown:?}"
    );
    for _ in 0..2 {
        desktop.run(&sandbox, &check).expect(1);
    }
    assert_eq!(desktop.take(), [""; 0]);

    // A token is another subject, and several are one notice.
    sandbox.add("wknd-prod/", "production");
    sandbox.ok(&["token", "wknd-stage"]);
    let more = [&check[..], &["--token-within", "30h"]].concat();
    desktop.run(&sandbox, &more).expect(1);
    let shown = desktop.take();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].contains("wknd-prod: "), "{shown:?}");
    desktop.run(&sandbox, &more).expect(1);
    assert_eq!(desktop.take(), [""; 0]);

    // What is not checked is not forgotten.
    let one = [&more[..], &["wknd-prod"]].concat();
    desktop.run(&sandbox, &one).expect(1);
    desktop.run(&sandbox, &more).expect(1);
    assert_eq!(desktop.take(), [""; 0]);

    // What is fine again is forgotten. A damaged memory is an empty one.
    desktop
        .run(&sandbox, &["check", "--notify", "--within", "1d"])
        .expect(0);
    desktop.run(&sandbox, &check).expect(1);
    assert_eq!(desktop.take().len(), 1);
    let memory = sandbox.home().join(".local/state/aemkeys/notified.json");
    let kept = std::fs::read_to_string(&memory).unwrap();
    assert!(!kept.contains("wknd") && !kept.contains("Adobe"), "{kept}");
    std::fs::write(&memory, "[").unwrap();
    desktop.run(&sandbox, &check).expect(1);
    assert_eq!(desktop.take().len(), 1);
}

#[test]
fn without_a_scheduler_the_line_for_cron_is_printed() {
    if std::path::Path::new("/run/systemd/system").is_dir() {
        println!("skipped: systemd runs here");
        return;
    }
    let sandbox = Sandbox::new();
    let ran = sandbox.exits(1, &["schedule", "install", "--at", "08:30"]);
    ran.says("crontab -e");
    ran.says("30 8 * * * ");
    ran.says("aemkeys check --notify --quiet");
    for action in ["remove", "status"] {
        sandbox
            .ok(&["schedule", action])
            .prints("no daily check is installed");
    }
    let status = sandbox.ok(&["schedule", "status", "--json"]).json();
    assert_eq!(status["installed"], false);
    sandbox.exits(1, &["schedule", "install", "--json"]);
    sandbox
        .exits(64, &["schedule", "install", "--at", "9"])
        .says("09:00");
    assert!(!sandbox.home().join(".config/systemd").exists());
}
