//! A real KeePassXC as storage, with its default settings: locked, asking for each entry, refused, cancelled and closed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::time::{Duration, Instant};

use crate::support::clipboards::until;
use crate::support::dashboard::Dashboard;
use crate::support::keyring_desktop::Desktop;

const SETTINGS: &str = "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\nMinimizeAfterUnlock=false\n\
[GUI]\nCheckForUpdates=false\nLanguage=en_US\n\
[FdoSecrets]\nEnabled=true\nUnlockBeforeSearch=true\nConfirmAccessItem=true\nShowNotification=false\n\
[Security]\nLockDatabaseIdle=false\n";

/// A database with one group, which is shared with other programs.
const DATABASE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><Generator>KeePassXC</Generator><RecycleBinEnabled>True</RecycleBinEnabled>
<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{a2b33298-e4e3-4263-9939-07d5811399af}</Value></Item></CustomData></Meta>
<Root><Group><UUID>orMymOTjQmOZOQfVgROZrw==</UUID><Name>Passwords</Name></Group></Root></KeePassFile>"#;

const MAIN: &[&str] = &["--name", "secrets.kdbx.* - KeePassXC"];
const LOCKED: &[&str] = &["--name", "Locked. - KeePassXC"];
const ACCESS: &[&str] = &["--name", "Access Request"];
const PASSWORD: &[&str] = &["--name", "Unlock Database"];
const READ: &str = "aemkeys credential one --format adobe-json | grep -c PRIVATE";

fn start() -> Option<Desktop> {
    let mut desktop = Desktop::start(&["keepassxc", "keepassxc-cli"])?;
    let home = desktop.session.home.clone();
    let configuration = home.join(".config/keepassxc");
    std::fs::create_dir_all(&configuration).unwrap();
    std::fs::create_dir_all(home.join(".cache/keepassxc")).unwrap();
    std::fs::write(configuration.join("keepassxc.ini"), SETTINGS).unwrap();
    std::fs::write(home.join("empty.xml"), DATABASE).unwrap();
    let database = home.join("secrets.kdbx").display().to_string();
    let xml = home.join("empty.xml").display().to_string();
    let mut import = desktop.command("sh");
    import
        .args([
            "-c",
            "printf 'pw\\npw\\n' | keepassxc-cli import --set-password \"$@\"",
            "sh",
        ])
        .args([&xml, &database]);
    assert!(import.output().unwrap().status.success());
    let mut keepassxc = desktop.command("sh");
    keepassxc.args([
        "-c",
        "echo pw | exec keepassxc --pw-stdin \"$@\"",
        "sh",
        &database,
    ]);
    desktop.start_keyring(keepassxc);
    until("the database is open", || {
        desktop
            .run(&["doctor"])
            .said
            .contains("was written, read back")
    });
    Some(desktop)
}

fn lock(desktop: &Desktop) {
    until("the database is locked", || {
        if desktop.window(LOCKED).is_some() {
            return true;
        }
        if let Some(main) = desktop.window(MAIN) {
            desktop.xdotool(&["windowfocus", "--sync", &main]);
            desktop.xdotool(&["key", "ctrl+l"]);
            std::thread::sleep(Duration::from_millis(200));
        }
        false
    });
}

/// Allows access in each window until the command has ended. Returns the number of windows.
fn allow_all(desktop: &Desktop, terminal: &Dashboard) -> usize {
    let mut windows = 0;
    let began = Instant::now();
    while !terminal.screen().contains("ended: ") {
        if desktop.window(ACCESS).is_some() {
            windows += 1;
            desktop.answer(ACCESS, "", "Return");
        }
        assert!(
            began.elapsed() < Duration::from_secs(150),
            "the command did not end after {windows} windows, now there are {:?}:\n{}",
            desktop.window_names(),
            terminal.screen()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    windows
}

#[test]
fn keepassxc_asks_once_for_an_action_and_a_refusal_is_told() {
    let Some(desktop) = start() else { return };
    let file = desktop.credential();
    let add = ["add", &file, "--type", "dev", "--name", "one"];
    desktop.run(&add).is(0, "one");
    assert_eq!(
        desktop.titles(),
        ["aemkeys: one, credential", "aemkeys: one, environment"]
    );
    let read = ["credential", "one", "--format", "adobe-json"];
    desktop
        .run(&read)
        .is(72, "KeePassXC must allow access to this entry first");
    desktop.run(&["doctor"]).is(1, "asks before each access");
    desktop.run(&["storage"]).is(0, "available, 2 items");
    assert_eq!(desktop.window(ACCESS), None);

    let terminal = desktop.open_terminal(READ);
    assert_eq!(allow_all(&desktop, &terminal), 1, "{}", terminal.screen());
    terminal.wait_for("1\nended: 0");
    let terminal = desktop.open_terminal("aemkeys edit one --notes hello");
    assert_eq!(allow_all(&desktop, &terminal), 1, "{}", terminal.screen());
    terminal.wait_for("ended: 0");

    let terminal = desktop.open_terminal(READ);
    desktop.answer(ACCESS, "", "Escape");
    terminal.wait_for("access was denied in KeePassXC");
    terminal.wait_for("ended: ");
    assert_eq!(desktop.window(ACCESS), None, "asked once more");

    // All items of the storage.
    for number in 2..=4 {
        let name = format!("sdk-{number}");
        let author = format!("http://localhost:450{number}");
        let add = [
            "add", "--type", "local", "--name", &name, "--author", &author,
        ];
        desktop.run(&add).is(0, &name);
    }
    std::fs::write(desktop.session.home.join("word"), "quiet green herons 42\n").unwrap();
    let terminal =
        desktop.open_terminal("aemkeys storage move file --passphrase-fd 3 3<\"$HOME/word\"");
    assert_eq!(allow_all(&desktop, &terminal), 1, "{}", terminal.screen());
    terminal.wait_for("ended: 0");
    assert!(desktop.titles().is_empty());
}

#[test]
fn a_locked_keepassxc_waits_for_its_password() {
    let Some(mut desktop) = start() else { return };
    let file = desktop.credential();
    let add = ["add", &file, "--type", "dev", "--name", "one"];
    desktop.run(&add).is(0, "one");
    lock(&desktop);
    desktop.run(&["list"]).is(0, "one");
    desktop.run(&["doctor"]).is(1, "(KeePassXC): locked");
    desktop.run(&["storage"]).is(0, "KeePassXC is locked");
    let read = ["credential", "one", "--format", "adobe-json"];
    desktop.run(&read).is(72, "KeePassXC is locked");
    desktop
        .run(&read)
        .is(72, "unlock the database in KeePassXC");
    assert_eq!(desktop.window(PASSWORD), None);

    let terminal = desktop.open_terminal(READ);
    desktop.answer(PASSWORD, "", "Escape");
    terminal.wait_for("the password prompt of KeePassXC was cancelled");
    drop(terminal);

    // Longer than a keyring that hangs has.
    let terminal = desktop.open_terminal(READ);
    desktop.wait_for_window(PASSWORD);
    std::thread::sleep(Duration::from_secs(4));
    desktop.answer(PASSWORD, "pw", "Return");
    assert_eq!(allow_all(&desktop, &terminal), 1, "{}", terminal.screen());
    terminal.wait_for("1\nended: 0");
    drop(terminal);

    // The dashboard ends while the window is open.
    lock(&desktop);
    let mut terminal = desktop.open_terminal("aemkeys");
    terminal.wait_for("one");
    terminal.send("x");
    desktop.wait_for_window(PASSWORD);
    terminal.send("q");
    until("the dashboard ends", || {
        terminal.send("y");
        std::thread::sleep(Duration::from_millis(100));
        terminal.screen().contains("ended: 0")
    });
    drop(terminal);
    if desktop.window(PASSWORD).is_some() {
        desktop.answer(PASSWORD, "", "Escape");
    }

    let terminal = desktop.open_terminal(READ);
    desktop.wait_for_window(PASSWORD);
    desktop.end_keyring();
    terminal.wait_for("no keyring is available");
}
