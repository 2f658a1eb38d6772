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
                let size = (area.width, area.height);
                let lines = problem::fitting(model, found, size, self.theme);
                self.lines(area, &lines);
                return true;
            }
            PageStatus::Cancelled => Line::styled("cancelled", self.theme.quiet),
        };
        let [_, below] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.line(below, line);
        true
    }

    /// The lines, what must not be overlooked, the problem if there is one, then the form or what is being waited for.
    pub fn form_page(
        &mut self,
        model: &Model,
        lines: &[Line<'_>],
        notes: &[Line<'_>],
        status: &PageStatus,
        form: &Form,
        inner: Rect,
    ) {
        let mut left = inner.height;
        let mut take = |wanted: usize| {
            let taken = u16::try_from(wanted).unwrap_or(u16::MAX).min(left);
            left -= taken;
            taken
        };
        // Where the rows are too few, they go to what matters most.
        let least = take(form.least_rows(inner.width));
        let size = (inner.width, inner.height - least);
        let problem = status.problem();
        let problem = problem.map(|found| problem::fitting(model, found, size, self.theme));
        let problem = problem.unwrap_or_default();
        let [problem_rows, notes_rows] = [problem.len(), notes.len()].map(&mut take);
        let more = (form.rows(inner.width) + 1).saturating_sub(least.into());
        let form_rows = least + take(more);
        let top = take(lines.len());
        let mut gap = |is_wanted: bool| take(usize::from(is_wanted));
        let above_form = gap(top + notes_rows + problem_rows > 0);
        let above_notes = gap(top > 0 && notes_rows > 0);
        let above_problem = gap(top + notes_rows > 0 && problem_rows > 0);
        let heights = [
            Constraint::Length(top),
            Constraint::Length(above_notes),
            Constraint::Length(notes_rows),
            Constraint::Length(above_problem),
            Constraint::Length(problem_rows),
            Constraint::Length(above_form),
            Constraint::Min(form_rows),
        ];
        let [text, _, said, _, wrong, _, place] = Layout::vertical(heights).areas(inner);
        self.scrolled(text, lines, form.text_line);
        self.lines(said, notes);
        self.lines(wrong, &problem);
        match running(model, status, self.theme) {
            Some(running) => {
                self.line(place, running);
                self.cursor(place, 0);
            }
            // The notes say what is being waited for.
            None if form.buttons.is_empty() => self.cursor(said, 0),
            None => self.form(form, place),
        }
    }
}
