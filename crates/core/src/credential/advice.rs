//! Why an error occurs and what to do next, by its code and the circumstances. The table is `assets/advice.toml`.
//!
//! Errors of the network, the checks before an exchange, verdicts of test calls, and `aemkeys explain CODE` read this table.
//!
//! Of the rows with a code, the first one whose conditions all hold applies; the last one has no condition.
//!
//! ```text
//! kind    the identity is of this kind
//! tier    the request went to one of these tiers
//! path    the request's path starts with this
//! status  the status is one of these
//! why     the cause
//! do      the next step; `{Exchange}` is replaced by the key or command of that step
//! ```

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Code, Guidance, Kind, Problem};
use crate::environment::Tier;

/// What is known about the request that failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    pub kind: Option<Kind>,
    pub tier: Option<Tier>,
    pub path: &'a str,
    pub status: Option<u16>,
}

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    code: Code,
    kind: Option<Kind>,
    #[serde(default)]
    tier: Vec<Tier>,
    /// The start of the path.
    #[serde(default)]
    path: String,
    #[serde(default)]
    status: Vec<u16>,
    pub why: Option<String>,
    #[serde(rename = "do")]
    pub next: Guidance,
}

static TABLE: LazyLock<Vec<Advice>> =
    LazyLock::new(|| embedded_rows(include_str!("../../assets/advice.toml")));

impl Advice {
    /// Returns the first row for the code whose conditions hold.
    pub fn find(code: Code, circumstances: Circumstances<'_>) -> Option<&'static Self> {
        TABLE
            .iter()
            .find(|row| row.code == code && row.applies(circumstances))
    }

    fn applies(&self, circumstances: Circumstances<'_>) -> bool {
        let Circumstances {
            kind,
            tier,
            path,
            status,
        } = circumstances;
        (self.kind.is_none() || self.kind == kind)
            && (self.tier.is_empty() || tier.is_some_and(|tier| self.tier.contains(&tier)))
            && path.starts_with(&self.path)
            && (self.status.is_empty() || status.is_some_and(|it| self.status.contains(&it)))
    }
}

impl Problem {
    /// Creates an error with the cause and the next step of the table.
    pub fn of(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, message).advised(Circumstances::default())
    }

    /// Adds the cause and the next step of the table.
    #[must_use]
    pub fn advised(mut self, circumstances: Circumstances<'_>) -> Self {
        if let Some(advice) = Advice::find(self.code, circumstances) {
            self.cause.clone_from(&advice.why);
            self.next_step = Some(advice.next.clone());
        }
        self
    }
}

/// Parses a table that is part of the program.
///
/// # Panics
/// The table is not valid: a field or a code does not exist, or a text names an unknown step.
#[expect(clippy::panic, reason = "an embedded table, which the tests parse")]
pub(crate) fn embedded_rows<R: DeserializeOwned>(text: &str) -> Vec<R> {
    #[derive(Deserialize)]
    struct Table<R> {
        row: Vec<R>,
    }
    let table: Result<Table<R>, _> = toml::from_str(text);
    table.unwrap_or_else(|error| panic!("{error}")).row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_table_has_advice_in_any_circumstances() {
        for row in TABLE.iter() {
            let found = Advice::find(row.code, Circumstances::default());
            assert!(found.is_some(), "{}", row.code);
            let texts = [row.why.clone().unwrap_or_default(), row.next.in_shell()];
            assert!(
                texts.iter().all(|text| !text.ends_with('.')),
                "{}",
                row.code
            );
        }
    }

    #[test]
    fn every_row_can_answer() {
        for (at, row) in TABLE.iter().enumerate() {
            let circumstances = Circumstances {
                kind: row.kind,
                tier: row.tier.first().copied(),
                path: &row.path,
                status: row.status.first().copied(),
            };
            let found = Advice::find(row.code, circumstances).unwrap();
            assert!(std::ptr::eq(found, row), "row {at} of {}", row.code);
        }
    }

    #[test]
    fn unknown_fields_codes_and_steps_are_errors() {
        let row = "[[row]]\ncode = 'timed-out'\ndo = 'to see more, {Doctor}'\n";
        assert_eq!(embedded_rows::<Advice>(row).len(), 1);
        for wrong in [
            row.replace("timed-out", "time-out"),
            row.replace("do =", "then ="),
            row.replace("{Doctor}", "{Docter}"),
            row.replace("{Doctor}", "{doctor}"),
            row.replace("{Doctor}", "Doctor}"),
            row.replace("{Doctor}", "{Doctor"),
        ] {
            let read = std::panic::catch_unwind(|| embedded_rows::<Advice>(&wrong));
            assert!(read.is_err(), "{wrong}");
        }
    }
}
