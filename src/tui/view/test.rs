//! The test page: the tiers side by side with their verdict in words, then the body of the one under the cursor.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{body, elapsed, fit, spinner, width};
use super::viewer::text_lines;
use super::{Canvas, problem};
use crate::app::TierResult;
use crate::tui::layout::tier_lines;
use crate::tui::message::Target;
use crate::tui::model::{Model, Remote, TestPage};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &TestPage, area: Rect) {
    let theme = canvas.theme;
    let path = page.path.as_deref().unwrap_or(crate::app::WHO_AM_I);
    let title = format!("{} {} GET {path}", page.name, theme.glyphs.arrow);
    let inner = canvas.overlay(area, &title, Line::default(), Line::default());
    canvas.cursor(inner, 0, 0);
    match &page.results {
        Remote::Idle => {}
        Remote::Cancelled => {
            canvas.line(
                body(inner),
                1,
                &Line::styled("cancelled: t asks again", theme.quiet),
            );
        }
        Remote::Running { since, .. } => {
            let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
            let line = Line::from(vec![
                Span::styled(format!("{wheel} "), theme.accent),
                Span::raw("asking author, publish and preview "),
                Span::styled(elapsed(*since, model.now), theme.quiet),
            ]);
            canvas.line(body(inner), 1, &line);
        }
        Remote::Failed(found) => {
            let place = body(inner);
            let lines = problem::lines(found, place.width, theme);
            let below = Rect::new(
                place.x,
                place.y + 1,
                place.width,
                place.height.saturating_sub(1),
            );
            canvas.lines_or_more(below.intersection(place), &lines);
        }
        Remote::Ready(results) => ready(canvas, page, results, inner),
    }
}

fn ready(canvas: &mut Canvas<'_>, page: &TestPage, results: &[TierResult], inner: Rect) {
    let theme = canvas.theme;
    let heights = tier_lines(results, inner.height);
    let room = heights.iter().sum::<u16>().min(inner.height);
    let upper = Rect::new(inner.x, inner.y, inner.width, room);
    let mut row = 0;
    for (at, (result, height)) in results.iter().zip(&heights).enumerate() {
        let lines = tier(canvas, page, result, at, upper.width, usize::from(*height));
        for (number, line) in lines.iter().enumerate() {
            canvas.line(upper, row + u16::try_from(number).unwrap_or(0), line);
        }
        let place = Rect::new(upper.x, upper.y.saturating_add(row), upper.width, *height);
        canvas.hits.add(place.intersection(upper), Target::Tier(at));
        if at == page.tier {
            canvas.cursor(upper, 0, row);
        }
        row += height;
    }
    let Some(result) = results.get(page.tier) else {
        return;
    };
    let lower = Rect::new(inner.x, inner.y + room, inner.width, inner.height - room);
    divider(canvas, page, result, lower);
    let text = Rect::new(
        lower.x,
        lower.y.saturating_add(1),
        lower.width,
        lower.height.saturating_sub(1),
    )
    .intersection(lower);
    let lines = page.bodies.get(page.tier).map_or(&[][..], Vec::as_slice);
    if lines.is_empty() {
        canvas.line(body(text), 0, &Line::styled("no body", theme.quiet));
    }
    text_lines(canvas, lines, page.scroll, &page.search, body(text));
}

fn divider(canvas: &mut Canvas<'_>, page: &TestPage, result: &TierResult, lower: Rect) {
    if lower.is_empty() {
        return;
    }
    let theme = canvas.theme;
    // The line goes through to the frame on both sides.
    for (x, end) in [
        (lower.x.saturating_sub(1), theme.glyphs.tee_left),
        (lower.right(), theme.glyphs.tee_right),
    ] {
        let place = Rect::new(x, lower.y, 1, 1).intersection(canvas.buffer.area);
        canvas.line(place, 0, &Line::styled(end, theme.border_focused));
    }
    let size = size(result.body.len());
    let found = if page.search.text.is_empty() {
        String::new()
    } else {
        let at = if page.search.lines.is_empty() {
            0
        } else {
            page.search.at + 1
        };
        format!(" /{} {at} of {}", page.search.text, page.search.lines.len())
    };
    let title = format!(" {}: body, {size}{found} ", label(result));
    let title = fit(&title, lower.width.saturating_sub(2), &theme.glyphs);
    let line = theme
        .glyphs
        .border
        .horizontal_top
        .repeat(usize::from(lower.width));
    canvas.line(lower, 0, &Line::styled(line, theme.border_focused));
    let taken = width(&title) + 2;
    let place = Rect::new(
        lower.right().saturating_sub(taken).max(lower.x),
        lower.y,
        taken.min(lower.width),
        1,
    );
    canvas.line(place, 0, &Line::styled(title, theme.quiet));
}

/// `212 ms`, `5.0 s`.
fn took(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    }
}

fn size(bytes: usize) -> String {
    if bytes < 1024 {
        format!("{bytes} bytes")
    } else {
        let tenths = bytes * 10 / 1024;
        format!("{}.{} KB", tenths / 10, tenths % 10)
    }
}

/// The tier, or the customer's own domain in front of publish.
fn label(result: &TierResult) -> &str {
    let host = result.url.strip_prefix("https://").unwrap_or(&result.url);
    let host = host.split('/').next().unwrap_or(host);
    if result.tier == crate::environment::Tier::Publish
        && result.url.starts_with("https://")
        && !host.ends_with(".adobeaemcloud.com")
    {
        return host;
    }
    result.tier.as_str()
}

fn tier<'a>(
    canvas: &Canvas<'_>,
    page: &TestPage,
    result: &TierResult,
    at: usize,
    columns: u16,
    each: usize,
) -> Vec<Line<'a>> {
    let theme = canvas.theme;
    let (glyph, style) = theme.tier(result.verdict);
    let selected = at == page.tier;
    let status = result
        .status
        .map_or_else(|| theme.glyphs.dash.to_owned(), |status| status.to_string());
    let words = result.verdict.words();
    let label = fit(label(result), 12, &theme.glyphs);
    let head = vec![
        Span::styled(
            if selected { theme.glyphs.cursor } else { " " },
            theme.accent,
        ),
        Span::styled(
            format!("{label:<12} "),
            if selected { theme.strong } else { theme.text },
        ),
        Span::styled(format!("{glyph} {words:<22}"), style),
        Span::raw(format!("{status:>4}  ")),
        Span::styled(format!("{:>9}   ", took(result.elapsed_ms)), theme.quiet),
    ];
    let taken: u16 = head.iter().map(|span| width(&span.content)).sum();
    let indent = " ".repeat(14);
    let room = columns.saturating_sub(15);
    let mut lines = Vec::new();
    let mut first = head;
    let who = result.user.clone().or_else(|| result.cause.clone());
    if let Some(who) = who {
        let text = fit(&who, columns.saturating_sub(taken + 1), &theme.glyphs);
        first.push(Span::raw(text));
    }
    lines.push(Line::from(first));
    let mut more: Vec<(String, bool)> = Vec::new();
    if !result.groups.is_empty() {
        more.push((result.groups.join(", "), true));
    }
    if result.user.is_some()
        && let Some(cause) = &result.cause
    {
        more.push((cause.clone(), false));
    }
    if let Some(seen) = &result.seen {
        more.push((format!("seen: {seen}"), true));
    }
    if let Some(next) = &result.next_step {
        more.push((format!("next: {next}"), false));
    }
    // Where there is room for some only, what to do comes first and what was seen last.
    let room_for = each.saturating_sub(1);
    while more.len() > room_for && more.len() > 1 {
        let least = more.iter().position(|(_, quiet)| *quiet).unwrap_or(0);
        more.remove(least);
    }
    for (text, quiet) in more.into_iter().take(each.saturating_sub(1)) {
        let text = fit(&text, room, &theme.glyphs);
        lines.push(Line::from(vec![
            Span::raw(indent.clone()),
            Span::styled(text, if quiet { theme.quiet } else { theme.text }),
        ]));
    }
    lines
}
