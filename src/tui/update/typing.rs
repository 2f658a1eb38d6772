//! Typed and pasted text: into the focused field. A paste elsewhere is recognised as a credential or token.

use super::Router;
use crate::tui::action::Action;
use crate::tui::command::AppCommand;
use crate::tui::effect::{Effect, Job, Typed};
use crate::tui::keymap::KeyPress;
use crate::tui::model::Tone;
use crate::tui::task::PageStatus;
use crate::tui::widgets::TextInput;
use aemkeys_core::credential::Secret;

/// A pasted text of at least this length is treated as a credential and never inserted into a field.
const LONGEST_FIELD_PASTE: usize = 400;

impl Router<'_> {
    /// Changes the focused text. `change` returns false if it did not change.
    fn change(&mut self, change: impl FnOnce(&mut TextInput) -> bool) {
        self.top(|page, cx| {
            let is_shown = !page.status().is_running();
            if is_shown && page.input(cx).is_some_and(change) {
                page.typed(cx);
            }
        });
    }

    pub(super) fn letter(&mut self, letter: char) {
        if self.app.top().takes_secret() {
            let typed = Typed::Add(Secret::from(letter.to_string()));
            self.top(|page, cx| page.type_secret(cx, typed, 1));
            return;
        }
        self.change(|line| {
            line.insert_char(letter);
            true
        });
    }

    /// Handles keys without an action: the editing keys of the text field.
    pub(super) fn edit(&mut self, key: KeyPress) {
        if !self.app.top().takes_secret() {
            return self.change(|line| line.edit(key));
        }
        if let Some(typed) = Typed::of(key) {
            self.top(|page, cx| page.type_secret(cx, typed, 0));
        }
    }

    /// Handles pasted text, which never runs an action.
    pub(super) fn paste(&mut self, secret: Secret) {
        if secret.is_empty() {
            return;
        }
        let (takes_text, takes_secret) = (self.app.takes_text(), self.app.top().takes_secret());
        if takes_secret {
            let text = String::from_utf8_lossy(secret.expose());
            let letters = text.trim().chars().count();
            self.top(|page, cx| page.type_secret(cx, Typed::Add(secret), letters));
            return;
        }
        if takes_text
            && secret.len() <= LONGEST_FIELD_PASTE
            && !looks_secret(secret.expose())
            && let Ok(text) = std::str::from_utf8(secret.expose())
        {
            let text = text.trim();
            return self.change(|line| {
                line.insert(text);
                true
            });
        }
        if self.app.pages.is_empty() && !takes_text {
            self.open(&AppCommand::Perform(Action::Add));
        }
        self.top(|page, cx| {
            if !page.status().is_running()
                && let Some(recognised) = page.import()
            {
                if let Some(known) = recognised.take() {
                    cx.emit(Effect::DropImport(known.import));
                }
                let task = cx.run(Job::Recognise { input: secret });
                if let Some(status) = page.status_mut() {
                    *status = PageStatus::Running(task);
                }
            } else {
                cx.say(
                    Tone::Warning,
                    "this looks like a credential or token: close this page, then paste it again",
                );
            }
        });
    }
}

/// Whether the text may be a secret (JSON, PEM or a token), which is never shown in a field.
pub fn looks_secret(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    text.starts_with('{')
        || text.contains("-----BEGIN")
        || text.contains("eyJ")
        || text.to_ascii_lowercase().starts_with("bearer ")
}
