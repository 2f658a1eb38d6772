//! A problem as lines: message, cause and next step.

use ratatui::text::{Line, Span};

use super::text::hanging;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use aemkeys_core::credential::Problem;

pub fn lines<'a>(model: &Model, problem: &Problem, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let head = vec![Span::styled(format!("{} ", theme.glyphs.over), theme.over)];
    let mut lines = hanging(head, &problem.message, theme.over, columns);
    lines.extend(details(model, problem, 2, columns, theme));
    lines
}

/// Returns the lines of a problem, without its cause where they are too few for it: the next step matters more.
pub fn fitting<'a>(
    model: &Model,
    problem: &Problem,
    (columns, rows): (u16, u16),
    theme: &Theme,
) -> Vec<Line<'a>> {
    let all = lines(model, problem, columns, theme);
    if all.len() <= rows.into() || problem.next_step.is_none() {
        return all;
    }
    let shorter = Problem {
        cause: None,
        debug_id: None,
        ..problem.clone()
    };
    lines(model, &shorter, columns, theme)
}

/// Returns cause and next step, indented, without the message.
pub fn details<'a>(
    model: &Model,
    problem: &Problem,
    indent: usize,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let next_step = problem.next_step.as_ref().map(|step| model.in_keys(step));
    let parts = [
        ("cause", &problem.cause),
        ("next", &next_step),
        ("debug", &problem.debug_id),
    ];
    let parts = parts.into_iter().filter_map(|(label, text)| {
        let label = if theme.glyphs.is_words {
            format!("{label}: ")
        } else {
            format!("{label:<6}")
        };
        let head = vec![
            Span::raw(" ".repeat(indent)),
            Span::styled(label, theme.quiet),
        ];
        Some(hanging(head, text.as_ref()?, theme.text, columns))
    });
    parts.flatten().collect()
}

/// Returns the problem as lines below other content.
pub fn below<'a>(
    model: &Model,
    found: Option<&Problem>,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let mut below = Vec::new();
    if let Some(found) = found {
        below.push(Line::default());
        below.extend(lines(model, found, columns, theme));
    }
    below
}
