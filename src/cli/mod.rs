//! Command-line frontend: one file per command. The answer goes to stdout, everything else to stderr.

mod add;
mod arguments;
mod ask;
mod call;
mod check;
mod completions;
mod context;
mod copy;
mod credential;
mod dashboard;
pub mod demo;
mod doctor;
mod edit;
mod exchange;
mod exec;
mod exit_code;
mod explain;
mod export;
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
use context::Context;

use crate::credential::Problem;

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
    let context = Context::new(storage, passphrase_fd);
    let outcome = run(&context, command);
    context.warn_of_rollback();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            output::problem(&problem, as_json);
            ExitCode::from(problem.code.exit().number())
        }
    }
}

fn run(context: &Context, command: Option<Command>) -> Result<u8, Problem> {
    let Some(command) = command else {
        return dashboard::run(context);
    };
    match command {
        Command::Add(args) => add::run(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Timeline(args) => timeline::run(context, &args),
        Command::Exchange(args) => exchange::run(context, &args),
        Command::Token(args) => token::run(context, &args),
        Command::Copy(args) => copy::run(context, &args),
        Command::Paste(args) => paste::run(context, &args),
        Command::Test(args) => test::run(context, args),
        Command::Call(args) => call::run(context, args),
        Command::Exec(args) => exec::run(context, &args),
        Command::Edit(args) => edit::run(context, args),
        Command::Open(args) => open::run(context, &args),
        Command::Credential(args) => credential::run(context, &args),
        Command::Rotate(args) => rotate::run(context, &args),
        Command::Revisions(args) => revisions::run(context, &args),
        Command::UsedBy(args) => used_by::run(context, args),
        Command::Leaked(args) => leaked::run(context, &args),
        Command::Remove(args) => remove::run(context, &args),
        Command::InvalidateToken(args) => invalidate_token::run(context, &args),
        Command::Explain(args) => explain::run(&args),
        Command::Guide(args) => guide::run(context, &args),
        Command::Storage(args) => storage::run(context, &args),
        Command::Export(args) => export::run(context, &args),
        Command::Import(args) => import::run(context, args),
        Command::Doctor(args) => doctor::run(context, &args),
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
