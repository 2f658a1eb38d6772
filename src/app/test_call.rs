//! Tests the token on all tiers at once, after an exchange if needed, and stores the result.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::resolve::no_longer_stored;
use super::{AppContext, exchange, guard, resolve};
use crate::storage::TierRecord;
use aemkeys_core::aem::{self, DELIVERY_CHECK, Probe, TierResult, Verdict, WHO_AM_I};
use aemkeys_core::credential::NextStep;
use aemkeys_core::credential::{Code, Kind, Problem, Secret};
use aemkeys_core::environment::{Destinations, Tier};
use aemkeys_core::guidance;
use aemkeys_core::http::Recipient;

#[derive(Clone, Debug, Default)]
pub struct TestRequest {
    /// Empty: all tiers for which the environment has hosts.
    pub tiers: Vec<Tier>,
    /// `None`: request the current user.
    pub path: Option<String>,
}

/// Tests with the identity's token, and stores the results in the index.
pub async fn test(
    context: &AppContext,
    identity: Uuid,
    mut request: TestRequest,
) -> Result<Vec<TierResult>, Problem> {
    request.path = request
        .path
        .as_deref()
        .map(super::call::request_path)
        .transpose()?;
    let index = context.read_index()?;
    let kind = index
        .identity(identity)
        .map(|(_, entry)| entry.kind)
        .ok_or_else(no_longer_stored)?;
    let mut results = if kind == Kind::Local {
        let environment = local_sdk(context, identity).await?;
        ask(context, &environment, kind, &request, None).await?
    } else {
        let fresh =
            exchange::ensure(context, identity, SignedDuration::from_mins(1), false).await?;
        let environment = &fresh.context.destinations;
        if environment.hosts().is_empty() {
            return Err(no_hosts(&resolve::name_of(&index, identity), kind));
        }
        ask(context, environment, kind, &request, Some(&fresh.secret)).await?
    };
    let name = resolve::name_of(&index, identity);
    for step in results.iter_mut().filter_map(|it| it.next_step.as_mut()) {
        step.set_subject(&name);
    }
    remember(context, identity, &request, &results).await?;
    Ok(results)
}

/// Tests with a token that need not be stored.
pub async fn ask(
    context: &AppContext,
    environment: &Destinations,
    kind: Kind,
    request: &TestRequest,
    token: Option<&Secret>,
) -> Result<Vec<TierResult>, Problem> {
    let targets = targets(environment, kind, request);
    if targets.is_empty() {
        return Err(Problem::new(
            Code::NoHosts,
            "the environment has no host for the requested tier",
        )
        .next_step(guidance![
            "to set it, ",
            NextStep::SetHosts,
            "; for delivery, set the ids: ",
            NextStep::SetIds
        ]));
    }
    let now = context.clock.now();
    let Some(path) = &request.path else {
        return Ok(check_sign_in(context, kind, targets, token, now).await);
    };
    let probe = Probe {
        targets,
        path: path.clone(),
        kind,
    };
    Ok(aem::test_tiers(&context.http, &probe, token, now).await)
}

/// Asks who is signed in; an OAuth token, which only the OpenAPI-based APIs accept, is tested on those. Delivery has a check
/// of its own.
async fn check_sign_in(
    context: &AppContext,
    kind: Kind,
    targets: Vec<(Tier, Recipient)>,
    token: Option<&Secret>,
    now: Timestamp,
) -> Vec<TierResult> {
    let (delivery, others): (Vec<_>, Vec<_>) = targets
        .into_iter()
        .partition(|(tier, _)| *tier == Tier::Delivery);
    let probe = |targets, path: &str| Probe {
        targets,
        path: path.to_owned(),
        kind,
    };
    let mut results = if kind == Kind::OauthServerToServer {
        aem::test_apis(&context.http, &others, token, now).await
    } else {
        aem::test_tiers(&context.http, &probe(others, WHO_AM_I), token, now).await
    };
    let delivery = probe(delivery, DELIVERY_CHECK);
    results.extend(aem::test_tiers(&context.http, &delivery, token, now).await);
    results
}

/// Returns the addresses of the tiers; the custom domain of publish follows its default host. Without a choice, delivery is
/// left out, and for an OAuth token's own check also the tiers that have no management APIs.
fn targets(
    environment: &Destinations,
    kind: Kind,
    request: &TestRequest,
) -> Vec<(Tier, Recipient)> {
    let tiers = &request.tiers;
    let only_author = kind == Kind::OauthServerToServer
        && request.path.is_none()
        && environment.hosts().author.is_some();
    let mut targets = Vec::new();
    for tier in Tier::ALL {
        let is_default = tier == Tier::Author || (tier != Tier::Delivery && !only_author);
        let is_asked = tiers.contains(&tier) || tiers.is_empty() && is_default;
        if !is_asked {
            continue;
        }
        targets.extend(Recipient::tier(environment, tier).map(|host| (tier, host)));
        if tier == Tier::Publish {
            targets.extend(Recipient::publish_domain(environment).map(|host| (tier, host)));
        }
    }
    targets
}

/// Reads the environment from the storage, because other programs can change the index.
pub(super) async fn local_sdk(
    context: &AppContext,
    identity: Uuid,
) -> Result<Destinations, Problem> {
    guard::environment_of(context, identity)
        .await?
        .map(|environment| environment.destinations())
        .ok_or_else(|| {
            Problem::new(
                Code::SecretMissing,
                "the storage no longer contains this environment",
            )
        })
}

pub(super) fn no_hosts(name: &str, kind: Kind) -> Problem {
    Problem::new(Code::NoHosts, format!("{name} has no hosts"))
        .cause(match kind {
            Kind::OauthServerToServer => {
                "an OAuth server-to-server credential does not name its environment"
            }
            Kind::DevelopmentToken => "an access token does not name its environment",
            Kind::ServiceCredentials => {
                "the client id of these service credentials does not name an environment"
            }
            Kind::Local => "no address of the local SDK is set",
        })
        .next_step(guidance![
            "to set its ids, ",
            NextStep::SetIds.of(name),
            "; to set its hosts, ",
            NextStep::SetHosts.of(name)
        ])
}

async fn remember(
    context: &AppContext,
    identity: Uuid,
    request: &TestRequest,
    results: &[TierResult],
) -> Result<(), Problem> {
    let at = context.clock.now();
    let path = request.path.clone();
    let records: Vec<TierRecord> = results
        .iter()
        .map(|result| TierRecord {
            tier: result.tier,
            host: result.host().to_owned(),
            at,
            status: result.status,
            verdict: result.verdict.code().to_string(),
            user: result.user.clone(),
            groups: u32::try_from(result.groups.len()).unwrap_or(u32::MAX),
            elapsed_ms: result.elapsed_ms,
        })
        .collect();
    context
        .update_index(move |index| {
            if let Some(path) = path {
                if let Some(environment) = index.identity(identity).map(|(it, _)| it.id) {
                    index.add_recent_path(environment, path);
                }
            } else if let Some(entry) = index.identity_mut(identity) {
                // Only the current-user request verifies the token; another path tests only that path.
                entry
                    .last_test
                    .retain(|old| !records.iter().any(|new| new.host == old.host));
                entry.last_test.extend(records);
                entry.last_test.sort_by_key(|record| record.tier);
            }
        })
        .await
}

/// Returns the verdict of a stored result, unless a later version wrote one that is not known here.
pub fn known_verdict(record: &TierRecord) -> Option<Verdict> {
    let mut all = Verdict::ALL.into_iter();
    all.find(|verdict| verdict.code().as_str() == record.verdict)
}
