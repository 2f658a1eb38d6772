//! How does the model look? Drawing only: no decision is made here. Returns what lies where, for the mouse.

mod activity;
mod add;
mod confirm;
mod detail;
mod doctor;
mod errors;
mod finder;
mod footer;
mod form;
mod guide;
mod header;
mod leaked;
mod list;
mod menu;
mod paint;
mod passphrase;
mod paste;
mod plain;
mod problem;
mod progress;
mod renewed;
mod rotate;
mod test;
mod timeline;
mod viewer;
mod welcome;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{self, HitMap, Shape};
use super::message::Target;
use super::model::{Model, Overlay, Page};
use super::theme::Theme;

pub use detail::length as detail_length;
pub use errors::hidden as hidden_of_error;

/// Where a page is drawn: the cells, the meaning of colours, the mouse's map, and the terminal's cursor.
pub struct Canvas<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: &'a Theme,
    pub hits: HitMap,
    pub cursor: Option<Position>,
}

/// What drawing leaves beside the cells.
pub struct Drawn {
    pub hits: HitMap,
    pub cursor: Option<Position>,
}

/// Draws everything. The buffer may be smaller than the model believes: nothing is drawn outside it.
pub fn draw(model: &Model, theme: &Theme, buffer: &mut Buffer) -> Drawn {
    let mut canvas = Canvas {
        buffer,
        theme,
        hits: HitMap::default(),
        cursor: None,
    };
    let areas = layout::areas(model);
    if layout::shape(model.columns, model.rows) == Shape::Plain {
        plain::draw(&mut canvas, model, areas.main);
    } else {
        page(&mut canvas, model, areas);
    }
    for (at, overlay) in model.overlays.iter().enumerate() {
        let on_top = at + 1 == model.overlays.len();
        // A line prompt leaves the page it belongs to in sight; anything else covers what is below.
        if on_top || matches!(model.overlays.get(at + 1), Some(Overlay::Line(_))) {
            draw_overlay(&mut canvas, model, overlay);
        }
    }
    Drawn {
        hits: canvas.hits,
        cursor: canvas.cursor,
    }
}

/// The timeline alone, with all its rows.
pub fn draw_timeline(model: &Model, theme: &Theme) -> (Buffer, Drawn) {
    let areas = layout::whole_timeline(model, model.timeline().lines.len());
    let mut buffer = Buffer::empty(areas.head.union(areas.rows));
    let mut canvas = Canvas {
        buffer: &mut buffer,
        theme,
        hits: HitMap::default(),
        cursor: None,
    };
    timeline::whole(&mut canvas, model, &areas);
    let drawn = Drawn {
        hits: canvas.hits,
        cursor: canvas.cursor,
    };
    (buffer, drawn)
}

fn page(canvas: &mut Canvas<'_>, model: &Model, areas: layout::Areas) {
    header::draw(canvas, model, areas.header);
    match model.page {
        Page::Environments if model.list.rows.is_empty() => {
            welcome::draw(canvas, model, areas.main);
        }
        Page::Environments => {
            list::draw(canvas, model, areas.main);
            detail::draw(canvas, model, areas.detail);
        }
        Page::Timeline => timeline::draw(canvas, model, areas.main),
        Page::Activity => activity::draw(canvas, model, areas.main),
        Page::Doctor => doctor::draw(canvas, model, areas.main),
    }
    footer::status(canvas, model, areas.status);
    footer::hints(canvas, model, areas.hints);
}

fn draw_overlay(canvas: &mut Canvas<'_>, model: &Model, overlay: &Overlay) {
    let area = layout::overlay_area(model, overlay);
    // What is below must not take clicks, and keeps the cursor no longer.
    canvas.hits.add(
        Rect::new(0, 0, model.columns, model.rows.saturating_sub(1)),
        Target::Overlay,
    );
    canvas.cursor = None;
    match overlay {
        Overlay::Add(page) => add::draw(canvas, model, page, area),
        Overlay::Edit(page) => add::edit(canvas, model, page, area),
        Overlay::Rotate(page) => rotate::draw(canvas, model, page, area),
        Overlay::Renewed(page) => renewed::draw(canvas, model, page, area),
        Overlay::Leaked(page) => leaked::draw(canvas, model, page, area),
        Overlay::Confirm(page) => confirm::typed(canvas, page, area),
        Overlay::Passphrase(page) => passphrase::draw(canvas, model, page, area),
        Overlay::Question(page) => confirm::question(canvas, model, page, area),
        Overlay::Line(page) => confirm::line(canvas, page, area),
        Overlay::Test(page) => test::draw(canvas, model, page, area),
        Overlay::Menu(page) => menu::draw(canvas, page, area),
        Overlay::Guide(page) => guide::draw(canvas, model, page, area),
        Overlay::Viewer(page) => viewer::draw(canvas, model, page, area),
        Overlay::Errors(page) => errors::draw(canvas, model, page, area),
        Overlay::Finder(page) => finder::draw(canvas, model, page, area),
        Overlay::Paste(page) => paste::draw(canvas, model, page, area),
        Overlay::Progress(page) => progress::draw(canvas, model, page, area),
    }
}
