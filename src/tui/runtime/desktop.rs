//! Access to the clipboard and the browser; disabled while frames are only printed.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::clipboard::{Clipboard, ClipboardKind, Surroundings};
use aemkeys_core::credential::{Problem, Secret};

/// Cheap to clone; clones share the clipboard.
#[derive(Clone)]
pub enum Desktop {
    Real(Arc<Mutex<Clipboard>>),
    /// Does nothing.
    Still,
}

impl Desktop {
    pub fn real() -> Self {
        Self::Real(Arc::new(Mutex::new(Clipboard::detect(
            Surroundings::of_process(),
        ))))
    }

    /// Sends the clipboard's output for the terminal to the dashboard, which writes it between two frames.
    pub(super) fn connected(
        self,
        send: impl Fn(Secret) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        if let Self::Real(clipboard) = &self {
            let mut clipboard = clipboard.lock().unwrap_or_else(PoisonError::into_inner);
            *clipboard = Clipboard::detect(Surroundings::of_process())
                .writing_to(move |bytes| send(Secret::new(bytes.to_vec())));
        }
        self
    }

    /// Copies the text and returns whether it can be cleared. Blocks for a few milliseconds.
    pub fn copy(&self, text: &Secret) -> Result<bool, Problem> {
        match self {
            Self::Real(clipboard) => clipboard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .copy(text)
                .map(ClipboardKind::can_be_cleared),
            Self::Still => Ok(true),
        }
    }

    pub fn clear(&self) {
        if let Self::Real(clipboard) = self {
            clipboard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear_if_ours();
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
            Opened::ShowOnly => {
                self.copy(&Secret::from(url))?;
                Ok(format!("no browser available; copied {url}"))
            }
        }
    }
}
