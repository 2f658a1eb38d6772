//! How does the desktop's clipboard take a secret? Marked for clipboard managers, so that it enters no history.

use arboard::{Clipboard, Set};

use super::Mark;
use crate::credential::Secret;

/// Why it did not work; never with the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no clipboard answers")]
    NoClipboard,
    #[error("the clipboard did not take it")]
    Refused,
    #[error("only text can be copied")]
    NotText,
}

pub(super) struct System {
    clipboard: Clipboard,
}

impl System {
    pub(super) fn connect() -> Result<Self, Failure> {
        Clipboard::new()
            .map(|clipboard| Self { clipboard })
            .map_err(|_| Failure::NoClipboard)
    }

    pub(super) fn put(&mut self, text: &Secret) -> Result<(), Failure> {
        let text = std::str::from_utf8(text.expose()).map_err(|_| Failure::NotText)?;
        // The library owns a copy of its own from here: it must, to answer those who paste.
        as_secret(self.clipboard.set())
            .text(text)
            .map_err(|_| Failure::Refused)
    }

    /// Serves the text until something else is copied.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn put_and_serve(&mut self, text: &Secret) -> Result<(), Failure> {
        use arboard::SetExtLinux as _;
        let text = std::str::from_utf8(text.expose()).map_err(|_| Failure::NotText)?;
        as_secret(self.clipboard.set())
            .wait()
            .text(text)
            .map_err(|_| Failure::Refused)
    }

    /// Clears it if our text is still on it.
    pub(super) fn clear_if(&mut self, mark: Mark) -> bool {
        let Ok(text) = self.clipboard.get_text() else {
            return false;
        };
        let content = Secret::from(text);
        Mark::of(content.expose()) == mark && self.clipboard.clear().is_ok()
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn as_secret(set: Set<'_>) -> Set<'_> {
    use arboard::SetExtLinux as _;
    set.exclude_from_history()
}

#[cfg(target_os = "macos")]
fn as_secret(set: Set<'_>) -> Set<'_> {
    use arboard::SetExtApple as _;
    set.exclude_from_history()
}

#[cfg(windows)]
fn as_secret(set: Set<'_>) -> Set<'_> {
    use arboard::SetExtWindows as _;
    set.exclude_from_monitoring()
        .exclude_from_cloud()
        .exclude_from_history()
}
