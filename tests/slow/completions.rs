//! Completions in real shells: they know the environments, quote what they insert, and offer files only where files are meant.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

use std::process::Command;

use crate::support::dashboard::Dashboard;
use crate::support::no_session::NO_SESSION;
use crate::support::sandbox::Sandbox;

/// Inserted unquoted, it would run a command.
const HOSTILE: &str = "e$(touch ran)";

/// A home with environments and files, and with aemkeys on the path.
struct Home {
    sandbox: Sandbox,
    path: String,
}

impl Home {
    /// `None`, said, if the shell is missing.
    fn new(shell: &str) -> Option<Self> {
        if Command::new(shell).args(["-c", "true"]).output().is_err() {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{shell} is missing"
            );
            println!("skipped: {shell} is not installed");
            return None;
        }
        let sandbox = Sandbox::new();
        for (name, port) in [("my env", 4502), (HOSTILE, 4503), ("wknd-stage", 4504)] {
            let author = format!("http://localhost:{port}");
            let add = [
                "add", "--type", "local", "--name", name, "--author", &author,
            ];
            sandbox.ok(&[&add[..], &["--customer", "Big Co"]].concat());
        }
        std::fs::write(sandbox.home().join("service token.json"), "").unwrap();
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_aemkeys"))
            .parent()
            .unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        Some(Self { sandbox, path })
    }

    fn command(&self, shell: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(shell);
        command.args(arguments).env_clear().envs(NO_SESSION);
        command
            .env("HOME", self.sandbox.home())
            .env("PATH", &self.path);
        command.current_dir(self.sandbox.home());
        command
    }

    fn run(&self, shell: &str, script: &str) -> String {
        let ran = self.command(shell, &["-c", script]).output().unwrap();
        assert!(
            ran.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        assert!(
            !self.sandbox.home().join("ran").exists(),
            "a name was run as a command"
        );
        String::from_utf8(ran.stdout).unwrap()
    }
}

/// Command lines, each with the completions of its last word before they are quoted.
const LINES: [(&str, &[&str]); 11] = [
    ("aemkeys sh", &["show"]),
    ("aemkeys hold", &[]),
    ("aemkeys show w", &["wknd-stage"]),
    ("aemkeys show MY", &["my env"]),
    ("aemkeys show e", &[HOSTILE]),
    ("aemkeys call wknd-stage:pr", &["wknd-stage:preview"]),
    ("aemkeys edit wknd-stage --customer ", &["Big Co"]),
    ("aemkeys edit wknd-stage --notes ", &[]),
    ("aemkeys list serv", &[]),
    ("aemkeys add serv", &["service token.json"]),
    ("aemkeys guide rot", &["rotate"]),
];

#[test]
fn bash() {
    let Some(home) = Home::new("bash") else {
        return;
    };
    for (line, expected) in LINES {
        let script = format!(
            "source <(aemkeys completions bash); COMP_LINE='{line}' COMP_POINT={}; _aemkeys
            for word in \"${{COMPREPLY[@]}}\"; do eval \"printf '%s\\n' $word\"; done",
            line.len()
        );
        let offered = home.run("bash", &script);
        let expected: Vec<&str> = expected
            .iter()
            .map(|word| word.rsplit(':').next().unwrap())
            .collect();
        assert_eq!(offered.lines().collect::<Vec<_>>(), expected, "{line}");
    }
}

#[test]
fn fish() {
    let Some(home) = Home::new("fish") else {
        return;
    };
    for (line, expected) in LINES {
        let script = format!("aemkeys completions fish | source; complete --do-complete '{line}'");
        let offered = home.run("fish", &script);
        let offered = offered.lines().map(|line| line.split('\t').next().unwrap());
        // Where nothing is typed, fish lists the flags too.
        let offered: Vec<&str> = offered.filter(|word| !word.starts_with('-')).collect();
        assert_eq!(offered, expected, "{line}");
    }
}

#[test]
fn zsh() {
    let Some(home) = Home::new("zsh") else { return };
    let functions = home.sandbox.home().join("functions");
    std::fs::create_dir(&functions).unwrap();
    let script = home.run("zsh", "aemkeys completions zsh");
    std::fs::write(functions.join("_aemkeys"), script).unwrap();
    let start = [
        "autoload -U compinit; compinit -u; source <(aemkeys completions zsh)",
        "fpath+=(~/functions); autoload -U compinit; compinit -u",
    ];
    for start in start {
        let mut shell = Dashboard::start(&home.command("zsh", &["-f", "-i"]));
        shell.send(&format!("PS1='> '; {start}; clear; echo ready$((1))\n"));
        shell.wait_for("ready1");
        for (line, completed) in [
            ("aemkeys show w", "aemkeys show wknd-stage "),
            ("aemkeys show m", "aemkeys show my\\ env "),
            ("aemkeys show e", "aemkeys show e\\$\\(touch\\ ran\\) "),
            (
                "aemkeys call wknd-stage:pr",
                "aemkeys call wknd-stage:preview ",
            ),
            ("aemkeys add ~/serv", "aemkeys add ~/service\\ token.json "),
        ] {
            shell.send(&format!("{line}\tx"));
            shell.wait_for(&format!("> {completed}x"));
            shell.send("\u{15}");
        }
        shell.send("exit\n");
        shell.ends();
    }
    assert!(!home.sandbox.home().join("ran").exists());
}

#[test]
fn elvish() {
    let Some(home) = Home::new("elvish") else {
        return;
    };
    let mut shell = Dashboard::start(&home.command("elvish", &["-norc"]));
    shell.send("set edit:prompt = { put '> ' }; set edit:rprompt = { }; ");
    shell.send("eval (aemkeys completions elvish | slurp); echo ready(+ 0 1)\n");
    shell.wait_for("ready1");
    for (line, completed) in [
        ("aemkeys show w", "aemkeys show wknd-stage"),
        ("aemkeys show m", "aemkeys show 'my env'"),
        ("aemkeys show e", "aemkeys show 'e$(touch ran)'"),
        (
            "aemkeys call wknd-stage:pr",
            "aemkeys call wknd-stage:preview",
        ),
        ("aemkeys add serv", "aemkeys add 'service token.json'"),
    ] {
        shell.send(&format!("{line}\t"));
        shell.wait_for(&format!("> {completed}"));
        // A word in quotes is proposed, and accepted by Enter.
        if completed.ends_with('\'') {
            shell.send("\n");
        }
        shell.send("x");
        shell.wait_for(&format!("> {completed}x"));
        shell.send("\u{15}");
    }
    shell.send("exit\n");
    shell.ends();
    assert!(!home.sandbox.home().join("ran").exists());
}
