//! Verdicts on a token from AEM's response. They depend on the body, never on the status alone.

use crate::credential::Guidance;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credential::text::clean;
use crate::credential::{Advice, Circumstances, Code, Kind, NextStep};
use crate::environment::{HostName, Tier, allow_list};
use crate::explain::{Evidence, Found, Place, Who, find_around_aem, is_from_aem, who_answered};
use crate::http::Response;
use crate::time;

enum_table! {
    /// What a response tells about the token.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Verdict {
        SignedIn => (Code::SignedIn, "signed in"),
        /// A local SDK that answers; it needs no sign-in.
        Reachable => (Code::Reachable, "reachable"),
        /// 200, but as `anonymous`: AEM did not accept the token.
        Anonymous => (Code::Anonymous, "anonymous"),
        /// 401.
        TokenRefused => (Code::TokenRefused, "token refused"),
        /// 403 from AEM: signed in, but not permitted.
        NotPermitted => (Code::NotPermitted, "not permitted"),
        /// 403 with the allow-list body: an `api.yaml` must be deployed.
        ClientNotAllowlisted => (Code::ClientNotAllowlisted, "client not allow-listed"),
        /// 404; on publish usually denied by the dispatcher.
        NotFound => (Code::NotFound, "not found"),
        /// A login form, or a redirect to one.
        LoginPage => (Code::LoginPage, "login page"),
        /// A redirect to anything but a sign-in.
        Redirected => (Code::Redirected, "redirected"),
        /// The OAuth token lacks a scope that the API needs.
        LacksScopes => (Code::TokenLacksScopes, "scope missing"),
        /// Blocked by the CDN: an allow list, a traffic filter rule or the firewall.
        BlockedAtCdn => (Code::BlockedAtCdn, "blocked at the CDN"),
        /// The CDN requires a key or user of its own.
        CdnCredentials => (Code::CdnCredentials, "CDN sign-in needed"),
        /// The CDN stopped waiting for AEM.
        CdnTimeout => (Code::CdnTimeout, "timed out at the CDN"),
        /// 429.
        RateLimited => (Code::RateLimited, "rate limited"),
        /// 503, or the connection was refused.
        Hibernated => (Code::Hibernated, "not running"),
        /// 2xx from a path that does not show who is signed in.
        Answered => (Code::Answered, "answered"),
        /// Any other response.
        Unexpected => (Code::Unexpected, "unexpected answer"),
        /// No connection: DNS, TLS, proxy or timeout.
        NoAnswer => (Code::NoAnswer, "no answer"),
    }
    /// Returns aemkeys' own code and the words for a person.
    fn row -> (Code, &'static str);
}

impl Verdict {
    pub fn code(self) -> Code {
        self.row().0
    }

    /// Returns the words for a person: `signed in`, `anonymous`.
    pub fn words(self) -> &'static str {
        self.row().1
    }

    fn of_code(code: Code) -> Option<Self> {
        if code == Code::Throttled {
            return Some(Self::RateLimited);
        }
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    /// Whether the request succeeded. On publish, that can be an answer for everyone: see [`Verdict::shows_acceptance`].
    pub fn is_success(self) -> bool {
        matches!(self, Self::SignedIn | Self::Reachable | Self::Answered)
    }

    /// Whether the response shows that the tier accepted the token, or needs none. Author answers nobody else, while publish,
    /// preview and delivery may answer everyone, so there only a signed-in user shows it.
    pub fn shows_acceptance(self, tier: Tier) -> bool {
        match self {
            Self::SignedIn | Self::Reachable => true,
            Self::Answered => tier == Tier::Author,
            _ => false,
        }
    }
}

/// The request: its tier and path, and the kind of identity whose token it carried.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub tier: Tier,
    pub kind: Kind,
    /// With the query.
    pub path: &'a str,
}

impl Asked<'_> {
    /// Returns the cause and the next step of a verdict.
    pub(super) fn advice(&self, verdict: Verdict) -> Option<&'static Advice> {
        Advice::find(
            verdict.code(),
            Circumstances {
                kind: Some(self.kind),
                tier: Some(self.tier),
                path: self.path,
                status: None,
            },
        )
    }
}

/// The verdict with its evidence.
#[derive(Debug)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Who wrote the response.
    pub answered_by: Who,
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub cause: Option<String>,
    pub seen: Option<String>,
    pub next_step: Option<Guidance>,
}

/// Judges a response: first who answered, then what it says.
pub fn judge(asked: Asked<'_>, response: &Response) -> Judgement {
    let body = String::from_utf8_lossy(&response.body);
    let json: Option<Value> = serde_json::from_str(&body).ok();
    let who = json
        .as_ref()
        .and_then(|json| json.get("authorizableId")?.as_str())
        .map(|id| clean(id, 200));
    let groups = json.as_ref().map(groups_in).unwrap_or_default();
    let found = recognised(asked, response);
    let by_status = verdict_of(asked, response, &body, json.as_ref(), who.as_deref());
    let verdict = found
        .as_ref()
        .and_then(|found| Verdict::of_code(found.row.code?))
        .unwrap_or(by_status);
    let (cause, next_step) = match (verdict, &found) {
        (Verdict::SignedIn | Verdict::Reachable | Verdict::Answered, _) => (None, None),
        (_, Some(Found { row, .. })) => (
            Some(format!("{}: {}", row.says, row.why)),
            Some(row.next.clone()),
        ),
        (_, None) => asked.advice(verdict).map_or((None, None), |advice| {
            (advice.why.clone(), Some(advice.next.clone()))
        }),
    };
    let next_step = match (verdict, next_step) {
        (Verdict::Redirected, Some(step)) => Some(match own_domain(asked, response) {
            Some(domain) => crate::guidance![
                format!(
                    "if {domain} is this environment's own domain, set it as the domain of publish: "
                ),
                NextStep::SetDomain.with(domain),
                "; else look at the redirect rules",
            ],
            None => step,
        }),
        // A person's token cannot be exchanged.
        (Verdict::TokenRefused, Some(_)) if asked.kind == Kind::DevelopmentToken => {
            asked.advice(verdict).map(|advice| advice.next.clone())
        }
        (_, step) => step,
    };
    Judgement {
        user: who.filter(|_| matches!(verdict, Verdict::SignedIn | Verdict::Reachable)),
        groups: if verdict == Verdict::SignedIn {
            groups
        } else {
            Vec::new()
        },
        answered_by: found
            .as_ref()
            .map_or_else(|| who_answered(response), |found| found.row.who),
        seen: seen(verdict, response),
        cause,
        next_step: next_step.map(|step| with_wait(step, response)),
        verdict,
    }
}

/// Returns the row of the table that recognises a refusal. A page of AEM itself is judged by its own rules.
fn recognised(asked: Asked<'_>, response: &Response) -> Option<Found> {
    if response.status < 300 || asked.kind == Kind::Local {
        return None;
    }
    let place = match asked.tier {
        Tier::Author => Place::Author,
        Tier::Publish => Place::Publish,
        Tier::Preview => Place::Preview,
        Tier::Delivery => Place::Delivery,
    };
    let found = find_around_aem(&Evidence::of_response(response, place, None))?;
    let is_page_of_aem = is_from_aem(response)
        && matches!(
            found.row.who,
            Who::Cdn | Who::EdgeDelivery | Who::Gateway | Who::Proxy
        );
    let is_other_redirect = (300..400).contains(&response.status) && found.row.who != Who::Idp;
    (!is_page_of_aem && !is_other_redirect).then_some(found)
}

/// Returns the target of a redirect of publish, if it may be the customer's own domain.
fn own_domain(asked: Asked<'_>, response: &Response) -> Option<HostName> {
    let target = response.header("location")?;
    let host = HostName::parse(target.starts_with("https://").then_some(target)?).ok()?;
    let is_foreign = allow_list::is_adobe_aem(&host)
        || allow_list::is_adobe_ims(&host)
        || host.as_str().ends_with(".adobe.com");
    (asked.tier == Tier::Publish && !is_foreign).then_some(host)
}

/// Adds the time to wait, if the response names one.
fn with_wait(step: Guidance, response: &Response) -> Guidance {
    match response.retry_after() {
        Some(wait) if wait.as_secs() > 0 && matches!(response.status, 429 | 503) => {
            let wait = time::duration(wait);
            let mut after = Guidance::from(format!("wait {wait} (Retry-After); "));
            after.append(step);
            after
        }
        _ => step,
    }
}

fn verdict_of(
    asked: Asked<'_>,
    response: &Response,
    body: &str,
    json: Option<&Value>,
    who: Option<&str>,
) -> Verdict {
    let html = response.header("content-type").map_or_else(
        || body.trim_start().starts_with('<'),
        |kind| kind.contains("html"),
    );
    let lower = body.to_ascii_lowercase();
    let is_local = asked.kind == Kind::Local;
    let who_am_i = asked
        .path
        .starts_with("/libs/granite/security/currentuser.json");
    match response.status {
        200..=299 => match who {
            _ if is_local => Verdict::Reachable,
            Some("anonymous") => Verdict::Anonymous,
            Some("") => Verdict::Unexpected,
            Some(_) => Verdict::SignedIn,
            None if html && has_login_form(&lower) => Verdict::LoginPage,
            None if html && lower.contains("hibernat") => Verdict::Hibernated,
            None if who_am_i => Verdict::Unexpected,
            None => Verdict::Answered,
        },
        // A local SDK that asks for a user is running, which is all that is tested.
        300..=399 | 401 | 403 if is_local && who_am_i => Verdict::Reachable,
        304 => Verdict::Answered,
        300..=399 if leads_to_login(response) => Verdict::LoginPage,
        300..=399 => Verdict::Redirected,
        401 => Verdict::TokenRefused,
        403 | 405 if !is_local && blocked(response, html, body, json) => Verdict::BlockedAtCdn,
        403 => Verdict::NotPermitted,
        404 => Verdict::NotFound,
        429 => Verdict::RateLimited,
        503 => Verdict::Hibernated,
        502 | 504 if lower.contains("hibernat") => Verdict::Hibernated,
        _ => Verdict::Unexpected,
    }
}

/// Whether the CDN blocked the request: a refusal of AEM has its headers or is JSON, one of the CDN is a page or empty.
fn blocked(response: &Response, html: bool, body: &str, json: Option<&Value>) -> bool {
    !is_from_aem(response) && (html || body.trim().is_empty()) && json.is_none()
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
        [
            "login",
            "signin",
            "sign-in",
            "/ims/authorize",
            "auth-services",
            "samlrequest",
            "/saml",
            "/adfs/",
            "/sso",
            "/oauth2/",
            "/oauth/authorize",
            "okta.com",
            "openid-connect",
        ]
        .into_iter()
        .any(|sign| to.contains(sign))
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
        Verdict::LoginPage | Verdict::Redirected => Some(response.header("location").map_or_else(
            || match status {
                300..=399 => format!("{status} without a target"),
                _ => "a page with a login form".to_owned(),
            },
            |to| {
                let place = to.split(['?', '#']).next().unwrap_or(to);
                let saml = if to.to_ascii_lowercase().contains("samlrequest=") {
                    " with a SAML request"
                } else {
                    ""
                };
                format!("{status}, redirect to {}{saml}", clean(place, 120))
            },
        )),
        Verdict::BlockedAtCdn => Some(format!("{status} without headers of AEM or the dispatcher")),
        Verdict::RateLimited | Verdict::CdnTimeout => Some(match response.header("retry-after") {
            Some(wait) => format!("{status}, Retry-After: {}", clean(wait, 40)),
            None => format!("{status}, without Retry-After"),
        }),
        Verdict::ClientNotAllowlisted => Some(format!(
            "{status} with the text \"IMS Client ID not allowlisted\""
        )),
        Verdict::LacksScopes => Some(format!("{status}, the token lacks required scopes")),
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
        let headers = headers.iter();
        let response = Response::new(
            status,
            headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body.as_bytes().to_vec(),
        );
        let asked = Asked {
            tier,
            kind: Kind::ServiceCredentials,
            path: crate::aem::WHO_AM_I,
        };
        judge(asked, &response).verdict
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
                Verdict::Redirected,
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
            (429, &[][..], "", Verdict::RateLimited),
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
    fn every_verdict_has_advice_in_any_circumstances() {
        for verdict in Verdict::ALL {
            let tiers = Tier::ALL.into_iter();
            for (tier, kind) in tiers.flat_map(|tier| Kind::ALL.map(|kind| (tier, kind))) {
                let asked = Asked {
                    tier,
                    kind,
                    path: "/adobe/sites/cf/fragments",
                };
                let advice = asked.advice(verdict);
                assert!(
                    advice.is_some_and(|it| it.why.is_some()),
                    "{verdict:?} {asked:?}"
                );
            }
        }
    }
}
