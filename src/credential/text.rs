//! How does foreign text become safe to show? Every text from a server, file or name passes here once, at entry.

use unicode_segmentation::UnicodeSegmentation;

/// Combining marks kept on one character; more only stack up over other lines.
const MARKS_KEPT: usize = 4;

/// Removes C0, C1, ESC sequences, bidi controls and other invisible characters; line ends become spaces;
/// cut to `max_chars` with `…`.
pub fn clean(text: &str, max_chars: usize) -> String {
    let one_line = strip(text, max_chars, ' ');
    cut(&one_line, max_chars)
}

/// As [`clean`], but keeps line ends (as `\n`) and tabs (as spaces): for bodies and notes.
pub fn clean_lines(text: &str, max_chars: usize) -> String {
    let lines = strip(text, max_chars, '\n');
    cut(&lines, max_chars)
}

/// One pass over at most a little more than what will be kept: a hostile text of 1 GB costs no more than a short one.
fn strip(text: &str, max_chars: usize, line_end: char) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars * 2));
    let mut kept = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if kept > max_chars {
            break;
        }
        let visible = match c {
            '\u{1b}' => {
                skip_escape(&mut rest);
                continue;
            }
            '\u{9b}' => {
                skip_csi(&mut rest);
                continue;
            }
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                skip_string(&mut rest);
                continue;
            }
            '\r' if rest.peek() == Some(&'\n') => continue,
            '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => line_end,
            '\t' => ' ',
            c if is_invisible(c) => continue,
            c => c,
        };
        out.push(visible);
        kept += 1;
    }
    out
}

fn cut(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = 0;
    for cluster in text.graphemes(true) {
        let kept: String = cluster.chars().take(1 + MARKS_KEPT).collect();
        let length = kept.chars().count();
        if chars + length > max_chars {
            // The ellipsis needs a place of its own.
            while chars >= max_chars.max(1) {
                out.pop();
                chars -= 1;
            }
            if max_chars > 0 {
                out.push('…');
            }
            return out;
        }
        out.push_str(&kept);
        chars += length;
    }
    out
}

/// After ESC: a CSI sequence, a string sequence (OSC, DCS, ..) with its payload, or one character.
fn skip_escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_csi(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            skip_string(rest);
        }
        Some(c) if ('\u{20}'..='\u{2f}').contains(c) => {
            while rest
                .next_if(|c| ('\u{20}'..='\u{2f}').contains(c))
                .is_some()
            {}
            rest.next_if(|c| ('\u{30}'..='\u{7e}').contains(c));
        }
        Some(c) if ('\u{30}'..='\u{7e}').contains(c) => {
            rest.next();
        }
        _ => {}
    }
}

fn skip_csi(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while rest
        .next_if(|c| ('\u{20}'..='\u{3f}').contains(c))
        .is_some()
    {}
    rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

/// To the string terminator (ESC \, ST) or BEL. An unfinished one ends at a line end: it must not eat the whole text.
fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(c) = rest.peek() {
        match c {
            '\n' | '\r' => return,
            '\u{7}' | '\u{9c}' => {
                rest.next();
                return;
            }
            '\u{1b}' => {
                rest.next();
                rest.next_if_eq(&'\\');
                return;
            }
            _ => {
                rest.next();
            }
        }
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_vanish_with_their_payload() {
        assert_eq!(clean("a\u{1b}[31mb\u{1b}]52;c;c2VjcmV0\u{7}c", 80), "abc");
        assert_eq!(clean("a\u{9b}1;2Hb\u{9d}0;t\u{9c}c", 80), "abc");
        assert_eq!(clean("a\u{1b}]0;never ends", 80), "a");
        assert_eq!(clean("a\u{1b}(Bb\u{1b}cd", 80), "abd");
    }

    #[test]
    fn what_cannot_be_seen_is_gone() {
        assert_eq!(
            clean("a\u{202e}b\u{200b}c\u{feff}\u{0}\u{7f}d\u{e0041}", 80),
            "abcd"
        );
    }

    #[test]
    fn line_ends_become_spaces_or_stay() {
        assert_eq!(clean("a\r\nb\nc\rd\u{2028}e", 80), "a b c d e");
        assert_eq!(clean_lines("a\r\nb\tc", 80), "a\nb c");
    }

    #[test]
    fn long_texts_are_cut_with_an_ellipsis() {
        assert_eq!(clean("abcdef", 4), "abc…");
        assert_eq!(clean("abcd", 4), "abcd");
        assert_eq!(clean("abcd", 0), "");
        assert_eq!(clean(&"x".repeat(1_000_000), 10).chars().count(), 10);
    }

    #[test]
    fn marks_do_not_stack() {
        let zalgo = format!("a{}b", "\u{301}".repeat(50));
        assert_eq!(clean(&zalgo, 80).chars().count(), 6);
    }
}
