//! Where is everything? Pure geometry, used by update (page sizes) and view (drawing). No size panics.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::action::Action;
use super::message::Target;
use super::model::{Model, Overlay, Page, Panel, RenewedPage, RotatePage};
use crate::app::rotate::Step;

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
    if model.page != Page::Environments || model.list.rows.is_empty() {
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

/// Where an overlay lies: as large as wanted, centred, inside the panels where that is possible.
pub fn overlay(columns: u16, rows: u16, wanted_width: u16, wanted_height: u16) -> Rect {
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

/// How wide and high an overlay wants to be.
pub fn overlay_area(model: &Model, overlay_page: &Overlay) -> Rect {
    let (columns, rows) = (model.columns, model.rows);
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let (width, height) = match overlay_page {
        Overlay::Test(_) => (columns.min(120), u16::MAX),
        Overlay::Add(page) => {
            let found = page.recognised.as_ref().map_or(3, recognised_lines)
                + usize::from(page.form.goes_to.is_some());
            form_page(columns, found, &page.form, page.problem.is_some())
        }
        Overlay::Edit(page) => form_page(columns, 1, &page.form, page.problem.is_some()),
        // On a narrow screen their lines wrap: they take all there is.
        Overlay::Rotate(_) | Overlay::Renewed(_) | Overlay::Leaked(_) if columns < 80 => {
            (columns, u16::MAX)
        }
        Overlay::Rotate(page) => (100, rotation_lines(page).saturating_add(8)),
        Overlay::Renewed(page) => (100, renewed_lines(model, page).saturating_add(8)),
        Overlay::Leaked(_) => (100, 19),
        Overlay::Confirm(page) => (76, count(page.lines.len()).saturating_add(11)),
        Overlay::Menu(menu) => (76, count(menu.items.len()).saturating_add(4)),
        Overlay::Viewer(page) => (
            if columns < 100 { columns } else { 100 },
            match page.text.ready() {
                Some(lines) => count(lines.len()).saturating_add(4).max(12),
                None => 12,
            },
        ),
        Overlay::Guide(_) => (columns.min(100), u16::MAX),
        Overlay::Errors(_) => (96, count(model.errors.len()).saturating_add(10)),
        Overlay::Finder(_) => (92, u16::MAX),
        Overlay::Line(page) if page.asks_for_path() => {
            (84, count(page.paths.len()).saturating_add(6))
        }
        Overlay::Line(_) => (84, 5),
        Overlay::Paste(_) => (84, 13),
        Overlay::Progress(page) => (76, count(page.total).saturating_add(6).min(24)),
        Overlay::Passphrase(page) => {
            let said = if page.is_new { 3 } else { 1 };
            form_page(columns, said, &page.form, page.problem.is_some())
        }
        Overlay::Question(page) => {
            let room = usize::from(70.min(columns)).saturating_sub(4).max(1);
            let lines: usize = page
                .lines
                .iter()
                .map(|line| line.width().div_ceil(room).max(1))
                .sum();
            (70, count(lines).saturating_add(4))
        }
    };
    overlay(columns, rows, width, height)
}

/// What stands above the buttons of a renewal.
fn rotation_lines(page: &RotatePage) -> u16 {
    let compared = page.comparison.as_ref().map_or(4, |compared| {
        compared.lines.len() + compared.warnings.len() + 3
    });
    let problem = if page.problem.is_some() { 6 } else { 0 };
    let lines = if page.steps.is_empty() {
        compared
    } else {
        Step::ALL.len()
    };
    u16::try_from(lines + problem).unwrap_or(u16::MAX)
}

fn renewed_lines(model: &Model, page: &RenewedPage) -> u16 {
    let names = model
        .index
        .identity(page.identity)
        .map_or(0, |(_, entry)| entry.used_by.len());
    let done = page
        .done
        .as_ref()
        .map_or(0, |done| done.compared.len() + done.notes.len() * 2);
    u16::try_from(names + done).unwrap_or(u16::MAX)
}

const FORM_WIDTH: u16 = 96;

/// A page with some lines, perhaps a problem, and a form below.
fn form_page(columns: u16, lines: usize, form: &super::model::Form, problem: bool) -> (u16, u16) {
    let rows = form_rows(form, FORM_WIDTH.min(columns).saturating_sub(4));
    let gap = usize::from(!form.fields.is_empty());
    let problem = if problem { 5 } else { 0 };
    let height = lines + 1 + problem + rows + gap + 1 + 2;
    (FORM_WIDTH, u16::try_from(height).unwrap_or(u16::MAX))
}

/// From here on two fields stand side by side.
pub const TWO_FIELDS_FROM: u16 = 70;

/// Labels are at least so wide, with the gap behind them.
const LABEL: u16 = 10;

/// As wide as the longest label needs.
pub fn label_columns(form: &super::model::Form) -> u16 {
    let longest = form.fields.iter().map(|field| field.label.width()).max();
    let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX);
    longest.saturating_add(1).max(LABEL)
}

/// Columns for what is wrong with a field: below it, to the right end of the form.
pub fn wrong_columns(form: &super::model::Form, width: u16, right: bool) -> u16 {
    let before = if right { width / 2 } else { 0 };
    width
        .saturating_sub(before + label_columns(form) + 2)
        .max(1)
}

/// What is wrong with a field takes one line, or two.
pub fn wrong_rows(wrong: &str, columns: u16) -> u16 {
    if wrong.width() <= usize::from(columns) {
        1
    } else {
        2
    }
}

/// Lines the fields take, with what is said below them.
pub fn form_rows(form: &super::model::Form, width: u16) -> usize {
    rows_between(form, width, 0, form.fields.len())
}

/// Lines of these fields alone.
fn rows_between(form: &super::model::Form, width: u16, from: usize, to: usize) -> usize {
    let two = width >= TWO_FIELDS_FROM;
    let (mut rows, mut right) = (0, false);
    for field in form.fields.get(from..to).unwrap_or_default() {
        if field.wide && right {
            right = false;
        }
        rows += usize::from(!right);
        if let Some(wrong) = &field.wrong {
            let columns = wrong_columns(form, width, right);
            rows += usize::from(wrong_rows(wrong, columns));
        }
        right = two && !field.wide && !right;
    }
    rows
}

/// The fields a small screen has room for: those around the one with the cursor, from the first to behind the last.
pub fn fields_in_sight(
    form: &super::model::Form,
    width: u16,
    height: u16,
) -> std::ops::Range<usize> {
    let count = form.fields.len();
    // The buttons have their own line.
    let room = usize::from(height.saturating_sub(1)).max(1);
    let cursor = form.focus.min(count.saturating_sub(1));
    let mut first = 0;
    while first < cursor && rows_between(form, width, first, cursor + 1) > room {
        first += 1;
    }
    let mut end = count;
    while end > cursor + 1 && rows_between(form, width, first, end) > room {
        end -= 1;
    }
    first..end.max(first)
}

/// About how many lines what was recognised takes.
fn recognised_lines(import: &super::model::Import) -> usize {
    let preview = &import.preview;
    let facts = preview.facts.as_ref().map_or(0, |facts| {
        usize::from(facts.technical_account_email.is_some() || facts.technical_account_id.is_some())
            + usize::from(!facts.scopes.is_empty())
    });
    let said = usize::from(preview.relation != crate::app::add::Relation::NewEnvironment)
        + 2 * preview.unconfirmed.len();
    1 + preview.checks.len() + facts + usize::from(preview.token.is_some()) + said
}

/// Lines of text an overlay shows at once, for half pages and for keeping the cursor in sight.
pub fn overlay_height(model: &Model) -> usize {
    let Some(page) = model.overlays.last() else {
        return list_height(model);
    };
    let area = inside(overlay_area(model, page));
    let chrome = match page {
        Overlay::Finder(_) => 2,
        Overlay::Test(test) => {
            let results = test.results.ready().map_or(&[][..], Vec::as_slice);
            tier_lines(results, area.height).iter().sum::<u16>() + 1
        }
        _ => 0,
    };
    usize::from(area.height.saturating_sub(chrome)).max(1)
}

/// How many lines each tier of the test page takes: what is known of it, and less where there is little room.
pub fn tier_lines(results: &[crate::app::TierResult], height: u16) -> Vec<u16> {
    let wanted = |most: u16| -> Vec<u16> {
        results
            .iter()
            .map(|result| {
                let known = u16::from(!result.groups.is_empty())
                    + u16::from(result.user.is_some() && result.cause.is_some())
                    + u16::from(result.seen.is_some())
                    + u16::from(result.next_step.is_some());
                1 + known.min(most)
            })
            .collect()
    };
    // Something of the body is always left in sight.
    [3, 2, 1]
        .into_iter()
        .map(wanted)
        .find(|lines| lines.iter().sum::<u16>() <= height / 2)
        .unwrap_or_else(|| wanted(0))
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
    fn overlays_stay_on_the_screen() {
        for columns in 0..140 {
            for rows in 0..50 {
                let area = overlay(columns, rows, 96, u16::MAX);
                assert!(
                    area.right() <= columns && area.bottom() <= rows,
                    "{columns}x{rows}"
                );
            }
        }
    }
}
