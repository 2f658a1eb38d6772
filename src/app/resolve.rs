//! Resolves `ENV`, `ENV/LABEL` or `p1-e2` to an identity, ignoring case. `ENV` means the default identity; without one, it is
//! an error that lists the labels.

use aemkeys_core::credential::shell::quoted;
use aemkeys_core::credential::text::clean;
use aemkeys_core::credential::{NextStep, Part, text};
use aemkeys_core::guidance;
use uuid::Uuid;

use crate::platform::nearest::nearest;
use crate::storage::IndexNames;
use crate::storage::{EnvironmentEntry, IdentityEntry, Index};
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{Tier, default_identity};

/// Resolves `ENV` or `ENV/LABEL` to an identity.
pub fn identity(index: &Index, name: &str) -> Result<Uuid, Problem> {
    let (environment_name, label) = match name.split_once('/') {
        Some((environment, label)) => (environment, Some(label)),
        None => (name, None),
    };
    let environment = environment(index, environment_name)?;
    match label {
        Some(label) => environment
            .identities
            .iter()
            .find(|identity| same(identity.label.as_str(), label))
            .map(|identity| identity.id)
            .ok_or_else(|| no_label(environment, label)),
        None => match environment.default_identity() {
            Some(default) => Ok(default.id),
            None if environment.identities.is_empty() => Err(Problem::new(
                Code::NameNotFound,
                format!("{} has no identities", environment.name),
            )
            .next_step(guidance!["to add its credential, ", NextStep::Add])),
            None => Err(ambiguous(environment)),
        },
    }
}

/// Resolves `ENV/LABEL` to that identity, and `ENV` to all its identities.
pub fn identities(index: &Index, name: &str) -> Result<Vec<Uuid>, Problem> {
    if name.contains('/') {
        return Ok(vec![identity(index, name)?]);
    }
    let all = &environment(index, name)?.identities;
    Ok(all.iter().map(|identity| identity.id).collect())
}

/// Like [`identity`], from names only; `None` if the full index is needed to decide.
pub fn identity_of_names(names: &IndexNames, name: &str) -> Option<(Uuid, Kind)> {
    let (environment, label) = match name.split_once('/') {
        Some((environment, label)) => (environment, Some(label)),
        None => (name, None),
    };
    let environment = names
        .environments
        .iter()
        .find(|entry| same(&entry.name, environment))?;
    let mut identities = environment.identities.iter().map(|entry| &entry.identity);
    let all = identities.clone().map(|it| (it.id, it.kind));
    let found = match label {
        None => {
            let id = default_identity(environment.default, all)?;
            identities.find(|it| it.id == id)
        }
        Some(label) => identities.find(|it| same(&it.label, label)),
    };
    found.map(|it| (it.id, it.kind))
}

/// Resolves the name or the ids of an environment.
pub fn environment<'a>(index: &'a Index, name: &str) -> Result<&'a EnvironmentEntry, Problem> {
    if let Some(found) = index
        .environments
        .iter()
        .find(|entry| same(entry.name.as_str(), name))
    {
        return Ok(found);
    }
    let by_ids: Vec<_> = index
        .environments
        .iter()
        .filter(|entry| entry.ids.is_some_and(|ids| same(&ids.to_string(), name)))
        .collect();
    match by_ids.as_slice() {
        [only] => Ok(only),
        _ => Err(not_found(index, name)),
    }
}

/// Splits `NAME` or `NAME:tier`.
pub fn name_and_tier(text: &str) -> Result<(&str, Option<Tier>), Problem> {
    let Some((name, tier)) = text.rsplit_once(':') else {
        return Ok((text, None));
    };
    Tier::parse(tier)
        .map(|tier| (name, Some(tier)))
        .ok_or_else(|| {
            let tier = clean(tier, 40);
            Problem::new(Code::Usage, format!("there is no tier {tier}"))
                .next_step("write NAME:author, NAME:publish, NAME:preview or NAME:delivery")
        })
}

/// Returns the shortest name of an identity: `ENV` if it is the only one, else `ENV/LABEL`.
pub fn full_name(environment: &EnvironmentEntry, identity: &IdentityEntry) -> String {
    if environment.identities.len() == 1 {
        environment.name.to_string()
    } else {
        format!("{}/{}", environment.name, identity.label)
    }
}

/// Like [`full_name`], by id, for an identity that may have been removed.
pub fn name_of(index: &Index, id: Uuid) -> String {
    index.identity(id).map_or_else(
        || "this identity".to_owned(),
        |(environment, identity)| full_name(environment, identity),
    )
}

/// Returns the identity of an environment that holds local development tokens.
pub fn development_identity(environment: &EnvironmentEntry) -> Option<&IdentityEntry> {
    environment
        .identities
        .iter()
        .find(|identity| identity.kind == Kind::DevelopmentToken)
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn ambiguous(environment: &EnvironmentEntry) -> Problem {
    let labels: Vec<String> = environment
        .identities
        .iter()
        .map(|identity| format!("{}/{}", environment.name, identity.label))
        .collect();
    Problem::new(
        Code::NameAmbiguous,
        format!(
            "{} has {}: {}",
            environment.name,
            text::counted(labels.len(), "identity"),
            labels.join(", ")
        ),
    )
    .next_step(guidance![
        format!(
            "choose one, for example {}; to set what the name alone means, ",
            quoted(&labels[0])
        ),
        Part::Step(
            NextStep::SetDefault,
            Some(environment.name.to_string()),
            Some(environment.identities[0].label.to_string())
        )
    ])
}

fn no_label(environment: &EnvironmentEntry, label: &str) -> Problem {
    let labels: Vec<&str> = environment
        .identities
        .iter()
        .map(|identity| identity.label.as_str())
        .collect();
    Problem::new(
        Code::NameNotFound,
        format!(
            "{} has no identity {}",
            environment.name,
            quoted(&text::clean(label, 64))
        ),
    )
    .next_step(match nearest(label, labels.iter().copied()).first() {
        Some(near) => format!(
            "did you mean {}?",
            quoted(&format!("{}/{near}", environment.name))
        ),
        None => format!("its identities: {}", labels.join(", ")),
    })
}

fn not_found(index: &Index, name: &str) -> Problem {
    // Quoted, because it may be empty.
    let shown = quoted(&text::clean(name, 64));
    let problem = Problem::new(
        Code::NameNotFound,
        format!("no environment or identity is named {shown}"),
    );
    let names = index.environments.iter().map(|entry| entry.name.as_str());
    let environment = name.split('/').next().unwrap_or(name);
    let near: Vec<String> = nearest(environment, names)
        .into_iter()
        .map(quoted)
        .collect();
    if index.environments.is_empty() {
        problem.next_step(guidance![
            "nothing is stored yet; to add the first credential, ",
            NextStep::Add
        ])
    } else if near.is_empty() {
        problem.next_step(guidance!["to see the names, ", NextStep::List])
    } else {
        problem.next_step(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Returns the error for an identity that another process has removed.
pub fn no_longer_stored() -> Problem {
    Problem::new(Code::NameNotFound, "this identity is no longer stored")
        .next_step(guidance!["to see the stored identities, ", NextStep::List])
}
