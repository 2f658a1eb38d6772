//! Clears the clipboard after a one-shot `copy` has ended, by a child process that outlives it. On X11 and Wayland the
//! child also serves the text, which exists only as long as the process that copied it.
//!
//! The child receives the text by pipe. Its arguments are the hidden subcommand and the seconds.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use super::{ClipboardKind, Digest, Surroundings, no_clipboard, system, terminal, tmux};
use crate::platform::process;
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::time;

/// The hidden subcommand that calls [`hold`].
const SUBCOMMAND: &str = "hold-clipboard";
/// The line the child prints when it is ready.
const READY: &str = "ready";
/// The limit for a copied text; a token has about 2.5 KB.
const MAX_BYTES: u64 = 256 * 1024;

/// The first byte of the child's input: what it must do.
mod order {
    /// Copies the following text to the desktop's clipboard, serves it and clears it.
    pub const SERVE: u8 = b's';
    /// Clears the desktop's clipboard if its text has the following digest.
    pub const CLEAR_SYSTEM: u8 = b'c';
    /// Clears the tmux buffer if its text has the following digest.
    pub const CLEAR_TMUX: u8 = b't';
}

/// On X11 and Wayland the text disappears with the process that copied it.
const TEXT_DIES_WITH_PROCESS: bool = cfg!(all(unix, not(target_os = "macos")));

/// Copies the text and starts a child that clears it after `seconds`; 0 disables clearing. Returns a description of the
/// outcome.
pub fn copy_with_holder(text: &Secret, seconds: u64) -> Result<String, Problem> {
    let surroundings = Surroundings::of_process();
    let digest = Digest::of(text.expose());
    if let Some(tmux) = &surroundings.tmux
        && tmux::put(tmux, text).is_ok()
    {
        return Ok(clear_later(
            ClipboardKind::Tmux,
            order::CLEAR_TMUX,
            digest,
            seconds,
        ));
    }
    if !surroundings.over_ssh {
        if TEXT_DIES_WITH_PROCESS {
            if start(order::SERVE, text.expose(), seconds).is_ok() {
                return Ok(describe(ClipboardKind::System, seconds));
            }
        } else if system::System::connect().is_ok_and(|mut system| system.put(text).is_ok()) {
            return Ok(clear_later(
                ClipboardKind::System,
                order::CLEAR_SYSTEM,
                digest,
                seconds,
            ));
        }
    }
    terminal::write_to_tty(&terminal::sequence(text)).map_err(|error| no_clipboard(&error))?;
    Ok(ClipboardKind::Terminal.to_string())
}

/// Starts a child that clears the clipboard, and describes the outcome.
fn clear_later(copied: ClipboardKind, order: u8, digest: Digest, seconds: u64) -> String {
    if seconds > 0 && start(order, &digest.0, seconds).is_err() {
        return format!("{copied}, but it will not be cleared automatically");
    }
    describe(copied, seconds)
}

fn describe(copied: ClipboardKind, seconds: u64) -> String {
    if copied.can_be_cleared() && seconds > 0 {
        let wait = time::duration(Duration::from_secs(seconds));
        format!("{copied}, cleared in {wait}")
    } else {
        copied.to_string()
    }
}

/// Starts the child and waits until it is ready.
fn start(order: u8, rest: &[u8], seconds: u64) -> io::Result<()> {
    let seconds = seconds.to_string();
    let mut child = process::clipboard_holder(&[SUBCOMMAND, "--seconds", &seconds])?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(&[order])?;
        pipe.write_all(rest)?;
    }
    let mut answer = String::new();
    if let Some(pipe) = child.stdout.take() {
        BufReader::new(pipe.take(100)).read_line(&mut answer)?;
    }
    if answer.trim_end() == READY {
        // Not waited for: it outlives this process.
        return Ok(());
    }
    child.wait()?;
    Err(io::Error::other(
        "the process that holds the clipboard did not start",
    ))
}

/// Runs the child: reads its order from standard input and ends after `seconds`.
pub fn hold(seconds: u64) -> Result<(), Problem> {
    let input = read_order().map_err(|error| failed(&error.to_string()))?;
    detach_from_terminal();
    let bytes = input.expose();
    let (&order, rest) = bytes
        .split_first()
        .ok_or_else(|| failed("standard input is empty"))?;
    let wait = Duration::from_secs(seconds);
    match order {
        order::SERVE => {
            let deadline = (seconds > 0).then(|| Instant::now() + wait);
            serve(&Secret::new(rest.to_vec()), deadline)
        }
        order::CLEAR_SYSTEM => {
            ready();
            thread::sleep(wait);
            if let (Some(digest), Ok(mut system)) = (digest(rest), system::System::connect()) {
                system.clear_if(digest);
            }
            Ok(())
        }
        order::CLEAR_TMUX => {
            ready();
            thread::sleep(wait);
            if let (Some(digest), Some(tmux)) = (digest(rest), Surroundings::of_process().tmux) {
                tmux::clear_if(&tmux, digest);
            }
            Ok(())
        }
        _ => Err(failed("the order on standard input is unknown")),
    }
}

fn read_order() -> io::Result<Secret> {
    // Large enough for a token: a reallocation would leave a copy behind.
    let mut bytes = Vec::with_capacity(16 * 1024);
    io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(Secret::new(bytes))
}

/// Starts a new session, so that closing the terminal or Ctrl-C does not end this process.
fn detach_from_terminal() {
    #[cfg(unix)]
    {
        // Fails only if this process leads a group already, which has the same effect.
        let _leads_already = rustix::process::setsid();
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn serve(text: &Secret, deadline: Option<Instant>) -> Result<(), Problem> {
    /// The child reports that it is ready after this time at the latest, even if the text cannot be read back.
    const STARTS_WITHIN: Duration = Duration::from_secs(2);
    let failed = |failure: system::Failure| failed(&failure.to_string());
    let mut system = system::System::connect().map_err(failed)?;
    let mut reader = system::System::connect().map_err(failed)?;
    // On a thread, because only X11 supports a deadline for the wait. The text is put only once: a second time would take
    // the clipboard from a program that has copied in between.
    let (sender, receiver) = std::sync::mpsc::channel();
    let served = text.duplicate();
    thread::spawn(move || sender.send(system.put_and_serve(&served)));
    let digest = Digest::of(text.expose());
    let served_from = Instant::now();
    while !reader.holds(digest) && served_from.elapsed() < STARTS_WITHIN {
        if let Ok(served) = receiver.recv_timeout(Duration::from_millis(5)) {
            // It failed, or another program has copied already.
            served.map_err(failed)?;
            ready();
            return Ok(());
        }
    }
    ready();
    let outcome = match deadline {
        None => receiver.recv().ok(),
        Some(deadline) => receiver
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .ok(),
    };
    if let Some(served) = outcome {
        return served.map_err(failed);
    }
    // The text disappears with this process. Clearing explicitly could hit a text that another program copied meanwhile.
    Ok(())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn serve(_text: &Secret, _deadline: Option<Instant>) -> Result<(), Problem> {
    Err(failed(
        "this system does not need a process to hold the clipboard",
    ))
}

fn ready() {
    let mut stdout = io::stdout().lock();
    // Fails if the parent was killed, which changes nothing.
    let _ = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
}

fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok().map(Digest)
}

fn failed(why: &str) -> Problem {
    Problem::new(Code::ClipboardNotHeld, "could not hold the clipboard").cause(why)
}
