//! Text to read and to search: claims, guides.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::paint::{body, elapsed, fit, hint_line, spinner, wrap};
use super::{Canvas, problem};
use crate::tui::model::{Model, Remote, Search, Viewer};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &Viewer, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(&[("/", "search"), ("y", "copy"), ("Esc", "closes")], theme);
    let inner = body(canvas.overlay(area, &page.title, Line::default(), bottom));
    canvas.cursor(inner, 0, 0);
    match &page.text {
        Remote::Ready(lines) => text_lines(canvas, lines, page.scroll, &page.search, inner),
        Remote::Running { since, .. } => {
            let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
            let line = Line::from(vec![
                Span::styled(format!("{wheel} "), theme.accent),
                Span::raw("reading "),
                Span::styled(elapsed(*since, model.now), theme.quiet),
            ]);
            canvas.line(inner, 1, &line);
        }
        Remote::Failed(found) => {
            let lines = problem::lines(found, inner.width, theme);
            canvas.lines_or_more(inner, &lines);
        }
        Remote::Idle | Remote::Cancelled => {
            canvas.line(inner, 1, &Line::styled("cancelled", theme.quiet));
        }
    }
}

/// Lines from `scroll` on; what was searched for stands out. A line that begins with `# ` is a heading.
pub fn text_lines(
    canvas: &mut Canvas<'_>,
    lines: &[String],
    scroll: usize,
    search: &Search,
    area: Rect,
) {
    let theme = canvas.theme;
    let mut row = 0;
    for (at, text) in lines.iter().enumerate().skip(scroll) {
        if row >= area.height {
            break;
        }
        if let Some(heading) = text.strip_prefix("# ") {
            let heading = fit(heading, area.width, &theme.glyphs);
            canvas.line(area, row, &Line::styled(heading, theme.accent));
            row += 1;
            continue;
        }
        // A long line goes on below: nothing is hidden to the right.
        for part in wrap(text, area.width) {
            let here = search.line() == Some(at);
            canvas.line(area, row, &marked(&part, &search.text, here, canvas));
            row += 1;
        }
    }
}

fn marked<'a>(text: &str, wanted: &str, here: bool, canvas: &Canvas<'_>) -> Line<'a> {
    let theme = canvas.theme;
    let (folded, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    // Where lower case changes lengths, byte places do not fit: such lines are shown unmarked.
    if wanted.is_empty() || folded.len() != text.len() {
        return Line::raw(text.to_owned());
    }
    let style = if here {
        theme.found
    } else {
        Style::new().patch(theme.accent)
    };
    let mut spans = Vec::new();
    let mut rest = 0;
    for (at, found) in folded.match_indices(&wanted) {
        let end = at + found.len();
        if !(text.is_char_boundary(at) && text.is_char_boundary(end)) {
            continue;
        }
        spans.push(Span::raw(text[rest..at].to_owned()));
        spans.push(Span::styled(text[at..end].to_owned(), style));
        rest = end;
    }
    spans.push(Span::raw(text[rest..].to_owned()));
    Line::from(spans)
}
