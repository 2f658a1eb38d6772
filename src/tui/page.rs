//! The interface of pages and tabs.

use ratatui::layout::Rect;

use super::action::{Action, Context};
use super::command::{AppCommand, Cx, PageEvent};
use super::effect::Typed;
use super::keymap::KeyPress;
use super::layout;
use super::message::{ClickTarget, JobOutcome, Recognised};
use super::model::Model;
use super::task::{PageStatus, Task};
use super::widgets::{Button, Form, Painter, TextInput, scrolled};
use aemkeys_core::credential::Problem;

/// The methods of a [`View`] with a form in its field `form`.
macro_rules! with_form {
    () => {
        fn form(&mut self) -> Option<&mut $crate::tui::widgets::Form> {
            Some(&mut self.form)
        }

        fn takes_text(&self) -> bool {
            self.form.takes_text()
        }

        fn words(
            &self,
            _model: &$crate::tui::model::Model,
            action: $crate::tui::action::Action,
        ) -> Option<String> {
            self.form.words(action)
        }
    };
}

/// The methods of a [`View`] whose field `status` shows the state of its job.
macro_rules! with_status {
    () => {
        fn status(&self) -> &$crate::tui::task::PageStatus {
            &self.status
        }

        fn status_mut(&mut self) -> Option<&mut $crate::tui::task::PageStatus> {
            Some(&mut self.status)
        }
    };
}

/// The methods of a [`View`] with a filter in its upper edge, which is typed while the field `filtering` is set.
macro_rules! with_filter {
    ($context:ident, |$page:ident, $model:ident| $input:expr) => {
        fn context(&self) -> $crate::tui::action::Context {
            if self.filtering {
                $crate::tui::action::Context::Filter
            } else {
                $crate::tui::action::Context::$context
            }
        }

        with_filter!(|$page, $model| $input);
    };
    (|$page:ident, $model:ident| $input:expr) => {
        fn filtering(&mut self) -> Option<&mut bool> {
            Some(&mut self.filtering)
        }

        fn takes_text(&self) -> bool {
            self.filtering
        }

        fn is_search(&self) -> bool {
            true
        }

        fn input<'a>(
            &'a mut self,
            $model: &'a mut $crate::tui::model::Model,
        ) -> Option<&'a mut $crate::tui::widgets::TextInput> {
            let $page = self;
            if $page.filtering { Some($input) } else { None }
        }
    };
}

/// A page. Only [`View::context`] and [`View::draw`] are required.
pub trait View {
    /// Opens the page for a command. A page that is not available now says why and returns `None`.
    fn open(_cx: &mut Cx<'_>, _command: &AppCommand) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Carries out a command while the page is on top, and returns whether it did.
    fn command(&mut self, _cx: &mut Cx<'_>, _command: &AppCommand) -> bool {
        false
    }

    /// Called with every event, also if the page is not on top.
    fn event(&mut self, _cx: &mut Cx<'_>, _event: &PageEvent<'_>) {}

    /// Updates the model with the result of a job of this kind of page, even if the page was closed.
    fn report(_cx: &mut Cx<'_>, _task: &Task, _outcome: &JobOutcome, _is_shown: bool)
    where
        Self: Sized,
    {
    }

    /// The context, which decides which keys are bound.
    fn context(&self) -> Context;

    /// The preferred width and height, limited by the screen.
    fn size(&self, _model: &Model) -> (u16, usize) {
        (u16::MAX, usize::MAX)
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect);

    /// The actions in the footer and in the edge of the page, in order.
    fn hints(&self) -> &'static [Action] {
        self.context().hints()
    }

    /// What an action does on this page, for its hint, if its title is too general.
    fn words(&self, _model: &Model, _action: Action) -> Option<String> {
        None
    }

    /// Called when the user switches to this tab.
    fn opened(&mut self, _cx: &mut Cx<'_>) {}

    /// Returns why an action of this page is not available now.
    fn allows(&self, _model: &Model, _action: Action) -> Result<(), String> {
        Ok(())
    }

    fn perform(&mut self, _cx: &mut Cx<'_>, _action: Action) {}

    /// Closes the page, or cancels its job and stays open. Called when there is nothing to lose, or when the user has agreed
    /// to discard it. A tab that closes clears the filter or the marks, else the first tab is shown.
    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.close();
    }

    /// The cursor and the number of rows.
    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        None
    }

    /// The number of visible lines, for scrolling by half a page.
    fn height(&self, model: &Model) -> usize {
        usize::from(layout::inside(self.area(model)).height).max(1)
    }

    /// The first line in sight of the text above the fields or buttons.
    fn text_line(&mut self) -> Option<&mut usize> {
        self.form().map(|form| &mut form.text_line)
    }

    /// Moves the cursor, or scrolls a page without a cursor.
    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        if let Some((at, count)) = self.cursor(cx) {
            *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
            return;
        }
        let (_, rows) = self.size(cx);
        let area = self.area(cx);
        if let Some(line) = self.text_line() {
            // By one line, because only one may be in sight.
            *line = scrolled(*line, by.signum(), rows, area);
        }
    }

    /// Goes to the entry of a key that is not bound on this page. Returns false if there is none.
    fn go_to_key(&mut self, _model: &Model, _key: KeyPress) -> bool {
        false
    }

    /// Handles the wheel.
    fn scroll(&mut self, cx: &mut Cx<'_>, by: isize, _on: Option<&ClickTarget>) {
        self.step(cx, by);
    }

    /// Handles a click.
    fn click(&mut self, cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target
            && let Some((at, count)) = self.cursor(cx)
            && *row < count
        {
            *at = *row;
        }
    }

    /// Scrolls the cursor into view. Called after each message.
    fn follow(&mut self, _model: &mut Model) {}

    fn form(&mut self) -> Option<&mut Form> {
        None
    }

    fn takes_text(&self) -> bool {
        false
    }

    /// The input line, of the page or of the model.
    fn input<'a>(&'a mut self, _model: &'a mut Model) -> Option<&'a mut TextInput> {
        self.form()?.typing()
    }

    /// Whether the user has chosen something that is not saved, on a page without a form.
    fn has_choices(&self) -> bool {
        false
    }

    /// Whether the input is a search, which may be lost without a question.
    fn is_search(&self) -> bool {
        false
    }

    /// Ends the search in a text. Returns false if there is none.
    fn end_search(&mut self) -> bool {
        false
    }

    /// Whether the filter is being typed, on pages with one.
    fn filtering(&mut self) -> Option<&mut bool> {
        None
    }

    /// Called when the filter is opened, and when it is accepted or cancelled.
    fn filter_opened(&mut self, _model: &mut Model, _is_open: bool) {}

    /// Called after the input line has changed.
    fn typed(&mut self, _model: &mut Model) {}

    /// Whether the input is a secret, which goes to the runtime and not into the model.
    fn takes_secret(&self) -> bool {
        false
    }

    fn type_secret(&mut self, _cx: &mut Cx<'_>, _typed: Typed, _letters: usize) {}

    /// Handles a button.
    fn press(&mut self, _cx: &mut Cx<'_>, _button: Button) {}

    /// The place for a recognised paste, on pages that accept one.
    fn import(&mut self) -> Option<&mut Option<Recognised>> {
        None
    }

    fn status(&self) -> &PageStatus {
        &PageStatus::Ready
    }

    fn status_mut(&mut self) -> Option<&mut PageStatus> {
        None
    }

    /// Called when the job of the page has succeeded.
    fn finished(&mut self, cx: &mut Cx<'_>, _outcome: JobOutcome) {
        cx.close();
    }

    /// Called when the job of the page has failed; the status is already set.
    fn failed(&mut self, _cx: &mut Cx<'_>, _task: &Task, _problem: &Problem) {}

    /// Called when the job of the page was cancelled; the status is already set.
    fn cancelled(&mut self, _cx: &mut Cx<'_>, _task: &Task) {}

    /// The area of the page.
    fn area(&self, model: &Model) -> Rect {
        let (width, height) = self.size(model);
        let height = u16::try_from(height).unwrap_or(u16::MAX);
        layout::popup(model, width, height)
    }
}
