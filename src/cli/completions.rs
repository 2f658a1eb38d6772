//! `aemkeys completions`: prints the script that makes a shell ask aemkeys for completions, and answers the shell.
//!
//! What an argument completes is decided by the name of its value (`NAME`, `ENV`, `FILE`), see [`with_completers`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use clap::{Arg, Args, Command, CommandFactory};
use clap_complete::engine::{
    self, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{self, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells};

use super::globals::Globals;
use super::{Arguments, output};
use crate::app::{EnvironmentEntry, IdentityEntry, Index, resolve};
use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Tier;

/// Set by the script: which shell asks for completions.
const VARIABLE: &str = "AEMKEYS_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Print the completion script for a shell; it knows your environments
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys completions bash > ~/.local/share/bash-completion/completions/aemkeys
  aemkeys completions fish > ~/.config/fish/completions/aemkeys.fish

Zsh: add this line to ~/.zshrc, after compinit:
  source <(aemkeys completions zsh)
Elvish: add this line to ~/.config/elvish/rc.elv:
  eval (aemkeys completions elvish | slurp)
PowerShell: add this line to the file $PROFILE:
  aemkeys completions powershell | Out-String | Invoke-Expression")]
pub struct CompletionsArgs {
    /// Shell to print the script for
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

pub fn run(_: &Globals, args: CompletionsArgs) -> Result<u8, Problem> {
    let mut script = Vec::new();
    let written = match SHELLS.completer(&args.shell) {
        Some(shell) => {
            shell.write_registration(VARIABLE, "aemkeys", "aemkeys", "aemkeys", &mut script)
        }
        None => Err(io::Error::other("unknown shell")),
    };
    written.map_err(|error| {
        Problem::new(Code::Internal, "could not create the script").cause(error.to_string())
    })?;
    output::answer(&script)?;
    Ok(0)
}

/// Answers a shell that asks for completions, and returns whether it did. Reads only the list.
pub fn answer_shell() -> bool {
    let folder = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| with_completers(Arguments::command()))
        .var(VARIABLE)
        .shells(SHELLS)
        .try_complete(std::env::args_os(), folder.as_deref())
        // The shell would print an error into the line that the user types.
        .unwrap_or(true)
}

/// Sets the completers of all arguments. Arguments that are not listed complete their possible values, or paths if they
/// take one.
fn with_completers(command: Command) -> Command {
    let completer = |argument: &Arg| -> Option<ArgValueCompleter> {
        let name = argument.get_value_names()?.first()?.as_str();
        Some(match name {
            "NAME" => names(|index, typed| {
                let environment = index.environments.iter().flat_map(names_of);
                matching(typed, environment)
            }),
            "NAME[:TIER]" => names(|index, typed| match typed.rsplit_once(':') {
                None => matching(typed, index.environments.iter().flat_map(names_of)),
                Some((name, _)) => {
                    let tiers = Tier::STORED.into_iter();
                    matching(
                        typed,
                        tiers.map(|tier| (format!("{name}:{}", tier.as_str()), String::new())),
                    )
                }
            }),
            "NAME|FILE" => ArgValueCompleter::new(NamesAndFiles),
            "ENV" => names(|index, typed| matching(typed, index.environments.iter().map(named))),
            "ENV=NEW" => names(|index, typed| {
                let all = index.environments.iter();
                matching(
                    typed,
                    all.map(|it| (format!("{}=", it.name), String::new())),
                )
            }),
            "CUSTOMER" => names(|index, typed| {
                let all = index.environments.iter();
                let customers: BTreeSet<_> = all.filter_map(|it| it.customer.as_ref()).collect();
                matching(
                    typed,
                    customers.into_iter().map(|it| (it.clone(), String::new())),
                )
            }),
            "LABEL" => names(|index, typed| {
                let identities = on_line(index)
                    .into_iter()
                    .flat_map(|(it, _)| &it.identities);
                matching(
                    typed,
                    identities.map(|it| (it.label.to_string(), String::new())),
                )
            }),
            "PATH" => names(|index, typed| {
                let paths = on_line(index)
                    .into_iter()
                    .flat_map(|(it, _)| &it.saved_paths);
                matching(typed, paths.map(|path| (path.clone(), String::new())))
            }),
            "WHO" => names(|index, typed| {
                let users = on_line(index).and_then(|(_, identity)| identity);
                let users = users.into_iter().flat_map(|it| &it.used_by);
                matching(typed, users.map(|who| (who.name.clone(), String::new())))
            }),
            "REVISION" => names(|index, typed| {
                let revisions = on_line(index).and_then(|(_, identity)| identity);
                let revisions = revisions.into_iter().flat_map(|it| &it.revisions);
                matching(
                    typed,
                    revisions.map(|it| (it.revision.to_string(), String::new())),
                )
            }),
            _ => return None,
        })
    };
    command.mut_subcommands(|mut sub| {
        if sub.is_hide_set() {
            // The library offers a hidden command if no other starts with the typed text.
            sub = sub.name("");
        }
        sub.mut_args(|argument| match completer(&argument) {
            Some(completer) => argument.add(completer),
            None => argument,
        })
    })
}

/// Makes a completer from a function of the list and the typed text.
fn names(complete: fn(&Index, &str) -> Vec<CompletionCandidate>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let index = Globals::new(None, None).index();
        let (Ok(index), Some(typed)) = (index, typed.to_str()) else {
            return Vec::new();
        };
        complete(&index, typed)
    })
}

/// Completes the names of identities, and files.
struct NamesAndFiles;

impl ValueCompleter for NamesAndFiles {
    fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let names =
            names(|index, typed| matching(typed, index.environments.iter().flat_map(names_of)));
        let mut all = names.complete(typed);
        all.extend(PathCompleter::any().complete(typed));
        all
    }
}

/// Returns the candidates that start with the typed text, ignoring case, with their descriptions.
fn matching(typed: &str, all: impl Iterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_lowercase();
    all.filter(|(value, _)| value.to_lowercase().starts_with(&typed))
        .map(|(value, help)| {
            let help = (!help.is_empty()).then(|| help.into());
            CompletionCandidate::new(value).help(help)
        })
        .collect()
}

/// Returns the name of the environment and what it is.
fn named(environment: &EnvironmentEntry) -> (String, String) {
    let mut what = environment.environment_type.as_str().to_owned();
    if let Some(ids) = environment.ids {
        what = format!("{what}, {ids}");
    }
    (environment.name.to_string(), what)
}

/// Returns the names that a command accepts: that of the environment, and those of its identities if there are several.
fn names_of(environment: &EnvironmentEntry) -> Vec<(String, String)> {
    let mut names = vec![named(environment)];
    if environment.identities.len() > 1 {
        let full = |identity| resolve::full_name(environment, identity);
        let all = environment.identities.iter();
        names.extend(all.map(|it| (full(it), it.kind.as_str().to_owned())));
    }
    names
}

/// Returns the environment that the command line names, and the identity if it is clear which one.
fn on_line(index: &Index) -> Option<(&EnvironmentEntry, Option<&IdentityEntry>)> {
    let words = std::env::args_os().skip_while(|word| word != "--");
    words
        .filter_map(|word| word.into_string().ok())
        .find_map(|word| {
            let (name, _) = resolve::name_and_tier(&word).ok()?;
            let environment =
                resolve::environment(index, super::options::environment_of(name)).ok()?;
            let identity = resolve::identity(index, name).ok();
            Some((
                environment,
                identity.and_then(|id| environment.identity(id)),
            ))
        })
}

/// Bash inserts candidates into the line as they are, so they must be quoted. The script passes the line up to the cursor and
/// not its words, because bash splits words at colons.
struct Bash;

const BASH_SCRIPT: &str = r#"_aemkeys() {
    COMPREPLY=()
    local candidate
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(AEMKEYS_COMPLETE=bash aemkeys -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2> /dev/null)
    if [[ ${COMPREPLY-} == *[=/:] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -F _aemkeys aemkeys
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        _variable: &str,
        _name: &str,
        _program: &str,
        _completer: &str,
        script: &mut dyn io::Write,
    ) -> io::Result<()> {
        script.write_all(BASH_SCRIPT.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        answer: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut arguments = arguments
            .into_iter()
            .map(|it| it.into_string().unwrap_or_default());
        let (line, breaks) = (
            arguments.next().unwrap_or_default(),
            arguments.next().unwrap_or_default(),
        );
        let Some(words) = words_of(&line) else {
            return Ok(());
        };
        let typed = words.last().map_or("", String::as_str);
        // Bash replaces only what follows the last of these.
        let kept = typed.rfind(|letter| breaks.contains(letter) && matches!(letter, ':' | '='));
        let kept = typed[..kept.map_or(0, |at| at + 1)].to_owned();
        let (at, typed_nothing) = (words.len() - 1, typed.is_empty());
        let words = words.into_iter().map(OsString::from).collect();
        for candidate in engine::complete(command, words, at, folder)? {
            let value = candidate.get_value().to_string_lossy();
            if typed_nothing && value.starts_with('-') {
                continue;
            }
            let value = value.strip_prefix(&kept).unwrap_or(&value);
            // In quotes, the shell would not replace `~`.
            let (home, rest) = value.split_at(if value.starts_with("~/") { 2 } else { 0 });
            writeln!(
                answer,
                "{home}{}",
                if rest.is_empty() {
                    String::new()
                } else {
                    quoted(rest)
                }
            )?;
        }
        Ok(())
    }
}

/// The script of the library, which also works from a folder of `fpath`, and leaves paths below `~` to zsh, because `_describe`
/// would quote the `~`.
struct Zsh;

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        "zsh"
    }

    fn is(&self, name: &str) -> bool {
        name == "zsh"
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        completer: &str,
        script: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut library = Vec::new();
        env::Zsh.write_registration(variable, name, program, completer, &mut library)?;
        let library = String::from_utf8_lossy(&library);
        let start = "function _clap_dynamic_completer_aemkeys() {\n";
        let home = "    if [[ $PREFIX == \\~* ]]; then _files; return; fi\n";
        let library = library.replacen(start, &format!("{start}{home}"), 1);
        let loaded = "[[ $funcstack[1] == _aemkeys ]] && _clap_dynamic_completer_aemkeys";
        writeln!(script, "{}\n{loaded} || true", library.trim_end())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        answer: &mut dyn io::Write,
    ) -> io::Result<()> {
        env::Zsh.write_complete(command, words, folder, answer)
    }
}

/// Returns the words of an unfinished command line. The last one is what is being typed, and may be empty.
fn words_of(line: &str) -> Option<Vec<String>> {
    // A quote may still be open.
    let closed = ["", "'", "\""]
        .into_iter()
        .find_map(|end| shlex::split(&format!("{line}{end}")));
    let mut words = closed?;
    if words.is_empty() || line.ends_with(char::is_whitespace) {
        words.push(String::new());
    }
    Some(words)
}
