//! The two lines at the bottom of the screen: a message with what runs, and key hints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::painter::Painter;
use super::text::{fit, width};
use crate::tui::action::Action;
use crate::tui::message::ClickTarget;

/// The minimum width of a message.
const LEAST_MESSAGE: usize = 31;

/// The spaces between two parts of the status line.
const GAP: &str = "   ";

/// A text that is cut if there is no room for it, and the text after it, which is not cut.
pub struct StatusMessage<'a> {
    pub before: Span<'a>,
    pub text: String,
    pub after: Vec<Span<'a>>,
}

/// A key hint, and the action of a click on it.
pub type FooterHint<'a> = (Action, Line<'a>);

impl Painter<'_> {
    /// Draws the message, cut before the other parts are.
    pub fn status_line(
        &mut self,
        area: Rect,
        message: Option<StatusMessage<'_>>,
        parts: Vec<Vec<Span<'_>>>,
    ) {
        let columns = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        let taken = parts
            .iter()
            .map(|part| columns(part) + GAP.len())
            .sum::<usize>()
            + 1;
        let message = message.map(|message| {
            let room = usize::from(area.width).saturating_sub(taken);
            let fixed = message.before.width() + columns(&message.after);
            let room = room.max(LEAST_MESSAGE).saturating_sub(fixed);
            let text = fit(
                &message.text,
                u16::try_from(room).unwrap_or(u16::MAX),
                self.theme.glyphs,
            );
            let mut spans = vec![message.before, Span::raw(text)];
            spans.extend(message.after);
            spans
        });
        let mut line = Line::from(" ");
        for (at, part) in message.into_iter().chain(parts).enumerate() {
            line.extend((at > 0).then_some(Span::raw(GAP)));
            line.extend(part);
        }
        self.line(area, line);
    }

    /// Draws the hints that fit. Those that are always offered come last, and are left out last.
    pub fn hint_bar(
        &mut self,
        area: Rect,
        wanted: Vec<FooterHint<'_>>,
        mut always: Vec<FooterHint<'_>>,
    ) {
        let columns = |hints: &[FooterHint<'_>]| -> usize {
            hints.iter().map(|(_, line)| line.width() + 2).sum()
        };
        let room = usize::from(area.width);
        while columns(&always) > room {
            always.pop();
        }
        let mut hints = Vec::new();
        for hint in wanted {
            if columns(&hints) + hint.1.width() + 2 + columns(&always) < room {
                hints.push(hint);
            }
        }
        hints.extend(always);
        let widths = hints.iter().map(|(_, line)| width(&line.to_string()));
        let layout = Layout::horizontal(widths.map(Constraint::Length));
        let places = layout.spacing(2).horizontal_margin(1).split(area);
        for ((action, line), place) in hints.into_iter().zip(places.iter()) {
            self.line(*place, line);
            self.hits.add(*place, ClickTarget::Hint(action));
        }
    }
}
