//! Counts before movements: `5j`, `12G`.

use jiff::{SignedDuration, Timestamp};

use super::Router;
use crate::tui::action::{Action, Context};
use crate::tui::command::Tab;
use crate::tui::keymap::KeyPress;

/// The greatest count.
const MOST: usize = 9999;
/// How soon a movement must follow the digit of a page, to make it a count.
const SOON: SignedDuration = SignedDuration::from_millis(400);

/// The digits that have just opened another page. They are a count on the page before if a movement follows.
#[derive(Clone, Copy, Debug)]
pub struct OpenedByDigit {
    digits: usize,
    from: Tab,
    until: Timestamp,
}

impl Router<'_> {
    /// Takes a digit of a count, and returns whether it did. The next key uses the count, or drops it; Esc does nothing else.
    pub(super) fn takes_count(&mut self, key: KeyPress) -> bool {
        let bound = self.app.settings.keymap.action(self.app.context(), key);
        let digit = key.text().and_then(|letter| letter.to_digit(10));
        let opened = self.app.opened_by_digit.take();
        let opened = opened.filter(|opened| self.app.now < opened.until);
        if let Some(digit) = digit {
            let appended = |before: usize| (before * 10 + digit as usize).min(MOST);
            let is_count = self.is_count(bound);
            let opens = !is_count && self.moves_here() && self.app.context() != Context::Detail;
            if opened.is_some() || opens {
                self.app.opened_by_digit = Some(OpenedByDigit {
                    digits: appended(opened.map_or(0, |opened| opened.digits)),
                    from: opened.map_or(self.app.tab, |opened| opened.from),
                    until: self.app.now + SOON,
                });
            }
            if is_count {
                self.app.count = Some(appended(self.app.count.unwrap_or(0)));
                return true;
            }
        } else if let Some(opened) = opened
            && opened.from != self.app.tab
            && bound.is_some_and(Action::moves)
        {
            self.go_to_tab(opened.from);
            self.app.count = Some(opened.digits);
        }
        let count = self.app.count.take();
        // 0 alone only makes the next digit a count.
        self.count = count.filter(|count| *count > 0);
        count.is_some() && bound == Some(Action::Close)
    }

    /// A digit that opens another page, or is bound to something else, begins no count, so that nothing has to wait for the
    /// next key. After 0, or another digit of a count, any digit continues it.
    fn is_count(&self, bound: Option<Action>) -> bool {
        let begins = bound.is_none_or(|action| self.is_shown(action));
        self.moves_here() && (begins || self.app.count.is_some())
    }

    fn moves_here(&self) -> bool {
        let contexts = Action::MoveDown.entry().contexts;
        contexts.contains(&self.app.context())
    }

    /// Whether the action opens the page that is shown.
    fn is_shown(&self, action: Action) -> bool {
        self.app.tab.action() == action && self.app.context() != Context::Detail
    }
}
