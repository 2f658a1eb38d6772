//! The differences between Cloud Manager and what is stored. Pure.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{CloudEnvironment, Discovered, Program};
use crate::storage::{EnvironmentEntry, Index};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Guidance, Kind, NextStep, Part};
use aemkeys_core::environment::{CloudIds, EnvironmentType, Name};
use aemkeys_core::guidance;

/// Every environment of Cloud Manager, and what is stored and not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub rows: Vec<ComparedEnvironment>,
    pub missing: Vec<MissingEnvironment>,
    /// Stored environments that this answer says nothing about.
    pub not_compared: usize,
}

impl Comparison {
    /// Continues a sentence about the answer; empty if all stored environments are compared.
    pub fn not_compared_words(&self) -> String {
        match self.not_compared {
            0 => String::new(),
            count => format!(
                "; {} of other organisations or programs not compared",
                counted(count, "stored environment")
            ),
        }
    }
}

/// An environment of Cloud Manager beside the stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedEnvironment {
    pub program: Program,
    pub cloud: CloudEnvironment,
    pub stored: Option<StoredEnvironment>,
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEnvironment {
    pub id: Uuid,
    pub name: String,
    pub environment_type: EnvironmentType,
}

/// A stored environment that Cloud Manager no longer has, or does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingEnvironment {
    pub name: String,
    pub ids: CloudIds,
    /// Whether the program is listed, without this environment.
    pub is_gone: bool,
}

/// How a stored environment differs from Cloud Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DifferenceKind")]
pub enum Difference {
    /// The environment is not stored.
    NotStored,
    /// It is stored with a local development token only.
    NoCredential,
    /// It has no type, and Cloud Manager has one.
    NoType,
    /// Its type contradicts Cloud Manager.
    OtherType,
    /// It has no link to its AEM Developer Console.
    NoConsole,
}

impl MissingEnvironment {
    pub fn words(&self) -> &'static str {
        if self.is_gone {
            "is no longer in Cloud Manager"
        } else {
            "belongs to a program that Cloud Manager does not show"
        }
    }
}

impl Difference {
    pub fn words(self) -> &'static str {
        match self {
            Self::NotStored => "not stored",
            Self::NoCredential => "no credential",
            Self::NoType => "no type",
            Self::OtherType => "other type",
            Self::NoConsole => "no console link",
        }
    }
}

impl ComparedEnvironment {
    pub fn has(&self, difference: Difference) -> bool {
        self.differences.contains(&difference)
    }

    /// Returns the short name of the type; Cloud Manager's own for one that aemkeys doesn't have.
    pub fn type_name(&self) -> &str {
        match self.cloud.environment_type() {
            Some(some) => some.short(),
            None => &self.cloud.cloud_type,
        }
    }

    /// Returns the warning about a contradicting type.
    pub fn type_warning(&self) -> Option<String> {
        let stored = self
            .stored
            .as_ref()
            .filter(|_| self.has(Difference::OtherType))?;
        Some(format!(
            "{} is stored as {}, but Cloud Manager says {}",
            stored.name,
            stored.environment_type.title(),
            self.cloud.environment_type()?.title()
        ))
    }

    /// Returns what to do about a difference.
    pub fn next_step(&self, difference: Difference) -> Guidance {
        const DOWNLOAD: &str =
            "download its service credentials from its AEM Developer Console, then ";
        let stored = self.stored.as_ref().map(|it| it.name.clone());
        let name = stored.unwrap_or_else(|| suggestion(&self.cloud));
        let some = self.cloud.environment_type().unwrap_or_default();
        match difference {
            Difference::NotStored => guidance![DOWNLOAD, NextStep::AddNamed.of(name)],
            Difference::NoCredential => guidance![DOWNLOAD, NextStep::Add],
            Difference::OtherType => {
                let some = some.as_str().to_owned();
                let set = Part::Step(NextStep::SetType, Some(name), Some(some));
                guidance!["if Cloud Manager is right, ", set]
            }
            Difference::NoType | Difference::NoConsole => {
                guidance!["to fill it in, ", NextStep::DiscoverApply]
            }
        }
    }
}

pub fn compare(index: &Index, found: &Discovered) -> Comparison {
    let mut rows = Vec::new();
    for (program, cloud) in found.environments() {
        let mut stored = index
            .environments
            .iter()
            .filter(|entry| entry.ids == Some(cloud.ids))
            .peekable();
        if stored.peek().is_none() {
            rows.push(row(program, cloud, None));
        }
        rows.extend(stored.map(|entry| row(program, cloud, Some(entry))));
    }
    let listed: HashSet<CloudIds> = found.environments().map(|(_, it)| it.ids).collect();
    let others = index
        .environments
        .iter()
        .filter_map(|entry| Some((entry, entry.ids?)))
        .filter(|(_, ids)| !listed.contains(ids));
    let (mut missing, mut not_compared) = (Vec::new(), 0);
    for (entry, ids) in others {
        let program = found
            .programs
            .iter()
            .find(|it| it.program.id == ids.program);
        let is_of_org = || {
            let mut credentials = entry
                .identities
                .iter()
                .filter_map(|it| it.credential.as_ref());
            credentials.any(|it| it.org.as_ref() == Some(&found.account.org))
        };
        // Adobe's stage organisation has a Cloud Manager of its own.
        let is_gone = match program
            .filter(|_| !ids.cmstg)
            .map(|it| it.environments.is_ok())
        {
            Some(true) => true,
            None if !ids.cmstg && is_of_org() => false,
            _ => {
                not_compared += 1;
                continue;
            }
        };
        missing.push(MissingEnvironment {
            name: entry.name.to_string(),
            ids,
            is_gone,
        });
    }
    Comparison {
        rows,
        missing,
        not_compared,
    }
}

fn row(
    program: &Program,
    cloud: &CloudEnvironment,
    stored: Option<&EnvironmentEntry>,
) -> ComparedEnvironment {
    let mut differences = Vec::new();
    let mut add = |difference, applies: bool| {
        if applies {
            differences.push(difference);
        }
    };
    match stored {
        None => add(Difference::NotStored, true),
        Some(entry) => {
            let types = (cloud.environment_type(), entry.environment_type);
            let mut kinds = entry.identities.iter().map(|it| it.kind);
            add(Difference::NoCredential, !kinds.any(Kind::can_exchange));
            let is_untyped = entry.environment_type == EnvironmentType::Untyped;
            add(Difference::NoType, types.0.is_some() && is_untyped);
            let differs = types.0.is_some_and(|some| some != types.1);
            add(Difference::OtherType, differs && !is_untyped);
            let has_console = entry.console_url.is_some() || cloud.console.is_none();
            add(Difference::NoConsole, !has_console);
        }
    }
    ComparedEnvironment {
        program: program.clone(),
        cloud: cloud.clone(),
        stored: stored.map(|entry| StoredEnvironment {
            id: entry.id,
            name: entry.name.to_string(),
            environment_type: entry.environment_type,
        }),
        differences,
    }
}

/// Returns a name for the environment: the words of its name in Cloud Manager, or its ids.
fn suggestion(cloud: &CloudEnvironment) -> String {
    let words = cloud.name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name = Name::parse(&words.join("-"));
    name.map_or_else(|_| cloud.ids.to_string(), |name| name.to_string())
}
