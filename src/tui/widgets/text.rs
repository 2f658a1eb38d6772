//! Text helpers: cutting, wrapping, and short texts shared by all pages.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_truncate::UnicodeTruncateStr;
use unicode_width::UnicodeWidthStr;

use crate::tui::theme::{Glyphs, Theme};

/// Returns the width of a text in cells.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Returns the spaces after a text that fill the columns.
pub fn gap_after(text: &str, columns: u16) -> String {
    " ".repeat(columns.saturating_sub(width(text)).into())
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

/// Returns the text, cut in the middle if it is wider than `columns`. For names, which often differ only at the end.
pub fn fit_middle(text: &str, columns: u16, glyphs: &Glyphs) -> String {
    /// A name is recognised by these many letters at its beginning. If not as many are left for its end, it is cut there.
    const START: usize = 5;
    const LEAST: usize = 9;
    let room = usize::from(columns).saturating_sub(glyphs.ellipsis.width());
    if width(text) <= columns || room < LEAST {
        return fit(text, columns, glyphs);
    }
    let (start, taken) = text.unicode_truncate((room / 3).max(START));
    let (end, _) = text.unicode_truncate_start(room - taken);
    format!("{start}{}{end}", glyphs.ellipsis)
}

/// Returns the text, with its longest words cut in the middle if it is wider than `columns`. For titles with names in them.
pub fn fit_words(text: &str, columns: u16, glyphs: &Glyphs) -> String {
    const LEAST: u16 = 12;
    let mut words: Vec<Cow<'_, str>> = text.split(' ').map(Cow::Borrowed).collect();
    loop {
        let line = words.join(" ");
        let over = width(&line).saturating_sub(columns);
        let longest = words.iter_mut().max_by_key(|word| width(word));
        match longest.filter(|word| over > 0 && width(word) > LEAST) {
            Some(word) => {
                let room = width(word).saturating_sub(over).max(LEAST);
                *word = fit_middle(word, room, glyphs).into();
            }
            None => return fit(&line, columns, glyphs),
        }
    }
}

/// Returns whether two lines have room side by side.
pub fn fit_beside(left: &Line<'_>, right: &Line<'_>, area: Rect) -> bool {
    left.width() + 1 + right.width() <= area.width.into()
}

/// Returns whether texts have room beside each other, with a gap between them.
pub fn fit_in_row<'a>(texts: impl Iterator<Item = &'a str>, gap: u16, columns: u16) -> bool {
    texts.map(|text| width(text) + gap).sum::<u16>() <= columns.saturating_add(gap)
}

/// Cuts the longest part of a line that is wider than `columns`, with [`fit`] or [`fit_middle`].
pub fn cut<'a>(
    mut line: Line<'a>,
    columns: u16,
    glyphs: &Glyphs,
    fit: fn(&str, u16, &Glyphs) -> String,
) -> Line<'a> {
    let over = line.width().saturating_sub(usize::from(columns));
    let longest = line.spans.iter_mut().max_by_key(|span| span.width());
    if let Some(longest) = longest.filter(|_| over > 0) {
        let room = longest.width().saturating_sub(over);
        let room = u16::try_from(room).unwrap_or(u16::MAX);
        longest.content = fit(&longest.content, room, glyphs).into();
    }
    line
}

/// Wraps a text at spaces into lines of at most `columns`, and addresses also at their parts. Longer words are split, and
/// indentation is kept.
pub fn wrap(text: &str, columns: u16) -> Vec<Cow<'_, str>> {
    let columns = usize::from(columns.max(1));
    let wrap_line = |line| {
        let indent = line_indent(line, columns / 2);
        let options = Options::new(columns)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .word_separator(WordSeparator::Custom(words_and_parts))
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(line.trim_start_matches(' '), options)
    };
    text.split('\n').flat_map(wrap_line).collect()
}

/// Splits at spaces, and a long address after each `@`, `.`, `-`, `/` and `:` between letters or digits.
fn words_and_parts(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    // Shorter words, such as commands and names, stay whole: they can be copied.
    const LONG: usize = 24;
    let words = WordSeparator::AsciiSpace.find_words(line);
    Box::new(words.flat_map(|word| {
        let text = &line[offset(line, word.word)..][..word.word.len() + word.whitespace.len()];
        let ends = text.char_indices().zip(text.chars().skip(1));
        let ends = ends.filter(|((at, letter), next)| {
            let is_inner = *at > 0 && next.is_alphanumeric();
            word.word.len() > LONG && is_inner && "@.-/:".contains(*letter)
        });
        // The separators are ASCII.
        let mut ends: Vec<usize> = ends.map(|((at, _), _)| at + 1).collect();
        ends.push(text.len());
        let mut start = 0;
        ends.into_iter().map(move |end| {
            let part = &text[start..end];
            start = end;
            Word::from(part)
        })
    }))
}

/// The position of a part of a text.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

fn line_indent(line: &str, most: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    &line[..spaces.min(most)]
}

/// Returns the wrapped text after a prefix, with a hanging indent. Beside a prefix of more than half of the columns there is too
/// little room: the text is below it.
pub fn hanging<'a>(
    head: Vec<Span<'a>>,
    text: &str,
    style: impl Into<Style>,
    columns: u16,
) -> Vec<Line<'a>> {
    const BELOW: usize = 4;
    let style = style.into();
    let mut indent: usize = head.iter().map(Span::width).sum();
    let mut head = Some(head);
    let mut above = None;
    if indent > BELOW && indent > usize::from(columns / 2) {
        indent = BELOW;
        let beside = head
            .replace(vec![Span::raw(" ".repeat(BELOW))])
            .map(Line::from);
        above = beside.filter(|head| !head.to_string().trim().is_empty());
    }
    let room = columns.saturating_sub(u16::try_from(indent).unwrap_or(u16::MAX));
    let lines = wrap(text, room).into_iter().map(|part| {
        let mut spans = head
            .take()
            .unwrap_or_else(|| vec![Span::raw(" ".repeat(indent))]);
        spans.push(Span::styled(part.into_owned(), style));
        Line::from(spans)
    });
    above.into_iter().chain(lines).collect()
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
        StepBox::Done => (theme.glyphs.done, theme.fine),
        StepBox::Open => (theme.glyphs.to_do, theme.quiet),
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

/// Returns the names, of which at most so many are shown: `wknd-dev, wknd-stage and 3 more`.
pub fn listed(names: &[String], most: usize) -> String {
    let (shown, rest) = names.split_at(most.min(names.len()));
    match rest.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns a key hint: `c copy`.
pub fn hint<'a>(key: impl Into<String>, what: impl Into<String>, theme: &Theme) -> Vec<Span<'a>> {
    let (key, what) = (key.into(), what.into());
    // Where actions are typed, the key is the name of the action.
    let what = if what.trim_end() == key {
        what.replacen(&key, "", 1)
    } else {
        format!(" {what}")
    };
    vec![
        Span::styled(key, theme.accent),
        Span::styled(what, theme.quiet),
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
    fn names_are_cut_in_the_middle() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        let name = "adventures-workstation-17";
        assert_eq!(fit_middle(name, 25, theme.glyphs), name);
        assert_eq!(fit_middle(name, 13, theme.glyphs), "adven…tion-17");
        assert_eq!(fit_middle("日本語日本語", 11, theme.glyphs), "日本…日本語");
        assert_eq!(fit_middle(name, 6, theme.glyphs), "adven…");
        for columns in 0..30 {
            assert!(width(&fit_middle(name, columns, theme.glyphs)) <= columns);
        }
    }

    #[test]
    fn titles_keep_all_their_words() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        let title = "wknd-stage > GET /libs/granite/security/currentuser.json";
        assert_eq!(fit_words(title, 80, theme.glyphs), title);
        let short = "wknd-stage > GET /libs/g\u{2026}rrentuser.json";
        assert_eq!(fit_words(title, 39, theme.glyphs), short);
        assert_eq!(
            fit_words(title, 16, theme.glyphs),
            "wknd-stage > GE\u{2026}"
        );
        for columns in 0..60 {
            assert!(width(&fit_words(title, columns, theme.glyphs)) <= columns);
        }
    }

    #[test]
    fn long_addresses_wrap_at_their_parts() {
        assert_eq!(
            wrap("4a1b0000-0000-4000-8000@techacct.adobe.com", 30),
            ["4a1b0000-0000-4000-8000@", "techacct.adobe.com"]
        );
        assert_eq!(
            wrap("on author-p123-e1250.adobeaemcloud.com now", 24),
            ["on author-p123-e1250.", "adobeaemcloud.com now"]
        );
        // Commands stay whole.
        assert_eq!(
            wrap("run aemkeys-x --json", 12),
            ["run", "aemkeys-x", "--json"]
        );
    }

    #[test]
    fn a_text_is_below_a_head_that_leaves_it_less_than_half() {
        let lines = |head: &str, columns| -> Vec<String> {
            let head = vec![Span::raw(head.to_owned())];
            let lines = hanging(head, "stored as wknd", Style::new(), columns);
            lines
                .iter()
                .map(|it| it.to_string().trim_end().to_owned())
                .collect()
        };
        let head = "[x] p1-e2   ";
        assert_eq!(
            lines(head, 24),
            ["[x] p1-e2   stored as", "            wknd"]
        );
        assert_eq!(lines(head, 23), ["[x] p1-e2", "    stored as wknd"]);
        // An indent alone is no head.
        assert_eq!(lines(&" ".repeat(12), 23), ["    stored as wknd"]);
    }

    #[test]
    fn a_list_says_how_many_names_are_left_out() {
        let names = ["dev", "stage", "rde"].map(str::to_owned);
        assert_eq!(listed(&names, 3), "dev, stage, rde");
        assert_eq!(listed(&names, 2), "dev, stage and 1 more");
        assert_eq!(listed(&[], 2), "");
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
