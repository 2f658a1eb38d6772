//! Usage errors, as text or as JSON.

use std::ffi::OsString;
use std::process::ExitCode;

use super::output::{self, Stream};
use aemkeys_core::credential::text::{clean, clean_lines};
use aemkeys_core::credential::{Code, Problem};
use clap::error::ContextKind;

/// Prints help and version as answers, and everything else as a usage error.
pub fn answer(error: &clap::Error) -> ExitCode {
    if error.exit_code() == 0 {
        let said = error.render();
        let outcome = if output::wants_colours(Stream::Out) {
            output::drawn(&said.ansi().to_string())
        } else {
            output::answer(said.to_string().as_bytes())
        };
        return match outcome {
            Err(_) => ExitCode::from(74),
            Ok(()) => ExitCode::SUCCESS,
        };
    }
    // The message repeats the arguments, which may contain anything.
    let said = clean_lines(&error.to_string(), 10_000);
    if json_is_asked_for() {
        output::problem(&problem(error, &said), None);
    } else {
        output::on_stderr(&format!("{}\n", said.trim_end()));
    }
    ExitCode::from(64)
}

/// Returns whether errors are printed as JSON. Reads the command line itself, because a usage error has no parsed
/// arguments.
pub fn json_is_asked_for() -> bool {
    wants_json(std::env::args_os().skip(1))
}

/// Returns whether `--json` or `--format json` was given before `--`.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut before = OsString::new();
    for argument in arguments {
        if argument == "--" {
            return false;
        }
        if argument == "--json"
            || argument == "--format=json"
            || (before == "--format" && argument == "json")
        {
            return true;
        }
        before = argument;
    }
    false
}

/// Takes the sentence of clap's message, and what was probably meant, or else how the command is called.
fn problem(error: &clap::Error, said: &str) -> Problem {
    let message = said.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = message.split_whitespace().collect();
    let message = clean(&words.join(" "), 1000);
    let problem = Problem::new(Code::Usage, message.trim_start_matches("error: "));
    let context = |kind| error.get(kind).map(|value| clean(&value.to_string(), 1000));
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    match meant.into_iter().find_map(context) {
        Some(meant) => problem.next_step(format!("did you mean `{meant}`?")),
        None => match context(ContextKind::Usage) {
            Some(usage) => problem.next_step(format!(
                "call it as `{}`",
                usage.trim_start_matches("Usage: ").trim()
            )),
            None => problem,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    fn asks(line: &str) -> bool {
        wants_json(line.split(' ').map(OsString::from))
    }

    #[test]
    fn usage_errors_say_what_was_meant_or_how_to_call_it() {
        for (line, step) in [
            ("aemkeys tokn x", "did you mean `token`?"),
            ("aemkeys token x --refrsh", "did you mean `--refresh`?"),
            ("aemkeys token x --format heade", "did you mean `header`?"),
            ("aemkeys show", "call it as `aemkeys show <NAME>`"),
            ("aemkeys show x --bogus", "call it as `aemkeys show <NAME>`"),
        ] {
            let parsed = Arguments::command().try_get_matches_from(line.split(' '));
            let error = parsed.unwrap_err();
            let problem = problem(&error, &error.to_string());
            assert_eq!(problem.next_step.unwrap().in_shell(), step, "{line}");
            assert!(!problem.message.contains("Usage"), "{}", problem.message);
        }
    }

    #[test]
    fn json_is_asked_for_in_two_ways_and_only_of_us() {
        assert!(asks("check --bogus --json") && asks("token --format json"));
        assert!(asks("token --format=json"));
        assert!(!asks("exec a -- curl --json"));
        assert!(!asks("token --format raw json"));
    }
}
