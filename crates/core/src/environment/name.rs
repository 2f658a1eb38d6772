//! Names of environments and labels of identities: unique ignoring case, without `:` and `/`, without a leading `-`.

use look_alikes::skeleton;
use serde::{Deserialize, Serialize};

use crate::credential::{Code, Problem};

mod look_alikes {
    // `LETTERS`, sorted; `ALIKE`, the texts that they look like, one after the other; and `ENDS`, where each ends.
    include!(concat!(env!("OUT_DIR"), "/look_alikes.rs"));

    /// Replaces the letters by those that they look like.
    pub fn skeleton(text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        for letter in text.chars() {
            match LETTERS.binary_search(&letter) {
                Ok(at) => {
                    let start = at.checked_sub(1).map_or(0, |before| ENDS[before]);
                    whole.push_str(&ALIKE[start.into()..ENDS[at].into()]);
                }
                Err(_) => whole.push(letter),
            }
        }
        whole
    }
}

/// The name of an environment or the label of an identity, sanitised, 1 to 64 characters.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        // Trimmed before it is cleaned: a combining mark must not depend on a space that is removed.
        let text = text.trim();
        let why = if text.is_empty() {
            "it is empty"
        } else if text.chars().count() > 64 {
            "it is longer than 64 characters"
        } else if crate::credential::text::clean(text, 65) != text {
            "it contains invisible or control characters"
        } else if text.contains([':', '/']) {
            "it contains a colon or a slash, which separate the tier and the label"
        } else if text.starts_with('-') {
            "it starts with a hyphen, like a flag"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Problem::new(Code::BadName, "this name is not valid")
            .cause(why)
            .next_step("use letters, digits, spaces, hyphens and dots"))
    }

    /// Returns the form in which names are compared for uniqueness.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Returns whether the names differ but could be confused: by similar letters (Unicode TR 39), case, spaces, or the
    /// separators between words.
    pub fn looks_like(&self, other: &Self) -> bool {
        self != other
            && self
                .appearances()
                .into_iter()
                .zip(other.appearances())
                .any(|(a, b)| a == b)
    }

    /// The appearance with and without case: `I` looks like `l`, and `PR0D` like `PROD`.
    fn appearances(&self) -> [String; 2] {
        [appearance(&self.0), appearance(&self.0.to_lowercase())]
    }
}

fn appearance(text: &str) -> String {
    let lower = skeleton(text).to_lowercase();
    // Applied again: a lower-case letter may resemble another letter although its capital resembles none.
    let mut again = skeleton(&lower);
    again.retain(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_' | '.'));
    again
}

checked_text!(Name);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn valid_names_are_kept() {
        for name in ["brand-prod", "Größe 1", "p123-e1250-cmstg", "東京"] {
            assert_eq!(Name::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Name::parse("  padded\n").unwrap().as_str(), "padded");
        assert!(Name::parse(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn folding_ignores_case() {
        let folded = |name: &str| Name::parse(name).unwrap().folded();
        assert_eq!(folded("Brand-PROD"), "brand-prod");
        assert_eq!(folded("GRÖSSE"), folded("größe").replace('ß', "ss"));
        assert_ne!(folded("brand-prod"), folded("brand-stage"));
    }

    #[test]
    fn look_alike_names_are_detected() {
        let name = |text: &str| Name::parse(text).unwrap();
        for (one, other) in [
            ("prod", "рrоd"),
            ("PROD", "РRОD"),
            ("prod", "РRОD"),
            ("brand-prod", "brand prod"),
            ("brand-prod", "brand\u{2010}prod"),
            ("brand prod", "brand  prod"),
            ("brand-prod", "Brand_Prod"),
            ("PR0D", "prod"),
            ("prodl", "prod1"),
            ("PRODI", "prodl"),
            ("modern", "modem"),
            ("ｐｒｏｄ", "prod"),
            ("𝐩𝐫𝐨𝐝", "prod"),
        ] {
            assert!(name(one).looks_like(&name(other)), "{one} {other}");
            assert!(name(other).looks_like(&name(one)), "{other} {one}");
        }
        for (one, other) in [
            ("prod", "prod"),
            ("prod", "stage"),
            ("prod-1", "prod-2"),
            ("p1-e2", "p1-e3"),
            ("東京", "大阪"),
        ] {
            assert!(!name(one).looks_like(&name(other)), "{one} {other}");
        }
    }

    #[test]
    fn ambiguous_and_invisible_names_are_refused() {
        for name in [
            "",
            "  ",
            "-x",
            " -x",
            "a:b",
            "a/b",
            "\u{200b}",
            "\u{1b}[31m",
            "e\u{202e}vil",
            " \u{b41}",
        ] {
            let problem = Name::parse(name).unwrap_err();
            assert_eq!(problem.code, Code::BadName, "{name:?}");
            assert!(problem.next_step.is_some());
        }
        assert!(Name::parse(&"x".repeat(65)).is_err());
    }

    proptest! {
        #[test]
        fn stored_names_are_parsed_again(text in any::<String>()) {
            if let Ok(name) = Name::parse(&text) {
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
            }
        }
    }
}
