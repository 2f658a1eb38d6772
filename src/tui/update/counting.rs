//! Counts before movements: `5j`, `10G`.

use super::Router;
use crate::tui::action::{Action, Context};
use crate::tui::command::Tab;
use crate::tui::keymap::KeyPress;

/// The greatest count.
const MOST: usize = 9999;

impl Router<'_> {
    /// Takes a digit of a count, and returns whether it did. The next key uses the count, or drops it; Esc does nothing else.
    pub(super) fn takes_count(&mut self, key: KeyPress) -> bool {
        let bound = self.app.settings.keymap.action(self.app.context(), key);
        if let Some(digit) = key.text().and_then(|letter| letter.to_digit(10))
            && self.is_count(bound, digit)
        {
            let begun = self.app.count.unwrap_or(0) * 10;
            self.app.count = Some((begun + digit as usize).min(MOST));
            return true;
        }
        self.count = self.app.count.take();
        self.count.is_some() && bound == Some(Action::Close)
    }

    /// Any digit continues a count. One that is bound begins none, except that of the tab which is already shown.
    fn is_count(&self, bound: Option<Action>, digit: u32) -> bool {
        let context = self.app.context();
        let moves = Action::MoveDown.entry().contexts.contains(&context);
        let begins = match bound {
            None => digit > 0,
            Some(action) => self.shows(action) && context != Context::Detail,
        };
        moves && (begins || self.app.count.is_some())
    }

    fn shows(&self, action: Action) -> bool {
        let tab = match action {
            Action::PageEnvironments => Tab::Environments,
            Action::PageTimeline => Tab::Timeline,
            Action::PageActivity => Tab::Activity,
            Action::PageDoctor => Tab::Doctor,
            _ => return false,
        };
        self.app.pages.is_empty() && self.app.tab == tab
    }
}
