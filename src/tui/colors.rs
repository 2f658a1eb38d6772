//! The colours of a terminal as red, green and blue.

use ratatui::style::Color;

pub type Rgb = (u8, u8, u8);

/// The 16 named colours, in the order of their numbers.
const NAMED: [(Color, Rgb); 16] = [
    (Color::Black, (0x1d, 0x1f, 0x21)),
    (Color::Red, (0xe0, 0x6c, 0x75)),
    (Color::Green, (0x98, 0xc3, 0x79)),
    (Color::Yellow, (0xe5, 0xc0, 0x7b)),
    (Color::Blue, (0x61, 0xaf, 0xef)),
    (Color::Magenta, (0xc6, 0x78, 0xdd)),
    (Color::Cyan, (0x56, 0xb6, 0xc2)),
    (Color::Gray, (0xab, 0xb2, 0xbf)),
    (Color::DarkGray, (0x5c, 0x63, 0x70)),
    (Color::LightRed, (0xff, 0x7b, 0x86)),
    (Color::LightGreen, (0xb5, 0xe0, 0x90)),
    (Color::LightYellow, (0xff, 0xd5, 0x80)),
    (Color::LightBlue, (0x82, 0xc4, 0xff)),
    (Color::LightMagenta, (0xdd, 0x95, 0xf0)),
    (Color::LightCyan, (0x7f, 0xd5, 0xe0)),
    (Color::White, (0xff, 0xff, 0xff)),
];

/// Returns the number of a named colour.
pub fn number(color: Color) -> Option<usize> {
    NAMED.iter().position(|(named, _)| *named == color)
}

/// Returns `None` for the default colour.
pub fn rgb(color: Color) -> Option<Rgb> {
    match color {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(index) => Some(indexed(index)),
        named => number(named).map(|at| NAMED[at].1),
    }
}

/// Returns a colour of the xterm palette.
fn indexed(index: u8) -> Rgb {
    match index {
        0..=15 => NAMED[usize::from(index)].1,
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
