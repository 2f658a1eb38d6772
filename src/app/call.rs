//! How is any request made with an identity's token? Writing to what may be production is guarded.

use jiff::SignedDuration;
use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::{World, exchange, resolve, test_call};
use crate::aem::{self, CallOptions};
use crate::credential::{Kind, Problem};
use crate::environment::{EnvironmentType, Name, Tier};
use crate::http::{Recipient, Response};

/// What is to be called, resolved and not yet sent: shown to the person where a guard asks.
pub struct Prepared {
    pub environment: Name,
    pub environment_type: EnvironmentType,
    pub label: Name,
    pub origin: String,
    fresh: Option<exchange::Fresh>,
    recipient: Recipient,
}

impl Prepared {
    /// A call that changes something, on Production or on a type nobody has told.
    pub fn needs_confirmation(&self, options: &CallOptions) -> bool {
        !options.is_read_only() && self.environment_type.is_guarded()
    }
}

/// Is it a path of the environment's own host, and nothing else? The message says why not.
pub fn check_path(path: &str) -> Result<(), Problem> {
    aem::call::check_path(path).map_err(|error| error.problem())
}

pub async fn prepare(world: &World, identity: Uuid, tier: Tier) -> Result<Prepared, Problem> {
    let index = world.read_index()?;
    let (environment, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let (fresh, destinations, environment_type) = if entry.kind == Kind::Local {
        let destinations = test_call::local_sdk(world, identity).await?;
        (None, destinations, EnvironmentType::Local)
    } else {
        let fresh = exchange::ensure(world, identity, SignedDuration::from_mins(1), false).await?;
        let context = fresh.context.clone();
        (Some(fresh), context.destinations, context.environment_type)
    };
    let recipient = Recipient::tier(&destinations, tier)
        .ok_or_else(|| test_call::no_hosts(&resolve::full_name(environment, entry)))?;
    Ok(Prepared {
        environment: environment.name.clone(),
        environment_type,
        label: entry.label.clone(),
        origin: recipient.address().origin(),
        fresh,
        recipient,
    })
}

pub async fn send(
    world: &World,
    prepared: &Prepared,
    path: &str,
    options: &CallOptions,
) -> Result<Response, Problem> {
    aem::call(
        &world.http,
        &prepared.recipient,
        path,
        options,
        prepared.fresh.as_ref().map(|fresh| &fresh.secret),
        world.clock.now(),
    )
    .await
    .map(|result| result.response)
    .map_err(|error| error.problem())
}
