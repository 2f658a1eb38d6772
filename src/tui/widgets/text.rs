//! Text helpers: cutting, wrapping, and short texts shared by all pages.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_truncate::UnicodeTruncateStr;
use unicode_width::UnicodeWidthStr;

use crate::tui::theme::{Glyphs, Theme};

/// Returns the width of a text in cells.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Returns the text, cut with an ellipsis if it is wider than `columns`.
pub fn fit(text: &str, columns: u16, glyphs: &Glyphs) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (ellipsis, columns) = (glyphs.ellipsis, usize::from(columns));
    let (kept, _) = text.unicode_truncate(columns.saturating_sub(ellipsis.width()));
    let (ellipsis, _) = ellipsis.unicode_truncate(columns);
    format!("{kept}{ellipsis}")
}

/// Returns whether two lines have room side by side.
pub fn fit_beside(left: &Line<'_>, right: &Line<'_>, area: Rect) -> bool {
    left.width() + 1 + right.width() <= area.width.into()
}

/// Cuts the longest part of a line that is wider than `columns`.
pub fn cut<'a>(mut line: Line<'a>, columns: u16, glyphs: &Glyphs) -> Line<'a> {
    let over = line.width().saturating_sub(usize::from(columns));
    let longest = line.spans.iter_mut().max_by_key(|span| span.width());
    if let Some(longest) = longest.filter(|_| over > 0) {
        let room = longest.width().saturating_sub(over);
        let room = u16::try_from(room).unwrap_or(u16::MAX);
        longest.content = fit(&longest.content, room, glyphs).into();
    }
    line
}

/// Wraps a text at spaces into lines of at most `columns`. Longer words are split, and indentation is kept.
pub fn wrap(text: &str, columns: u16) -> Vec<Cow<'_, str>> {
    let columns = usize::from(columns.max(1));
    let wrap_line = |line| {
        let indent = line_indent(line, columns / 2);
        let options = Options::new(columns)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(line.trim_start_matches(' '), options)
    };
    text.split('\n').flat_map(wrap_line).collect()
}

fn line_indent(line: &str, most: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    &line[..spaces.min(most)]
}

/// Returns the wrapped text after a prefix, with a hanging indent.
pub fn hanging<'a>(
    head: Vec<Span<'a>>,
    text: &str,
    style: impl Into<Style>,
    columns: u16,
) -> Vec<Line<'a>> {
    let style = style.into();
    let indent: usize = head.iter().map(Span::width).sum();
    let room = columns.saturating_sub(u16::try_from(indent).unwrap_or(u16::MAX));
    let mut head = Some(head);
    let lines = wrap(text, room).into_iter().map(|part| {
        let mut spans = head
            .take()
            .unwrap_or_else(|| vec![Span::raw(" ".repeat(indent))]);
        spans.push(Span::styled(part.into_owned(), style));
        Line::from(spans)
    });
    lines.collect()
}

/// The box of a step: done, open or locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepBox {
    Done,
    Open,
    Locked,
}

/// Returns a step with the cursor and its box, and below it what to do.
pub fn step<'a>(
    selected: bool,
    state: StepBox,
    text: &str,
    below: &str,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let (tick, tick_style) = match state {
        StepBox::Done => (theme.glyphs.ticked, theme.fine),
        StepBox::Open => (theme.glyphs.unticked, theme.quiet),
        StepBox::Locked => (theme.glyphs.locked, theme.quiet),
    };
    let tick = format!(" {tick} ");
    let style = match (state, selected) {
        (StepBox::Done, _) => theme.quiet,
        (_, true) => theme.strong,
        _ => theme.text,
    };
    let head = vec![theme.cursor(selected), Span::styled(tick, tick_style)];
    let mut lines = hanging(head, text, style, columns);
    if !below.is_empty() {
        let pad = vec![Span::raw(" ".repeat(6))];
        lines.extend(hanging(pad, below, theme.quiet, columns));
    }
    lines
}

/// Returns the wrapped text.
pub fn paragraph<'a>(text: &str, style: impl Into<Style>, columns: u16) -> Vec<Line<'a>> {
    hanging(Vec::new(), text, style, columns)
}

/// Returns a key hint: `c copy`.
pub fn hint<'a>(key: impl Into<String>, what: impl Into<String>, theme: &Theme) -> Vec<Span<'a>> {
    vec![
        Span::styled(key.into(), theme.accent),
        Span::styled(format!(" {}", what.into()), theme.quiet),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{GlyphSet, ThemeName};

    #[test]
    fn texts_are_cut_by_cells() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        assert_eq!(fit("publish", 7, theme.glyphs), "publish");
        assert_eq!(fit("publish", 5, theme.glyphs), "publ…");
        assert_eq!(fit("日本語", 4, theme.glyphs), "日…");
        assert_eq!(fit("publish", 0, theme.glyphs), "");
        assert_eq!(fit("publish", 1, theme.glyphs), "…");
    }

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("add a certificate", 8), ["add a", "certific", "ate"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("  \"a\": 1", 8), ["  \"a\": 1"]);
        assert_eq!(wrap("  ab cd ef", 7), ["  ab cd", "  ef"]);
        assert_eq!(wrap("one\ntwo", 8), ["one", "two"]);
    }
}
