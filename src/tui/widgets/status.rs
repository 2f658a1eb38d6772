//! How the work that a page waits for stands.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::form::Form;
use super::painter::Painter;
use super::problem;
use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::theme::Theme;
use aemkeys_core::time;

/// What the page waits for; `None` where nothing runs.
pub fn running<'a>(model: &Model, status: &PageStatus, theme: &Theme) -> Option<Line<'a>> {
    let task = model.tasks.get(status.task()?)?;
    let wheel = model.spinner();
    Some(Line::from(vec![
        Span::styled(format!("{wheel} "), theme.accent),
        Span::raw(format!("{} {} ", task.work.words(), task.name)),
        Span::styled(
            time::elapsed(model.now.duration_since(task.since)),
            theme.quiet,
        ),
    ]))
}

impl Painter<'_> {
    /// How the work of a page stands, in place of what it has to show; false where it is ready.
    pub fn status(&mut self, model: &Model, status: &PageStatus, area: Rect) -> bool {
        let line = match status {
            PageStatus::Ready => return false,
            PageStatus::Running(_) => running(model, status, self.theme).unwrap_or_default(),
            PageStatus::Failed(found) => {
                let lines = problem::lines(model, found, area.width, self.theme);
                self.lines(area, &lines);
                return true;
            }
            PageStatus::Cancelled => Line::styled("cancelled", self.theme.quiet),
        };
        let [_, below] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.line(below, line);
        true
    }

    /// The lines, the problem if there is one, then the form or what is being waited for. On a small screen the form wins.
    pub fn form_page(
        &mut self,
        model: &Model,
        mut lines: Vec<Line<'_>>,
        status: &PageStatus,
        form: &Form,
        inner: Rect,
    ) {
        if let Some(found) = status.problem() {
            lines.extend(problem::lines(model, found, inner.width, self.theme));
            lines.push(Line::default());
        }
        let rows = u16::try_from(form.rows(inner.width) + 1).unwrap_or(u16::MAX);
        let top = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let top = top.min(inner.height.saturating_sub(rows));
        // A gap at the end is nothing that is cut.
        while lines.len() > usize::from(top) && lines.last().is_some_and(|line| line.width() == 0) {
            lines.pop();
        }
        let [text, place] =
            Layout::vertical([Constraint::Length(top), Constraint::Fill(1)]).areas(inner);
        self.lines(text, &lines);
        match running(model, status, self.theme) {
            Some(running) => {
                self.line(place, running);
                self.cursor(place, 0);
            }
            None => self.form(form, place),
        }
    }
}
