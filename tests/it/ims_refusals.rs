//! Refusals of IMS: every known one over real TLS, then answers that IMS never gives.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use aemkeys_core::credential::{Code, Credential, Imported, Problem, Secret, detect};
use aemkeys_core::explain::explain;
use aemkeys_core::http::{Http, HttpOptions, ProxySettings};
use aemkeys_core::ims::{self, Exchanged};
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use jiff::{SignedDuration, Timestamp};

use crate::support::https_mock::{HttpsMock, Reply};

const UNBOUND: &str = "Could not match JWT signature to any of the bindings";
const METASCOPES: &str =
    "The metascopes in the JWT are not a subset of the metascopes in the binding.";

/// Status, `error`, `error_description`, the code they become, and a word of the next step.
const ROWS: &[(u16, &str, &str, &str, &str)] = &[
    (
        400,
        "invalid_token",
        UNBOUND,
        "ims-key-not-bound",
        "add a certificate",
    ),
    (
        400,
        "invalid_token",
        "JWT token is incorrectly formatted, and can not be decoded.",
        "ims-assertion-malformed",
        "unchanged",
    ),
    (
        400,
        "invalid_token",
        "anything else",
        "ims-assertion-refused",
        "date and time",
    ),
    (
        400,
        "invalid_signature",
        "",
        "ims-key-not-bound",
        "add a certificate",
    ),
    (
        400,
        "invalid_scope",
        METASCOPES,
        "ims-metascopes",
        "unchanged",
    ),
    (
        400,
        "invalid_client",
        "invalid client_id parameter",
        "ims-unknown-client",
        "download",
    ),
    (
        400,
        "invalid_client",
        "invalid client_secret parameter",
        "ims-wrong-client-secret",
        "download",
    ),
    (
        401,
        "invalid_client",
        "",
        "ims-client-not-entitled",
        "download",
    ),
    (400, "bad_request", "", "ims-bad-claims", "unchanged"),
    (
        500,
        "internal_error",
        "Please try again later",
        "ims-internal-error",
        "OAuth",
    ),
];

fn account() -> ServiceAccount {
    let end = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    ServiceAccount::new("p123-e1250", 0, end)
}

fn credential() -> Credential {
    match detect(&account().file()).unwrap() {
        Imported::Service(service) => Credential::Service(*service),
        _ => panic!("not service credentials"),
    }
}

fn body(error: &str, description: &str) -> String {
    format!(r#"{{"error":"{error}","error_description":"{description}"}}"#)
}

async fn exchange(mock: &HttpsMock) -> Result<Exchanged, Problem> {
    let http = Http::new(HttpOptions {
        ca_file: Some(mock.ca_file()),
        proxy: Some(ProxySettings {
            url: Some(mock.proxy_url()),
            exceptions: None,
        }),
    });
    ims::exchange(&http, &credential(), &[], Timestamp::now())
        .await
        .map_err(|error| error.problem())
}

async fn answered(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Result<Exchanged, Problem> {
    exchange(&HttpsMock::start(move |_| reply())).await
}

fn json_with_id(status: u16, body: String) -> Reply {
    let headers = [
        ("content-type", "application/json"),
        ("x-debug-id", "abc-123"),
    ];
    Reply::new(status, &headers, body)
}

#[tokio::test]
async fn every_known_refusal_has_a_cause_and_a_next_step() {
    for (status, error, description, code, step) in ROWS {
        let problem = answered(|| json_with_id(*status, body(error, description)))
            .await
            .unwrap_err();
        assert_eq!(
            problem.code.as_str(),
            *code,
            "{status} {error} {description}"
        );
        assert_eq!(problem.debug_id.as_deref(), Some("abc-123"));
        assert!(problem.cause.is_some());
        let next = problem.next_step.unwrap().in_shell();
        assert!(next.contains(step), "{code}: {next}");
    }
}

#[test]
fn explains_known_refusals_in_any_text() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.planted";
    for (status, error, description, code, _) in ROWS {
        let json = body(error, description);
        for text in [
            (*code).to_owned(),
            json.clone(),
            format!("2026-11-22T10:00:00Z ERROR [main] IMS said {status}: {json} for {token}"),
            format!(
                "{{\n  \"error\" : \"{error}\",\n  \"error_description\": \"{description}\"\n}}"
            ),
            format!(
                "Error: {error} {}\n    at index.js:404:29",
                description.to_uppercase()
            ),
        ] {
            let found = explain(&text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(found.code.map(Code::as_str), Some(*code), "{text}");
            let shown = format!("{found:?}");
            assert!(
                !shown.contains("planted") && !shown.contains("eyJ"),
                "{shown}"
            );
        }
    }
}

#[test]
fn explains_network_errors() {
    for (text, code) in [
        (
            "FetchError: self signed certificate in certificate chain",
            "tls-unknown-issuer",
        ),
        ("SELF_SIGNED_CERT_IN_CHAIN", "tls-unknown-issuer"),
        (
            "curl: (60) SSL certificate problem: unable to get local issuer certificate",
            "tls-unknown-issuer",
        ),
        (
            "sun.security.validator.ValidatorException: PKIX path building failed",
            "tls-unknown-issuer",
        ),
        (
            "Error: getaddrinfo ENOTFOUND ims-na1.adobelogin.com",
            "host-not-found",
        ),
        ("connect ECONNREFUSED 127.0.0.1:4502", "connection-refused"),
        (
            "curl: (56) Received HTTP code 407 from proxy after CONNECT",
            "proxy-credentials",
        ),
        (
            "HTTP/1.1 407 Proxy Authentication Required",
            "proxy-credentials",
        ),
        ("HTTP 429 Too Many Requests", "throttled"),
        ("socket hang up", "connection-broken"),
    ] {
        assert_eq!(
            explain(text).unwrap().code.map(Code::as_str),
            Some(code),
            "{text}"
        );
    }
    for text in [
        "",
        "hello",
        "took 429.5 ms",
        "id x-407-y",
        "{\"ok\":true}",
        "\0\u{1b}[2J",
        "\"error\":",
    ] {
        assert!(explain(text).is_err(), "{text:?}");
    }
    assert!(explain(&"ä".repeat(1_000_000)).is_err());
}

#[tokio::test]
async fn rate_limit_states_when_to_retry() {
    let problem = answered(|| Reply::new(429, &[("retry-after", "3600")], ""))
        .await
        .unwrap_err();
    assert_eq!(problem.code, Code::Throttled);
    let (_, at) = problem.message.split_once("retry after ").unwrap();
    let clock = jiff::civil::Time::strptime("%H:%M", &at[at.len() - 5..]);
    assert!(clock.is_ok(), "{}", problem.message);
    let problem = answered(|| Reply::new(429, &[], "")).await.unwrap_err();
    assert_eq!(problem.code, Code::Throttled);
}

#[tokio::test]
async fn an_unknown_error_is_shown_safely() {
    let assertion = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI0NzExIn0.sig";
    let said = format!("no \\u001b[31mway\\u202e, p8e-planted-0123456789abcdef and {assertion}");
    let problem = answered(move || json_with_id(418, body("teapot", &said)))
        .await
        .unwrap_err();
    assert_eq!(problem.code, Code::ImsError);
    let shown = format!("{problem:?}");
    assert!(problem.message.contains("418") && problem.message.contains("teapot"));
    for planted in ["planted", "eyJ", "\\u{1b}", "\\u{202e}"] {
        assert!(!shown.contains(planted), "{shown}");
    }
    let endless = "x ".repeat(100_000);
    let problem = answered(move || json_with_id(400, body("odd", &endless)))
        .await
        .unwrap_err();
    assert!(problem.message.chars().count() < 400);
}

#[tokio::test]
async fn the_request_is_in_no_error_even_when_the_server_repeats_it() {
    let mock = HttpsMock::start(|asked| {
        let echo = String::from_utf8_lossy(&asked.body).replace('&', " ");
        json_with_id(400, body("strange", &echo))
    });
    let problem = exchange(&mock).await.unwrap_err();
    let asked = String::from_utf8(mock.requests()[0].body.clone()).unwrap();
    let shown = format!("{problem:?}");
    for (name, value) in asked.split('&').filter_map(|pair| pair.split_once('=')) {
        assert!(name == "client_id" || !shown.contains(value), "{shown}");
    }
}

type Case = (&'static str, fn() -> Reply);

#[tokio::test]
async fn refuses_answers_without_a_token() {
    let cases: [Case; 16] = [
        ("ims-answer-unusable", || {
            Reply::html(200, "<html>Sign in to the hotel</html>")
        }),
        ("ims-answer-unusable", || Reply::json(200, "<html>")),
        ("ims-answer-unusable", || Reply::json(200, "")),
        ("ims-answer-unusable", || Reply::new(204, &[], "")),
        ("ims-answer-unusable", || Reply::json(200, "[]")),
        ("ims-answer-unusable", || Reply::json(200, "null")),
        ("ims-answer-unusable", || Reply::json(200, "{}")),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":""}"#)
        }),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":7}"#)
        }),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":["a"]}"#)
        }),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":"a\r\nX: y"}"#)
        }),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":"a","access_token":"b"}"#)
        }),
        ("ims-answer-unusable", || {
            Reply::json(200, r#"{"access_token":"a","token_type":"mac"}"#)
        }),
        ("ims-answer-unusable", || Reply::json(200, vec![0xff; 100])),
        ("ims-answer-unusable", || {
            Reply::json(200, "[".repeat(100_000))
        }),
        ("ims-redirected", || {
            Reply::new(302, &[("location", "https://hotel.example/")], "")
        }),
    ];
    for (number, (code, reply)) in cases.into_iter().enumerate() {
        let problem = answered(reply).await.unwrap_err();
        assert_eq!(problem.code.as_str(), code, "case {number}: {problem:?}");
        assert!(problem.next_step.is_some());
    }
    let told = answered(|| Reply::json(200, body("invalid_token", UNBOUND))).await;
    assert_eq!(told.unwrap_err().code, Code::ImsKeyNotBound);
    let page = answered(|| Reply::html(403, "<html>Blocked</html>"))
        .await
        .unwrap_err();
    assert_eq!(page.code, Code::ImsUnavailable);
    assert!(page.cause.unwrap().contains("web page"));
}

#[tokio::test]
async fn a_redirect_gets_no_second_request() {
    let mock = HttpsMock::start(|_| {
        Reply::new(
            307,
            &[("location", "https://ims.evil.example/ims/exchange/jwt")],
            "",
        )
    });
    assert_eq!(exchange(&mock).await.unwrap_err().code, Code::ImsRedirected);
    assert_eq!(mock.requests().len(), 1);
    assert_eq!(mock.connects().len(), 1);
}

#[tokio::test]
async fn lifetimes_come_in_both_units() {
    let left = async |expires_in: &'static str| {
        let exchanged = answered(move || {
            Reply::json(
                200,
                format!(
                    r#"{{"token_type":"Bearer","access_token":"opaque","expires_in":{expires_in}}}"#
                ),
            )
        })
        .await
        .unwrap();
        exchanged
            .token
            .expires_at
            .map(|end| end.duration_since(Timestamp::now()).as_hours())
    };
    assert_eq!(left("86399999").await, Some(23));
    assert_eq!(left("\"86399999\"").await, Some(23));
    for odd in ["-1", "0", "null", "{}", "1e99", "\"soon\""] {
        assert_eq!(left(odd).await, None, "{odd}");
    }
}

#[tokio::test]
async fn a_wrong_server_date_is_reported_as_a_wrong_clock() {
    let date = || {
        let at = Timestamp::now() + SignedDuration::from_secs(90 * 60 + 20);
        at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let problem =
        answered(move || Reply::new(400, &[("date", &date())], body("invalid_token", "")))
            .await
            .unwrap_err();
    assert_eq!(problem.code, Code::ClockSkew);
    assert!(
        problem.message.contains("1 h 30 m behind"),
        "{}",
        problem.message
    );
}

#[tokio::test]
async fn tries_the_second_secret_only_if_the_first_is_wrong() {
    let file = OauthAccount::new("p1-e2", 1).file();
    let Imported::Oauth(mut oauth) = detect(&file).unwrap() else {
        panic!("not an OAuth credential")
    };
    oauth.client_secrets = vec![Secret::from("first"), Secret::from("second")];
    let credential = Credential::Oauth(*oauth);
    let wrong = body("invalid_client", "invalid client_secret parameter");
    for (status, text, asked) in [
        (400, wrong, 2),
        // Tried again, with the same secret.
        (500, body("internal_error", "x"), 3),
        (400, body("bad_request", "x"), 1),
        (200, String::new(), 1),
    ] {
        let mock = HttpsMock::start(move |_| json_with_id(status, text.clone()));
        let http = Http::new(HttpOptions {
            ca_file: Some(mock.ca_file()),
            proxy: Some(ProxySettings {
                url: Some(mock.proxy_url()),
                exceptions: None,
            }),
        });
        let (token, now) = (Secret::from("token"), Timestamp::now());
        let outcome = ims::invalidate(&http, &token, &credential, false, &[], now).await;
        assert_eq!(outcome.is_ok(), status == 200);
        assert_eq!(mock.requests().len(), asked, "{status}");
    }
}

#[tokio::test]
async fn blames_a_wrong_clock_only_for_clock_errors() {
    let long_ago = "Sun, 22 Nov 2020 12:00:00 GMT";
    for (error, description, code) in [
        ("invalid_scope", METASCOPES, "ims-metascopes"),
        ("invalid_token", UNBOUND, "ims-key-not-bound"),
        ("invalid_token", "anything else", "clock-skew"),
    ] {
        let headers = [("content-type", "application/json"), ("date", long_ago)];
        let problem = answered(move || Reply::new(400, &headers, body(error, description)))
            .await
            .unwrap_err();
        assert_eq!(problem.code.as_str(), code, "{description}");
    }
}

/// An answer of a proxy or a load balancer that speaks HTTP/1.0: without a length it ends with the connection.
#[tokio::test]
async fn answers_in_http_1_0_are_read() {
    const TOKEN: &str = r#"{"token_type":"bearer","access_token":"a.b.c","expires_in":86399999}"#;
    const REFUSED: &str = r#"{"error":"invalid_scope","error_description":"x"}"#;
    for (status, body, code) in [
        ("200 OK", TOKEN, None),
        ("400 Bad Request", REFUSED, Some(Code::ImsScopes)),
        (
            "503 Service Unavailable",
            "busy",
            Some(Code::ImsUnavailable),
        ),
    ] {
        for length in ["", &format!("content-length: {}\r\n", body.len())] {
            let answer = format!(
                "HTTP/1.0 {status}\r\ncontent-type: application/json\r\n{length}\r\n{body}"
            );
            let mock = HttpsMock::start(move |_| {
                let answer = answer.clone();
                Reply::raw(move |out| out.write_all(answer.as_bytes()))
            });
            let found = exchange(&mock).await;
            assert_eq!(found.err().map(|problem| problem.code), code, "{status}");
        }
    }
}
