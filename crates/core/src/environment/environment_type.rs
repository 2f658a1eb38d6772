//! Environment types, named as in Cloud Manager; `unset` until the user sets one.

use serde::{Deserialize, Serialize};

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentType {
    Development,
    Rde,
    Stage,
    Production,
    Local,
    #[default]
    Unset,
}

impl EnvironmentType {
    pub const ALL: [Self; 6] = [
        Self::Development,
        Self::Rde,
        Self::Stage,
        Self::Production,
        Self::Local,
        Self::Unset,
    ];

    /// Returns the lower-case name used in flags and `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Rde => "rde",
            Self::Stage => "stage",
            Self::Production => "production",
            Self::Local => "local",
            Self::Unset => "unset",
        }
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
        match self {
            Self::Development => "Dev",
            Self::Rde => "RDE",
            Self::Stage => "Stage",
            Self::Production => "PROD",
            Self::Local => "local",
            Self::Unset => "unset",
        }
    }

    /// Returns whether the environment is, or may be, production.
    pub fn is_guarded(self) -> bool {
        matches!(self, Self::Production | Self::Unset)
    }

    /// Parses a type, ignoring case and accepting common short forms: `prod`, `dev`, `stg`, `staging`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "development" | "dev" => Some(Self::Development),
            "rde" => Some(Self::Rde),
            "stage" | "stg" | "staging" => Some(Self::Stage),
            "production" | "prod" => Some(Self::Production),
            "local" => Some(Self::Local),
            "unset" => Some(Self::Unset),
            _ => None,
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
