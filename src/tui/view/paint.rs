//! Strokes all pages share: lines that never leave their area, frames, bars, texts cut to their width.

use jiff::Timestamp;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use crate::tui::layout::inside;
use crate::tui::theme::{Glyphs, Theme};

/// Cells a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text, cut with an ellipsis where it is longer than `columns`.
pub fn fit(text: &str, columns: u16, glyphs: &Glyphs) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = usize::from(columns.saturating_sub(width(glyphs.ellipsis)));
    if columns == 0 {
        return String::new();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push_str(glyphs.ellipsis);
    kept
}

/// Lines of at most `columns`, broken at spaces; a longer word is cut into pieces. What is indented stays so.
pub fn wrap(text: &str, columns: u16) -> Vec<String> {
    let room = usize::from(columns.max(1));
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let words = paragraph.trim_start_matches(' ');
        let indent = (paragraph.len() - words.len()).min(room / 2);
        let mut line = " ".repeat(indent);
        let mut begun = false;
        for word in words.split(' ') {
            let gap = usize::from(begun);
            if line.width() + gap + word.width() <= room {
                if begun {
                    line.push(' ');
                }
                line.push_str(word);
                begun = true;
                continue;
            }
            if begun {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            }
            begun = true;
            for grapheme in word.graphemes(true) {
                if line.width() + grapheme.width() > room && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(grapheme);
            }
        }
        lines.push(line);
    }
    lines
}

impl Canvas<'_> {
    /// One line at `row` of the area; nothing outside of it is touched.
    pub fn line(&mut self, area: Rect, row: u16, line: &Line<'_>) {
        let area = area.intersection(*self.buffer.area());
        if row >= area.height || area.width == 0 {
            return;
        }
        self.buffer.set_line(area.x, area.y + row, line, area.width);
        let ellipsis = self.theme.glyphs.ellipsis;
        let columns = width(ellipsis);
        if line.width() > usize::from(area.width) && columns < area.width {
            // Nothing is cut without saying so. A wide letter that is cut in half leaves a space.
            let x = area.right() - columns;
            if let Some(before) = self.buffer.cell((x - 1, area.y + row))
                && width(before.symbol()) > 1
            {
                self.buffer
                    .set_string(x - 1, area.y + row, " ", Style::default());
            }
            self.buffer
                .set_string(x, area.y + row, ellipsis, self.theme.quiet);
        }
    }

    /// One line that ends at the area's right side.
    pub fn line_right(&mut self, area: Rect, row: u16, line: &Line<'_>) {
        let taken = u16::try_from(line.width())
            .unwrap_or(u16::MAX)
            .min(area.width);
        let place = Rect::new(area.right() - taken, area.y, taken, area.height);
        self.line(place, row, line);
    }

    pub fn lines(&mut self, area: Rect, lines: &[Line<'_>]) {
        for (row, line) in lines.iter().enumerate().take(usize::from(area.height)) {
            self.line(area, u16::try_from(row).unwrap_or(u16::MAX), line);
        }
    }

    /// As [`Canvas::lines`]; where they are more than fit, the last one says so.
    pub fn lines_or_more(&mut self, area: Rect, lines: &[Line<'_>]) {
        self.lines(area, lines);
        if lines.len() > usize::from(area.height) && !area.is_empty() {
            let ellipsis = self.theme.glyphs.ellipsis;
            let columns = width(ellipsis).min(area.width);
            let corner = Rect::new(area.right() - columns, area.bottom() - 1, columns, 1);
            self.line(corner, 0, &Line::styled(ellipsis, self.theme.quiet));
        }
    }

    /// How much lies above and below what is in sight, in the lower edge of the frame around `inside`.
    pub fn more(&mut self, inside: Rect, above: usize, below: usize) {
        let words = match (above, below) {
            (0, 0) => return,
            (above, 0) => format!(" {above} above "),
            (0, below) => format!(" {below} below "),
            (above, below) => format!(" {above} above, {below} below "),
        };
        let edge = Rect::new(inside.x, inside.bottom(), inside.width, 1);
        if edge.bottom() > self.buffer.area().bottom() || width(&words) > edge.width {
            return;
        }
        // What keys do is told below: this matters more here.
        let line = self.theme.glyphs.border.horizontal_bottom;
        let line = line.repeat(usize::from(edge.width));
        self.line(edge, 0, &Line::styled(line, self.theme.border_focused));
        self.line_right(edge, 0, &Line::styled(words, self.theme.quiet));
    }

    pub fn fill(&mut self, area: Rect, style: Style) {
        let area = area.intersection(*self.buffer.area());
        self.buffer.set_style(area, style);
    }

    /// A frame with its titles; returns the room inside.
    pub fn frame(&mut self, area: Rect, title: Line<'_>, right: Line<'_>, focused: bool) -> Rect {
        let theme = self.theme;
        let style = if focused {
            theme.border_focused
        } else {
            theme.border
        };
        let area = area.intersection(*self.buffer.area());
        let mut block = Block::bordered()
            .border_set(theme.glyphs.border)
            .border_style(style);
        let title_width = u16::try_from(title.width()).unwrap_or(u16::MAX);
        let right_width = u16::try_from(right.width()).unwrap_or(u16::MAX);
        if !title.spans.is_empty() {
            block = block.title_top(padded(title));
        }
        let both = title_width.saturating_add(right_width).saturating_add(7);
        if !right.spans.is_empty() && both <= area.width {
            block = block.title_top(padded(right).right_aligned());
        }
        block.render(area, self.buffer);
        inside(area)
    }

    /// A framed page over the others. `bottom` is told in the lower edge.
    pub fn overlay(&mut self, area: Rect, title: &str, right: Line<'_>, bottom: Line<'_>) -> Rect {
        let area = area.intersection(*self.buffer.area());
        Clear.render(area, self.buffer);
        let strong = self.theme.strong;
        let room = area.width.saturating_sub(6);
        let title = fit(title, room, &self.theme.glyphs);
        let inner = self.frame(area, Line::styled(title, strong), right, true);
        if area.height > 1 && !bottom.spans.is_empty() && area.width > 6 {
            let place = Rect::new(area.x + 2, area.bottom() - 1, area.width - 4, 1);
            let bottom = padded(bottom);
            if bottom.width() <= usize::from(place.width) {
                self.line(place, 0, &bottom);
            }
        }
        inner
    }

    pub fn cursor(&mut self, area: Rect, column: u16, row: u16) {
        if column < area.width && row < area.height {
            self.cursor = Some((area.x + column, area.y + row).into());
        }
    }
}

fn padded(line: Line<'_>) -> Line<'_> {
    let mut spans = vec![Span::raw(" ")];
    spans.extend(line.spans);
    spans.push(Span::raw(" "));
    Line::from(spans).style(line.style)
}

/// Inside with one free column on both sides.
pub fn body(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1).min(area.right()),
        area.y,
        area.width.saturating_sub(2),
        area.height,
    )
}

/// `━━━━━╸────`: how much is left.
pub fn bar<'a>(columns: u16, share: f64, style: Style, theme: &Theme) -> Vec<Span<'a>> {
    let g = &theme.glyphs;
    let columns = usize::from(columns);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of at most some hundred columns"
    )]
    let full = ((columns as f64) * share.clamp(0.0, 1.0)).round() as usize;
    let full = full.min(columns);
    let (solid, end) = if full > 0 && full < columns {
        (full - 1, g.bar_end)
    } else {
        (full, "")
    };
    vec![
        Span::styled(format!("{}{end}", g.bar_full.repeat(solid)), style),
        Span::styled(g.bar_empty.repeat(columns - full), theme.border),
    ]
}

/// A turning wheel, or a word where nothing may move.
pub fn spinner(now: Timestamp, motion: bool, glyphs: &Glyphs) -> &'static str {
    if !motion {
        return glyphs.dot;
    }
    let count = glyphs.spinner.len();
    let step = usize::try_from(now.as_millisecond().rem_euclid(60_000) / 100).unwrap_or(0);
    glyphs
        .spinner
        .get(step % count.max(1))
        .copied()
        .unwrap_or("")
}

/// `1.2 s` since then; `12 s` from ten on.
pub fn elapsed(since: Timestamp, now: Timestamp) -> String {
    let millis = (now.as_millisecond() - since.as_millisecond()).max(0);
    if millis < 10_000 {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    } else {
        crate::credential::validity::say_span(millis / 1000)
    }
}

/// A key and what it does: `c copy`.
pub fn hint<'a>(key: impl Into<String>, what: impl Into<String>, theme: &Theme) -> Vec<Span<'a>> {
    vec![
        Span::styled(key.into(), theme.accent),
        Span::styled(format!(" {}", what.into()), theme.quiet),
    ]
}

/// Several keys, with two spaces between.
pub fn hint_line<'a>(hints: &[(&str, &str)], theme: &Theme) -> Line<'a> {
    let mut spans = Vec::new();
    for (key, what) in hints {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.extend(hint(*key, *what, theme));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{GlyphSet, ThemeName};

    #[test]
    fn texts_are_cut_by_cells() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        assert_eq!(fit("publish", 7, &theme.glyphs), "publish");
        assert_eq!(fit("publish", 5, &theme.glyphs), "publ…");
        assert_eq!(fit("日本語", 4, &theme.glyphs), "日…");
        assert_eq!(fit("publish", 0, &theme.glyphs), "");
        assert_eq!(fit("publish", 1, &theme.glyphs), "…");
    }

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("add a certificate", 8), ["add a", "certific", "ate"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("  \"a\": 1", 8), ["  \"a\": 1"]);
        assert_eq!(wrap("  ab cd ef", 7), ["  ab cd", "  ef"]);
        assert_eq!(wrap("one\ntwo", 8), ["one", "two"]);
    }

    #[test]
    fn a_bar_is_as_wide_as_asked() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        for share in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 2.0, f64::NAN] {
            let spans = bar(20, share, theme.fine, &theme);
            let line = Line::from(spans);
            assert_eq!(line.width(), 20, "{share}");
        }
    }
}
