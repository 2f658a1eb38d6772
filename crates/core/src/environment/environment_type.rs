//! Environment types, named as in Cloud Manager; `untyped` until the user sets one.

use serde::{Deserialize, Serialize};

enum_table! {
    /// The type of an environment, as Cloud Manager names it.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(
        Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
    )]
    #[serde(rename_all = "lowercase")]
    pub enum EnvironmentType {
        /// A development environment.
        Development => ("development", "Dev"),
        /// A rapid development environment.
        Rde => ("rde", "RDE"),
        /// A stage environment.
        Stage => ("stage", "Stage"),
        /// A production environment.
        Production => ("production", "PROD"),
        /// A local SDK.
        Local => ("local", "local"),
        /// Nobody set a type; treated as production.
        #[default]
        Untyped => ("untyped", "untyped"),
    }
    /// Returns the name of flags and `--json`, and the short name of columns.
    fn names -> (&'static str, &'static str);
}

impl EnvironmentType {
    /// Returns the lower-case name used in flags and `--json`.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Returns the name in sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Development => "Development",
            Self::Rde => "RDE",
            Self::Stage => "Stage",
            Self::Production => "Production",
            Self::Local => "local",
            Self::Untyped => self.as_str(),
        }
    }

    /// Returns the short name shown in columns.
    pub fn short(self) -> &'static str {
        self.names().1
    }

    /// Returns whether the environment is, or may be, production.
    pub fn is_guarded(self) -> bool {
        matches!(self, Self::Production | Self::Untyped)
    }

    /// Guesses the type from the words of a name. `None` if no word names a type, or several do.
    pub fn guess(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words = name
            .split(|letter: char| !letter.is_alphanumeric())
            .map(|word| word.trim_end_matches(|letter: char| letter.is_ascii_digit()));
        let mut guess = None;
        for word in words {
            let named = match word {
                "prod" | "prd" | "production" | "live" => Self::Production,
                "stage" | "staging" | "stg" | "uat" => Self::Stage,
                "dev" | "development" | "test" | "qa" => Self::Development,
                "rde" => Self::Rde,
                // Turns the meaning of the next word.
                "non" | "no" | "not" | "pre" | "post" | "ex" => return None,
                _ => continue,
            };
            if guess.is_some_and(|guess| guess != named) {
                return None;
            }
            guess = Some(named);
        }
        guess
    }

    /// Parses a type, ignoring case and accepting common short forms: `prod`, `dev`, `stg`, `staging`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "stg" | "staging" => Some(Self::Stage),
            text => Self::ALL
                .into_iter()
                .find(|known| text == known.as_str() || text.eq_ignore_ascii_case(known.short())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_the_stored_form_and_are_parsed_again() {
        for some in EnvironmentType::ALL {
            assert_eq!(serde_json::to_value(some).unwrap(), some.as_str());
            assert_eq!(EnvironmentType::parse(some.as_str()), Some(some));
            assert_eq!(
                EnvironmentType::parse(&format!(" {} ", some.short())),
                Some(some)
            );
        }
    }

    #[test]
    fn common_short_forms_are_parsed() {
        for (text, some) in [
            ("stg", EnvironmentType::Stage),
            ("Staging", EnvironmentType::Stage),
            ("PROD", EnvironmentType::Production),
        ] {
            assert_eq!(EnvironmentType::parse(text), Some(some));
        }
        assert_eq!(EnvironmentType::parse("producer"), None);
        assert_eq!(EnvironmentType::parse(""), None);
    }

    #[test]
    fn a_type_is_guessed_only_if_the_name_says_it_clearly() {
        for (name, guess) in [
            ("wknd-prod", Some(EnvironmentType::Production)),
            ("PRD_2", Some(EnvironmentType::Production)),
            ("live.wknd", Some(EnvironmentType::Production)),
            ("prod3", Some(EnvironmentType::Production)),
            ("wknd stage", Some(EnvironmentType::Stage)),
            ("uat-de", Some(EnvironmentType::Stage)),
            ("product-dev", Some(EnvironmentType::Development)),
            ("qa", Some(EnvironmentType::Development)),
            ("qa-test", Some(EnvironmentType::Development)),
            ("rde-anna", Some(EnvironmentType::Rde)),
            ("product", None),
            ("delivery", None),
            ("latest", None),
            ("devotion", None),
            ("prod-test", None),
            ("non-prod", None),
            ("pre_prod", None),
            ("p123-e1250", None),
            ("", None),
        ] {
            assert_eq!(EnvironmentType::guess(name), guess, "{name}");
        }
    }

    #[test]
    fn production_and_untyped_are_guarded() {
        let guarded = EnvironmentType::ALL.map(EnvironmentType::is_guarded);
        assert_eq!(guarded, [false, false, false, true, false, true]);
    }
}
