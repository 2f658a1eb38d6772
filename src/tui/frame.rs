//! A rendered frame, and its output as text, ANSI or SVG.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::app::App;
use super::colors::number;
use super::layout::HitMap;
use super::model::Model;
use super::{svg, view};
use crate::app::timeline::Zoom;

/// The maximum width and height of a frame rendered without a terminal.
const MAX_SIDE: u16 = 1000;

/// A rendered frame.
pub struct Frame {
    pub buffer: Buffer,
    pub cursor: Option<Position>,
    pub hits: HitMap,
    light: bool,
}

impl Frame {
    /// Renders the dashboard at the model's size.
    pub fn of(app: &App) -> Self {
        let theme = &app.settings.theme;
        let area = Rect::new(0, 0, app.columns.min(MAX_SIDE), app.rows.min(MAX_SIDE));
        let mut buffer = Buffer::empty(area);
        let drawn = view::draw(app, theme, &mut buffer);
        Self {
            buffer,
            cursor: drawn.cursor,
            hits: drawn.hits,
            light: theme.light,
        }
    }

    /// Renders the whole timeline, as wide as the model.
    pub fn of_timeline(model: &Model, zoom: Zoom) -> Self {
        let theme = &model.settings.theme;
        let (buffer, drawn) = view::draw_timeline(model, theme, zoom);
        Self {
            buffer,
            cursor: None,
            hits: drawn.hits,
            light: theme.light,
        }
    }

    /// Returns the text without trailing spaces.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in self.buffer.area().rows() {
            text.push_str(line_text(&self.buffer, row).trim_end());
            text.push('\n');
        }
        text
    }

    /// Returns the text with the escape sequences of a 256-colour terminal.
    pub fn ansi(&self) -> String {
        let mut text = String::new();
        for row in self.buffer.area().rows() {
            let mut look = String::new();
            for cell in cells(&self.buffer, row) {
                let next = sequence(cell);
                if next != look {
                    text.push_str(&next);
                    look = next;
                }
                text.push_str(cell.symbol());
            }
            text.push_str("\u{1b}[0m\n");
        }
        text
    }

    pub fn svg(&self) -> String {
        svg::picture(&self.buffer, self.cursor, self.light)
    }
}

/// Returns the text of a part of a row.
pub fn line_text(buffer: &Buffer, part: Rect) -> String {
    cells(buffer, part).map(Cell::symbol).collect()
}

/// Returns the cells of a row, without those covered by a wide character.
fn cells(buffer: &Buffer, row: Rect) -> impl Iterator<Item = &Cell> {
    let mut cells = row
        .columns()
        .filter_map(|cell| buffer.cell(cell.as_position()));
    std::iter::from_fn(move || {
        let cell = cells.next()?;
        for _ in 1..cell.symbol().width() {
            cells.next();
        }
        Some(cell)
    })
}

fn sequence(cell: &Cell) -> String {
    let mut text = String::from("\u{1b}[0");
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ] {
        if cell.modifier.contains(modifier) {
            let _ = write!(text, ";{code}");
        }
    }
    color(&mut text, cell.fg, 38);
    color(&mut text, cell.bg, 48);
    text.push('m');
    text
}

fn color(text: &mut String, color: Color, base: u8) {
    let _ = match (color, number(color)) {
        (Color::Rgb(r, g, b), _) => write!(text, ";{base};2;{r};{g};{b}"),
        (Color::Indexed(index), _) => write!(text, ";{base};5;{index}"),
        (_, Some(named)) => write!(text, ";{base};5;{named}"),
        (_, None) => Ok(()),
    };
}
