//! Reads the terminal on a thread of its own and forwards every event at once, so that pending events can be handled
//! together.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The timeout to get events that crossterm has already read; with zero, it would not check for them.
const TAKEN_ALREADY: Duration = Duration::from_millis(1);

/// Ends, and closes the channel, when the terminal is gone. Never joined, because it waits for a key.
pub fn listen() -> io::Result<UnboundedReceiver<Event>> {
    let (sender, events) = unbounded_channel();
    std::thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(move || {
            while is_there() {
                let Ok(event) = event::read() else { return };
                if sender.send(event).is_err() {
                    return;
                }
                while event::poll(TAKEN_ALREADY).unwrap_or(false) {
                    let Ok(event) = event::read() else { return };
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            }
        })?;
    Ok(events)
}

/// Waits for input. Returns false when the terminal has hung up, because crossterm would then read forever.
#[cfg(unix)]
fn is_there() -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdin = io::stdin();
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

#[cfg(not(unix))]
fn is_there() -> bool {
    true
}
