//! What does AEM's answer say about the token? Judged by the body, never by the status alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credential::text::clean;
use crate::credential::{Kind, Problem};
use crate::environment::Tier;
use crate::http::Response;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    SignedIn,
    /// A local SDK that answers; nobody signs in there.
    Reachable,
    /// 200, but as `anonymous`: the token was not taken.
    Anonymous,
    /// 401.
    TokenRefused,
    /// 403 of AEM: signed in, not permitted.
    NotPermitted,
    /// 403 with the allow-list body: an `api.yaml` must be deployed.
    ClientNotAllowlisted,
    /// Publish answers 404: usually the dispatcher's default deny.
    NotFound,
    /// Redirect to, or page of, a login form.
    LoginPage,
    /// 403 or 405 without AEM's headers: blocked at the CDN.
    BlockedAtCdn,
    /// 503, refused, no answer.
    Hibernated,
    /// Signed in or not cannot be told from this path's answer: it was answered 2xx.
    Answered,
    /// Any other answer.
    Unexpected,
    /// No connection: DNS, TLS, proxy, time.
    NoAnswer,
}

impl Verdict {
    pub fn code(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::Reachable => "reachable",
            Self::Anonymous => "anonymous",
            Self::TokenRefused => "token-refused",
            Self::NotPermitted => "not-permitted",
            Self::ClientNotAllowlisted => "client-not-allowlisted",
            Self::NotFound => "not-found",
            Self::LoginPage => "login-page",
            Self::BlockedAtCdn => "blocked-at-cdn",
            Self::Hibernated => "hibernated",
            Self::Answered => "answered",
            Self::Unexpected => "unexpected",
            Self::NoAnswer => "no-answer",
        }
    }

    /// `signed in`, `anonymous`, ..
    pub fn words(self) -> &'static str {
        match self {
            Self::SignedIn => "signed in",
            Self::Reachable => "reachable",
            Self::Anonymous => "anonymous",
            Self::TokenRefused => "token refused",
            Self::NotPermitted => "not permitted",
            Self::ClientNotAllowlisted => "client not allow-listed",
            Self::NotFound => "not found",
            Self::LoginPage => "login page",
            Self::BlockedAtCdn => "blocked at the CDN",
            Self::Hibernated => "not running",
            Self::Answered => "answered",
            Self::Unexpected => "unexpected answer",
            Self::NoAnswer => "no answer",
        }
    }

    /// Does the answer prove that the token was taken (or that none is needed)?
    pub fn is_success(self) -> bool {
        matches!(self, Self::SignedIn | Self::Reachable | Self::Answered)
    }
}

/// What is judged.
pub struct Answer<'a> {
    pub tier: Tier,
    pub kind: Kind,
    /// The path was who-am-I: the body names the user.
    pub who_am_i: bool,
    pub response: &'a Response,
}

#[derive(Debug)]
pub struct Judgement {
    pub verdict: Verdict,
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub cause: Option<String>,
    pub seen: Option<String>,
    pub next_step: Option<String>,
}

pub fn judge(answer: &Answer<'_>) -> Judgement {
    let body = String::from_utf8_lossy(&answer.response.body);
    let json: Option<Value> = serde_json::from_str(&body).ok();
    let who = json
        .as_ref()
        .and_then(|json| json.get("authorizableId")?.as_str())
        .map(|id| clean(id, 200));
    let groups = json.as_ref().map(groups_in).unwrap_or_default();
    let verdict = verdict_of(answer, &body, json.as_ref(), who.as_deref());
    let (cause, next_step) = explain(verdict, answer);
    Judgement {
        user: who.filter(|_| matches!(verdict, Verdict::SignedIn | Verdict::Reachable)),
        groups: if verdict == Verdict::SignedIn {
            groups
        } else {
            Vec::new()
        },
        seen: seen(verdict, answer.response),
        cause: cause.map(str::to_owned),
        next_step: next_step.map(str::to_owned),
        verdict,
    }
}

fn verdict_of(answer: &Answer<'_>, body: &str, json: Option<&Value>, who: Option<&str>) -> Verdict {
    let response = answer.response;
    let html = response.header("content-type").map_or_else(
        || body.trim_start().starts_with('<'),
        |kind| kind.contains("html"),
    );
    match response.status {
        // A 304 has no body to judge by; who-am-I is never conditional.
        200..=299 => match who {
            Some(_) if answer.kind == Kind::Local => Verdict::Reachable,
            Some("anonymous") => Verdict::Anonymous,
            Some("") => Verdict::Unexpected,
            Some(_) => Verdict::SignedIn,
            None if html && has_login_form(body) => Verdict::LoginPage,
            None if answer.kind == Kind::Local => Verdict::Reachable,
            None if answer.who_am_i => Verdict::Unexpected,
            None => Verdict::Answered,
        },
        300..=399 if leads_to_login(response) => Verdict::LoginPage,
        401 => Verdict::TokenRefused,
        403 if body
            .to_ascii_lowercase()
            .contains("ims client id not allowlisted") =>
        {
            Verdict::ClientNotAllowlisted
        }
        403 | 405
            if !is_from_aem(response) && (html || body.trim().is_empty()) && json.is_none() =>
        {
            Verdict::BlockedAtCdn
        }
        403 => Verdict::NotPermitted,
        404 => Verdict::NotFound,
        502..=504 => Verdict::Hibernated,
        _ => Verdict::Unexpected,
    }
}

fn groups_in(json: &Value) -> Vec<String> {
    let Some(members) = json.get("memberOf").and_then(Value::as_array) else {
        return Vec::new();
    };
    let mut groups: Vec<String> = members
        .iter()
        .filter_map(|group| {
            group
                .as_str()
                .or_else(|| group.get("authorizableId")?.as_str())
                .or_else(|| group.get("id")?.as_str())
        })
        .map(|name| clean(name, 120))
        .take(500)
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

fn has_login_form(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    lower.contains("j_security_check")
        || lower.contains("j_password")
        || lower.contains("granite/core/content/login")
        || lower.contains("adobelogin.com")
        || (lower.contains("<form") && lower.contains("type=\"password\""))
}

fn leads_to_login(response: &Response) -> bool {
    response.header("location").is_some_and(|to| {
        let to = to.to_ascii_lowercase();
        to.contains("login") || to.contains("/ims/authorize") || to.contains("auth-services")
    })
}

/// AEM and its dispatcher sign their answers; a block at the CDN does not carry these.
fn is_from_aem(response: &Response) -> bool {
    [
        "x-aem-client-country",
        "x-dispatcher",
        "x-vhost",
        "x-request-id",
        "sling-tracking-id",
        "x-aem-host",
    ]
    .into_iter()
    .any(|name| response.header(name).is_some())
        || response.headers.iter().any(|(name, value)| {
            (name == "server" && value.contains("Granite")) || name.starts_with("x-sling")
        })
}

fn seen(verdict: Verdict, response: &Response) -> Option<String> {
    match verdict {
        Verdict::LoginPage => response
            .header("location")
            .map(|to| {
                format!(
                    "redirect to {}",
                    clean(to.split('?').next().unwrap_or(to), 120)
                )
            })
            .or_else(|| Some("a page with a login form".to_owned())),
        Verdict::Unexpected => Some(format!(
            "{} {}",
            response.status,
            response
                .header("content-type")
                .unwrap_or("without a content type")
        )),
        Verdict::BlockedAtCdn => Some("no header of AEM or the dispatcher".to_owned()),
        _ => None,
    }
}

/// Cause and next step, in words.
fn explain(verdict: Verdict, answer: &Answer<'_>) -> (Option<&'static str>, Option<&'static str>) {
    let publish = answer.tier != Tier::Author;
    match verdict {
        Verdict::SignedIn | Verdict::Reachable | Verdict::Answered => (None, None),
        Verdict::Anonymous if publish => (
            Some(
                "publish did not take the token: it is another environment's, or was taken away on the way; the cause cannot be seen from outside",
            ),
            Some(
                "test author with the same token; ask the people of CDN and dispatcher whether Authorization is passed on",
            ),
        ),
        Verdict::Anonymous => (
            Some("author did not take the token and treats the call as nobody's"),
            Some(
                "exchange anew (`aemkeys exchange NAME`); check that the credential belongs to this environment",
            ),
        ),
        Verdict::TokenRefused => (
            Some(
                "the token has expired, is garbled or another environment's, or it is an OAuth token on a classic URL",
            ),
            Some(
                "exchange anew; OAuth server-to-server tokens work with AEM's OpenAPI-based APIs (/adobe/..)",
            ),
        ),
        Verdict::NotPermitted => (
            Some(
                "signed in, but this account may not do that: new technical accounts are in Contributors (read only)",
            ),
            Some(
                "add the account to a product profile or an AEM group; it takes about 10 minutes to arrive, then test again",
            ),
        ),
        Verdict::ClientNotAllowlisted => (
            Some("this OAuth client is not on the environment's list"),
            Some(
                "deploy an api.yaml (kind: API, data.allowedClientIDs for this tier) through the configuration pipeline",
            ),
        ),
        Verdict::NotFound if publish => (
            Some("usually the dispatcher's default deny for this path, not the token"),
            Some("allow the path in the dispatcher's filters, or test author"),
        ),
        Verdict::NotFound => (
            Some("there is nothing at this path"),
            Some("check the path"),
        ),
        Verdict::LoginPage => (
            Some("the answer is the way to a login: the token was not taken"),
            Some("exchange anew; check that the credential belongs to this environment"),
        ),
        Verdict::BlockedAtCdn => (
            Some(
                "blocked before AEM: an IP allow list or a firewall; often a changed address of the company's exit",
            ),
            Some(
                "compare your public address with the environment's IP allow list in Cloud Manager",
            ),
        ),
        Verdict::Hibernated => (
            Some("the environment is hibernated, starting or not running"),
            Some("de-hibernate it in the AEM Developer Console, wait some minutes, test again"),
        ),
        Verdict::Unexpected => (
            Some("this is not what AEM answers there"),
            Some("look at the body; check the host"),
        ),
        Verdict::NoAnswer => (
            Some("the environment may be hibernated, or the network fails"),
            Some("try again"),
        ),
    }
}

/// As [`crate::ims::explain_text`], for AEM's answers.
pub fn explain_text(text: &str) -> Option<Problem> {
    let words = text.to_lowercase();
    let has = |word: &str| words.contains(word);
    let (verdict, message) = if has("not allowlisted") {
        (
            Verdict::ClientNotAllowlisted,
            "AEM does not know this OAuth client",
        )
    } else if has("\"authorizableid\"") && has("anonymous") || words.trim() == "anonymous" {
        (
            Verdict::Anonymous,
            "AEM treats the call as nobody's: the token was not taken",
        )
    } else if has("j_security_check") || has("login form") || has("login page") {
        (
            Verdict::LoginPage,
            "AEM shows its login page: the token was not taken",
        )
    } else if has("hibernat") || has("503") {
        (Verdict::Hibernated, "the environment is not running")
    } else if has("401") || has("unauthorized") {
        (Verdict::TokenRefused, "AEM refuses the token (401)")
    } else if has("403") || has("forbidden") {
        (Verdict::NotPermitted, "AEM does not permit this (403)")
    } else if has("404") || has("not found") {
        (Verdict::NotFound, "not found (404)")
    } else {
        return None;
    };
    let none = Response {
        status: 0,
        headers: Vec::new(),
        body: Vec::new(),
        body_cut: false,
        elapsed: std::time::Duration::ZERO,
        clock_skew: None,
        tries: 0,
    };
    let (cause, next) = explain(
        verdict,
        &Answer {
            tier: Tier::Publish,
            kind: Kind::ServiceCredentials,
            who_am_i: true,
            response: &none,
        },
    );
    let mut problem = Problem::new(verdict.code(), message);
    problem.cause = cause.map(str::to_owned);
    problem.next_step = next.map(str::to_owned);
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(tier: Tier, status: u16, headers: &[(&str, &str)], body: &str) -> Verdict {
        let response = Response {
            status,
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
            body_cut: false,
            elapsed: std::time::Duration::ZERO,
            clock_skew: None,
            tries: 1,
        };
        judge(&Answer {
            tier,
            kind: Kind::ServiceCredentials,
            who_am_i: true,
            response: &response,
        })
        .verdict
    }

    #[test]
    fn the_body_decides() {
        let html = [("content-type", "text/html")];
        let login = r#"<form action="j_security_check">"#;
        for (status, headers, body, expected) in [
            (
                200,
                &[][..],
                r#"{"authorizableId":"a@b"}"#,
                Verdict::SignedIn,
            ),
            (
                200,
                &[][..],
                r#"{"authorizableId":"anonymous"}"#,
                Verdict::Anonymous,
            ),
            (200, &html[..], login, Verdict::LoginPage),
            (200, &html[..], "<html>hello", Verdict::Unexpected),
            (200, &[][..], "", Verdict::Unexpected),
            (
                302,
                &[("location", "/libs/granite/core/content/login.html")][..],
                "",
                Verdict::LoginPage,
            ),
            (
                302,
                &[("location", "/somewhere")][..],
                "",
                Verdict::Unexpected,
            ),
            (401, &[][..], "", Verdict::TokenRefused),
            (
                403,
                &[][..],
                "IMS Client ID not allowlisted",
                Verdict::ClientNotAllowlisted,
            ),
            (403, &html[..], "<html>Forbidden", Verdict::BlockedAtCdn),
            (405, &[][..], "", Verdict::BlockedAtCdn),
            (
                403,
                &[("x-vhost", "publish")][..],
                "",
                Verdict::NotPermitted,
            ),
            (403, &[][..], r#"{"status":403}"#, Verdict::NotPermitted),
            (404, &[][..], "", Verdict::NotFound),
            (503, &[][..], "", Verdict::Hibernated),
            (500, &[][..], "", Verdict::Unexpected),
        ] {
            assert_eq!(
                verdict(Tier::Publish, status, headers, body),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn explained_texts() {
        assert_eq!(
            explain_text("403 IMS Client ID not allowlisted")
                .unwrap()
                .code,
            "client-not-allowlisted"
        );
        assert_eq!(
            explain_text("HTTP/1.1 401 Unauthorized").unwrap().code,
            "token-refused"
        );
        assert!(explain_text("good morning").is_none());
    }
}
