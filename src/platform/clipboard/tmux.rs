//! How does tmux hold a text? In a buffer of our own, which `-w` passes on to tmux's terminal: tmux drops a program's
//! OSC 52 by default, but not its own. The text goes by pipe, never by argument.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use super::Mark;
use crate::credential::Secret;

const BUFFER: &str = "aemkeys";

/// `tmux` is the value of `$TMUX`: it names the server.
fn command(tmux: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("tmux");
    command
        .args(arguments)
        .env("TMUX", tmux)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

pub(super) fn put(tmux: &str, text: &Secret) -> io::Result<()> {
    let mut child = command(tmux, &["load-buffer", "-w", "-b", BUFFER, "-"])
        .stdin(Stdio::piped())
        .spawn()?;
    // The pipe is closed at the end of this statement, which ends the buffer.
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

/// Deletes our buffer if it still holds our text. (tmux's terminal may keep its copy: there is no way to ask it.)
pub(super) fn clear_if(tmux: &str, mark: Mark) -> bool {
    let shown = command(tmux, &["show-buffer", "-b", BUFFER])
        .stdout(Stdio::piped())
        .output();
    let Ok(shown) = shown else { return false };
    let content = Secret::new(shown.stdout);
    shown.status.success()
        && Mark::of(content.expose()) == mark
        && command(tmux, &["delete-buffer", "-b", BUFFER])
            .status()
            .is_ok_and(|status| status.success())
}
