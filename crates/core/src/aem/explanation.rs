//! The cause and the next step for each verdict, and explanations of pasted texts.

use super::Verdict;
use crate::credential::{Guidance, NextStep};
use crate::credential::{Kind, Problem};
use crate::environment::Tier;
use crate::guidance;

/// Returns the cause and the next step.
pub(super) fn explain(verdict: Verdict, tier: Tier, kind: Kind) -> (&'static str, Guidance) {
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
        Verdict::TokenRefused if kind == Kind::OauthServerToServer => (
            "only AEM's OpenAPI-based APIs accept OAuth server-to-server tokens, or the token has expired",
            guidance!["to test such an API, ", NextStep::TestOpenApi, "; for classic paths, use service credentials from the AEM Developer Console"],
        ),
        Verdict::TokenRefused => (
            "the token has expired, is damaged, or belongs to another environment",
            new_token_step(kind),
        ),
        Verdict::NotPermitted if kind == Kind::Local => (
            "the local SDK does not allow this without a user",
            "sign in with a user of the SDK".into(),
        ),
        Verdict::NotPermitted if kind == Kind::DevelopmentToken => (
            "you are signed in, but lack the permission",
            "ask for a product profile or AEM group with the permission; changes take up to 10 minutes".into(),
        ),
        Verdict::NotPermitted => (
            "the account is signed in, but lacks the permission: a technical account starts in the group Contributors, which can only read",
            "add the account to a product profile or an AEM group, wait up to 10 minutes, then test again".into(),
        ),
        Verdict::ClientNotAllowlisted => (
            "this client id is not on the environment's allow list",
            "deploy an api.yaml (kind: \"API\", data.allowedClientIDs for author, publish, preview) through the configuration pipeline".into(),
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

fn new_token_step(kind: Kind) -> Guidance {
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

/// Like [`crate::ims::explain_text`], for responses of AEM and codes of verdicts. The text is never repeated.
pub fn explain_text(text: &str) -> Option<Problem> {
    let lower: String = text
        .chars()
        .take(64 * 1024)
        .collect::<String>()
        .to_ascii_lowercase();
    let trimmed = lower.trim();
    let verdict = Verdict::ALL
        .into_iter()
        .find(|verdict| {
            trimmed == verdict.code().as_str() || trimmed.eq_ignore_ascii_case(verdict.words())
        })
        .or_else(|| recognise(&lower))?;
    let (cause, next_step) = explain(verdict, Tier::Publish, Kind::ServiceCredentials);
    Some(
        Problem::new(verdict.code(), what_happened(verdict))
            .cause(cause)
            .next_step(next_step),
    )
}

fn recognise(lower: &str) -> Option<Verdict> {
    let says = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    let status = |number: &str| has_number(lower, number);
    let signs: [(bool, Verdict); 8] = [
        (
            says(&["id not allowlisted", "id is not allowlisted"]),
            Verdict::ClientNotAllowlisted,
        ),
        (
            says(&["authorizableid"]) && says(&["anonymous"]),
            Verdict::Anonymous,
        ),
        (
            says(&[
                "j_security_check",
                "core/content/login",
                "login page",
                "login form",
            ]),
            Verdict::LoginPage,
        ),
        (
            says(&["hibernat", "service unavailable"]) || status("503"),
            Verdict::Hibernated,
        ),
        (
            says(&["www-authenticate", "unauthorized"]) || status("401"),
            Verdict::TokenRefused,
        ),
        (
            says(&[
                "<title>403 forbidden",
                "request blocked",
                "access denied by security policy",
            ]),
            Verdict::BlockedAtCdn,
        ),
        (says(&["forbidden"]) || status("403"), Verdict::NotPermitted),
        (
            says(&["no resource found"]) || status("404"),
            Verdict::NotFound,
        ),
    ];
    signs
        .into_iter()
        .find(|(is_so, _)| *is_so)
        .map(|(_, verdict)| verdict)
}

/// `401` in "HTTP/1.1 401" or "status=401,", but not in an id, a time or a longer number.
fn has_number(text: &str, number: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(number).any(|(at, _)| {
        let after = &text[at + number.len()..];
        // A full stop may follow.
        let after = after.strip_prefix('.').unwrap_or(after);
        !text[..at].ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn what_happened(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::SignedIn => "you are signed in to AEM",
        Verdict::Reachable => "the local SDK answers",
        Verdict::Anonymous => "AEM treated the request as anonymous: it did not accept the token",
        Verdict::TokenRefused => "AEM refused the token (401)",
        Verdict::NotPermitted => "AEM does not allow this (403)",
        Verdict::ClientNotAllowlisted => "AEM does not allow this client (403)",
        Verdict::NotFound => "AEM found nothing at this path (404)",
        Verdict::LoginPage => "AEM answered with a login page",
        Verdict::BlockedAtCdn => "the request was blocked before it reached AEM",
        Verdict::Hibernated => "the environment is not running (503)",
        Verdict::Answered => "AEM answered",
        Verdict::Unexpected => "unexpected response",
        Verdict::NoAnswer => "no response",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_texts_are_recognised() {
        for (text, code) in [
            (
                "403 {\"detail\":\"IMS Client ID not allowlisted\"}",
                "client-not-allowlisted",
            ),
            ("HTTP/1.1 401 Unauthorized", "token-refused"),
            ("< HTTP/2 403", "not-permitted"),
            ("status=404, path=/content/dam.json", "not-found"),
            ("<html><head><title>403 Forbidden</title>", "blocked-at-cdn"),
            ("{\"authorizableId\":\"anonymous\"}", "anonymous"),
            (
                "Location: /libs/granite/core/content/login.html?x",
                "login-page",
            ),
            ("upstream says 503.", "hibernated"),
            ("  Token-Refused\n", "token-refused"),
            ("blocked at the CDN", "blocked-at-cdn"),
        ] {
            assert_eq!(explain_text(text).unwrap().code.as_str(), code, "{text}");
        }
    }

    #[test]
    fn digits_within_words_are_ignored() {
        for text in [
            "good morning",
            "took 1401 ms",
            "id a-401-b",
            "0.403",
            "eyJ401.eyJ403",
            "p404-e503",
        ] {
            assert!(explain_text(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_verdict_has_an_explanation() {
        for verdict in Verdict::ALL {
            assert_eq!(
                explain_text(verdict.code().as_str()).unwrap().code,
                verdict.code()
            );
        }
    }
}
