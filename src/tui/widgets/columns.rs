//! The columns of a table, whose widths come from constraints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row};

use super::text::{fit, width};
use crate::tui::message::ClickTarget;
use crate::tui::theme::Glyphs;

/// A row, and what a click on it means.
pub type TableRow<'a> = (Option<ClickTarget>, Row<'a>);

/// The widths of columns. The cursor stands before them, and one free column between them.
pub struct Columns<'t> {
    widths: Vec<u16>,
    glyphs: &'t Glyphs,
}

impl<'t> Columns<'t> {
    pub fn new(
        columns: u16,
        constraints: impl IntoIterator<Item = Constraint>,
        glyphs: &'t Glyphs,
    ) -> Self {
        let columns = columns.saturating_sub(width(glyphs.cursor));
        let layout = Layout::horizontal(constraints).spacing(1);
        let places = layout.split(Rect::new(0, 0, columns, 1));
        Self {
            widths: places.iter().map(|place| place.width).collect(),
            glyphs,
        }
    }

    /// Where a cell is too long, its longest text is cut.
    pub fn row<'a>(
        &self,
        target: ClickTarget,
        cells: impl IntoIterator<Item = Line<'a>>,
    ) -> TableRow<'a> {
        let cells = cells.into_iter().zip(&self.widths);
        let cells = cells.map(|(mut cell, columns)| {
            let over = cell.width().saturating_sub(usize::from(*columns));
            let longest = cell.spans.iter_mut().max_by_key(|span| span.width());
            if let Some(longest) = longest.filter(|_| over > 0) {
                let room = longest.width().saturating_sub(over);
                let room = u16::try_from(room).unwrap_or(u16::MAX);
                longest.content = fit(&longest.content, room, self.glyphs).into();
            }
            cell
        });
        (Some(target), Row::new(cells))
    }

    /// A row of one line over the whole width.
    pub fn heading<'a>(&self, line: Line<'a>) -> TableRow<'a> {
        let columns = u16::try_from(self.widths.len()).unwrap_or(u16::MAX);
        (None, Row::new([Cell::from(line).column_span(columns)]))
    }

    pub fn widths(&self) -> impl Iterator<Item = Constraint> {
        self.widths.iter().copied().map(Constraint::Length)
    }
}
