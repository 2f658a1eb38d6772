//! How is a passphrase typed without the model knowing it? Letters go to the runtime one by one; here they are counted.

use crossterm::event::{KeyCode, KeyModifiers};

use super::results;
use crate::credential::{Problem, Secret};
use crate::tui::effect::{Effect, Typed};
use crate::tui::keymap::Key;
use crate::tui::model::{
    Button, Field, FieldId, Form, Look, Model, Overlay, PassphrasePage, Task, TaskId, Value, Work,
};

/// The longest passphrase, in letters.
const LONGEST: usize = 500;

pub(super) fn new_page() -> Overlay {
    Overlay::Passphrase(PassphrasePage {
        is_new: true,
        form: new_form(),
        working: None,
        problem: None,
    })
}

fn new_form() -> Form {
    Form::new(
        vec![
            Field::hidden(FieldId::Passphrase, "Phrase"),
            Field::hidden(FieldId::PassphraseAgain, "Again"),
        ],
        vec![Button::MakeFile, Button::Cancel],
    )
}

fn known_form() -> Form {
    Form::new(
        vec![Field::hidden(FieldId::Passphrase, "Phrase")],
        vec![Button::OpenFile, Button::Cancel],
    )
}

/// The storage waits: whatever is open, this comes on top.
pub(super) fn wanted(model: &mut Model, was_wrong: bool) -> Vec<Effect> {
    model
        .overlays
        .retain(|overlay| !matches!(overlay, Overlay::Passphrase(page) if !page.is_new));
    let mut form = known_form();
    if was_wrong {
        form.refuse(
            FieldId::Passphrase,
            "this passphrase does not open the file: try again",
        );
    }
    model.overlays.push(Overlay::Passphrase(PassphrasePage {
        is_new: false,
        form,
        working: None,
        problem: None,
    }));
    vec![Effect::ForgetPassphrase]
}

fn page(model: &mut Model) -> Option<&mut PassphrasePage> {
    match model.overlays.last_mut()? {
        Overlay::Passphrase(page) => Some(page),
        _ => None,
    }
}

/// Do letters go into a passphrase now?
pub(super) fn is_typed(model: &Model) -> bool {
    matches!(model.overlays.last(), Some(Overlay::Passphrase(page))
        if page.working.is_none() && page.form.takes_text())
}

pub(super) fn add(model: &mut Model, text: Secret, letters: usize) -> Vec<Effect> {
    change(model, Typed::Add(text), |known| {
        (known + letters <= LONGEST).then_some(known + letters)
    })
}

/// Backspace takes a letter, Ctrl-U all; there is nothing to move about in.
pub(super) fn edit(model: &mut Model, key: Key) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('u' | 'w') if control => change(model, Typed::Clear, |_| Some(0)),
        KeyCode::Backspace if control => change(model, Typed::Clear, |_| Some(0)),
        KeyCode::Backspace => change(model, Typed::Backspace, |known| known.checked_sub(1)),
        _ => Vec::new(),
    }
}

fn change(
    model: &mut Model,
    typed: Typed,
    count: impl FnOnce(usize) -> Option<usize>,
) -> Vec<Effect> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    let again = page
        .form
        .focused()
        .is_some_and(|field| field.id == FieldId::PassphraseAgain);
    page.problem = None;
    let Some(letters) = page.form.hidden() else {
        return Vec::new();
    };
    let Some(new) = count(*letters) else {
        return Vec::new();
    };
    *letters = new;
    vec![Effect::TypePassphrase { again, typed }]
}

fn letters(form: &Form, id: FieldId) -> usize {
    form.fields
        .iter()
        .find_map(|field| match field.value {
            Value::Hidden(letters) if field.id == id => Some(letters),
            _ => None,
        })
        .unwrap_or(0)
}

pub(super) fn submit(model: &mut Model) -> Vec<Effect> {
    let since = model.now;
    let Some(page) = page(model).filter(|page| page.working.is_none()) else {
        return Vec::new();
    };
    if letters(&page.form, FieldId::Passphrase) == 0 {
        page.form.refuse(FieldId::Passphrase, "type the passphrase");
        return Vec::new();
    }
    if !page.is_new {
        model.overlays.pop();
        return vec![Effect::GivePassphrase];
    }
    if letters(&page.form, FieldId::PassphraseAgain) == 0 {
        let untouched = page.form.focus == 0;
        page.form
            .refuse(FieldId::PassphraseAgain, "type it once more");
        if untouched {
            // On the way from the first field to the second nothing is wrong yet.
            page.form.hidden();
        }
        return Vec::new();
    }
    let task = model.tasks.start(Task {
        work: Work::ChooseStorage,
        identity: None,
        name: "the passphrase file".to_owned(),
        since,
        batch: None,
    });
    if let Some(Overlay::Passphrase(page)) = model.overlays.last_mut() {
        page.working = Some(task);
    }
    vec![Effect::MakePassphraseFile { task }]
}

pub(super) fn closed(page: &PassphrasePage) -> Vec<Effect> {
    match (page.is_new, page.working) {
        // It is being made: what was typed is needed.
        (true, Some(_)) => Vec::new(),
        (true, None) => vec![Effect::ForgetPassphrase],
        (false, _) => vec![Effect::RefusePassphrase],
    }
}

pub(super) fn chosen(
    model: &mut Model,
    id: TaskId,
    result: Result<&'static str, Problem>,
) -> Vec<Effect> {
    let place = model.overlays.iter().position(
        |overlay| matches!(overlay, Overlay::Passphrase(page) if page.working == Some(id)),
    );
    match result {
        Ok(name) => {
            if let Some(at) = place {
                model.overlays.remove(at);
            }
            name.clone_into(&mut model.settings.storage);
            model.settings.storage_is_chosen = true;
            model.look = Look::NotYet;
            let words = format!("secrets are kept in the {name} from now on");
            results::finished(model, words, &[])
        }
        Err(problem) => {
            match place.and_then(|at| model.overlays.get_mut(at)) {
                Some(Overlay::Passphrase(page)) => {
                    page.working = None;
                    page.form = new_form();
                    page.problem = Some(problem);
                }
                _ => model.fail("passphrase file", problem),
            }
            vec![Effect::ForgetPassphrase]
        }
    }
}
