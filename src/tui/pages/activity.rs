//! The activity page: actions and their results, newest first, grouped by day.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::Context;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Painter, Panel};
use aemkeys_core::time;

#[derive(Clone, Debug, Default)]
pub struct ActivityPage {
    /// The first visible entry.
    scroll: usize,
}

impl View for ActivityPage {
    fn context(&self) -> Context {
        Context::Activity
    }

    fn area(&self, model: &Model) -> Rect {
        layout::areas(model).body
    }

    fn cursor(&mut self, model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.scroll, model.activity.len()))
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        // The demo saves nothing.
        let kept = match model.settings.storage.as_str() {
            "memory" => "this session",
            _ => "last 500 entries",
        };
        let right = Line::styled(kept, theme.quiet);
        let panel = Panel::new("Activity")
            .right(right)
            .focused(painter.is_focused);
        let inner = painter.panel(area, panel);
        if model.activity.is_empty() {
            let text = "No activity. Exchanges, test calls, copies and changes are listed here.";
            painter.notice(inner, text);
        }
        let zone = &model.settings.zone;
        // No heading for today.
        let mut day = time::date(model.now, zone);
        let mut lines = Vec::new();
        let shown = model.activity.iter().skip(self.scroll);
        for entry in shown.take(inner.height.into()) {
            let its_day = time::date(entry.at, zone);
            if its_day != day {
                lines.push(Line::styled(format!(" {its_day}"), theme.accent));
                day = its_day;
            }
            let (glyph, style) = theme.tone(entry.tone);
            let clock = time::clock(entry.at, zone);
            lines.push(Line::from(vec![
                Span::styled(format!("  {clock}  "), theme.quiet),
                Span::styled(format!("{glyph} "), style),
                Span::raw(entry.text.as_str()),
            ]));
        }
        let lines = lines.get(..inner.height.into()).unwrap_or(&lines);
        painter.lines(inner, lines);
        painter.scrollbar(inner, self.scroll, model.activity.len());
        painter.cursor(inner, 1);
    }
}
