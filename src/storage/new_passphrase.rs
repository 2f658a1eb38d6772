//! The minimum requirements for the passphrase of a new file.

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

#[cfg(test)]
mod tests {
    use super::*;

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
