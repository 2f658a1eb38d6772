//! Converts a frame to SVG, with one text element per run of cells with the same style.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// The width of a character in the fonts below at 14 pixels.
const CELL_WIDTH: f32 = 8.43;
/// The line height of the fonts below, without gaps in frames.
const CELL_HEIGHT: f32 = 16.5;
const PADDING: f32 = 12.0;

/// The palette for the terminal's 16 colours.
struct Palette {
    background: (u8, u8, u8),
    text: (u8, u8, u8),
}

/// Returns red, green and blue; `None` for the default colour.
pub fn rgb(color: Color) -> Option<(u8, u8, u8)> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(index) => Some(indexed(index)),
        Color::Black => Some((0x1d, 0x1f, 0x21)),
        Color::Red => Some((0xe0, 0x6c, 0x75)),
        Color::Green => Some((0x98, 0xc3, 0x79)),
        Color::Yellow => Some((0xe5, 0xc0, 0x7b)),
        Color::Blue => Some((0x61, 0xaf, 0xef)),
        Color::Magenta => Some((0xc6, 0x78, 0xdd)),
        Color::Cyan => Some((0x56, 0xb6, 0xc2)),
        Color::Gray => Some((0xab, 0xb2, 0xbf)),
        Color::DarkGray => Some((0x5c, 0x63, 0x70)),
        Color::LightRed => Some((0xff, 0x7b, 0x86)),
        Color::LightGreen => Some((0xb5, 0xe0, 0x90)),
        Color::LightYellow => Some((0xff, 0xd5, 0x80)),
        Color::LightBlue => Some((0x82, 0xc4, 0xff)),
        Color::LightMagenta => Some((0xdd, 0x95, 0xf0)),
        Color::LightCyan => Some((0x7f, 0xd5, 0xe0)),
        Color::White => Some((0xff, 0xff, 0xff)),
    }
}

/// Returns a colour of the xterm palette.
fn indexed(index: u8) -> (u8, u8, u8) {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match index {
        0..=15 => rgb(NAMED[usize::from(index)]).unwrap_or_default(),
        16..=231 => {
            let cube = index - 16;
            let level = |part: u8| if part == 0 { 0 } else { 55 + part * 40 };
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232..=255 => {
            let gray = 8 + (index - 232) * 10;
            (gray, gray, gray)
        }
    }
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
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
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" fill=\"{}\" xml:space=\"preserve\">\n",
        hex(palette.background),
        hex(palette.text),
    );
    for y in area.top()..area.bottom() {
        row(&mut svg, buffer, y, &palette);
    }
    if let Some(at) = cursor {
        let left = f32::from(at.x - area.left()) * CELL_WIDTH + PADDING;
        let top = f32::from(at.y - area.top()) * CELL_HEIGHT + PADDING;
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"1.6\" height=\"{CELL_HEIGHT:.1}\"/>"
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

#[derive(Clone, PartialEq)]
struct Look {
    text: (u8, u8, u8),
    background: Option<(u8, u8, u8)>,
    bold: bool,
    underlined: bool,
    dim: bool,
}

fn look(buffer: &Buffer, x: u16, y: u16, palette: &Palette) -> Look {
    let Some(cell) = buffer.cell((x, y)) else {
        return Look {
            text: palette.text,
            background: None,
            bold: false,
            underlined: false,
            dim: false,
        };
    };
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

fn row(svg: &mut String, buffer: &Buffer, y: u16, palette: &Palette) {
    let area = *buffer.area();
    let mut x = area.left();
    while x < area.right() {
        let style = look(buffer, x, y, palette);
        let start = x;
        let mut text = String::new();
        while x < area.right() && look(buffer, x, y, palette) == style {
            text.push_str(
                buffer
                    .cell((x, y))
                    .map_or(" ", ratatui::buffer::Cell::symbol),
            );
            x += 1;
        }
        let left = f32::from(start - area.left()) * CELL_WIDTH + PADDING;
        let top = f32::from(y - area.top()) * CELL_HEIGHT + PADDING;
        let width = f32::from(x - start) * CELL_WIDTH;
        if let Some(background) = style.background {
            let _ = writeln!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT:.1}\" fill=\"{}\"/>",
                hex(background)
            );
        }
        if text.trim().is_empty() {
            continue;
        }
        let mut attributes = String::new();
        if style.text != palette.text {
            let _ = write!(attributes, " fill=\"{}\"", hex(style.text));
        }
        if style.bold {
            attributes.push_str(" font-weight=\"bold\"");
        }
        if style.underlined {
            attributes.push_str(" text-decoration=\"underline\"");
        }
        if style.dim {
            attributes.push_str(" opacity=\"0.65\"");
        }
        let _ = writeln!(
            svg,
            "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\"{attributes}>{}</text>",
            top + CELL_HEIGHT * 0.74,
            escape(&text)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
