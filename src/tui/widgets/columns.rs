//! The columns of a table, whose widths come from constraints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row};

use super::text::{cut, width};
use crate::tui::message::ClickTarget;
use crate::tui::theme::Glyphs;

/// A row, and what a click on it means.
pub type TableRow<'a> = (Option<ClickTarget>, Row<'a>);

/// A column of a table on a screen that may be too narrow for all of them.
#[derive(Clone, Copy)]
pub struct TableColumn<C> {
    pub column: C,
    pub constraint: Constraint,
    /// The least width.
    pub least: u16,
}

/// Returns the columns that fit, after each of the changes that make the table narrower was applied as far as needed.
pub fn fitting<C: Copy>(
    columns: u16,
    mut table: Vec<TableColumn<C>>,
    narrower: &[fn(&mut Vec<TableColumn<C>>)],
) -> Vec<TableColumn<C>> {
    for change in narrower {
        if table.iter().map(|column| column.least + 1).sum::<u16>() <= columns {
            break;
        }
        change(&mut table);
    }
    table
}

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
        Self::without_cursor(columns, constraints, glyphs)
    }

    pub fn without_cursor(
        columns: u16,
        constraints: impl IntoIterator<Item = Constraint>,
        glyphs: &'t Glyphs,
    ) -> Self {
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
        let cells = cells.map(|(cell, columns)| cut(cell, *columns, self.glyphs));
        (Some(target), Row::new(cells))
    }

    /// A line that looks like a row, for a text of several lines.
    pub fn line<'a>(&self, cells: impl IntoIterator<Item = Line<'a>>) -> Line<'a> {
        let mut line = Line::default();
        for (at, (cell, columns)) in cells.into_iter().zip(&self.widths).enumerate() {
            let cell = cut(cell, *columns, self.glyphs);
            let free = usize::from(*columns).saturating_sub(cell.width());
            line.extend((at > 0).then_some(Span::raw(" ")));
            let style = cell.style;
            line.extend(cell.spans.into_iter().map(|span| {
                let own = span.style;
                span.style(style.patch(own))
            }));
            line.push_span(" ".repeat(free));
        }
        line
    }

    /// A row of one line over the whole width, and what a click on it means.
    pub fn heading<'a>(&self, line: Line<'a>, target: Option<ClickTarget>) -> TableRow<'a> {
        let columns = u16::try_from(self.widths.len()).unwrap_or(u16::MAX);
        (target, Row::new([Cell::from(line).column_span(columns)]))
    }

    pub fn widths(&self) -> impl Iterator<Item = Constraint> {
        self.widths.iter().copied().map(Constraint::Length)
    }
}
