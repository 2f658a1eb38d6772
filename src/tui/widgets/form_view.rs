//! Drawing of forms: fields in one or two columns, then the buttons in a row.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{StatefulWidget, Widget};

use super::form::{FieldValue, Form, FormField};
use super::lines::Lines;
use super::painter::Painter;
use super::panel::dialog_columns;
use super::text::{fit, hanging, width};
use super::text_input::{InputWidget, typing_line};
use crate::tui::message::ClickTarget;
use crate::tui::task::PageStatus;
use crate::tui::theme::Theme;

const FORM_WIDTH: u16 = 96;

/// The minimum width for two fields side by side.
const TWO_FIELDS_FROM: u16 = 70;

/// The minimum width of labels, with the gap.
const LABEL: u16 = 10;

/// The most lines of what is wrong with a field.
const MOST_WRONG: usize = 3;

/// The columns for text on a page with a form.
pub fn form_columns(screen: u16) -> u16 {
    dialog_columns(FORM_WIDTH, screen)
}

/// One or two fields side by side, with what is wrong with them below.
struct FormRow {
    fields: Range<usize>,
    height: u16,
}

impl Form {
    /// How many lines the fields take, with what is wrong with them.
    pub fn rows(&self, width: u16) -> usize {
        height_of(&self.form_rows(width)).into()
    }

    /// How many lines the field with the focus and the buttons take.
    pub fn least_rows(&self, width: u16) -> usize {
        let rows = self.form_rows(width);
        let mut rows = rows.iter();
        let focused = rows.find(|row| row.fields.contains(&self.focus));
        focused.map_or(0, |row| usize::from(row.height)) + 1
    }

    /// Returns the size of a page with this many lines, a possible problem and the form.
    pub fn page_size(&self, columns: u16, lines: usize, status: &PageStatus) -> (u16, usize) {
        let rows = self.rows(form_columns(columns));
        let gap = usize::from(!self.fields.is_empty());
        let problem = if status.problem().is_some() { 5 } else { 0 };
        let height = lines + 1 + problem + rows + gap + 1 + 2;
        (FORM_WIDTH, height)
    }

    /// As wide as the longest label needs.
    fn label_columns(&self) -> u16 {
        let longest = self.fields.iter().map(|field| width(field.id.0) + 1).max();
        longest.unwrap_or(0).max(LABEL)
    }

    fn form_rows(&self, width: u16) -> Vec<FormRow> {
        let is_narrow = |at: usize| {
            let field = self.fields.get(at);
            width >= TWO_FIELDS_FROM && field.is_some_and(|field| !field.wide)
        };
        let mut rows = Vec::new();
        let mut at = 0;
        while at < self.fields.len() {
            let end = at
                + if is_narrow(at) && is_narrow(at + 1) {
                    2
                } else {
                    1
                };
            let wrong = (at..end).map(|field| self.error_lines(at, field, width).len());
            let below = wrong.sum::<usize>() + self.files_below(at).count();
            let height = 1 + u16::try_from(below).unwrap_or(u16::MAX);
            rows.push(FormRow {
                fields: at..end,
                height,
            });
            at = end;
        }
        rows
    }

    /// The files below the field of a path that is being typed.
    fn files_below(&self, field: usize) -> impl Iterator<Item = (&str, bool)> {
        let is_typed = self.focus == field && self.is_in_path();
        self.files.visible().filter(move |_| is_typed)
    }

    /// What is wrong with a field of the row that begins at `first`: below it, to the right end of the form. The smallest screen
    /// has room for three lines; the rest is cut.
    fn error_lines(&self, first: usize, field: usize, width: u16) -> Vec<String> {
        let Some(wrong) = &self.fields[field].wrong else {
            return Vec::new();
        };
        let left = if field > first { width / 2 } else { 0 };
        let columns = width.saturating_sub(left + self.label_columns()).max(3);
        let lines = hanging(vec![Span::raw("  ")], wrong, Modifier::empty(), columns);
        let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        if lines.len() > MOST_WRONG {
            let rest = lines.split_off(MOST_WRONG - 1);
            let rest: Vec<&str> = rest.iter().map(|line| line.trim()).collect();
            lines.push(format!("  {}", rest.join(" ")));
        }
        lines
    }

    /// The rows that a small screen has room for: those around the one with the cursor.
    fn rows_in_sight(&self, rows: &[FormRow], height: u16) -> Range<usize> {
        let cursor = rows.iter().position(|row| row.fields.contains(&self.focus));
        let cursor = cursor.unwrap_or(rows.len().saturating_sub(1));
        let mut sight = 0..rows.len();
        while sight.start < cursor && height_of(&rows[sight.start..=cursor]) > height {
            sight.start += 1;
        }
        while sight.end > cursor + 1 && height_of(&rows[sight.clone()]) > height {
            sight.end -= 1;
        }
        sight
    }
}

fn height_of(rows: &[FormRow]) -> u16 {
    rows.iter().map(|row| row.height).sum()
}

impl Painter<'_> {
    pub fn form(&mut self, form: &Form, area: Rect) {
        let rows = form.form_rows(area.width);
        // The buttons have their own line, with a gap above where there is room.
        let room = area.height.saturating_sub(1);
        let top = height_of(&rows).min(room);
        let gap = u16::from(!rows.is_empty() && top < room);
        let [top, _, bottom] = Layout::vertical([top, gap, 1]).areas(area);
        let sight = form.rows_in_sight(&rows, top.height);
        let shown = &rows[sight.clone()];
        let places = Layout::vertical(shown.iter().map(|row| row.height)).split(top);
        for (row, place) in shown.iter().zip(places.iter()) {
            self.form_row(form, row, *place);
        }
        self.buttons(form, bottom);
        let hidden = rows.len() - shown.len();
        self.scrollbar(top, sight.start, usize::from(top.height) + hidden);
    }

    fn form_row(&mut self, form: &Form, row: &FormRow, place: Rect) {
        let (theme, first) = (self.theme, row.fields.start);
        let labels = form.label_columns();
        let half = Constraint::Length(place.width / 2);
        let halves: [Rect; 2] = Layout::horizontal([half, Constraint::Fill(1)]).areas(place);
        let is_half = |at: usize| place.width >= TWO_FIELDS_FROM && !form.fields[at].wide;
        let mut below = place.rows().skip(1);
        for at in row.fields.clone() {
            let half = if is_half(at) {
                halves[at - first]
            } else {
                place
            };
            let Some(top) = half.rows().next() else {
                return;
            };
            let widget = FieldWidget {
                field: &form.fields[at],
                label_width: labels,
                is_focused: form.focus == at,
                theme,
            };
            let mut cursor = None;
            self.render_stateful(widget, top, &mut cursor);
            self.cursor = cursor.or(self.cursor);
            self.hits.add(top, ClickTarget::Field(at));
            let lines = form.error_lines(first, at, place.width);
            for ((number, line), under) in lines.into_iter().enumerate().zip(&mut below) {
                let glyph = if number == 0 { theme.glyphs.over } else { " " };
                let text = line.replacen(' ', glyph, 1);
                let indent = Constraint::Length(half.x - place.x + labels);
                let [_, under] = Layout::horizontal([indent, Constraint::Fill(1)]).areas(under);
                self.line(under, Line::styled(text, theme.over));
            }
            for ((name, is_selected), under) in form.files_below(at).zip(&mut below) {
                let indent = Constraint::Length(half.x - place.x + labels);
                let [_, under] = Layout::horizontal([indent, Constraint::Fill(1)]).areas(under);
                let style = if is_selected {
                    theme.strong
                } else {
                    theme.quiet
                };
                let spans = [
                    theme.cursor(is_selected),
                    Span::styled(name.to_owned(), style),
                ];
                self.line(under, Line::from_iter(spans));
            }
        }
    }

    fn buttons(&mut self, form: &Form, area: Rect) {
        let theme = self.theme;
        let focused = form.focus.checked_sub(form.fields.len());
        let more = 2 + width(theme.glyphs.ellipsis);
        let room = area.width.saturating_sub(4 + more);
        let titles: Vec<String> = form
            .buttons
            .iter()
            .map(|button| format!("[ {} ]", fit(&form.title(*button), room, theme.glyphs)))
            .collect();
        // Where there is no room for all, the one with the cursor shows. More of them come into sight with Tab.
        let needed = |range: Range<usize>| {
            let more = if range.end < titles.len() { more } else { 0 };
            let widths = titles[range].iter().map(|title| width(title) + 2);
            widths.sum::<u16>() + more
        };
        let mut first = 0;
        while first < focused.unwrap_or(0)
            && needed(first..focused.unwrap_or(0) + 1) > area.width + 2
        {
            first += 1;
        }
        let mut end = titles.len();
        while end > first + 1 && needed(first..end) > area.width + 2 {
            end -= 1;
        }
        let shown = &titles[first..end];
        let widths = shown.iter().map(|title| Constraint::Length(width(title)));
        let rest = (end < titles.len()).then_some(Constraint::Fill(1));
        let places = Layout::horizontal(widths.chain(rest))
            .spacing(2)
            .split(area);
        for ((at, title), place) in (first..).zip(shown).zip(places.iter()) {
            let style = match focused {
                Some(focused) if focused == at => theme.found,
                // From a field, Enter presses the first button: it shows.
                None if at == 0 => theme.accent,
                _ => theme.text,
            };
            self.line(*place, Span::styled(title.as_str(), style));
            if focused == Some(at) {
                self.cursor(*place, 2);
            }
            self.hits
                .add(*place, ClickTarget::Field(form.fields.len() + at));
        }
        if let Some(rest) = places.get(shown.len()) {
            self.line(*rest, Span::styled(theme.glyphs.ellipsis, theme.quiet));
        }
    }
}

/// A field: its label and its value.
struct FieldWidget<'a> {
    field: &'a FormField,
    label_width: u16,
    is_focused: bool,
    theme: &'a Theme,
}

/// The state is the position of the cursor, if the field has the focus.
impl StatefulWidget for FieldWidget<'_> {
    type State = Option<Position>;

    fn render(self, area: Rect, buffer: &mut Buffer, cursor: &mut Option<Position>) {
        let (theme, is_focused) = (self.theme, self.is_focused);
        let (label_style, text_style) = if is_focused {
            (theme.accent, theme.strong)
        } else {
            (theme.quiet, theme.text)
        };
        let columns = [
            Constraint::Length(self.label_width),
            Constraint::Fill(1),
            Constraint::Length(2),
        ];
        let [label, text, _] = Layout::horizontal(columns).areas(area);
        Span::styled(self.field.id.0, label_style).render(label, buffer);
        if !matches!(self.field.value, FieldValue::Choice { .. }) {
            buffer.set_style(text, typing_line(theme, is_focused));
        }
        let mut column = 0;
        let mut value = Line::default().style(text_style);
        match &self.field.value {
            FieldValue::Text(input) if is_focused => {
                InputWidget { input, theme }.render(text, buffer, &mut column);
            }
            FieldValue::Text(input) => value.push_span(input.text()),
            FieldValue::Hidden(letters) => {
                let letters = u16::try_from(*letters).unwrap_or(u16::MAX);
                column = letters.min(text.width.saturating_sub(1));
                value.push_span(theme.glyphs.hidden.repeat(column.into()));
            }
            FieldValue::Choice {
                options, chosen, ..
            } => {
                let option = options.get(*chosen).copied().unwrap_or("");
                let style = if *chosen == 0 && !is_focused {
                    theme.quiet
                } else {
                    text_style
                };
                value.extend([
                    Span::styled(format!("{} ", theme.glyphs.choice_left), label_style),
                    Span::styled(option, style),
                    Span::styled(format!(" {}", theme.glyphs.choice_right), label_style),
                ]);
                column = 2;
            }
        }
        let is_noted = match &self.field.value {
            FieldValue::Text(input) => input.is_empty(),
            FieldValue::Hidden(_) => false,
            FieldValue::Choice {
                chosen, initial, ..
            } => chosen == initial,
        };
        if let Some(note) = self.field.note.filter(|_| is_noted) {
            let before = match value.width() {
                0 if theme.glyphs.is_words => "empty, ",
                0 => "",
                _ => " ",
            };
            value.push_span(Span::styled(format!("{before}{note}"), theme.quiet));
        }
        Lines::new(&[value], theme).render(text, buffer);
        if is_focused && !text.is_empty() {
            *cursor = Some(Position::new(text.x + column, text.y));
        }
    }
}
