//! Command-line frontend: one file per command. The answer goes to stdout, everything else to stderr.

mod add;
mod arguments;
mod ask;
mod call;
mod check;
mod completions;
mod copy;
mod credential;
mod dashboard;
#[cfg(feature = "demo")]
pub mod demo;
mod doctor;
mod edit;
mod exchange;
mod exec;
mod exit_code;
mod explain;
mod export;
mod globals;
mod guard;
mod guide;
mod import;
mod invalidate_token;
mod leaked;
mod list;
mod open;
mod output;
mod paste;
mod remove;
mod revisions;
mod rotate;
mod show;
mod storage;
mod test;
mod timeline;
mod token;
mod usage;
mod used_by;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use globals::Globals;

use aemkeys_core::credential::Problem;

/// Runs the command line and returns its exit code (see [`exit_code`]).
pub fn main() -> ExitCode {
    crate::app::harden();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::answer(&error),
    };
    let Arguments {
        storage,
        passphrase_fd,
        command,
    } = arguments;
    let as_json = command.as_ref().is_some_and(wants_json);
    let globals = Globals::new(storage, passphrase_fd);
    let outcome = run(&globals, command);
    globals.warn_of_rollback();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            output::problem(&problem, as_json);
            ExitCode::from(problem.code.exit().number())
        }
    }
}

fn run(globals: &Globals, command: Option<Command>) -> Result<u8, Problem> {
    let Some(command) = command else {
        return dashboard::run(globals);
    };
    match command {
        Command::Add(args) => add::run(globals, &args),
        Command::List(args) => list::run(globals, &args),
        Command::Show(args) => show::run(globals, &args),
        Command::Check(args) => check::run(globals, &args),
        Command::Timeline(args) => timeline::run(globals, &args),
        Command::Exchange(args) => exchange::run(globals, &args),
        Command::Token(args) => token::run(globals, &args),
        Command::Copy(args) => copy::run(globals, &args),
        Command::Paste(args) => paste::run(globals, &args),
        Command::Test(args) => test::run(globals, args),
        Command::Call(args) => call::run(globals, args),
        Command::Exec(args) => exec::run(globals, &args),
        Command::Edit(args) => edit::run(globals, args),
        Command::Open(args) => open::run(globals, &args),
        Command::Credential(args) => credential::run(globals, &args),
        Command::Rotate(args) => rotate::run(globals, &args),
        Command::Revisions(args) => revisions::run(globals, &args),
        Command::UsedBy(args) => used_by::run(globals, args),
        Command::Leaked(args) => leaked::run(globals, &args),
        Command::Remove(args) => remove::run(globals, &args),
        Command::InvalidateToken(args) => invalidate_token::run(globals, &args),
        Command::Explain(args) => explain::run(&args),
        Command::Guide(args) => guide::run(globals, &args),
        Command::Storage(args) => storage::run(globals, &args),
        Command::Export(args) => export::run(globals, &args),
        Command::Import(args) => import::run(globals, args),
        Command::Doctor(args) => doctor::run(globals, &args),
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(&args),
        Command::Completions { shell } => completions::completions(shell),
        Command::Man => completions::man(),
        Command::HoldClipboard { seconds } => copy::hold(seconds),
    }
}

/// Returns whether errors of this command are printed as JSON.
fn wants_json(command: &Command) -> bool {
    match command {
        Command::Add(args) => args.json,
        Command::List(args) => args.json,
        Command::Show(args) => args.json,
        Command::Check(args) => args.json,
        Command::Exchange(args) => args.json,
        Command::Token(args) => matches!(args.format, arguments::TokenFormat::Json),
        Command::Paste(args) => args.json,
        Command::Test(args) => args.json,
        Command::Rotate(args) => args.json,
        Command::Revisions(args) => args.json,
        Command::UsedBy(args) => args.json,
        Command::Leaked(args) => args.json,
        Command::Explain(args) => args.json,
        Command::Guide(args) => args.json,
        Command::Storage(args) => args.json,
        Command::Import(args) => args.json,
        Command::Doctor(args) => args.json,
        _ => false,
    }
}
