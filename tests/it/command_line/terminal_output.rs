//! Hostile servers, names, files and variables in front of a real terminal: no control sequence reaches it.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::support::dashboard::Dashboard;
use crate::support::https_mock::{Asked, Reply};
use crate::support::sandbox::Sandbox;

/// What no terminal may get from anybody: sequences with and without their introducer, in C0 and C1, and what reorders or
/// hides text.
const HOSTILE: &str = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[35m\u{1b}P1;2|x\u{1b}\\\u{1b}c\u{9b}2J\
    \u{9d}52;c;ZXZpbA==\u{9c}\u{90}q\u{9c}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{7f}\u{8}\u{0}\u{b}\u{10fff0}";

fn bearer(asked: &Asked) -> String {
    let header = asked.header("authorization").unwrap_or_default();
    header.trim_start_matches("Bearer ").to_owned()
}

fn each(token: &str, write: impl Fn(u8) -> String) -> String {
    token.bytes().map(write).collect()
}

/// The token in every form a server could think of.
fn echoes(token: &str) -> String {
    let lines: Vec<&str> = token
        .as_bytes()
        .chunks(60)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    [
        token.to_owned(),
        STANDARD.encode(token),
        URL_SAFE_NO_PAD.encode(format!("Bearer {token}")),
        each(token, |byte| format!("%{byte:02X}")),
        each(token, |byte| format!("\\u{byte:04x}")),
        lines.join("\r\n  "),
        lines.join("\u{1b}[0m"),
        lines.join("\u{200b}"),
        token.replace('.', "%2e"),
    ]
    .join("\n--\n")
}

fn answer(asked: &Asked) -> Vec<u8> {
    let mut body =
        format!("begin\tof\r\nit {HOSTILE}\n{}\nend", echoes(&bearer(asked))).into_bytes();
    // No UTF-8 at all: C1 as one byte.
    body.extend_from_slice(b"\x9b2J\x9d0;x\x9c\xff last");
    body
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::answering(|asked| {
        asked.path.starts_with("/hostile").then(|| {
            let token = bearer(asked);
            let headers = [
                ("content-type", "text/plain".to_owned()),
                ("x-odd", "a\u{9b}2J\u{9d}0;t\u{9c}\u{202e}b".to_owned()),
                ("x-echo", token.clone()),
                ("x-base64", STANDARD.encode(&token)),
            ];
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            Reply::new(200, &headers, answer(asked))
        })
    });
    sandbox.add("wknd-stage/", "stage");
    sandbox.make_reading_cheap();
    sandbox
}

/// Runs in a terminal and returns every byte it got.
fn on_a_terminal(command: &Command) -> Vec<u8> {
    Dashboard::start(command).all_output()
}

/// The timeline is drawn with sequences that all begin with a reset.
fn without_our_colours(text: &str) -> String {
    let mut plain = text.to_owned();
    for code in ["1", "2", "7", "31", "32", "33"] {
        plain = plain.replace(&format!("\u{1b}[{code}m"), "");
    }
    while let Some(at) = plain.find("\u{1b}[0") {
        let rest = &plain[at + 3..];
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b';'))
            .count();
        if !rest[length..].starts_with('m') {
            break;
        }
        plain.replace_range(at..=at + 3 + length, "");
    }
    plain
}

/// The colours of `cli/output.rs` are the only sequences, and no other control character but line ends and tabs is there.
#[track_caller]
fn assert_clean(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("a terminal gets UTF-8");
    let plain = without_our_colours(&text);
    for letter in plain.chars() {
        let is_fine = matches!(letter, '\r' | '\n' | '\t') || !letter.is_control();
        assert!(is_fine, "{letter:?} in {text:?}");
        assert!(
            !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
                | '\u{e0000}'..='\u{10ffff}'),
            "{letter:?} in {text:?}"
        );
    }
    for word in ["ZXZpbA", "title", "52;c"] {
        assert!(!plain.contains(word), "{word} in {text:?}");
    }
    text
}

/// No run of the token, whatever was put between its letters.
#[track_caller]
fn assert_no_token(shown: &str, token: &str) {
    let letters =
        |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let seen = letters(shown);
    for form in [
        token.to_owned(),
        STANDARD.encode(token),
        STANDARD.encode(format!("Bearer {token}")),
        each(token, |byte| format!("{byte:02X}")),
        each(token, |byte| format!("u{byte:04x}")),
    ] {
        let form = letters(&form);
        for at in (0..form.len() - 40).step_by(20) {
            assert!(!seen.contains(&form[at..at + 40]), "in {shown}");
        }
    }
}

fn token(sandbox: &Sandbox) -> String {
    let token = sandbox.ok(&["token", "wknd-stage"]).out.trim().to_owned();
    sandbox.make_reading_cheap();
    token
}

#[test]
fn hostile_answers_are_cleaned_for_the_terminal_but_not_for_a_pipe() {
    let sandbox = sandbox();
    let token = token(&sandbox);
    let call = ["call", "wknd-stage", "/hostile", "--include"];
    let shown = assert_clean(&on_a_terminal(&sandbox.command(&call)));
    assert_no_token(&shown, &token);
    assert!(
        shown.contains("begin\tof") && shown.contains("last"),
        "{shown}"
    );
    assert!(shown.contains("[redacted]"), "{shown}");
    assert!(shown.contains("x-odd: a"), "{shown}");
    let piped = sandbox.command(&call).output().unwrap();
    let asked = sandbox.mock.requests().pop().unwrap();
    assert!(piped.stdout == answer(&asked), "changed on its way");
    let said = assert_clean(&piped.stderr);
    assert_no_token(&said, &token);
}

/// Each stream decides for itself.
#[test]
fn a_redirected_file_gets_the_bytes_and_the_terminal_clean_text() {
    let sandbox = sandbox();
    let token = token(&sandbox);
    let call = sandbox.command(&["call", "wknd-stage", "/hostile", "--include"]);
    let file = sandbox.mock.directory().join("redirected");
    let redirected = |to: &str| {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec \"$@\" {to}\"$FILE\""), "sh"])
            .arg(call.get_program())
            .args(call.get_args())
            .env("FILE", &file);
        for (name, value) in call.get_envs() {
            shell.env(name, value.unwrap());
        }
        let shown = assert_clean(&on_a_terminal(&shell));
        assert_no_token(&shown, &token);
        (shown, std::fs::read(&file).unwrap())
    };
    let (shown, body) = redirected(">");
    let asked = sandbox.mock.requests().pop().unwrap();
    assert!(body == answer(&asked), "changed on its way");
    assert!(
        shown.contains("x-odd") && !shown.contains("begin"),
        "{shown}"
    );
    let (shown, notes) = redirected("2>");
    assert!(
        shown.contains("begin") && !shown.contains("x-odd"),
        "{shown}"
    );
    assert!(assert_clean(&notes).contains("x-odd"));
}

/// The dashboard is a terminal too.
#[test]
fn a_hostile_answer_is_clean_in_the_dashboard() {
    let sandbox = sandbox();
    let token = token(&sandbox);
    let mut terminal = Dashboard::start(&sandbox.command(&[]));
    terminal.wait_for("wknd-stage");
    terminal.send("t");
    terminal.wait_for("signed in");
    terminal.send("e");
    terminal.wait_for("GET");
    terminal.send("\u{15}/hostile");
    terminal.wait_for("/hostile");
    terminal.send("\r");
    terminal.wait_for("[redacted]");
    assert_no_token(&terminal.screen(), &token);
    // Any other method is a call of one tier, shown on a page of its own.
    terminal.send("e");
    terminal.wait_for("GET");
    terminal.send("\u{15}post /hostile");
    terminal.wait_for("post /hostile");
    terminal.send("\r");
    terminal.wait_for("POST /hostile");
    terminal.wait_for("[redacted]");
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for word in [
        "ZXZpbA",
        "\u{1b}]0;title",
        "\u{9b}",
        "\u{9d}",
        "\u{202e}",
        "\u{200b}",
    ] {
        assert!(!raw.contains(word), "{word:?}");
    }
    assert_no_token(&terminal.screen(), &token);
}

/// Names, files, arguments and variables are repeated in errors, and by the parser of the command line.
#[test]
fn errors_with_hostile_arguments_are_clean() {
    let sandbox = sandbox();
    // The operating system takes no NUL in an argument or a variable.
    let hostile = &HOSTILE.replace('\0', "");
    let home = sandbox.home().to_path_buf();
    let odd_file = home.join(format!("odd{}.json", hostile.replace('/', "")));
    std::fs::write(&odd_file, "{").unwrap();
    let odd_file = odd_file.to_str().unwrap();
    let flag = &format!("--{hostile}");
    let header = &format!("no-colon {hostile}");
    let name = &format!("wknd-stage/{hostile}");
    for arguments in [
        &[hostile.as_str()][..],
        &[flag],
        &["list", hostile],
        &["show", hostile],
        &["show", name],
        &["token", name],
        &["token", "--format", hostile],
        &["call", "wknd-stage", hostile],
        &["call", "wknd-stage", "/", "-H", header],
        &["call", "wknd-stage", "/", "-X", hostile],
        &[
            "call",
            "wknd-stage",
            "/",
            "-X",
            "POST",
            "-d",
            &format!("@{odd_file}x"),
        ],
        &["add", odd_file],
        &["add", &format!("{odd_file}x")],
        &["token", "--file", odd_file],
        &[
            "export",
            "wknd-stage",
            "--output",
            odd_file,
            "--file-passphrase-fd",
            "99",
        ],
        &["import", odd_file, "--file-passphrase-fd", "0"],
        &["exec", "wknd-stage", "--", hostile],
        &["edit", "wknd-stage", "--author", hostile],
        &["edit", "wknd-stage", "--notes", hostile],
        &["show", "wknd-stage"],
        &["edit", "wknd-stage", "--customer", hostile],
        &["list"],
        &["timeline"],
        &["check"],
        &["doctor"],
        &["explain", hostile],
        &["guide", hostile],
        &["--storage", hostile, "list"],
        &["--passphrase-fd", hostile, "list"],
    ] {
        assert_clean(&on_a_terminal(&sandbox.command(arguments)));
    }
    for (variable, value) in [
        ("HTTPS_PROXY", format!("http://{hostile}")),
        ("HTTPS_PROXY", hostile.clone()),
        ("SSL_CERT_FILE", hostile.clone()),
        ("AEMKEYS_STORAGE", hostile.clone()),
        ("AEMKEYS_LOG", hostile.clone()),
        ("NO_PROXY", hostile.clone()),
        ("HOME", format!("{}/{hostile}", home.display())),
    ] {
        for arguments in [&["doctor"][..], &["call", "wknd-stage", "/"]] {
            let mut command = sandbox.command(arguments);
            if variable == "HOME" {
                std::fs::create_dir_all(&value).unwrap();
            }
            command.env(variable, &value);
            assert_clean(&on_a_terminal(&command));
        }
    }
    let configuration = home.join(".config/aemkeys/config.toml");
    let text = format!(
        "storage = \"{}\"\n{} = 3\n",
        "\\u001b]0;title\\u0007", "\"\\u001b[2J\""
    );
    std::fs::write(configuration, text).unwrap();
    assert_clean(&on_a_terminal(&sandbox.command(&["list"])));
}

/// Runs with these variables besides those of the sandbox.
fn with(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = sandbox.command(arguments);
    command.envs(variables.iter().copied());
    command
}

#[test]
fn without_utf8_both_frontends_draw_in_ascii() {
    let sandbox = sandbox();
    let printing = [
        &["list"][..],
        &["check"],
        &["show", "wknd-stage"],
        &["timeline"],
        &["test", "wknd-stage"],
        &["revisions", "wknd-stage"],
        &["leaked", "wknd-stage"],
        &["guide", "first"],
        &["guide", "rotate", "wknd-stage"],
        &["doctor"],
        &["explain", "invalid_client"],
        &["demo", "--print", "120x30"],
        &["demo", "--print", "120x30", "--keys", "R"],
    ];
    for arguments in printing {
        for variables in [
            &[("LC_ALL", "C")][..],
            &[("LANG", "POSIX")],
            &[("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", "C.UTF-8")],
        ] {
            let output = with(&sandbox, arguments, variables).output().unwrap();
            let printed = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&printed);
            assert!(text.len() > 20 && text.is_ascii(), "{arguments:?}: {text}");
            let shown = on_a_terminal(&with(&sandbox, arguments, variables));
            assert!(shown.is_ascii(), "{arguments:?}");
        }
    }
    let mut terminal = Dashboard::start(&with(&sandbox, &[], &[("LC_ALL", "C")]));
    terminal.wait_for("wknd-stage");
    terminal.send("q");
    assert!(terminal.all_output().is_ascii());
    let list = |variables: &[(&str, &str)]| {
        let output = with(&sandbox, &["list"], variables).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!list(&[("LC_ALL", "C.UTF-8")]).is_ascii());
    // The setting counts more.
    let configuration = sandbox.home().join(".config/aemkeys/config.toml");
    let before = std::fs::read_to_string(&configuration).unwrap_or_default();
    std::fs::create_dir_all(configuration.parent().unwrap()).unwrap();
    std::fs::write(&configuration, format!("glyphs = \"ascii\"\n{before}")).unwrap();
    assert!(list(&[("LC_ALL", "C.UTF-8")]).is_ascii());
    std::fs::write(&configuration, format!("glyphs = \"unicode\"\n{before}")).unwrap();
    assert!(!list(&[("LC_ALL", "C")]).is_ascii());
}

#[test]
fn a_dumb_terminal_gets_no_dashboard_and_no_colours() {
    let sandbox = sandbox();
    for (term, why) in [("dumb", "TERM is dumb"), ("", "TERM is not set")] {
        for arguments in [&[][..], &["demo"]] {
            let mut terminal = Dashboard::start(&with(&sandbox, arguments, &[("TERM", term)]));
            terminal.ends();
            let told = String::from_utf8(terminal.all_output()).unwrap();
            assert!(!told.contains('\u{1b}'), "{told:?}");
            for part in ["needs a terminal", why, "aemkeys list", "aemkeys --plain"] {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
        for arguments in [
            &["list"][..],
            &["timeline"],
            &["check"],
            &["--help"],
            &["list", "--odd"],
        ] {
            let shown = on_a_terminal(&with(&sandbox, arguments, &[("TERM", term)]));
            assert!(
                !shown.contains(&0x1b),
                "{arguments:?}: {}",
                String::from_utf8_lossy(&shown)
            );
        }
    }
    assert!(on_a_terminal(&sandbox.command(&["list"])).contains(&0x1b));
}
