//! `aemkeys completions`: prints the script that makes a shell ask aemkeys for completions, and answers the shell.
//!
//! What an argument completes is decided by the name of its value (`NAME`, `ENV`, `FILE`), see [`with_completers`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, Args, Command, CommandFactory, Subcommand};
use clap_complete::engine::{
    self, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{self, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells};

use super::globals::Globals;
use super::install::{InstallFlags, install};
use super::{Arguments, output};
use crate::app::install::Installable;
use crate::app::preset::Preset;
use crate::app::{EnvironmentEntry, IdentityEntry, Index, resolve, settings_table};
use crate::tui::keymap;
use aemkeys_core::credential::shell::for_posix;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::Tier;

/// Set by the script: which shell asks for completions.
const VARIABLE: &str = "AEMKEYS_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Print the completion script for a shell, which also completes the names of environments
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  aemkeys completions install
  aemkeys completions bash > ~/.local/share/bash-completion/completions/aemkeys

Zsh: `install` writes a file for fpath. Or add this line to ~/.zshrc, after compinit:
  source <(aemkeys completions zsh)
Elvish: add this line to ~/.config/elvish/rc.elv:
  eval (aemkeys completions elvish | slurp)
PowerShell: add this line to the file $PROFILE:
  aemkeys completions powershell | Out-String | Invoke-Expression")]
pub struct CompletionsArgs {
    /// Shell to print the script for
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"], required = true)]
    shell: Option<String>,
    #[command(subcommand)]
    action: Option<CompletionsAction>,
}

#[derive(Debug, Subcommand)]
enum CompletionsAction {
    /// Write the script to your folder that the shell reads
    #[command(after_help = "Examples:
  aemkeys completions install
  aemkeys completions install fish --print-path")]
    Install {
        /// Shell; by default yours
        #[arg(value_parser = ["bash", "fish", "zsh"])]
        shell: Option<String>,
        #[command(flatten)]
        flags: InstallFlags,
    },
}

impl CompletionsArgs {
    pub fn installs(&self) -> bool {
        self.action.is_some()
    }
}

pub fn run(_: &Globals, args: CompletionsArgs) -> Result<u8, Problem> {
    if let Some(CompletionsAction::Install { shell, flags }) = args.action {
        let shell = shell.unwrap_or_else(own_shell);
        let what = Installable::of_shell(&shell).ok_or_else(|| unknown_shell(&shell))?;
        return install(what, &flags, &script(&shell)?);
    }
    output::answer(&script(&args.shell.unwrap_or_default())?)?;
    Ok(0)
}

/// Returns the name of the user's shell.
fn own_shell() -> String {
    let shell = std::env::var("SHELL").unwrap_or_default();
    let name = Path::new(&shell).file_name();
    let name = name.and_then(OsStr::to_str).unwrap_or_default();
    name.to_owned()
}

fn unknown_shell(shell: &str) -> Problem {
    let shown = clean(shell, 40);
    let message = if shown.is_empty() {
        "SHELL does not name your shell".to_owned()
    } else {
        format!("{shown} has no folder for completions")
    };
    Problem::new(Code::Usage, message).next_step(
        "name bash, fish or zsh; `aemkeys completions --help` has the line for other shells",
    )
}

fn script(shell: &str) -> Result<Vec<u8>, Problem> {
    let mut script = Vec::new();
    let written = match SHELLS.completer(shell) {
        Some(shell) => {
            shell.write_registration(VARIABLE, "aemkeys", "aemkeys", "aemkeys", &mut script)
        }
        None => Err(io::Error::other("unknown shell")),
    };
    written.map_err(|error| {
        Problem::new(Code::Internal, "could not create the script").cause(error.to_string())
    })?;
    Ok(script)
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
            "NAME" => names(identities),
            "NAME[:TIER]" => names(|index, typed| match typed.rsplit_once(':') {
                None => identities(index, typed),
                Some((name, _)) => {
                    let tiers = Tier::ALL.into_iter();
                    matching(
                        typed,
                        tiers.map(|tier| (format!("{name}:{}", tier.as_str()), String::new())),
                    )
                }
            }),
            "PRESET" => ArgValueCompleter::new(presets),
            "SETTING" => ArgValueCompleter::new(settings),
            "VALUE" => ArgValueCompleter::new(setting_values),
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
    let complete = |argument: Arg| match completer(&argument) {
        Some(completer) => argument.add(completer),
        None => argument,
    };
    command.mut_subcommands(|sub| {
        sub.mut_args(complete)
            .mut_subcommands(|sub| sub.mut_args(complete))
    })
}

fn presets(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = Preset::names().map(|name| (name.to_owned(), String::new()));
    matching(&typed.to_string_lossy(), names)
}

/// Returns the names of all settings that start with the typed text.
fn settings(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let keys = keymap::actions().map(|id| (format!("keys.{id}"), String::new()));
    let all = settings_table::all().map(|it| (it.name.to_owned(), String::new()));
    matching(&typed, all.chain(keys))
}

/// Returns the values of the setting that the command line names.
fn setting_values(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mut named = words_on_line().into_iter();
    let setting = named.find_map(|word| settings_table::find(&word));
    let choices = setting.map_or(&[][..], |setting| setting.choices).iter();
    let choices = choices.map(|it| ((*it).to_owned(), String::new()));
    matching(&typed.to_string_lossy(), choices)
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

/// Completes the names of environments and identities.
fn identities(index: &Index, typed: &str) -> Vec<CompletionCandidate> {
    matching(typed, index.environments.iter().flat_map(names_of))
}

/// Completes the names of identities, and files.
struct NamesAndFiles;

impl ValueCompleter for NamesAndFiles {
    fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let mut all = names(identities).complete(typed);
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
fn named(environment: &Arc<EnvironmentEntry>) -> (String, String) {
    let mut what = environment.environment_type.as_str().to_owned();
    if let Some(ids) = environment.ids {
        what = format!("{what}, {ids}");
    }
    (environment.name.to_string(), what)
}

/// Returns the names that a command accepts: that of the environment, and those of its identities if there are several.
fn names_of(environment: &Arc<EnvironmentEntry>) -> Vec<(String, String)> {
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
    words_on_line().into_iter().find_map(|word| {
        let (name, _) = resolve::name_and_tier(&word).ok()?;
        let environment = resolve::environment(index, super::options::environment_of(name)).ok()?;
        let identity = resolve::identity(index, name).ok();
        Some((
            environment,
            identity.and_then(|id| environment.identity(id)),
        ))
    })
}

/// Returns the words of the command line that a shell asks about.
fn words_on_line() -> Vec<String> {
    let arguments = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut words: Vec<String> = arguments
        .filter_map(|word| word.into_string().ok())
        .collect();
    if std::env::var(VARIABLE).is_ok_and(|shell| shell == Bash.name())
        && let Some(line) = words.first().and_then(|line| words_of(line))
    {
        words = line;
    }
    words
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
                    for_posix(rest)
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
