//! The doctor page: checks of this machine and their next steps.

use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{Choices, Painter, Panel, hanging, running};

/// The columns before the text: cursor, verdict and topic.
const INDENT: usize = 16;

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let theme = painter.theme;
    let right = Line::styled("this machine", theme.quiet);
    let panel = Panel::new("Doctor")
        .right(right)
        .focused(painter.is_focused);
    let inner = painter.panel(area, panel);
    let doctor = &model.doctor;
    if doctor.status != PageStatus::Ready || doctor.findings.is_empty() {
        let line = running(model, &doctor.status, theme)
            .unwrap_or_else(|| Line::styled("press r to check this machine", theme.quiet));
        let place = inner.inner(Margin::new(1, 1));
        painter.line(place, line);
        painter.cursor(place, 1);
        return;
    }
    let mut choices = Choices::new(doctor.at, theme);
    for (at, finding) in doctor.findings.iter().enumerate() {
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
        choices.item(at, lines);
    }
    painter.choices(inner, choices);
}
