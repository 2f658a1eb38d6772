//! A real KWallet as storage: no wallet, closed, cancelled, ended right after a write, and with values that it has lost.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::clipboards::until;
use crate::support::keyring_desktop::Desktop;

const SETTINGS: &str = "[Wallet]\nEnabled=true\nFirst Use=false\nDefault Wallet=kdewallet\nClose When Idle=false\n\
Prompt on Open=false\n[org.freedesktop.secrets]\napiEnabled=true\n[Migration]\nalreadyMigrated=true\n";

/// An empty wallet with the password `pw`, and the salt of its password.
const WALLET: &str =
    "S1dBTExFVAoNAA0KAAEDAgAAAACTBshc18RRgpXHQaB9To0qQL1MyAr1hk+vYiVLkd5Gj/WiO+sI4vdo";
const SALT: &str = "ATy9W2hhrb74K7/DIEeW/d6uGYPitsKcl4mlPIU36ma5/eh66/UgI0LfmzxY/SVj6DV8WjprxaI=";

const WINDOW: &[&str] = &["--class", "kwalletd5"];
const READ: &str = "aemkeys credential one --format adobe-json | grep -c PRIVATE";

fn prepare() -> Option<Desktop> {
    let desktop = Desktop::start(&["kwalletd5"])?;
    let configuration = desktop.session.home.join(".config/kwalletrc");
    std::fs::write(configuration, SETTINGS).unwrap();
    Some(desktop)
}

fn wallet(desktop: &Desktop) -> PathBuf {
    desktop
        .session
        .home
        .join(".local/share/kwalletd/kdewallet.kwl")
}

/// Writes an empty wallet, over one that exists.
fn empty(desktop: &Desktop) {
    let file = wallet(desktop);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (text, file) in [(WALLET, file.clone()), (SALT, file.with_extension("salt"))] {
        std::fs::write(file, STANDARD.decode(text).unwrap()).unwrap();
    }
}

fn start(desktop: &mut Desktop) {
    let kwallet = desktop.command("kwalletd5");
    desktop.start_keyring(kwallet);
}

fn restart(desktop: &mut Desktop) {
    desktop.end_keyring();
    start(desktop);
}

/// Runs a command in a terminal, enters the password, and returns what the command printed.
fn with_password(desktop: &Desktop, line: &str) -> String {
    let terminal = desktop.open_terminal(line);
    desktop.answer(WINDOW, "pw", "Return");
    terminal.wait_for("ended: ");
    terminal.screen()
}

#[test]
fn what_is_stored_in_kwallet_survives_its_end() {
    let Some(mut desktop) = prepare() else { return };
    empty(&desktop);
    start(&mut desktop);
    let file = desktop.credential();
    let add = format!("aemkeys add '{file}' --type dev --name one");
    let said = with_password(&desktop, &add);
    assert!(said.contains("ended: 0"), "{said}");
    // KWallet itself would write its file seconds later.
    restart(&mut desktop);
    let read = ["credential", "one", "--format", "adobe-json"];
    desktop.run(&read).is(72, "KWallet is locked");
    desktop.run(&["doctor"]).is(1, "(KWallet): locked");
    assert_eq!(desktop.window(WINDOW), None);
    let terminal = desktop.open_terminal(READ);
    desktop.answer(WINDOW, "", "Escape");
    terminal.wait_for("the password prompt of KWallet was cancelled");
    drop(terminal);
    let said = with_password(&desktop, READ);
    assert!(said.contains("1\nended: 0"), "{said}");

    // The list of items is in another file, so the items remain without their values.
    desktop.end_keyring();
    empty(&desktop);
    start(&mut desktop);
    let said = with_password(&desktop, READ);
    assert!(
        said.contains("is empty: the keyring has lost its value"),
        "{said}"
    );
    desktop.run(&["add", &file, "--type", "dev"]).is(0, "one");
    desktop.run(&read).is(0, "PRIVATE");
    restart(&mut desktop);
    let said = with_password(&desktop, READ);
    assert!(said.contains("1\nended: 0"), "{said}");
}

#[test]
fn a_kwallet_without_a_wallet_says_how_to_create_one() {
    let Some(mut desktop) = prepare() else { return };
    start(&mut desktop);
    let file = desktop.credential();
    let add = ["add", &file, "--type", "dev", "--name", "one"];
    until("the service answers", || {
        let said = desktop.run(&["doctor"]).said;
        said.contains("KWallet has no default wallet yet")
    });
    let said = desktop.run(&add);
    said.is(71, "KWallet has no default wallet yet");
    said.is(71, "create a wallet in KWalletManager");
}
