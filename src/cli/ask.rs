//! How is a person asked? Only on a terminal; without one a question is an error that names the flag.

use std::io::{self, BufRead, IsTerminal};

use super::output::{self, Stream};
use crate::credential::{Code, Problem, Secret};

/// Is a person there who can read a question and answer it?
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && Stream::Err.is_terminal()
}

/// Asks for a host to be typed. Only on a terminal: elsewhere its flag confirms it.
pub fn typed_host(warning: &str, host: &str) -> Result<(), Problem> {
    let answer = line(&format!("{warning}\nType {host} to confirm: "))?;
    if answer.trim().eq_ignore_ascii_case(host) {
        Ok(())
    } else {
        Err(Problem::new(
            Code::Guarded,
            format!("{host} was not confirmed; nothing was done"),
        ))
    }
}

/// Yes or no, `no` by default.
pub fn yes(question: &str) -> Result<bool, Problem> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// One line from the terminal, echoed.
pub fn line(prompt: &str) -> Result<String, Problem> {
    output::prompt(prompt);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| {
        Problem::new(Code::Input, "the answer could not be read").cause(error.to_string())
    })?;
    Ok(answer)
}

/// One line that is not echoed: a passphrase or a pasted token.
///
/// The terminal is set to raw mode because its line mode cuts a line at 4,096 characters.
pub fn secret(prompt: &str) -> Result<Secret, Problem> {
    use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
    let failed = |error: io::Error| {
        Problem::new(Code::Input, "the terminal could not be read").cause(error.to_string())
    };
    output::prompt(prompt);
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
                break Err(Problem::new(Code::Cancelled, "cancelled; nothing was done"));
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
    output::note("");
    result.map(|()| Secret::from(typed.as_str()))
}
