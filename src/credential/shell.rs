//! Quoting for POSIX shells. Every printed command that contains a name, a path or a host uses it.

use std::fmt::Display;

/// Returns the word, in single quotes if a POSIX shell would not read it unchanged.
pub fn quoted(word: &(impl Display + ?Sized)) -> String {
    let word = word.to_string();
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | ',')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_words_with_special_characters_are_quoted() {
        for (word, expected) in [
            ("wknd-prod/read", "wknd-prod/read"),
            ("", "''"),
            ("it's", "'it'\\''s'"),
            ("a b", "'a b'"),
            ("~", "'~'"),
            ("a=b", "'a=b'"),
            ("!x", "'!x'"),
            ("東京", "'東京'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[cfg(unix)]
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sh_reads_back_quoted_words(words in prop::collection::vec("[^\0]{0,12}", 1..5)) {
            let quoted: Vec<String> = words.iter().map(quoted).collect();
            let script = format!("printf '%s\\0' {}", quoted.join(" "));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            let read: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
            let expected: Vec<&[u8]> = words.iter().map(String::as_bytes).chain([&b""[..]]).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
