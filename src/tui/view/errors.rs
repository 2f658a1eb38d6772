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
    // Those before the one under the cursor give way when there is little room.
    let first = page.at.saturating_sub(usize::from(inner.height) / 4);
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
            let room = inner.width.saturating_sub(10);
            let lines = problem::lines(&entry.problem, room, theme);
            let below = Rect::new(
                inner.x + 8.min(inner.width),
                inner.y + row.min(inner.height),
                room,
                inner.height.saturating_sub(row),
            );
            // The message stands above already.
            let skip = super::paint::wrap(
                &format!("{} {}", theme.glyphs.over, entry.problem.message),
                room,
            )
            .len();
            let cut = usize::from(width(&head) > inner.width.saturating_sub(11));
            let lines = lines.get(skip * (1 - cut)..).unwrap_or_default();
            canvas.lines(below, lines);
            row += u16::try_from(lines.len())
                .unwrap_or(u16::MAX)
                .min(inner.height);
        }
    }
    if model.errors.is_empty() {
        canvas.line(inner, 1, &Line::styled("  no errors", theme.quiet));
    }
}
