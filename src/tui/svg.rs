//! Converts a frame to SVG, with one text element per run of cells with the same style.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::colors::{Rgb, rgb};

/// The width of a character in the fonts below at 14 pixels.
const CELL_WIDTH: f32 = 8.43;
/// The line height of the fonts below, without gaps in frames.
const CELL_HEIGHT: f32 = 16.5;
const PADDING: f32 = 12.0;

/// The default colours.
struct Palette {
    background: Rgb,
    text: Rgb,
}

fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Returns the frame as SVG. `light` selects a light background.
pub fn picture(buffer: &Buffer, cursor: Option<Position>, light: bool) -> String {
    let palette = if light {
        Palette {
            background: (0xff, 0xff, 0xff),
            text: (0x24, 0x29, 0x2f),
        }
    } else {
        Palette {
            background: (0x16, 0x1b, 0x22),
            text: (0xd0, 0xd7, 0xde),
        }
    };
    let area = buffer.area();
    let width = f32::from(area.width) * CELL_WIDTH + 2.0 * PADDING;
    let height = f32::from(area.height) * CELL_HEIGHT + 2.0 * PADDING;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" fill=\"{}\">\n",
        hex(palette.background),
        hex(palette.text),
    );
    for row in area.rows() {
        draw_row(&mut svg, buffer, row, &palette);
    }
    if let Some(at) = cursor {
        let (left, top) = pixels(at);
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"1.6\" height=\"{CELL_HEIGHT:.1}\"/>"
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The upper left corner of a cell.
fn pixels(cell: Position) -> (f32, f32) {
    let left = f32::from(cell.x) * CELL_WIDTH + PADDING;
    (left, f32::from(cell.y) * CELL_HEIGHT + PADDING)
}

#[derive(Clone, PartialEq)]
struct Look {
    text: Rgb,
    background: Option<Rgb>,
    bold: bool,
    underlined: bool,
    dim: bool,
}

fn look(cell: &Cell, palette: &Palette) -> Look {
    let mut text = rgb(cell.fg).unwrap_or(palette.text);
    let mut background = rgb(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        let behind = background.unwrap_or(palette.background);
        background = Some(text);
        text = behind;
    }
    Look {
        text,
        background,
        bold: cell.modifier.contains(Modifier::BOLD),
        underlined: cell.modifier.contains(Modifier::UNDERLINED),
        dim: cell.modifier.contains(Modifier::DIM),
    }
}

/// A cell with its place.
type Placed<'a> = (Position, &'a str, Look);

fn draw_row(svg: &mut String, buffer: &Buffer, row: Rect, palette: &Palette) {
    let cells: Vec<Placed> = row
        .positions()
        .map(|at| (at, buffer[at].symbol(), look(&buffer[at], palette)))
        .collect();
    for run in cells.chunk_by(|one, next| one.2 == next.2) {
        let (at, _, style) = &run[0];
        let (left, top) = pixels(*at);
        let width = width(run);
        if let Some(background) = style.background {
            let _ = writeln!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT:.1}\" fill=\"{}\"/>",
                hex(background)
            );
        }
        if style.underlined {
            let _ = writeln!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"1\" fill=\"{}\"/>",
                top + CELL_HEIGHT * 0.86,
                hex(style.text)
            );
        }
        let mut attributes = String::new();
        if style.text != palette.text {
            let _ = write!(attributes, " fill=\"{}\"", hex(style.text));
        }
        if style.bold {
            attributes.push_str(" font-weight=\"bold\"");
        }
        if style.dim {
            attributes.push_str(" opacity=\"0.65\"");
        }
        draw_text(svg, run, &attributes);
    }
}

/// Draws the text of a run. Browsers collapse spaces, so the parts between two or more spaces are placed one by one.
fn draw_text(svg: &mut String, run: &[Placed], attributes: &str) {
    let is_blank = |cell: &Placed| cell.1.trim().is_empty();
    let mut rest = run;
    while let Some(start) = rest.iter().position(|cell| !is_blank(cell)) {
        rest = &rest[start..];
        let gap = rest.windows(2).position(|pair| pair.iter().all(is_blank));
        let last = rest.iter().rposition(|cell| !is_blank(cell));
        let end = gap.unwrap_or_else(|| last.map_or(rest.len(), |last| last + 1));
        let (part, after) = rest.split_at(end);
        let (left, top) = pixels(part[0].0);
        let text: String = part.iter().map(|(_, symbol, _)| *symbol).collect();
        let _ = writeln!(
            svg,
            "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{:.1}\"{attributes}>{}</text>",
            top + CELL_HEIGHT * 0.74,
            width(part),
            escape(&text)
        );
        rest = after;
    }
}

fn width(run: &[Placed]) -> f32 {
    f32::from(u16::try_from(run.len()).unwrap_or(u16::MAX)) * CELL_WIDTH
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
