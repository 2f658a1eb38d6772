//! The activity page: actions and their results, newest first, grouped by day.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::model::Model;
use crate::tui::time;
use crate::tui::widgets::{Canvas, pad_right};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Activity", theme.strong);
    // The demo saves nothing.
    let kept = match model.settings.storage.as_str() {
        "memory" => "this session",
        _ => "last 500 entries",
    };
    let right = Line::styled(kept, theme.quiet);
    let inner = canvas.frame(area, title, right, canvas.is_focused);
    if model.activity.is_empty() {
        let text = "No activity. Exchanges, test calls, copies and changes are listed here.";
        canvas.notice(inner, text);
    }
    let zone = &model.settings.zone;
    // No heading for today.
    let mut day = time::day(model.now, zone);
    let mut row = 0;
    for entry in model.activity.iter().skip(model.activity_scroll) {
        if row >= inner.height {
            break;
        }
        let its_day = time::day(entry.at, zone);
        if its_day != day {
            canvas.line(
                inner,
                row,
                &Line::styled(format!(" {its_day}"), theme.accent),
            );
            day = its_day;
            row += 1;
        }
        let (glyph, style) = theme.tone(entry.tone);
        let clock = time::clock(entry.at, zone);
        let line = Line::from(vec![
            Span::styled(format!("  {clock}  "), theme.quiet),
            Span::styled(format!("{glyph} "), style),
            Span::raw(entry.text.as_str()),
        ]);
        canvas.line(pad_right(inner), row, &line);
        row += 1;
    }
    canvas.cursor_if_focused(inner, 1, 0);
}
