//! The cause and the next step for each verdict.

use super::Verdict;
use crate::credential::{Guidance, Kind, NextStep};
use crate::environment::Tier;
use crate::guidance;

/// What was asked, and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub tier: Tier,
    pub kind: Kind,
    pub path: &'a str,
}

impl Asked<'_> {
    /// True for the paths of AEM's OpenAPI-based APIs, the only ones that accept OAuth server-to-server tokens.
    pub fn is_openapi(self) -> bool {
        self.path.starts_with("/adobe/")
    }

    /// True for the management of Content Fragments, which Adobe disables on publish.
    fn is_fragment_management(self) -> bool {
        self.path.starts_with("/adobe/sites/cf/")
    }
}

/// Returns the cause and the next step.
pub(super) fn explain(verdict: Verdict, asked: Asked<'_>) -> (&'static str, Guidance) {
    let Asked { tier, kind, .. } = asked;
    let publish = tier != Tier::Author;
    match verdict {
        Verdict::SignedIn => ("AEM accepted the token", "nothing to do".into()),
        Verdict::Reachable => (
            "the local SDK answers; it needs no sign-in",
            "nothing to do".into(),
        ),
        Verdict::Answered => (
            "the path was answered, but the response does not show whether AEM checked the token",
            "test without a path to see which user the token signs in as".into(),
        ),
        Verdict::Anonymous if publish => (
            "publish did not accept the token: it belongs to another environment, or the CDN or dispatcher removed it",
            "test author with the same token; ask whoever runs the CDN and dispatcher whether they forward the Authorization header".into(),
        ),
        Verdict::Anonymous => (
            "author did not accept the token and treated the request as anonymous",
            new_token_step(kind),
        ),
        Verdict::TokenRefused if kind == Kind::Local => (
            "the local SDK requires a user for this path",
            "test without a path, or sign in with a user of the SDK".into(),
        ),
        Verdict::TokenRefused if kind == Kind::OauthServerToServer && !asked.is_openapi() => (
            "AEM accepts OAuth server-to-server tokens only on the paths of its OpenAPI-based APIs (/adobe/..), and this is a classic path",
            "test without a path, which asks those APIs; for classic paths, use service credentials from the AEM Developer Console".into(),
        ),
        Verdict::TokenRefused if kind == Kind::OauthServerToServer => (
            "the token itself is refused: it has expired, is damaged, or is of another organisation or another IMS (stage, production)",
            guidance!["to get a new token, ", NextStep::Exchange, "; if it is refused too, check organisation and IMS: ", NextStep::Show],
        ),
        Verdict::TokenRefused => (
            "the token has expired, is damaged, or belongs to another environment",
            new_token_step(kind),
        ),
        Verdict::NotPermitted if kind == Kind::Local => (
            "the local SDK does not allow this without a user",
            "sign in with a user of the SDK".into(),
        ),
        Verdict::NotPermitted if kind == Kind::OauthServerToServer => (
            "the account of the OAuth credential is known, but not permitted to do this",
            "check the product profile of the API in the Adobe Developer Console, wait up to 30 minutes, exchange again, then test again".into(),
        ),
        Verdict::NotPermitted if kind == Kind::DevelopmentToken => (
            "you are signed in, but lack the permission",
            "ask for a product profile or AEM group with the permission; changes take up to 30 minutes".into(),
        ),
        Verdict::NotPermitted => (
            "the account is signed in, but lacks the permission: a technical account starts in the group Contributors, which can only read",
            "add the account to a product profile or an AEM group, wait up to 30 minutes, then test again".into(),
        ),
        Verdict::ClientNotAllowlisted => (
            "this client id is not on the environment's allow list",
            "deploy an api.yaml (kind: \"API\", data.allowedClientIDs for author, publish, preview) through the configuration pipeline".into(),
        ),
        Verdict::NotFound if publish && asked.is_fragment_management() => (
            "Content Fragment Management is disabled on publish by default",
            "ask author, or use the Content Fragment Delivery API on publish".into(),
        ),
        Verdict::NotFound if tier == Tier::Delivery => (
            "the asset does not exist or is not approved",
            "check the id of the asset (/adobe/assets/urn:aaid:aem:..)".into(),
        ),
        Verdict::NotFound if asked.is_openapi() => (
            "this API does not exist on this environment, or the id in the path does not",
            "check the path; the environment needs a current AEM release for its OpenAPI-based APIs".into(),
        ),
        Verdict::NotFound if publish => (
            "usually the dispatcher denies this path; the token is not the cause",
            "allow the path in the dispatcher filters, or test author".into(),
        ),
        Verdict::NotFound => ("the path does not exist", "check the path".into()),
        Verdict::LoginPage => (
            "AEM answered with a login page: it did not accept the token",
            new_token_step(kind),
        ),
        Verdict::BlockedAtCdn => (
            "an IP allow list or a firewall blocked the request before AEM; often the public address of your network has changed",
            "compare your public address with the environment's IP allow list in Cloud Manager".into(),
        ),
        Verdict::LacksScopes => (
            "the token lacks the scope of this API: an OAuth token carries only the scopes of the APIs in its project",
            guidance!["add the API to the project in the Adobe Developer Console and download the credential again; to add it, ", NextStep::Add, ", then ", NextStep::Exchange, "; for classic paths, use service credentials"],
        ),
        Verdict::Redirected => (
            "the host sends the request elsewhere, and aemkeys follows no redirect with a token",
            guidance!["if the target is this environment's own domain, set it: ", NextStep::SetDomain, "; else look at the redirect rules of the CDN, the dispatcher and AEM"],
        ),
        Verdict::CdnCredentials => (
            "the CDN in front of AEM wants its own key or user, not an access token",
            "send the edge key (X-AEM-Edge-Key) or the user that cdn.yaml names, or ask author; the token is not the cause".into(),
        ),
        Verdict::CdnTimeout => (
            "the CDN stopped waiting for the first byte: AEM answers too slowly on this path; the environment is running",
            "try again, or ask for less at once; if it happens again, look for slow requests in the AEM logs".into(),
        ),
        Verdict::RateLimited => (
            "there were too many requests; the answer does not say who set the limit",
            "wait, then send fewer requests".into(),
        ),
        Verdict::Hibernated if kind == Kind::Local => (
            "the local SDK is not running, or still starting",
            "start it, wait until it answers, then test again".into(),
        ),
        Verdict::Hibernated => (
            "the environment is hibernated, starting, being updated or not running",
            "de-hibernate it in the AEM Developer Console, wait a few minutes, then test again".into(),
        ),
        Verdict::Unexpected => (
            "AEM does not normally answer like this: there was a server error, there were too many requests, or the host is not AEM",
            "read the response body, check the host, or try again in a few minutes".into(),
        ),
        Verdict::NoAnswer => (
            "the environment may be hibernated, or the network has a problem",
            guidance!["try again; to check network and proxy, ", NextStep::Doctor],
        ),
    }
}

pub(super) fn new_token_step(kind: Kind) -> Guidance {
    match kind {
        Kind::DevelopmentToken => {
            guidance![
                "get a new token in the AEM Developer Console of this environment (Integrations, Local token); to paste it, ",
                NextStep::PasteToken
            ]
        }
        _ => {
            guidance![
                "to get a fresh token, ",
                NextStep::Exchange,
                "; if it fails again, check that the credential belongs to this environment"
            ]
        }
    }
}

/// Returns the cause and the next step of a verdict whose request is not known.
pub fn explain_verdict(verdict: Verdict) -> (&'static str, Guidance) {
    let asked = Asked {
        tier: Tier::Publish,
        kind: Kind::ServiceCredentials,
        path: "/",
    };
    explain(verdict, asked)
}
