//! Sanitises untrusted text for display. Text from servers, files and names that users type is cleaned once, when it is read.

use unicode_width::UnicodeWidthChar;

/// The maximum number of combining marks per character. More would overlap other lines; no living script needs more.
const MAX_MARKS: usize = 4;
const TAB: &str = "    ";

/// Removes C0, C1, ESC sequences, bidi controls and other invisible characters; line ends become spaces;
/// cut to `max_chars` with `...`.
pub fn clean(text: &str, max_chars: usize) -> String {
    // Fast path: most texts are printable ASCII, and the list, which holds thousands, is read on every start.
    if text.len() <= max_chars && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    shorten(
        &Cleaner::new(LineEnds::AsSpaces, max_chars).run(text),
        max_chars,
    )
}

/// Like [`clean`], but keeps line ends (as `\n`) and tabs (as spaces): for bodies and notes.
pub fn clean_lines(text: &str, max_chars: usize) -> String {
    shorten(
        &Cleaner::new(LineEnds::Kept, max_chars).run(text),
        max_chars,
    )
}

/// Like [`clean_lines`], without a length limit, and keeps tabs.
pub fn clean_for_terminal(text: &str) -> String {
    Cleaner::new(LineEnds::KeptWithTabs, usize::MAX).run(text)
}

/// Ends a shortened text. ASCII, because some terminals have nothing else.
const DOTS: &str = "...";

fn shorten(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some(_) if max_chars <= DOTS.len() => text.chars().take(max_chars).collect(),
        Some(_) => text
            .chars()
            .take(max_chars - DOTS.len())
            .chain(DOTS.chars())
            .collect(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineEnds {
    AsSpaces,
    Kept,
    KeptWithTabs,
}

/// The position within a control sequence of a terminal (ECMA-48).
#[derive(Clone, Copy)]
enum Sequence {
    Text,
    Escape,
    /// `ESC [`, up to its final byte.
    Control,
    /// String sequences (OSC, DCS, SOS, PM, APC), up to BEL, ST, CAN, SUB or the end of the line.
    Payload,
    /// ESC within a payload; `\` completes ST.
    PayloadEscape,
}

struct Cleaner {
    line_ends: LineEnds,
    sequence: Sequence,
    marks: usize,
    /// Stop after this many bytes, so that a huge input costs no more than a short one.
    max_bytes: usize,
    safe: String,
}

impl Cleaner {
    fn new(line_ends: LineEnds, max_chars: usize) -> Self {
        Self {
            line_ends,
            sequence: Sequence::Text,
            marks: 0,
            max_bytes: max_chars.saturating_mul(4).saturating_add(4096),
            safe: String::new(),
        }
    }

    fn run(mut self, text: &str) -> String {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if self.safe.len() > self.max_bytes {
                break;
            }
            if c == '\r' && chars.peek() == Some(&'\n') {
                continue;
            }
            self.consume(c);
        }
        self.safe
    }

    fn consume(&mut self, c: char) {
        match self.sequence {
            _ if is_line_end(c) => {
                // A line end terminates every sequence; otherwise an unterminated one would hide the rest of the text.
                self.sequence = Sequence::Text;
                self.push(if self.line_ends == LineEnds::AsSpaces {
                    ' '
                } else {
                    '\n'
                });
            }
            Sequence::Text => self.consume_text(c),
            Sequence::Escape => {
                self.sequence = match c {
                    '[' => Sequence::Control,
                    ']' | 'P' | 'X' | '^' | '_' => Sequence::Payload,
                    ' '..='/' | '\u{1b}' => Sequence::Escape,
                    '0'..='~' => Sequence::Text,
                    _ => return self.restart(c),
                }
            }
            Sequence::Control => match c {
                '@'..='~' => self.sequence = Sequence::Text,
                ' '..='?' => {}
                _ => self.restart(c),
            },
            Sequence::Payload => match c {
                '\u{7}' | '\u{18}' | '\u{1a}' | '\u{9c}' => self.sequence = Sequence::Text,
                '\u{1b}' => self.sequence = Sequence::PayloadEscape,
                _ => {}
            },
            Sequence::PayloadEscape => {
                self.sequence = match c {
                    '\\' => Sequence::Text,
                    '\u{1b}' => Sequence::PayloadEscape,
                    '[' => Sequence::Control,
                    _ => Sequence::Payload,
                }
            }
        }
    }

    fn restart(&mut self, c: char) {
        self.sequence = Sequence::Text;
        self.consume_text(c);
    }

    fn consume_text(&mut self, c: char) {
        match c {
            '\u{1b}' => self.sequence = Sequence::Escape,
            '\u{9b}' => self.sequence = Sequence::Control,
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                self.sequence = Sequence::Payload;
            }
            '\t' if self.line_ends == LineEnds::KeptWithTabs => self.push('\t'),
            '\t' if self.line_ends == LineEnds::Kept => {
                self.safe.push_str(TAB);
                self.marks = 0;
            }
            _ if c == '\t' || is_space_lookalike(c) => self.push(' '),
            _ if c.is_control() || is_invisible(c) => {}
            _ if let Some(letter) = flag_letter(c) => self.push(letter),
            _ if c.width() == Some(0) => {
                // Drop combining marks without a base character: they would combine with the frame around the text.
                let has_base = self.safe.chars().last().is_some_and(|last| last != '\n');
                if has_base && self.marks < MAX_MARKS {
                    self.marks += 1;
                    self.safe.push(c);
                }
            }
            _ => self.push(c),
        }
    }

    fn push(&mut self, c: char) {
        self.marks = 0;
        self.safe.push(c);
    }
}

/// Converts a regional indicator to its letter (a flag to `DE`), because terminals disagree about the width of flags.
fn flag_letter(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(0x1f1e6)?;
    char::from_digit(at.checked_add(10)?, 36).map(|letter| letter.to_ascii_uppercase())
}

fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Spaces that look like U+0020. Replaced, so that two names that look the same are equal.
fn is_space_lookalike(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Invisible characters that can reorder or hide text.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
        // Hangul fillers and the Khmer vowels that are never shown.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}'
        // Zero width, bidi marks, embeddings, isolates, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Skin tones: some terminals merge them with the emoji before them.
        | '\u{1f3fb}'..='\u{1f3ff}'
        // Blank Braille cell, object replacement character, null notehead: all blank.
        | '\u{2800}' | '\u{fffc}' | '\u{1d159}'
        // Prepended format characters that enclose the following digits; hieroglyph format controls.
        | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1345f}'
        // Variation selectors, the byte order mark, annotations, non-characters.
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}'
        // Shorthand and music controls; tags and the variation selectors beside them.
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        // Private use: the glyph depends on the font.
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Formats a number with its noun, which is given in the singular.
///
/// ```
/// use aemkeys_core::credential::text::counted;
/// assert_eq!(counted(1, "identity"), "1 identity");
/// assert_eq!(counted(2, "identity"), "2 identities");
/// assert_eq!(counted(0, "token"), "0 tokens");
/// ```
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count: u64 = count.try_into().unwrap_or(u64::MAX);
    // `identity`, but not `key` and `day`.
    let stem = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (count, stem) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}") + "s",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_unchanged() {
        for text in ["", "brand-prod", "Größe, 東京, naïve café", "a… b"] {
            assert_eq!(clean(text, 80), text);
        }
    }

    /// Input fields clean each typed character separately, so a single space must be kept.
    #[test]
    fn leading_and_trailing_spaces_are_kept() {
        assert_eq!(clean(" ", 80), " ");
        assert_eq!(clean("  a ", 80), "  a ");
    }

    #[test]
    fn line_ends_become_spaces_or_are_kept() {
        assert_eq!(clean("a\r\nb\nc\rd\u{2028}e\u{85}f", 80), "a b c d e f");
        assert_eq!(clean_lines("a\r\nb\rc\td\u{2029}e", 80), "a\nb\nc    d\ne");
    }

    #[test]
    fn tabs_become_one_space_or_four() {
        assert_eq!(clean("a\tb", 80), "a b");
        assert_eq!(clean_lines("a\tb", 80), "a    b");
        assert_eq!(clean_for_terminal("a\tb\r\nc"), "a\tb\nc");
    }

    #[test]
    fn terminal_sequences_are_removed_with_their_payload() {
        for (text, left) in [
            ("a\u{1b}[31;1mred\u{1b}[0m", "ared"),
            ("a\u{1b}]0;evil title\u{7}b", "ab"),
            ("a\u{1b}]52;c;ZXZpbA==\u{1b}\\b", "ab"),
            ("a\u{9d}52;c;ZXZpbA==\u{9c}b", "ab"),
            ("a\u{1b}P1;2|payload\u{1b}\\b", "ab"),
            ("a\u{9b}2Jb", "ab"),
            ("a\u{1b}(0b\u{1b}cc", "abc"),
            ("a\u{1b}\u{1b}[2Jb", "ab"),
            ("a\u{1b}", "a"),
            ("a\u{1b}]0;never ended\nnext", "a next"),
            ("a\u{1b}]0;x\u{1b}[2Jb", "ab"),
        ] {
            assert_eq!(clean(text, 80), left, "{text:?}");
        }
    }

    #[test]
    fn invisible_and_reordering_characters_are_removed() {
        let text = "a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{e0041}f\u{ad}g\u{7f}h\u{0}i\u{fe0f}j";
        assert_eq!(clean(text, 80), "abcdefghij");
        assert_eq!(clean("a\u{a0}b", 80), "a b");
        let text = "a\u{2800}b\u{fffc}c\u{1d159}d\u{600}e\u{605}f\u{6dd}g\u{70f}h\u{8e2}i\u{110bd}j\u{110cd}k\u{13430}l\u{1345f}m";
        assert_eq!(clean(text, 80), "abcdefghijklm");
    }

    #[test]
    fn emoji_have_the_same_width_in_every_terminal() {
        assert_eq!(clean("🇩🇪 👍🏽 👩‍💻", 80), "DE 👍 👩💻");
    }

    #[test]
    fn combining_marks_are_limited_and_need_a_base() {
        let tower = format!("e{}x", "\u{301}".repeat(50));
        assert_eq!(clean(&tower, 80).chars().count(), 2 + MAX_MARKS);
        assert_eq!(clean("\u{301}a", 80), "a");
        assert_eq!(clean_lines("a\n\u{301}b", 80), "a\nb");
    }

    #[test]
    fn long_text_ends_with_an_ellipsis() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abc...");
        assert_eq!(clean("abc", 1), "a");
        assert_eq!(clean("abc", 0), "");
        assert_eq!(clean(&"x".repeat(1_000_000), 10), "xxxxxxx...");
    }

    proptest! {
        #[test]
        fn control_and_invisible_characters_are_removed(text in any::<String>(), max in 0usize..100) {
            for (safe, kept, max) in [
                (clean(&text, max), "", max),
                (clean_lines(&text, max), "\n", max),
                (clean_for_terminal(&text), "\n\t", usize::MAX),
            ] {
                prop_assert!(safe.chars().count() <= max);
                for c in safe.chars() {
                    let is_control = c.is_control() && !kept.contains(c);
                    prop_assert!(!is_control, "{:?}", c);
                    prop_assert!(!is_invisible(c), "{:?}", c);
                }
            }
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text, 1000);
            prop_assert_eq!(clean(&once, 1000), once);
            let once = clean_lines(&text, 1000);
            prop_assert_eq!(clean_lines(&once, 1000), once);
        }

        #[test]
        fn sequences_around_text_never_leave_an_escape(
            text in "[\\x1b\\x07\u{9b}\u{9d}\\[\\]\\\\0-9;mPa\n ]{0,60}"
        ) {
            let left = clean(&text, 100);
            let escaped = left.contains(['\u{1b}', '\u{9b}', '\u{9d}', '\u{7}']);
            prop_assert!(!escaped);
        }
    }
}
