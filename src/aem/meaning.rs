//! Why did AEM answer so, and what is the next step? In words, by verdict; also for texts that people paste.

use super::Verdict;
use crate::credential::{Kind, Problem};
use crate::environment::Tier;

/// Cause and next step.
pub(super) fn explain(verdict: Verdict, tier: Tier, kind: Kind) -> (&'static str, &'static str) {
    let publish = tier != Tier::Author;
    match verdict {
        Verdict::SignedIn => ("AEM took the token", "nothing is to be done"),
        Verdict::Reachable => (
            "a local SDK answers; nobody signs in there",
            "nothing is to be done",
        ),
        Verdict::Answered => (
            "the path was answered; whether the token was looked at cannot be told from it",
            "test without a path to see who AEM takes the token for",
        ),
        Verdict::Anonymous if publish => (
            "publish did not take the token: it is another environment's, or was taken away on the way; the cause cannot be seen from outside",
            "test author with the same token; ask the people of CDN and dispatcher whether Authorization is passed on",
        ),
        Verdict::Anonymous => (
            "author did not take the token and treats the call as nobody's",
            fresh_token(kind),
        ),
        Verdict::TokenRefused if kind == Kind::Local => (
            "the local SDK asks for a user here",
            "test without a path, or call with the SDK's user",
        ),
        Verdict::TokenRefused if kind == Kind::OauthServerToServer => (
            "tokens of OAuth server-to-server are taken by AEM's OpenAPI-based APIs only, or the token has expired",
            "try `--path /adobe/sites/cf/fragments`; for classic paths use service credentials of the AEM Developer Console",
        ),
        Verdict::TokenRefused => (
            "the token has expired, is garbled, or is another environment's",
            fresh_token(kind),
        ),
        Verdict::NotPermitted if kind == Kind::Local => (
            "the local SDK does not permit this without a user",
            "call with the SDK's user",
        ),
        Verdict::NotPermitted if kind == Kind::DevelopmentToken => (
            "signed in, but you may not do that there",
            "ask for the product profile or AEM group that may; changes take about 10 minutes to arrive",
        ),
        Verdict::NotPermitted => (
            "signed in, but this account may not do that: a technical account appears in AEM with its first call, in Contributors (read only)",
            "add the account to a product profile or an AEM group; it takes about 10 minutes to arrive, then test again",
        ),
        Verdict::ClientNotAllowlisted => (
            "this client id is not on the environment's list",
            "deploy an api.yaml (kind: \"API\", data.allowedClientIDs for author, publish, preview) through the configuration pipeline",
        ),
        Verdict::NotFound if publish => (
            "usually the dispatcher's default deny for this path, not the token",
            "allow the path in the dispatcher's filters, or test author",
        ),
        Verdict::NotFound => ("there is nothing at this path", "check the path"),
        Verdict::LoginPage => (
            "the answer is the way to a login: the token was not taken",
            fresh_token(kind),
        ),
        Verdict::BlockedAtCdn => (
            "blocked before AEM by an IP allow list or a firewall; often the company's outgoing address has changed",
            "compare your public address with the environment's IP allow list in Cloud Manager",
        ),
        Verdict::Hibernated if kind == Kind::Local => (
            "the local SDK is not running, or still starting",
            "start it, wait until it answers, then test again",
        ),
        Verdict::Hibernated => (
            "the environment is hibernated, starting, being updated or not running",
            "de-hibernate it in the AEM Developer Console, wait some minutes, test again",
        ),
        Verdict::Unexpected => (
            "this is not what AEM answers there: a server error, too many requests, or something else answers under this name",
            "look at the answer's body; check the host; try again in a few minutes",
        ),
        Verdict::NoAnswer => (
            "the environment may be hibernated, or the network between here and there fails",
            "try again; `aemkeys doctor` looks at network and proxy",
        ),
    }
}

fn fresh_token(kind: Kind) -> &'static str {
    match kind {
        Kind::DevelopmentToken => {
            "get today's token in the AEM Developer Console of this very environment (Integrations, Local token) and paste it: `aemkeys paste NAME`"
        }
        _ => {
            "exchange anew: `aemkeys exchange NAME`; if it stays, check that the credential belongs to this environment"
        }
    }
}

/// As [`crate::ims::explain_text`], for AEM's answers and for the codes of verdicts. The text is never repeated.
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
        // A point may end a sentence.
        let after = after.strip_prefix('.').unwrap_or(after);
        !text[..at].ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn what_happened(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::SignedIn => "AEM knows who you are",
        Verdict::Reachable => "the local SDK answers",
        Verdict::Anonymous => "AEM treats the call as nobody's: the token was not taken",
        Verdict::TokenRefused => "AEM refuses the token (401)",
        Verdict::NotPermitted => "AEM does not permit this (403)",
        Verdict::ClientNotAllowlisted => "AEM does not let this client in (403)",
        Verdict::NotFound => "there is nothing to be had at this path (404)",
        Verdict::LoginPage => "AEM shows its login in place of an answer",
        Verdict::BlockedAtCdn => "the call was blocked before it reached AEM",
        Verdict::Hibernated => "the environment is not running (503)",
        Verdict::Answered => "AEM answered",
        Verdict::Unexpected => "the answer is not one of AEM's",
        Verdict::NoAnswer => "there was no answer",
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
    fn numbers_within_others_mean_nothing() {
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
    fn every_verdict_explains_itself() {
        for verdict in Verdict::ALL {
            assert_eq!(
                explain_text(verdict.code().as_str()).unwrap().code,
                verdict.code()
            );
        }
    }
}
