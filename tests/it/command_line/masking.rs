//! `exec --mask`: the token is replaced in what the program prints; everything else is passed on as it is.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::sandbox::Sandbox;

const EXEC: [&str; 6] = ["exec", "wknd-stage", "--mask", "--", "sh", "-c"];

fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-stage/", "stage");
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    sandbox.make_reading_cheap();
    (sandbox, token.trim_end().to_owned())
}

fn command(sandbox: &Sandbox, script: &str) -> Command {
    sandbox.command(&[&EXEC[..], &[script]].concat())
}

#[test]
fn the_token_is_replaced_on_both_streams_in_every_form() {
    let (sandbox, token) = sandbox();
    let script = r#"echo "Token: $AEM_TOKEN."
        printf 'Authorization: Bearer %s' "$AEM_TOKEN" | base64 >&2
        printf 'x%s' "$AEM_TOKEN" | base64 -w0; echo
        printf 'xy%s' "$AEM_TOKEN" | base64 -w0 | tr +/ -_ >&2
        env | grep -c "$AEM_TOKEN""#;
    let output = command(&sandbox, script).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "Token: ***.");
    assert!(lines[1].contains("***") && lines[1].len() < 10, "{out}");
    assert_eq!(lines[2], "1", "the program has the token");
    assert_eq!(err.matches("***").count(), 2, "{err}");
    assert!(err.len() < 60, "{err}");
    for part in token.as_bytes().chunks(24) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!format!("{out}{err}").contains(part));
    }
}

#[test]
fn a_token_in_pieces_is_replaced() {
    let (sandbox, token) = sandbox();
    let script = "begin=${AEM_TOKEN%????????????????????????}
        printf '%s' \"$begin\"; sleep 0.2; printf '%s\\n' \"${AEM_TOKEN#\"$begin\"}\"
        printf e; sleep 0.2; printf '%s\\n' \"${AEM_TOKEN#e}\"";
    let output = command(&sandbox, script).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(token.starts_with('e'));
    assert_eq!(out, "***\ne***\n");
}

#[test]
fn a_prompt_is_shown_before_the_answer_is_typed() {
    let (sandbox, _) = sandbox();
    // The first letter of a token, and half a character: shown, too.
    for prompt in ["Continue? ", "Your name", "\\303"] {
        let script = format!("printf '{prompt}'; read -r answer; echo \"[$answer]\"");
        let mut child = command(&sandbox, &script)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let length = if prompt.len() == 4 { 1 } else { prompt.len() };
        out.read_exact(&mut vec![0; length]).unwrap();
        child.stdin.take().unwrap().write_all(b"yes\n").unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "[yes]\n");
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn exit_codes_and_signals_are_kept() {
    let (sandbox, _) = sandbox();
    let status = |script: &str| command(&sandbox, script).status().unwrap();
    assert_eq!(status("exit 7").code(), Some(7));
    assert_eq!(status("exit 255").code(), Some(255));
    for number in [9, 15, 2, 11] {
        let ended = status(&format!("kill -{number} $$"));
        assert_eq!(ended.signal(), Some(number), "{ended:?}");
    }
    let missing = ["exec", "wknd-stage", "--mask", "--", "no-such-program"];
    sandbox.exits(127, &missing).says("could not start");

    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::USR1, "USR1"),
    ] {
        let script = format!(
            "trap 'echo got {name}; exit 3' {name}; echo ready; while :; do sleep 0.05; done"
        );
        let mut child = command(&sandbox, &script).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 6]).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(3));
    }
}

#[test]
fn binary_output_is_unchanged_and_a_closed_reader_ends_the_program() {
    let (sandbox, _) = sandbox();
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let file = sandbox.home().join("bytes");
    std::fs::write(&file, &bytes).unwrap();
    let output = command(&sandbox, "cat \"$HOME/bytes\"; cat \"$HOME/bytes\" >&2");
    let output = { output }.output().unwrap();
    assert!(output.stdout == bytes && output.stderr == bytes);

    let mut child = command(&sandbox, "exec yes").spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 100]).unwrap();
    drop(out);
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(13), "{ended:?}");
}
