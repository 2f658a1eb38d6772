//! Copies a text to a tmux buffer named `aemkeys`. `-w` passes it on to tmux's terminal, because tmux by default drops OSC
//! 52 sequences of programs. The text goes by pipe, never as an argument.

use std::io::{self, Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

use super::Digest;
use crate::platform::process;
use aemkeys_core::credential::Secret;

const BUFFER: &str = "aemkeys";
/// The longest wait for a tmux server that does not answer. Shorter than that for the holder, which ends with it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Loads the text into the buffer. `tmux` is the value of `$TMUX`, which names the server.
pub(super) fn put(tmux: &str, text: &Secret) -> io::Result<()> {
    let mut child = process::tmux(tmux, &["load-buffer", "-w", "-b", BUFFER, "-"])?
        .stdin(Stdio::piped())
        .spawn()?;
    let pipe = child.stdin.take();
    let text = text.duplicate();
    // On a thread, because a server that hangs reads nothing. The pipe is closed at the end, so that tmux sees the end of
    // the input.
    let written =
        std::thread::spawn(move || pipe.map_or(Ok(()), |mut pipe| pipe.write_all(text.expose())));
    let status = process::finish(&mut child, PATIENCE)?;
    let is_written = matches!(written.join(), Ok(Ok(())));
    if status.success() && is_written {
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
        .and_then(|mut command| command.stdout(Stdio::piped()).spawn());
    let Ok(mut child) = shown else { return false };
    let pipe = child.stdout.take();
    let reading = std::thread::spawn(move || {
        let mut content = Vec::new();
        pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut content))
            .map(|_| Secret::new(content))
    });
    let is_shown = process::finish(&mut child, PATIENCE).is_ok_and(|status| status.success());
    is_shown && matches!(reading.join(), Ok(Ok(content)) if Digest::of(content.expose()) == digest)
}

fn run(tmux: &str, arguments: &[&str]) -> bool {
    process::tmux(tmux, arguments)
        .and_then(|mut command| process::finish(&mut command.spawn()?, PATIENCE))
        .is_ok_and(|status| status.success())
}
