//! The test of author, publish and preview at the same time, and the result of each.

use crate::credential::Guidance;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;

use super::call::check_path;
use super::verdict::{Asked, judge};
use super::{Verdict, apis};
use crate::credential::text::{clean, clean_lines};
use crate::credential::{Fingerprint, Kind, Secret};
use crate::environment::{Tier, TierAddress, allow_list};
use crate::explain::Who;
use crate::http::{Body, Http, HttpError, Limits, Recipient, Request, Response};

/// The sign-in check: returns the user and its groups. Allowed on author and by the default publish dispatcher.
pub const WHO_AM_I: &str = "/libs/granite/security/currentuser.json?props=memberOf";

/// The check of the delivery tier, which has no sign-in check: an asset that does not exist. 404 is the expected answer.
pub const DELIVERY_CHECK: &str = "/adobe/assets/urn:aaid:aem:00000000-0000-0000-0000-000000000000";

/// Short, because a hibernated environment answers late or never.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(15),
    body_bytes: 1024 * 1024,
    tries: 1,
};

/// The number of characters of the body that can be shown.
const BODY_SHOWN: usize = 200_000;

/// What to test.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Addresses with their tier. The default publish host and a custom domain are two addresses.
    pub targets: Vec<(Tier, Recipient)>,
    pub path: String,
    pub kind: Kind,
}

impl Probe {
    /// Whether the sign-in check can tell who is signed in: not on delivery, and not with an OAuth token, which only the
    /// OpenAPI-based APIs accept.
    fn can_ask_who(&self, tier: Tier) -> bool {
        let has_check = matches!(self.kind, Kind::ServiceCredentials | Kind::DevelopmentToken);
        has_check && tier != Tier::Delivery && !self.path.starts_with("/adobe/")
    }

    fn asked(&self, tier: Tier) -> Asked<'_> {
        Asked {
            tier,
            kind: self.kind,
            path: &self.path,
        }
    }
}

/// The result of one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierResult {
    pub tier: Tier,
    pub url: String,
    pub status: Option<u16>,
    pub verdict: Verdict,
    /// Who wrote the response; `None` without one.
    pub answered_by: Option<Who>,
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub elapsed_ms: u64,
    pub cause: Option<String>,
    /// The evidence for the cause: "Age 120: answered from the CDN's cache".
    pub seen: Option<String>,
    pub next_step: Option<Guidance>,
    pub content_type: Option<String>,
    /// The sanitised text of the body, limited in length.
    #[serde(skip)]
    pub body: String,
    #[serde(skip)]
    pub body_cut: bool,
}

impl TierResult {
    /// The host that was asked.
    pub fn host(&self) -> &str {
        self.host_and_path().0
    }

    /// The path that was asked, with its query.
    pub fn path(&self) -> &str {
        self.host_and_path().1
    }

    fn host_and_path(&self) -> (&str, &str) {
        let rest = self
            .url
            .split_once("://")
            .map_or(&*self.url, |(_, rest)| rest);
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }

    /// Returns whether this path tells if AEM accepts the token. Any other may be missing, or closed to the user.
    pub fn is_sign_in_check(&self) -> bool {
        [WHO_AM_I, DELIVERY_CHECK].contains(&self.path()) || apis::is_asked(self.path())
    }
}

/// Tests all targets at the same time. Returns one result each, in the order of `targets`. `token` is `None` for a local SDK.
pub async fn test_tiers(
    http: &Http,
    probe: &Probe,
    token: Option<&Secret>,
    now: Timestamp,
) -> Vec<TierResult> {
    let mut results = join_all(
        probe
            .targets
            .iter()
            .map(|(tier, recipient)| ask(http, probe, *tier, recipient, token, now)),
    )
    .await;
    compare_tiers(&mut results);
    compare_domains(probe, &mut results);
    results
}

async fn ask(
    http: &Http,
    probe: &Probe,
    tier: Tier,
    recipient: &Recipient,
    token: Option<&Secret>,
    now: Timestamp,
) -> TierResult {
    let first = once(http, probe, tier, recipient, &probe.path, token, now).await;
    let cached = match (first.from_cache, first.result.verdict) {
        (Some(cached), Verdict::Anonymous) => cached,
        (Some(cached), Verdict::Answered) => {
            return TierResult {
                seen: first.result.seen.or(Some(cached)),
                ..first.result
            };
        }
        (None, Verdict::Answered) if probe.can_ask_who(tier) => {
            let check = once(http, probe, tier, recipient, WHO_AM_I, token, now).await;
            return with_user(first.result, check.result);
        }
        _ => return first.result,
    };
    // The cache answers without checking the token: bypass it with a query parameter.
    let separator = if probe.path.contains('?') { '&' } else { '?' };
    let past = format!(
        "{}{separator}aemkeys={}",
        probe.path,
        random_word(now, recipient.address())
    );
    let second = once(http, probe, tier, recipient, &past, token, now)
        .await
        .result;
    if second.status.is_none() {
        return first.result;
    }
    decide(first.result, second, &cached)
}

/// Adds who is signed in to an answer that does not show it. An answer for everyone shows that the token was ignored.
fn with_user(answer: TierResult, check: TierResult) -> TierResult {
    match check.verdict {
        Verdict::SignedIn => TierResult {
            verdict: Verdict::SignedIn,
            user: check.user,
            groups: check.groups,
            ..answer
        },
        Verdict::Anonymous => TierResult {
            verdict: Verdict::Anonymous,
            cause: check.cause,
            seen: Some(
                "the path answers everyone, and the sign-in check answers anonymous".to_owned(),
            ),
            next_step: check.next_step,
            ..answer
        },
        _ => answer,
    }
}

/// Uses the second result, which bypassed the cache, and adds the evidence of the first.
fn decide(first: TierResult, mut second: TierResult, cached: &str) -> TierResult {
    second.url = first.url;
    second.seen = Some(format!(
        "{cached}; second request without the cache: {}",
        second.verdict.words()
    ));
    if second.verdict == Verdict::SignedIn {
        second.cause = Some(
            "AEM accepts the token, but the CDN's cache answers this path for everyone".to_owned(),
        );
        second.next_step = Some(
            "exclude paths that need a sign-in from the cache of the CDN and dispatcher".into(),
        );
    }
    second
}

struct Once {
    result: TierResult,
    /// The evidence that the response came from a cache.
    from_cache: Option<String>,
}

async fn once(
    http: &Http,
    probe: &Probe,
    tier: Tier,
    recipient: &Recipient,
    path: &str,
    token: Option<&Secret>,
    now: Timestamp,
) -> Once {
    let request = Request {
        method: "GET".to_owned(),
        recipient: recipient.clone(),
        path_and_query: path.to_owned(),
        headers: vec![(
            "accept".to_owned(),
            "application/json, */*;q=0.5".to_owned(),
        )],
        bearer: token.map(Secret::duplicate),
        body: Body::Empty,
        limits: LIMITS,
    };
    let url = format!("{}{path}", recipient.address().origin());
    let began = std::time::Instant::now();
    let outcome = match check_path(path) {
        Ok(()) => http.send(request, now).await,
        Err(error) => Err(error),
    };
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(mut response) => {
            // The body is shown, and a page may repeat the token.
            response.body = response.readable(&response.body).into_bytes();
            answered(probe, tier, &url, &response, elapsed_ms)
        }
        Err(error) => Once {
            result: no_answer(probe, tier, &url, &error, elapsed_ms),
            from_cache: None,
        },
    }
}

fn answered(probe: &Probe, tier: Tier, url: &str, response: &Response, elapsed_ms: u64) -> Once {
    let mut judgement = judge(probe.asked(tier), response);
    if probe.path == DELIVERY_CHECK && judgement.verdict == Verdict::NotFound {
        judgement.verdict = Verdict::Answered;
        judgement.seen = Some("404 for an asset that does not exist, as expected".to_owned());
        judgement.cause = Some(
            "delivery answers; whether it accepts the token shows only a restricted asset"
                .to_owned(),
        );
        judgement.next_step = Some("test the path of a restricted asset: /adobe/assets/URN".into());
    }
    let text = String::from_utf8_lossy(&response.body);
    Once {
        from_cache: cache_signs(response),
        result: TierResult {
            tier,
            url: clean(url, 500),
            status: Some(response.status),
            verdict: judgement.verdict,
            answered_by: Some(judgement.answered_by),
            user: judgement.user,
            groups: judgement.groups,
            elapsed_ms,
            cause: judgement.cause,
            seen: judgement.seen,
            next_step: judgement.next_step,
            content_type: response.header("content-type").map(str::to_owned),
            body: clean_lines(&text, BODY_SHOWN),
            body_cut: response.body_cut || text.chars().count() > BODY_SHOWN,
        },
    }
}

fn no_answer(
    probe: &Probe,
    tier: Tier,
    url: &str,
    error: &HttpError,
    elapsed_ms: u64,
) -> TierResult {
    let problem = error.problem();
    let hibernated = matches!(error, HttpError::ConnectionRefused { .. });
    let verdict = if hibernated {
        Verdict::Hibernated
    } else {
        Verdict::NoAnswer
    };
    // A host that refuses or does not answer may be hibernated; every other error is a network problem.
    let asleep = hibernated || matches!(error, HttpError::TimedOut { .. });
    let (cause, next_step) = if asleep {
        let advice = probe.asked(tier).advice(verdict);
        (
            advice.and_then(|advice| advice.why.clone()),
            advice.map(|advice| advice.next.clone()),
        )
    } else {
        (problem.cause, problem.next_step)
    };
    TierResult {
        tier,
        url: clean(url, 500),
        status: None,
        verdict,
        answered_by: None,
        user: None,
        groups: Vec::new(),
        elapsed_ms,
        cause,
        seen: Some(problem.message),
        next_step,
        content_type: None,
        body: String::new(),
        body_cut: false,
    }
}

fn cache_signs(response: &Response) -> Option<String> {
    let age = response
        .header("age")
        .and_then(|age| age.trim().parse::<u64>().ok())
        .filter(|age| *age > 0);
    if let Some(age) = age {
        return Some(format!("Age {age}: answered from the CDN's cache"));
    }
    response
        .header("x-cache")
        .filter(|value| value.to_ascii_lowercase().contains("hit"))
        .map(|_| "X-Cache HIT: answered from the CDN's cache".to_owned())
}

/// A random value that no cache has seen. Not a secret.
fn random_word(now: Timestamp, address: &TierAddress) -> Fingerprint {
    let mut random = [0; 8];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random);
    Fingerprint::of(format!("{now}{}{random:?}", address.origin()).as_bytes())
}

/// Judges the tiers together: where one accepts the token, it has not expired and belongs to this environment, so another
/// tier's refusal has another cause.
pub(super) fn compare_tiers(results: &mut [TierResult]) {
    let Some((accepting, accepted)) = results
        .iter()
        .find(|result| {
            result.verdict != Verdict::Reachable && result.verdict.shows_acceptance(result.tier)
        })
        .map(|result| (result.tier, result.verdict))
    else {
        return;
    };
    let proof = accepting.as_str();
    for result in results {
        let tier = result.tier.as_str();
        let (cause, next_step) = match result.verdict {
            _ if result.tier == accepting => continue,
            Verdict::TokenRefused => (
                format!("{proof} accepted the same token, so it has not expired: {tier}, or the CDN or dispatcher in front of it, wants its own sign-in"),
                "check the authentication in cdn.yaml, the dispatcher and the closed user groups of this path".to_owned(),
            ),
            Verdict::Anonymous => (
                format!("{proof} accepted the same token, so it is valid for this environment: the CDN or dispatcher of {tier} removed the Authorization header"),
                "ask whoever runs the CDN and dispatcher whether they forward the Authorization header".to_owned(),
            ),
            Verdict::LoginPage => (
                format!("{proof} accepted the same token, so it is valid: {tier} sends requests to a sign-in before the token counts"),
                format!("exempt the path from that sign-in, or ask {proof}"),
            ),
            _ => continue,
        };
        let seen = result.seen.take().unwrap_or_default();
        result.seen = Some(format!("{seen}; {proof}: {}", accepted.words()));
        result.cause = Some(cause);
        result.next_step = Some(next_step.into());
    }
}

/// Explains a custom domain that refuses a token which the default host accepts: the CDN or dispatcher removes it.
fn compare_domains(probe: &Probe, results: &mut [TierResult]) {
    let is_default = |recipient: &Recipient| matches!(recipient.address(), TierAddress::Cloud(host) if allow_list::is_adobe_aem(host));
    let default_host_takes_it = probe
        .targets
        .iter()
        .zip(results.iter())
        .any(|(target, result)| {
            target.0 == Tier::Publish
                && is_default(&target.1)
                && result.verdict == Verdict::SignedIn
        });
    if !default_host_takes_it {
        return;
    }
    for (target, result) in probe.targets.iter().zip(results) {
        let refused = matches!(
            result.verdict,
            Verdict::Anonymous | Verdict::LoginPage | Verdict::TokenRefused
        );
        if target.0 != Tier::Publish || is_default(&target.1) || !refused {
            continue;
        }
        let seen = result.seen.take().unwrap_or_default();
        result.seen = Some(format!("{seen}; the default publish host: signed in"));
        result.cause = Some(
            "the default publish host accepts the token, so the CDN or dispatcher of this domain removes the Authorization header".to_owned(),
        );
        result.next_step =
            Some("configure the CDN of the domain to forward the Authorization header, or call the default host".into());
    }
}
