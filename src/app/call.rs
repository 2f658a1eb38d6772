//! How is any request made with an identity's token? Writing to what may be production is guarded.

use jiff::SignedDuration;
use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::guard::{self, Act, Confirmed, environment_of};
use super::{World, exchange, resolve, test_call};
use crate::aem::{self, CallOptions};
use crate::credential::mask::readable;
use crate::credential::{Kind, Problem};
use crate::environment::{HostName, Hosts, Name, Tier, allow_list};
use crate::http::Response;

/// What is to be called, resolved and not yet sent: shown to the person where a guard asks.
pub struct Prepared {
    pub identity: Uuid,
    pub environment: Name,
    pub label: Name,
    pub origin: String,
    fresh: Option<exchange::Fresh>,
    hosts: Hosts,
    approved: Vec<HostName>,
    tier: Tier,
}

impl Prepared {
    /// What a server answered, as a person may see it: safe for a terminal, and without the token in any form.
    pub fn readable(&self, answer: &[u8]) -> String {
        readable(answer, self.fresh.as_ref().map(|fresh| &fresh.secret))
    }
}

/// Is it a path of the environment's own host, and nothing else? The message says why not.
pub fn check_path(path: &str) -> Result<(), Problem> {
    aem::call::check_path(path).map_err(|error| error.problem())
}

pub async fn prepare(world: &World, identity: Uuid, tier: Tier) -> Result<Prepared, Problem> {
    let index = world.read_index()?;
    let (environment, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let (fresh, hosts, approved) = if entry.kind == Kind::Local {
        let hosts = test_call::local_hosts(world, identity).await?;
        (None, hosts, Vec::new())
    } else {
        let fresh = exchange::ensure(world, identity, SignedDuration::from_mins(1), false).await?;
        let context = fresh.context.clone();
        (Some(fresh), context.hosts, context.approved_hosts)
    };
    let origin = hosts
        .of(tier)
        .ok_or_else(|| test_call::no_hosts(&resolve::full_name(environment, entry)))?
        .origin();
    Ok(Prepared {
        identity,
        environment: environment.name.clone(),
        label: entry.label.clone(),
        origin,
        fresh,
        hosts,
        approved,
        tier,
    })
}

/// `confirmed` is needed for whatever is not a mere GET, HEAD or OPTIONS.
pub async fn send(
    world: &World,
    prepared: &Prepared,
    path: &str,
    options: &CallOptions,
    confirmed: Option<&Confirmed>,
) -> Result<Response, Problem> {
    if !options.is_read_only() {
        let environment = environment_of(world, prepared.identity)
            .await?
            .ok_or_else(no_longer_stored)?;
        confirmed
            .ok_or_else(|| guard::unconfirmed(&environment))?
            .check(&environment, Act::Call)?;
    }
    let target = prepared
        .hosts
        .of(prepared.tier)
        .ok_or_else(|| test_call::no_hosts(prepared.environment.as_str()))?;
    let allowed =
        |host: &HostName| allow_list::may_receive_token(&prepared.hosts, &prepared.approved, host);
    aem::call(
        &world.http,
        target,
        path,
        options,
        prepared.fresh.as_ref().map(|fresh| &fresh.secret),
        &allowed,
        world.clock.now(),
    )
    .await
    .map(|result| result.response)
    .map_err(|error| error.problem())
}
