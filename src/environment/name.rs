//! What may an environment or a label be called? Unique ignoring case, no `:` or `/`, no leading `-`.

use serde::{Deserialize, Serialize};

use crate::credential::Problem;

/// The name of an environment, or the label of an identity. Sanitised, 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What uniqueness compares.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl TryFrom<String> for Name {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
