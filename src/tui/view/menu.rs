//! A short list to choose from.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, hint_line, width};
use crate::tui::message::Target;
use crate::tui::model::Menu;

pub fn draw(canvas: &mut Canvas<'_>, menu: &Menu, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(&[("Enter", "takes it"), ("Esc", "closes")], theme);
    let inner = canvas.overlay(area, &menu.title, Line::default(), bottom);
    let rows = if inner.height > 2 {
        Rect::new(inner.x, inner.y + 1, inner.width, inner.height - 2)
    } else {
        inner
    };
    let first = (menu.at + 1).saturating_sub(usize::from(rows.height));
    let height = usize::from(rows.height);
    let below = menu.items.len().saturating_sub(first + height);
    canvas.more(inner, first, below);
    let longest = menu.items.iter().map(|item| width(&item.title)).max();
    let titles = longest.unwrap_or(0).min(rows.width.saturating_sub(4)) + 2;
    for (row, (at, item)) in menu.items.iter().enumerate().skip(first).enumerate() {
        let y = u16::try_from(row).unwrap_or(u16::MAX);
        if y >= rows.height {
            break;
        }
        let selected = at == menu.at;
        let place = Rect::new(rows.x, rows.y + y, rows.width, 1);
        if selected {
            canvas.fill(place, theme.selected);
            canvas.cursor(rows, 0, y);
        }
        let style = match (&item.off, item.danger) {
            (Some(_), _) => theme.quiet,
            (None, true) => theme.strong,
            (None, false) => theme.text,
        };
        let title = fit(&item.title, titles.saturating_sub(2), &theme.glyphs);
        let pad = " ".repeat(usize::from(titles.saturating_sub(width(&title))));
        let note = item.off.clone().unwrap_or_else(|| item.note.clone());
        let note = fit(&note, rows.width.saturating_sub(titles + 4), &theme.glyphs);
        let line = Line::from(vec![
            Span::styled(
                if selected { theme.glyphs.cursor } else { " " },
                theme.accent,
            ),
            Span::raw(" "),
            Span::styled(title, style),
            Span::raw(pad),
            Span::styled(note, theme.quiet),
        ]);
        canvas.line(rows, y, &line);
        canvas.hits.add(place, Target::Item(at));
    }
}
