//! Prompts on the controlling terminal, in real shells: with redirected streams, in substitutions, in the background.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says what it skips"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::dashboard::Dashboard;
use crate::support::no_session::NO_SESSION;
use crate::support::sandbox::Sandbox;

const PASSPHRASE: &str = "correct horse\r";
const ASKS: &str = "Passphrase for aemkeys: ";
const ADDRESS: &str = "http://localhost:4502";
/// A command that needs the passphrase, and prints [`ADDRESS`].
const COMMAND: &str = "aemkeys exec sdk printenv AEM_AUTHOR_URL";
/// Prints whether the terminal echoes: `is-on` or `is-off`.
const MODES: &str = "stty -a | grep -q -e '-echo\\b' && echo is-$(echo off) || echo is-$(echo on)";
const BACKGROUND: &str = "aemkeys runs in the background";
const NO_TERMINAL: &str = "there is no terminal to ask on";

struct Shell {
    sandbox: Sandbox,
    terminal: Dashboard,
    /// The number of lines that were typed, so that the end of each has its own mark.
    lines: usize,
    /// How much was shown before the last line.
    from: usize,
}

impl Shell {
    /// An interactive shell with aemkeys on its path, which asks for its passphrase. `None`, said, if the shell is missing.
    fn start(name: &str) -> Option<Self> {
        if Command::new(name).args(["-c", "true"]).output().is_err() {
            let is_ci = std::env::var("CI").as_deref() == Ok("true");
            assert!(!is_ci, "{name} is missing");
            println!("skipped: {name} is not installed");
            return None;
        }
        let sandbox = Sandbox::new();
        let sdk = ["--name", "sdk", "--author", ADDRESS];
        sandbox.ok(&[&["add", "--type", "local"], &sdk[..]].concat());
        sandbox.make_reading_cheap();
        let configuration = sandbox.home().join(".config/aemkeys/config.toml");
        std::fs::write(configuration, "storage = \"file\"\n").unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_aemkeys"));
        let folder = binary.parent().unwrap().display();
        let options: &[&str] = match name {
            "bash" => &["--norc", "-i"],
            "zsh" => &["-f", "-i"],
            _ => &["--no-config", "-i"],
        };
        let mut command = Command::new(name);
        command.args(options).env_clear().envs(NO_SESSION);
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        command.env("HOME", sandbox.home()).env("PATH", path);
        let mut shell = Self {
            terminal: Dashboard::start(&command),
            sandbox,
            lines: 0,
            from: 0,
        };
        shell.run("cd", "", "");
        Some(shell)
    }

    /// Types a line, and looks for texts after it.
    fn send(&mut self, line: &str) {
        self.from = self.terminal.raw().len();
        self.terminal.send(line);
    }

    /// Types at a prompt that is shown.
    fn answer(&mut self, keys: &str) {
        self.terminal.send(keys);
    }

    /// Returns what was shown since the last line was sent.
    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.terminal.raw()[self.from..]).into_owned()
    }

    #[track_caller]
    fn sees(&self, text: &str) {
        self.sees_times(text, 1);
    }

    #[track_caller]
    fn sees_times(&self, text: &str, count: usize) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.shown().matches(text).count() < count {
            let shown = self.shown();
            assert!(Instant::now() < deadline, "no {text:?} in:\n{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a line, types `answer` at its prompt, waits for its end, and returns what was shown.
    #[track_caller]
    fn run(&mut self, line: &str, asks: &str, answer: &str) -> String {
        self.lines += 1;
        let mark = format!("done-{}-", self.lines);
        self.send(&format!("{line}; echo {mark}$(echo end)\n"));
        if !asks.is_empty() {
            self.sees(asks);
            self.answer(answer);
        }
        self.sees(&format!("{mark}end"));
        self.shown()
    }

    /// Nothing typed at a prompt was ever shown, and the terminal echoes again.
    #[track_caller]
    fn ends(mut self) {
        let modes = self.run(MODES, "", "");
        assert!(modes.contains("is-on"), "{modes}");
        self.from = 0;
        assert!(!self.shown().contains("horse"), "{}", self.shown());
        self.send("exit\n");
        self.terminal.ends();
    }
}

/// Lines that print the address after a prompt, in bash and zsh, and in fish.
const ASKING: [(&str, &str); 6] = [
    ("echo $(COMMAND)", "echo $(COMMAND)"),
    ("COMMAND | cat", "COMMAND | cat"),
    ("COMMAND 2>errors", "COMMAND 2>errors"),
    ("COMMAND <word", "COMMAND <word"),
    (
        "COMMAND </dev/null 2>/dev/null | cat",
        "COMMAND </dev/null 2>/dev/null | cat",
    ),
    (
        "sh -c 'echo $(COMMAND 2>&1 </dev/null)'",
        "cat (COMMAND | psub)",
    ),
];

fn asks_wherever_its_streams_go(name: &str) {
    let Some(mut shell) = Shell::start(name) else {
        return;
    };
    for (posix, fish) in ASKING {
        let line = if name == "fish" { fish } else { posix };
        let shown = shell.run(&line.replace("COMMAND", COMMAND), ASKS, PASSPHRASE);
        assert!(shown.contains(ADDRESS), "{line}: {shown}");
    }
    // A script has no job control, so its substitutions are in the foreground.
    let line = format!("bash -c 'cat <({COMMAND})'");
    let shown = shell.run(&line, ASKS, PASSPHRASE);
    assert!(shown.contains(ADDRESS), "{shown}");
    // Two at once ask one after the other.
    shell.send(&format!("sh -c '{COMMAND} & {COMMAND}; wait'\n"));
    for count in 1..=2 {
        shell.sees_times(ASKS, count);
        shell.answer(PASSPHRASE);
    }
    shell.sees_times(ADDRESS, 2);
    shell.ends();
}

#[test]
fn bash_asks_wherever_its_streams_go() {
    asks_wherever_its_streams_go("bash");
}

#[test]
fn zsh_asks_wherever_its_streams_go() {
    asks_wherever_its_streams_go("zsh");
}

#[test]
fn fish_asks_wherever_its_streams_go() {
    asks_wherever_its_streams_go("fish");
}

fn background_says_what_it_needs(name: &str) {
    let Some(mut shell) = Shell::start(name) else {
        return;
    };
    let mut lines = vec![(format!("{COMMAND} & wait"), BACKGROUND)];
    if name != "fish" {
        lines.push((format!("cat <({COMMAND})"), BACKGROUND));
    }
    if cfg!(target_os = "linux") {
        lines.push((format!("setsid -w {COMMAND}"), NO_TERMINAL));
    }
    for (line, why) in lines {
        shell.run(&line, "", "");
        // `cat` ends as soon as its input does, maybe before the error is written.
        shell.sees("AEMKEYS_PASSPHRASE_COMMAND");
        shell.sees(why);
        if cfg!(target_os = "linux") {
            shell.sees("aemkeys unlock");
        }
        let shown = shell.shown();
        assert!(!shown.contains(ASKS), "{line}: {shown}");
    }
    shell.ends();
}

#[test]
fn bash_says_in_the_background_what_it_needs() {
    background_says_what_it_needs("bash");
}

#[test]
fn zsh_says_in_the_background_what_it_needs() {
    background_says_what_it_needs("zsh");
}

#[test]
fn fish_says_in_the_background_what_it_needs() {
    background_says_what_it_needs("fish");
}

/// The shell gives the terminal to `cat` while the prompt is shown.
#[test]
fn losing_the_terminal_ends_the_prompt() {
    let Some(mut shell) = Shell::start("bash") else {
        return;
    };
    shell.run(&format!("cat <({COMMAND}) $(sleep 5)"), ASKS, "");
    shell.sees(BACKGROUND);
    shell.ends();
}

#[test]
fn signals_restore_the_echo() {
    let Some(mut shell) = Shell::start("bash") else {
        return;
    };
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
        let line = format!("sh -c 'echo pid-$$-; exec {COMMAND}'");
        shell.send(&format!("{line}; echo code-$?; {MODES}\n"));
        shell.sees(ASKS);
        shell.answer("correct ho");
        let shown = shell.shown();
        let mut ids = shown.split("pid-").filter_map(|it| it.split('-').next());
        let id = ids.find(|id| id.parse::<u32>().is_ok()).unwrap();
        let killed = Command::new("kill").args(["-s", signal, id]).status();
        assert!(killed.unwrap().success());
        shell.sees(&format!("code-{code}"));
        shell.sees("is-on");
    }
    // Ctrl-C ends the loop, not one of its commands.
    shell.send(&format!("for i in 1 2 3; do {COMMAND}; done\n"));
    shell.sees(ASKS);
    shell.answer("corr\u{3}");
    // The shell's next prompt, which turns bracketed paste on.
    shell.sees("2004h");
    shell.answer("echo next$(echo line)\n");
    shell.sees("nextline");
    assert_eq!(shell.shown().matches(ASKS).count(), 1);
    // Ctrl-Z stops; `fg` asks again, and what was typed before does not count.
    shell.send(&format!("{COMMAND}\n"));
    shell.sees(ASKS);
    shell.answer("corr\u{1a}");
    shell.sees("Stopped");
    assert!(shell.run(MODES, "", "").contains("is-on"));
    shell.send("fg\n");
    shell.sees(ASKS);
    shell.answer(PASSPHRASE);
    shell.sees(ADDRESS);
    // In the background it does not wait for ever.
    shell.send(&format!("{COMMAND}\n"));
    shell.sees(ASKS);
    shell.answer("\u{1a}");
    shell.sees("Stopped");
    shell.send("bg\n");
    shell.sees(BACKGROUND);
    shell.ends();
}

#[test]
fn while_a_prompt_is_stopped_another_one_can_ask() {
    let Some(mut shell) = Shell::start("bash") else {
        return;
    };
    let word = shell.sandbox.home().join("word");
    std::fs::set_permissions(&word, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = word.display();
    let remove = format!("AEMKEYS_PASSPHRASE_FILE='{file}' aemkeys remove sdk");
    for (line, asks, answer) in [(COMMAND, ASKS, PASSPHRASE), (&remove, "[y/N] ", "n\r")] {
        shell.send(&format!("{line}\n"));
        shell.sees(asks);
        shell.answer("\u{1a}");
        shell.sees("Stopped");
        shell.run(line, asks, answer);
        // The first one asks again.
        shell.run("fg", asks, answer);
    }
    shell.ends();
}

#[test]
fn only_what_is_typed_at_the_prompt_counts() {
    let Some(mut shell) = Shell::start("bash") else {
        return;
    };
    // Typed before the prompt, it is no answer, and no command later.
    shell.send(&format!("sleep 2; {COMMAND}; echo 'a'-$(echo 1)\n"));
    shell.answer("touch typed-ahead\r");
    shell.sees(ASKS);
    shell.answer(PASSPHRASE);
    shell.sees("a-1");
    shell.sees(ADDRESS);
    // The rest of a pasted text does not reach the shell.
    let pasted = format!("{PASSPHRASE}touch pasted\rtouch pasted\r");
    let shown = shell.run(COMMAND, ASKS, &pasted);
    assert!(shown.contains(ADDRESS), "{shown}");
    // A wrong passphrase can be corrected; a long one is refused and not cut.
    shell.send(&format!("{COMMAND}\n"));
    shell.sees(ASKS);
    shell.answer("wrong\r");
    shell.sees("Wrong passphrase. ");
    shell.answer(PASSPHRASE);
    shell.sees(ADDRESS);
    let shown = shell.run(COMMAND, ASKS, &format!("{}\r", "x".repeat(3000)));
    assert!(shown.contains("longer than 2048 bytes"), "{shown}");
    // Ctrl-D cancels.
    assert!(shell.run(COMMAND, ASKS, "\u{4}").contains("cancelled"));
    for name in ["typed-ahead", "pasted"] {
        assert!(!shell.sandbox.home().join(name).exists(), "{name}");
    }
    shell.ends();
}

/// A confirmation is typed on the terminal, too, and shown.
#[test]
fn confirmations_are_asked_wherever_the_streams_go() {
    let Some(mut shell) = Shell::start("zsh") else {
        return;
    };
    let word = shell.sandbox.home().join("word");
    std::fs::set_permissions(&word, std::fs::Permissions::from_mode(0o600)).unwrap();
    let variable = format!("AEMKEYS_PASSPHRASE_FILE='{}'", word.display());
    let remove = format!("{variable} aemkeys remove sdk 2>errors </dev/null");
    let shown = shell.run(&format!("echo $({remove})"), "[y/N] ", "n\r");
    assert!(shown.contains("[y/N] n\r\n"), "{shown}");
    assert!(shell.run("aemkeys list", "", "").contains("localhost"));
    shell.run(&format!("{remove} | cat"), "[y/N] ", "y\r");
    assert!(!shell.run("aemkeys list", "", "").contains("localhost"));
    shell.ends();
}
