//! Command-line frontend. The answer goes to stdout, everything else to stderr.
//!
//! One file per command: its arguments, what it does, and its JSON. `options` has the arguments that several commands share.

mod add;
mod allow;
mod ask;
mod block_on;
mod call;
mod check;
pub mod check_exit_code;
mod completions;
mod config;
mod copy;
mod credential;
mod dashboard;
#[cfg(feature = "demo")]
pub mod demo;
mod discover;
mod doctor;
mod document;
mod edit;
mod env;
mod exchange;
mod exec;

mod explain;
mod export;
mod globals;
mod guard;
mod guide;
mod hold_clipboard;
mod import;
mod install;
mod invalidate_token;
mod leaked;
mod list;
mod lock;
mod man;
mod open;
mod options;
mod output;
pub mod panic;
mod paste;
mod remove;
mod revisions;
mod rotate;
mod schedule;
mod serve;
mod show;
mod storage;
mod test;
mod timeline;
mod token;
mod unlock;
mod usage;
mod used_by;
mod version;
mod which;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::{DESCRIPTORS_PASSED_ON, PassphraseDescriptor, StorageKind, resolve};
use aemkeys_core::credential::{Code, Problem};
pub use document::schema as json_schema;
use globals::Globals;
use output::ColourChoice;

/// The heading of the options that all commands have.
const GLOBAL: &str = "Global options";

/// Credentials and access tokens for AEM as a Cloud Service.
///
/// Without a command, opens the dashboard. Secrets are stored in the keyring of the operating system or in an encrypted file,
/// and never read from command-line arguments.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(
    name = "aemkeys",
    bin_name = "aemkeys",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Examples:
  aemkeys
  aemkeys add service_token.json --name wknd-stage --type stage
  aemkeys test wknd-stage
  aemkeys token wknd-stage --format header | curl -H @- https://author-p123-e1250.adobeaemcloud.com/content/dam.json"
)]
struct Arguments {
    /// Storage of the secrets; also set by `AEMKEYS_STORAGE` or `config.toml`
    #[arg(long, global = true, help_heading = GLOBAL, value_parser = options::choice(["keyring", "file"], StorageKind::parse))]
    storage: Option<StorageKind>,
    /// Read the passphrase of the passphrase file from this open file descriptor
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "N", value_parser = PassphraseDescriptor::parse,
        hide = !DESCRIPTORS_PASSED_ON)]
    passphrase_fd: Option<PassphraseDescriptor>,
    /// Print one JSON document, also for an error
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// When to use colours
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "WHEN", default_value = "auto",
        hide_default_value = true, value_parser = options::choice(["auto", "always", "never"], ColourChoice::parse))]
    color: ColourChoice,
    /// Print only the answer, warnings and errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    quiet: bool,
    /// Print requests on standard error, without secrets
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    verbose: bool,
    /// Use the dashboard as lines of text with numbered choices, for screen readers and logs; also set by `ACCESSIBLE=1`
    #[arg(long)]
    plain: bool,
    #[command(subcommand)]
    command: Option<CliCommand>,
}

/// Defines [`CliCommand`]. `Name(module::NameArgs)` is a subcommand that `module::run` carries out.
macro_rules! commands {
    ($($(#[$attribute:meta])* $name:ident($module:ident::$arguments:ident),)+) => {
        #[derive(Debug, Subcommand)]
        enum CliCommand {
            $($(#[$attribute])* $name($module::$arguments),)+
        }

        impl CliCommand {
            /// Returns the exit code.
            fn run(self, globals: &Globals) -> Result<u8, Problem> {
                match self {
                    $($(#[$attribute])* Self::$name(arguments) => $module::run(globals, arguments),)+
                }
            }
        }
    };
}

// In the order of the help.
commands! {
    Add(add::AddArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Check(check::CheckArgs),
    Timeline(timeline::TimelineArgs),
    Schedule(schedule::ScheduleArgs),
    Exchange(exchange::ExchangeArgs),
    Token(token::TokenArgs),
    Copy(copy::CopyArgs),
    Paste(paste::PasteArgs),
    Test(test::TestArgs),
    Call(call::CallArgs),
    Env(env::EnvArgs),
    Exec(exec::ExecArgs),
    Which(which::WhichArgs),
    Allow(allow::AllowArgs),
    Serve(serve::ServeArgs),
    Edit(edit::EditArgs),
    Open(open::OpenArgs),
    Discover(discover::DiscoverArgs),
    Credential(credential::CredentialArgs),
    Rotate(rotate::RotateArgs),
    Revisions(revisions::RevisionsArgs),
    UsedBy(used_by::UsedByArgs),
    Leaked(leaked::LeakedArgs),
    Remove(remove::RemoveArgs),
    InvalidateToken(invalidate_token::InvalidateTokenArgs),
    Explain(explain::ExplainArgs),
    Guide(guide::GuideArgs),
    Storage(storage::StorageArgs),
    Config(config::ConfigArgs),
    Unlock(unlock::UnlockArgs),
    Lock(lock::LockArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Doctor(doctor::DoctorArgs),
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Version(version::VersionArgs),
}

/// Runs the command line and returns its exit code (see [`exit_code`]).
pub fn main() -> ExitCode {
    panic::end_on_panic();
    crate::app::harden();
    if let Some(code) = hold_clipboard::hold_if_asked() {
        return code;
    }
    if completions::answer_shell() {
        return ExitCode::SUCCESS;
    }
    let parsed = Arguments::command().try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((arguments, matches))
    });
    let (arguments, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage::answer(&error),
    };
    output::set_mode(output::Mode {
        json: arguments.json
            || matches!(&arguments.command, Some(CliCommand::Token(token)) if token.is_json()),
        quiet: arguments.quiet,
        verbose: arguments.verbose,
        colour: arguments.color,
    });
    let globals = Globals::new(arguments.storage, arguments.passphrase_fd);
    let outcome = match arguments.command {
        Some(command) if arguments.json && !command.has_json() => Err(no_json(&matches)),
        None if arguments.json => Err(no_json(&matches)),
        Some(_) if arguments.plain => Err(Problem::new(
            Code::Usage,
            "--plain is an option of the dashboard, not of commands",
        )
        .next_step("commands print text that a screen reader can read; use `aemkeys --plain`, or `aemkeys demo --plain`")),
        Some(command) => command.run(&globals),
        None => dashboard::run(&globals, arguments.plain),
    };
    globals.warn_of_rollback();
    match outcome.and_then(|code| document::finish().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            let code = problem.code.exit().number();
            report(problem, &matches);
            ExitCode::from(code)
        }
    }
}

/// Prints the error of a command. Its next step names what the command was given.
fn report(mut problem: Problem, matches: &ArgMatches) {
    let subject = subject(matches);
    if let (Some(step), Some(name)) = (&mut problem.next_step, &subject) {
        step.set_subject(name);
    }
    let item = subject.or_else(|| file(matches));
    output::problem(&problem, item.as_deref());
}

/// Runs a command line within this process. An error of the command is printed, as it would be.
#[cfg(feature = "demo")]
fn run_line(globals: &Globals, words: &[&str]) -> Result<(), Problem> {
    let line = ["aemkeys"].iter().chain(words);
    let invalid = |_| Problem::new(Code::Internal, "the command line is not valid");
    let matches = Arguments::command()
        .try_get_matches_from(line)
        .map_err(invalid)?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(invalid)?;
    if let Some(Err(problem)) = arguments.command.map(|command| command.run(globals)) {
        report(problem, &matches);
    }
    Ok(())
}

impl CliCommand {
    /// Returns whether `--json` changes what the command prints. The others print something else, or what a program prints.
    fn has_json(&self) -> bool {
        match self {
            Self::Check(arguments) => !arguments.ics && !arguments.prometheus,
            Self::Guide(arguments) => !arguments.api_yaml,
            Self::Timeline(arguments) => arguments.svg.is_none(),
            Self::Serve(arguments) => !arguments.prints(),
            Self::Env(_) | Self::Exec(_) | Self::Credential(_) => false,
            Self::Completions(arguments) => arguments.installs(),
            Self::Man(arguments) => arguments.installs(),
            #[cfg(feature = "demo")]
            Self::Demo(_) => false,
            _ => true,
        }
    }
}

/// Returns the error for `--json` where nothing could be JSON.
fn no_json(matches: &ArgMatches) -> Problem {
    let what = match matches.subcommand() {
        None => "the dashboard".to_owned(),
        Some(("check", given)) if given.get_flag("ics") => "`check --ics`".to_owned(),
        Some(("check", _)) => "`check --prometheus`".to_owned(),
        Some(("guide", _)) => "`guide --api-yaml`".to_owned(),
        Some(("serve", _)) => "`serve --print`".to_owned(),
        Some((command, _)) => format!("`{command}`"),
    };
    Problem::new(Code::Usage, format!("{what} has no JSON output")).next_step("leave out `--json`")
}

/// Returns the name that the command was given, without its tier, for the steps of an error that name none.
fn subject(matches: &ArgMatches) -> Option<String> {
    let (_, given) = matches.subcommand()?;
    let of = |id| given.try_get_many::<String>(id).ok().flatten();
    let mut names = of("name").or_else(|| of("names"))?;
    let name = names.next().filter(|_| names.len() == 0)?;
    let name = resolve::name_and_tier(name).map_or(name.as_str(), |(name, _)| name);
    Some(name.to_owned())
}

/// Returns the file that the command was given, if there is exactly one.
fn file(matches: &ArgMatches) -> Option<String> {
    let (_, given) = matches.subcommand()?;
    let of = |id| given.try_get_many::<PathBuf>(id).ok().flatten();
    let mut files = of("files").or_else(|| of("file"))?;
    let file = files.next().filter(|_| files.len() == 0)?;
    Some(file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the words of a command line, split by a shell.
    fn words(line: &str) -> Vec<String> {
        // A sentence may name a command up to its first quote.
        shlex::split(line).unwrap_or_default()
    }

    /// Returns the aemkeys commands in the examples of a help text, without pipes and redirections.
    fn examples(help: &str) -> Vec<String> {
        let joined = help.replace(" \\\n    ", " ");
        let lines = joined.lines().filter(|line| line.starts_with("  "));
        lines
            .filter_map(|line| line.find("aemkeys ").map(|at| &line[at..]))
            .map(|line| {
                let ends = [" | ", " > ", " < ", ")"];
                let end = ends.iter().filter_map(|end| line.find(end)).min();
                line[..end.unwrap_or(line.len())].to_owned()
            })
            .collect()
    }

    #[test]
    fn every_command_and_argument_is_documented() {
        let mut command = Arguments::command();
        command.build();
        for sub in command.get_subcommands() {
            let name = sub.get_name();
            assert!(sub.get_about().is_some(), "{name} has no description");
            for argument in sub.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some(), "{name}: {id} has no help");
            }
        }
    }

    /// Checks the examples of a command and of those below it. `path`: the words that lead to it.
    fn check_examples(command: &clap::Command, path: &[&str]) {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        assert!(help.contains("Examples:\n"), "{path:?} has no examples");
        for example in examples(&help) {
            assert!(example.len() < 78, "too long for a terminal: {example}");
            let words = words(&example);
            assert_eq!(words[1..=path.len()], *path, "{example}");
            if let Err(error) = Arguments::try_parse_from(words) {
                panic!("{example}: {error}");
            }
        }
        for sub in command.get_subcommands() {
            check_examples(sub, &[path, &[sub.get_name()]].concat());
        }
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        check_examples(&Arguments::command(), &[]);
    }

    /// Returns the commands of a page of the book: in code blocks, and in code within a sentence.
    fn commands_of(page: &str) -> Vec<&str> {
        let mut commands = Vec::new();
        let mut in_block = false;
        for line in page.lines() {
            in_block ^= line.starts_with("```");
            let starts = line.match_indices("aemkeys ").filter(|(at, _)| {
                let before = line[..*at].chars().next_back();
                before == Some('`') || (in_block && before.is_none_or(|c| " (/".contains(c)))
            });
            for (at, _) in starts {
                let rest = &line[at..];
                let ends = ["`", ")", " |", " >", " < ", " 3<", ";", " && "];
                let end = ends.iter().filter_map(|end| rest.find(end)).min();
                commands.push(&rest[..end.unwrap_or(rest.len())]);
            }
        }
        commands
    }

    #[test]
    fn every_command_in_the_readme_and_the_book_parses() {
        use clap::error::ErrorKind;
        let mut pages = vec![PathBuf::from("README.md")];
        let mut folders = vec![PathBuf::from("docs/src")];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                // This page is what the commands print.
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "md")
                    && !path.ends_with("commands.md")
                {
                    pages.push(path);
                }
            }
        }
        for path in pages {
            let page = std::fs::read_to_string(&path).unwrap();
            for command in commands_of(&page) {
                count += 1;
                if command.contains("passphrase-fd") && !DESCRIPTORS_PASSED_ON {
                    continue;
                }
                let parsed = Arguments::try_parse_from(words(&command.replace('$', "")));
                let accepted = parsed.err().is_none_or(|error| {
                    // A sentence may name a command without its arguments.
                    let is_cut_short = matches!(
                        error.kind(),
                        ErrorKind::MissingRequiredArgument
                            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    );
                    error.exit_code() == 0 || is_cut_short
                });
                assert!(accepted, "{}: {command}", path.display());
            }
        }
        assert!(count > 150, "{count}");
    }

    #[test]
    fn every_next_step_is_a_command_of_the_program() {
        for step in aemkeys_core::credential::NextStep::ALL {
            for subject in [None, Some("p1-e2"), Some("it's; $(rm) \"x\"")] {
                // The only placeholder with a fixed set of values.
                let line = step.command_line(subject, None).replace(" TYPE", " stage");
                let parsed = Arguments::try_parse_from(words(&line));
                let error = parsed.err().map(|error| error.to_string());
                assert!(error.is_none(), "{line}: {error:?}");
            }
        }
    }
}
