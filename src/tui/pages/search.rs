//! The search line of the page below.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::key_hints;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Painter, Panel, TextInput};

#[derive(Clone, Debug, Default)]
pub struct SearchPage {
    line: TextInput,
}

impl View for SearchPage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::OpenSearch).then(Self::default)
    }

    fn context(&self) -> Context {
        Context::Line
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (84, 5)
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::NextMethod | Action::FinderDown | Action::FinderUp => {
                Err("not available in a search".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let words = match action {
            Action::LineSubmit => "search",
            Action::Close => "cancel",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action == Action::LineSubmit {
            cx.then(AppCommand::Search(self.line.text().trim().to_owned()));
            cx.close();
        }
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn is_search(&self) -> bool {
        true
    }

    fn input<'a>(&'a mut self, _model: &'a mut Model) -> Option<&'a mut TextInput> {
        Some(&mut self.line)
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let inner = painter.panel(
            area,
            Panel::dialog("Search").keys(key_hints::of(self, model)),
        );
        let [_, line] = Layout::vertical([Constraint::Max(1), Constraint::Min(1)]).areas(inner);
        painter.input(line, "/", &self.line);
    }
}
