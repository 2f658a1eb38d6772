//! The lines at the bottom of the screen: a message with what runs, and key hints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::painter::Painter;
use super::text::{fit, hanging, width};
use crate::tui::action::Action;
use crate::tui::message::ClickTarget;
use crate::tui::theme::Glyphs;

/// The spaces between two parts of the status line.
const GAP: &str = "   ";

/// A text that wraps, and what follows it.
pub struct StatusMessage<'a> {
    pub before: Span<'a>,
    pub text: String,
    /// Says where the whole text is.
    pub after: Vec<Span<'a>>,
    /// Whether `after` is left out if nothing is cut.
    pub is_after_cut: bool,
}

/// The lines of the status, and whether the message is cut.
#[derive(Default)]
pub struct StatusLines<'a> {
    pub lines: Vec<Line<'a>>,
    pub is_cut: bool,
}

impl<'a> StatusLines<'a> {
    /// One line if there is room, else the message wrapped, in at most an eighth of the screen.
    pub fn new(
        message: Option<StatusMessage<'a>>,
        parts: Vec<Vec<Span<'a>>>,
        (columns, rows): (u16, u16),
        glyphs: &Glyphs,
    ) -> Self {
        let most = rows.div_ceil(8);
        let mut rest = joined(parts);
        let Some(message) = message else {
            let mut line = Line::from(" ");
            line.extend(rest.spans);
            let (lines, is_cut) = (vec![line], false);
            return Self { lines, is_cut };
        };
        let head = vec![Span::raw(" "), message.before];
        let mut lines = hanging(head, &message.text, Style::new(), columns.saturating_sub(1));
        let after = if message.is_after_cut {
            Vec::new()
        } else {
            message.after.clone()
        };
        let tail = [after, rest.spans.clone()];
        let tail = joined(tail.into_iter().filter(|it| !it.is_empty()).collect());
        if !append(&mut lines, &tail, columns) {
            let mut line = tail;
            line.spans.insert(0, Span::raw(GAP));
            lines.push(line);
        }
        if lines.len() <= usize::from(most) {
            let is_cut = false;
            return Self { lines, is_cut };
        }
        let has_rest = rest.width() > 0;
        let next = lines.split_off(usize::from(most).saturating_sub(has_rest.into()));
        let after = Line::from(message.after);
        if let (Some(last), Some(next)) = (lines.last_mut(), next.first())
            && let Some(text) = last.spans.pop()
        {
            let whole = format!("{} {}", text.content, next.to_string().trim());
            let taken = last.width() + after.width() + GAP.len();
            let room = columns.saturating_sub(u16::try_from(taken).unwrap_or(u16::MAX));
            last.push_span(Span::raw(fit(&whole, room, glyphs)));
        }
        append(&mut lines, &after, columns);
        rest.spans.insert(0, Span::raw(GAP));
        lines.extend(has_rest.then_some(rest));
        let is_cut = true;
        Self { lines, is_cut }
    }
}

fn joined(parts: Vec<Vec<Span<'_>>>) -> Line<'_> {
    let mut line = Line::default();
    for (at, part) in parts.into_iter().enumerate() {
        line.extend((at > 0).then_some(Span::raw(GAP)));
        line.extend(part);
    }
    line
}

/// Appends what follows to the last line. Returns false if it has no room there.
fn append<'a>(lines: &mut [Line<'a>], more: &Line<'a>, columns: u16) -> bool {
    let Some(last) = lines.last_mut() else {
        return false;
    };
    if more.width() > 0 {
        if last.width() + GAP.len() + more.width() > columns.into() {
            return false;
        }
        last.push_span(Span::raw(GAP));
        last.extend(more.spans.iter().cloned());
    }
    true
}

/// A key hint, and the action of a click on it.
pub type FooterHint<'a> = (Action, Line<'a>);

impl Painter<'_> {
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
