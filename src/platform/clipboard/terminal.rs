//! How is a text handed to the terminal? OSC 52, which works over SSH and cannot be read back.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::credential::Secret;

/// "Set the clipboard to this", ended by BEL, which every terminal that knows the sequence understands.
pub(super) fn sequence(text: &Secret) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text.expose())).into_bytes()
}

/// To the terminal itself: stdout may be a pipe whose reader wants no escape sequences.
pub(super) fn write_to_tty(bytes: &[u8]) -> io::Result<()> {
    let device = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
    if let Ok(mut tty) = OpenOptions::new().write(true).open(device) {
        tty.write_all(bytes)?;
        return tty.flush();
    }
    let stderr = io::stderr();
    if !stderr.is_terminal() {
        return Err(io::Error::other("there is no terminal"));
    }
    let mut stderr = stderr.lock();
    stderr.write_all(bytes)?;
    stderr.flush()
}
