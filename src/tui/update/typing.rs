//! Typed and pasted text: into the focused field. A paste elsewhere is recognised as a credential or token.

use super::Router;
use crate::tui::effect::{Effect, Job, Typed};
use crate::tui::keymap::KeyPress;
use crate::tui::model::{Model, Tone};
use crate::tui::pages::add::AddPage;
use crate::tui::task::PageStatus;
use crate::tui::widgets::TextInput;
use aemkeys_core::credential::Secret;

/// A pasted text of at least this length is treated as a credential and never inserted into a field.
const LONGEST_FIELD_PASTE: usize = 400;

impl Router<'_> {
    pub(super) fn takes_text(&self) -> bool {
        match self.app.pages.last() {
            None => self.app.list.filtering,
            Some(page) => page.view().takes_text(),
        }
    }

    fn takes_secret(&self) -> bool {
        let top = self.app.pages.last();
        top.is_some_and(|page| page.view().takes_secret())
    }

    /// Changes the focused text. Returns false if there is none or it did not change.
    fn change(&mut self, change: impl FnOnce(&mut TextInput) -> bool) {
        if let Some(page) = self.app.pages.last_mut() {
            let page = page.view_mut();
            if page.input().is_some_and(change) {
                page.typed();
            }
        } else if self.app.list.filtering && change(&mut self.app.list.filter) {
            Model::reorder(self.app);
        }
    }

    pub(super) fn letter(&mut self, letter: char) {
        if self.takes_secret() {
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
        if !self.takes_secret() {
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
        if self.takes_secret() {
            let text = String::from_utf8_lossy(secret.expose());
            let letters = text.trim().chars().count();
            self.top(|page, cx| page.type_secret(cx, Typed::Add(secret), letters));
            return;
        }
        if self.takes_text()
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
        if self.app.pages.is_empty() && !self.app.list.filtering {
            self.open(AddPage::default());
        }
        self.top(|page, cx| {
            if !page.status().is_running()
                && let Some(recognised) = page.import()
            {
                let forgotten = recognised.take();
                if let Some(import) = forgotten {
                    cx.emit(Effect::DropImport(import.id));
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
fn looks_secret(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    text.starts_with('{')
        || text.contains("-----BEGIN")
        || text.contains("eyJ")
        || text.to_ascii_lowercase().starts_with("bearer ")
}
