//! Adds a credential or a token: recognises, checks and previews it, then stores it.

mod development_token;
mod file_name;
mod keep;
mod label;
mod local_sdk;
mod lost;
mod preview;
mod relation;
mod update;

use aemkeys_core::credential::{Guidance, NextStep};
use aemkeys_core::guidance;
use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

pub use development_token::store_development_token;
pub use file_name::FileGuess;
use keep::keep;
use label::choose_label;
pub use local_sdk::store_local;
use preview::preview_in;
pub use preview::{Preview, preview, token_expired};
pub use relation::Relation;

use super::guard::Confirmed;
use super::names::free_name;
use super::{AppContext, ownership};
use crate::storage::{CredentialItem, IdentityEntry, Index, Storage, TokenOrigin};
use aemkeys_core::credential::{Code, Credential, Imported, Problem, TokenFacts};
use aemkeys_core::environment::{
    Approval, CloudIds, Environment, EnvironmentType, HostName, Hosts, Identity, Name, Purpose,
    allow_list,
};

/// The user's choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOptions {
    pub name: Option<Name>,
    pub label: Option<Name>,
    pub environment_type: Option<EnvironmentType>,
    pub customer: Option<String>,
    pub ids: Option<CloudIds>,
    /// Hosts that replace the derived ones where they are `Some`.
    pub hosts: Hosts,
    /// The hosts that the user confirmed by typing them.
    pub trusted: Vec<Approval>,
    /// Whether to accept the suggested label if one is needed.
    pub accept_suggestions: bool,
    /// Required if the input changes a guarded environment that is already stored.
    pub confirmed: Option<Confirmed>,
    pub imported_from: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    Stored {
        environment: Uuid,
        identity: Uuid,
        full_name: String,
        /// The name or label looks like another one.
        warnings: Vec<String>,
    },
    AlreadyStored {
        identity: Uuid,
        full_name: String,
    },
    /// It was stored with different content, which was replaced.
    Updated {
        identity: Uuid,
        full_name: String,
        changes: Vec<String>,
        /// The settings that are kept.
        notes: Vec<Guidance>,
    },
    /// It was listed but missing from the storage.
    Restored {
        identity: Uuid,
        full_name: String,
        /// The settings that were not restored.
        notes: Vec<Guidance>,
    },
}

impl Added {
    pub fn identity(&self) -> Uuid {
        match self {
            Self::Stored { identity, .. }
            | Self::AlreadyStored { identity, .. }
            | Self::Updated { identity, .. }
            | Self::Restored { identity, .. } => *identity,
        }
    }

    pub fn full_name(&self) -> &str {
        match self {
            Self::Stored { full_name, .. }
            | Self::AlreadyStored { full_name, .. }
            | Self::Updated { full_name, .. }
            | Self::Restored { full_name, .. } => full_name,
        }
    }
}

/// What adding the same account again would change.
#[derive(Clone, Debug)]
pub struct Changes {
    pub identity: Uuid,
    /// The name of the environment.
    pub environment: String,
    /// One line for each difference.
    pub lines: Vec<String>,
    /// Whether the user must type the name of the environment.
    pub needs_confirmation: bool,
}

/// Compares the input with the stored identity and returns what adding it would change. `None` if it is new or identical.
pub async fn changes(
    context: &AppContext,
    imported: &mut Imported,
    choices: &AddOptions,
) -> Result<Option<Changes>, Problem> {
    let preview = preview(context, imported, choices)?;
    let Relation::AlreadyStored { identity, .. } = preview.relation else {
        return Ok(None);
    };
    let found = update::compare_with_storage(context, identity, imported, choices).await?;
    let (update::Again::Differs(lines), Some(environment)) = found else {
        return Ok(None);
    };
    Ok(Some(Changes {
        identity,
        environment: environment.name.to_string(),
        lines,
        needs_confirmation: update::needs_confirmation(context, &environment, choices).await?,
    }))
}

/// Stores the input and updates the list. On an error, nothing is stored.
pub async fn store(
    context: &AppContext,
    mut imported: Imported,
    mut choices: AddOptions,
) -> Result<Added, Problem> {
    // Hold the lock from the read to the write, so that names and accounts stay unique.
    let lock = context.lock_for_change().await?;
    let mut index = context.read_index()?;
    let now = context.clock.now();
    let thresholds = &context.configuration.thresholds;
    let mut preview = preview_in(&index, &imported, &choices, now, thresholds);
    preview.refuse_unusable(now)?;
    let mut lost = None;
    if let Relation::AlreadyStored {
        identity,
        full_name,
    } = preview.relation.clone()
    {
        let (again, environment) =
            update::compare_with_storage(context, identity, &mut imported, &choices).await?;
        match (again, environment) {
            (update::Again::Same, _) => {
                return Ok(Added::AlreadyStored {
                    identity,
                    full_name,
                });
            }
            (update::Again::Differs(changes), Some(environment)) => {
                drop(lock);
                return update::replace_content(
                    context,
                    identity,
                    environment,
                    imported,
                    choices,
                    changes,
                )
                .await;
            }
            (_, Some(environment)) => {
                drop(lock);
                return update::restore(context, identity, environment.id, imported, &choices)
                    .await;
            }
            // If its environment is missing from the storage, it is added again under the same name.
            (_, None) => {
                lost = lost::forget(context, &index, identity, &mut choices).await?;
                index = context.read_index()?;
                preview = preview_in(&index, &imported, &choices, now, thresholds);
                preview.refuse_unusable(now)?;
            }
        }
    }
    let _lock = lock;
    let existing = match &preview.relation {
        Relation::AlreadyStored { full_name, .. } => return Err(newer_certificate(full_name)),
        Relation::NewRevision { full_name, .. } => {
            super::rotate::refuse_leaked(context, imported.key_digests()).await?;
            return Err(newer_certificate(full_name));
        }
        Relation::NewIdentity { environment, .. } => Some(*environment),
        Relation::NewEnvironment => None,
    };
    if index.environments.is_empty() {
        context.storage(Storage::probe).await?;
    }
    let mut environment = match existing {
        Some(id) => context.environment(id).await?,
        None => new_environment(&index, &preview, &choices)?,
    };
    let label = choose_label(&environment, &preview, &choices, existing.is_some())?;
    let identity = Identity::new(label, preview.kind);
    if let Some(ims) = preview
        .facts
        .as_ref()
        .and_then(|facts| allow_list::non_adobe_ims_host(&facts.ims_host))
        .filter(|ims| ims.is_confirmed_by(&choices.trusted))
    {
        environment.approve(&ims.host, ims.purpose);
    }
    match &imported {
        Imported::DevelopmentToken(token) => {
            ownership::check_token(&index, &environment, token)?;
        }
        Imported::Service(_) | Imported::Oauth(_) => {
            if let Some(facts) = &preview.facts {
                ownership::check_credential(&index, &environment, facts)?;
            }
        }
    }
    environment.add_identity(identity.clone());
    environment.check()?;
    environment.confirm_hosts(&confirmed_hosts(&choices))?;
    let not_restored = lost.map(|lost| lost.not_restored(&environment));
    write(
        context,
        environment,
        &identity,
        imported,
        &preview,
        choices,
        now,
    )
    .await
    .map(|added| match (added, not_restored) {
        (
            Added::Stored {
                identity,
                full_name,
                ..
            },
            Some(notes),
        ) => Added::Restored {
            identity,
            full_name,
            notes,
        },
        (added, _) => added,
    })
}

async fn write(
    context: &AppContext,
    environment: Environment,
    identity: &Identity,
    imported: Imported,
    preview: &Preview,
    choices: AddOptions,
    now: Timestamp,
) -> Result<Added, Problem> {
    let id = identity.id;
    let facts = preview.facts.clone();
    let complete = |token: Option<TokenFacts>| {
        move |entry: &mut IdentityEntry| {
            entry.credential = facts;
            entry.token = token;
            entry.imported_from = choices.imported_from;
        }
    };
    let credential = match imported {
        Imported::DevelopmentToken(token) => {
            let facts = token.facts(now);
            let item = ownership::token_item(
                context,
                *token,
                now,
                TokenOrigin::Pasted,
                &environment,
                identity,
            )?;
            let put = move |storage: &Storage| storage.put_token(id, &item);
            return keep(context, environment, id, put, complete(Some(facts))).await;
        }
        Imported::Service(service) => Credential::Service(*service),
        Imported::Oauth(oauth) => Credential::Oauth(*oauth),
    };
    let item = CredentialItem {
        revision: 1,
        candidate: false,
        leaked: false,
        added_at: now,
        credential,
    };
    let put = move |storage: &Storage| storage.put_credential(id, &item);
    keep(context, environment, id, put, complete(None)).await
}

fn new_environment(
    index: &Index,
    preview: &Preview,
    choices: &AddOptions,
) -> Result<Environment, Problem> {
    let name = match &choices.name {
        Some(name) => free_name(index, name)?,
        None => Name::parse(&preview.suggested_name)?,
    };
    Ok(Environment {
        customer: preview.customer.clone().filter(|it| !it.is_empty()),
        ids: preview.ids,
        hosts: preview.hosts.clone(),
        ..Environment::new(name, choices.environment_type.unwrap_or_default())
    })
}

fn confirmed_hosts(choices: &AddOptions) -> Vec<HostName> {
    let typed = choices.trusted.iter();
    typed
        .filter(|it| it.purpose == Purpose::Token)
        .map(|it| it.host.clone())
        .collect()
}

fn newer_certificate(full_name: &str) -> Problem {
    Problem::new(
        Code::SameAccount,
        format!("this is another certificate of {full_name}; nothing was changed"),
    )
    .cause("a new certificate must be tested before it replaces the old one")
    .next_step(guidance![
        "to rotate to it, ",
        NextStep::Rotate.of(full_name)
    ])
}

#[cfg(test)]
mod tests;
