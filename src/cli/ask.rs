//! Prompts on a terminal. Without a terminal, a command returns an error that names the flag instead.

use std::io::{self, BufRead, IsTerminal};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};

use super::output::{self, Stream};
use crate::app::guard::not_confirmed;
use aemkeys_core::credential::{Code, Problem, Secret};

/// The longest hidden input, in bytes.
const MOST: usize = 64 * 1024;
/// What a pasted line end is in raw mode, if it is not Enter.
const LINE_FEED: KeyEvent = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);

/// Returns whether standard input and standard error are terminals.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && Stream::Err.is_terminal()
}

/// Asks for a host to be typed. Without a terminal, its flag confirms it.
pub fn typed_host(warning: &str, host: &str) -> Result<(), Problem> {
    let answer = line(&format!("{warning}\nType {host} to confirm: "))?;
    if answer.trim().eq_ignore_ascii_case(host) {
        Ok(())
    } else {
        Err(not_confirmed(format!("the typed host is not {host}")))
    }
}

/// Asks a yes-or-no question; the default is no.
pub fn yes(question: &str) -> Result<bool, Problem> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Reads one line from standard input.
pub fn line(prompt: &str) -> Result<String, Problem> {
    output::on_stderr(prompt);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| {
        Problem::new(Code::Input, "could not read from standard input").cause(error.to_string())
    })?;
    Ok(answer)
}

/// Reads one line without echo: a passphrase or a pasted token.
pub fn secret(prompt: &str) -> Result<Secret, Problem> {
    read_hidden(prompt, |_| true)
}

/// Reads a pasted credential or token without echo. JSON may have several lines.
pub fn credential(prompt: &str) -> Result<Secret, Problem> {
    read_hidden(prompt, |typed| {
        let is_json = typed.trim_start().starts_with('{');
        !is_json || serde_json::from_str::<serde::de::IgnoredAny>(typed).is_ok()
    })
}

/// Reads until a line end at which the text is complete, or Ctrl-D.
///
/// Uses raw mode, because line mode limits a line to 4,096 characters.
fn read_hidden(prompt: &str, is_complete: fn(&str) -> bool) -> Result<Secret, Problem> {
    let failed = |error: io::Error| {
        Problem::new(Code::Input, "could not read from the terminal").cause(error.to_string())
    };
    output::on_stderr(prompt);
    crossterm::terminal::enable_raw_mode().map_err(failed)?;
    // Sized once: growing would leave copies in freed memory.
    let mut typed = zeroize::Zeroizing::new(String::with_capacity(MOST));
    let result = loop {
        let event = match read() {
            Ok(event) => event,
            Err(error) => break Err(failed(error)),
        };
        let Event::Key(key) = event else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            code if code == KeyCode::Enter
                || (key.code, key.modifiers) == (LINE_FEED.code, LINE_FEED.modifiers) =>
            {
                if is_complete(&typed) {
                    break Ok(());
                }
                typed.push('\n');
            }
            KeyCode::Char('d')
                if key.modifiers.contains(KeyModifiers::CONTROL) && !typed.is_empty() =>
            {
                break Ok(());
            }
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                break Err(Problem::new(
                    Code::Cancelled,
                    "cancelled, nothing was changed",
                ));
            }
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => typed.clear(),
            KeyCode::Backspace => {
                typed.pop();
            }
            KeyCode::Char(c) if typed.len() < MOST - 4 => typed.push(c),
            _ => {}
        }
    };
    let _ = crossterm::terminal::disable_raw_mode();
    output::on_stderr("\n");
    result.map(|()| Secret::from(typed.as_str()))
}
