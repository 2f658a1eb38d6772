//! The environments page: the list and the details, or the welcome page if nothing is stored.

mod detail;
mod list;
mod plain;
mod welcome;

use crate::tui::layout::{self, Areas};
use crate::tui::model::Model;
use crate::tui::widgets::{Painter, Panel};

pub use plain::draw as draw_plain;

pub fn draw(painter: &mut Painter<'_>, model: &Model, areas: Areas) {
    if model.list.rows.is_empty() {
        welcome::draw(painter, model, areas.main);
    } else {
        list::draw(painter, model, areas.main);
        detail::draw(painter, model, areas.detail);
    }
}

/// Returns the maximum scroll offset of the details, which keeps the last line visible.
pub fn detail_last(model: &Model) -> usize {
    let area = Panel::new("").padded().inner(layout::areas(model).detail);
    detail::length(model, area.width).saturating_sub(usize::from(area.height))
}
