//! The activity: what was done in this session, newest first.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::fit;
use crate::tui::model::Model;
use crate::tui::time;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Activity", theme.strong);
    let right = Line::styled("this session", theme.quiet);
    let inner = canvas.frame(area, title, right, model.overlays.is_empty());
    if model.activity.is_empty() {
        let text = "  Nothing yet: exchanges, test calls and copies are listed here.";
        canvas.line(inner, 1, &Line::styled(text, theme.quiet));
    }
    let lines = model.activity.iter().skip(model.activity_scroll);
    for (at, entry) in lines.enumerate().take(usize::from(inner.height)) {
        let (glyph, style) = theme.tone(entry.tone);
        let clock = time::clock(entry.at, &model.settings.zone);
        let text = fit(&entry.text, inner.width.saturating_sub(11), &theme.glyphs);
        let line = Line::from(vec![
            Span::styled(format!("  {clock}  "), theme.quiet),
            Span::styled(format!("{glyph} "), style),
            Span::raw(text),
        ]);
        canvas.line(inner, u16::try_from(at).unwrap_or(u16::MAX), &line);
    }
    if model.overlays.is_empty() {
        canvas.cursor(inner, 1, 0);
    }
}
