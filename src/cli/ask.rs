//! Prompts on the controlling terminal. Where nothing can be asked, a command returns an error that names the flag instead.

use std::io::{self, IsTerminal};

use super::output;
use crate::app::guard::Act;
use crate::app::prompt::{self, Answer, Hidden, Unavailable};
use crate::app::storage::cannot_ask_passphrase;
use aemkeys_core::credential::{Code, Problem, Secret};

/// The longest pasted credential, in bytes.
const MAX_CREDENTIAL: usize = 64 * 1024;

/// Returns why nothing can be asked; `None` if it can.
pub fn unavailable() -> Option<Unavailable> {
    prompt::check().err()
}

/// Returns whether a person can paste into this process: it can ask, and standard input is a terminal.
pub fn can_paste() -> bool {
    io::stdin().is_terminal() && unavailable().is_none()
}

/// Asks for a host to be typed.
pub fn typed_host(warning: &str, host: &str) -> Result<(), Problem> {
    let answer = line(&format!("{warning}\nType {host} to confirm: "))?;
    if answer.trim().eq_ignore_ascii_case(host) {
        Ok(())
    } else {
        Err(Act::Edit.not_confirmed(format!("the typed host is not {host}")))
    }
}

/// Asks a yes-or-no question; the default is no.
pub fn yes(question: &str) -> Result<bool, Problem> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Asks for one line.
pub fn line(question: &str) -> Result<String, Problem> {
    prompt::line(&output::for_prompt(question)).map_err(|error| failed(&error))
}

/// Asks for a passphrase, without echo.
pub fn passphrase(question: &str) -> Result<Secret, Problem> {
    let hidden = Hidden {
        limit: crate::app::storage::MAX_PASSPHRASE,
        is_complete: |_| true,
    };
    match prompt::hidden(&output::for_prompt(question), hidden) {
        Err(error @ Unavailable::Failed(_)) => Err(failed(&error)),
        Err(error) => Err(cannot_ask_passphrase(&error)),
        Ok(answer) => text_of(answer, hidden.limit),
    }
}

/// Reads a pasted credential or token without echo. JSON may have several lines.
pub fn credential(question: &str) -> Result<Secret, Problem> {
    let hidden = Hidden {
        limit: MAX_CREDENTIAL,
        is_complete: |typed| {
            let is_json = typed.trim_ascii_start().starts_with(b"{");
            !is_json || serde_json::from_slice::<serde::de::IgnoredAny>(typed).is_ok()
        },
    };
    let answer = prompt::hidden(&output::for_prompt(question), hidden);
    text_of(answer.map_err(|error| failed(&error))?, hidden.limit)
}

fn text_of(answer: Answer, limit: usize) -> Result<Secret, Problem> {
    match answer {
        Answer::Text(text) => Ok(text),
        Answer::Cancelled => Err(Problem::new(
            Code::Cancelled,
            "cancelled, so nothing was done",
        )),
        Answer::TooLong => Err(Problem::new(
            Code::InputTooLarge,
            format!("the text is longer than {limit} bytes, so nothing was done"),
        )
        .next_step("check the text on the clipboard, then try again")),
    }
}

fn failed(error: &Unavailable) -> Problem {
    Problem::new(Code::Input, "could not read from the terminal").cause(error.to_string())
}
