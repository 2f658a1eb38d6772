//! The doctor: what is wrong with this machine, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{Canvas, Row, wrap};

/// Columns before the text: the cursor, the verdict and the topic.
const INDENT: u16 = 16;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Doctor", theme.strong);
    let right = Line::styled("this machine", theme.quiet);
    let inner = canvas.frame(area, title, right, canvas.is_focused);
    let doctor = &model.doctor;
    if doctor.status != PageStatus::Ready || doctor.findings.is_empty() {
        let line = canvas
            .running(model, &doctor.status)
            .unwrap_or_else(|| Line::styled("r examines this machine", theme.quiet));
        let text = Rect {
            x: inner.x + 2,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        canvas.line(text.intersection(inner), 1, &line);
        canvas.cursor_if_focused(inner, 2, 1);
        return;
    }
    let room = inner.width.saturating_sub(INDENT + 1);
    let rows = doctor.findings.iter().enumerate().map(|(at, finding)| {
        let (glyph, style) = theme.check(finding.verdict);
        let selected = at == doctor.at;
        let text = wrap(&finding.text, room)
            .into_iter()
            .map(|text| Span::styled(text, theme.text));
        let step = finding.next_step.iter().flat_map(|step| wrap(step, room));
        let step = step.map(|text| Span::styled(text, theme.quiet));
        let lines = text.chain(step).enumerate().map(|(number, text)| {
            if number > 0 {
                return Line::from(vec![Span::raw(" ".repeat(usize::from(INDENT))), text]);
            }
            let topic = if selected { theme.strong } else { theme.text };
            Line::from(vec![
                theme.cursor(selected),
                Span::styled(format!(" {glyph} "), style),
                Span::styled(format!("{:<11} ", finding.topic), topic),
                text,
            ])
        });
        Row::lines(Some(at), lines.collect())
    });
    canvas.rows(inner, rows.collect(), Some(doctor.at), Style::new());
}
