//! Draws the dashboard and collects the click targets, without any logic.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::action::Context;
use super::app::App;
use super::layout::{self, HitMap, Shape};
use super::message::Target;
use super::model::{Model, Tab};
use super::pages::{Page, activity, doctor, environments, timeline};
use super::theme::Theme;
use super::widgets::Canvas;
use super::{footer, header};

/// The results of drawing besides the cells.
pub struct Drawn {
    pub hits: HitMap,
    pub cursor: Option<Position>,
}

/// Draws everything. The buffer may be smaller than the model's size; nothing is drawn outside of it.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer) -> Drawn {
    let mut canvas = Canvas::new(buffer, theme);
    canvas.is_focused = app.pages.is_empty();
    let model = &app.model;
    let areas = layout::areas(model);
    if layout::shape(model.columns, model.rows) == Shape::Plain {
        environments::draw_plain(&mut canvas, model, areas.main);
    } else {
        header::draw(&mut canvas, model, areas.header);
        match model.tab {
            Tab::Environments => environments::draw(&mut canvas, model, areas),
            Tab::Timeline => timeline::draw(&mut canvas, model, areas.main),
            Tab::Activity => activity::draw(&mut canvas, model, areas.main),
            Tab::Doctor => doctor::draw(&mut canvas, model, areas.main),
        }
        footer::status(&mut canvas, app, areas.status);
        footer::hints(&mut canvas, app, areas.hints);
    }
    canvas.is_focused = true;
    // An input line is drawn over its page; other pages hide those below.
    let is_prompt = |page: &Page| page.view().context() == Context::Line;
    let last = app.pages.len();
    let shown = match app.pages.last() {
        Some(top) if is_prompt(top) => 2,
        _ => 1,
    };
    for page in &app.pages[last.saturating_sub(shown)..] {
        draw_page(&mut canvas, model, page);
    }
    Drawn {
        hits: canvas.hits,
        cursor: canvas.cursor,
    }
}

fn draw_page(canvas: &mut Canvas<'_>, model: &Model, page: &Page) {
    // Pages below must not receive clicks or show the cursor.
    let below = Rect::new(0, 0, model.columns, model.rows.saturating_sub(1));
    canvas.hits.add(below, Target::Overlay);
    canvas.cursor = None;
    let view = page.view();
    view.draw(model, canvas, view.area(model));
}

/// Draws only the timeline, with all its rows.
pub fn draw_timeline(model: &Model, theme: &Theme) -> (Buffer, Drawn) {
    let areas = timeline::whole_areas(model, model.timeline().lines.len());
    let mut buffer = Buffer::empty(areas.head.union(areas.rows));
    let mut canvas = Canvas::new(&mut buffer, theme);
    timeline::whole(&mut canvas, model, &areas);
    let drawn = Drawn {
        hits: canvas.hits,
        cursor: canvas.cursor,
    };
    (buffer, drawn)
}
