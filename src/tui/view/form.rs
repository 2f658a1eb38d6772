//! Fields in one or two columns, then the buttons in a row.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, width, wrap};
use crate::tui::layout::{
    TWO_FIELDS_FROM, fields_in_sight, label_columns, wrong_columns, wrong_rows,
};
use crate::tui::message::Target;
use crate::tui::model::{Field, Form, Value};

/// Draws the form; returns how many lines it took.
pub fn draw(canvas: &mut Canvas<'_>, form: &Form, area: Rect) -> u16 {
    let two = area.width >= TWO_FIELDS_FROM;
    let half = if two { area.width / 2 } else { area.width };
    let labels = label_columns(form);
    let mut row = 0;
    let mut right = false;
    // What is wrong with the fields of this row.
    let mut below: Vec<(bool, &str)> = Vec::new();
    // A small screen shows the part of the form that has the cursor.
    let sight = fields_in_sight(form, area.width, area.height);
    let shown = form.fields.iter().enumerate().take(sight.end);
    for (at, field) in shown.skip(sight.start) {
        let wide = field.wide || !two;
        if wide && right {
            row = wrong_lines(canvas, form, area, &mut below, row) + 1;
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
            row = wrong_lines(canvas, form, area, &mut below, row) + 1;
            right = false;
        } else {
            right = true;
        }
    }
    if right {
        row = wrong_lines(canvas, form, area, &mut below, row) + 1;
    }
    if !form.fields.is_empty() && row + 1 < area.height {
        row += 1;
    }
    buttons(canvas, form, area, row.min(area.height.saturating_sub(1)));
    canvas.more(area, sight.start, form.fields.len() - sight.end);
    row + 1
}

/// What is wrong with the fields of a row, below it; returns the last line taken.
fn wrong_lines(
    canvas: &mut Canvas<'_>,
    form: &Form,
    area: Rect,
    below: &mut Vec<(bool, &str)>,
    mut row: u16,
) -> u16 {
    let theme = canvas.theme;
    for (right, wrong) in below.drain(..) {
        let columns = wrong_columns(form, area.width, right);
        let x = area.width.saturating_sub(columns + 2);
        let under = Rect::new(area.x + x, area.y, area.width - x, area.height);
        let mut glyph = theme.glyphs.over;
        let mut texts = wrap(wrong, columns);
        let rows = usize::from(wrong_rows(wrong, columns));
        if texts.len() > rows {
            // Two lines are the most: the rest of it is cut, and says so.
            let rest = texts.split_off(rows - 1).join(" ");
            texts.push(fit(&rest, columns, &theme.glyphs));
        }
        for text in texts {
            // The last line is that of the buttons.
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
            // A long text is shown around the cursor.
            let cursor = u16::try_from(line.cursor_column()).unwrap_or(u16::MAX);
            let (shown, column) = window(line.text(), cursor, room, focused);
            let style = if focused { theme.strong } else { theme.text };
            let shown = if focused {
                shown
            } else {
                fit(&shown, room, &theme.glyphs)
            };
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

/// The part of the text around the cursor, and the cursor's column in it.
pub fn window(text: &str, cursor: u16, room: u16, focused: bool) -> (String, u16) {
    use unicode_segmentation::UnicodeSegmentation;
    if !focused || cursor < room {
        let mut kept = String::new();
        let mut used = 0;
        for grapheme in text.graphemes(true) {
            if focused && used + width(grapheme) > room {
                break;
            }
            used = used.saturating_add(width(grapheme));
            kept.push_str(grapheme);
        }
        return (kept, cursor.min(room.saturating_sub(1)));
    }
    let first = cursor + 1 - room.max(1);
    let mut kept = String::new();
    let (mut at, mut begun) = (0u16, None);
    for grapheme in text.graphemes(true) {
        let next = at.saturating_add(width(grapheme));
        if at >= first && next <= first.saturating_add(room) {
            begun.get_or_insert(at);
            kept.push_str(grapheme);
        }
        at = next;
    }
    (kept, cursor - begun.unwrap_or(first).min(cursor))
}

/// Where there is no room for all, the one with the cursor shows.
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
        // From a field, Enter presses the first button: it shows.
        let first = at == 0 && form.focus < form.fields.len();
        let title = form.title(*button);
        let title = fit(&title, area.width.saturating_sub(4), &theme.glyphs);
        let text = format!("[ {title} ]");
        let columns = width(&text);
        if x > 0 && x.saturating_add(columns) > area.width {
            // More of them come into sight with Tab.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_around_the_cursor() {
        assert_eq!(window("abcdef", 6, 4, true), ("def".to_owned(), 3));
        assert_eq!(window("abcdef", 0, 4, true), ("abcd".to_owned(), 0));
        assert_eq!(window("abc", 3, 10, true), ("abc".to_owned(), 3));
        for cursor in 0..12 {
            for room in 0..8 {
                let (_, column) = window("日本語日本語", cursor, room, true);
                assert!(column <= room.max(1), "{cursor} {room} {column}");
            }
        }
    }
}
