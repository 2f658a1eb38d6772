//! What may an environment or a label be called? Unique ignoring case, no `:` or `/`, no leading `-`.

use serde::{Deserialize, Serialize};

use crate::credential::Problem;

/// The name of an environment, or the label of an identity. Sanitised, 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let clean = crate::credential::text::clean(text, 65);
        let why = if clean.trim() != text.trim() {
            "it has characters that cannot be seen"
        } else if clean.trim().is_empty() {
            "it is empty"
        } else if clean.trim().chars().count() > 64 {
            "it is longer than 64 characters"
        } else if clean.contains([':', '/']) {
            "it has a colon or a slash, which mean tier and label"
        } else if clean.trim().starts_with('-') {
            "it begins with a hyphen, which means a flag"
        } else {
            return Ok(Self(clean.trim().to_owned()));
        };
        Err(Problem::new("bad-name", "this name cannot be used")
            .cause(why)
            .next_step("choose letters, digits, spaces, hyphens and dots"))
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
