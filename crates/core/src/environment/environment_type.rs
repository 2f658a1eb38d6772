//! Environment types, named as in Cloud Manager; `unset` until the user sets one.

use serde::{Deserialize, Serialize};

enum_table! {
    /// The type of an environment, as Cloud Manager names it.
    #[derive(
        Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
    )]
    #[serde(rename_all = "lowercase")]
    pub enum EnvironmentType {
        Development => ("development", "Dev"),
        Rde => ("rde", "RDE"),
        Stage => ("stage", "Stage"),
        Production => ("production", "PROD"),
        Local => ("local", "local"),
        #[default]
        Unset => ("unset", "unset"),
    }
    /// Returns the name of flags and `--json`, and the short name of columns.
    fn names -> (&'static str, &'static str);
}

impl EnvironmentType {
    /// Returns the lower-case name used in flags and `--json`.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Returns the short name shown in columns.
    pub fn title(self) -> &'static str {
        match self {
            Self::Development => "Development",
            Self::Rde => "RDE",
            Self::Stage => "Stage",
            Self::Production => "Production",
            Self::Local => "local",
            Self::Unset => "untyped",
        }
    }

    pub fn short(self) -> &'static str {
        self.names().1
    }

    /// Returns whether the environment is, or may be, production.
    pub fn is_guarded(self) -> bool {
        matches!(self, Self::Production | Self::Unset)
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
    fn production_and_unset_are_guarded() {
        let guarded = EnvironmentType::ALL.map(EnvironmentType::is_guarded);
        assert_eq!(guarded, [false, false, false, true, false, true]);
    }
}
