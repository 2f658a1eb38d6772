//! The backend of the screen, which writes the links of cells as hyperlinks (OSC 8).

use std::io::{self, Write};

use crossterm::queue;
use crossterm::style::Print;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::Color;

use crate::tui::links::Links;

/// A terminal can claim any size, and a screen of 65,535 rows of 65,535 cells does not fit into memory.
const MAX_CELLS: u32 = 2_000_000;
const CORNER: (u16, u16) = (2000, 1000);

pub struct LinkedBackend<W: Write> {
    inner: CrosstermBackend<W>,
    links: Links,
}

impl<W: Write> LinkedBackend<W> {
    pub fn new(writer: W, links: Links) -> Self {
        Self {
            inner: CrosstermBackend::new(writer),
            links,
        }
    }

    /// Writes cells that have one link, or none.
    fn run(&mut self, cells: &[(u16, u16, &Cell)]) -> io::Result<()> {
        let link = cells.first().and_then(|(_, _, cell)| self.links.of(cell));
        let Some((number, address)) = link else {
            return self.inner.draw(cells.iter().copied());
        };
        // The mark is no colour.
        let mut plain: Vec<(u16, u16, Cell)> = Vec::with_capacity(cells.len());
        for (x, y, cell) in cells {
            let mut cell = (*cell).clone();
            cell.underline_color = Color::Reset;
            plain.push((*x, *y, cell));
        }
        // The id joins the parts of a link, such as its lines.
        queue!(
            self.inner,
            Print(format_args!("\x1b]8;id=a{number};{address}\x1b\\"))
        )?;
        self.inner
            .draw(plain.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        queue!(self.inner, Print("\x1b]8;;\x1b\\"))
    }
}

impl<W: Write> Write for LinkedBackend<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}

impl<W: Write> Backend for LinkedBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, &Cell)> = content.collect();
        let is_same = |a: &(u16, u16, &Cell), b: &(u16, u16, &Cell)| {
            a.2.underline_color == b.2.underline_color
        };
        for run in cells.chunk_by(is_same) {
            self.run(run)?;
        }
        Ok(())
    }

    fn append_lines(&mut self, lines: u16) -> io::Result<()> {
        self.inner.append_lines(lines)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, part: ClearType) -> io::Result<()> {
        self.inner.clear_region(part)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size().map(drawn)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

/// Returns the part of the terminal that is drawn: all of it, or its upper left corner.
fn drawn(size: Size) -> Size {
    if size.area() <= MAX_CELLS {
        return size;
    }
    Size::new(size.width.min(CORNER.0), size.height.min(CORNER.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::links::LinkAddress;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use unicode_width::UnicodeWidthChar;

    #[test]
    fn a_huge_terminal_is_drawn_in_part() {
        for (given, expected) in [
            ((0, 0), (0, 0)),
            ((1, 65_535), (1, 65_535)),
            ((1000, 1000), (1000, 1000)),
            ((32_767, 40), (32_767, 40)),
            ((65_535, 65_535), (2000, 1000)),
            ((500, 65_535), (500, 1000)),
        ] {
            assert_eq!(drawn(given.into()), expected.into());
        }
    }

    const SIZE: (u16, u16) = (12, 4);
    /// Column, row, text and the number of its link.
    type Text<'t> = (u16, u16, &'t str, Option<u8>);

    /// The second half of a wide character.
    const REST: char = '\0';

    /// A terminal that keeps the address of each cell, as one with hyperlinks does.
    struct FakeTerminal {
        cells: Vec<Option<(char, Option<String>)>>,
        at: (usize, usize),
        link: Option<String>,
    }

    impl FakeTerminal {
        fn new() -> Self {
            Self {
                cells: vec![None; usize::from(SIZE.0 * SIZE.1)],
                at: (0, 0),
                link: None,
            }
        }

        fn read(&mut self, bytes: &[u8]) {
            let mut rest = std::str::from_utf8(bytes).unwrap();
            while let Some(letter) = rest.chars().next() {
                if let Some(osc) = rest.strip_prefix("\x1b]8;") {
                    let (sequence, after) = osc.split_once("\x1b\\").unwrap();
                    let (_, address) = sequence.split_once(';').unwrap();
                    self.link = (!address.is_empty()).then(|| address.to_owned());
                    rest = after;
                } else if let Some(csi) = rest.strip_prefix("\x1b[") {
                    let end = csi.find(|it: char| it.is_ascii_alphabetic()).unwrap();
                    let parameters = &csi[..end];
                    if csi[end..].starts_with('H') {
                        let (row, column) = parameters.split_once(';').unwrap();
                        self.at = (
                            column.parse::<usize>().unwrap() - 1,
                            row.parse::<usize>().unwrap() - 1,
                        );
                    }
                    // The mark of a link is never written as a colour.
                    assert!(!parameters.starts_with("58"), "{parameters}");
                    rest = &csi[end + 1..];
                } else {
                    let place = self.at.1 * usize::from(SIZE.0) + self.at.0;
                    let columns = letter.width().unwrap();
                    self.erase_wide(place);
                    self.erase_wide(place + columns - 1);
                    self.cells[place] = Some((letter, self.link.clone()));
                    if columns == 2 {
                        self.cells[place + 1] = Some((REST, None));
                    }
                    self.at.0 += columns;
                    rest = &rest[letter.len_utf8()..];
                }
            }
            assert_eq!(self.link, None, "a link is open after a frame");
        }

        /// Half of a wide character is overwritten, so that the other half is blank.
        fn erase_wide(&mut self, place: usize) {
            let is_rest = |cell: Option<&Option<(char, _)>>| matches!(cell, Some(Some((letter, _))) if *letter == REST);
            if is_rest(self.cells.get(place)) {
                self.cells[place - 1] = Some((' ', None));
            }
            if is_rest(self.cells.get(place + 1)) {
                self.cells[place + 1] = Some((' ', None));
            }
        }
    }

    fn buffer(links: &Links, texts: &[Text<'_>]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        for (x, y, text, link) in texts {
            let address = link.map(|it| format!("https://www.adobe.com/{it}"));
            let address = address.and_then(|it| LinkAddress::checked(&it));
            buffer.set_string(*x, *y, text, links.mark(Style::new(), address));
        }
        buffer
    }

    /// Writes the frames one after the other, each as what differs from the last one, as ratatui does.
    fn assert_links(frames: &[Vec<Text<'_>>]) {
        let links = Links::new(true);
        let mut terminal = FakeTerminal::new();
        let mut before = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        for texts in frames {
            let after = buffer(&links, texts);
            let mut bytes = Vec::new();
            LinkedBackend::new(&mut bytes, links.clone())
                .draw(before.diff(&after).into_iter())
                .unwrap();
            terminal.read(&bytes);
            let mut covered = 0;
            for (at, cell) in after.content().iter().enumerate() {
                let letter = cell.symbol().chars().next().unwrap();
                if covered == 0
                    && let Some((shown, link)) = &terminal.cells[at]
                {
                    let expected = links.of(cell).map(|(_, address)| address);
                    assert_eq!(
                        (*shown, link),
                        (letter, &expected),
                        "cell {at} of {texts:?}"
                    );
                }
                covered = if covered > 0 {
                    covered - 1
                } else {
                    letter.width().unwrap() - 1
                };
            }
            before = after;
        }
    }

    #[test]
    fn a_link_that_changes_under_the_same_text_is_written_again() {
        assert_links(&[
            vec![(0, 0, "author", Some(1)), (0, 1, "plain", None)],
            vec![(0, 0, "author", Some(2)), (0, 1, "plain", None)],
            vec![(0, 0, "author", None), (0, 1, "plain", Some(3))],
        ]);
    }

    #[test]
    fn links_follow_scrolled_text_and_wide_characters() {
        assert_links(&[
            vec![(0, 1, "日本語", Some(1)), (6, 1, "x", None)],
            vec![(0, 0, "日本語", Some(1)), (6, 0, "x", None)],
            vec![(1, 0, "日本", Some(1)), (5, 0, "語", Some(2))],
            vec![(0, 0, "ab", Some(2)), (2, 0, "日", Some(1))],
        ]);
    }

    #[test]
    fn without_links_the_bytes_are_those_of_crossterm() {
        let (off, on) = (Links::default(), Links::new(true));
        let before = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        let written = |links: &Links| {
            let after = buffer(links, &[(0, 0, "author", Some(1))]);
            let mut bytes = Vec::new();
            LinkedBackend::new(&mut bytes, links.clone())
                .draw(before.diff(&after).into_iter())
                .unwrap();
            bytes
        };
        let mut plain = Vec::new();
        CrosstermBackend::new(&mut plain)
            .draw(
                before
                    .diff(&buffer(&off, &[(0, 0, "author", None)]))
                    .into_iter(),
            )
            .unwrap();
        assert_eq!(written(&off), plain);
        let text = String::from_utf8(written(&on)).unwrap();
        assert!(
            text.contains("\x1b]8;id=a0;https://www.adobe.com/1\x1b\\"),
            "{text:?}"
        );
    }

    /// One text on each row, so that none covers half of a wide character of another.
    fn frame() -> impl Strategy<Value = Vec<Text<'static>>> {
        let words = proptest::sample::select(vec!["a", "abcd", "日本", "x日", " ", "host.com"]);
        let text = (0..10_u16, words, proptest::option::of(0..3_u8));
        proptest::collection::vec(text, 0..=SIZE.1.into()).prop_map(|texts| {
            let rows = (0..).zip(texts);
            rows.map(|(y, (x, text, link))| (x, y, text, link))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_cell_has_its_link_after_any_frames(
            frames in proptest::collection::vec(frame(), 1..6)
        ) {
            assert_links(&frames);
        }
    }
}
