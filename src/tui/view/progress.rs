//! Work on many: how far, what failed.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{bar, body, fit, hint_line, spinner};
use crate::tui::model::{Model, Progress};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &Progress, area: Rect) {
    let theme = canvas.theme;
    let running = model.tasks.in_batch(page.batch).len();
    let ended = page.ended.len();
    let hint = if running > 0 && !page.cancelled {
        hint_line(&[("Esc", "cancels the rest")], theme)
    } else {
        hint_line(&[("Enter", "closes")], theme)
    };
    let inner = body(canvas.overlay(area, &page.title, Line::default(), hint));
    canvas.cursor(inner, 0, 0);
    let failed = page
        .ended
        .iter()
        .filter(|(_, result)| result.is_err())
        .count();
    let wheel = if running > 0 {
        spinner(model.now, model.settings.motion, &theme.glyphs)
    } else if failed > 0 {
        theme.glyphs.over
    } else {
        theme.glyphs.fine
    };
    let style = if running > 0 {
        theme.accent
    } else if failed > 0 {
        theme.over
    } else {
        theme.fine
    };
    let mut words = format!("{ended} of {}", page.total);
    if failed > 0 {
        words.extend([", ", &failed.to_string(), " failed"]);
    }
    let line = Line::from(vec![
        Span::styled(format!("{wheel} "), style),
        Span::raw(words),
    ]);
    canvas.line(inner, 0, &line);
    #[expect(clippy::cast_precision_loss, reason = "a share for a bar")]
    let share = ended as f64 / page.total.max(1) as f64;
    canvas.line(inner, 1, &Line::from(bar(inner.width, share, style, theme)));
    let rows = Rect::new(
        inner.x,
        inner.y.saturating_add(3).min(inner.bottom()),
        inner.width,
        inner.height.saturating_sub(3),
    );
    // Failures first: they need reading.
    let mut sorted: Vec<&(String, Result<(), String>)> = page.ended.iter().collect();
    sorted.sort_by_key(|(_, result)| result.is_ok());
    for (row, (name, result)) in sorted.iter().skip(page.scroll).enumerate() {
        let y = u16::try_from(row).unwrap_or(u16::MAX);
        let (glyph, style, note) = match result {
            Ok(()) => (theme.glyphs.fine, theme.fine, String::new()),
            Err(why) => (theme.glyphs.over, theme.over, format!("  {why}")),
        };
        let text = fit(
            &format!("{name}{note}"),
            rows.width.saturating_sub(2),
            &theme.glyphs,
        );
        let line = Line::from(vec![
            Span::styled(format!("{glyph} "), style),
            Span::raw(text),
        ]);
        canvas.line(rows, y, &line);
    }
}
