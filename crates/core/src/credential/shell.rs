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
    #[cfg(unix)]
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

    /// The words that `sh` reads.
    #[cfg(unix)]
    fn read_by_a_shell(words: &[String]) -> Vec<String> {
        let quoted: Vec<String> = words.iter().map(quoted).collect();
        let script = format!("printf '%s\\0' {}", quoted.join(" "));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[cfg(unix)]
    #[test]
    fn every_letter_that_means_something_to_a_shell_is_quoted() {
        let letters = (' '..='~').flat_map(|letter| {
            [
                format!("{letter}HOME"),
                format!("a{letter}b{letter}"),
                format!("{letter}(echo planted){letter}"),
                format!("{letter}/*"),
            ]
        });
        let words: Vec<String> = letters
            .chain(
                [
                    "\n", "a\nb", "\t", "'\"'\"", "\\'", "${HOME}", "~root", "{a,b}",
                ]
                .map(str::to_owned),
            )
            .collect();
        assert_eq!(read_by_a_shell(&words), words);
    }

    #[cfg(unix)]
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_the_same_words(words in prop::collection::vec("[^\0]{0,12}", 1..5)) {
            prop_assert_eq!(read_by_a_shell(&words), words);
        }
    }
}
