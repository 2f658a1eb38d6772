//! The errors: newest first, the one under the cursor with its cause and next step.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{fit, hint_line, width};
use super::{Canvas, problem};
use crate::tui::message::Target;
use crate::tui::model::{ErrorsPage, Model};
use crate::tui::time;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &ErrorsPage, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(
        &[
            ("Enter", "reads it"),
            ("y", "copies a report"),
            ("Esc", "closes, all read"),
        ],
        theme,
    );
    let inner = canvas.overlay(area, "Errors", Line::default(), bottom);
    let mut row = 0;
    let first = first(page, inner.height);
    for (at, entry) in model.errors.iter().enumerate().skip(first) {
        if row >= inner.height {
            break;
        }
        let selected = at == page.at;
        let clock = time::clock(entry.at, &model.settings.zone);
        let head = format!("{}: {}", entry.about, entry.problem.message);
        let text = fit(&head, inner.width.saturating_sub(11), &theme.glyphs);
        let place = Rect::new(inner.x, inner.y + row, inner.width, 1);
        if selected {
            canvas.fill(place, theme.selected);
            canvas.cursor(inner, 0, row);
        }
        let line = Line::from(vec![
            Span::styled(
                if selected { theme.glyphs.cursor } else { " " },
                theme.accent,
            ),
            Span::styled(format!("{clock}  "), theme.quiet),
            Span::styled(
                format!("{} ", theme.glyphs.over),
                if entry.read { theme.quiet } else { theme.over },
            ),
            Span::raw(text),
        ]);
        canvas.line(inner, row, &line);
        canvas.hits.add(place, Target::Item(at));
        row += 1;
        if selected {
            let lines = details(model, page, inner.width);
            let room = inner.width.saturating_sub(10);
            let below = Rect::new(
                inner.x + 8.min(inner.width),
                inner.y + row.min(inner.height),
                room,
                inner.height.saturating_sub(row),
            );
            let rest = lines.get(page.scroll..).unwrap_or_default();
            canvas.lines(below, rest);
            let hidden = rest.len().saturating_sub(usize::from(below.height));
            canvas.more(inner, page.scroll, hidden);
            row += u16::try_from(rest.len())
                .unwrap_or(u16::MAX)
                .min(inner.height);
        }
    }
    if model.errors.is_empty() {
        canvas.line(inner, 1, &Line::styled("  no errors", theme.quiet));
    }
}

/// Those before the one under the cursor give way when there is little room.
fn first(page: &ErrorsPage, height: u16) -> usize {
    page.at.saturating_sub(usize::from(height) / 4)
}

/// Cause and next step of the one under the cursor; its message too, where its line above has no room for it.
fn details<'a>(model: &Model, page: &ErrorsPage, columns: u16) -> Vec<Line<'a>> {
    let Some(entry) = model.errors.get(page.at) else {
        return Vec::new();
    };
    let theme = &model.settings.theme;
    let room = columns.saturating_sub(10);
    let lines = problem::lines(&entry.problem, room, theme);
    let head = format!("{}: {}", entry.about, entry.problem.message);
    if width(&head) > columns.saturating_sub(11) {
        return lines;
    }
    let message = format!("{} {}", theme.glyphs.over, entry.problem.message);
    let skip = super::paint::wrap(&message, room).len();
    lines.into_iter().skip(skip).collect()
}

/// How many lines of the one under the cursor lie below what is in sight.
pub fn hidden(model: &Model, page: &ErrorsPage, inner: Rect) -> usize {
    let above = page.at - first(page, inner.height);
    let room = usize::from(inner.height).saturating_sub(above + 1);
    let left = details(model, page, inner.width)
        .len()
        .saturating_sub(page.scroll);
    left.saturating_sub(room)
}
