//! Typed and pasted text: into the focused field. A paste elsewhere is recognised as a credential or token.

use super::Router;
use crate::app::given_path;
use crate::tui::action::Action;
use crate::tui::command::AppCommand;
use crate::tui::effect::{Effect, Job, Typed};
use crate::tui::keymap::KeyPress;
use crate::tui::model::Tone;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{Button, FieldId, Form, TextInput};
use aemkeys_core::credential::Secret;

/// A pasted text of at least this length is treated as a credential and never inserted into a field.
const LONGEST_FIELD_PASTE: usize = 400;

impl Router<'_> {
    /// Whether the key of a movement edits the text of the line instead: Home, End and Ctrl-U.
    pub(super) fn edits_text(&mut self, action: Action) -> bool {
        let moves = matches!(action, Action::First | Action::Last | Action::HalfPageUp);
        let mut has_text = false;
        if moves && self.app.takes_text() {
            self.top(|page, cx| has_text = page.input(cx).is_some_and(|line| !line.is_empty()));
        }
        has_text
    }

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
        let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
        let is_path = !looks_secret(secret.expose()) && given_path::is_path(text);
        if is_path && (!takes_text || self.is_in_file_field()) {
            let text = text.trim().to_owned();
            return self.paste_path(&text);
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

impl Router<'_> {
    fn is_in_file_field(&mut self) -> bool {
        let page = self.app.pages.last_mut();
        let form = page.and_then(|page| page.view_mut().form());
        form.is_some_and(|form| form.is_in_path())
    }

    /// Lists the files that continue the path that is being typed.
    pub(super) fn list_files(&mut self) {
        let page = self.app.pages.last_mut();
        let form = page.and_then(|page| page.view_mut().form());
        let wanted = form.and_then(Form::wants_files);
        self.effects.extend(wanted.map(Effect::ListFiles));
    }

    /// Puts a path into the field for it, or reads the file on a page without one. On a tab, opens the page to add it.
    fn paste_path(&mut self, text: &str) {
        let is_on_tab = self.app.pages.is_empty();
        if is_on_tab {
            self.open(&AppCommand::Perform(Action::Add));
        }
        self.top(|page, cx| {
            if page.status().is_running() {
                return;
            }
            if let Some(form) = page.form()
                && form.has(FieldId::FILE)
            {
                form.set_text(FieldId::FILE, text);
                if is_on_tab {
                    page.press(cx, Button::READ);
                }
            } else if let Some(import) = page.import() {
                if let Some(known) = import.take() {
                    cx.emit(Effect::DropImport(known.import));
                }
                let path = text.to_owned();
                let task = cx.run(Job::ReadFile { path });
                if let Some(status) = page.status_mut() {
                    *status = PageStatus::Running(task);
                }
            } else {
                let words = "this is a path: close this page, then paste it again";
                cx.say(Tone::Warning, words);
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
