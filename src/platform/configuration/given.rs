//! What `config.toml` contains: the keys with their lines and values, and the mistakes.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Configuration;
use crate::platform::nearest::nearest;
use crate::platform::settings_table;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{Code, Guidance, NextStep, Problem};
use aemkeys_core::guidance;

/// A setting in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenSetting {
    pub line: usize,
    /// The text of a string, and other values as in TOML.
    pub value: String,
}

/// Returns the settings of the file by their names, such as `theme` and `thresholds.token_soon`.
pub(super) fn settings(text: &str) -> BTreeMap<String, GivenSetting> {
    let mut found = BTreeMap::new();
    if let Ok(table) = DeTable::parse(text) {
        collect(text, "", table.get_ref(), &mut found);
    }
    found
}

fn collect(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    found: &mut BTreeMap<String, GivenSetting>,
) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let line = line_of(text, key.span().start);
        let value = match value.get_ref() {
            // A table has a line, too, for a mistake in the table itself.
            DeValue::Table(inner) if prefix.is_empty() => {
                collect(text, &format!("{name}."), inner, found);
                String::new()
            }
            DeValue::String(value) => value.to_string(),
            _ => source(text, value).to_owned(),
        };
        found.insert(name, GivenSetting { line, value });
    }
}

/// Returns the value as it is written in the file.
fn source<'a>(text: &'a str, value: &Spanned<DeValue<'_>>) -> &'a str {
    text.get(value.span()).unwrap_or_default()
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

impl Configuration {
    /// Returns the problem of a setting, with the file's path and the line.
    pub fn problem(&self, code: Code, setting: &str, why: &str) -> Problem {
        self.problem_at(
            code,
            self.line_of(setting),
            &format!("{}: {why}", clean(setting, 80)),
        )
        .next_step("correct this line")
    }

    pub(super) fn line_of(&self, setting: &str) -> usize {
        self.given.get(setting).map_or(1, |given| given.line)
    }

    /// Returns the problem of a setting with a wrong value.
    pub(super) fn wrong(&self, setting: &str, why: &str) -> Problem {
        let problem = self.problem(Code::Configuration, setting, why);
        match self.meant(setting) {
            Some(step) => problem.next_step(step),
            None => problem,
        }
    }

    /// Returns the value that the user may have meant, as the next step.
    pub(super) fn meant(&self, setting: &str) -> Option<String> {
        let choices = settings_table::find(setting)?.choices.iter().copied();
        let near = nearest(&self.given.get(setting)?.value, choices);
        near.first().map(|near| format!("did you mean `{near}`?"))
    }

    /// Returns the problem of a setting that does not exist.
    pub(super) fn unknown(&self, setting: &str) -> Problem {
        let names = settings_table::all().map(|setting| setting.name);
        self.problem(Code::Configuration, setting, "unknown setting")
            .next_step(did_you_mean(setting, names))
    }

    pub(super) fn problem_at(&self, code: Code, line: usize, why: &str) -> Problem {
        let file = self.file.as_deref().map_or_else(
            || "config.toml".to_owned(),
            |file| clean(&file.display().to_string(), 300),
        );
        Problem::new(code, format!("{file}, line {line}: {}", clean(why, 200)))
    }
}

/// Returns the next step for an unknown setting.
pub fn did_you_mean<'a>(setting: &str, known: impl IntoIterator<Item = &'a str>) -> Guidance {
    match nearest(setting, known).first() {
        Some(near) => format!("did you mean `{near}`?").into(),
        None => guidance!["to list all settings, ", NextStep::ConfigGet],
    }
}
