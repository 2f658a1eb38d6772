//! Help and palette: all that works here, narrowed by what is typed.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, hint_line, width, wrap};
use crate::tui::keymap::say;
use crate::tui::message::Target;
use crate::tui::model::{Finder, FinderKind, Model};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &Finder, area: Rect) {
    let theme = canvas.theme;
    let (title, prompt, enter) = match page.kind {
        FinderKind::Help => ("Keys that work here", "/", "closes"),
        FinderKind::Palette => ("Actions", ":", "does it"),
    };
    let bottom = hint_line(
        &[("type", "to narrow"), ("Enter", enter), ("Esc", "closes")],
        theme,
    );
    let count = Line::styled(format!("{}", page.found.len()), theme.quiet);
    let inner = canvas.overlay(area, title, count, bottom);
    let line = Line::from(vec![
        Span::styled(format!(" {prompt} "), theme.accent),
        Span::styled(page.line.text().to_owned(), theme.strong),
    ]);
    canvas.line(inner, 0, &line);
    let column = u16::try_from(page.line.cursor_column()).unwrap_or(u16::MAX);
    canvas.cursor(inner, column.saturating_add(3), 0);
    let below = whole_doc(canvas, model, page, inner);
    let rows = Rect::new(
        inner.x,
        inner.y.saturating_add(2).min(inner.bottom()),
        inner.width,
        inner.height.saturating_sub(2 + below),
    );
    if page.found.is_empty() {
        canvas.line(
            rows,
            0,
            &Line::styled("   nothing is called so", theme.quiet),
        );
    }
    let grouped = page.line.is_empty();
    let mut lines: Vec<(Option<usize>, Line<'_>)> = Vec::new();
    let mut group = "";
    for (at, action) in page.found.iter().enumerate() {
        let entry = action.entry();
        if grouped && entry.group != group {
            group = entry.group;
            lines.push((None, Line::styled(format!(" {group}"), theme.accent)));
        }
        let keys: Vec<String> = model
            .settings
            .keymap
            .keys(*action)
            .iter()
            .map(|key| say(*key))
            .collect();
        lines.push((
            Some(at),
            row(canvas, page, at, &keys.join(" "), rows.width, model),
        ));
    }
    let selected = lines
        .iter()
        .position(|(at, _)| *at == Some(page.at))
        .unwrap_or(0);
    let first = (selected + 2)
        .saturating_sub(usize::from(rows.height))
        .min(lines.len().saturating_sub(usize::from(rows.height)));
    for (y, (at, line)) in lines
        .iter()
        .skip(first)
        .enumerate()
        .take(usize::from(rows.height))
    {
        let y = u16::try_from(y).unwrap_or(u16::MAX);
        let place = Rect::new(rows.x, rows.y + y, rows.width, 1);
        if *at == Some(page.at) {
            canvas.fill(place, theme.selected);
        }
        canvas.line(rows, y, line);
        if let Some(at) = at {
            canvas.hits.add(place, Target::Item(*at));
        }
    }
}

/// All words of the action under the cursor, where there is room for them below the list. The lines taken.
fn whole_doc(canvas: &mut Canvas<'_>, model: &Model, page: &Finder, inner: Rect) -> u16 {
    const LINES: u16 = 3;
    let theme = canvas.theme;
    let Some(action) = page.found.get(page.at) else {
        return 0;
    };
    if inner.height < 4 * LINES {
        return 0;
    }
    let off = (page.kind == FinderKind::Palette)
        .then(|| action.enabled(model).err())
        .flatten();
    let words = match off {
        Some(why) => format!("{}. Not now: {why}.", action.entry().doc),
        None => format!("{}.", action.entry().doc),
    };
    let texts = wrap(&words, inner.width.saturating_sub(6));
    let place = Rect::new(
        inner.x + 3.min(inner.width),
        inner.bottom() - LINES + 1,
        inner.width.saturating_sub(3),
        LINES - 1,
    );
    for (y, text) in texts
        .into_iter()
        .enumerate()
        .take(usize::from(place.height))
    {
        let y = u16::try_from(y).unwrap_or(u16::MAX);
        canvas.line(place, y, &Line::styled(text, theme.text));
    }
    LINES
}

fn row<'a>(
    canvas: &Canvas<'_>,
    page: &Finder,
    at: usize,
    keys: &str,
    columns: u16,
    model: &Model,
) -> Line<'a> {
    let theme = canvas.theme;
    let Some(action) = page.found.get(at) else {
        return Line::default();
    };
    let entry = action.entry();
    let off = if page.kind == FinderKind::Palette {
        action.enabled(model).err()
    } else {
        None
    };
    let style = if off.is_some() {
        theme.quiet
    } else {
        theme.text
    };
    let doc = off.unwrap_or_else(|| entry.doc.to_owned());
    let danger = if entry.danger {
        theme.glyphs.urgent
    } else {
        " "
    };
    let room = columns.saturating_sub(3 + 16 + 18 + 2);
    let doc = if width(&doc) > room && room < 20 {
        String::new()
    } else {
        fit(&doc, room, &theme.glyphs)
    };
    Line::from(vec![
        Span::styled(
            if at == page.at {
                theme.glyphs.cursor
            } else {
                " "
            },
            theme.accent,
        ),
        Span::styled(danger, theme.accent),
        Span::styled(
            format!(" {:<15} ", fit(keys, 15, &theme.glyphs)),
            theme.accent,
        ),
        Span::styled(format!("{:<17} ", entry.title), style),
        Span::styled(doc, theme.quiet),
    ])
}
