//! Text helpers: cutting, wrapping, and short texts shared by all pages.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_truncate::UnicodeTruncateStr;
use unicode_width::UnicodeWidthStr;

use super::form::Form;
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

/// Returns the wrapped text.
pub fn paragraph<'a>(text: &str, style: impl Into<Style>, columns: u16) -> Vec<Line<'a>> {
    hanging(Vec::new(), text, style, columns)
}

/// Returns the frame of the spinner, or a fixed glyph without motion.
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

/// Returns a key hint: `c copy`.
pub fn hint<'a>(key: impl Into<String>, what: impl Into<String>, theme: &Theme) -> Vec<Span<'a>> {
    vec![
        Span::styled(key.into(), theme.accent),
        Span::styled(format!(" {}", what.into()), theme.quiet),
    ]
}

/// Returns several key hints, separated by two spaces.
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

/// Returns the key hints of a form.
pub fn form_hints<'a>(form: &Form, theme: &Theme) -> Line<'a> {
    let enter = form.enter_title();
    hint_line(
        &[("Enter", &enter), ("Tab", "next"), ("Esc", "cancel")],
        theme,
    )
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
