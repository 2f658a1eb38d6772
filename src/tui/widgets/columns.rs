//! The columns of a table, whose widths come from constraints.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row};

use super::text::{cut, fit, fit_middle, width};
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

/// A change that makes a table narrower.
type Narrower<'a, C> = &'a dyn Fn(&mut Vec<TableColumn<C>>);

/// Returns the columns that fit, after each of the changes that make the table narrower was applied as far as needed.
pub fn fitting<C: Copy>(
    columns: u16,
    mut table: Vec<TableColumn<C>>,
    narrower: &[Narrower<'_, C>],
) -> Vec<TableColumn<C>> {
    for change in narrower {
        if table.iter().map(|column| column.least + 1).sum::<u16>() <= columns {
            break;
        }
        change(&mut table);
    }
    table
}

/// Returns the width of a panel with all of these columns, at most `most`. A column that fills takes all there is.
pub fn needed<C>(table: &[TableColumn<C>], most: u16) -> u16 {
    const BORDERS: u16 = 2;
    let fills = |it: &TableColumn<C>| matches!(it.constraint, Constraint::Fill(_));
    if table.iter().any(fills) {
        return most;
    }
    let columns = table.iter().map(|it| it.least + 1).sum::<u16>();
    most.min(columns + BORDERS)
}

/// The widths of columns. The cursor stands before them, and one free column between them.
pub struct Columns<'t> {
    widths: Vec<u16>,
    /// The column with names.
    names: Option<usize>,
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
            names: None,
            glyphs,
        }
    }

    /// Cuts the texts of this column in the middle.
    #[must_use]
    pub fn with_names_in(self, column: usize) -> Self {
        let names = Some(column);
        Self { names, ..self }
    }

    fn cut<'a>(&self, (column, cell): (usize, Line<'a>)) -> Line<'a> {
        let fit = if self.names == Some(column) {
            fit_middle
        } else {
            fit
        };
        cut(cell, self.widths[column], self.glyphs, fit)
    }

    /// Where a cell is too long, its longest text is cut.
    pub fn row<'a>(
        &self,
        target: ClickTarget,
        cells: impl IntoIterator<Item = Line<'a>>,
    ) -> TableRow<'a> {
        let cells = cells.into_iter().enumerate().take(self.widths.len());
        (Some(target), Row::new(cells.map(|cell| self.cut(cell))))
    }

    /// A line that looks like a row, for a text of several lines.
    pub fn line<'a>(&self, cells: impl IntoIterator<Item = Line<'a>>) -> Line<'a> {
        let mut line = Line::default();
        for (at, (cell, columns)) in cells.into_iter().zip(&self.widths).enumerate() {
            let cell = self.cut((at, cell));
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
        let whole = self.widths.iter().map(|columns| columns + 1).sum::<u16>();
        let line = cut(line, whole.saturating_sub(1), self.glyphs, fit);
        let columns = u16::try_from(self.widths.len()).unwrap_or(u16::MAX);
        (target, Row::new([Cell::from(line).column_span(columns)]))
    }

    pub fn widths(&self) -> impl Iterator<Item = Constraint> {
        self.widths.iter().copied().map(Constraint::Length)
    }
}
