//! How does tmux hold a text? In a buffer of our own, which `-w` passes on to tmux's terminal: tmux drops a program's
//! OSC 52 by default, but not its own. The text goes by pipe, never by argument.

use std::io::{self, Write as _};
use std::process::Stdio;

use super::Mark;
use crate::credential::Secret;
use crate::platform::process;

const BUFFER: &str = "aemkeys";

/// `tmux` is the value of `$TMUX`, which names the server.
pub(super) fn put(tmux: &str, text: &Secret) -> io::Result<()> {
    let mut child = process::tmux(tmux, &["load-buffer", "-w", "-b", BUFFER, "-"])?
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
///
/// It is set aside under another name first: what somebody puts into the buffer between looking and deleting must stay.
pub(super) fn clear_if(tmux: &str, mark: Mark) -> bool {
    if !holds(tmux, BUFFER, mark) {
        return false;
    }
    let aside = format!("{BUFFER}-{}", std::process::id());
    if !done(tmux, &["set-buffer", "-b", BUFFER, "-n", &aside]) {
        return false;
    }
    let is_ours = holds(tmux, &aside, mark);
    if is_ours || done(tmux, &["show-buffer", "-b", BUFFER]) {
        // Ours; or another's that has been replaced since, as it would have been in its place.
        return done(tmux, &["delete-buffer", "-b", &aside]) && is_ours;
    }
    done(tmux, &["set-buffer", "-b", &aside, "-n", BUFFER]);
    false
}

fn holds(tmux: &str, buffer: &str, mark: Mark) -> bool {
    let shown = process::tmux(tmux, &["show-buffer", "-b", buffer])
        .and_then(|mut command| command.stdout(Stdio::piped()).output());
    let Ok(shown) = shown else { return false };
    let content = Secret::new(shown.stdout);
    shown.status.success() && Mark::of(content.expose()) == mark
}

fn done(tmux: &str, arguments: &[&str]) -> bool {
    process::tmux(tmux, arguments)
        .and_then(|mut command| command.status())
        .is_ok_and(|status| status.success())
}
