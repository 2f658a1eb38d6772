//! Copies a text by the terminal's OSC 52 sequence, which works over SSH and cannot be read back.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use aemkeys_core::credential::Secret;

/// Returns the sequence that sets the clipboard, terminated by BEL, which all terminals that support OSC 52 accept.
pub(super) fn sequence(text: &Secret) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text.expose())).into_bytes()
}

/// Writes to the terminal device, because standard output may be a pipe.
pub(super) fn write_to_tty(bytes: &[u8]) -> io::Result<()> {
    let device = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
    if let Ok(mut tty) = OpenOptions::new().write(true).open(device) {
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
