//! Sends a request with an identity's token; writes to production or untyped environments need confirmation.

use jiff::SignedDuration;
use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::guard::{self, Act, Confirmed, environment_of};
use super::{AppContext, exchange, resolve, test_call};
use aemkeys_core::aem::{self, CallOptions};
use aemkeys_core::credential::{Kind, Problem};
use aemkeys_core::environment::Tier;
use aemkeys_core::http::{Recipient, Response};

/// A resolved call that is not yet sent.
pub struct Prepared {
    identity: Uuid,
    pub origin: String,
    fresh: Option<exchange::Fresh>,
    recipient: Recipient,
}

/// Checks that this is only a path on the environment's host. The error says why not.
pub fn check_path(path: &str) -> Result<(), Problem> {
    aem::call::check_path(path).map_err(|error| error.problem())
}

pub async fn prepare(
    context: &AppContext,
    identity: Uuid,
    tier: Tier,
) -> Result<Prepared, Problem> {
    let index = context.read_index()?;
    let (environment, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let (fresh, destinations) = if entry.kind == Kind::Local {
        (None, test_call::local_sdk(context, identity).await?)
    } else {
        let fresh =
            exchange::ensure(context, identity, SignedDuration::from_mins(1), false).await?;
        let destinations = fresh.context.destinations.clone();
        (Some(fresh), destinations)
    };
    let recipient = Recipient::tier(&destinations, tier)
        .ok_or_else(|| test_call::no_hosts(&resolve::full_name(environment, entry)))?;
    Ok(Prepared {
        identity,
        origin: recipient.address().origin(),
        fresh,
        recipient,
    })
}

/// Sends the call. `confirmed` is required for methods other than GET, HEAD and OPTIONS.
pub async fn send(
    context: &AppContext,
    prepared: &Prepared,
    path: &str,
    options: &CallOptions,
    confirmed: Option<&Confirmed>,
) -> Result<Response, Problem> {
    if !options.is_read_only() {
        let environment = environment_of(context, prepared.identity)
            .await?
            .ok_or_else(no_longer_stored)?;
        confirmed
            .ok_or_else(|| guard::unconfirmed(&environment))?
            .check(&environment, Act::Call)?;
    }
    aem::call(
        &context.http,
        &prepared.recipient,
        path,
        options,
        prepared.fresh.as_ref().map(|fresh| &fresh.secret),
        context.clock.now(),
    )
    .await
    .map_err(|error| error.problem())
}
