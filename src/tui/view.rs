//! Draws the dashboard and collects the click targets, without any logic.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::action::Context;
use super::app::App;
use super::command::Tab;
use super::layout::{self, HitMap, Shape};
use super::message::ClickTarget;
use super::model::Model;
use super::pages::timeline::{self, timeline_of};
use super::pages::{Page, environments};
use super::theme::Theme;
use super::widgets::Painter;
use super::{footer, header};
use crate::app::timeline::Zoom;

/// The results of drawing besides the cells.
pub struct Drawn {
    pub hits: HitMap,
    pub cursor: Option<Position>,
}

/// Draws everything. The buffer may be smaller than the model's size; nothing is drawn outside of it.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer) -> Drawn {
    let mut painter = Painter::new(buffer, theme);
    painter.is_focused = app.pages.is_empty();
    let model = &app.model;
    let areas = layout::areas(model);
    if layout::shape(model.columns, model.rows) == Shape::Plain {
        environments::draw_plain(&mut painter, model, areas.body);
    } else {
        let pane = app.tabs.environments.pane;
        let on_attention = app.tab == Tab::Environments && pane == environments::Pane::Attention;
        header::draw(&mut painter, model, areas.header, on_attention);
        app.tabs.view(app.tab).draw(model, &mut painter, areas.body);
        footer::status(&mut painter, app, areas.status);
        footer::hints(&mut painter, app, areas.hints);
    }
    painter.is_focused = true;
    // An input line is drawn over its page; other pages hide those below.
    let is_prompt = |page: &Page| page.view().context() == Context::Line;
    let last = app.pages.len();
    if last > 0 {
        painter.dim(areas.header.union(areas.body));
    }
    let shown = match app.pages.last() {
        Some(top) if is_prompt(top) => 2,
        _ => 1,
    };
    for page in &app.pages[last.saturating_sub(shown)..] {
        draw_page(&mut painter, model, page);
    }
    Drawn {
        hits: painter.hits,
        cursor: painter.cursor,
    }
}

/// Draws only the page on top, over the whole buffer.
pub fn draw_top(app: &App, theme: &Theme, buffer: &mut Buffer) -> HitMap {
    let area = buffer.area;
    let mut painter = Painter::new(buffer, theme);
    app.top().draw(&app.model, &mut painter, area);
    painter.hits
}

fn draw_page(painter: &mut Painter<'_>, model: &Model, page: &Page) {
    // Pages below must not receive clicks or show the cursor.
    let screen = Rect::new(0, 0, model.columns, model.rows);
    let [below, _] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(screen);
    painter.hits.add(below, ClickTarget::Outside);
    painter.cursor = None;
    let view = page.view();
    let area = view.area(model);
    painter.hits.add(area, ClickTarget::Overlay);
    view.draw(model, painter, area);
}

/// Draws only the timeline, with all its rows.
pub fn draw_timeline(model: &Model, theme: &Theme, zoom: Zoom) -> (Buffer, Drawn) {
    let timeline = timeline_of(model, zoom);
    let areas = timeline::whole_areas(model, timeline.lines.len());
    let mut buffer = Buffer::empty(areas.head.union(areas.rows));
    let mut painter = Painter::new(&mut buffer, theme);
    timeline::whole(&mut painter, model, &timeline, &areas);
    let drawn = Drawn {
        hits: painter.hits,
        cursor: None,
    };
    (buffer, drawn)
}
