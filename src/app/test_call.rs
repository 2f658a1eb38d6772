//! Tests the token on all tiers at once, after an exchange if needed, and stores the result.

use aemkeys_core::credential::NextStep;
use aemkeys_core::guidance;
use jiff::SignedDuration;
use uuid::Uuid;

use super::exchange::no_longer_stored;
use super::{AppContext, exchange, guard, resolve};
use crate::storage::TierRecord;
use aemkeys_core::aem::{self, Probe, TierResult, WHO_AM_I};
use aemkeys_core::credential::{Code, Kind, Problem, Secret};
use aemkeys_core::environment::{Destinations, Tier};
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
    request: TestRequest,
) -> Result<Vec<TierResult>, Problem> {
    let index = context.read_index()?;
    let kind = index
        .identity(identity)
        .map(|(_, entry)| entry.kind)
        .ok_or_else(no_longer_stored)?;
    let results = if kind == Kind::Local {
        let environment = local_sdk(context, identity).await?;
        ask(context, &environment, kind, &request, None).await?
    } else {
        let fresh =
            exchange::ensure(context, identity, SignedDuration::from_mins(1), false).await?;
        let environment = &fresh.context.destinations;
        if environment.hosts().is_empty() {
            return Err(no_hosts(&resolve::name_of(&index, identity)));
        }
        ask(context, environment, kind, &request, Some(&fresh.secret)).await?
    };
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
    let targets = targets(environment, &request.tiers);
    if targets.is_empty() {
        return Err(Problem::new(
            Code::NoHosts,
            "the environment has no host for the requested tier",
        )
        .next_step(guidance!["to set it, ", NextStep::SetHosts]));
    }
    let probe = Probe {
        targets,
        path: request.path.clone().unwrap_or_else(|| WHO_AM_I.to_owned()),
        kind,
    };
    Ok(aem::test_tiers(&context.http, &probe, token, context.clock.now()).await)
}

/// Returns the addresses of the tiers; the custom domain of publish follows its default host.
fn targets(environment: &Destinations, tiers: &[Tier]) -> Vec<(Tier, Recipient)> {
    let mut targets = Vec::new();
    for tier in Tier::ALL {
        if !tiers.is_empty() && !tiers.contains(&tier) {
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

pub(super) fn no_hosts(name: &str) -> Problem {
    Problem::new(Code::NoHosts, format!("{name} has no hosts"))
        .cause("a local development token does not name its environment")
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
            host: host_of(&result.url),
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

fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
