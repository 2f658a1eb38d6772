//! `aemkeys hold-clipboard`: holds a text on the clipboard until it is cleared. `copy` and the dashboard start it. It is no
//! command of the program, so that neither help nor a suggestion names it.

use std::process::ExitCode;

use clap::Parser;

use super::output;
use crate::app::clipboard::{self, Clipboard};

const NAME: &str = "hold-clipboard";

#[derive(Debug, Parser)]
struct HoldClipboardArgs {
    #[arg(long, value_parser = |id: &str| Clipboard::with_id(id).ok_or("unknown clipboard"))]
    clipboard: Clipboard,
    #[arg(long)]
    seconds: u64,
}

/// Holds the text if this process was started for it. The text comes through a pipe, never as an argument.
pub fn hold_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != NAME {
        return None;
    }
    let arguments = HoldClipboardArgs::try_parse_from(std::env::args_os().skip(1));
    let Ok(HoldClipboardArgs { clipboard, seconds }) = arguments else {
        return Some(ExitCode::from(64));
    };
    Some(match clipboard::hold(clipboard, seconds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            output::problem(&problem, None);
            ExitCode::from(problem.code.exit().number())
        }
    })
}
