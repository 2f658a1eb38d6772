//! Drawing of forms: fields in one or two columns, then the buttons in a row.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::canvas::Canvas;
use super::form::{Field, Form, Value};
use super::text::{fit, width, wrap};
use crate::tui::message::Target;
use crate::tui::task::PageStatus;

const FORM_WIDTH: u16 = 96;

/// The minimum width for two fields side by side.
const TWO_FIELDS_FROM: u16 = 70;

/// The minimum width of labels, with the gap.
const LABEL: u16 = 10;

/// Returns the width of the longest label.
fn label_columns(form: &Form) -> u16 {
    let longest = form.fields.iter().map(|field| field.label.width()).max();
    let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX);
    longest.saturating_add(1).max(LABEL)
}

/// Returns the width of an error below a field.
fn error_columns(form: &Form, width: u16, right: bool) -> u16 {
    let before = if right { width / 2 } else { 0 };
    width
        .saturating_sub(before + label_columns(form) + 2)
        .max(1)
}

/// Returns the number of lines of an error: one or two.
fn error_rows(wrong: &str, columns: u16) -> u16 {
    if wrong.width() <= usize::from(columns) {
        1
    } else {
        2
    }
}

/// Returns the number of lines of these fields.
fn rows_between(form: &Form, width: u16, from: usize, to: usize) -> usize {
    let two = width >= TWO_FIELDS_FROM;
    let (mut rows, mut right) = (0, false);
    for field in form.fields.get(from..to).unwrap_or_default() {
        if field.wide && right {
            right = false;
        }
        rows += usize::from(!right);
        if let Some(wrong) = &field.wrong {
            let columns = error_columns(form, width, right);
            rows += usize::from(error_rows(wrong, columns));
        }
        right = two && !field.wide && !right;
    }
    rows
}

/// Returns the range of fields around the focused one that fit on a small screen.
fn fields_in_sight(form: &Form, width: u16, height: u16) -> std::ops::Range<usize> {
    let count = form.fields.len();
    // The buttons have their own line.
    let room = usize::from(height.saturating_sub(1)).max(1);
    let cursor = form.focus.min(count.saturating_sub(1));
    let mut first = 0;
    while first < cursor && rows_between(form, width, first, cursor + 1) > room {
        first += 1;
    }
    let mut end = count;
    while end > cursor + 1 && rows_between(form, width, first, end) > room {
        end -= 1;
    }
    first..end.max(first)
}

impl Form {
    /// Returns the number of lines of the fields, with their errors.
    pub fn rows(&self, width: u16) -> usize {
        rows_between(self, width, 0, self.fields.len())
    }

    /// Returns the size of a page with this many lines, a possible problem and the form.
    pub fn page_size(&self, columns: u16, lines: usize, status: &PageStatus) -> (u16, u16) {
        let rows = self.rows(FORM_WIDTH.min(columns).saturating_sub(4));
        let gap = usize::from(!self.fields.is_empty());
        let problem = if status.problem().is_some() { 5 } else { 0 };
        let height = lines + 1 + problem + rows + gap + 1 + 2;
        (FORM_WIDTH, u16::try_from(height).unwrap_or(u16::MAX))
    }
}

impl Canvas<'_> {
    pub fn form(&mut self, form: &Form, area: Rect) {
        draw(self, form, area);
    }
}

fn draw(canvas: &mut Canvas<'_>, form: &Form, area: Rect) {
    let two = area.width >= TWO_FIELDS_FROM;
    let half = if two { area.width / 2 } else { area.width };
    let labels = label_columns(form);
    let mut row = 0;
    let mut right = false;
    // The errors of the fields in this row.
    let mut below: Vec<(bool, &str)> = Vec::new();
    // A small screen shows the focused part of the form.
    let sight = fields_in_sight(form, area.width, area.height);
    let shown = form.fields.iter().enumerate().take(sight.end);
    for (at, field) in shown.skip(sight.start) {
        let wide = field.wide || !two;
        if wide && right {
            row = error_lines(canvas, form, area, &mut below, row) + 1;
            right = false;
        }
        let columns = if wide { area.width } else { half };
        let x = if right { half } else { 0 };
        let place = Rect::new(
            area.x + x,
            area.y.saturating_add(row),
            columns.min(area.width - x),
            u16::from(row + 1 < area.height),
        );
        draw_field(canvas, field, place, form.focus == at, labels);
        canvas.hits.add(place, Target::Field(at));
        if let Some(wrong) = &field.wrong {
            below.push((right, wrong));
        }
        if wide || right {
            row = error_lines(canvas, form, area, &mut below, row) + 1;
            right = false;
        } else {
            right = true;
        }
    }
    if right {
        row = error_lines(canvas, form, area, &mut below, row) + 1;
    }
    if !form.fields.is_empty() && row + 1 < area.height {
        row += 1;
    }
    buttons(canvas, form, area, row.min(area.height.saturating_sub(1)));
    canvas.more(sight.start, form.fields.len() - sight.end);
}

/// Draws the errors of a row below it. Returns the last line used.
fn error_lines(
    canvas: &mut Canvas<'_>,
    form: &Form,
    area: Rect,
    below: &mut Vec<(bool, &str)>,
    mut row: u16,
) -> u16 {
    let theme = canvas.theme;
    for (right, wrong) in below.drain(..) {
        let columns = error_columns(form, area.width, right);
        let x = area.width.saturating_sub(columns + 2);
        let under = Rect::new(area.x + x, area.y, area.width - x, area.height);
        let mut glyph = theme.glyphs.over;
        let mut texts = wrap(wrong, columns);
        let rows = usize::from(error_rows(wrong, columns));
        if texts.len() > rows {
            // At most two lines; the rest is cut with an ellipsis.
            let rest = texts.split_off(rows - 1).join(" ");
            texts.push(fit(&rest, columns, &theme.glyphs));
        }
        for text in texts {
            // The last line belongs to the buttons.
            if row + 2 >= area.height {
                break;
            }
            row += 1;
            let line = format!("{glyph} {text}");
            canvas.line(under, row, &Line::styled(line, theme.over));
            glyph = " ";
        }
    }
    row
}

fn draw_field(canvas: &mut Canvas<'_>, field: &Field, place: Rect, focused: bool, labels: u16) {
    let theme = canvas.theme;
    let label = if focused { theme.accent } else { theme.quiet };
    let head = Span::styled(format!("{:<1$}", field.label, usize::from(labels)), label);
    let room = place.width.saturating_sub(labels + 2);
    match &field.value {
        Value::Text(line) => {
            // Show the part of a long text around the cursor.
            let (shown, column) = if focused {
                line.window(room)
            } else {
                (fit(line.text(), room, &theme.glyphs), 0)
            };
            let style = if focused { theme.strong } else { theme.text };
            canvas.line(
                place,
                0,
                &Line::from(vec![head, Span::styled(shown, style)]),
            );
            if focused {
                let rest = Rect::new(
                    place.x + labels.min(place.width),
                    place.y,
                    room,
                    place.height,
                );
                underline(canvas, rest);
                canvas.cursor(rest, column, 0);
            }
        }
        Value::Hidden(letters) => {
            let shown = (*letters).min(usize::from(room.saturating_sub(1)));
            let dots = theme.glyphs.hidden.repeat(shown);
            canvas.line(place, 0, &Line::from(vec![head, Span::raw(dots)]));
            if focused {
                let x = labels.min(place.width);
                let rest = Rect::new(place.x + x, place.y, room, place.height);
                underline(canvas, rest);
                canvas.cursor(rest, u16::try_from(shown).unwrap_or(0), 0);
            }
        }
        Value::Choice { options, chosen } => {
            let text = options.get(*chosen).copied().unwrap_or("");
            let g = &theme.glyphs;
            let style = if *chosen == 0 {
                theme.quiet
            } else {
                theme.text
            };
            let style = if focused { theme.strong } else { style };
            let line = Line::from(vec![
                head,
                Span::styled(format!("{} ", g.choice_left), label),
                Span::styled(text, style),
                Span::styled(format!(" {}", g.choice_right), label),
            ]);
            canvas.line(place, 0, &line);
            if focused {
                canvas.cursor(place, labels + 2, 0);
            }
        }
    }
}

fn underline(canvas: &mut Canvas<'_>, area: Rect) {
    canvas.fill(
        area,
        ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::UNDERLINED),
    );
}

/// Draws the buttons; if not all fit, those around the focused one.
fn first_button(form: &Form, columns: u16) -> usize {
    let focused = form.focus.saturating_sub(form.fields.len());
    let mut taken = 0u16;
    let mut first = focused.min(form.buttons.len().saturating_sub(1));
    for at in (0..=first).rev() {
        let Some(button) = form.buttons.get(at) else {
            break;
        };
        taken = taken.saturating_add(width(&form.title(*button)) + 6);
        if taken > columns.saturating_add(2) {
            break;
        }
        first = at;
    }
    first
}

fn buttons(canvas: &mut Canvas<'_>, form: &Form, area: Rect, row: u16) {
    let theme = canvas.theme;
    let mut x = 0u16;
    for (at, button) in form
        .buttons
        .iter()
        .enumerate()
        .skip(first_button(form, area.width))
    {
        let focus = form.fields.len() + at;
        let focused = form.focus == focus;
        // From a field, Enter presses the first button, so it must be visible.
        let first = at == 0 && form.focus < form.fields.len();
        let title = form.title(*button);
        let title = fit(&title, area.width.saturating_sub(4), &theme.glyphs);
        let text = format!("[ {title} ]");
        let columns = width(&text);
        if x > 0 && x.saturating_add(columns) > area.width {
            // Tab reveals further buttons.
            let rest = Rect::new(area.x + x.min(area.width), area.y.saturating_add(row), 1, 1);
            canvas.line(
                rest.intersection(area),
                0,
                &Line::styled(theme.glyphs.ellipsis, theme.quiet),
            );
            break;
        }
        let place = Rect::new(
            area.x + x.min(area.width),
            area.y.saturating_add(row),
            columns.min(area.width.saturating_sub(x)),
            u16::from(row < area.height),
        );
        let style = if focused {
            theme.found
        } else if first {
            theme.accent
        } else {
            theme.text
        };
        canvas.line(place, 0, &Line::styled(text, style));
        if focused {
            canvas.cursor(place, 2, 0);
        }
        canvas.hits.add(place, Target::Field(focus));
        x = x.saturating_add(columns + 2);
    }
}
