//! What is the environment for? Cloud Manager's words; `unset` until the person says so.

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

    /// Lower case, as flags and `--json` say it.
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

    /// As a column shows it.
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

    /// Production, and what may be production.
    pub fn is_guarded(self) -> bool {
        matches!(self, Self::Production | Self::Unset)
    }

    /// Lenient: `prod`, `PROD`, `production`, `dev`, `stage`, `stg`, `rde`, `local`, `unset`.
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
    fn a_type_is_said_as_it_is_stored_and_read_again() {
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
    fn what_people_write_for_it_is_understood() {
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
    fn what_may_be_production_is_guarded_too() {
        let guarded = EnvironmentType::ALL.map(EnvironmentType::is_guarded);
        assert_eq!(guarded, [false, false, false, true, false, true]);
    }
}
