//! Prompts on a terminal. Without a terminal, a command returns an error that names the flag instead.

use std::io::{self, BufRead, IsTerminal};

use super::output::{self, Stream};
use crate::app::guard::not_confirmed;
use aemkeys_core::credential::{Code, Problem, Secret};

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
///
/// Uses raw mode, because line mode limits a line to 4,096 characters.
pub fn secret(prompt: &str) -> Result<Secret, Problem> {
    use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
    let failed = |error: io::Error| {
        Problem::new(Code::Input, "could not read from the terminal").cause(error.to_string())
    };
    output::on_stderr(prompt);
    crossterm::terminal::enable_raw_mode().map_err(failed)?;
    let mut typed = zeroize::Zeroizing::new(String::with_capacity(8192));
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
            KeyCode::Enter => break Ok(()),
            KeyCode::Char('j') if key.modifiers.contains(KeyModifiers::CONTROL) => break Ok(()),
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
            KeyCode::Char(c) if typed.len() < 8000 => typed.push(c),
            _ => {}
        }
    };
    let _ = crossterm::terminal::disable_raw_mode();
    output::on_stderr("\n");
    result.map(|()| Secret::from(typed.as_str()))
}
