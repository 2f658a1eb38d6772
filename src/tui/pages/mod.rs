//! The pages. Each file holds one page: its state, its keys, what it does and how it is drawn. Pages lie in a stack over
//! the tab; the one on top gets the input.
//!
//! To add a page, write its file, add it to the list in [`pages!`] and its actions to the action table.

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
pub mod renewed;
pub mod rotate;
pub mod search;
pub mod test;
pub mod timeline;
pub mod viewer;

use ratatui::layout::Rect;

use super::action::{Action, Context};
use super::command::{Cx, Import};
use super::effect::Typed;
use super::layout;
use super::message::Outcome;
use super::model::Model;
use super::task::{PageStatus, Task};
use super::widgets::{Button, Form, Painter, TextInput};
use aemkeys_core::credential::Problem;

/// What a page is and does. Only [`View::context`], [`View::size`] and [`View::draw`] are needed.
pub trait View {
    /// Decides which keys are live.
    fn context(&self) -> Context;

    /// The width and height that the page wants; it gets at most the screen.
    fn size(&self, model: &Model) -> (u16, u16);

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect);

    /// The actions that the footer offers, in order, as far as there is room.
    fn hints(&self) -> &'static [Action] {
        &[Action::Close]
    }

    /// Why an action of this page cannot be done now.
    fn allows(&self, _model: &Model, _action: Action) -> Result<(), String> {
        Ok(())
    }

    fn perform(&mut self, _cx: &mut Cx<'_>, _action: Action) {}

    /// Esc. A page may ask first, or cancel what it shows and stay.
    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.close();
    }

    /// The cursor and how many rows it can be on.
    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        None
    }

    /// How many lines are on screen, for half pages.
    fn height(&self, model: &Model) -> usize {
        usize::from(layout::inside(self.area(model)).height).max(1)
    }

    /// Moves the cursor, or scrolls where there is none.
    fn step(&mut self, model: &Model, by: isize) {
        if let Some((at, count)) = self.cursor(model) {
            *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
        }
    }

    /// A click on a row.
    fn click(&mut self, cx: &mut Cx<'_>, row: usize) {
        if let Some((at, count)) = self.cursor(cx)
            && row < count
        {
            *at = row;
        }
    }

    fn form(&mut self) -> Option<&mut Form> {
        None
    }

    fn takes_text(&self) -> bool {
        false
    }

    /// The line that keys are typed into.
    fn input(&mut self) -> Option<&mut TextInput> {
        self.form()?.typing()
    }

    /// The typed text has changed.
    fn typed(&mut self) {}

    /// What is typed here is a secret: it goes to the runtime and not into the model.
    fn takes_secret(&self) -> bool {
        false
    }

    fn type_secret(&mut self, _cx: &mut Cx<'_>, _typed: Typed, _letters: usize) {}

    /// A button was pressed.
    fn press(&mut self, _cx: &mut Cx<'_>, _button: Button) {}

    /// The Cancel button. Unlike Esc it never asks.
    fn cancel(&mut self, cx: &mut Cx<'_>) {
        self.close(cx);
    }

    /// Where what was recognised in a pasted text goes, on pages that take one.
    fn import(&mut self) -> Option<&mut Option<Import>> {
        None
    }

    fn status(&self) -> &PageStatus {
        &PageStatus::Ready
    }

    fn status_mut(&mut self) -> Option<&mut PageStatus> {
        None
    }

    /// The job that the page waited for has succeeded.
    fn finished(&mut self, cx: &mut Cx<'_>, _outcome: Outcome) {
        cx.close();
    }

    /// The job that the page waited for has failed; the status says so already.
    fn failed(&mut self, _cx: &mut Cx<'_>, _task: &Task, _problem: &Problem) {}

    /// The job that the page waited for was cancelled; the status says so already.
    fn cancelled(&mut self, _cx: &mut Cx<'_>, _task: &Task) {}

    /// One of the jobs that were started together has ended.
    fn batch_ended(&mut self, _batch: u64, _task: &Task, _problem: Option<&Problem>) {}

    /// A text was entered to search for. The number of lines it is found on, where the page can be searched.
    fn search(&mut self, _text: &str) -> Option<usize> {
        None
    }

    /// The index has changed.
    fn index_changed(&mut self, _cx: &mut Cx<'_>) {}

    /// The page above has closed.
    fn resumed(&mut self, _cx: &mut Cx<'_>) {}

    /// Where the page lies.
    fn area(&self, model: &Model) -> Rect {
        let (width, height) = self.size(model);
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
    Renewed(renewed::RenewedPage),
    Rotate(rotate::RotatePage),
    Search(search::SearchPage),
    Test(test::TestPage),
    Viewer(viewer::ViewerPage),
}
