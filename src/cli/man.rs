//! `aemkeys man`: prints the man page, generated from the arguments.

use clap::{Args, CommandFactory, Subcommand};

use super::globals::Globals;
use super::install::{InstallFlags, install};
use super::{Arguments, check_exit_code, output};
use crate::app::install::Installable;
use crate::app::reference;
use aemkeys_core::credential::{Code, Problem};

/// Print the man page
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys man | man -l -
  aemkeys man install")]
pub struct ManArgs {
    #[command(subcommand)]
    action: Option<ManAction>,
}

#[derive(Debug, Subcommand)]
enum ManAction {
    /// Write the page to your folder that `man` reads
    #[command(after_help = "Examples:
  aemkeys man install
  aemkeys man install --print-path")]
    Install(InstallFlags),
}

impl ManArgs {
    pub fn installs(&self) -> bool {
        self.action.is_some()
    }
}

pub fn run(_: &Globals, args: ManArgs) -> Result<u8, Problem> {
    let page = page()?;
    match args.action {
        Some(ManAction::Install(flags)) => install(Installable::ManPage, &flags, &page),
        None => output::answer(&page).map(|()| 0),
    }
}

fn page() -> Result<Vec<u8>, Problem> {
    let failed = |error: std::io::Error| {
        Problem::new(Code::Internal, "could not create the man page").cause(error.to_string())
    };
    let command = Arguments::command();
    let mut out = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(&mut out).map_err(failed)?;
    page.render_name_section(&mut out).map_err(failed)?;
    page.render_synopsis_section(&mut out).map_err(failed)?;
    page.render_description_section(&mut out).map_err(failed)?;
    page.render_options_section(&mut out).map_err(failed)?;
    out.extend_from_slice(b".SH COMMANDS\n");
    for sub in command.get_subcommands() {
        command_entry(sub, "", &mut out);
    }
    examples(&command, &mut out);
    out.extend_from_slice(b".SH FILES\n");
    for (path, content) in reference::FILES {
        entry(path, content, &mut out);
    }
    out.extend_from_slice(b".SH ENVIRONMENT\n");
    for (names, meaning) in reference::VARIABLES {
        entry(&names.join(", "), meaning, &mut out);
    }
    out.extend_from_slice(b".SH EXIT STATUS\n");
    for (code, meaning) in check_exit_code::table() {
        entry(&code.to_string(), meaning, &mut out);
    }
    out.extend_from_slice(b".SH ERROR CODES\n");
    for code in Code::ALL {
        let retry = if code.may_retry() {
            ", may be retried"
        } else {
            ""
        };
        let exit = code.exit().number();
        let meaning = format!("{} (exit code {exit}{retry})", code.meaning());
        entry(code.as_str(), &meaning, &mut out);
    }
    Ok(bold_code(&String::from_utf8_lossy(&out)).into_bytes())
}

/// Makes text between backticks bold.
fn bold_code(page: &str) -> String {
    let bold = |line: &str| -> String {
        let parts = line.split('`').enumerate();
        parts
            .map(|(number, part)| match number {
                0 => part.to_owned(),
                odd if odd % 2 == 1 => format!("\\fB{part}"),
                _ => format!("\\fR{part}"),
            })
            .collect()
    };
    page.lines().map(|line| bold(line) + "\n").collect()
}

/// Adds a term with its meaning.
fn entry(term: &str, meaning: &str, out: &mut Vec<u8>) {
    let (term, meaning) = (escape(term), escape(meaning));
    out.extend_from_slice(format!(".TP\n.B {term}\n{meaning}\n").as_bytes());
}

/// Adds the first example of the program and of each command, below the line that describes the command.
fn examples(command: &clap::Command, out: &mut Vec<u8>) {
    out.extend_from_slice(b".SH EXAMPLES\n");
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for command in std::iter::once(command).chain(visible) {
        let about = command.get_about().map(ToString::to_string);
        if let (Some(about), Some(line)) = (about, example_lines(command).first()) {
            let (about, line) = (escape(&about), escape(line));
            out.extend_from_slice(format!(".TP\n{about}\n.nf\n{line}\n.fi\n").as_bytes());
        }
    }
}

/// Returns the examples in the help of a command.
fn example_lines(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let (_, examples) = help.split_once("Examples:\n").unwrap_or_default();
    let lines = examples.lines().take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}

fn command_entry(command: &clap::Command, parent: &str, out: &mut Vec<u8>) {
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    out.extend_from_slice(
        format!(
            ".TP\n.B aemkeys {parent}{}\n{}\n",
            escape(usage),
            escape(&about)
        )
        .as_bytes(),
    );
    for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        if help.is_empty() {
            continue;
        }
        let name = argument
            .get_long()
            .map_or_else(|| argument.get_id().to_string(), |long| format!("--{long}"));
        out.extend_from_slice(
            format!(".br\n\\fI{}\\fR: {}\n", escape(&name), escape(&help)).as_bytes(),
        );
    }
    if let Some(examples) = command.get_after_help() {
        out.extend_from_slice(b".IP\n.nf\n");
        for line in examples.to_string().lines() {
            out.extend_from_slice(format!("{}\n", escape(line)).as_bytes());
        }
        out.extend_from_slice(b".fi\n");
    }
    for sub in command.get_subcommands() {
        command_entry(sub, &format!("{parent}{} ", command.get_name()), out);
    }
}

fn escape(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\n', " ");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}
