//! Copies a text to a tmux buffer named `aemkeys`. `-w` passes it on to tmux's terminal, because tmux by default drops OSC
//! 52 sequences of programs. The text goes by pipe, never as an argument.

use std::io::{self, Write as _};
use std::process::Stdio;

use super::Digest;
use crate::platform::process;
use aemkeys_core::credential::Secret;

const BUFFER: &str = "aemkeys";

/// Loads the text into the buffer. `tmux` is the value of `$TMUX`, which names the server.
pub(super) fn put(tmux: &str, text: &Secret) -> io::Result<()> {
    let mut child = process::tmux(tmux, &["load-buffer", "-w", "-b", BUFFER, "-"])?
        .stdin(Stdio::piped())
        .spawn()?;
    // The pipe is closed at the end of this statement, so that tmux sees the end of the input.
    let written = child
        .stdin
        .take()
        .map_or(Ok(()), |mut pipe| pipe.write_all(text.expose()));
    let status = child.wait()?;
    written?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("tmux refused the buffer"))
    }
}

/// Deletes the buffer if its text has this digest. The clipboard of tmux's terminal may keep a copy, which cannot be
/// checked.
///
/// The buffer is renamed first, so that a text that another program loads between the check and the deletion is kept.
pub(super) fn clear_if(tmux: &str, digest: Digest) -> bool {
    if !holds(tmux, BUFFER, digest) {
        return false;
    }
    let renamed = format!("{BUFFER}-{}", std::process::id());
    if !run(tmux, &["set-buffer", "-b", BUFFER, "-n", &renamed]) {
        return false;
    }
    let is_ours = holds(tmux, &renamed, digest);
    if is_ours || run(tmux, &["show-buffer", "-b", BUFFER]) {
        // It is ours, or another text that has been replaced in the meantime anyway.
        return run(tmux, &["delete-buffer", "-b", &renamed]) && is_ours;
    }
    run(tmux, &["set-buffer", "-b", &renamed, "-n", BUFFER]);
    false
}

fn holds(tmux: &str, buffer: &str, digest: Digest) -> bool {
    let shown = process::tmux(tmux, &["show-buffer", "-b", buffer])
        .and_then(|mut command| command.stdout(Stdio::piped()).output());
    let Ok(shown) = shown else { return false };
    let content = Secret::new(shown.stdout);
    shown.status.success() && Digest::of(content.expose()) == digest
}

fn run(tmux: &str, arguments: &[&str]) -> bool {
    process::tmux(tmux, arguments)
        .and_then(|mut command| command.status())
        .is_ok_and(|status| status.success())
}
