//! `aemkeys man`: prints the man page, generated from the arguments.

use clap::{Args, CommandFactory};

use super::globals::Globals;
use super::{Arguments, check_exit_code, output};
use aemkeys_core::credential::{Code, Problem};

/// Print the man page
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  aemkeys man > ~/.local/share/man/man1/aemkeys.1")]
pub struct ManArgs {}

pub fn run(_: &Globals, _: ManArgs) -> Result<u8, Problem> {
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
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        command_entry(sub, &mut out);
    }
    out.extend_from_slice(b".SH EXIT STATUS\n");
    for (code, meaning) in check_exit_code::table() {
        out.extend_from_slice(format!(".TP\n.B {code}\n{}\n", escape(meaning)).as_bytes());
    }
    out.extend_from_slice(b".SH ERROR CODES\n");
    for code in Code::ALL {
        let line = format!(
            ".TP\n.B {code}\n{} (exit code {}{})\n",
            escape(code.meaning()),
            code.exit().number(),
            if code.may_retry() {
                ", may be retried"
            } else {
                ""
            },
        );
        out.extend_from_slice(line.as_bytes());
    }
    out.extend_from_slice(ENVIRONMENT.as_bytes());
    output::answer(&out)?;
    Ok(0)
}

fn command_entry(command: &clap::Command, out: &mut Vec<u8>) {
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    out.extend_from_slice(
        format!(".TP\n.B aemkeys {}\n{}\n", escape(usage), escape(&about)).as_bytes(),
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

const ENVIRONMENT: &str = ".SH ENVIRONMENT\n\
.TP\n.B AEMKEYS_STORAGE\nkeyring, file or memory, as \\-\\-storage\n\
.TP\n.B AEMKEYS_LOG\nlevel of the log file: error, warn, info, debug, trace\n\
.TP\n.B AEMKEYS_ALLOW_DEBUG\n1 leaves the process open to debuggers and core dumps\n\
.TP\n.B HTTPS_PROXY, NO_PROXY\nproxy for all requests; loopback never goes through one\n\
.TP\n.B SSL_CERT_FILE\ncertificate authorities in place of the system's\n\
.TP\n.B NO_COLOR\nno colours\n";
