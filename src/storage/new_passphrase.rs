//! The minimum requirements for the passphrase of a new file, and an estimate of its strength.

use std::collections::BTreeSet;

use super::StorageError;
use aemkeys_core::credential::Secret;

const MIN_CHARACTERS: usize = 8;
const MIN_DISTINCT: usize = 4;
/// The rule as shown in prompts and errors.
pub const RULE: &str = "at least 8 characters, 4 of them different";

/// Refuses a passphrase that is too weak for a new file. Not called for opening a file.
///
/// Counts Unicode characters; spaces at either end do not count.
pub(super) fn check(passphrase: &Secret) -> Result<(), StorageError> {
    let text = String::from_utf8_lossy(passphrase.expose());
    let text = text.trim();
    let different: BTreeSet<char> = text.chars().collect();
    if text.chars().count() < MIN_CHARACTERS || different.len() < MIN_DISTINCT {
        return Err(StorageError::WeakPassphrase);
    }
    Ok(())
}

/// An estimate of how hard a passphrase is to guess for somebody who has a copy of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassphraseStrength {
    /// It does not follow [`RULE`].
    TooShort,
    Weak,
    Fair,
    Strong,
}

/// Estimates by length and kinds of characters, without a dictionary; `None` if it is empty.
///
/// A letter after a letter counts as 2.5 bits, as in a text. Repeated characters and sequences such as `345` count nothing.
pub fn strength(passphrase: &Secret) -> Option<PassphraseStrength> {
    let text = String::from_utf8_lossy(passphrase.expose());
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if check(passphrase).is_err() {
        return Some(PassphraseStrength::TooShort);
    }
    let kind = |letter: char| match letter {
        'a'..='z' => (0, 2.5),
        'A'..='Z' => (1, 2.5),
        '0'..='9' => (2, 3.3),
        _ if letter.is_alphanumeric() => (3, 3.0),
        _ => (4, 4.0),
    };
    let mut bits = 0.0;
    let mut last: Option<char> = None;
    for letter in text.chars() {
        let (class, of_class) = kind(letter);
        if last.is_none_or(|last| u32::from(last).abs_diff(u32::from(letter)) > 1) {
            bits += of_class;
            bits += f64::from(u8::from(last.is_some_and(|last| kind(last).0 != class)));
        }
        last = Some(letter);
    }
    Some(match bits {
        ..35.0 => PassphraseStrength::Weak,
        ..60.0 => PassphraseStrength::Fair,
        _ => PassphraseStrength::Strong,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_grows_with_length_and_not_with_repetition() {
        use PassphraseStrength::{Fair, Strong, TooShort, Weak};
        for (text, expected) in [
            ("", None),
            ("   ", None),
            ("abc", Some(TooShort)),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", Some(TooShort)),
            ("12345678", Some(Weak)),
            ("abcdefghijklmnopqrstuvwxyz", Some(Weak)),
            ("password", Some(Weak)),
            ("Passw0rd!", Some(Weak)),
            ("correct horse staple", Some(Fair)),
            ("k7#Qz!m2@X", Some(Fair)),
            ("correct horse battery staple", Some(Strong)),
            ("k7#Qz!m2@Xw9&Lp4", Some(Strong)),
        ] {
            assert_eq!(strength(&Secret::from(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn short_and_repeated_passphrases_are_refused() {
        for weak in [
            "",
            "1234567",
            "   1234567   ",
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "ababcabab",
            "        ",
            // Eight bytes, four characters.
            "äöüß",
        ] {
            let refused = check(&Secret::from(weak));
            assert!(
                matches!(refused, Err(StorageError::WeakPassphrase)),
                "{weak:?}"
            );
        }
        for good in ["12345678", "äöüßäöüß", "correct horse", " abcd efg "] {
            assert!(check(&Secret::from(good)).is_ok(), "{good:?}");
        }
        assert!(RULE.contains(&format!("{MIN_CHARACTERS} characters")));
        assert!(RULE.contains(&format!("{MIN_DISTINCT} of them")));
    }
}
