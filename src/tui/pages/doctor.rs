//! The doctor page: checks of this machine and their next steps.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{Canvas, Row, body, hanging};

/// The columns before the text: cursor, verdict and topic.
const INDENT: usize = 16;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Doctor", theme.strong);
    let right = Line::styled("this machine", theme.quiet);
    let inner = canvas.frame(area, title, right, canvas.is_focused);
    let doctor = &model.doctor;
    if doctor.status != PageStatus::Ready || doctor.findings.is_empty() {
        let line = canvas
            .running(model, &doctor.status)
            .unwrap_or_else(|| Line::styled("press r to check this machine", theme.quiet));
        canvas.line(body(inner), 1, &line);
        canvas.cursor_if_focused(inner, 2, 1);
        return;
    }
    let rows = doctor.findings.iter().enumerate().map(|(at, finding)| {
        let (glyph, style) = theme.check(finding.verdict);
        let selected = at == doctor.at;
        let topic = if selected { theme.strong } else { theme.text };
        let head = vec![
            theme.cursor(selected),
            Span::styled(format!(" {glyph} "), style),
            Span::styled(format!("{:<11} ", finding.topic), topic),
        ];
        let mut lines = hanging(head, &finding.text, theme.text, inner.width);
        if let Some(step) = &finding.next_step {
            let pad = vec![Span::raw(" ".repeat(INDENT))];
            lines.extend(hanging(pad, &model.in_keys(step), theme.quiet, inner.width));
        }
        Row::lines(Some(at), lines)
    });
    canvas.rows(inner, rows.collect(), Some(doctor.at), Style::new());
}
