//! The bytes that a terminal gets for a frame, from the real backend.

use aemkeys::tui::App;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::layout::areas;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use unicode_width::UnicodeWidthStr;

use crate::support::hostile_texts::is_harmless;

/// The bytes that draw the model on an empty terminal.
pub fn drawn(model: &App) -> Vec<u8> {
    let mut bytes = Vec::new();
    let area = Rect::new(0, 0, model.columns, model.rows);
    let mut terminal = Terminal::with_options(
        CrosstermBackend::new(&mut bytes),
        TerminalOptions {
            viewport: Viewport::Fixed(area),
        },
    )
    .unwrap();
    terminal
        .draw(|frame| {
            let drawn = aemkeys::tui::view::draw(model, &model.settings.theme, frame.buffer_mut());
            if let Some(at) = drawn.cursor {
                frame.set_cursor_position(at);
            }
        })
        .unwrap();
    drop(terminal);
    bytes
}

/// Only text, and the commands a frame needs: where (`H`), how it looks (`m`), the cursor shown or hidden.
pub fn assert_meant(bytes: &[u8], what: &str) {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter != '\u{1b}' {
            assert!(is_harmless(letter), "{what}: {letter:?} is sent");
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let command = rest.strip_prefix("\u{1b}[").unwrap_or_else(|| {
            panic!("{what}: {:?} is sent", &rest[..rest.len().min(20)]);
        });
        let end = command
            .find(|letter: char| !matches!(letter, '0'..='9' | ';' | '?' | ':'))
            .unwrap();
        let (parameters, last) = (&command[..end], command[end..].chars().next().unwrap());
        let is_known = match last {
            'H' | 'm' => !parameters.starts_with('?'),
            'h' | 'l' => parameters == "?25",
            _ => false,
        };
        assert!(is_known, "{what}: ESC[{parameters}{last} is sent");
        rest = &command[end + 1..];
    }
}

/// What a terminal shows is what was meant, cell by cell: nothing is shifted by a wide letter or a mark.
pub fn assert_shown_as_meant(model: &App, bytes: &[u8], what: &str) {
    let frame = Frame::of(model);
    let mut parser = vt100::Parser::new(model.rows, model.columns, 0);
    parser.process(bytes);
    let screen = parser.screen();
    for y in 0..model.rows {
        let mut x = 0;
        while x < model.columns {
            let meant = frame.buffer[(x, y)].symbol();
            let columns = u16::try_from(meant.width()).unwrap().max(1);
            // A cluster that is one for us may be several for a terminal: as wide, and the same letters.
            let shown: String = (x..x + columns)
                .filter_map(|x| screen.cell(y, x))
                .map(vt100::Cell::contents)
                .collect();
            let shown = if shown.is_empty() { " " } else { &shown };
            assert_eq!(
                shown,
                meant,
                "{what}: row {y}, column {x}\n{}",
                frame.text()
            );
            x += columns;
        }
    }
}

/// Every frame that begins goes down on the right side to its end: nothing has written over it.
pub fn assert_frames_whole(model: &App, what: &str) {
    let frame = Frame::of(model);
    let symbol = |x: u16, y: u16| frame.buffer[(x, y)].symbol().to_owned();
    let areas = match model.pages.last() {
        Some(overlay) => vec![overlay.view().area(model)],
        None => vec![areas(model).body],
    };
    for area in areas {
        let (left, right) = (area.x, area.right() - 1);
        let (top, bottom) = (area.y, area.bottom() - 1);
        let corners = [
            symbol(left, top),
            symbol(right, top),
            symbol(left, bottom),
            symbol(right, bottom),
        ];
        assert_eq!(corners, ["╭", "╮", "╰", "╯"], "{what}\n{}", frame.text());
        for y in top + 1..bottom {
            for x in [left, right] {
                // A scrollbar lies in the right border.
                assert!(
                    matches!(symbol(x, y).as_str(), "│" | "┃"),
                    "{what}: row {y}, column {x}\n{}",
                    frame.text()
                );
            }
        }
    }
}
