//! Verdicts on a token from AEM's response. They depend on the body, never on the status alone.

use crate::credential::Guidance;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::explanation::explain;
use crate::credential::text::clean;
use crate::credential::{Code, Kind};
use crate::environment::Tier;
use crate::http::Response;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    SignedIn,
    /// A local SDK that answers; it needs no sign-in.
    Reachable,
    /// 200, but as `anonymous`: AEM did not accept the token.
    Anonymous,
    /// 401.
    TokenRefused,
    /// 403 from AEM: signed in, but not permitted.
    NotPermitted,
    /// 403 with the allow-list body: an `api.yaml` must be deployed.
    ClientNotAllowlisted,
    /// 404; on publish usually denied by the dispatcher.
    NotFound,
    /// A login form, or a redirect to one.
    LoginPage,
    /// 403 or 405 without AEM's headers: blocked at the CDN.
    BlockedAtCdn,
    /// 503, or the connection was refused.
    Hibernated,
    /// 2xx from a path that does not show who is signed in.
    Answered,
    /// Any other response.
    Unexpected,
    /// No connection: DNS, TLS, proxy or timeout.
    NoAnswer,
}

impl Verdict {
    pub const ALL: [Self; 13] = [
        Self::SignedIn,
        Self::Reachable,
        Self::Anonymous,
        Self::TokenRefused,
        Self::NotPermitted,
        Self::ClientNotAllowlisted,
        Self::NotFound,
        Self::LoginPage,
        Self::BlockedAtCdn,
        Self::Hibernated,
        Self::Answered,
        Self::Unexpected,
        Self::NoAnswer,
    ];

    pub fn code(self) -> Code {
        match self {
            Self::SignedIn => Code::SignedIn,
            Self::Reachable => Code::Reachable,
            Self::Anonymous => Code::Anonymous,
            Self::TokenRefused => Code::TokenRefused,
            Self::NotPermitted => Code::NotPermitted,
            Self::ClientNotAllowlisted => Code::ClientNotAllowlisted,
            Self::NotFound => Code::NotFound,
            Self::LoginPage => Code::LoginPage,
            Self::BlockedAtCdn => Code::BlockedAtCdn,
            Self::Hibernated => Code::Hibernated,
            Self::Answered => Code::Answered,
            Self::Unexpected => Code::Unexpected,
            Self::NoAnswer => Code::NoAnswer,
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

    /// Whether AEM accepted the token, or needs none.
    pub fn is_success(self) -> bool {
        matches!(self, Self::SignedIn | Self::Reachable | Self::Answered)
    }
}

/// The response to judge.
pub(super) struct Answer<'a> {
    pub tier: Tier,
    pub kind: Kind,
    /// Whether the path is the sign-in check, whose body names the user.
    pub who_am_i: bool,
    pub response: &'a Response,
}

#[derive(Debug)]
pub(super) struct Judgement {
    pub verdict: Verdict,
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub cause: Option<String>,
    pub seen: Option<String>,
    pub next_step: Option<Guidance>,
}

pub(super) fn judge(answer: &Answer<'_>) -> Judgement {
    let body = String::from_utf8_lossy(&answer.response.body);
    let json: Option<Value> = serde_json::from_str(&body).ok();
    let who = json
        .as_ref()
        .and_then(|json| json.get("authorizableId")?.as_str())
        .map(|id| clean(id, 200));
    let groups = json.as_ref().map(groups_in).unwrap_or_default();
    let verdict = verdict_of(answer, &body, json.as_ref(), who.as_deref());
    let (cause, next_step) = match verdict {
        Verdict::SignedIn | Verdict::Reachable | Verdict::Answered => (None, None),
        _ => {
            let (cause, next_step) = explain(verdict, answer.tier, answer.kind);
            (Some(cause.to_owned()), Some(next_step))
        }
    };
    Judgement {
        user: who.filter(|_| matches!(verdict, Verdict::SignedIn | Verdict::Reachable)),
        groups: if verdict == Verdict::SignedIn {
            groups
        } else {
            Vec::new()
        },
        seen: seen(verdict, answer.response),
        cause,
        next_step,
        verdict,
    }
}

fn verdict_of(answer: &Answer<'_>, body: &str, json: Option<&Value>, who: Option<&str>) -> Verdict {
    let response = answer.response;
    let html = response.header("content-type").map_or_else(
        || body.trim_start().starts_with('<'),
        |kind| kind.contains("html"),
    );
    let lower = body.to_ascii_lowercase();
    match response.status {
        200..=299 => match who {
            _ if answer.kind == Kind::Local => Verdict::Reachable,
            Some("anonymous") => Verdict::Anonymous,
            Some("") => Verdict::Unexpected,
            Some(_) => Verdict::SignedIn,
            None if html && has_login_form(&lower) => Verdict::LoginPage,
            None if html && lower.contains("hibernat") => Verdict::Hibernated,
            None if answer.who_am_i => Verdict::Unexpected,
            None => Verdict::Answered,
        },
        // A local SDK that asks for a user is running, which is all that is tested.
        300..=399 | 401 | 403 if answer.kind == Kind::Local && answer.who_am_i => {
            Verdict::Reachable
        }
        300..=399 if leads_to_login(response) => Verdict::LoginPage,
        401 => Verdict::TokenRefused,
        403 if lower.contains("ims client id not allowlisted") => Verdict::ClientNotAllowlisted,
        403 | 405 if blocked(answer, html, body, json) => Verdict::BlockedAtCdn,
        403 => Verdict::NotPermitted,
        404 => Verdict::NotFound,
        503 => Verdict::Hibernated,
        502 | 504 if lower.contains("hibernat") => Verdict::Hibernated,
        _ => Verdict::Unexpected,
    }
}

/// Whether the CDN blocked the request: a refusal of AEM has its headers or is JSON, one of the CDN is a page or empty.
fn blocked(answer: &Answer<'_>, html: bool, body: &str, json: Option<&Value>) -> bool {
    answer.kind != Kind::Local
        && !is_from_aem(answer.response)
        && (html || body.trim().is_empty())
        && json.is_none()
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

/// Whether the page, in lower case, contains a login form.
fn has_login_form(lower: &str) -> bool {
    [
        "j_security_check",
        "j_password",
        "granite/core/content/login",
        "adobelogin.com",
        "auth-services.adobe.com",
    ]
    .into_iter()
    .any(|sign| lower.contains(sign))
        || (lower.contains("<form") && lower.contains("\"password\""))
}

fn leads_to_login(response: &Response) -> bool {
    response.header("location").is_some_and(|to| {
        let to = to.to_ascii_lowercase();
        to.contains("login") || to.contains("/ims/authorize") || to.contains("auth-services")
    })
}

/// Whether the response has headers that AEM or its dispatcher adds.
fn is_from_aem(response: &Response) -> bool {
    [
        "x-aem-client-country",
        "x-dispatcher",
        "x-vhost",
        "sling-tracking-id",
        "x-aem-host",
    ]
    .into_iter()
    .any(|name| response.header(name).is_some())
        || response.headers.iter().any(|(name, value)| {
            (name == "server" && value.contains("Granite")) || name.starts_with("x-sling")
        })
}

/// The evidence for the verdict. Never repeats the body.
fn seen(verdict: Verdict, response: &Response) -> Option<String> {
    let status = response.status;
    let kind = response
        .header("content-type")
        .map_or("no content type", |kind| kind);
    match verdict {
        Verdict::SignedIn | Verdict::Reachable | Verdict::Answered => None,
        Verdict::Anonymous => Some(format!("{status}, authorizableId is anonymous")),
        Verdict::LoginPage => Some(response.header("location").map_or_else(
            || "a page with a login form".to_owned(),
            |to| {
                let place = to.split(['?', '#']).next().unwrap_or(to);
                format!("redirect to {}", clean(place, 120))
            },
        )),
        Verdict::BlockedAtCdn => Some(format!("{status} without headers of AEM or the dispatcher")),
        Verdict::ClientNotAllowlisted => Some(format!(
            "{status} with the text \"IMS Client ID not allowlisted\""
        )),
        Verdict::Unexpected if status == 200 => Some(format!(
            "{status}, {}, without authorizableId",
            clean(kind, 60)
        )),
        _ => Some(format!("{status}, {}", clean(kind, 60))),
    }
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
            sent: crate::http::SentSecrets::default(),
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
            (
                504,
                &html[..],
                "environment is hibernated",
                Verdict::Hibernated,
            ),
            (
                200,
                &html[..],
                "<h1>This environment is hibernated",
                Verdict::Hibernated,
            ),
            (405, &[("x-vhost", "publish")][..], "", Verdict::Unexpected),
            (502, &[][..], "", Verdict::Unexpected),
            (429, &[][..], "", Verdict::Unexpected),
            (500, &[][..], "", Verdict::Unexpected),
        ] {
            assert_eq!(
                verdict(Tier::Publish, status, headers, body),
                expected,
                "{status} {body}"
            );
        }
    }
}
