//! The canvas of all pages: lines, frames and rows that never leave their area.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::form::Form;
use super::problem;
use super::text::{elapsed, fit, paragraph, spinner, width};
use super::text_input::TextInput;
use crate::tui::layout::{HitMap, inside};
use crate::tui::message::Target;
use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::theme::Theme;

/// The buffer, the theme, the click targets and the cursor.
pub struct Canvas<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: &'a Theme,
    pub hits: HitMap,
    pub cursor: Option<Position>,
    /// Whether no page covers the current one.
    pub is_focused: bool,
    /// The lower edge of the last frame, and the width of its hints.
    edge: (Rect, u16),
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self {
            buffer,
            theme,
            hits: HitMap::default(),
            cursor: None,
            is_focused: true,
            edge: (Rect::default(), 0),
        }
    }
}

impl Canvas<'_> {
    /// Draws one line at `row` of the area, cut to the area.
    pub fn line(&mut self, area: Rect, row: u16, line: &Line<'_>) {
        let area = area.intersection(*self.buffer.area());
        if row >= area.height || area.width == 0 {
            return;
        }
        self.buffer.set_line(area.x, area.y + row, line, area.width);
        let ellipsis = self.theme.glyphs.ellipsis;
        let columns = width(ellipsis);
        if line.width() > usize::from(area.width) && columns < area.width {
            // Mark a cut line with an ellipsis. A wide character that is cut in half leaves a space.
            let x = area.right() - columns;
            if let Some(before) = self.buffer.cell((x - 1, area.y + row))
                && width(before.symbol()) > 1
            {
                self.buffer
                    .set_string(x - 1, area.y + row, " ", Style::default());
            }
            self.buffer
                .set_string(x, area.y + row, ellipsis, self.theme.quiet);
        }
    }

    /// Draws a right-aligned line.
    pub fn line_right(&mut self, area: Rect, row: u16, line: &Line<'_>) {
        let taken = u16::try_from(line.width())
            .unwrap_or(u16::MAX)
            .min(area.width);
        let place = Rect::new(area.right() - taken, area.y, taken, area.height);
        self.line(place, row, line);
    }

    pub fn lines(&mut self, area: Rect, lines: &[Line<'_>]) {
        for (row, line) in lines.iter().enumerate().take(usize::from(area.height)) {
            self.line(area, u16::try_from(row).unwrap_or(u16::MAX), line);
        }
    }

    /// Like [`Canvas::lines`], with an ellipsis if not all lines fit.
    pub fn lines_or_more(&mut self, area: Rect, lines: &[Line<'_>]) {
        self.lines(area, lines);
        if lines.len() > usize::from(area.height) && !area.is_empty() {
            let ellipsis = self.theme.glyphs.ellipsis;
            let columns = width(ellipsis).min(area.width);
            let corner = Rect::new(area.right() - columns, area.bottom() - 1, columns, 1);
            self.line(corner, 0, &Line::styled(ellipsis, self.theme.quiet));
        }
    }

    /// Shows in the lower edge of the frame how many lines are above and below the visible ones. Replaces the hints if
    /// both don't fit.
    pub fn more(&mut self, above: usize, below: usize) {
        let words = match (above, below) {
            (0, 0) => return,
            (above, 0) => format!(" {above} above "),
            (0, below) => format!(" {below} below "),
            (above, below) => format!(" {above} above, {below} below "),
        };
        let (edge, keys) = self.edge;
        if width(&words) > edge.width {
            return;
        }
        if keys > 0 && keys.saturating_add(width(&words) + 2) > edge.width {
            let line = self.theme.glyphs.border.horizontal_bottom;
            let line = line.repeat(usize::from(edge.width));
            self.line(edge, 0, &Line::styled(line, self.theme.border_focused));
        }
        self.line_right(edge, 0, &Line::styled(words, self.theme.quiet));
    }

    pub fn fill(&mut self, area: Rect, style: Style) {
        let area = area.intersection(*self.buffer.area());
        self.buffer.set_style(area, style);
    }

    /// Draws a frame with its titles. Returns the inner area.
    pub fn frame(&mut self, area: Rect, title: Line<'_>, right: Line<'_>, focused: bool) -> Rect {
        let theme = self.theme;
        let style = if focused {
            theme.border_focused
        } else {
            theme.border
        };
        let area = area.intersection(*self.buffer.area());
        let mut block = Block::bordered()
            .border_set(theme.glyphs.border)
            .border_style(style);
        let title_width = u16::try_from(title.width()).unwrap_or(u16::MAX);
        let right_width = u16::try_from(right.width()).unwrap_or(u16::MAX);
        if !title.spans.is_empty() {
            block = block.title_top(padded(title));
        }
        let both = title_width.saturating_add(right_width).saturating_add(7);
        if !right.spans.is_empty() && both <= area.width {
            block = block.title_top(padded(right).right_aligned());
        }
        block.render(area, self.buffer);
        let [_, edge] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        self.edge = (edge.inner(Margin::new(1, 0)), 0);
        inside(area)
    }

    /// Draws a framed page over the others, with `bottom` in the lower edge.
    pub fn overlay(&mut self, area: Rect, title: &str, right: Line<'_>, bottom: Line<'_>) -> Rect {
        let area = area.intersection(*self.buffer.area());
        Clear.render(area, self.buffer);
        let strong = self.theme.strong;
        let room = area.width.saturating_sub(6);
        let title = fit(title, room, &self.theme.glyphs);
        let inner = self.frame(area, Line::styled(title, strong), right, true);
        if area.height > 1 && !bottom.spans.is_empty() && area.width > 6 {
            let place = Rect::new(area.x + 2, area.bottom() - 1, area.width - 4, 1);
            let bottom = padded(bottom);
            if bottom.width() <= usize::from(place.width) {
                self.edge.1 = u16::try_from(bottom.width()).unwrap_or(u16::MAX);
                self.line(place, 0, &bottom);
            }
        }
        inner
    }

    pub fn cursor(&mut self, area: Rect, column: u16, row: u16) {
        if column < area.width && row < area.height {
            self.cursor = Some((area.x + column, area.y + row).into());
        }
    }

    pub fn cursor_if_focused(&mut self, area: Rect, column: u16, row: u16) {
        if self.is_focused {
            self.cursor(area, column, row);
        }
    }

    pub fn render(&mut self, widget: impl Widget, area: Rect) {
        widget.render(area.intersection(*self.buffer.area()), self.buffer);
    }

    /// Draws a framed page with one column of padding. Returns the inner area.
    pub fn dialog(&mut self, area: Rect, title: &str, bottom: Line<'_>) -> Rect {
        body(self.overlay(area, title, Line::default(), bottom))
    }

    /// Draws an input line after its prompt; of a long text, the part around the cursor.
    pub fn input(&mut self, area: Rect, prompt: &str, input: &TextInput) {
        let theme = self.theme;
        let before = width(prompt);
        let room = area.width.saturating_sub(before + 1);
        let (shown, column) = input.window(room);
        let line = Line::from(vec![
            Span::styled(prompt.to_owned(), theme.accent),
            Span::styled(shown, theme.strong),
        ]);
        self.line(area, 0, &line);
        self.cursor(area, column + before, 0);
    }

    /// Draws a notice on an empty page.
    pub fn notice(&mut self, area: Rect, text: &str) {
        let area = area.inner(Margin::new(2, 0));
        let [_, area] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        let lines = paragraph(text, self.theme.quiet, area.width);
        self.lines(area, &lines);
    }

    /// Draws a horizontal rule across the frame around `area`, with a title on the right.
    pub fn divider(&mut self, area: Rect, title: &str) {
        if area.is_empty() {
            return;
        }
        let theme = self.theme;
        // The rule joins the frame on both sides.
        for (x, end) in [
            (area.x.saturating_sub(1), theme.glyphs.tee_left),
            (area.right(), theme.glyphs.tee_right),
        ] {
            let place = Rect::new(x, area.y, 1, 1).intersection(*self.buffer.area());
            self.line(place, 0, &Line::styled(end, theme.border_focused));
        }
        let line = theme.glyphs.border.horizontal_top;
        let line = line.repeat(usize::from(area.width));
        self.line(area, 0, &Line::styled(line, theme.border_focused));
        let title = fit(title, area.width.saturating_sub(2), &theme.glyphs);
        let [place, _] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(2)]).areas(area);
        self.line_right(place, 0, &Line::styled(title, theme.quiet));
    }

    /// Draws selectable rows of one or more lines each, scrolled to the selected one, with click targets.
    pub fn rows(&mut self, area: Rect, rows: Vec<Row<'_>>, selected: Option<usize>, style: Style) {
        let height = usize::from(area.height);
        let mut begin = 0;
        let selected_lines = rows.iter().find_map(|row| {
            let lines = (begin, begin + row.lines.len());
            begin = lines.1;
            (row.item.is_some() && row.item == selected).then_some(lines)
        });
        let total: usize = rows.iter().map(|row| row.lines.len()).sum();
        let first = selected_lines.map_or(0, |(begin, end)| begin.min(end.saturating_sub(height)));
        let mut at = 0;
        for row in &rows {
            let end = at + row.lines.len();
            let shown = at.max(first)..end.min(first + height);
            if !shown.is_empty() {
                let top = u16::try_from(shown.start - first).unwrap_or(u16::MAX);
                let lines = u16::try_from(shown.len()).unwrap_or(u16::MAX);
                let place = Rect::new(area.x, area.y + top, area.width, lines);
                if let Some(item) = row.item {
                    if selected == Some(item) {
                        self.fill(place, style);
                        self.cursor_if_focused(place, 0, 0);
                    }
                    self.hits.add(place, Target::Item(item));
                }
                self.lines(place, &row.lines[shown.start - at..shown.end - at]);
            }
            at = end;
        }
        self.more(first, total.saturating_sub(first + height));
    }

    /// Returns the running task of the page; `None` if there is none.
    pub fn running<'a>(&self, model: &Model, status: &PageStatus) -> Option<Line<'a>> {
        let task = model.tasks.get(status.task()?)?;
        let theme = self.theme;
        let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
        Some(Line::from(vec![
            Span::styled(format!("{wheel} "), theme.accent),
            Span::raw(format!("{} {} ", task.work.words(), task.name)),
            Span::styled(elapsed(task.since, model.now), theme.quiet),
        ]))
    }

    /// Draws the status of a page instead of its content. Returns false if it is ready.
    pub fn status(&mut self, model: &Model, status: &PageStatus, area: Rect) -> bool {
        let line = match status {
            PageStatus::Ready => return false,
            PageStatus::Running(_) => self.running(model, status).unwrap_or_default(),
            PageStatus::Failed(found) => {
                let lines = problem::lines(model, found, area.width, self.theme);
                self.lines_or_more(area, &lines);
                return true;
            }
            PageStatus::Cancelled => Line::styled("Cancelled", self.theme.quiet),
        };
        self.line(area, 1, &line);
        true
    }

    /// Draws the lines, the problem if any, and the form or the running task. On a small screen, the form has priority.
    pub fn form_page(
        &mut self,
        model: &Model,
        mut lines: Vec<Line<'_>>,
        status: &PageStatus,
        form: &Form,
        inner: Rect,
    ) {
        let theme = self.theme;
        if let Some(found) = status.problem() {
            lines.extend(problem::lines(model, found, inner.width, theme));
            lines.push(Line::default());
        }
        let wanted = u16::try_from(form.rows(inner.width) + 2)
            .unwrap_or(u16::MAX)
            .min(inner.height);
        let top = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .min(inner.height - wanted);
        // Drop empty lines at the end first.
        while lines.len() > usize::from(top) && lines.last().is_some_and(|line| line.width() == 0) {
            lines.pop();
        }
        let [text, place] =
            Layout::vertical([Constraint::Length(top), Constraint::Fill(1)]).areas(inner);
        self.lines_or_more(text, &lines);
        match self.running(model, status) {
            Some(running) => {
                self.line(place, 0, &running);
                self.cursor(place, 0, 0);
            }
            None => self.form(form, place),
        }
    }
}

/// Returns one row of an area; empty outside of it.
pub fn row_of(area: Rect, row: u16) -> Rect {
    Rect::new(area.x, area.y.saturating_add(row), area.width, 1).intersection(area)
}

/// Returns the area without its last column.
pub fn pad_right(area: Rect) -> Rect {
    let [area, _] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    area
}

/// A selectable row, or a heading between rows.
pub struct Row<'a> {
    item: Option<usize>,
    lines: Vec<Line<'a>>,
}

impl<'a> Row<'a> {
    pub fn new(item: usize, line: Line<'a>) -> Self {
        Self::lines(Some(item), vec![line])
    }

    pub fn heading(line: Line<'a>) -> Self {
        Self::lines(None, vec![line])
    }

    pub fn lines(item: Option<usize>, lines: Vec<Line<'a>>) -> Self {
        Self { item, lines }
    }
}

fn padded(line: Line<'_>) -> Line<'_> {
    let mut spans = vec![Span::raw(" ")];
    spans.extend(line.spans);
    spans.push(Span::raw(" "));
    Line::from(spans).style(line.style)
}

/// Returns the area without its first and last column.
pub fn body(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1).min(area.right()),
        area.y,
        area.width.saturating_sub(2),
        area.height,
    )
}
