//! JSON as text to read: indented, and its parts coloured. Keeps the order of keys and every digit.

use std::ops::Range;

use ratatui::style::Style;
use serde::de::IgnoredAny;

use crate::tui::theme::Theme;

/// Returns the text with one value per line, or `None` if it is not JSON.
pub fn indented(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth: usize = 0;
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest);
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        match first {
            '{' | '[' if rest.starts_with(['}', ']']) => {
                out.push(first);
                out.push_str(&rest[..1]);
                rest = rest[1..].trim_start();
            }
            '{' | '[' => {
                depth += 1;
                out.push(first);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(first);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    Some(out)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Returns the length in bytes of the first token, which may be cut off at the end of the text.
fn token_length(text: &str) -> usize {
    let mut letters = text.char_indices();
    match letters.next() {
        Some((_, '"')) => {
            let mut is_escaped = false;
            for (at, letter) in letters {
                match letter {
                    '"' if !is_escaped => return at + 1,
                    '\\' => is_escaped = !is_escaped,
                    _ => is_escaped = false,
                }
            }
            text.len()
        }
        Some((_, first)) if is_word(first) => {
            text.find(|letter| !is_word(letter)).unwrap_or(text.len())
        }
        Some((_, first)) => first.len_utf8(),
        None => 0,
    }
}

/// Whether the letter is part of a number, or of `true`, `false` and `null`.
fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.')
}

/// Returns the parts of a line of JSON with a style of their own.
pub fn coloured(line: &str, theme: &Theme) -> Vec<(Range<usize>, Style)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let end = at + token_length(rest);
        let style = if rest.starts_with('"') {
            let is_key = line[end..].trim_start().starts_with(':');
            Some(if is_key { theme.accent } else { theme.fine })
        } else if rest.starts_with(is_word) {
            Some(theme.soon)
        } else if rest.starts_with(char::is_whitespace) {
            None
        } else {
            Some(theme.quiet)
        };
        parts.extend(style.map(|style| (at..end, style)));
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{GlyphSet, ThemeName};

    #[test]
    fn json_is_indented_and_otherwise_unchanged() {
        let text =
            r#" {"z":[1e400,12345678901234567890.10 ,true], "a":{},"e":[ ] ,"t":"a,\"{:\\" } "#;
        let expected = "{\n  \"z\": [\n    1e400,\n    12345678901234567890.10,\n    true\n  ],\n  \"a\": {},\n  \"e\": [],\n  \"t\": \"a,\\\"{:\\\\\"\n}";
        assert_eq!(indented(text).as_deref(), Some(expected));
        assert_eq!(indented(expected).as_deref(), Some(expected));
        for text in ["", "{", "<html>", "{\"a\":1} x", "nul"] {
            assert_eq!(indented(text), None, "{text}");
        }
    }

    #[test]
    fn keys_strings_and_numbers_have_colours() {
        let theme = Theme::new(ThemeName::Dark, GlyphSet::Unicode);
        let styles = |line: &str| -> Vec<(String, Style)> {
            let parts = coloured(line, &theme).into_iter();
            let parts = parts.map(|(range, style)| (line[range].to_owned(), style));
            parts.filter(|(_, style)| *style != theme.quiet).collect()
        };
        let part = |text: &str, style| (text.to_owned(), style);
        assert_eq!(
            styles(r#"  "k:\"": "v: é","n": -1.5e3, "b": null"#),
            [
                part(r#""k:\"""#, theme.accent),
                part(r#""v: é""#, theme.fine),
                part(r#""n""#, theme.accent),
                part("-1.5e3", theme.soon),
                part(r#""b""#, theme.accent),
                part("null", theme.soon),
            ]
        );
        assert_eq!(styles("\"cut \\"), [part("\"cut \\", theme.fine)]);
    }
}
