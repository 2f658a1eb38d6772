//! Lines that say where they are cut.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::text::width;
use crate::tui::theme::Theme;

/// An ellipsis ends a line that is too long, and the last line where more lines follow.
pub struct Lines<'a> {
    lines: &'a [Line<'a>],
    theme: &'a Theme,
}

impl<'a> Lines<'a> {
    pub fn new(lines: &'a [Line<'a>], theme: &'a Theme) -> Self {
        Self { lines, theme }
    }
}

impl Widget for Lines<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let ellipsis = self.theme.glyphs.ellipsis;
        for (at, (row, line)) in area.rows().zip(self.lines).enumerate() {
            line.render(row, buffer);
            let is_last = at + 1 == usize::from(area.height) && at + 1 < self.lines.len();
            let fits = || {
                // Spaces that are cut are no loss.
                line.width() <= usize::from(row.width)
                    || width(line.to_string().trim_end()) <= row.width
            };
            if !is_last && fits() {
                continue;
            }
            let x = row.right().saturating_sub(width(ellipsis)).max(row.x);
            // Half of a wide letter is left as a space.
            if x > row.x && width(buffer[(x - 1, row.y)].symbol()) > 1 {
                buffer[(x - 1, row.y)].set_symbol(" ");
            }
            if row.width > width(ellipsis) || is_last {
                buffer.set_stringn(x, row.y, ellipsis, row.width.into(), self.theme.quiet);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{GlyphSet, ThemeName};

    #[test]
    fn cut_lines_end_with_an_ellipsis() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        let lines = ["publish  ", "日本語", "more"].map(Line::raw);
        for (size, expected) in [
            ((7, 3), ["publish", "日本語 ", "more   "].as_slice()),
            ((5, 3), &["publ…", "日本…", "more "]),
            ((4, 2), &["pub…", "日 …"]),
            ((1, 1), &["…"]),
        ] {
            let area = Rect::new(0, 0, size.0, size.1);
            let mut buffer = Buffer::empty(area);
            Lines::new(&lines, &theme).render(area, &mut buffer);
            let expected = Buffer::with_lines(expected.iter().copied());
            for position in area.positions() {
                let (found, wanted) = (&buffer[position], &expected[position]);
                assert_eq!(found.symbol(), wanted.symbol(), "{size:?} {position}");
            }
        }
    }
}
