//! Questions: yes or no, a name to type, one line to fill in.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{body, fit, hint_line, width, wrap};
use super::{Canvas, form};
use crate::tui::layout::form_rows;
use crate::tui::message::Target;
use crate::tui::model::{Confirm, LinePrompt, Method, Model, Purpose, Question};

pub fn typed(canvas: &mut Canvas<'_>, page: &Confirm, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(&[("Enter", "does it"), ("Esc", "closes")], theme);
    let inner = body(canvas.overlay(area, &page.title, Line::default(), bottom));
    let mut lines: Vec<Line<'_>> = page
        .lines
        .iter()
        .flat_map(|line| wrap(line, inner.width))
        .map(Line::raw)
        .collect();
    lines.push(Line::default());
    lines.push(Line::from(vec![
        Span::styled("Type ", theme.quiet),
        Span::styled(page.expected.clone(), theme.strong),
        Span::styled(" to go on:", theme.quiet),
    ]));
    // Field and buttons are always in sight; what is to be done comes before how to agree to it.
    let rows = u16::try_from(form_rows(&page.form, inner.width)).unwrap_or(u16::MAX);
    let room = inner.height.saturating_sub(rows.saturating_add(1));
    let top = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(room);
    canvas.lines_or_more(Rect::new(inner.x, inner.y, inner.width, top), &lines);
    let place = Rect::new(inner.x, inner.y + top, inner.width, inner.height - top);
    form::draw(canvas, &page.form, place);
}

pub fn question(canvas: &mut Canvas<'_>, model: &Model, page: &Question, area: Rect) {
    let theme = canvas.theme;
    let inner = body(canvas.overlay(area, &page.title, Line::default(), Line::default()));
    let lines: Vec<Line<'_>> = page
        .lines
        .iter()
        .flat_map(|line| wrap(line, inner.width))
        .map(Line::raw)
        .collect();
    let top = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(1)
        .min(inner.height.saturating_sub(1));
    canvas.lines_or_more(Rect::new(inner.x, inner.y, inner.width, top), &lines);
    let key = |action| model.settings.keymap.hint(action).unwrap_or_default();
    let (yes, no) = (
        key(crate::tui::action::Action::Yes),
        key(crate::tui::action::Action::No),
    );
    let answer = Line::from(vec![
        Span::styled(format!("[ {yes} yes ]"), theme.found),
        Span::raw("  "),
        Span::styled(format!("[ {no} no ]"), theme.text),
    ]);
    canvas.line(inner, top, &answer);
    let yes_columns = u16::try_from(yes.len() + 8).unwrap_or(9);
    let row = Rect::new(inner.x, inner.y + top, inner.width, 1).intersection(inner);
    let yes_place = Rect::new(row.x, row.y, yes_columns.min(row.width), row.height);
    let no_x = (yes_columns + 2).min(row.width);
    let no_place = Rect::new(row.x + no_x, row.y, 8.min(row.width - no_x), row.height);
    canvas
        .hits
        .add(yes_place, Target::Hint(crate::tui::action::Action::Yes));
    canvas
        .hits
        .add(no_place, Target::Hint(crate::tui::action::Action::No));
    canvas.cursor(inner, 2, top);
}

pub fn line(canvas: &mut Canvas<'_>, page: &LinePrompt, area: Rect) {
    let theme = canvas.theme;
    let (title, prompt) = match page.purpose {
        Purpose::TestPath { tier, .. } => (
            if page.method == Method::Get {
                "Path to ask for".to_owned()
            } else {
                format!("Call on {}", tier.as_str())
            },
            format!("{} ", page.method.as_str()),
        ),
        Purpose::Search => ("Search".to_owned(), "/".to_owned()),
    };
    let bottom = hint_line(&[("Enter", "takes it"), ("Esc", "closes")], theme);
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let before = width(&prompt);
    let room = inner.width.saturating_sub(before + 1);
    let column = u16::try_from(page.line.cursor_column()).unwrap_or(u16::MAX);
    let (shown, column) = form::window(page.line.text(), column, room, true);
    let row = u16::from(inner.height > 2 && !page.asks_for_path());
    let line = Line::from(vec![
        Span::styled(prompt, theme.accent),
        Span::styled(shown, theme.strong),
    ]);
    canvas.line(inner, row, &line);
    canvas.cursor(inner, column + before, row);
    let below = match &page.wrong {
        Some(wrong) => Line::styled(format!("{} {wrong}", theme.glyphs.over), theme.over),
        None if page.asks_for_path() => Line::styled(
            fit(
                "Down takes a path below, Tab another method, @FILE behind it a body",
                inner.width,
                &theme.glyphs,
            ),
            theme.quiet,
        ),
        None => Line::default(),
    };
    canvas.line(inner, row + 1, &below);
    paths(canvas, page, inner, row + 2);
}

/// Those asked before, then useful ones.
fn paths(canvas: &mut Canvas<'_>, page: &LinePrompt, inner: Rect, top: u16) {
    let theme = canvas.theme;
    let rows = Rect::new(
        inner.x,
        inner.y + top.min(inner.height),
        inner.width,
        inner.height.saturating_sub(top),
    );
    let height = usize::from(rows.height);
    let first = (page.at.unwrap_or(0) + 1).saturating_sub(height.max(1));
    canvas.more(
        inner,
        first,
        page.paths.len().saturating_sub(first + height),
    );
    let shown = page.paths.iter().enumerate().skip(first);
    for ((at, path), y) in shown.zip(0..rows.height) {
        let selected = page.at == Some(at);
        let place = Rect::new(rows.x, rows.y + y, rows.width, 1);
        if selected {
            canvas.fill(place, theme.selected);
        }
        let note = if at < page.asked { "asked before" } else { "" };
        let room = rows.width.saturating_sub(2 + width(note) + 1);
        let path = fit(path, room, &theme.glyphs);
        let gap = usize::from(room.saturating_sub(width(&path))) + 1;
        let line = Line::from(vec![
            Span::styled(
                if selected { theme.glyphs.cursor } else { " " },
                theme.accent,
            ),
            Span::raw(format!(" {path}{}", " ".repeat(gap))),
            Span::styled(note, theme.quiet),
        ]);
        canvas.line(rows, y, &line);
        canvas.hits.add(place, Target::Item(at));
    }
}
