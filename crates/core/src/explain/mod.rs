//! Explanations of responses and error texts: who said it, why, and what to do. The table is `assets/explain.toml`.
//!
//! A row answers only if its distinguishing marks occur. What no row recognises is described by its form.
//!
//! `aemkeys explain`, test calls and exchanges read the table, and docs/src/reference/explanations.md is made from it
//! (`cargo xtask assets`). Its fields are described here, because a comment in it would be part of the program. Texts that
//! a row answers are in `examples.toml`, beside this file, for the tests.
//!
//! The first row whose conditions all hold answers, so special rows stand before general ones.
//!
//! ```text
//! any, all, none  marks: texts that must (not) occur, in lower case, as whole words; `x*` matches the start of a word.
//!                 `error=invalid_scope` matches "error":"invalid_scope", error: invalid_scope and error=invalid_scope.
//! status          one of these HTTP statuses occurs
//! host            one of these places was asked; `none`: the text names no known place
//! grant           jwt or client-credentials: what was exchanged
//! who             who said it
//! code            aemkeys' own code for the same thing, if there is one
//! source          where the fact comes from
//! ```

mod evidence;
mod form;
mod who;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use evidence::{Evidence, Grant, Place};
pub(crate) use who::is_from_aem;
pub use who::{Who, who_answered};

use crate::credential::{
    Advice, Circumstances, Code, Guidance, Kind, Problem, Topic, embedded_rows,
};
use crate::environment::Tier;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    pub who: Who,
    /// aemkeys' own code for the same thing.
    pub code: Option<Code>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    #[serde(default)]
    status: Vec<u16>,
    #[serde(default)]
    host: Vec<Place>,
    grant: Option<Grant>,
    pub says: String,
    pub why: String,
    #[serde(rename = "do")]
    pub next: Guidance,
    pub source: String,
}

static TABLE: LazyLock<Vec<Row>> =
    LazyLock::new(|| embedded_rows(include_str!("../../assets/explain.toml")));

/// Returns the rows. They are parsed on the first call.
pub fn table() -> &'static [Row] {
    &TABLE
}

impl Row {
    /// True if the row needs marks in the text, and not just a status.
    fn has_marks(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty()
    }

    /// Returns the marks that occur, or `None` if a condition does not hold.
    fn matches(&'static self, evidence: &Evidence) -> Option<Vec<String>> {
        if self.none.iter().any(|mark| evidence.has(mark))
            || !self.all.iter().all(|mark| evidence.has(mark))
            || self
                .grant
                .is_some_and(|grant| evidence.grant != Some(grant))
        {
            return None;
        }
        let mut seen: Vec<String> = self.all.iter().map(|mark| shown(mark)).collect();
        if !self.any.is_empty() {
            let mark = self.any.iter().find(|mark| evidence.has(mark))?;
            seen.push(shown(mark));
        }
        if !self.status.is_empty() {
            let mut statuses = self.status.iter();
            let status = statuses.find(|status| evidence.statuses.contains(status))?;
            seen.push(status.to_string());
        }
        if !self.host.is_empty() {
            let place = evidence.place.unwrap_or(Place::None);
            if !self.host.contains(&place) {
                return None;
            }
            seen.extend((place != Place::None).then(|| format!("a host of {}", place.words())));
        }
        Some(seen)
    }

    /// Returns the conditions as a person reads them.
    pub fn conditions(&self) -> String {
        let listed = |marks: &[String], by: &str| {
            let marks: Vec<String> = marks
                .iter()
                .map(|mark| format!("`{}`", shown(mark)))
                .collect();
            marks.join(by)
        };
        let mut parts = Vec::new();
        if !self.all.is_empty() {
            parts.push(listed(&self.all, " and "));
        }
        if !self.any.is_empty() {
            parts.push(listed(&self.any, ", "));
        }
        if !self.status.is_empty() {
            let statuses: Vec<String> = self.status.iter().map(u16::to_string).collect();
            parts.push(format!("status {}", statuses.join(", ")));
        }
        if let Some(grant) = self.grant {
            parts.push(grant.words().to_owned());
        }
        let places: Vec<&str> = self.host.iter().map(|place| place.words()).collect();
        if !places.is_empty() {
            parts.push(format!("from {}", places.join(", ")));
        }
        parts.join("; ")
    }
}

/// A mark without the signs that only the table needs.
fn shown(mark: &str) -> String {
    mark.trim_end_matches('*')
        .replace('=', ": ")
        .trim()
        .to_owned()
}

/// A row with the marks that were recognised. The marks are the table's own texts, never a part of the input.
#[derive(Clone, Debug)]
pub struct Found {
    pub row: &'static Row,
    pub recognised: Vec<String>,
}

impl Found {
    pub fn problem(&self, or: Code) -> Problem {
        Problem::new(self.row.code.unwrap_or(or), self.row.says.clone())
            .cause(self.row.why.clone())
            .next_step(self.row.next.clone())
    }
}

/// Returns the first row that recognises the evidence.
pub fn find(evidence: &Evidence) -> Option<Found> {
    find_row(evidence, |_| true)
}

/// As [`find`], for a response on its way to AEM: only rows with marks, and not those about AEM's own pages.
pub(crate) fn find_around_aem(evidence: &Evidence) -> Option<Found> {
    find_row(evidence, |row| row.who.is_intermediary() && row.has_marks())
}

/// As [`find`], for a response of IMS.
pub(crate) fn find_ims(evidence: &Evidence) -> Option<Found> {
    find_row(evidence, |row| {
        matches!(row.who, Who::Ims) || row.id == "proxy-login"
    })
}

fn find_row(evidence: &Evidence, applies: impl Fn(&Row) -> bool) -> Option<Found> {
    table()
        .iter()
        .filter(|row| applies(row))
        .find_map(|row| Some((row, row.matches(evidence)?)))
        .map(|(row, recognised)| Found { row, recognised })
}

/// What is known about a pasted text.
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The row, or the code of aemkeys.
    pub id: String,
    /// The code of aemkeys for it.
    pub code: Option<Code>,
    pub who: Who,
    /// The same in words.
    pub said_by: &'static str,
    /// The marks by which it was recognised.
    pub recognised: Vec<String>,
    /// What it means.
    pub message: String,
    /// Why it happens.
    pub cause: Option<String>,
    /// What to do next.
    pub next_step: Option<Guidance>,
    /// Where Adobe documents it.
    pub source: Option<String>,
}

/// Explains a pasted text: JSON, a log line, a header, a page, or one of aemkeys' own codes. The text is never repeated,
/// because it may contain tokens.
///
/// # Errors
/// The text is not recognised; the error says what its form tells.
pub fn explain(text: &str) -> Result<Explanation, Problem> {
    if let Some(own) = own_code(text.trim()) {
        return Ok(own);
    }
    let evidence = Evidence::of_text(text);
    match find(&evidence) {
        Some(Found { row, recognised }) => Ok(Explanation {
            id: row.id.clone(),
            code: row.code,
            who: row.who,
            said_by: row.who.words(),
            recognised,
            message: row.says.clone(),
            cause: Some(row.why.clone()),
            next_step: Some(row.next.clone()),
            source: Some(row.source.clone()),
        }),
        None => Err(form::unknown(text, &evidence)),
    }
}

/// Explains one of aemkeys' own codes, as `--json` prints them.
fn own_code(text: &str) -> Option<Explanation> {
    let code = Code::parse(&text.to_ascii_lowercase())?;
    // A verdict is explained for the most frequent case.
    let advice = Advice::find(
        code,
        Circumstances {
            kind: Some(Kind::ServiceCredentials),
            tier: Some(Tier::Publish),
            ..Circumstances::default()
        },
    );
    let row = table().iter().find(|row| row.code == Some(code));
    let (cause, next_step) = match (advice, row) {
        (Some(advice), _) => (advice.why.clone(), Some(advice.next.clone())),
        (None, Some(row)) => (Some(row.why.clone()), Some(row.next.clone())),
        (None, None) => (None, code.topic().map(follow_guide)),
    };
    Some(Explanation {
        id: code.as_str().to_owned(),
        code: Some(code),
        who: Who::Aemkeys,
        said_by: Who::Aemkeys.words(),
        recognised: vec![format!("aemkeys' own code {code}")],
        message: code.meaning().to_owned(),
        cause,
        next_step,
        source: None,
    })
}

fn follow_guide(topic: Topic) -> Guidance {
    format!("follow the guide \"{}\"", topic.id()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_table_is_read_and_its_rows_are_complete() {
        let mut ids: Vec<&str> = table().iter().map(|row| row.id.as_str()).collect();
        assert!(ids.len() > 100, "{}", ids.len());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), table().len(), "an id occurs twice");
        for row in table() {
            assert!(row.has_marks() || !row.status.is_empty(), "{}", row.id);
            for text in [&row.says, &row.why, &row.next.in_shell(), &row.source] {
                assert!(
                    !text.is_empty() && !text.ends_with('.'),
                    "{}: {text}",
                    row.id
                );
            }
            for mark in row.any.iter().chain(&row.all).chain(&row.none) {
                assert_eq!(mark.to_ascii_lowercase(), *mark, "{}", row.id);
                assert!(
                    !mark.trim_end_matches('*').contains('*'),
                    "{}: {mark}",
                    row.id
                );
            }
        }
    }

    #[test]
    fn every_row_answers_its_examples() {
        let examples = include_str!("examples.toml");
        let mut examples: BTreeMap<String, Vec<String>> = toml::from_str(examples).unwrap();
        for row in table() {
            let texts = examples.remove(&row.id).unwrap_or_default();
            assert!(!texts.is_empty(), "{}", row.id);
            for text in &texts {
                let found = explain(text).unwrap_or_else(|_| panic!("{}: {text}", row.id));
                assert_eq!(found.id, row.id, "{text}");
                assert!(!found.recognised.is_empty(), "{text}");
            }
        }
        assert!(examples.is_empty(), "no row: {examples:?}");
    }

    #[test]
    fn every_own_code_is_explained() {
        for &code in Code::ALL {
            let found = explain(code.as_str()).unwrap();
            assert_eq!(found.code, Some(code));
        }
    }
}
