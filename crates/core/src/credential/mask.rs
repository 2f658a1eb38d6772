//! Removes secrets from text that is shown to a person, in whatever form a server repeats them.
//!
//! Only letters and digits are compared, after escapes are decoded, so that line wraps, quotes, and the difference between
//! base64 and base64url do not matter. Parts of a secret are found too.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Secret;
use super::text::clean_for_terminal;

/// This many letters and digits of a token do not occur by chance.
const GRAM: usize = 16;
/// A shorter secret would match ordinary text.
const MIN_GRAM: usize = 8;
/// Layers of escapes that are decoded: `%2541` has two.
const DEPTH: usize = 3;
/// A long text is searched in pieces, so that a body of 64 MiB does not need a gigabyte of memory.
const PIECE: usize = 1024 * 1024;
/// Longer than any form of the longest token.
const OVERLAP: usize = 256 * 1024;
const MASK: &str = "[redacted]";

/// A decoded byte and its range in the text.
#[derive(Clone, Copy)]
struct Unit {
    byte: u8,
    from: usize,
    to: usize,
}

/// Returns a response as text that can be shown: safe for a terminal, and without the secrets that were sent.
pub fn readable(answer: &[u8], secrets: &[Secret]) -> String {
    // Sanitised first: removed characters may interrupt a secret.
    let text = clean_for_terminal(&String::from_utf8_lossy(answer));
    secrets
        .iter()
        .fold(text, |text, secret| mask(&text, secret))
}

/// Replaces the secret, and every part of at least [`GRAM`] letters and digits, with `[redacted]`.
fn mask(text: &str, secret: &Secret) -> String {
    let forms = forms(secret.expose());
    let gram = forms.first().map_or(0, |plain| plain.len().min(GRAM));
    if gram < MIN_GRAM {
        return text.to_owned();
    }
    let grams: HashSet<&[u8]> = forms.iter().flat_map(|form| form.windows(gram)).collect();
    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for range in ranges(text, &grams, gram) {
        out.push_str(&text[shown..range.start]);
        out.push_str(MASK);
        shown = range.end;
    }
    out.push_str(&text[shown..]);
    out
}

/// Returns letters and digits of each form: plain (first), base64 at its three offsets, hexadecimal.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    for offset in 0..3 {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(secret);
        let encoded = STANDARD_NO_PAD.encode(padded);
        // The first characters depend on the bytes before the secret.
        let first = [0, 2, 3][offset];
        forms.push(encoded.as_bytes()[first.min(encoded.len())..].to_vec());
    }
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let pairs = secret.iter().flat_map(|byte| {
            [
                digits[usize::from(byte >> 4)],
                digits[usize::from(byte & 15)],
            ]
        });
        forms.push(pairs.collect());
    }
    for form in &mut forms {
        form.retain(u8::is_ascii_alphanumeric);
    }
    forms
}

/// Returns the ranges of the secret, in order and without overlap.
fn ranges(text: &str, grams: &HashSet<&[u8]>, gram: usize) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut from = 0_usize;
    loop {
        let to = boundary(text, from.saturating_add(PIECE + OVERLAP));
        for found in ranges_in_piece(&text[from..to], grams, gram) {
            let found = found.start + from..found.end + from;
            match all.last_mut() {
                Some(last) if found.start <= last.end => last.end = last.end.max(found.end),
                _ => all.push(found),
            }
        }
        if to == text.len() {
            return all;
        }
        from = boundary(text, from + PIECE);
    }
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ranges_in_piece(text: &str, grams: &HashSet<&[u8]>, gram: usize) -> Vec<Range<usize>> {
    let mut units = text
        .char_indices()
        .map(|(at, letter)| Unit {
            byte: u8::try_from(letter).unwrap_or(0),
            from: at,
            to: at + letter.len_utf8(),
        })
        .collect::<Vec<_>>();
    for _ in 0..DEPTH {
        let before = units.len();
        units = decoded(&units);
        if units.len() == before {
            break;
        }
    }
    units.retain(|unit| unit.byte.is_ascii_alphanumeric());
    let bytes: Vec<u8> = units.iter().map(|unit| unit.byte).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, window) in bytes.windows(gram).enumerate() {
        if !grams.contains(window) {
            continue;
        }
        let (start, end) = (units[at].from, units[at + gram - 1].to);
        match found.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

/// Decodes one layer of URL, JSON and HTML escapes.
fn decoded(units: &[Unit]) -> Vec<Unit> {
    let mut out = Vec::with_capacity(units.len());
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        let (byte, length) = escape(&units[at..]).unwrap_or((unit.byte, 1));
        out.push(Unit {
            byte,
            from: unit.from,
            to: units[at + length - 1].to,
        });
        at += length;
    }
    out
}

/// Returns the value and length of the escape at the start.
fn escape(units: &[Unit]) -> Option<(u8, usize)> {
    let byte = |at: usize| units.get(at).map(|unit| unit.byte);
    match (byte(0)?, byte(1)?) {
        (b'%', _) => number(&units[1..], 16, 2)
            .filter(|(_, length)| *length == 2)
            .map(|(value, length)| (value, length + 1)),
        (b'\\', b'u') if byte(2) == Some(b'{') => {
            let (value, length) = number(&units[3..], 16, 6)?;
            (byte(3 + length) == Some(b'}')).then_some((value, length + 4))
        }
        (b'\\', b'u') => number(&units[2..], 16, 4)
            .filter(|(_, length)| *length == 4)
            .map(|(value, length)| (value, length + 2)),
        (b'\\', b'x') => number(&units[2..], 16, 2).map(|(value, length)| (value, length + 2)),
        (b'\\', b'n' | b'r' | b't' | b'f' | b'b' | b'v') => Some((b' ', 2)),
        (b'\\', b'0'..=b'7') => {
            number(&units[1..], 8, 3).map(|(value, length)| (value, length + 1))
        }
        (b'\\', other) => (!other.is_ascii_alphanumeric()).then_some((other, 2)),
        (b'&', b'#') => {
            let is_hex = matches!(byte(2)?, b'x' | b'X');
            let (begin, radix) = if is_hex { (3, 16) } else { (2, 10) };
            let (value, length) = number(units.get(begin..)?, radix, 7)?;
            let end = begin + length;
            Some((value, end + usize::from(byte(end) == Some(b';'))))
        }
        (b'<', _) => ["<br>", "<br/>", "<br />", "<wbr>"]
            .into_iter()
            .find(|tag| {
                units.len() >= tag.len()
                    && tag
                        .bytes()
                        .zip(units)
                        .all(|(wanted, unit)| unit.byte.eq_ignore_ascii_case(&wanted))
            })
            .map(|tag| (b' ', tag.len())),
        _ => None,
    }
}

/// Parses up to `most` digits. Returns the value (a space if it is not ASCII) and the number of digits.
fn number(units: &[Unit], radix: u32, most: usize) -> Option<(u8, usize)> {
    let digits: Vec<u32> = units
        .iter()
        .take(most)
        .map_while(|unit| char::from(unit.byte).to_digit(radix))
        .collect();
    let value = digits
        .iter()
        .fold(0_u32, |value, digit| value.wrapping_mul(radix) + digit);
    let value = u8::try_from(value).ok().filter(u8::is_ascii);
    (!digits.is_empty()).then_some((value.unwrap_or(b' '), digits.len()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str =
        "eyJhbGciOiJSUzI1NiJ9.eyJjbGllbnRfaWQiOiJjbS1wMS1lMiJ9.dGhpcy1pcy1ub3QtYS1zaWduYXR1cmU_-x";

    fn masked(text: &str) -> String {
        mask(text, &Secret::from(TOKEN))
    }

    fn each(write: impl Fn(u8) -> String) -> String {
        TOKEN.bytes().map(write).collect()
    }

    fn forms() -> Vec<String> {
        let wrapped = |width: usize, end: &str| {
            let lines: Vec<&str> = TOKEN
                .as_bytes()
                .chunks(width)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect();
            lines.join(end)
        };
        vec![
            TOKEN.to_owned(),
            format!("\"Bearer {TOKEN}\""),
            STANDARD.encode(TOKEN),
            URL_SAFE_NO_PAD.encode(TOKEN),
            STANDARD.encode(format!("Bearer {TOKEN}")),
            STANDARD.encode(format!("x{TOKEN}")),
            STANDARD.encode(format!("xy{TOKEN}yz")),
            each(|byte| format!("%{byte:02X}")),
            each(|byte| format!("%{byte:02x}")),
            each(|byte| format!("%25{byte:02x}")),
            each(|byte| format!("\\u{byte:04x}")),
            each(|byte| format!("\\\\u{byte:04X}")),
            each(|byte| format!("\\u{{{byte:x}}}")),
            each(|byte| format!("\\x{byte:02x}")),
            each(|byte| format!("\\{byte:03o}")),
            each(|byte| format!("&#{byte};")),
            each(|byte| format!("&#x{byte:X};")),
            each(|byte| format!("{byte:02x}")),
            each(|byte| format!("{byte:02X}")),
            TOKEN.replace('.', "%2E").replace('-', "\\u002d"),
            wrapped(20, "\n"),
            wrapped(7, "\r\n    "),
            wrapped(11, "\\n"),
            wrapped(11, "%0D%0A"),
            wrapped(11, "\" +\n  \""),
            wrapped(30, "<br>"),
            wrapped(1, " "),
            STANDARD
                .encode(TOKEN)
                .as_bytes()
                .chunks(19)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect::<Vec<_>>()
                .join("\n"),
        ]
    }

    #[test]
    fn every_form_is_masked_and_other_text_is_kept() {
        for form in forms() {
            let shown = masked(&format!("before: <{form}> after"));
            assert!(
                shown.starts_with("before: <") && shown.ends_with("> after"),
                "{shown}"
            );
            // A few characters may remain at the ends, where base64 mixes them with other bytes.
            let left: String = shown
                .replace(MASK, "")
                .replace("before: <", "")
                .replace("> after", "");
            assert!(left.len() <= 16, "{form}\n{shown}");
        }
    }

    #[test]
    fn parts_of_the_secret_are_masked() {
        let shown = masked(&format!("{} {}", &TOKEN[3..60], &TOKEN[40..]));
        assert!(!shown.contains(&TOKEN[45..55]), "{shown}");
        assert!(shown.contains(MASK));
    }

    #[test]
    fn other_text_is_unchanged() {
        for text in [
            "",
            "plain text, 100% of it & nothing <else> \\ here",
            "\u{1f600} dGhpcyBpcyBub3QgdGhlIHRva2Vu",
            "%",
            "\\",
            "\\u12",
            "&#",
            "&#x",
            "&",
            "<",
            "%zz\\q",
        ] {
            assert_eq!(masked(text), text);
        }
        assert_eq!(mask("short", &Secret::from("short")), "short");
        assert_eq!(
            mask("a password1 b", &Secret::from("password1")),
            "a [redacted] b"
        );
    }

    #[test]
    fn a_token_across_two_pieces_of_a_long_text_is_masked() {
        for before in [PIECE - 40, PIECE, PIECE + OVERLAP - 40, 2 * PIECE - 1] {
            let mut text = "ä".repeat(before / 2);
            write!(text, " {TOKEN} end").unwrap();
            let shown = masked(&text);
            assert!(shown.ends_with(" [redacted] end"), "{before}");
        }
    }

    proptest! {
        #[test]
        fn the_token_is_masked_in_any_context(
            before in "[a-zA-Z%\\\\&#;u<>\u{e4}\n ]{0,30}", after in any::<String>()
        ) {
            let shown = masked(&format!("{before} {TOKEN} {after}"));
            prop_assert!(!shown.contains(&TOKEN[2..TOKEN.len() - 2]));
        }

        #[test]
        fn any_text_is_masked_without_a_panic(text in any::<String>()) {
            masked(&text);
        }
    }
}
