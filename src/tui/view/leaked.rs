//! After a leak: the mark, then the steps in the order that stops nothing that works.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{body, elapsed, hint_line, spinner, wrap};
use super::rotate::problem_lines;
use crate::app::leaked::{Checklist, Item, State, Step};
use crate::tui::model::{LeakedPage, Model};
use crate::tui::theme::Theme;

/// The cursor and a box stand before a step.
const INDENT: u16 = 6;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &LeakedPage, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(&[("Enter", "does the step"), ("Esc", "closes")], theme);
    let title = format!("{}: leaked", page.name);
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let mut lines = Vec::new();
    let task = page
        .working
        .and_then(|id| model.tasks.iter().find(|(task, _)| *task == id));
    if let Some((_, task)) = task {
        let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
        lines.push(Line::from(vec![
            Span::styled(format!("{wheel} "), theme.accent),
            Span::raw("looking how far it is "),
            Span::styled(elapsed(task.since, model.now), theme.quiet),
        ]));
    }
    let mut places = Vec::new();
    if let Some(list) = &page.list {
        let mut push = |at: usize, text: &str, how: &str, mark: (&'static str, bool)| {
            let begin = lines.len();
            lines.extend(row(page.at == at, text, how, mark, inner.width, theme));
            places.push((begin, lines.len()));
        };
        let marked = if list.marked {
            ("[x]", true)
        } else {
            ("[ ]", false)
        };
        push(0, &mark_words(list), "", marked);
        for (at, item) in list.steps.iter().enumerate() {
            push(at + 1, &item.title, &how(item), box_of(item));
        }
        lines.push(Line::default());
        for note in &list.notes {
            lines.extend(
                wrap(note, inner.width)
                    .into_iter()
                    .map(|text| Line::styled(text, theme.quiet)),
            );
        }
    }
    lines.extend(problem_lines(page.problem.as_ref(), inner.width, theme));
    canvas.rows(inner, &lines, &places, page.at);
}

fn mark_words(list: &Checklist) -> String {
    let fingerprint = &list.fingerprint;
    match (list.marked, list.active) {
        (false, _) => format!("mark {fingerprint} as leaked: it can never be switched back to"),
        (true, true) => format!("{fingerprint} is marked; it signs in until it is renewed"),
        (true, false) => format!("{fingerprint} is marked: it can never be switched back to"),
    }
}

fn box_of(item: &Item) -> (&'static str, bool) {
    match item.state {
        State::Done => ("[x]", true),
        State::Next => ("[ ]", false),
        State::Locked => ("[-]", false),
    }
}

/// What Enter does here; what is done elsewhere is told as it is.
fn how(item: &Item) -> String {
    if item.state != State::Next {
        return String::new();
    }
    match item.step {
        Step::AddKey => format!("{}. Then Enter takes the file.", item.how),
        Step::Rotate => "Enter opens the renewal.".to_owned(),
        Step::UsedBy => "Enter shows who still works with the old one.".to_owned(),
        Step::Revoke => {
            "Integrations, Technical Accounts: Revoke at the old key. Then Enter asks IMS whether it is."
                .to_owned()
        }
        Step::Invalidate => "Enter asks for the name, then IMS refuses it.".to_owned(),
        Step::Delete => "Enter asks for the name, then it is gone here.".to_owned(),
        Step::CleanGit => item.how.clone(),
    }
}

fn row<'a>(
    selected: bool,
    text: &str,
    how: &str,
    (tick, done): (&'static str, bool),
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let room = columns.saturating_sub(INDENT);
    let pad = " ".repeat(usize::from(INDENT));
    let style = match (done, selected) {
        (true, _) => theme.quiet,
        (_, true) => theme.strong,
        _ => theme.text,
    };
    let mut lines = Vec::new();
    for (number, text) in wrap(text, room).into_iter().enumerate() {
        let mut spans = vec![Span::raw(pad.clone())];
        if number == 0 {
            let cursor = if selected { theme.glyphs.cursor } else { " " };
            let box_style = if done { theme.fine } else { theme.quiet };
            spans = vec![
                Span::styled(cursor, theme.accent),
                Span::styled(format!(" {tick} "), box_style),
            ];
        }
        spans.push(Span::styled(text, style));
        lines.push(Line::from(spans));
    }
    if !how.is_empty() {
        lines.extend(wrap(how, room).into_iter().map(|text| {
            Line::from(vec![
                Span::raw(pad.clone()),
                Span::styled(text, theme.quiet),
            ])
        }));
    }
    lines
}
