//! A guide: what led to it, who may, and the steps with their ticks, links and files.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{body, fit, hint_line, wrap};
use crate::tui::message::Target;
use crate::tui::model::{GuidePage, Model};
use crate::tui::theme::Theme;

/// A tick, the cursor and the number stand before a step.
const INDENT: u16 = 9;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &GuidePage, area: Rect) {
    let theme = canvas.theme;
    let guide = &page.guide;
    let title = guide.name.as_ref().map_or_else(
        || guide.title.clone(),
        |name| format!("{}: {name}", guide.title),
    );
    let count = guide.steps.len();
    let done = model.guides.count(page.key, guide);
    let bottom = hint_line(
        &[
            ("Space", "ticks"),
            ("o", "opens the page"),
            ("y", "copies"),
            ("Esc", "closes"),
        ],
        theme,
    );
    let corner = Line::styled(format!(" {done} of {count} "), theme.quiet);
    let inner = body(canvas.overlay(area, &title, corner, bottom));
    let mut lines = head(page, inner.width, theme);
    // Where each step begins and ends.
    let mut places = Vec::new();
    for at in 0..count {
        let begin = lines.len() + 1;
        lines.extend(step(model, page, at, inner.width, theme));
        places.push((begin, lines.len()));
    }
    let height = usize::from(inner.height);
    let cursor = page
        .at
        .checked_sub(1)
        .and_then(|at| places.get(at).copied());
    let first = cursor.map_or(0, |(begin, end)| begin.min(end.saturating_sub(height)));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
    canvas.lines(inner, &shown);
    canvas.cursor(inner, 0, row(cursor.map_or(0, |(begin, _)| begin), first));
    for (at, (begin, end)) in places.into_iter().enumerate() {
        if end > first && begin < first + height {
            let top = row(begin, first);
            let place = Rect::new(inner.x, inner.y + top, inner.width, row(end, first) - top);
            canvas.hits.add(place.intersection(inner), Target::Item(at));
        }
    }
}

fn row(line: usize, first: usize) -> u16 {
    u16::try_from(line.saturating_sub(first)).unwrap_or(u16::MAX)
}

fn head<'a>(page: &GuidePage, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for text in &page.seen {
        match text.strip_prefix("# ") {
            Some(heading) => lines.push(Line::styled(
                fit(heading, columns, &theme.glyphs),
                theme.accent,
            )),
            None => lines.extend(wrap(text, columns).into_iter().map(Line::raw)),
        }
    }
    if !page.seen.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled(
            fit(&page.guide.title, columns, &theme.glyphs),
            theme.accent,
        ));
    }
    lines.extend(wrap(&page.guide.intro, columns).into_iter().map(Line::raw));
    lines.push(Line::default());
    let who = wrap(&page.guide.who_may, columns.saturating_sub(INDENT));
    for (at, text) in who.into_iter().enumerate() {
        let label = if at == 0 { "Who may" } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("{label:<9}"), theme.quiet),
            Span::raw(text),
        ]));
    }
    lines
}

fn step<'a>(
    model: &Model,
    page: &GuidePage,
    at: usize,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let step = &page.guide.steps[at];
    let selected = page.at == at + 1;
    let done = model.guides.is_done(page.key, step.id);
    let pad = " ".repeat(usize::from(INDENT));
    let room = columns.saturating_sub(INDENT);
    let mut lines = vec![Line::default()];
    let style = if done {
        theme.quiet
    } else if selected {
        theme.strong
    } else {
        theme.text
    };
    for (number, text) in wrap(&step.text, room).into_iter().enumerate() {
        let mut spans = vec![Span::raw(pad.clone())];
        if number == 0 {
            let cursor = if selected { theme.glyphs.cursor } else { " " };
            let tick = if done { "[x]" } else { "[ ]" };
            spans = vec![
                Span::styled(cursor, theme.accent),
                Span::styled(
                    format!(" {tick} "),
                    if done { theme.fine } else { theme.quiet },
                ),
                Span::styled(format!("{:>2} ", at + 1), theme.quiet),
            ];
        }
        spans.push(Span::styled(text, style));
        lines.push(Line::from(spans));
    }
    let below = step.link.iter().map(String::as_str);
    let file = step.file.iter().flat_map(|file| file.text.lines());
    for text in below.chain(file) {
        for part in wrap(text, room) {
            lines.push(Line::from(vec![
                Span::raw(pad.clone()),
                Span::styled(
                    part,
                    if step.file.is_some() {
                        theme.text
                    } else {
                        theme.quiet
                    },
                ),
            ]));
        }
    }
    lines
}
