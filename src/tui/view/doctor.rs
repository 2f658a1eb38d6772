//! The doctor: what is wrong with this machine, and what to do.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{elapsed, spinner, wrap};
use crate::tui::model::{Model, Remote};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Doctor", theme.strong);
    let right = Line::styled("this machine", theme.quiet);
    let inner = canvas.frame(area, title, right, model.overlays.is_empty());
    if model.overlays.is_empty() && model.doctor.ready().is_none_or(Vec::is_empty) {
        canvas.cursor(inner, 2, 1);
    }
    let findings = match &model.doctor {
        Remote::Ready(findings) => findings,
        Remote::Running { since, .. } => {
            let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
            let line = Line::from(vec![
                Span::styled(format!("  {wheel} "), theme.accent),
                Span::raw("examining storage, clock, network and files "),
                Span::styled(elapsed(*since, model.now), theme.quiet),
            ]);
            canvas.line(inner, 1, &line);
            return;
        }
        Remote::Idle | Remote::Cancelled | Remote::Failed(_) => {
            canvas.line(
                inner,
                1,
                &Line::styled("  r examines this machine", theme.quiet),
            );
            return;
        }
    };
    let room = inner.width.saturating_sub(17);
    let mut lines: Vec<(usize, Line<'_>)> = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        let (glyph, style) = theme.check(finding.verdict);
        let selected = at == model.doctor_at;
        let mut texts: Vec<(String, bool)> = wrap(&finding.text, room)
            .into_iter()
            .map(|text| (text, false))
            .collect();
        if let Some(step) = &finding.next_step {
            texts.extend(wrap(step, room).into_iter().map(|text| (text, true)));
        }
        for (number, (text, quiet)) in texts.into_iter().enumerate() {
            let head = if number == 0 {
                vec![
                    Span::styled(
                        if selected { theme.glyphs.cursor } else { " " },
                        theme.accent,
                    ),
                    Span::styled(format!(" {glyph} "), style),
                    Span::styled(
                        format!("{:<11} ", finding.topic),
                        if selected { theme.strong } else { theme.text },
                    ),
                ]
            } else {
                vec![Span::raw(" ".repeat(16))]
            };
            let mut spans = head;
            spans.push(Span::styled(
                text,
                if quiet { theme.quiet } else { theme.text },
            ));
            lines.push((at, Line::from(spans)));
        }
    }
    let last_of_selected = lines
        .iter()
        .rposition(|(at, _)| *at == model.doctor_at)
        .unwrap_or(0);
    let first = (last_of_selected + 1).saturating_sub(usize::from(inner.height));
    for (row, (at, line)) in lines.iter().skip(first).enumerate() {
        let y = u16::try_from(row).unwrap_or(u16::MAX);
        if *at == model.doctor_at && canvas.cursor.is_none() && model.overlays.is_empty() {
            canvas.cursor(inner, 0, y);
        }
        canvas.line(inner, y, line);
    }
}
