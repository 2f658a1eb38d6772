//! Usage errors, as text or as JSON.

use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

use super::output::{self, Stream};
use aemkeys_core::credential::text::{clean, clean_lines};
use aemkeys_core::credential::{Code, Problem};
use clap::error::{ContextKind, ErrorKind};

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
    if is_help(error) && !output::mode().json {
        output::on_stderr(&format!("{}\n", said.trim_end()));
    } else {
        output::problem(&problem(error, &said), None);
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

/// Returns whether it is the help of a command that needs another word.
fn is_help(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// Takes the sentence of clap's message, its reason, and what was probably meant, or else how the command is called.
fn problem(error: &clap::Error, said: &str) -> Problem {
    let context = |kind| error.get(kind).map(ToString::to_string);
    let (message, usage) = if is_help(error) {
        let usage = said.split("Usage: ").nth(1).unwrap_or_default();
        let usage = usage.split("\n\n").next().map(str::to_owned);
        ("no subcommand was given", usage)
    } else {
        let message = said.split("\n\n").next().unwrap_or_default();
        (message, context(ContextKind::Usage))
    };
    // The possible values follow in brackets.
    let message = message.split("\n  [").next().unwrap_or_default();
    let message = one_line(message.trim_start_matches("error: "));
    let reason = error.source().map(|source| one_line(&source.to_string()));
    let bare = reason
        .as_ref()
        .and_then(|reason| message.strip_suffix(&format!(": {reason}")));
    let problem = Problem::new(Code::Usage, bare.unwrap_or(&message));
    let values = context(ContextKind::ValidValue).filter(|values| !values.is_empty());
    let values = values.map(|values| format!("possible values: {values}"));
    let problem = problem.cause(reason.or(values).unwrap_or_else(|| why(error).to_owned()));
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let next = if let Some(meant) = meant.into_iter().find_map(context) {
        format!(
            "did you mean `{}`?",
            one_line(&meant).replace(", ", "` or `")
        )
    } else if let Some(usage) = usage {
        let lines = usage.trim_start_matches("Usage: ").lines();
        let lines: Vec<String> = lines.map(|line| format!("`{}`", one_line(line))).collect();
        format!("call it as {}", lines.join(" or "))
    } else if let Some(argument) = context(ContextKind::InvalidArg) {
        format!("give a valid value for `{}`", one_line(&argument))
    } else {
        "run it with `--help`".to_owned()
    };
    problem.next_step(next)
}

/// The reason of an error that has none of its own.
fn why(error: &clap::Error) -> &'static str {
    match error.kind() {
        ErrorKind::InvalidSubcommand => "there is no such command",
        ErrorKind::UnknownArgument => "the command takes no such argument",
        ErrorKind::MissingRequiredArgument => "the command cannot run without it",
        ErrorKind::ArgumentConflict => "only one of them can be given",
        ErrorKind::InvalidValue => "the value is missing or empty",
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "the command does nothing without one"
        }
        _ => "the arguments do not fit the command",
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    clean(&words.join(" "), 1000)
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
    fn usage_errors_have_a_cause_and_a_next_step() {
        for (line, said, why, step) in [
            (
                "aemkeys tokn x",
                "unrecognized subcommand 'tokn'",
                "there is no such command",
                "did you mean `token`?",
            ),
            (
                "aemkeys token x --refrsh",
                "unexpected argument '--refrsh' found",
                "the command takes no such argument",
                "did you mean `--refresh`?",
            ),
            (
                "aemkeys timeline --fail-on sone",
                "unexpected argument '--fail-on' found",
                "the command takes no such argument",
                "call it as `aemkeys timeline [OPTIONS]`",
            ),
            (
                "aemkeys open x autor",
                "invalid value 'autor' for '[TARGET]'",
                "possible values: author, publish, preview, console",
                "did you mean `author`?",
            ),
            (
                "aemkeys check --within soon",
                "invalid value 'soon' for '--within <TIME>'",
                "write a duration such as 30d, 2h, 10m or 90s",
                "give a valid value for `--within <TIME>`",
            ),
            (
                "aemkeys add a --name",
                "a value is required for '--name <NEW>' but none was supplied",
                "the value is missing or empty",
                "give a valid value for `--name <NEW>`",
            ),
            (
                "aemkeys show",
                "the following required arguments were not provided: <NAME>",
                "the command cannot run without it",
                "call it as `aemkeys show <NAME>`",
            ),
            (
                "aemkeys show x --color never --color never",
                "the argument '--color <WHEN>' cannot be used multiple times",
                "only one of them can be given",
                "call it as `aemkeys show [OPTIONS] <NAME>`",
            ),
            (
                "aemkeys config",
                "no subcommand was given",
                "the command does nothing without one",
                "call it as `aemkeys config [OPTIONS] <COMMAND>`",
            ),
            (
                "aemkeys storage bogus",
                "unrecognized subcommand 'bogus'",
                "there is no such command",
                "call it as `aemkeys storage [OPTIONS]` or `aemkeys storage <COMMAND>`",
            ),
        ] {
            let parsed = Arguments::command().try_get_matches_from(line.split(' '));
            let error = parsed.unwrap_err();
            let problem = problem(&error, &error.to_string());
            assert_eq!(problem.message, said, "{line}");
            assert_eq!(problem.cause.as_deref(), Some(why), "{line}");
            assert_eq!(problem.next_step.unwrap().in_shell(), step, "{line}");
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
