//! Do all stores keep the same promises? One suite over memory, a store with Windows' limit, the passphrase file, and a real
//! gnome-keyring with a password and without one.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

#[path = "support/keyring_session.rs"]
mod keyring_session;

use std::path::Path;
use std::process::Command;

use aemkeys::credential::Secret;
use aemkeys::environment::{Environment, EnvironmentType, Hosts, Name};
use aemkeys::platform::configuration::Storage;
use aemkeys::vault::{ItemName, Memory, PassphraseSource, Store, Vault, VaultError, VaultOptions};
use keyring_session::{Session, signal};
use uuid::Uuid;

/// Windows takes this many bytes an item.
const WINDOWS: usize = 2560;

/// Around every step of padding and of blocks, and up to 64 KB.
const SIZES: [usize; 24] = [
    0, 1, 2, 3, 15, 16, 17, 255, 256, 257, 1023, 1024, 2047, 2048, 2520, 2521, 2522, 2523, 4095,
    4096, 6000, 16_384, 65_535, 65_536,
];

const NAMES: [&str; 8] = [
    "plain",
    "Bränd Größe",
    "品牌 ステージ",
    "العلامة",
    "🚀 launch",
    "e\u{301}te\u{301}",
    "ﬀ ß İ ı",
    "quotes \" ' ` \\ $(x) %s {}",
];

fn item(number: u128) -> ItemName {
    ItemName::Credential(Uuid::from_u128(number), 1)
}

/// Every byte value, different for every size.
fn value(size: usize) -> Secret {
    let bytes = (0..size).map(|at| u8::try_from((at * 31 + size) % 256).unwrap());
    Secret::new(bytes.collect::<Vec<u8>>())
}

fn environment(number: u128, name: &str) -> Environment {
    Environment {
        id: Uuid::from_u128(1_000_000 + number),
        name: Name::parse(name).unwrap_or_else(|_| panic!("{name}")),
        environment_type: EnvironmentType::Stage,
        customer: Some(name.to_owned()),
        ids: None,
        hosts: Hosts::default(),
        approved_hosts: Vec::new(),
        identities: Vec::new(),
        notes: name.repeat(3),
        console_url: None,
        saved_paths: Vec::new(),
    }
}

/// Everything a store must do. `limit`: values above are refused whole. Leaves nothing behind.
fn keeps_its_promises(vault: &Vault, limit: Option<usize>) {
    vault.probe().unwrap();
    let nobody = item(1);
    assert!(vault.payload(&nobody).unwrap().is_none());
    assert!(!vault.delete(&nobody).unwrap());
    for size in SIZES {
        let name = item(2);
        let before = vault.payload(&name).unwrap();
        // What stands around a payload is 38 bytes.
        if limit.is_some_and(|limit| size + 38 > limit) {
            let refused = vault.put_payload(&name, &value(size));
            assert!(
                matches!(refused, Err(VaultError::TooLarge { .. })),
                "{size}"
            );
            assert!(
                vault.payload(&name).unwrap() == before,
                "{size}: cut or lost"
            );
        } else {
            vault.put_payload(&name, &value(size)).unwrap();
            assert!(vault.payload(&name).unwrap() == Some(value(size)), "{size}");
        }
    }
    // Smaller over larger, and values that some keyring takes for something else.
    for text in [
        "",
        "{\"json\": 1}",
        "-----BEGIN X-----\n",
        "a\0b\r\n\u{fffd}",
        "[keyring]\n",
    ] {
        vault.put_payload(&item(2), &Secret::from(text)).unwrap();
        assert!(vault.payload(&item(2)).unwrap() == Some(Secret::from(text)));
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        vault.put_environment(&stored).unwrap();
        assert_eq!(vault.environment(stored.id).unwrap(), Some(stored));
    }
    // Kinds and revisions of one id do not get in each other's way.
    let id = Uuid::from_u128(3);
    let kinds = [
        ItemName::Credential(id, 1),
        ItemName::Credential(id, 2),
        ItemName::Token(id),
    ];
    for (size, name) in (10..).zip(&kinds) {
        vault.put_payload(name, &value(size)).unwrap();
    }
    for (size, name) in (10..).zip(&kinds) {
        assert!(vault.payload(name).unwrap() == Some(value(size)), "{name}");
    }
    assert_eq!(vault.items().unwrap().len(), 1 + NAMES.len() + kinds.len());
    for name in vault.items().unwrap() {
        assert!(vault.delete(&name).unwrap(), "{name}");
        assert!(vault.payload(&name).unwrap().is_none(), "{name}");
    }
    assert!(vault.items().unwrap().is_empty());
}

/// What the next process, or the next daemon, must find.
fn leave(vault: &Vault) {
    for (number, size) in (100..).zip(SIZES) {
        vault.put_payload(&item(number), &value(size)).unwrap();
    }
    for (number, name) in (0..).zip(NAMES) {
        vault.put_environment(&environment(number, name)).unwrap();
    }
}

fn find(vault: &Vault) {
    for (number, size) in (100..).zip(SIZES) {
        assert!(
            vault.payload(&item(number)).unwrap() == Some(value(size)),
            "{size}"
        );
    }
    for (number, name) in (0..).zip(NAMES) {
        let stored = environment(number, name);
        assert_eq!(vault.environment(stored.id).unwrap(), Some(stored));
    }
    assert_eq!(vault.items().unwrap().len(), SIZES.len() + NAMES.len());
}

#[test]
fn memory() {
    keeps_its_promises(&Vault::in_memory(), None);
}

/// Memory that takes no more than Windows' Credential Manager.
#[derive(Default)]
struct Limited(Memory);

impl Store for Limited {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.0.get(item)
    }
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        assert!(value.len() <= WINDOWS, "{item} does not fit");
        self.0.set(item, value)
    }
    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.0.delete(item)
    }
    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.0.list()
    }
    fn limit(&self) -> Option<usize> {
        Some(WINDOWS)
    }
}

#[test]
fn a_store_with_windows_limit() {
    let vault = Vault::over("limited", Box::<Limited>::default());
    keeps_its_promises(&vault, Some(WINDOWS));
}

fn passphrase_file(folder: &Path, passphrase: &str) -> Vault {
    Vault::open(VaultOptions {
        storage: Storage::File,
        may_prompt: false,
        data_dir: folder.to_path_buf(),
        state_dir: folder.to_path_buf(),
        passphrase: PassphraseSource::Command(vec!["echo".into(), passphrase.into()]),
    })
}

#[test]
fn a_passphrase_file_in_one_process_and_the_next() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&passphrase_file(folder.path(), "right"), None);
    leave(&passphrase_file(folder.path(), "right"));
    find(&passphrase_file(folder.path(), "right"));
    let wrong = passphrase_file(folder.path(), "wrong").items();
    assert!(
        matches!(wrong, Err(VaultError::WrongPassphrase)),
        "{wrong:?}"
    );
    find(&passphrase_file(folder.path(), "right"));
}

fn keyring() -> Vault {
    Vault::open(VaultOptions {
        storage: Storage::Keyring,
        may_prompt: false,
        data_dir: "unused".into(),
        state_dir: "unused".into(),
        passphrase: PassphraseSource::None,
    })
}

/// The test's own name runs again inside a session of its own: the store finds its bus in the environment.
fn inside_a_session(test: &str, inside: impl FnOnce(&Session)) {
    if let Some(session) = Session::inherited() {
        return inside(&session);
    }
    let Some(session) = Session::start() else {
        return;
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
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
        matches!(hung, Err(VaultError::TimedOut { write: true, .. })),
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
                assert!(matches!(
                    locked.payload(&item(100)),
                    Err(VaultError::Locked)
                ));
                assert!(matches!(locked.items(), Err(VaultError::Locked)));
                let write = locked.put_payload(&item(100), &value(9));
                assert!(matches!(write, Err(VaultError::Locked)), "{write:?}");
                assert!(matches!(locked.delete(&item(100)), Err(VaultError::Locked)));
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

/// A dashboard is open while somebody moves the secrets: what it is told to keep is where they are now.
#[test]
fn an_open_process_follows_a_move() {
    inside_a_session("an_open_process_follows_a_move", |session| {
        session.log_in(Some("correct horse"));
        let configuration = session.home.join(".config/aemkeys");
        std::fs::create_dir_all(&configuration).unwrap();
        std::fs::write(
            configuration.join("config.toml"),
            "passphrase_command = [\"echo\", \"horse\"]\n",
        )
        .unwrap();
        let aemkeys = |arguments: &[&str]| {
            let mut command = session.command(&std::env::var("AEMKEYS_BINARY").unwrap());
            let output = command.args(arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        aemkeys(&["add", "--type", "local", "--name", "sdk"]);
        let world = aemkeys::app::open(&aemkeys::app::OpenOptions::default()).unwrap();
        let id = world.read_index().unwrap().environments[0].id;
        for (target, notes) in [("file", "one"), ("keyring", "two"), ("file", "three")] {
            aemkeys(&["storage", "move", target]);
            let edit = aemkeys::app::edit::Edit {
                notes: Some(notes.to_owned()),
                ..Default::default()
            };
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(aemkeys::app::edit::environment(&world, id, edit))
                .unwrap();
            aemkeys(&["doctor"]);
            assert!(aemkeys(&["show", "sdk"]).contains(notes), "{target}");
        }
    });
}
