//! Where is everything? Pure geometry, used by update (page sizes) and view (drawing). No size panics.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::action::Action;
use super::message::Target;
use super::model::{Model, Panel, Tab};

/// From here on list and detail stand side by side.
const TWO_PANES_FROM: u16 = 90;
/// Below this only a plain page is drawn.
const SMALLEST: (u16, u16) = (40, 10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Wide,
    Narrow,
    /// Too small for panels.
    Plain,
}

/// The regions of the screen; empty ones are not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    pub header: Rect,
    /// The list, or whichever page takes the whole width.
    pub main: Rect,
    pub detail: Rect,
    /// What was just said.
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

pub fn areas(model: &Model) -> Areas {
    let (columns, rows) = (model.columns, model.rows);
    let line = |y: u16| Rect::new(0, y.min(rows), columns, u16::from(y < rows));
    if shape(columns, rows) == Shape::Plain {
        return Areas {
            main: Rect::new(0, 0, columns, rows),
            ..Areas::default()
        };
    }
    let body = Rect::new(0, 1, columns, rows - 3);
    let mut areas = Areas {
        header: line(0),
        main: body,
        detail: Rect::default(),
        status: line(rows - 2),
        hints: line(rows - 1),
    };
    if model.tab != Tab::Environments || model.list.rows.is_empty() {
        return areas;
    }
    match (shape(columns, rows), model.panel) {
        (Shape::Wide, _) => {
            // A little more than half for the list, never more than it can use.
            let list = (columns * 53 / 100).clamp(47, 76);
            areas.main.width = list;
            areas.detail = Rect::new(list, body.y, columns - list, body.height);
        }
        (_, Panel::Detail) => {
            areas.main = Rect::default();
            areas.detail = body;
        }
        (_, Panel::List) => {}
    }
    areas
}

/// Inside a frame of one cell.
pub fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1),
        area.y.saturating_add(1),
        area.width.saturating_sub(2),
        area.height.saturating_sub(2),
    )
}

/// How many rows of the list are on screen: its column titles take one.
pub fn list_height(model: &Model) -> usize {
    let area = inside(areas(model).main);
    usize::from(area.height.saturating_sub(1)).max(1)
}

/// From here on the timeline draws bars; below it says the same in words.
const BARS_FROM: u16 = 60;
/// Cursor, glyph, and the gaps around a name.
const AROUND_NAME: u16 = 5;

/// The regions of the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelineAreas {
    /// Names of months and weeks, and today; empty where no bars are drawn.
    pub head: Rect,
    pub rows: Rect,
    /// What is known of the selected row.
    pub detail: Rect,
    /// Columns of the names, left of the bars or words.
    pub names: u16,
}

impl TimelineAreas {
    pub fn draws_bars(&self) -> bool {
        !self.head.is_empty()
    }

    /// What is right of the names.
    pub fn graph(&self, area: Rect) -> Rect {
        let names = self.names.min(area.width);
        Rect::new(area.x + names, area.y, area.width - names, area.height)
    }
}

/// Of the page.
pub fn timeline(model: &Model) -> TimelineAreas {
    let area = inside(areas(model).main);
    // The rule, the selected identity, and two or three lines of what to do.
    let detail = match area.height {
        0..12 => 0,
        12..16 => 4,
        _ => 5,
    };
    timeline_in(area, longest_name(model), detail)
}

/// Of a whole timeline of so many lines, with nothing else beside it.
pub fn whole_timeline(model: &Model, lines: usize) -> TimelineAreas {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX - 2);
    let head = if model.columns < BARS_FROM { 0 } else { 2 };
    let area = Rect::new(0, 0, model.columns, lines.saturating_add(head));
    timeline_in(area, longest_name(model), 0)
}

fn longest_name(model: &Model) -> u16 {
    let names = model.list.shown_rows().map(|row| row.name.width());
    u16::try_from(names.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

fn timeline_in(area: Rect, longest: u16, detail: u16) -> TimelineAreas {
    let bars = area.width >= BARS_FROM;
    let head = if bars { area.height.min(2) } else { 0 };
    let most = (area.width / if bars { 3 } else { 2 }).clamp(8, 28);
    let rows = area.height - head - detail.min(area.height - head);
    TimelineAreas {
        head: Rect::new(area.x, area.y, area.width, head),
        rows: Rect::new(area.x, area.y + head, area.width, rows),
        detail: Rect::new(
            area.x,
            area.y + head + rows,
            area.width,
            area.height - head - rows,
        ),
        names: longest.clamp(8, most) + AROUND_NAME,
    }
}

/// Where a page over the tab lies: as large as wanted, centred, inside the panels where that is possible.
pub fn popup(columns: u16, rows: u16, wanted_width: u16, wanted_height: u16) -> Rect {
    let (top, bottom) = if shape(columns, rows) == Shape::Plain {
        (0, 0)
    } else {
        (1, 2)
    };
    let room = rows.saturating_sub(top + bottom);
    let width = wanted_width.min(columns);
    let height = wanted_height.min(room);
    Rect::new(
        (columns - width) / 2,
        top + (room - height) / 3,
        width,
        height,
    )
}

/// The columns of the list. A width of 0 means that the column is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    pub name: u16,
    pub kind: u16,
    pub ids: u16,
    pub credential: u16,
    pub token: u16,
}

/// Marks and the cursor's bar, before the name.
pub const GUTTER: u16 = 3;

/// Before a name gets narrower than this, other columns give way.
const NAME: u16 = 14;

pub fn columns(width: u16, longest_ids: u16) -> Columns {
    let mut columns = Columns {
        name: 0,
        kind: 6,
        ids: longest_ids.clamp(3, 20) + 1,
        credential: 13,
        token: 8,
    };
    let others = |c: &Columns| GUTTER + c.kind + c.ids + c.credential + c.token;
    if width < others(&columns) + NAME {
        columns.ids = 0;
    }
    if width < others(&columns) + NAME {
        columns.credential = 11;
    }
    if width < others(&columns) + NAME {
        columns.kind = 0;
    }
    columns.name = width.saturating_sub(others(&columns));
    columns
}

/// What lies where on the frame just drawn, for the mouse. Later entries lie on top.
#[derive(Clone, Debug, Default)]
pub struct HitMap(Vec<(Rect, Target)>);

impl HitMap {
    pub fn add(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.0.push((area, target));
        }
    }

    pub fn at(&self, column: u16, row: u16) -> Option<&Target> {
        self.0
            .iter()
            .rev()
            .find(|(area, _)| area.contains(Position::new(column, row)))
            .map(|(_, target)| target)
    }

    pub fn hint(&mut self, area: Rect, action: Action) {
        self.add(area, Target::Hint(action));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_give_way_in_order() {
        for width in 0..200 {
            let columns = columns(width, 11);
            let sum = GUTTER
                + columns.name
                + columns.kind
                + columns.ids
                + columns.credential
                + columns.token;
            assert!(sum == width || columns.name == 0, "{width}: {columns:?}");
        }
        assert_eq!(columns(36, 11).ids, 0);
        assert!(columns(60, 11).ids > 0);
    }

    #[test]
    fn popups_stay_on_the_screen() {
        for columns in 0..140 {
            for rows in 0..50 {
                let area = popup(columns, rows, 96, u16::MAX);
                assert!(
                    area.right() <= columns && area.bottom() <= rows,
                    "{columns}x{rows}"
                );
            }
        }
    }
}
