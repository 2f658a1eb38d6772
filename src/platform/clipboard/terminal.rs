//! Copies a text by the terminal's OSC 52 sequence, which works over SSH and cannot be read back.

use std::io::{self, IsTerminal as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::platform::prompt;
use aemkeys_core::credential::Secret;

/// GNU screen passes at most this many bytes of one string on to its terminal.
const SCREEN_STRING: usize = 240;

/// Returns the sequence that sets the clipboard, terminated by BEL, which all terminals that support OSC 52 accept. GNU
/// screen drops it, unless it comes in device control strings.
pub(super) fn sequence(text: &Secret, in_screen: bool) -> Vec<u8> {
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text.expose())).into_bytes();
    if !in_screen {
        return sequence;
    }
    sequence
        .chunks(SCREEN_STRING)
        .flat_map(|part| [b"\x1bP", part, b"\x1b\\"].concat())
        .collect()
}

/// Writes to the terminal device, because standard output may be a pipe.
pub fn write_to_tty(bytes: &[u8]) -> io::Result<()> {
    if let Ok(mut tty) = prompt::open_for_writing() {
        tty.write_all(bytes)?;
        return tty.flush();
    }
    let stderr = io::stderr();
    if !stderr.is_terminal() {
        return Err(io::Error::other("no terminal"));
    }
    let mut stderr = stderr.lock();
    stderr.write_all(bytes)?;
    stderr.flush()
}
