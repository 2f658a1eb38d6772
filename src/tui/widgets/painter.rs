//! What pages draw on: the cells, the theme, and what drawing leaves for the mouse and the terminal's cursor.

use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{
    HighlightSpacing, Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState, StatefulWidget,
    Table, TableState, Widget, Wrap,
};

use super::choices::{ChoiceList, Visible};
use super::columns::{Columns, TableRow};
use super::lines::Lines;
use super::panel::Panel;
use super::text::{cut, fit, width};
use super::text_input::{InputWidget, TextInput};
use crate::tui::layout::HitMap;
use crate::tui::message::ClickTarget;
use crate::tui::theme::Theme;

/// Returns the first visible line after scrolling `total` lines in an area.
pub fn scrolled(first: usize, by: isize, total: usize, area: Rect) -> usize {
    let last = total.saturating_sub(usize::from(area.height).max(1));
    first.saturating_add_signed(by).min(last)
}

/// Returns the first row of a list in which the selected row is the last visible one, or nearer to the top.
pub fn first_row(selected: usize, area: Rect) -> usize {
    (selected + 1).saturating_sub(area.height.into())
}

/// A drawing in progress. Widgets are clipped to the buffer, which may be smaller than the model believes.
pub struct Painter<'a> {
    buffer: &'a mut Buffer,
    pub theme: &'a Theme,
    pub hits: HitMap,
    pub cursor: Option<Position>,
    /// No page lies over what is drawn now.
    pub is_focused: bool,
    /// The right border of the panel drawn last.
    border: u16,
}

impl<'a> Painter<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self {
            buffer,
            theme,
            hits: HitMap::default(),
            cursor: None,
            is_focused: true,
            border: 0,
        }
    }

    pub fn render(&mut self, widget: impl Widget, area: Rect) {
        let area = self.buffer.area.intersection(area);
        if !area.is_empty() {
            widget.render(area, self.buffer);
        }
    }

    pub fn render_stateful<W: StatefulWidget>(
        &mut self,
        widget: W,
        area: Rect,
        state: &mut W::State,
    ) {
        let area = self.buffer.area.intersection(area);
        if !area.is_empty() {
            widget.render(area, self.buffer, state);
        }
    }

    /// Puts the terminal's cursor on a cell of the area, if nothing lies over it.
    pub fn cursor(&mut self, area: Rect, column: u16) {
        let area = area.intersection(self.buffer.area);
        if self.is_focused && column < area.width && area.height > 0 {
            self.cursor = Some(Position::new(area.x + column, area.y));
        }
    }

    /// Gives all text of the area one quiet style, because a page is drawn over it.
    pub fn dim(&mut self, area: Rect) {
        let frame = self.theme.frame();
        let lines = [
            frame.horizontal_top,
            frame.vertical_left,
            frame.top_left,
            frame.top_right,
            frame.bottom_left,
            frame.bottom_right,
        ];
        for position in self.buffer.area.intersection(area).positions() {
            let cell = &mut self.buffer[position];
            let style = if lines.contains(&cell.symbol()) {
                self.theme.border
            } else {
                self.theme.dimmed
            };
            cell.set_style(Style::reset().patch(style));
        }
    }

    /// The first line of the area.
    pub fn line<'l>(&mut self, area: Rect, line: impl Into<Line<'l>>) {
        self.lines(area, &[line.into()]);
    }

    pub fn lines(&mut self, area: Rect, lines: &[Line<'_>]) {
        self.render(Lines::new(lines, self.theme), area);
    }

    /// What to say where there is nothing to show.
    pub fn notice(&mut self, area: Rect, text: &str) {
        let text = Paragraph::new(text)
            .style(self.theme.quiet)
            .wrap(Wrap { trim: true });
        self.render(text, area.inner(Margin::new(2, 1)));
    }

    /// Draws the panel; returns the room inside.
    pub fn panel(&mut self, area: Rect, panel: Panel<'_>) -> Rect {
        let area = self.buffer.area.intersection(area);
        let inner = panel.inner(area);
        self.border = area.right().saturating_sub(1);
        if let Some(cursor) = panel.render(area, self.theme, self.buffer)
            && self.is_focused
        {
            self.cursor = Some(cursor);
        }
        inner
    }

    /// The lines from `first` on, with a scrollbar.
    pub fn scrolled(&mut self, area: Rect, lines: &[Line<'_>], first: usize) {
        let first = scrolled(first, 0, lines.len(), area);
        let last = (first + usize::from(area.height)).min(lines.len());
        self.lines(area, &lines[first..last]);
        self.scrollbar(area, first, lines.len());
    }

    /// Shows in the panel's border how much of the area's content is in sight, where that is not all.
    pub fn scrollbar(&mut self, area: Rect, first: usize, total: usize) {
        let height = usize::from(area.height);
        if total <= height || area.is_empty() || self.theme.glyphs.is_words {
            return;
        }
        let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(None)
            .thumb_symbol(self.theme.glyphs.thumb)
            .thumb_style(self.theme.accent);
        // The position is the first line, which goes up to the last full screen.
        let mut state = ScrollbarState::new(total - height + 1)
            .viewport_content_length(height)
            .position(first);
        let width = (self.border + 1).saturating_sub(area.x);
        self.render_stateful(bar, Rect { width, ..area }, &mut state);
    }

    /// Says in the lower edge of a panel how many rows are out of sight, above and below.
    pub fn beyond(&mut self, area: Rect, (above, below): (usize, usize)) {
        let counts = [(above, "above"), (below, "below")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = counts
            .map(|(count, place)| format!("{count} more {place}"))
            .collect();
        if words.is_empty() {
            return;
        }
        let text = format!(" {} ", words.join(", "));
        let [_, edge] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        let columns = [
            Constraint::Fill(1),
            Constraint::Length(width(&text)),
            Constraint::Length(2),
        ];
        let [_, place, _] = Layout::horizontal(columns).areas(edge);
        self.line(place, Span::styled(text, self.theme.quiet));
    }

    /// Items of one or more lines, of which one is selected. A click selects.
    pub fn choices(&mut self, area: Rect, choices: ChoiceList<'_>) {
        let mut visible = Visible::default();
        self.render_stateful(choices, area, &mut visible);
        for (item, place) in visible.items {
            self.hits.add(place, ClickTarget::Item(item));
        }
        if let Some(place) = visible.selected {
            self.cursor(place, 0);
        }
        self.scrollbar(area, visible.first, visible.total);
    }

    /// Rows of one line each, of which one is selected.
    pub fn table(
        &mut self,
        area: Rect,
        columns: &Columns<'_>,
        rows: Vec<TableRow<'_>>,
        selected: Option<usize>,
    ) {
        let part = (0, rows.len());
        self.table_part(area, columns, rows, selected, part);
    }

    /// Rows that go on from the first area to the second one, at a heading if all of them fit; else the screenful with the
    /// selected row.
    pub fn table_in_two(
        &mut self,
        areas: [Rect; 2],
        columns: &Columns<'_>,
        mut rows: Vec<TableRow<'_>>,
        selected: Option<usize>,
    ) {
        let height = usize::from(areas[0].height).max(1);
        let (first, split) = if rows.len() <= height * areas.len() {
            // Both columns must fit, and the second one begins with a heading.
            let half = rows.len().div_ceil(2);
            let splits = rows.len().saturating_sub(height)..rows.len().min(height + 1);
            let headings = splits.filter(|at| rows[*at].0.is_none());
            (
                0,
                headings.min_by_key(|at| at.abs_diff(half)).unwrap_or(half),
            )
        } else {
            let page = height * areas.len();
            (selected.unwrap_or(0) / page * page, height)
        };
        rows.drain(..first.min(rows.len()));
        let second = rows.split_off(split.min(rows.len()));
        let selected = selected.map(|at| at - first);
        let here = selected.filter(|at| *at < split);
        self.table(areas[0], columns, rows, here);
        let there = selected.and_then(|at| at.checked_sub(split));
        self.table(areas[1], columns, second, there);
    }

    /// Draws texts in one row, each with the target of a click, and returns their places.
    pub fn parts(&mut self, area: Rect, parts: Vec<(Line<'_>, Option<ClickTarget>)>) -> Rc<[Rect]> {
        let widths = parts.iter().map(|(line, _)| width(&line.to_string()));
        let places = Layout::horizontal(widths.map(Constraint::Length)).split(area);
        for ((line, target), place) in parts.into_iter().zip(places.iter()) {
            self.line(*place, line);
            if let Some(target) = target {
                self.hits.add(*place, target);
            }
        }
        places
    }

    /// The titles of the columns, and what a click on each of them means.
    pub fn column_titles(
        &mut self,
        area: Rect,
        columns: &Columns<'_>,
        titles: Vec<(ClickTarget, Line<'_>)>,
    ) {
        let cursor = Constraint::Length(width(self.theme.glyphs.cursor));
        let [_, titles_area] = Layout::horizontal([cursor, Constraint::Fill(1)]).areas(area);
        let layout = Layout::horizontal(columns.widths()).spacing(1);
        let places = layout.split(titles_area);
        for ((target, title), place) in titles.into_iter().zip(places.iter()) {
            self.line(*place, cut(title, place.width, self.theme.glyphs, fit));
            self.hits.add(*place, target);
        }
    }

    /// Of a long table only the rows from the first one in sight, and how many there are in all.
    pub fn table_part(
        &mut self,
        area: Rect,
        columns: &Columns<'_>,
        rows: Vec<TableRow<'_>>,
        selected: Option<usize>,
        (first, total): (usize, usize),
    ) {
        let (targets, mut rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        // The style lies below the cells: what stands out in a row stands out in the selected row.
        if let Some(row) = selected.and_then(|at| rows.get_mut(at)) {
            *row = std::mem::take(row).style(self.theme.selected);
        }
        let cursor = Span::styled(self.theme.glyphs.cursor, self.theme.accent);
        let table = Table::new(rows, columns.widths())
            .column_spacing(1)
            .highlight_symbol(cursor)
            .highlight_spacing(HighlightSpacing::Always);
        let mut state = TableState::new().with_selected(selected);
        self.render_stateful(table, area, &mut state);
        let shown = targets.into_iter().enumerate().skip(state.offset());
        for (place, (at, target)) in area.rows().zip(shown) {
            if let Some(target) = target {
                self.hits.add(place, target);
            }
            if selected == Some(at) {
                if self
                    .theme
                    .selected
                    .add_modifier
                    .contains(Modifier::REVERSED)
                {
                    // Colours of the text would become backgrounds.
                    let place = place.intersection(self.buffer.area);
                    let plain = Style::new().fg(Color::Reset).bg(Color::Reset);
                    self.buffer.set_style(place, plain);
                }
                self.cursor(place, 0);
            }
        }
        self.scrollbar(area, first + state.offset(), total);
    }

    /// Draws a prompt and the text that is being typed after it. Long text scrolls so that the cursor is visible.
    pub fn input(&mut self, area: Rect, prompt: &str, input: &TextInput) {
        let before = Constraint::Length(width(prompt));
        let [label, text] = Layout::horizontal([before, Constraint::Fill(1)]).areas(area);
        self.line(label, Span::styled(prompt, self.theme.accent));
        let mut column = 0;
        let theme = self.theme;
        self.render_stateful(InputWidget { input, theme }, text, &mut column);
        self.cursor(text, column);
    }
}
