//! Restores an environment that is in the list but no longer in the storage. Says which of its settings are taken from
//! the list.

use uuid::Uuid;

use super::AddOptions;
use crate::app::AppContext;
use crate::storage::{EnvironmentEntry, Index};
use aemkeys_core::credential::{Guidance, NextStep, Problem};
use aemkeys_core::environment::{Environment, EnvironmentType};
use aemkeys_core::guidance;

/// The entry of the list, and the identity that is added again.
pub(super) struct Lost {
    entry: EnvironmentEntry,
    identity: Uuid,
}

/// Removes the entry from the list and completes the choices from it. Other programs can change the list, so nothing is taken
/// that would lift a guard or name a host.
pub(super) async fn forget(
    context: &AppContext,
    index: &Index,
    identity: Uuid,
    choices: &mut AddOptions,
) -> Result<Option<Lost>, Problem> {
    let Some((entry, own)) = index.identity(identity) else {
        return Ok(None);
    };
    choices.name.get_or_insert_with(|| entry.name.clone());
    choices.label.get_or_insert_with(|| own.label.clone());
    choices.customer = choices.customer.take().or_else(|| entry.customer.clone());
    if entry.environment_type == EnvironmentType::Production {
        choices
            .environment_type
            .get_or_insert(EnvironmentType::Production);
    }
    let entry = entry.clone();
    let id = entry.id;
    context
        .update_index(move |index| index.environments.retain(|it| it.id != id))
        .await?;
    Ok(Some(Lost { entry, identity }))
}

impl Lost {
    /// Says what the environment had according to the list and is not restored.
    pub(super) fn not_restored(&self, now: &Environment) -> Vec<Guidance> {
        let (entry, name) = (&self.entry, &now.name);
        let mut notes = Vec::new();
        if entry.environment_type != now.environment_type {
            let (before, now) = (entry.environment_type, now.environment_type);
            notes.push(guidance![
                format!(
                    "the type was {} according to the list, and is now {}; to set it, ",
                    before.short(),
                    now.short()
                ),
                NextStep::SetType.of(name).with(before.as_str())
            ]);
        }
        if let Some(ids) = entry.ids.filter(|_| now.ids.is_none()) {
            notes.push(guidance![
                format!("the environment was {ids} according to the list; to set it, "),
                NextStep::SetIds.of(name).with(ids)
            ]);
        } else if entry.hosts != now.hosts {
            notes.push(guidance![
                "its hosts are not taken from the list; to set them again, ",
                NextStep::SetHosts.of(name)
            ]);
        }
        let others = entry.identities.iter().filter(|it| it.id != self.identity);
        notes.extend(others.map(|other| {
            guidance![
                format!(
                    "{name}/{} is not restored; to add its file too, ",
                    other.label
                ),
                NextStep::AddWithLabel.of(&other.label)
            ]
        }));
        notes
    }
}
