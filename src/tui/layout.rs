//! The layout of the screen, for drawing and for the mouse. Works for every size.

use ratatui::layout::{Constraint, Flex, Layout, Margin, Position, Rect};

use super::message::ClickTarget;
use super::model::Model;

/// The minimum width for list and details side by side.
const TWO_PANES_FROM: u16 = 90;
/// The minimum size for panels; smaller screens show a plain list.
const SMALLEST: (u16, u16) = (40, 10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Wide,
    Narrow,
    /// Too small for panels.
    Plain,
}

/// The areas of the screen; empty ones are not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScreenAreas {
    pub header: Rect,
    pub body: Rect,
    /// The status line.
    pub status: Rect,
    pub hints: Rect,
}

pub fn shape(columns: u16, rows: u16) -> Shape {
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        Shape::Plain
    } else if columns < TWO_PANES_FROM {
        Shape::Narrow
    } else {
        Shape::Wide
    }
}

pub fn areas(model: &Model) -> ScreenAreas {
    let screen = Rect::new(0, 0, model.columns, model.rows);
    let shape = shape(model.columns, model.rows);
    if shape == Shape::Plain {
        return ScreenAreas {
            body: screen,
            ..ScreenAreas::default()
        };
    }
    let [header, body, status, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(model.status_rows.max(1)),
        Constraint::Length(1),
    ])
    .areas(screen);
    ScreenAreas {
        header,
        body,
        status,
        hints,
    }
}

/// Returns the area inside a border.
pub fn inside(area: Rect) -> Rect {
    area.inner(Margin::new(1, 1))
}

/// The share of a wide screen that a page over the tab takes, in percent, and the columns from which lines are too long to
/// read.
const PAGE_SHARE: u16 = 60;
const MOST_PAGE: u16 = 120;

/// Returns the width of a page over the tab that needs `wanted` columns. It grows with the screen.
pub fn page_width(wanted: u16, columns: u16) -> u16 {
    let screen = Rect::new(0, 0, columns, 1);
    let [share] = Layout::horizontal([Constraint::Percentage(PAGE_SHARE)]).areas(screen);
    wanted.max(share.width.min(MOST_PAGE)).min(columns)
}

/// Returns the centred area of a page over the tab, at most as high as requested.
pub fn popup(model: &Model, wanted_width: u16, wanted_height: u16) -> Rect {
    let (columns, room) = (model.columns, areas(model).body);
    let [_, place, _] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(wanted_height.min(room.height)),
        Constraint::Fill(2),
    ])
    .areas(room);
    let width = page_width(wanted_width, columns);
    let [place] = Layout::horizontal([Constraint::Length(width)])
        .flex(Flex::Center)
        .areas(place);
    place
}

/// The click targets of the last frame. Later entries are on top.
#[derive(Clone, Debug, Default)]
pub struct HitMap(Vec<(Rect, ClickTarget)>);

impl HitMap {
    pub fn add(&mut self, area: Rect, target: ClickTarget) {
        if !area.is_empty() {
            self.0.push((area, target));
        }
    }

    /// Returns all targets, those of the first drawn first.
    pub fn targets(&self) -> impl Iterator<Item = &(Rect, ClickTarget)> {
        self.0.iter()
    }

    pub fn at(&self, column: u16, row: u16) -> Option<&ClickTarget> {
        self.0
            .iter()
            .rev()
            .find(|(area, _)| area.contains(Position::new(column, row)))
            .map(|(_, target)| target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popups_stay_on_the_screen() {
        for columns in 0..140 {
            for rows in 0..50 {
                let model = Model {
                    columns,
                    rows,
                    ..Model::default()
                };
                let area = popup(&model, 96, u16::MAX);
                assert!(
                    area.right() <= columns && area.bottom() <= rows,
                    "{columns}x{rows}"
                );
            }
        }
    }
}
