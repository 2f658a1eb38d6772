//! The pages. Each file contains one page: its state, its handlers and its drawing code. Pages form a stack over the
//! tab, and the one on top gets the input.
//!
//! To add a page, write its file, and add it to the list in [`pages!`] and its actions to the action table.

pub mod activity;
pub mod add;
pub mod discover;
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
pub mod save;
pub mod search;
pub mod servers;
pub mod test;
pub mod timeline;
pub mod type_name;
pub mod used_by;
pub mod viewer;

use super::command::{AppCommand, Cx};
use super::message::JobOutcome;
use super::page::View;
use super::task::Task;

macro_rules! pages {
    ($($name:ident($page:ty)),* $(,)?) => {
        /// A page in the stack.
        #[derive(Clone, Debug)]
        pub enum Page {
            $($name(Box<$page>)),*
        }

        impl Page {
            /// Opens the page for a command.
            pub fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
                $(if let Some(page) = <$page>::open(cx, command) {
                    return Some(page.into());
                })*
                None
            }

            /// Updates the model with the result of a job, whether its page is open or not.
            pub fn report(cx: &mut Cx<'_>, task: &Task, outcome: &JobOutcome, is_shown: bool) {
                $(<$page>::report(cx, task, outcome, is_shown);)*
            }

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
    Discover(discover::DiscoverPage),
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
    Rotate(rotate::RotatePage),
    Save(save::SavePage),
    Search(search::SearchPage),
    Servers(servers::ServersPage),
    Test(test::TestPage),
    TypeName(type_name::TypeNamePage),
    UsedBy(used_by::UsedByPage),
    Viewer(viewer::ViewerPage),
}
