//! Every command that the program prints as a remedy: the fault is made, the printed command is run by a shell, and the fault is
//! gone.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod accounts;
mod explanations;
mod hosts;
mod rotation;
mod storage;
mod texts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use aemkeys_core::credential::{NextStep, Part};

use crate::support::dashboard::Dashboard;
use crate::support::sandbox::{Ran, Sandbox, binary};

/// Declares tests with the remedies that each of them runs: steps, and commands that are written out in the source.
macro_rules! remedies {
    ($(fn $test:ident($remedies:ident: $sandbox:expr) runs [$($step:ident),* $(,)?] and [$($text:literal),* $(,)?] $body:block)+) => {
        pub const RUN: &[&str] = &[$($(stringify!($step),)* $($text,)*)+];
        $(
            #[test]
            fn $test() {
                let mut $remedies = super::Remedies::new($sandbox);
                $body
                $remedies.assert_ran(&[$(stringify!($step),)* $($text,)*]);
            }
        )+
    };
}
use remedies;

/// A sandbox, and the remedies that were run in it.
struct Remedies {
    sandbox: Sandbox,
    /// A folder with the program as `aemkeys`.
    programs: tempfile::TempDir,
    ran: BTreeSet<String>,
}

/// A question of the program, and the answer to type.
type Answer<'a> = (&'a str, &'a str);

const YES: &[Answer<'_>] = &[("[y/N]", "y")];

impl Remedies {
    fn new(sandbox: Sandbox) -> Self {
        let programs = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(binary(), programs.path().join("aemkeys")).unwrap();
        Self {
            sandbox,
            programs,
            ran: BTreeSet::new(),
        }
    }

    #[track_caller]
    fn assert_ran(&self, declared: &[&str]) {
        let ran: Vec<&str> = self.ran.iter().map(String::as_str).collect();
        let declared: BTreeSet<&str> = declared.iter().copied().collect();
        assert_eq!(ran, Vec::from_iter(declared));
    }

    /// Writes a file that a remedy needs.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.sandbox.mock.directory().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs a step as it was printed, with its placeholders filled in.
    #[track_caller]
    fn follow(&mut self, said: &Ran, step: impl Into<Part>, fill: &[(&str, &str)]) -> Ran {
        let line = self.printed_step(said, step, fill);
        Ran::of(self.shell(&line).output().unwrap())
    }

    /// Runs a step in a terminal and answers its questions.
    #[track_caller]
    fn answer(
        &mut self,
        said: &Ran,
        step: impl Into<Part>,
        fill: &[(&str, &str)],
        answers: &[Answer<'_>],
    ) -> Ran {
        let line = self.printed_step(said, step, fill);
        self.in_terminal(&line, answers)
    }

    /// Runs a command that the source writes out as `source`, and the program has printed as `line`.
    #[track_caller]
    fn follow_text(&mut self, said: &Ran, source: &str, line: &str, fill: &[(&str, &str)]) -> Ran {
        let line = self.printed(said, source, line, fill);
        Ran::of(self.shell(&line).output().unwrap())
    }

    #[track_caller]
    fn printed_step(&mut self, said: &Ran, step: impl Into<Part>, fill: &[(&str, &str)]) -> String {
        let Part::Step(step, subject, value) = step.into() else {
            panic!("not a step");
        };
        let line = step.command_line(subject.as_deref(), value.as_deref());
        self.printed(said, &format!("{step:?}"), &line, fill)
    }

    #[track_caller]
    fn printed(&mut self, said: &Ran, source: &str, line: &str, fill: &[(&str, &str)]) -> String {
        let text = format!("{}{}", said.out, said.err);
        assert!(text.contains(&format!("`{line}`")), "no `{line}`:\n{text}");
        self.ran.insert(source.to_owned());
        let words: Vec<&str> = line
            .split(' ')
            .map(|word| {
                let given = fill.iter().find(|(placeholder, _)| *placeholder == word);
                given.map_or(word, |(_, given)| given)
            })
            .collect();
        words.join(" ")
    }

    /// A shell in which the program is called `aemkeys`.
    fn shell(&self, line: &str) -> Command {
        let own = self.sandbox.command(&[]);
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .env_clear()
            .envs(
                own.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("PATH", format!("{}:{path}", self.programs.path().display()))
            .stdin(std::process::Stdio::null());
        command
    }

    fn in_terminal(&self, line: &str, answers: &[Answer<'_>]) -> Ran {
        let mut terminal = Dashboard::start(&self.shell(&format!("{line}; echo exit=$?")));
        for (question, answer) in answers {
            terminal.wait_for(question);
            terminal.send(&format!("{answer}\r"));
        }
        let out = String::from_utf8(terminal.all_output()).unwrap();
        let code = out.rsplit_once("exit=").unwrap().1.trim().parse().unwrap();
        let err = String::new();
        Ran { code, out, err }
    }
}

/// The commands between backticks in a text of the source.
fn commands_in(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("`aemkeys ").skip(1);
    parts.filter_map(|rest| Some(rest.split_once('`')?.0))
}

/// Sources of the program without comments and unit tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if matches!(path.extension(), Some(it) if it == "rs" || it == "toml")
            && !path.ends_with("tests.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
            let is_code = |line: &&str| {
                !matches!(line.trim_start().get(..1), Some("#"))
                    && !line.trim_start().starts_with("//")
            };
            found.extend(code.lines().filter(is_code).map(str::to_owned));
        }
    }
}

#[test]
fn every_remedy_is_run_by_a_test() {
    let run: BTreeSet<&str> = [
        accounts::RUN,
        explanations::RUN,
        hosts::RUN,
        rotation::RUN,
        storage::RUN,
        texts::RUN,
        texts::NEED_A_KEYRING,
        crate::serve::access::RUN,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect();
    for step in NextStep::ALL {
        let name = format!("{step:?}");
        assert!(run.contains(name.as_str()), "{name} is not run");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    for folder in ["src", "crates/core/src", "crates/core/assets"] {
        sources(&root.join(folder), &mut lines);
    }
    let written_out: BTreeSet<&str> = lines.iter().flat_map(|line| commands_in(line)).collect();
    assert!(written_out.len() > 5);
    for command in written_out {
        assert!(run.contains(command), "`aemkeys {command}` is not run");
    }
}
