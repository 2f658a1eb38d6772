//! Who reads the terminal? One thread, which hands on every event at once: so what waits can be seen together, and no key
//! is lost between two others.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What crossterm has taken from the terminal already comes without waiting; zero would not even look there.
const TAKEN_ALREADY: Duration = Duration::from_millis(1);

/// Ends, and with it the channel, when the terminal is gone. Never joined: it waits for a key.
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

/// Waits until there is something to read. False when the terminal hung up: crossterm would read nothing for ever.
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
