//! Key hints, in the footer and in the edges of panels. A hint is shown only if its key is bound where the user is, and if
//! the action is available.

use super::action::Action;
use super::app::allows;
use super::keymap::say;
use super::model::Model;
use super::page::View;

/// A key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHint {
    pub action: Action,
    pub key: String,
    pub words: String,
}

/// Returns the hints of a page, in order.
pub fn of(view: &dyn View, model: &Model) -> Vec<KeyHint> {
    let actions = view.hints().iter();
    actions
        .filter_map(|action| of_action(view, model, *action))
        .collect()
}

/// Returns the hint of an action, with its first key that types no text.
pub fn of_action(view: &dyn View, model: &Model, action: Action) -> Option<KeyHint> {
    allows(view, model, action).ok()?;
    let keymap = &model.settings.keymap;
    let types = view.takes_text() && !view.status().is_running();
    let mut keys = keymap.keys(action).iter();
    let key = keys.find(|key| {
        let is_bound = keymap.action(view.context(), **key) == Some(action);
        is_bound && !(types && key.text().is_some())
    })?;
    let words = view.words(model, action);
    Some(KeyHint {
        action,
        key: say(*key),
        words: words.unwrap_or_else(|| action.title_on_marks(model)),
    })
}
