//! The guard of Production: what an act needs before it may be done, decided from the storage.
//!
//! A frontend calls [`ask`], shows the question, and turns the answer into a [`Confirmed`]. Every use case that changes,
//! hands out or deletes something takes a [`Confirmed`] and checks it against the environment that it has read itself.
//! The list (`index.json`) is a cache that anybody with access to the file can change, so it decides nothing here.

use uuid::Uuid;

use super::World;
use super::exchange::no_longer_stored;
use crate::credential::Problem;
use crate::environment::{Environment, EnvironmentType};
use crate::vault::{ItemName, Vault, VaultError};

/// What is to be done. A confirmation counts for one act only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A call with another method than GET, HEAD or OPTIONS.
    Call,
    Exec,
    /// A type that is no longer guarded, or other hosts.
    Edit,
    Export,
    Credential,
    Rotate,
    GoBack,
    Discard,
    DropRevision,
    InvalidateToken,
    Leaked,
    Remove,
    /// Replacing a stored environment by that of a file.
    Import,
}

impl Act {
    /// Acts that are confirmed on every type, on unguarded ones with a plain yes.
    pub fn always_asks(self) -> bool {
        matches!(
            self,
            Self::Rotate
                | Self::GoBack
                | Self::Discard
                | Self::DropRevision
                | Self::InvalidateToken
                | Self::Leaked
                | Self::Remove
        )
    }
}

/// What the act is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Environment(Uuid),
    Identity(Uuid),
}

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// This name was typed, or given by a flag.
    Named(String),
    /// Yes, without a name: enough where the environment is not guarded.
    Yes,
}

impl Consent {
    pub fn of(typed: Option<String>) -> Self {
        typed.map_or(Self::Yes, Self::Named)
    }
}

/// A question that is not answered yet.
#[derive(Clone, Debug)]
pub struct Guard {
    act: Act,
    environment: Uuid,
    name: String,
    /// The label of the identity, where the act is done to one.
    label: Option<String>,
    environment_type: EnvironmentType,
}

/// The proof that a person confirmed one act on one environment. Only [`Guard::confirm`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    act: Act,
    environment: Uuid,
    named: bool,
}

/// Reads from the storage what must be confirmed. An entry of the list that says otherwise is repaired.
pub async fn ask(world: &World, subject: Subject, act: Act) -> Result<Guard, Problem> {
    let index = world.read_index()?;
    let entry = match subject {
        Subject::Environment(id) => index.environment(id),
        Subject::Identity(id) => index.identity(id).map(|(environment, _)| environment),
    };
    let found = match subject {
        Subject::Environment(id) => stored(world, id).await?,
        Subject::Identity(id) => environment_of(world, id).await?,
    };
    let Some(stored) = found else {
        // Nobody can tell what it was, so it counts as untyped.
        let entry = entry.ok_or_else(no_longer_stored)?;
        return Ok(Guard {
            act,
            environment: entry.id,
            name: entry.name.to_string(),
            label: None,
            environment_type: EnvironmentType::Unset,
        });
    };
    let mut told = index.clone();
    told.put_environment(&stored);
    if told != index {
        repair(world, stored.id).await;
    }
    let label = match subject {
        Subject::Environment(_) => None,
        Subject::Identity(id) => stored.identity(id).map(|it| it.label.to_string()),
    };
    Ok(Guard {
        act,
        environment: stored.id,
        name: stored.name.to_string(),
        label,
        environment_type: stored.environment_type,
    })
}

/// As the storage has it; a damaged item counts as none.
pub(super) async fn stored(world: &World, id: Uuid) -> Result<Option<Environment>, Problem> {
    world.vault(move |vault| readable(vault, id)).await
}

/// The environment of an identity, from the storage: the list only says where to look first.
pub(super) async fn environment_of(
    world: &World,
    identity: Uuid,
) -> Result<Option<Environment>, Problem> {
    let listed = world
        .read_index()?
        .identity(identity)
        .map(|(environment, _)| environment.id);
    world
        .vault(move |vault| {
            if let Some(listed) = listed
                && let Some(environment) = readable(vault, listed)?
                && environment.identity(identity).is_some()
            {
                return Ok(Some(environment));
            }
            for item in vault.items()? {
                if let ItemName::Environment(id) = item
                    && let Some(environment) = readable(vault, id)?
                    && environment.identity(identity).is_some()
                {
                    return Ok(Some(environment));
                }
            }
            Ok(None)
        })
        .await
}

fn readable(vault: &Vault, id: Uuid) -> Result<Option<Environment>, VaultError> {
    match vault.environment(id) {
        Err(VaultError::Damaged { .. } | VaultError::NewerFormat { .. }) => Ok(None),
        outcome => outcome,
    }
}

/// Best effort: the act does not depend on it.
async fn repair(world: &World, id: Uuid) {
    let repaired = async {
        // Read again under the lock: another process may be in the middle of a change.
        let _lock = world.lock_for_change().await?;
        let stored = world.vault(move |vault| vault.environment(id)).await?;
        if let Some(stored) = stored {
            world
                .update_index(move |index| index.put_environment(&stored))
                .await?;
        }
        Ok::<(), Problem>(())
    };
    if let Err(problem) = repaired.await {
        tracing::warn!(
            code = problem.code,
            "an entry of the list could not be repaired"
        );
    }
}

impl Guard {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn environment_type(&self) -> EnvironmentType {
        self.environment_type
    }

    /// The name must be typed: Production, or untyped.
    pub fn is_guarded(&self) -> bool {
        self.environment_type.is_guarded()
    }

    pub fn confirm(self, consent: &Consent) -> Result<Confirmed, Problem> {
        let named = match consent {
            Consent::Named(typed) if self.is_called(typed) => true,
            Consent::Named(_) => {
                let name = &self.name;
                return Err(Problem::new(
                    "guarded",
                    format!("the name given is not that of {name}; nothing was done"),
                )
                .cause("the name confirms which environment is meant"));
            }
            Consent::Yes if self.is_guarded() => {
                return Err(must_confirm(&self.name, self.environment_type));
            }
            Consent::Yes => false,
        };
        Ok(Confirmed {
            act: self.act,
            environment: self.environment,
            named,
        })
    }

    /// `ENV`, or `ENV/LABEL` of the identity meant; case does not matter.
    pub fn is_called(&self, typed: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        let name = self.name.to_lowercase();
        typed == name
            || self
                .label
                .as_ref()
                .is_some_and(|label| typed == format!("{name}/{}", label.to_lowercase()))
    }
}

impl Confirmed {
    /// Checks it against the environment as the use case has read it from the storage, at the time of the act.
    pub(super) fn check(&self, environment: &Environment, act: Act) -> Result<(), Problem> {
        self.check_stored(environment.id, Some(environment), act)
    }

    /// As [`Confirmed::check`], where the storage may lack the environment, which then counts as untyped.
    pub(super) fn check_stored(
        &self,
        id: Uuid,
        environment: Option<&Environment>,
        act: Act,
    ) -> Result<(), Problem> {
        if self.environment != id || self.act != act {
            return Err(
                Problem::new("guarded", "something else was confirmed; nothing was done")
                    .cause("the list and the storage name different environments")
                    .next_step("run `aemkeys doctor`, then try again"),
            );
        }
        let environment_type = environment.map_or(EnvironmentType::Unset, |e| e.environment_type);
        if environment_type.is_guarded() && !self.named {
            let name = environment.map_or("this environment", |it| it.name.as_str());
            return Err(must_confirm(name, environment_type));
        }
        Ok(())
    }
}

/// The confirmation of this environment among several.
pub(super) fn check_each(
    confirmed: &[Confirmed],
    environment: &Environment,
    act: Act,
) -> Result<(), Problem> {
    if !environment.environment_type.is_guarded() {
        return Ok(());
    }
    match confirmed.iter().find(|it| it.environment == environment.id) {
        Some(confirmed) => confirmed.check(environment, act),
        None => Err(unconfirmed(environment)),
    }
}

/// Does this edit need the environment's name: another type than Production, or other hosts?
pub(super) fn edit_is_guarded(before: &Environment, after: &Environment) -> bool {
    let is_new = before.ids.is_none() && before.hosts.is_empty();
    let moved = before.hosts != after.hosts
        || before.ids != after.ids
        || before.approved_hosts != after.approved_hosts;
    before.environment_type.is_guarded()
        && (!after.environment_type.is_guarded() || (moved && !is_new))
}

pub(super) fn unconfirmed(environment: &Environment) -> Problem {
    must_confirm(environment.name.as_str(), environment.environment_type)
}

fn must_confirm(name: &str, environment_type: EnvironmentType) -> Problem {
    let what = if environment_type == EnvironmentType::Production {
        "is a Production environment"
    } else {
        "has no type, so it is treated as Production"
    };
    Problem::new(
        "guarded",
        format!("this must be confirmed: {name} {what}; nothing was done"),
    )
    .next_step("type its name to confirm")
}
