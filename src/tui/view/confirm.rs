//! Questions: yes or no, a name to type, one line to fill in.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{body, hint_line, wrap};
use super::{Canvas, form};
use crate::tui::message::Target;
use crate::tui::model::{Confirm, LinePrompt, Model, Purpose, Question};

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
    let top = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .min(inner.height.saturating_sub(4));
    canvas.lines(Rect::new(inner.x, inner.y, inner.width, top), &lines);
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
    canvas.lines(Rect::new(inner.x, inner.y, inner.width, top), &lines);
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
    let title = match page.purpose {
        Purpose::TestPath(_) => "Path to ask for",
        Purpose::Search => "Search",
    };
    let bottom = hint_line(&[("Enter", "takes it"), ("Esc", "closes")], theme);
    let inner = body(canvas.overlay(area, title, Line::default(), bottom));
    let room = inner.width.saturating_sub(2);
    let column = u16::try_from(page.line.cursor_column()).unwrap_or(u16::MAX);
    let (shown, column) = form::window(page.line.text(), column, room, true);
    let prompt = match page.purpose {
        Purpose::TestPath(_) => "",
        Purpose::Search => "/",
    };
    let row = u16::from(inner.height > 2);
    let line = Line::from(vec![
        Span::styled(prompt, theme.accent),
        Span::styled(shown, theme.strong),
    ]);
    canvas.line(inner, row, &line);
    canvas.cursor(inner, column + u16::from(!prompt.is_empty()), row);
    if let Some(wrong) = &page.wrong {
        let text = format!("{} {wrong}", theme.glyphs.over);
        canvas.line(inner, row + 1, &Line::styled(text, theme.over));
    }
}
