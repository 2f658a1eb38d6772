//! Reads the terminal on a thread of its own and forwards every event at once, so that pending events can be handled
//! together.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::{self, Event};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::background::AnswerFilter;
use crate::tui::colors::Rgb;

/// The timeout to get events that crossterm has already read; with zero, it would not check for them.
const TAKEN_ALREADY: Duration = Duration::from_millis(1);

/// The time within which the rest of an answer follows its first bytes.
const TOGETHER: Duration = Duration::from_millis(100);

/// Locked while the terminal is read.
static READING: Mutex<()> = Mutex::new(());

/// Keeps the thread from reading, for a program that has the terminal. What that program leaves is read afterwards.
pub fn pause() -> MutexGuard<'static, ()> {
    READING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the events without the terminal's answer to the question for its background, and that answer.
///
/// Ends, and closes the channel, when the terminal is gone. Never joined, because it waits for a key.
pub fn listen() -> io::Result<(UnboundedReceiver<Event>, oneshot::Receiver<Rgb>)> {
    let (sender, events) = unbounded_channel();
    let (answer, background) = oneshot::channel();
    std::thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(move || {
            let mut filter = AnswerFilter::default();
            let mut answer = Some(answer);
            // A failed send means that the dashboard has ended; this thread then ends with the process.
            let pass = |event| drop(sender.send(event));
            while is_there() {
                let _reading = pause();
                // A program that had the terminal may have read the input.
                if !event::poll(TAKEN_ALREADY).unwrap_or(false) {
                    continue;
                }
                loop {
                    let Ok(event) = event::read() else { return };
                    if let Some(colour) = filter.take(event, pass)
                        && let Some(answer) = answer.take()
                    {
                        let _ = answer.send(colour);
                    }
                    let wait = if filter.holds() {
                        TOGETHER
                    } else {
                        TAKEN_ALREADY
                    };
                    if !event::poll(wait).unwrap_or(false) {
                        break;
                    }
                }
                filter.release().into_iter().for_each(pass);
                if sender.is_closed() {
                    return;
                }
            }
        })?;
    Ok((events, background))
}

/// Waits for input. Returns false when the terminal has hung up, because crossterm would then read forever.
#[cfg(unix)]
fn is_there() -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdin = io::stdin();
    if cfg!(target_os = "macos") {
        return is_selectable(&stdin);
    }
    loop {
        let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut terminal, None) {
            Ok(_) => {
                let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
                return !terminal[0].revents().intersects(gone);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// Waits for input where `poll` may not know terminals. A terminal that has hung up is always readable, and no longer a terminal.
#[cfg(unix)]
fn is_selectable(terminal: &impl std::os::fd::AsFd) -> bool {
    use nix::errno::Errno;
    use nix::sys::select::{FdSet, select};
    loop {
        let mut readable = FdSet::new();
        readable.insert(terminal.as_fd());
        match select(None, &mut readable, None, None, None) {
            Ok(_) => return rustix::termios::isatty(terminal),
            Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(not(unix))]
fn is_there() -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;

    use portable_pty::{PtySize, native_pty_system};

    use super::*;

    #[test]
    fn a_terminal_that_has_hung_up_is_gone() {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let path = pair.master.tty_name().unwrap();
        let terminal = std::fs::File::open(path).unwrap();
        let mut writer = pair.master.take_writer().unwrap();
        writer.write_all(b"x\n").unwrap();
        assert!(is_selectable(&terminal));
        drop((writer, pair));
        assert!(!is_selectable(&terminal));
    }
}
