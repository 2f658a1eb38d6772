//! The test of an OAuth server-to-server token: which of AEM's OpenAPI-based APIs accept it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::probe::{Probe, TierResult, compare_tiers, test_tiers};
use super::verdict::Verdict;
use crate::credential::{Kind, Secret};
use crate::environment::Tier;
use crate::http::{Http, Recipient};

/// An API that lists something for a plain `GET`.
struct Api {
    name: &'static str,
    path: &'static str,
    tiers: &'static [Tier],
}

const APIS: [Api; 3] = [
    // "List all Content Fragments": https://adobe-sites.redoc.ly
    Api {
        name: "Content Fragments",
        path: "/adobe/sites/cf/fragments",
        tiers: &[Tier::Author],
    },
    // "List folders at the specified path": https://adobe-aem-folders-experimental.redoc.ly
    // An OAuth client that lists folders, and gets 404 from /adobe/assets, which lists nothing:
    // https://experienceleaguecommunities.adobe.com/adobe-experience-manager-assets-9/how-to-list-assets-in-a-folder-using-aem-assets-author-api-with-oauth-web-app-250739
    Api {
        name: "Folders",
        path: "/adobe/folders",
        tiers: &[Tier::Author],
    },
    // Only on publish and preview, without authentication:
    // https://experienceleague.adobe.com/en/docs/experience-manager-learn/getting-started-with-aem-headless/open-api/basic/3-explore-openapis
    Api {
        name: "Content Fragment Delivery",
        path: "/adobe/contentFragments",
        tiers: &[Tier::Publish, Tier::Preview],
    },
];

/// Returns whether the test of an OAuth token asks this path.
pub(super) fn is_asked(path: &str) -> bool {
    APIS.iter().any(|api| api.path == path)
}

/// Asks every API of its tier on every target. Returns one result each, in the order of `targets`.
pub async fn test_apis(
    http: &Http,
    targets: &[(Tier, Recipient)],
    token: Option<&Secret>,
    now: Timestamp,
) -> Vec<TierResult> {
    let tests = targets.iter().map(|target| test(http, target, token, now));
    let mut results: Vec<TierResult> = join_all(tests).await.into_iter().flatten().collect();
    compare_tiers(&mut results);
    results
}

async fn test(
    http: &Http,
    target: &(Tier, Recipient),
    token: Option<&Secret>,
    now: Timestamp,
) -> Option<TierResult> {
    let apis: Vec<&Api> = APIS
        .iter()
        .filter(|api| api.tiers.contains(&target.0))
        .collect();
    let probes: Vec<Probe> = apis
        .iter()
        .map(|api| Probe {
            targets: vec![target.clone()],
            path: api.path.to_owned(),
            kind: Kind::OauthServerToServer,
        })
        .collect();
    let asked = probes
        .iter()
        .map(|probe| test_tiers(http, probe, token, now));
    let results: Vec<TierResult> = join_all(asked).await.into_iter().flatten().collect();
    merge(&apis, &results)
}

/// Keeps the most telling result, and names what each API answered.
fn merge(apis: &[&Api], results: &[TierResult]) -> Option<TierResult> {
    let rank = |result: &&TierResult| match result.verdict {
        verdict if verdict.is_success() => 0,
        Verdict::NotFound => 2,
        _ => 1,
    };
    let best = results.iter().min_by_key(rank)?;
    let told: Vec<String> = apis
        .iter()
        .zip(results)
        .map(|(api, result)| {
            let status = result
                .status
                .map_or_else(String::new, |status| format!(" ({status})"));
            format!("{}: {}{status}", api.name, result.verdict.words())
        })
        .collect();
    let needs_no_token = best.tier != Tier::Author && best.verdict.is_success();
    let cause = needs_no_token.then(|| {
        "the API answers without a token too, so this does not show whether it accepts the token"
            .to_owned()
    });
    Some(TierResult {
        seen: Some(told.join("; ")),
        cause: cause.or_else(|| best.cause.clone()),
        ..best.clone()
    })
}
