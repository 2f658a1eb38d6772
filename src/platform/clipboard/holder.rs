//! Who clears the clipboard after a one-shot `copy` has ended? A child of our own binary that outlives it: on X11 and
//! Wayland it also serves the text, because there a text lives as long as the process that copied it.
//!
//! What the child needs comes by pipe: its arguments are the hidden subcommand and the seconds.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Copied, Mark, Surroundings, Way, no_clipboard, system, terminal, tmux};
use crate::credential::{Code, Problem, Secret};
use crate::platform::process;

/// The hidden subcommand that calls [`hold`].
const SUBCOMMAND: &str = "hold-clipboard";
/// What the child says when the text is on the clipboard.
const READY: &str = "ready";
/// A token is 2.5 KB; nothing we copy is longer than this.
const MAX_BYTES: u64 = 256 * 1024;

/// What the child is told to do, in its first byte.
mod order {
    /// Put the following text on the desktop's clipboard, serve it, clear it.
    pub const SERVE: u8 = b's';
    /// Clear the desktop's clipboard if the text has the following hash.
    pub const CLEAR_SYSTEM: u8 = b'c';
    /// Clear tmux's buffer if it has the following hash.
    pub const CLEAR_TMUX: u8 = b't';
}

/// On X11 and Wayland a text is gone with the process that copied it.
const TEXT_DIES_WITH_PROCESS: bool = cfg!(all(unix, not(target_os = "macos")));

/// Copies, and leaves a child that clears after so many seconds; 0: nothing is cleared. Says what a person should know.
pub fn copy_and_leave(text: &Secret, seconds: u64) -> Result<String, Problem> {
    let surroundings = Surroundings::of_process();
    let mark = Mark::of(text.expose());
    if let Some(tmux) = &surroundings.tmux
        && tmux::put(tmux, text).is_ok()
    {
        return Ok(leave(Way::Tmux, order::CLEAR_TMUX, mark, seconds));
    }
    if !surroundings.over_ssh {
        if TEXT_DIES_WITH_PROCESS {
            if start(order::SERVE, text.expose(), seconds).is_ok() {
                return Ok(said(Copied::by(Way::System), seconds));
            }
        } else if system::System::connect().is_ok_and(|mut system| system.put(text).is_ok()) {
            return Ok(leave(Way::System, order::CLEAR_SYSTEM, mark, seconds));
        }
    }
    terminal::write_to_tty(&terminal::sequence(text)).map_err(|error| no_clipboard(&error))?;
    Ok(Copied::by(Way::Terminal).to_string())
}

/// Leaves a child that clears.
fn leave(way: Way, order: u8, mark: Mark, seconds: u64) -> String {
    let copied = Copied::by(way);
    if seconds > 0 && start(order, &mark.0, seconds).is_err() {
        return format!("{copied}; it will not be cleared by itself");
    }
    said(copied, seconds)
}

fn said(copied: Copied, seconds: u64) -> String {
    if copied.clearable && seconds > 0 {
        format!("{copied}, cleared in {seconds} s")
    } else {
        copied.to_string()
    }
}

/// Starts the child and waits until it says that it is ready.
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
        // Not waited for: it lives on, and init adopts it.
        return Ok(());
    }
    child.wait()?;
    Err(io::Error::other("the clipboard's holder did not start"))
}

/// The child's whole life: told by standard input, gone after so many seconds.
pub fn hold(seconds: u64) -> Result<(), Problem> {
    let input = read_order().map_err(|error| failed(&error.to_string()))?;
    leave_the_terminal();
    let bytes = input.expose();
    let (&order, rest) = bytes
        .split_first()
        .ok_or_else(|| failed("nothing was given to hold"))?;
    let wait = Duration::from_secs(seconds);
    match order {
        order::SERVE => {
            let deadline = (seconds > 0).then(|| Instant::now() + wait);
            serve(&Secret::new(rest.to_vec()), deadline)
        }
        order::CLEAR_SYSTEM => {
            ready();
            thread::sleep(wait);
            if let (Some(mark), Ok(mut system)) = (mark(rest), system::System::connect()) {
                system.clear_if(mark);
            }
            Ok(())
        }
        order::CLEAR_TMUX => {
            ready();
            thread::sleep(wait);
            if let (Some(mark), Some(tmux)) = (mark(rest), Surroundings::of_process().tmux) {
                tmux::clear_if(&tmux, mark);
            }
            Ok(())
        }
        _ => Err(failed("an unknown order")),
    }
}

fn read_order() -> io::Result<Secret> {
    // Sized at once: a growing buffer would leave copies behind.
    let mut bytes = Vec::with_capacity(16 * 1024);
    io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(Secret::new(bytes))
}

/// A session of its own: closing the terminal or Ctrl-C in it does not end the wait.
fn leave_the_terminal() {
    #[cfg(unix)]
    {
        // Fails only where we lead a group already, which is as good.
        let _leads_already = rustix::process::setsid();
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn serve(text: &Secret, deadline: Option<Instant>) -> Result<(), Problem> {
    let failed = |failure: system::Failure| failed(&failure.to_string());
    let mut system = system::System::connect().map_err(failed)?;
    // Once to know that it works, and once more to wait.
    system.put(text).map_err(failed)?;
    ready();
    // On a thread: only X11 can be told to stop waiting at a time.
    let (ended, replaced) = mpsc::channel();
    let served = text.duplicate();
    thread::spawn(move || ended.send(system.put_and_serve(&served)));
    let outcome = match deadline {
        None => replaced.recv().ok(),
        Some(deadline) => replaced
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .ok(),
    };
    if let Some(served) = outcome {
        return served.map_err(failed);
    }
    // With this process the text goes, and only ours: looking first and clearing then could hit what another copies
    // between the two.
    Ok(())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn serve(_text: &Secret, _deadline: Option<Instant>) -> Result<(), Problem> {
    Err(failed("this system keeps the clipboard itself"))
}

fn ready() {
    let mut stdout = io::stdout().lock();
    // Nobody listens any more when the parent was killed: the work is the same.
    let _heard = writeln!(stdout, "{READY}").and_then(|()| stdout.flush());
}

fn mark(bytes: &[u8]) -> Option<Mark> {
    bytes.try_into().ok().map(Mark)
}

fn failed(why: &str) -> Problem {
    Problem::new(Code::ClipboardNotHeld, "the clipboard is not held").cause(why)
}
