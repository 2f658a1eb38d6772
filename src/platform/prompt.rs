//! Prompts on the controlling terminal, wherever standard input and output go.
//!
//! Only a process in the foreground may prompt: the system stops a background process that reads the terminal, and what is
//! typed then reaches the shell.

#[cfg(any(unix, test))]
mod hidden_line;
#[cfg_attr(unix, path = "prompt/unix.rs")]
#[cfg_attr(not(unix), path = "prompt/windows.rs")]
mod system;

use std::fs::File;
use std::io;

use aemkeys_core::credential::Secret;

/// Set to anything, nothing is asked on the terminal.
pub const NO_PROMPT: &str = "AEMKEYS_NO_PROMPT";

/// Why nothing can be asked.
#[derive(Debug)]
pub enum Unavailable {
    /// The process has no controlling terminal, or cannot open it.
    NoTerminal,
    /// Another process group is in the foreground.
    Background,
    /// [`NO_PROMPT`] is set.
    TurnedOff,
    Failed(io::Error),
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTerminal => f.write_str("there is no terminal to ask on"),
            Self::Background => f.write_str(
                "aemkeys runs in the background (started with `&`, or in `<(..)` of an interactive shell); in a pipe or `$(..)` it can ask",
            ),
            Self::TurnedOff => write!(f, "{NO_PROMPT} is set"),
            Self::Failed(error) => write!(f, "the terminal could not be used: {error}"),
        }
    }
}

impl From<io::Error> for Unavailable {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// How an answer without echo ends.
#[derive(Clone, Copy)]
pub struct Hidden {
    /// The limit in bytes; a longer answer is refused.
    pub limit: usize,
    /// Returns whether the text is complete at the end of a line.
    pub is_complete: fn(&[u8]) -> bool,
}

/// The answer to a prompt without echo.
#[derive(Debug)]
pub enum Answer {
    Text(Secret),
    /// Ctrl-D on an empty line.
    Cancelled,
    TooLong,
}

/// Returns whether this process can ask.
pub fn check() -> Result<(), Unavailable> {
    if is_turned_off() {
        return Err(Unavailable::TurnedOff);
    }
    system::check()
}

/// Returns whether this process was started from a terminal, also if it runs in the background.
pub fn has_terminal() -> bool {
    matches!(check(), Ok(()) | Err(Unavailable::Background))
}

/// Asks, and reads one line. Discards text that was typed before. `text` contains no control sequence.
pub fn line(text: &str) -> Result<String, Unavailable> {
    check()?;
    system::line(text)
}

/// Asks, and reads an answer without echo. Discards text that was typed before, and the rest of a pasted text.
pub fn hidden(text: &str, hidden: Hidden) -> Result<Answer, Unavailable> {
    check()?;
    system::hidden(text, hidden)
}

/// Says that this process handles the signal from now on. Without that, a signal after a prompt does what it does by default.
#[cfg(unix)]
pub fn handled(signal: i32) {
    system::handled(signal);
}

/// Opens the controlling terminal for writing.
pub fn open_for_writing() -> io::Result<File> {
    system::open_for_writing()
}

/// Restores the terminal if a prompt has turned the echo off. Harmless at any time.
pub fn restore() {
    system::restore();
}

fn is_turned_off() -> bool {
    std::env::var_os(NO_PROMPT).is_some_and(|value| !value.is_empty())
}
