//! JSON as programs display it and people paste it: keys without quotes, single quotes, trailing commas, line breaks of a
//! terminal within strings.

use zeroize::Zeroizing;

/// Rewrites a JavaScript object or a Python dictionary as JSON. The result may still be invalid.
pub(super) fn to_json(text: &str) -> Zeroizing<String> {
    // Allocated once: a reallocation would leave a copy of a secret in freed memory.
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3 + 16));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                out.push('"');
                while let Some(next) = chars.next() {
                    match next {
                        _ if next == c => break,
                        '"' => out.push_str("\\\""),
                        '\\' => match chars.next() {
                            Some('\'') => out.push('\''),
                            Some(escaped) => out.extend(['\\', escaped]),
                            None => out.push('\\'),
                        },
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        _ => out.push(next),
                    }
                }
                out.push('"');
            }
            '}' | ']' => {
                let kept = out
                    .trim_end_matches(|c: char| c.is_whitespace() || c == ',')
                    .len();
                out.truncate(kept);
                out.push(c);
            }
            // A word, or a number.
            _ if is_word(c) => {
                let start = out.len();
                out.push(c);
                while let Some(next) = chars.next_if(|c| is_word(*c)) {
                    out.push(next);
                }
                match &out[start..] {
                    "true" | "false" | "null" => {}
                    "True" => replace(&mut out, start, "true"),
                    "False" => replace(&mut out, start, "false"),
                    "None" | "undefined" => replace(&mut out, start, "null"),
                    // Only a key may stand without quotes.
                    _ if is_key(chars.clone()) => {
                        out.insert(start, '"');
                        out.push('"');
                    }
                    _ => {}
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// HJSON, which aio writes, has keys such as `@adobe/aio-cli` without quotes.
fn is_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"{}[]:,\"'\\".contains(c)
}

fn is_key(mut rest: impl Iterator<Item = char>) -> bool {
    rest.find(|c| !c.is_whitespace()) == Some(':')
}

fn replace(out: &mut String, start: usize, word: &str) {
    out.truncate(start);
    out.push_str(word);
}

/// Removes the line breaks that a terminal inserted: all lines but the last have the same length. Any other line break
/// within a string belongs to its value.
pub(super) fn unwrapped(text: &str) -> Option<Zeroizing<String>> {
    let lines: Vec<&str> = text.lines().flat_map(|line| line.split('\r')).collect();
    let (last, full) = lines.split_last()?;
    let width = full.first()?.chars().count();
    let is_wrapped = width >= 20
        && full.len() >= 2
        && full.iter().all(|line| line.chars().count() == width)
        && last.chars().count() <= width;
    is_wrapped.then(|| Zeroizing::new(lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn displayed_objects_become_json() {
        for (text, json) in [
            ("{ a: 'x', b_c: [1, 2,], }", r#"{"a":"x","b_c":[1,2]}"#),
            (
                r#"{'a': "it's \"q\"", 'n': None, 'y': True}"#,
                r#"{"a":"it's \"q\"","n":null,"y":true}"#,
            ),
            ("{a: 'line\nend'}", r#"{"a":"line\nend"}"#),
            (r#"{a: "x\n"}"#, r#"{"a":"x\n"}"#),
        ] {
            let read: Value = serde_json::from_str(&to_json(text)).unwrap();
            assert_eq!(read, serde_json::from_str::<Value>(json).unwrap(), "{text}");
        }
    }

    #[test]
    fn only_equally_long_lines_are_joined() {
        let wrapped = format!("{}\r\n{}\nxyz", "a".repeat(40), "b".repeat(40));
        assert!(unwrapped(&wrapped).unwrap().ends_with("bxyz"));
        assert!(unwrapped("{\n \"a\": 1\n}").is_none());
        assert!(
            unwrapped(&format!("{}\nxyz", "a".repeat(40))).is_none(),
            "one break tells nothing"
        );
        assert!(unwrapped(&format!("{}\nlonger{}", "a".repeat(40), "b".repeat(40))).is_none());
    }
}
