//! Usage errors, as text or as JSON.

use std::ffi::OsString;
use std::process::ExitCode;

use super::output::{self, Stream};
use aemkeys_core::credential::text::{clean, clean_lines};
use aemkeys_core::credential::{Code, Problem};

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
        output::problem(&problem(&said), None);
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

/// Splits clap's message: the first paragraph is the error, the others are the next step.
fn problem(said: &str) -> Problem {
    let mut paragraphs = said
        .split("\n\n")
        .map(|part| clean(&part.replace('\n', " "), 1000));
    let message = paragraphs.next().unwrap_or_default();
    let message = message.trim().trim_start_matches("error: ");
    let rest: Vec<String> = paragraphs
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let problem = Problem::new(Code::Usage, message);
    if rest.is_empty() {
        problem
    } else {
        problem.next_step(rest.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(line: &str) -> bool {
        wants_json(line.split(' ').map(OsString::from))
    }

    #[test]
    fn json_is_asked_for_in_two_ways_and_only_of_us() {
        assert!(asks("check --bogus --json") && asks("token --format json"));
        assert!(asks("token --format=json"));
        assert!(!asks("exec a -- curl --json"));
        assert!(!asks("token --format raw json"));
    }
}
