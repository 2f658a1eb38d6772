//! A problem as lines: what happened, why, what to do.

use ratatui::text::{Line, Span};

use super::text::wrap;
use crate::credential::Problem;
use crate::tui::theme::Theme;

pub fn lines<'a>(problem: &Problem, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let room = columns.saturating_sub(8);
    let message = format!("{} {}", theme.glyphs.over, problem.message);
    for text in wrap(&message, columns) {
        lines.push(Line::styled(text, theme.over));
    }
    for (label, text) in [
        ("why", &problem.cause),
        ("next", &problem.next_step),
        ("debug", &problem.debug_id),
    ] {
        let Some(text) = text else { continue };
        for (at, part) in wrap(text, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("  {label:<6}"), theme.quiet),
                Span::styled(part, theme.text),
            ]));
        }
    }
    lines
}

/// As lines below what they belong to.
pub fn below<'a>(found: Option<&Problem>, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut below = Vec::new();
    if let Some(found) = found {
        below.push(Line::default());
        below.extend(lines(found, columns, theme));
    }
    below
}
