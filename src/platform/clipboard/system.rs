//! The desktop's clipboard. Texts are marked as secret, so that clipboard managers keep them out of their history.

use arboard::{Clipboard, Set};

use super::Digest;
use aemkeys_core::credential::Secret;

/// The reason for a failure; never contains the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClipboardFailure {
    #[error("no clipboard is available")]
    NoClipboard,
    #[error("the clipboard refused the text")]
    Refused,
    #[error("only text can be copied")]
    NotText,
}

pub(super) struct System {
    clipboard: Clipboard,
}

impl System {
    pub(super) fn connect() -> Result<Self, ClipboardFailure> {
        Clipboard::new()
            .map(|clipboard| Self { clipboard })
            .map_err(|_| ClipboardFailure::NoClipboard)
    }

    #[cfg(not(all(unix, not(target_os = "macos"))))]
    pub(super) fn put(&mut self, text: &Secret) -> Result<(), ClipboardFailure> {
        let text = std::str::from_utf8(text.expose()).map_err(|_| ClipboardFailure::NotText)?;
        // From here on the library owns a copy, which it needs to serve pastes.
        as_secret(self.clipboard.set())
            .text(text)
            .map_err(|_| ClipboardFailure::Refused)
    }

    /// Serves the text until another text is copied.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn put_and_serve(&mut self, text: &Secret) -> Result<(), ClipboardFailure> {
        use arboard::SetExtLinux as _;
        let text = std::str::from_utf8(text.expose()).map_err(|_| ClipboardFailure::NotText)?;
        as_secret(self.clipboard.set())
            .wait()
            .text(text)
            .map_err(|_| ClipboardFailure::Refused)
    }

    /// Returns whether the text of the clipboard has this digest.
    pub(super) fn holds(&mut self, digest: Digest) -> bool {
        self.clipboard
            .get_text()
            .is_ok_and(|text| Digest::of(Secret::from(text).expose()) == digest)
    }

    /// Clears the clipboard if its text has this digest.
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    pub(super) fn clear_if(&mut self, digest: Digest) -> bool {
        self.holds(digest) && self.clipboard.clear().is_ok()
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
