//! Rows of columns with widths from constraints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::text::fit;
use crate::tui::theme::Glyphs;

/// The widths of columns, with one space between them.
pub struct Columns(Vec<u16>);

impl Columns {
    pub fn new(width: u16, constraints: impl IntoIterator<Item = Constraint>) -> Self {
        let layout = Layout::horizontal(constraints).spacing(1);
        let places = layout.split(Rect::new(0, 0, width, 1));
        Self(places.iter().map(|place| place.width).collect())
    }

    /// Returns the cells as a line. The first span of a long cell is cut.
    pub fn line<'a>(&self, cells: impl IntoIterator<Item = Line<'a>>, glyphs: &Glyphs) -> Line<'a> {
        let mut spans: Vec<Span<'a>> = Vec::new();
        for (mut cell, columns) in cells.into_iter().zip(&self.0) {
            if !spans.is_empty() {
                spans.push(Span::raw(" "));
            }
            let columns = usize::from(*columns);
            let over = cell.width().saturating_sub(columns);
            if let Some(first) = cell.spans.first_mut().filter(|_| over > 0) {
                let room = first.width().saturating_sub(over);
                let text = fit(&first.content, u16::try_from(room).unwrap_or(0), glyphs);
                first.content = text.into();
            }
            let pad = columns.saturating_sub(cell.width());
            let style = cell.style;
            spans.extend(cell.spans.into_iter().map(|span| {
                let own = span.style;
                span.style(style.patch(own))
            }));
            spans.push(Span::raw(" ".repeat(pad)));
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::GlyphSet;

    #[test]
    fn cells_are_cut_and_filled_to_their_columns() {
        let constraints = [Constraint::Length(4), Constraint::Fill(1)];
        let glyphs = GlyphSet::Unicode.glyphs();
        for (width, text) in [(10, "pub… wknd "), (4, "pu…"), (0, "")] {
            let columns = Columns::new(width, constraints);
            let line = columns.line([Line::raw("publish"), Line::raw("wknd")], &glyphs);
            assert_eq!(line.to_string().trim_end(), text.trim_end(), "{width}");
        }
    }
}
