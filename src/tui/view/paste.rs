//! The paste line: today's development token for one environment.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{body, elapsed, hint_line, spinner, wrap};
use super::{Canvas, add, problem};
use crate::tui::model::{Model, PastePage};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &PastePage, area: Rect) {
    let theme = canvas.theme;
    let hints: &[(&str, &str)] = if page.recognised.is_some() {
        &[("Enter", "stores it"), ("Esc", "closes")]
    } else {
        &[("o", "opens the console"), ("Esc", "closes")]
    };
    let bottom = hint_line(hints, theme);
    let title = format!("Token for {}", page.name);
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let mut lines: Vec<Line<'_>> = Vec::new();
    if let Some(import) = &page.recognised {
        lines.extend(add::recognised(canvas, model, import, inner.width));
    } else {
        for text in wrap(
            "Paste the local development token: the bare token, the console's JSON, or the Authorization header.",
            inner.width,
        ) {
            lines.push(Line::raw(text));
        }
        for text in wrap(
            "It comes from the AEM Developer Console: Integrations, Local token, Get Local Development Token. It is not shown.",
            inner.width,
        ) {
            lines.push(Line::styled(text, theme.quiet));
        }
    }
    let explained = lines.len();
    lines.push(Line::default());
    if let Some(found) = &page.problem {
        lines.extend(problem::lines(found, inner.width, theme));
    }
    let task = page
        .working
        .and_then(|id| model.tasks.iter().find(|(task, _)| *task == id));
    // What it waits for, or what went wrong, is always in sight.
    let over = (lines.len() + 1).saturating_sub(usize::from(inner.height));
    let given_up = over.min(explained);
    lines.drain(explained - given_up..explained);
    let row = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    match task {
        Some((_, task)) => {
            let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
            lines.push(Line::from(vec![
                Span::styled(format!("{wheel} "), theme.accent),
                Span::raw(format!("{} ", task.work.words())),
                Span::styled(elapsed(task.since, model.now), theme.quiet),
            ]));
        }
        None if page.recognised.is_some() => lines.push(Line::styled(
            "Enter: author is asked first; the stored token stays if it is refused",
            theme.text,
        )),
        None => lines.push(Line::styled(
            format!("{} waiting for a paste", theme.glyphs.none_yet),
            theme.accent,
        )),
    }
    canvas.lines_or_more(inner, &lines);
    canvas.cursor(inner, 0, row.min(inner.height.saturating_sub(1)));
}
