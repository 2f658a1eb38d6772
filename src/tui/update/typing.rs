//! Where do letters and pastes go? Into the field with the cursor; a paste elsewhere is looked at as a credential or token.

use super::{open, passphrase};
use crate::credential::Secret;
use crate::tui::action::{ACTIONS, Action};
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::model::{Finder, FinderKind, Model, Overlay, Task, TaskId, TextLine, Tone, Work};

/// A pasted text of at least this length, or one that looks like JSON, is never typed into a field: it is a credential.
const LONGEST_FIELD_PASTE: usize = 400;

pub(super) fn takes_text(model: &Model) -> bool {
    match model.overlays.last() {
        None => model.list.filtering,
        Some(Overlay::Add(page)) => page.form.takes_text(),
        Some(Overlay::Edit(page)) => page.form.takes_text(),
        Some(Overlay::Rotate(page)) => page.form.takes_text(),
        Some(Overlay::Confirm(page)) => page.form.takes_text(),
        Some(Overlay::Passphrase(page)) => page.working.is_none() && page.form.takes_text(),
        Some(Overlay::Finder(_) | Overlay::Line(_)) => true,
        Some(_) => false,
    }
}

fn typed_line(model: &mut Model) -> Option<&mut TextLine> {
    match model.overlays.last_mut() {
        None if model.list.filtering => Some(&mut model.list.filter),
        Some(Overlay::Add(page)) => page.form.typing(),
        Some(Overlay::Edit(page)) => page.form.typing(),
        Some(Overlay::Rotate(page)) => page.form.typing(),
        Some(Overlay::Confirm(page)) => page.form.typing(),
        Some(Overlay::Finder(page)) => Some(&mut page.line),
        Some(Overlay::Line(page)) => {
            page.wrong = None;
            // What is typed is no longer the one that was taken.
            page.at = None;
            Some(&mut page.line)
        }
        None | Some(_) => None,
    }
}

pub(super) fn letter(model: &mut Model, letter: char) -> Vec<Effect> {
    if passphrase::is_typed(model) {
        return passphrase::add(model, Secret::from(letter.to_string()), 1);
    }
    if let Some(line) = typed_line(model) {
        line.insert_char(letter);
    }
    typed(model);
    Vec::new()
}

/// A key that is no action here: editing keys of the text field.
pub(super) fn edit(model: &mut Model, key: Key) -> Vec<Effect> {
    if passphrase::is_typed(model) {
        return passphrase::edit(model, key);
    }
    if typed_line(model).is_some_and(|line| line.edit(key)) {
        typed(model);
    }
    Vec::new()
}

/// What follows the text as it is typed.
fn typed(model: &mut Model) {
    match model.overlays.last_mut() {
        None if model.list.filtering => model.reorder(),
        Some(Overlay::Finder(page)) => find(page),
        _ => {}
    }
}

/// What a finder shows: in help what works where it was opened, in the palette what works on the page.
pub(super) fn find(page: &mut Finder) {
    let wanted = page.line.text().to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().collect();
    page.found = ACTIONS
        .iter()
        .filter(|entry| match page.kind {
            FinderKind::Help => entry.contexts.contains(&page.context),
            FinderKind::Palette => {
                entry.contexts.contains(&page.context)
                    && !matches!(
                        entry.action,
                        Action::Palette
                            | Action::Close
                            | Action::MoveDown
                            | Action::MoveUp
                            | Action::First
                            | Action::Last
                            | Action::HalfPageDown
                            | Action::HalfPageUp
                    )
            }
        })
        .filter(|entry| {
            let text = format!("{} {} {} {}", entry.id, entry.title, entry.doc, entry.group)
                .to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .map(|entry| entry.action)
        .collect();
    // What is named so comes before what only mentions it.
    if !words.is_empty() {
        page.found.sort_by_key(|action| {
            let entry = action.entry();
            (
                !entry.title.starts_with(&wanted),
                !entry.title.contains(&wanted),
            )
        });
    }
    page.at = page.at.min(page.found.len().saturating_sub(1));
}

/// Pasted text never runs a key command.
pub(super) fn paste(model: &mut Model, secret: Secret) -> Vec<Effect> {
    if secret.is_empty() {
        return Vec::new();
    }
    if passphrase::is_typed(model) {
        let letters = String::from_utf8_lossy(secret.expose())
            .trim()
            .chars()
            .count();
        return passphrase::add(model, secret, letters);
    }
    if takes_text(model)
        && secret.len() <= LONGEST_FIELD_PASTE
        && !looks_secret(secret.expose())
        && let Ok(text) = std::str::from_utf8(secret.expose())
    {
        let text = text.trim().to_owned();
        if let Some(line) = typed_line(model) {
            line.insert(&text);
        }
        typed(model);
        return Vec::new();
    }
    let since = model.now;
    let task = match model.overlays.last() {
        Some(Overlay::Add(page)) if page.working.is_none() => recognising(model, since),
        Some(Overlay::Paste(page)) if page.working.is_none() => recognising(model, since),
        Some(Overlay::Rotate(page)) if page.working.is_none() => recognising(model, since),
        None if !model.list.filtering => recognising(model, since),
        _ => {
            model.say(
                Tone::Warning,
                "that looks like a credential or token: close this first, then paste it",
            );
            return Vec::new();
        }
    };
    if model.overlays.is_empty() {
        model
            .overlays
            .push(Overlay::Add(Box::new(open::add_page())));
    }
    let forgotten = set_working(model, task);
    let mut effects: Vec<Effect> = forgotten.into_iter().map(Effect::DropImport).collect();
    effects.push(Effect::Recognise {
        task,
        input: secret,
    });
    effects
}

/// JSON, PEM or a token: never shown in a field.
fn looks_secret(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    text.starts_with('{')
        || text.contains("-----BEGIN")
        || text.contains("eyJ")
        || text.to_ascii_lowercase().starts_with("bearer ")
}

fn recognising(model: &mut Model, since: jiff::Timestamp) -> TaskId {
    model.tasks.start(Task {
        work: Work::Recognise,
        identity: None,
        name: "the pasted text".to_owned(),
        since,
        batch: None,
    })
}

/// The page on top now waits for this work; what it had recognised before is forgotten.
pub(super) fn set_working(model: &mut Model, task: TaskId) -> Option<crate::tui::effect::ImportId> {
    let (working, recognised, problem) = match model.overlays.last_mut()? {
        Overlay::Add(page) => (&mut page.working, &mut page.recognised, &mut page.problem),
        Overlay::Paste(page) => (&mut page.working, &mut page.recognised, &mut page.problem),
        Overlay::Rotate(page) => (&mut page.working, &mut page.recognised, &mut page.problem),
        _ => return None,
    };
    *working = Some(task);
    *problem = None;
    recognised.take().map(|import| import.id)
}
