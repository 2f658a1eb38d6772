//! The test of an OAuth server-to-server token: which of AEM's OpenAPI-based APIs accept it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::probe::{Probe, TierResult, test_tiers};
use super::verdict::Verdict;
use crate::credential::{Kind, Secret};
use crate::environment::Tier;
use crate::http::{Http, Recipient};

/// APIs that list something for a plain `GET`.
const APIS: [(&str, &str); 3] = [
    ("Content Fragments", "/adobe/sites/cf/fragments"),
    ("Folders", "/adobe/folders"),
    ("Assets", "/adobe/assets"),
];

/// Asks every API on every target. Returns one result each, in the order of `targets`.
pub async fn test_apis(
    http: &Http,
    targets: &[(Tier, Recipient)],
    token: Option<&Secret>,
    now: Timestamp,
) -> Vec<TierResult> {
    let probe = |path: &str| Probe {
        targets: targets.to_vec(),
        path: path.to_owned(),
        kind: Kind::OauthServerToServer,
    };
    let probes = APIS.map(|(_, path)| probe(path));
    let asked = probes
        .iter()
        .map(|probe| test_tiers(http, probe, token, now));
    let answers: Vec<Vec<TierResult>> = join_all(asked).await;
    (0..targets.len())
        .filter_map(|at| {
            merge(
                &answers
                    .iter()
                    .filter_map(|it| it.get(at))
                    .collect::<Vec<_>>(),
            )
        })
        .collect()
}

/// Keeps the most telling result, and names what each API answered.
fn merge(results: &[&TierResult]) -> Option<TierResult> {
    let rank = |result: &TierResult| match result.verdict {
        verdict if verdict.is_success() => 0,
        Verdict::NotFound => 2,
        _ => 1,
    };
    let best = results.iter().min_by_key(|result| rank(result))?;
    let told: Vec<String> = APIS
        .iter()
        .zip(results)
        .map(|((name, _), result)| {
            let status = result
                .status
                .map_or_else(String::new, |status| format!(" ({status})"));
            format!("{name}: {}{status}", result.verdict.words())
        })
        .collect();
    Some(TierResult {
        seen: Some(told.join("; ")),
        ..(*best).clone()
    })
}
