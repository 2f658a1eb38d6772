//! Quoting for the shells of this system. Every printed command that contains a name, a path or a host uses it.

use std::fmt::Display;

/// Returns the word as the shells of this system read it: cmd and PowerShell on Windows, POSIX shells elsewhere.
pub fn quoted(word: &(impl Display + ?Sized)) -> String {
    if cfg!(windows) {
        for_windows(&word.to_string())
    } else {
        for_posix(word)
    }
}

/// Returns the word, in single quotes if a POSIX shell would not read it unchanged.
pub fn for_posix(word: &(impl Display + ?Sized)) -> String {
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

/// Returns the word, in double quotes if cmd or PowerShell would not read it unchanged.
///
/// Nothing in the word can end the quotes in either shell. PowerShell reads every word as it is. cmd keeps the backticks that
/// escape `$` and typographic quotes for PowerShell, and replaces `%NAME%` also in quotes.
fn for_windows(word: &str) -> String {
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '\\' | ':' | '+')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut line = String::from("\"");
    let mut backslashes = 0;
    for letter in word.chars() {
        match letter {
            // The program would take a quote after a backslash as a part of the word.
            '"' => line.push_str(&format!("{}\"\"", "\\".repeat(backslashes))),
            '$' | '`' | '\u{201c}'..='\u{201e}' => line.extend(['`', letter]),
            // cmd ends a command at the end of the line.
            '\n' => line.push_str("`n"),
            '\r' => line.push_str("`r"),
            letter => line.push(letter),
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
    }
    format!("{line}{}\"", "\\".repeat(backslashes))
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
            assert_eq!(for_posix(word), expected);
        }
    }

    #[test]
    fn cmd_and_powershell_get_double_quotes() {
        for (word, expected) in [
            ("wknd-prod/read", "wknd-prod/read"),
            (r"C:\Users\me\a.json", r"C:\Users\me\a.json"),
            ("", r#""""#),
            ("it's", r#""it's""#),
            ("a & b", r#""a & b""#),
            ("@a", r#""@a""#),
            ("a,b", r#""a,b""#),
            ("$HOME", r#""`$HOME""#),
            ("a`b", r#""a``b""#),
            ("say \"x\"", r#""say ""x""""#),
            (r#"\" & calc"#, r#""\\"" & calc""#),
            (r"C:\my files\", r#""C:\my files\\""#),
            ("\u{201c}; calc\u{201d}", "\"`\u{201c}; calc`\u{201d}\""),
            ("a\ncalc", "\"a`ncalc\""),
        ] {
            assert_eq!(for_windows(word), expected);
        }
    }

    /// What cmd sees outside quotes.
    fn outside_quotes_of_cmd(line: &str) -> String {
        let parts = line.split('"').step_by(2);
        parts.collect()
    }

    /// The word that PowerShell reads in double quotes, and what follows it.
    fn read_by_powershell(text: &str) -> (String, String) {
        let is_quote = |letter: char| matches!(letter, '"' | '\u{201c}'..='\u{201e}');
        let mut letters = text.chars().skip(1).peekable();
        let mut word = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '`' => word.extend(letters.next().map(|letter| match letter {
                    'n' => '\n',
                    'r' => '\r',
                    letter => letter,
                })),
                '$' => panic!("a variable in {text}"),
                letter if is_quote(letter) => match letters.next_if(|next| is_quote(*next)) {
                    Some(_) => word.push(letter),
                    None => break,
                },
                letter => word.push(letter),
            }
        }
        (word, letters.collect())
    }

    /// The word that a program of Windows finds in its command line.
    fn read_by_a_program(text: &str) -> String {
        let mut word = String::new();
        let mut rest = &text[1..];
        loop {
            let slashes = rest.len() - rest.trim_start_matches('\\').len();
            let after = &rest[slashes..];
            let is_before_quote = after.starts_with('"');
            word.push_str(&"\\".repeat(if is_before_quote {
                slashes / 2
            } else {
                slashes
            }));
            rest = after;
            if is_before_quote && slashes.is_multiple_of(2) {
                let Some(more) = rest.strip_prefix("\"\"") else {
                    return word;
                };
                word.push('"');
                rest = more;
                continue;
            }
            let Some(letter) = rest.chars().next() else {
                panic!("no end of {text}");
            };
            word.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }

    /// The words that `sh` reads.
    #[cfg(unix)]
    fn read_by_a_shell(words: &[String]) -> Vec<String> {
        let quoted: Vec<String> = words.iter().map(for_posix).collect();
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

    proptest! {
        #[test]
        fn nothing_in_a_word_ends_the_quotes_of_cmd_or_powershell(
            word in r#"[a $"`%&|<>^()'\\\n\u{201c}\u{201d}\u{201e}]{0,12}"#
        ) {
            let line = for_windows(&word);
            if line.starts_with('"') {
                prop_assert_eq!(outside_quotes_of_cmd(&line), "");
                prop_assert!(!line.contains('\n'));
                let (read, rest) = read_by_powershell(&line);
                prop_assert_eq!(rest, "");
                if !word.contains('\\') {
                    prop_assert_eq!(read, word);
                }
            } else {
                prop_assert_eq!(line, word);
            }
        }

        #[test]
        fn a_program_started_by_cmd_gets_the_same_word(word in r#"[a "%&|^'\\]{0,12}"#) {
            let line = for_windows(&word);
            if line.starts_with('"') {
                prop_assert_eq!(read_by_a_program(&line), word);
            } else {
                prop_assert_eq!(line, word);
            }
        }
    }
}
