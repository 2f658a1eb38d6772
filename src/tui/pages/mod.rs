//! The pages. Each file contains one page: its state, its handlers and its drawing code. Pages form a stack over the
//! tab, and the one on top gets the input.
//!
//! To add a page, write its file, and add it to the list in [`pages!`] and its actions to the action table.

/// The methods of a [`View`] with a form in its field `form`.
macro_rules! with_form {
    () => {
        fn form(&mut self) -> Option<&mut $crate::tui::widgets::Form> {
            Some(&mut self.form)
        }

        fn takes_text(&self) -> bool {
            self.form.takes_text()
        }
    };
}

/// The methods of a [`View`] that shows in its field `status` how its job stands.
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

pub mod activity;
pub mod add;
pub mod confirm;
pub mod doctor;
pub mod edit;
pub mod environments;
pub mod errors;
pub mod finder;
pub mod guide;
pub mod leaked;
pub mod menu;
pub mod passphrase;
pub mod paste;
pub mod path;
pub mod progress;
pub mod question;
pub mod rotate;
pub mod search;
pub mod test;
pub mod timeline;
pub mod used_by;
pub mod viewer;

use ratatui::layout::Rect;

use super::action::{Action, Context};
use super::command::{Cx, PendingImport};
use super::effect::Typed;
use super::layout;
use super::message::{ClickTarget, JobOutcome};
use super::model::Model;
use super::task::{PageStatus, Task};
use super::widgets::{Button, Form, Painter, TextInput};
use aemkeys_core::credential::Problem;

/// A page. Only [`View::context`] and [`View::draw`] are required.
pub trait View {
    /// The context, which decides which keys are bound.
    fn context(&self) -> Context;

    /// The preferred width and height, limited by the screen.
    fn size(&self, _model: &Model) -> (u16, usize) {
        (u16::MAX, usize::MAX)
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect);

    /// The actions in the footer, in order, as far as they fit.
    fn hints(&self) -> &'static [Action] {
        self.context().hints()
    }

    /// Called when the user switches to this tab.
    fn opened(&mut self, _cx: &mut Cx<'_>) {}

    /// Returns why an action of this page is not available now.
    fn allows(&self, _model: &Model, _action: Action) -> Result<(), String> {
        Ok(())
    }

    fn perform(&mut self, _cx: &mut Cx<'_>, _action: Action) {}

    /// Handles Esc. A page may ask first, or cancel its job and stay open.
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

    /// Moves the cursor, or scrolls a page without a cursor.
    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        if let Some((at, count)) = self.cursor(cx) {
            *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
        }
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

    /// The input line.
    fn input(&mut self) -> Option<&mut TextInput> {
        self.form()?.typing()
    }

    /// Called after the input line has changed.
    fn typed(&mut self) {}

    /// Whether the input is a secret, which goes to the runtime and not into the model.
    fn takes_secret(&self) -> bool {
        false
    }

    fn type_secret(&mut self, _cx: &mut Cx<'_>, _typed: Typed, _letters: usize) {}

    /// Handles a button.
    fn press(&mut self, _cx: &mut Cx<'_>, _button: Button) {}

    /// Handles the Cancel button. Unlike Esc, it never asks.
    fn cancel(&mut self, cx: &mut Cx<'_>) {
        self.close(cx);
    }

    /// The place for a recognised paste, on pages that accept one.
    fn import(&mut self) -> Option<&mut Option<PendingImport>> {
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

    /// Called when one job of a batch has ended.
    fn batch_ended(&mut self, _batch: u64, _task: &Task, _problem: Option<&Problem>) {}

    /// Searches for a text. Returns the number of matching lines, or `None` if the page has no search.
    fn search(&mut self, _text: &str) -> Option<usize> {
        None
    }

    /// Called when the index has changed.
    fn index_changed(&mut self, _cx: &mut Cx<'_>) {}

    /// Called when the page above was closed.
    fn resumed(&mut self, _cx: &mut Cx<'_>) {}

    /// The area of the page.
    fn area(&self, model: &Model) -> Rect {
        let (width, height) = self.size(model);
        let height = u16::try_from(height).unwrap_or(u16::MAX);
        layout::popup(model.columns, model.rows, width, height)
    }
}

macro_rules! pages {
    ($($name:ident($page:ty)),* $(,)?) => {
        /// A page in the stack.
        #[derive(Clone, Debug)]
        pub enum Page {
            $($name(Box<$page>)),*
        }

        impl Page {
            pub fn view(&self) -> &dyn View {
                match self {
                    $(Self::$name(page) => page.as_ref()),*
                }
            }

            pub fn view_mut(&mut self) -> &mut dyn View {
                match self {
                    $(Self::$name(page) => page.as_mut()),*
                }
            }
        }

        $(impl From<$page> for Page {
            fn from(page: $page) -> Self {
                Self::$name(Box::new(page))
            }
        })*
    };
}

pages! {
    Add(add::AddPage),
    Confirm(confirm::ConfirmPage),
    Edit(edit::EditPage),
    Errors(errors::ErrorsPage),
    Finder(finder::FinderPage),
    Guide(guide::GuidePage),
    Leaked(leaked::LeakedPage),
    Menu(menu::MenuPage),
    Passphrase(passphrase::PassphrasePage),
    Paste(paste::PastePage),
    Path(path::PathPage),
    Progress(progress::ProgressPage),
    Question(question::QuestionPage),
    Renewed(used_by::UsedByPage),
    Rotate(rotate::RotatePage),
    Search(search::SearchPage),
    Test(test::TestPage),
    Viewer(viewer::ViewerPage),
}
