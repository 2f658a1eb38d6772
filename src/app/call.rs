//! Sends a request with an identity's token; writes to production or untyped environments need confirmation.

use jiff::SignedDuration;
use uuid::Uuid;

use super::guard::{self, Act, Confirmed, environment_of};
use super::resolve::no_longer_stored;
use super::{AppContext, exchange, resolve, test_call};
use crate::storage::EnvironmentEntry;
pub use aemkeys_core::aem::Judgement;
use aemkeys_core::aem::{self, Asked, CallOptions};
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::{Hosts, Tier};
use aemkeys_core::http::{Recipient, Response};

/// A resolved call that is not yet sent.
pub struct Prepared {
    identity: Uuid,
    tier: Tier,
    kind: Kind,
    pub origin: String,
    fresh: Option<exchange::Fresh>,
    recipient: Recipient,
}

/// Returns the path that the user means, with the `/` that may be missing at its start. The error says why it is not only a
/// path on the environment's host.
pub fn request_path(text: &str) -> Result<String, Problem> {
    let path = with_slash(text);
    aem::call::check_path(&path).map_err(|error| error.problem())?;
    Ok(path)
}

/// Adds the `/` that is missing at the start of a path.
pub fn with_slash(text: &str) -> String {
    let is_relative = !text.starts_with(['/', '\\']) && !text.contains("://") && !text.is_empty();
    format!("{}{text}", if is_relative { "/" } else { "" })
}

/// Where a call goes: a tier, or the customer's own domain in front of publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTarget {
    pub tier: Tier,
    pub own_domain: bool,
}

impl CallTarget {
    pub fn tier(tier: Tier) -> Self {
        let own_domain = false;
        Self { tier, own_domain }
    }
}

/// Splits what the user gave, a path or a whole URL of one of the environment's hosts, into target and path.
pub fn locate(
    context: &AppContext,
    identity: Uuid,
    tier: Option<Tier>,
    text: &str,
) -> Result<(CallTarget, String), Problem> {
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    }) else {
        let target = CallTarget::tier(tier.unwrap_or(Tier::Author));
        return Ok((target, request_path(text)?));
    };
    let index = context.read_index()?;
    let (environment, entry) = index.identity(identity).ok_or_else(no_longer_stored)?;
    let name = resolve::full_name(environment, entry);
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let origin = format!("{}://{}", scheme, host.trim_end_matches(":443")).to_ascii_lowercase();
    let own = own_origins(environment);
    let Some((target, _)) = own.iter().find(|(_, own)| *own == origin) else {
        let hosts: Vec<&str> = own.iter().map(|(_, origin)| origin.as_str()).collect();
        return Err(Problem::new(
            Code::Usage,
            format!("this URL is not one of {name}: nothing was sent"),
        )
        .cause("a token is sent only to the hosts of its own environment, over https")
        .next_step(match hosts.as_slice() {
            [] => "give only the path, such as /content/dam.json".to_owned(),
            hosts => format!(
                "give only the path, or a URL that starts with {}",
                hosts.join(", ")
            ),
        }));
    };
    if tier.is_some_and(|tier| tier != target.tier) {
        return Err(Problem::new(
            Code::Usage,
            format!(
                "the URL is one of {}, but another tier is named",
                target.tier.as_str()
            ),
        )
        .next_step("give the name without a tier, or only the path"));
    }
    let path = path.split('#').next().unwrap_or_default();
    Ok((
        *target,
        request_path(if path.is_empty() { "/" } else { path })?,
    ))
}

/// Returns the origins of the environment's hosts.
fn own_origins(environment: &EnvironmentEntry) -> Vec<(CallTarget, String)> {
    let mut own: Vec<(CallTarget, String)> = Tier::STORED
        .into_iter()
        .filter_map(|tier| Some((CallTarget::tier(tier), environment.hosts.of(tier)?.origin())))
        .collect();
    if let Some(ids) = environment.ids {
        let host = Hosts::derived_host(ids, Tier::Delivery);
        own.push((CallTarget::tier(Tier::Delivery), format!("https://{host}")));
    }
    if let Some(domain) = &environment.hosts.publish_domain {
        let target = CallTarget {
            tier: Tier::Publish,
            own_domain: true,
        };
        own.push((target, format!("https://{domain}")));
    }
    own
}

pub async fn prepare(
    context: &AppContext,
    identity: Uuid,
    target: CallTarget,
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
    let recipient = if target.own_domain {
        Recipient::publish_domain(&destinations)
    } else {
        Recipient::tier(&destinations, target.tier)
    };
    let recipient = recipient
        .ok_or_else(|| test_call::no_hosts(&resolve::full_name(environment, entry), entry.kind))?;
    Ok(Prepared {
        tier: target.tier,
        kind: entry.kind,
        identity,
        origin: recipient.address().origin(),
        fresh,
        recipient,
    })
}

/// Judges a response: who answered, why, and what to do.
pub fn judge(prepared: &Prepared, path: &str, response: &Response) -> Judgement {
    let asked = Asked {
        tier: prepared.tier,
        kind: prepared.kind,
        path,
    };
    aem::judge(asked, response)
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
            .ok_or_else(|| guard::unconfirmed(Act::Call, &environment))?
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
