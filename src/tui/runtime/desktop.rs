//! Access to the clipboard and the browser; disabled while frames are only printed.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::Configuration;
use crate::app::clipboard::{self, Held};
use aemkeys_core::credential::{Problem, Secret};

/// Cheap to clone; clones share the clipboard. It is cleared when the process ends, also by a panic or a signal, unless
/// [`Desktop::leave`] was called.
#[derive(Clone)]
pub enum Desktop {
    Real(Arc<HeldClipboard>),
    /// Does nothing.
    Still,
}

/// Writes an escape sequence to the terminal.
pub type TerminalSink = Box<dyn Fn(Secret) -> io::Result<()> + Send + Sync>;

pub struct HeldClipboard {
    route: clipboard::Route,
    seconds: u64,
    /// Writes the sequences for the terminal between two frames.
    terminal: TerminalSink,
    held: Mutex<Option<Held>>,
}

impl HeldClipboard {
    fn copy(&self, text: &Secret, seconds: u64) -> Result<bool, Problem> {
        let copied = clipboard::copy(text, seconds, self.route, |bytes| {
            (self.terminal)(Secret::new(bytes.to_vec()))
        })?;
        self.replace(copied.held);
        Ok(copied.clipboard.can_be_cleared())
    }

    /// Returns the previous text, which is cleared when it is dropped.
    fn replace(&self, held: Option<Held>) -> Option<Held> {
        let mut current = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, held)
    }
}

impl Desktop {
    pub fn real(configuration: &Configuration, terminal: TerminalSink) -> Self {
        Self::Real(Arc::new(HeldClipboard {
            route: configuration.clipboard,
            seconds: configuration.clipboard_clear_seconds,
            terminal,
            held: Mutex::default(),
        }))
    }

    /// The desktop of the linear mode. A token never goes to standard output, which may be a file: the sequence goes to the
    /// terminal itself.
    pub fn beside_text(configuration: &Configuration) -> Self {
        let terminal = |bytes: Secret| clipboard::write_to_tty(bytes.expose());
        Self::real(configuration, Box::new(terminal))
    }

    /// Copies a secret and returns whether it can be cleared. Blocks for some milliseconds, and for seconds if the
    /// clipboard does not answer.
    pub fn copy(&self, secret: &Secret) -> Result<bool, Problem> {
        match self {
            Self::Real(clipboard) => clipboard.copy(secret, clipboard.seconds),
            Self::Still => Ok(true),
        }
    }

    /// Copies a text that is not secret and stays until another one is copied.
    pub fn copy_text(&self, text: &str) -> Result<(), Problem> {
        if let Self::Real(clipboard) = self {
            clipboard.copy(&Secret::from(text), 0)?;
        }
        Ok(())
    }

    pub fn clear(&self) {
        if let Self::Real(clipboard) = self {
            clipboard.replace(None);
        }
    }

    /// Leaves the text on the clipboard for its remaining seconds.
    pub fn leave(&self) {
        if let Self::Real(clipboard) = self
            && let Some(held) = clipboard.replace(None)
        {
            held.stay();
        }
    }

    /// Opens the page and returns the message to show.
    pub fn open(&self, url: &str) -> Result<String, Problem> {
        use crate::app::open::{Opened, browse};
        if matches!(self, Self::Still) {
            return Ok(format!("{url} opened"));
        }
        match browse(url)? {
            Opened::InBrowser => Ok(format!("{url} opened")),
            Opened::HandedOver => Ok(format!("asked Windows to open {url}")),
            Opened::ShowOnly => {
                self.copy_text(url)?;
                Ok(format!("no browser available; copied {url}"))
            }
        }
    }
}
