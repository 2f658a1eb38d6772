//! Work on many: how far, what failed.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{bar, body, fit, hint_line, spinner};
use crate::tui::message::Target;
use crate::tui::model::{Model, Progress};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &Progress, area: Rect) {
    let theme = canvas.theme;
    let running = model.tasks.in_batch(page.batch).len();
    let ended = page.ended.len();
    let sorted = page.sorted();
    let failed = sorted
        .iter()
        .filter(|ended| ended.problem.is_some())
        .count();
    let mut hints = Vec::new();
    if sorted.get(page.at).is_some_and(|on| on.problem.is_some()) {
        hints.push(("Enter", "why"));
    } else if running == 0 {
        hints.push(("Enter", "closes"));
    }
    hints.push(if running > 0 && !page.cancelled {
        ("Esc", "cancels the rest")
    } else {
        ("Esc", "closes")
    });
    let hint = hint_line(&hints, theme);
    let inner = body(canvas.overlay(area, &page.title, Line::default(), hint));
    canvas.cursor(inner, 0, 0);
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
    let first = (page.at + 1).saturating_sub(usize::from(rows.height).max(1));
    let shown = sorted.iter().enumerate().skip(first);
    for ((at, ended), y) in shown.zip(0..rows.height) {
        let selected = at == page.at;
        let (glyph, style, note) = match &ended.problem {
            None => (theme.glyphs.fine, theme.fine, String::new()),
            Some(problem) => (theme.glyphs.over, theme.over, format!("  {problem}")),
        };
        let text = fit(
            &format!("{}{note}", ended.name),
            rows.width.saturating_sub(4),
            &theme.glyphs,
        );
        let place = Rect::new(rows.x, rows.y + y, rows.width, 1);
        if selected {
            canvas.fill(place, theme.selected);
            canvas.cursor(rows, 0, y);
        }
        let line = Line::from(vec![
            Span::styled(
                if selected { theme.glyphs.cursor } else { " " },
                theme.accent,
            ),
            Span::styled(format!(" {glyph} "), style),
            Span::raw(text),
        ]);
        canvas.line(rows, y, &line);
        canvas.hits.add(place, Target::Item(at));
    }
}
