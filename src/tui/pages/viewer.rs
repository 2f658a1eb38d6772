//! The viewer page: text to read and search, such as claims, responses and explanations.

use ratatui::layout::Rect;

use super::View;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::layout;
use crate::tui::message::JobOutcome;
use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{Painter, Panel, TextView, hint_line, readable};

#[derive(Clone, Debug)]
pub struct ViewerPage {
    title: String,
    text: TextView,
    pub status: PageStatus,
}

impl ViewerPage {
    pub fn new(title: String, lines: Vec<String>) -> Self {
        Self {
            title,
            text: TextView::new(lines),
            status: PageStatus::Ready,
        }
    }
}

impl View for ViewerPage {
    fn context(&self) -> Context {
        Context::Viewer
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        (model.columns.min(100), (self.text.lines.len() + 4).max(12))
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::Search => cx.then(AppCommand::OpenSearch),
            Action::NextMatch | Action::PreviousMatch => {
                self.text.next_match(action == Action::NextMatch);
                self.step(cx, 0);
            }
            Action::CopyReport if self.status == PageStatus::Ready => {
                cx.then(AppCommand::CopyText("report", self.text.lines.join("\n")));
            }
            _ => {}
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_and_close(&self.status);
    }

    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let height = layout::inside(self.area(cx)).height;
        self.text.scroll_by(by, height);
    }

    fn search(&mut self, text: &str) -> Option<usize> {
        Some(self.text.search(text))
    }

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        let lines = match outcome {
            JobOutcome::Claims(text) => text.lines().map(str::to_owned).collect(),
            JobOutcome::Called(called) => {
                let mut lines = vec![
                    format!("# {}", called.asked),
                    format!("status {}", called.status),
                ];
                lines.extend(called.headers);
                let body = readable(&called.body, called.body_cut);
                if !body.is_empty() {
                    lines.extend([String::new(), "# Body".to_owned()]);
                    lines.extend(body);
                }
                lines
            }
            _ => return,
        };
        self.text = TextView::new(lines);
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let keys = hint_line(
            &[("/", "search"), ("y", "copy"), ("Esc", "close")],
            painter.theme,
        );
        let inner = painter.panel(area, Panel::dialog(&self.title).keys(keys));
        painter.cursor(inner, 0);
        if !painter.status(model, &self.status, inner) {
            painter.text(&self.text, inner);
        }
    }
}
