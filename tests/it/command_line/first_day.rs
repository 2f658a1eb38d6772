//! The first day with the dashboard in a real terminal: no keyring, a passphrase file, a credential pasted, exchanged, copied
//! and tested, and the next start. No secret in any byte of the terminal, the log or any file.

use aemkeys_simulator::{Fault, FaultTarget};
use base64::Engine as _;

use super::leaks::{all_files, planted};
use crate::support::dashboard::Dashboard;
use crate::support::sandbox::Sandbox;

const PASSPHRASE: &str = "planted passphrase of four words";
/// A pasted text that looks like a token and is none.
const NO_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1ub3QtYS10b2tlbg.cGxhbnRlZC1zaWduYXR1cmU";

/// Keys that are hinted at on the list alone: what lay over it is closed. An Esc and a key right behind it are one key to
/// a terminal.
const ON_THE_LIST: &str = "x exchange";

/// Copies go through the terminal; there is no keyring.
fn start(sandbox: &Sandbox) -> Dashboard {
    let mut command = sandbox.command(&[]);
    command.env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    Dashboard::start(&command)
}

fn end(mut terminal: Dashboard) -> Vec<u8> {
    terminal.send("q");
    terminal.ends();
    // What it wrote last is read by now or soon.
    std::thread::sleep(std::time::Duration::from_millis(200));
    terminal.raw()
}

/// Takes the clipboard's sequence out: the one place where a token is meant to be, over SSH. The rest, and what was copied.
fn without_clipboard(bytes: &[u8]) -> (String, Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("\u{1b}]52;c;");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let mut copied = Vec::new();
    for part in parts {
        let end = part.find(['\u{7}', '\u{1b}']).unwrap();
        copied.push(part[..end].to_owned());
        rest.push_str(&part[end..]);
    }
    (rest, copied)
}

#[test]
fn first_start_to_next_day_without_a_leak() {
    let sandbox = Sandbox::new();
    // Nobody has chosen anything yet.
    std::fs::remove_file(sandbox.home().join(".config/aemkeys/config.toml")).unwrap();
    let file = sandbox.file("wknd-stage/");
    let mut secrets = planted(&file);
    secrets.extend([PASSPHRASE.to_owned(), NO_TOKEN.to_owned()]);

    let mut terminal = start(&sandbox);
    terminal.wait_for("Nothing stored yet");
    terminal.wait_for("no keyring is available");
    terminal.send("P");
    terminal.wait_for("Create file");
    terminal.paste(PASSPHRASE);
    terminal.send("\t");
    terminal.paste(PASSPHRASE);
    terminal.wait_for("Repeat     ••••");
    terminal.send("\r");
    terminal.wait_for("now stored in the passphrase file");

    terminal.paste(&std::fs::read_to_string(&file).unwrap());
    terminal.wait_for("Recognised");
    terminal.send("\r");
    terminal.wait_for("untyped is treated as production");
    terminal.send("\r");
    terminal.wait_for("new token");
    terminal.send("c");
    terminal.wait_for("token copied");
    terminal.send("t");
    terminal.wait_for("signed in");
    terminal.send("\u{1b}");
    terminal.wait_for(ON_THE_LIST);
    terminal.send("i");
    terminal.wait_for("access_token");
    terminal.send("\u{1b}");
    terminal.wait_for(ON_THE_LIST);
    terminal.paste(NO_TOKEN);
    terminal.wait_for("next");
    terminal.send("\u{1b}");
    terminal.wait_for(ON_THE_LIST);
    sandbox.simulator.fail(
        FaultTarget::host("ims-na1.adobelogin.com"),
        Fault::Answer {
            status: 400,
            headers: Vec::new(),
            body: br#"{"error":"invalid_token","error_description":"no"}"#.to_vec(),
        },
        1,
    );
    terminal.send("x");
    terminal.wait_for("for details");
    terminal.send("E");
    terminal.wait_for("Errors");
    terminal.send("\u{1b}");
    terminal.wait_for(ON_THE_LIST);
    let (first_day, copied) = without_clipboard(&end(terminal));
    // The token itself is known from here on: it must be nowhere else.
    let token = copied
        .iter()
        .find_map(|base64| {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(base64)
                .ok()?;
            String::from_utf8(bytes)
                .ok()
                .filter(|text| text.starts_with("eyJ"))
        })
        .unwrap();
    secrets.extend(token.split('.').skip(1).map(str::to_owned));

    // The next day: the list and the activity are there at once; the passphrase is asked for when it is needed.
    let mut terminal = start(&sandbox);
    terminal.wait_for("1 identity");
    terminal.wait_for("passphrase file");
    terminal.send("3");
    terminal.wait_for("new token");
    terminal.send("1");
    terminal.wait_for("Environments");
    terminal.send("i");
    terminal.wait_for("Open file");
    terminal.paste("another one");
    terminal.send("\r");
    terminal.wait_for("wrong passphrase");
    terminal.paste(PASSPHRASE);
    terminal.send("\r");
    terminal.wait_for("access_token");
    terminal.send("\u{1b}");
    terminal.wait_for(ON_THE_LIST);
    let (second_day, copied) = without_clipboard(&end(terminal));
    assert!(copied.is_empty());

    let mut files = Vec::new();
    all_files(sandbox.home(), &mut files);
    let kept: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for needed in ["activity.jsonl", "secrets.aemkeys", "index.json", ".log"] {
        assert!(kept.iter().any(|name| name.contains(needed)), "{kept:?}");
    }
    let mut places = vec![
        ("the first day's terminal".to_owned(), first_day),
        ("the second day's terminal".to_owned(), second_day),
    ];
    places.extend(
        files
            .into_iter()
            .map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())),
    );
    for (place, text) in &places {
        for secret in &secrets {
            let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
            for form in [secret.as_str(), &encoded] {
                assert!(!text.contains(form), "{form:.20} is in {place}");
            }
            // A frame may show a part of a long line.
            if secret.is_ascii() && secret.len() > 40 {
                assert!(
                    !text.contains(&secret[..40]),
                    "a part of {secret:.20} is in {place}"
                );
            }
        }
    }
}
