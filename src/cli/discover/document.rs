//! The JSON of `aemkeys discover`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::document::ErrorDocument;
use crate::app::discover::Discovered;
use crate::app::discover::change::Change;
use crate::app::discover::compare::{ComparedEnvironment, Comparison, Difference};
use crate::app::utc_time::UtcTime;
use aemkeys_core::credential::Guidance;
use aemkeys_core::environment::EnvironmentType;

/// The environments of Cloud Manager, compared with the stored ones.
#[derive(Serialize, JsonSchema)]
pub struct DiscoverDocument {
    /// The organisation.
    org: String,
    /// The client id that asked.
    client_id: String,
    /// When Cloud Manager was asked.
    asked_at: UtcTime,
    /// Whether the answer was kept from an earlier run.
    kept: bool,
    /// The programs of the organisation.
    programs: Vec<ProgramDocument>,
    /// Stored environments that Cloud Manager does not list.
    missing: Vec<MissingDocument>,
    /// Number of stored environments of other organisations, and of programs that could not be listed.
    not_compared: usize,
    /// What `--apply` changed.
    changed: Vec<ChangedDocument>,
}

/// A program.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CloudProgram")]
struct ProgramDocument {
    /// The id, without `p`.
    id: String,
    /// The name in Cloud Manager.
    name: String,
    /// Why its environments could not be listed.
    error: Option<ErrorDocument>,
    environments: Vec<EnvironmentDocument>,
}

/// An environment of Cloud Manager.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CloudEnvironment")]
struct EnvironmentDocument {
    /// Program and environment: `p123-e1250`.
    ids: String,
    /// The name in Cloud Manager.
    name: String,
    /// Null for a type that aemkeys does not have.
    #[serde(rename = "type")]
    environment_type: Option<EnvironmentType>,
    /// The type as Cloud Manager writes it: `dev`, `stage`, `prod`, `rde`, `preprod`.
    cloud_type: String,
    /// `ready`, `hibernated`, `updating` and others.
    status: String,
    links: LinksDocument,
    /// The name of the stored environment.
    stored: Option<String>,
    /// The type of the stored environment.
    stored_type: Option<EnvironmentType>,
    differences: Vec<DifferenceDocument>,
}

/// The addresses of an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CloudLinks")]
struct LinksDocument {
    /// The author tier.
    author: Option<String>,
    /// The publish tier.
    publish: Option<String>,
    /// The preview tier.
    preview: Option<String>,
    /// The AEM Developer Console.
    console: Option<String>,
}

/// A difference between Cloud Manager and what is stored.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
struct DifferenceDocument {
    kind: Difference,
    /// What to do about it.
    next_step: Guidance,
}

/// A stored environment that Cloud Manager does not list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MissingEnvironment")]
struct MissingDocument {
    /// The name of the stored environment.
    name: String,
    /// Program and environment: `p123-e1250`.
    ids: String,
    /// True if its program is listed without it; false if the program is not listed.
    gone: bool,
}

/// A change to a stored environment. A field is null if it was not changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DiscoverChange")]
struct ChangedDocument {
    /// The name of the stored environment.
    name: String,
    /// The link to the AEM Developer Console.
    console: Option<String>,
    #[serde(rename = "type")]
    environment_type: Option<EnvironmentType>,
}

impl DiscoverDocument {
    pub fn new(found: &Discovered, comparison: &Comparison, changed: Vec<Change>) -> Self {
        let programs = found.programs.iter().map(|it| ProgramDocument {
            id: it.program.id.to_string(),
            name: it.program.name.clone(),
            error: it
                .environments
                .as_ref()
                .err()
                .map(|problem| ErrorDocument::new(problem, Some(&it.program.name))),
            environments: comparison
                .rows
                .iter()
                .filter(|row| row.program.id == it.program.id)
                .map(environment)
                .collect(),
        });
        let missing = comparison.missing.iter().map(|it| MissingDocument {
            name: it.name.clone(),
            ids: it.ids.to_string(),
            gone: it.is_gone,
        });
        let changed = changed.into_iter().map(|it| ChangedDocument {
            name: it.name,
            console: it.console,
            environment_type: it.environment_type,
        });
        Self {
            org: found.account.org.clone(),
            client_id: found.account.client_id.clone(),
            asked_at: UtcTime(found.asked_at),
            kept: found.is_kept,
            programs: programs.collect(),
            missing: missing.collect(),
            not_compared: comparison.not_compared,
            changed: changed.collect(),
        }
    }
}

fn environment(row: &ComparedEnvironment) -> EnvironmentDocument {
    let cloud = &row.cloud;
    let differences = row.differences.iter().map(|kind| DifferenceDocument {
        kind: *kind,
        next_step: row.next_step(*kind),
    });
    EnvironmentDocument {
        ids: cloud.ids.to_string(),
        name: cloud.name.clone(),
        environment_type: cloud.environment_type(),
        cloud_type: cloud.cloud_type.clone(),
        status: cloud.status.clone(),
        links: LinksDocument {
            author: cloud.author.clone(),
            publish: cloud.publish.clone(),
            preview: cloud.preview.clone(),
            console: cloud.console.clone(),
        },
        stored: row.stored.as_ref().map(|it| it.name.clone()),
        stored_type: row.stored.as_ref().map(|it| it.environment_type),
        differences: differences.collect(),
    }
}
