//! A real gnome-keyring as storage: with a password, without, restarted, killed, stopped and locked.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and repeats what its own process said"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use aemkeys::app::{AppContext, Clock, add, demo_context, exchange};
use aemkeys::storage::{IndexFile, StorageError};
use aemkeys_core::credential::detect;
use aemkeys_core::environment::EnvironmentType;
use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Fault, FaultTarget, Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};

use crate::support::keyring_session::{Session, signal};
use crate::support::store_promises::{
    SIZES, find, item, keeps_its_promises, keyring, leave, value,
};

/// The test's own name runs again inside a session of its own: the store finds its bus in the environment.
fn inside_a_session(test: &str, inside: impl FnOnce(&Session)) {
    if let Some(session) = Session::inherited() {
        return inside(&session);
    }
    let Some(session) = Session::start() else {
        return;
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("gnome_keyring::{test}"), "--nocapture"])
        .env_clear()
        .envs(session.environment())
        .env("AEMKEYS_BINARY", env!("CARGO_BIN_EXE_aemkeys"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    println!("{said}");
}

fn foreign(session: &Session, arguments: &[&str], input: &str) -> String {
    let mut tool = session.command("sh");
    let script = format!("printf '%s' '{input}' | secret-tool \"$@\"");
    tool.args(["-c", &script, "sh"]).args(arguments);
    String::from_utf8(tool.output().unwrap().stdout).unwrap()
}

/// Both kinds of login: everything, two restarts, a kill, a stop, and somebody else's items.
fn holds_on_gnome_keyring(session: &Session, password: Option<&str>) {
    session.log_in(password);
    for (app, text) in [("other", "foreign ü 品"), ("another", "{\"json\":true}")] {
        // Without a password JSON would end the collection: that is gnome-keyring's own fault, not ours to show.
        let text = if password.is_none() { "plain" } else { text };
        foreign(session, &["store", "--label=x", "app", app], text);
    }
    foreign(
        session,
        &[
            "store",
            "--label=x",
            "service",
            "aemkeys",
            "username",
            "somebody",
        ],
        "theirs",
    );
    let theirs = |session: &Session| {
        ["other", "another"].map(|app| foreign(session, &["lookup", "app", app], ""))
    };
    let before = theirs(session);
    assert!(before.iter().all(|text| !text.is_empty()), "{before:?}");
    keeps_its_promises(&keyring(), None);
    leave(&keyring());
    // One process lives through it all.
    let lasting = keyring();
    find(&lasting);
    for signal in ["TERM", "TERM", "KILL"] {
        session.end_daemon(signal);
        session.log_in(password);
        find(&lasting);
        find(&keyring());
    }
    let pid = session.daemon().unwrap();
    signal(pid, "STOP");
    let hung = lasting.put_payload(&item(100), &value(7));
    assert!(
        matches!(hung, Err(StorageError::TimedOut { write: true, .. })),
        "{hung:?}"
    );
    signal(pid, "CONT");
    // Whether it arrived is not known; the next write counts, and nothing of before comes after it.
    lasting.put_payload(&item(100), &value(SIZES[0])).unwrap();
    find(&lasting);
    session.end_daemon("KILL");
    session.log_in(password);
    find(&keyring());
    assert_eq!(theirs(session), before);
    let somebody = ["lookup", "service", "aemkeys", "username", "somebody"];
    assert_eq!(foreign(session, &somebody, ""), "theirs");
}

#[test]
fn gnome_keyring_with_a_password() {
    inside_a_session("gnome_keyring_with_a_password", |session| {
        holds_on_gnome_keyring(session, Some("correct horse"));
    });
}

#[test]
fn gnome_keyring_without_a_password() {
    inside_a_session("gnome_keyring_without_a_password", |session| {
        holds_on_gnome_keyring(session, None);
    });
}

#[test]
fn a_locked_gnome_keyring_hides_and_loses_nothing() {
    inside_a_session(
        "a_locked_gnome_keyring_hides_and_loses_nothing",
        |session| {
            session.log_in(Some("correct horse"));
            leave(&keyring());
            session.end_daemon("TERM");
            // D-Bus starts one that nobody unlocked.
            for _ in 0..3 {
                let locked = keyring();
                let outcomes = [
                    locked.payload(&item(100)).map(drop),
                    locked.items().map(drop),
                    locked.put_payload(&item(100), &value(9)),
                    locked.delete(&item(100)).map(drop),
                ];
                for outcome in outcomes {
                    let said = outcome.unwrap_err().to_string();
                    assert_eq!(said, "GNOME Keyring is locked");
                }
            }
            session.log_in(Some("correct horse"));
            find(&keyring());
        },
    );
}

/// Names and ends come from the list: nobody is asked for a password, not even with a display to ask on.
#[test]
fn never_unlocked_the_list_asks_nobody() {
    inside_a_session("never_unlocked_the_list_asks_nobody", |session| {
        let aemkeys = |arguments: &[&str]| {
            let mut command = session.command(&std::env::var("AEMKEYS_BINARY").unwrap());
            command.args(arguments).env("DISPLAY", ":97");
            let output = command.output().unwrap();
            (
                output.status.code(),
                String::from_utf8(output.stdout).unwrap(),
            )
        };
        session.log_in(Some("correct horse"));
        let (code, _) = aemkeys(&["add", "--type", "local", "--name", "Bränd 品牌"]);
        assert_eq!(code, Some(0));
        let end = Timestamp::from_second(Timestamp::now().as_second()).unwrap()
            + SignedDuration::from_hours(100 * 24);
        let file = session.home.join("service.json");
        std::fs::write(&file, ServiceAccount::new("p1-e2", 0, end).file()).unwrap();
        let file = file.display().to_string();
        let (code, _) = aemkeys(&["add", &file, "--type", "dev", "--name", "ending"]);
        assert_eq!(code, Some(0));
        session.end_daemon("TERM");
        let log = session.home.join("prompts");
        let mut monitor = session.command("dbus-monitor");
        let mut monitor = monitor
            .args(["--session", "interface='org.freedesktop.Secret.Prompt'"])
            .stdout(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let prompts = || {
            std::thread::sleep(std::time::Duration::from_millis(300));
            std::fs::read_to_string(&log)
                .unwrap()
                .matches("member=Prompt")
                .count()
        };
        prompts();
        for _ in 0..5 {
            for arguments in [
                &["list"][..],
                &["list", "--json"],
                &["check"],
                &["timeline"],
                &["show", "Bränd 品牌"],
            ] {
                let (code, said) = aemkeys(arguments);
                assert_eq!(code, Some(0), "{arguments:?}: {said}");
                assert!(
                    said.contains("Bränd 品牌") || arguments.len() == 1 && arguments[0] != "list",
                    "{arguments:?}: {said}"
                );
            }
        }
        // When it ends is known too.
        let (_, listed) = aemkeys(&["list", "--json"]);
        assert!(listed.contains(&end.to_string()), "{end}: {listed}");
        assert_eq!(prompts(), 0);
        // The monitor does see one: another program asks for a locked item.
        let _ = session
            .command("timeout")
            .args(["2", "secret-tool", "lookup", "service", "aemkeys"])
            .output();
        let seen = prompts();
        monitor.kill().unwrap();
        monitor.wait().unwrap();
        assert!(seen > 0, "the monitor sees no prompt");
    });
}

/// A dashboard that is open during `storage move` writes to the new storage.
#[test]
fn an_open_process_follows_a_move() {
    inside_a_session("an_open_process_follows_a_move", |session| {
        session.log_in(Some("correct horse"));
        let configuration = session.home.join(".config/aemkeys");
        std::fs::create_dir_all(&configuration).unwrap();
        std::fs::write(
            configuration.join("config.toml"),
            "passphrase_command = [\"echo\", \"correct horse\"]\n",
        )
        .unwrap();
        let aemkeys = |arguments: &[&str]| {
            let mut command = session.command(&std::env::var("AEMKEYS_BINARY").unwrap());
            let output = command.args(arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        aemkeys(&["add", "--type", "local", "--name", "sdk"]);
        let context = aemkeys::app::open(&aemkeys::app::OpenOptions::default()).unwrap();
        let id = context.read_index().unwrap().environments[0].id;
        for (target, notes) in [("file", "one"), ("keyring", "two"), ("file", "three")] {
            aemkeys(&["storage", "move", target]);
            let edit = aemkeys::app::edit::Edit {
                notes: Some(notes.to_owned()),
                ..Default::default()
            };
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(aemkeys::app::edit::environment(&context, id, edit))
                .unwrap();
            aemkeys(&["doctor"]);
            assert!(aemkeys(&["show", "sdk"]).contains(notes), "{target}");
        }
    });
}

/// Each token needs a write of the keyring, which writes its whole file, and one of the index.
#[test]
fn a_hundred_exchanges_at_once_are_all_stored() {
    inside_a_session("a_hundred_exchanges_at_once_are_all_stored", |session| {
        session.log_in(Some("correct horse"));
        let year = Timestamp::now() + SignedDuration::from_hours(300 * 24);
        let accounts: Vec<_> = (1..=100)
            .map(|number| ServiceAccount::new(&format!("p1-e{number}"), 0, year))
            .collect();
        let clients = accounts.iter().map(ServiceAccount::client);
        let simulator = Simulator::start(clients.fold(
            SimulatorConfiguration::default(),
            SimulatorConfiguration::client,
        ))
        .unwrap();
        let context = AppContext {
            storage: keyring(),
            index: IndexFile::new(&session.home, &session.home),
            state_dir: Some(session.home.clone()),
            ..demo_context(simulator.address(), Clock::real())
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut identities = Vec::new();
            for account in &accounts {
                let choices = add::AddOptions {
                    environment_type: Some(EnvironmentType::Stage),
                    ..add::AddOptions::default()
                };
                let credential = detect(&account.file()).unwrap();
                let added = add::store(&context, credential, choices).await.unwrap();
                let add::Added::Stored { identity, .. } = added else {
                    panic!("stored already");
                };
                identities.push(identity);
            }
            simulator.fail(
                FaultTarget::anywhere(),
                Fault::Delay(Duration::from_millis(100)),
                100,
            );
            let began = Instant::now();
            let exchanges = identities.iter().map(|id| exchange::refresh(&context, *id));
            let tokens = futures_util::future::join_all(exchanges).await;
            println!("100 exchanges: {:?}", began.elapsed());
            let index = context.read_index().unwrap();
            for (id, token) in identities.into_iter().zip(tokens) {
                let token = token.unwrap();
                assert!(token.not_saved.is_none(), "{:?}", token.not_saved);
                let stored = context.storage.token(id).unwrap().unwrap();
                assert!(stored.token.secret == token.secret);
                let (_, entry) = index.identity(id).unwrap();
                assert_eq!(entry.token, Some(token.facts));
            }
        });
    });
}
