//! Fields in one or two columns, then the buttons in a row.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, width};
use crate::tui::layout::TWO_FIELDS_FROM;
use crate::tui::message::Target;
use crate::tui::model::{Field, Form, Value};

/// Labels are at least so wide, with the gap behind them.
const LABEL: u16 = 10;

/// As wide as the longest needs.
fn labels(form: &Form) -> u16 {
    let longest = form.fields.iter().map(|field| width(field.label)).max();
    longest.map_or(LABEL, |columns| (columns + 1).max(LABEL))
}

/// Draws the form; returns how many lines it took.
pub fn draw(canvas: &mut Canvas<'_>, form: &Form, area: Rect) -> u16 {
    let two = area.width >= TWO_FIELDS_FROM;
    let half = if two { area.width / 2 } else { area.width };
    let labels = labels(form);
    let mut row = 0;
    let mut right = false;
    let mut below = None;
    // A small screen shows the part of the form that has the cursor.
    let skipped = skip(form, area.height, two);
    for (at, field) in form.fields.iter().enumerate().skip(skipped) {
        let wide = field.wide || !two;
        if wide && right {
            row = next(row, &mut below);
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
            below = Some((place, wrong.clone()));
        }
        if wide || right {
            if let Some((place, wrong)) = below.take() {
                row = wrong_line(canvas, area, place, &wrong, row, labels);
            }
            row += 1;
            right = false;
        } else {
            right = true;
        }
    }
    if right {
        if let Some((place, wrong)) = below.take() {
            row = wrong_line(canvas, area, place, &wrong, row, labels);
        }
        row += 1;
    }
    if !form.fields.is_empty() && row + 1 < area.height {
        row += 1;
    }
    buttons(canvas, form, area, row.min(area.height.saturating_sub(1)));
    row + 1
}

fn next(row: u16, below: &mut Option<(Rect, String)>) -> u16 {
    *below = None;
    row + 1
}

fn skip(form: &Form, height: u16, two: bool) -> usize {
    let per_row = if two { 2 } else { 1 };
    let lines = form.fields.len().div_ceil(per_row);
    let room = usize::from(height.saturating_sub(2));
    if lines <= room {
        return 0;
    }
    let line = form.focus.min(form.fields.len()) / per_row;
    (line + 1).saturating_sub(room.max(1)) * per_row
}

fn wrong_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    place: Rect,
    wrong: &str,
    row: u16,
    labels: u16,
) -> u16 {
    let theme = canvas.theme;
    let x = place.x - area.x + labels;
    let under = Rect::new(
        area.x + x.min(area.width),
        area.y,
        area.width.saturating_sub(x),
        area.height,
    );
    let text = format!("{} {wrong}", theme.glyphs.over);
    let text = fit(&text, under.width, &theme.glyphs);
    canvas.line(under, row + 1, &Line::styled(text, theme.over));
    row + 1
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
