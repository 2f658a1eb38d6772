//! Verdicts on the answers of AEM: every known answer over real TLS, then the environments of the simulator.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use aemkeys_core::aem::{self, CallOptions, Probe, TierResult, Verdict, WHO_AM_I};
use aemkeys_core::credential::{Kind, Secret};
use aemkeys_core::environment::{
    Approval, Destinations, HostName, Hosts, Purpose, Tier, TierAddress,
};
use aemkeys_core::http::{Http, HttpOptions, ProxySettings, Recipient, Response};
use jiff::Timestamp;

use crate::support::https_mock::{Asked, HttpsMock, Oddity, Reply};

const AUTHOR: &str = "author-p123-e1250.adobeaemcloud.com";
const PUBLISH: &str = "publish-p123-e1250.adobeaemcloud.com";
const PREVIEW: &str = "preview-p123-e1250.adobeaemcloud.com";
const DOMAIN: &str = "www.brand.com";
const TOKEN: &str = "planted.token.4711";
const SIGNED_IN: &str = r#"{"authorizableId":"4A1B@techacct.adobe.com","memberOf":[{"authorizableId":"everyone"},{"authorizableId":"dam-users"}]}"#;
const ANONYMOUS: &str = r#"{"authorizableId":"anonymous","memberOf":[]}"#;

fn http(mock: &HttpsMock) -> Http {
    Http::new(HttpOptions {
        ca_file: Some(mock.ca_file()),
        proxy: Some(ProxySettings {
            url: Some(mock.proxy_url()),
            exceptions: None,
        }),
    })
}

/// A host of an environment whose every host is confirmed.
fn cloud(tier: Tier, host: &str) -> (Tier, Recipient) {
    let address = TierAddress::parse(host).unwrap();
    let approvals: Vec<Approval> = HostName::parse(host)
        .map(|host| Approval::new(host, Purpose::Token))
        .into_iter()
        .collect();
    let mut hosts = Hosts::default();
    hosts.set(tier, address);
    let environment = Destinations::new(None, hosts, &approvals).unwrap();
    (tier, Recipient::tier(&environment, tier).unwrap())
}

async fn ask(
    mock: &HttpsMock,
    kind: Kind,
    path: &str,
    targets: Vec<(Tier, Recipient)>,
) -> Vec<TierResult> {
    let probe = Probe {
        targets,
        path: path.to_owned(),
        kind,
    };
    let token = (kind != Kind::Local).then(|| Secret::from(TOKEN));
    let results = aem::test_tiers(&http(mock), &probe, token.as_ref(), Timestamp::now()).await;
    let shown = format!("{results:?}");
    assert!(!shown.contains(TOKEN), "{shown}");
    results
}

async fn one(
    tier: Tier,
    path: &str,
    reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> TierResult {
    let host = match tier {
        Tier::Author => AUTHOR,
        Tier::Publish => PUBLISH,
        Tier::Preview | Tier::Delivery => PREVIEW,
    };
    let mock = HttpsMock::start(reply);
    let mut results = ask(
        &mock,
        Kind::ServiceCredentials,
        path,
        vec![cloud(tier, host)],
    )
    .await;
    results.remove(0)
}

/// A response as an old proxy or a load balancer writes it: HTTP/1.0, and without a length it ends with the connection.
#[tokio::test]
async fn answers_in_http_1_0_are_judged() {
    for (status, body, expected) in [
        ("200 OK", SIGNED_IN, Verdict::SignedIn),
        ("200 OK", ANONYMOUS, Verdict::Anonymous),
        ("401 Unauthorized", "", Verdict::TokenRefused),
    ] {
        for length in ["", &format!("content-length: {}\r\n", body.len())] {
            let answer = format!(
                "HTTP/1.0 {status}\r\ncontent-type: application/json\r\n{length}\r\n{body}"
            );
            let result = one(Tier::Author, WHO_AM_I, move |_| {
                let answer = answer.clone();
                Reply::raw(move |out| out.write_all(answer.as_bytes()))
            })
            .await;
            assert_eq!(result.verdict, expected, "{status} {length:?} {result:?}");
        }
    }
}

type Row = (Tier, fn() -> Reply, Verdict, &'static str);

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn every_known_answer_has_a_verdict_a_cause_and_a_next_step() {
    let rows: [Row; 20] = [
        (
            Tier::Author,
            || Reply::json(200, ANONYMOUS),
            Verdict::Anonymous,
            "aemkeys exchange NAME",
        ),
        (
            Tier::Publish,
            || Reply::json(200, ANONYMOUS),
            Verdict::Anonymous,
            "Authorization",
        ),
        (
            Tier::Author,
            || Reply::html(403, "<html>Forbidden"),
            Verdict::BlockedAtCdn,
            "IP allow list",
        ),
        (
            Tier::Publish,
            || Reply::new(405, &[], ""),
            Verdict::BlockedAtCdn,
            "IP allow list",
        ),
        (
            Tier::Author,
            || Reply::new(401, &[], ""),
            Verdict::TokenRefused,
            "aemkeys exchange NAME",
        ),
        (
            Tier::Author,
            || Reply::json(403, "{}"),
            Verdict::NotPermitted,
            "30 minutes",
        ),
        (
            Tier::Author,
            || Reply::new(403, &[("x-vhost", "author")], ""),
            Verdict::NotPermitted,
            "product profile",
        ),
        (
            Tier::Author,
            || Reply::json(403, r#"{"detail":"IMS Client ID not allowlisted"}"#),
            Verdict::ClientNotAllowlisted,
            "allowedClientIDs",
        ),
        (
            Tier::Publish,
            || Reply::html(404, "<html>404"),
            Verdict::NotFound,
            "dispatcher",
        ),
        (
            Tier::Author,
            || Reply::html(404, "<html>404"),
            Verdict::NotFound,
            "path",
        ),
        (
            Tier::Author,
            || {
                Reply::new(
                    302,
                    &[("location", "/libs/granite/core/content/login.html?x=secret")],
                    "",
                )
            },
            Verdict::LoginPage,
            "aemkeys exchange NAME",
        ),
        (
            Tier::Author,
            || {
                Reply::new(
                    302,
                    &[(
                        "location",
                        "https://ims-na1.adobelogin.com/ims/authorize/v1",
                    )],
                    "",
                )
            },
            Verdict::LoginPage,
            "aemkeys exchange NAME",
        ),
        (
            Tier::Author,
            || {
                Reply::html(
                    200,
                    r#"<form action="/j_security_check"><input type="password">"#,
                )
            },
            Verdict::LoginPage,
            "aemkeys exchange NAME",
        ),
        (
            Tier::Author,
            || Reply::html(503, "<h1>hibernated"),
            Verdict::Hibernated,
            "de-hibernate",
        ),
        (
            Tier::Author,
            || Reply::html(200, "<h1>hello"),
            Verdict::Unexpected,
            "body",
        ),
        (
            Tier::Author,
            || Reply::json(200, "{"),
            Verdict::Unexpected,
            "body",
        ),
        (
            Tier::Author,
            || Reply::json(200, r#"{"authorizableId":7}"#),
            Verdict::Unexpected,
            "body",
        ),
        (
            Tier::Author,
            || Reply::json(500, ""),
            Verdict::Unexpected,
            "body",
        ),
        (
            Tier::Author,
            || Reply::new(302, &[("location", "https://evil.example/")], ""),
            Verdict::Redirected,
            "redirect",
        ),
        (
            Tier::Author,
            || Reply::new(204, &[], ""),
            Verdict::Unexpected,
            "body",
        ),
    ];
    for (number, (tier, reply, verdict, step)) in rows.into_iter().enumerate() {
        let result = one(tier, WHO_AM_I, move |_| reply()).await;
        assert_eq!(result.verdict, verdict, "row {number}: {result:?}");
        assert!(
            result.cause.is_some() && result.seen.is_some(),
            "row {number}: {result:?}"
        );
        let next = result.next_step.unwrap().in_shell();
        assert!(next.contains(step), "row {number}: {next}");
        assert!(!result.seen.unwrap().contains("secret"));
        assert!(result.user.is_none() && result.groups.is_empty());
    }
}

#[tokio::test]
async fn reports_the_signed_in_user_and_groups() {
    let result = one(Tier::Author, WHO_AM_I, |_| Reply::json(200, SIGNED_IN)).await;
    assert_eq!(result.verdict, Verdict::SignedIn);
    assert_eq!(result.user.as_deref(), Some("4A1B@techacct.adobe.com"));
    assert_eq!(result.groups, ["dam-users", "everyone"]);
    assert_eq!((result.cause, result.next_step), (None, None));
}

#[tokio::test]
async fn cleans_hostile_user_and_group_names() {
    let name = "\u{1b}]0;owned\u{7}\u{202e}x"
        .replace('\u{1b}', "\\u001b")
        .replace('\u{7}', "\\u0007");
    let body =
        format!(r#"{{"authorizableId":"{name}","memberOf":[{{"authorizableId":"{name}"}}]}}"#);
    let result = one(Tier::Author, WHO_AM_I, move |_| {
        Reply::json(200, body.clone())
    })
    .await;
    let shown = format!("{:?} {:?} {}", result.user, result.groups, result.body);
    assert!(
        !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{shown:?}"
    );
}

#[tokio::test]
async fn repeats_a_cached_answer_without_the_cache() {
    let cached = |second: &'static str| {
        move |asked: &Asked| {
            if asked.path == WHO_AM_I {
                let headers = [
                    ("age", "120"),
                    ("x-cache", "HIT"),
                    ("content-type", "application/json"),
                ];
                Reply::new(200, &headers, ANONYMOUS)
            } else {
                Reply::json(200, second)
            }
        }
    };
    let taken = one(Tier::Publish, WHO_AM_I, cached(SIGNED_IN)).await;
    assert_eq!(taken.verdict, Verdict::SignedIn);
    assert!(taken.seen.unwrap().contains("Age 120"));
    assert!(taken.cause.unwrap().contains("cache"));
    assert!(taken.url.ends_with(WHO_AM_I));
    let not = one(Tier::Publish, WHO_AM_I, cached(ANONYMOUS)).await;
    assert_eq!(not.verdict, Verdict::Anonymous);
    assert!(not.seen.unwrap().contains("without the cache: anonymous"));

    let mock = HttpsMock::start(cached(SIGNED_IN));
    ask(
        &mock,
        Kind::ServiceCredentials,
        WHO_AM_I,
        vec![cloud(Tier::Publish, PUBLISH)],
    )
    .await;
    let paths: Vec<_> = mock
        .requests()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    assert_eq!(paths.len(), 2);
    assert!(paths[1].starts_with(&format!("{WHO_AM_I}&")), "{paths:?}");
}

#[tokio::test]
async fn detects_a_domain_that_removes_the_authorization_header() {
    let mock = HttpsMock::start(|asked| {
        Reply::json(
            200,
            if asked.host == DOMAIN {
                ANONYMOUS
            } else {
                SIGNED_IN
            },
        )
    });
    let targets = vec![
        cloud(Tier::Author, AUTHOR),
        cloud(Tier::Publish, PUBLISH),
        cloud(Tier::Publish, DOMAIN),
        cloud(Tier::Preview, PREVIEW),
    ];
    let results = ask(&mock, Kind::ServiceCredentials, WHO_AM_I, targets).await;
    let verdicts: Vec<_> = results.iter().map(|result| result.verdict).collect();
    let (yes, no) = (Verdict::SignedIn, Verdict::Anonymous);
    assert_eq!(verdicts, [yes, yes, no, yes]);
    let domain = &results[2];
    assert!(
        domain
            .cause
            .as_ref()
            .unwrap()
            .contains("removes the Authorization header")
    );
    assert!(
        domain
            .seen
            .as_ref()
            .unwrap()
            .contains("default publish host: signed in")
    );

    // A path that looks like the default host's name is no default host.
    let mock = HttpsMock::start(|_| Reply::json(200, ANONYMOUS));
    let path = "/x.adobeaemcloud.com.json";
    let results = ask(
        &mock,
        Kind::ServiceCredentials,
        path,
        vec![cloud(Tier::Publish, DOMAIN)],
    )
    .await;
    assert!(
        !results[0]
            .cause
            .as_ref()
            .unwrap()
            .contains("default publish host")
    );
}

#[tokio::test]
async fn next_steps_depend_on_the_kind_of_token() {
    let mock = HttpsMock::start(|_| Reply::new(401, &[], ""));
    for (kind, step) in [
        (Kind::ServiceCredentials, "aemkeys exchange"),
        (Kind::DevelopmentToken, "aemkeys paste"),
        (Kind::OauthServerToServer, "service credentials"),
    ] {
        let results = ask(&mock, kind, WHO_AM_I, vec![cloud(Tier::Author, AUTHOR)]).await;
        let next = results[0].next_step.as_ref().unwrap().in_shell();
        assert!(next.contains(step), "{next}");
    }
}

#[tokio::test]
async fn other_paths_succeed_unless_they_show_a_login_page() {
    let answered = one(Tier::Author, "/content/dam.json", |_| {
        Reply::json(200, "{}")
    })
    .await;
    assert_eq!(answered.verdict, Verdict::Answered);
    let page = one(Tier::Author, "/content/site.html", |_| {
        Reply::html(200, "<h1>Hi")
    })
    .await;
    assert_eq!(page.verdict, Verdict::Answered);
    let login = one(Tier::Author, "/content/dam.json", |_| {
        Reply::html(
            200,
            "<form action='/libs/granite/core/content/login.html/j_security_check'>",
        )
    })
    .await;
    assert_eq!(login.verdict, Verdict::LoginPage);
}

/// A path that does not show who is signed in is followed by the sign-in check on the same host.
#[tokio::test]
async fn an_answer_for_everyone_is_not_taken_for_an_accepted_token() {
    const PATH: &str = "/content/site.html";
    for (kind, tier, path, check, expected) in [
        (
            Kind::ServiceCredentials,
            Tier::Publish,
            PATH,
            SIGNED_IN,
            Verdict::SignedIn,
        ),
        (
            Kind::ServiceCredentials,
            Tier::Publish,
            PATH,
            ANONYMOUS,
            Verdict::Anonymous,
        ),
        (
            Kind::DevelopmentToken,
            Tier::Author,
            PATH,
            ANONYMOUS,
            Verdict::Anonymous,
        ),
        (
            Kind::ServiceCredentials,
            Tier::Preview,
            PATH,
            "<html>",
            Verdict::Answered,
        ),
        // Neither has the sign-in check.
        (
            Kind::OauthServerToServer,
            Tier::Publish,
            PATH,
            SIGNED_IN,
            Verdict::Answered,
        ),
        (
            Kind::ServiceCredentials,
            Tier::Publish,
            "/adobe/x",
            SIGNED_IN,
            Verdict::Answered,
        ),
    ] {
        let mock = HttpsMock::start(move |asked| match asked.path.as_str() {
            WHO_AM_I => Reply::json(200, check),
            _ => Reply::html(200, "<h1>Hi"),
        });
        let host = if tier == Tier::Author {
            AUTHOR
        } else {
            PUBLISH
        };
        let result = ask(&mock, kind, path, vec![cloud(tier, host)])
            .await
            .remove(0);
        assert_eq!(result.verdict, expected, "{kind:?} {tier:?} {check}");
        assert_eq!(result.user.is_some(), expected == Verdict::SignedIn);
        assert_eq!(result.body, "<h1>Hi", "the body is that of the path");
        assert!(result.url.ends_with(path));
        let is_good = expected == Verdict::SignedIn;
        assert_eq!(result.verdict.shows_acceptance(tier), is_good);
    }
    // What the cache answers says nothing about the token.
    let cached = one(Tier::Publish, PATH, |asked| match asked.path.as_str() {
        WHO_AM_I => Reply::json(200, SIGNED_IN),
        _ => Reply::new(200, &[("age", "120")], "<h1>Hi"),
    })
    .await;
    assert_eq!((cached.verdict, cached.user), (Verdict::Answered, None));
    assert!(cached.seen.unwrap().contains("cache"));
}

#[tokio::test]
async fn a_failed_connection_says_nothing_about_the_token() {
    for (oddity, word) in [
        (Oddity::Expired, "date and time"),
        (Oddity::WrongName, "host name"),
        (Oddity::WantsCredentials("nobody"), "HTTPS_PROXY"),
    ] {
        let mock = HttpsMock::odd(oddity, |_| Reply::json(200, SIGNED_IN));
        let results = ask(
            &mock,
            Kind::ServiceCredentials,
            WHO_AM_I,
            vec![cloud(Tier::Author, AUTHOR)],
        )
        .await;
        let result = &results[0];
        assert_eq!(result.verdict, Verdict::NoAnswer);
        assert_eq!(result.status, None);
        let next = result.next_step.as_ref().unwrap().in_shell();
        assert!(next.contains(word), "{next}");
    }
}

#[tokio::test]
async fn reports_whether_a_local_sdk_runs() {
    // Its answers come over plain http on loopback.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let answer =
                "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let mock = HttpsMock::start(|_| Reply::json(200, SIGNED_IN));
    let local = |port| cloud(Tier::Author, &format!("http://localhost:{port}"));
    let results = ask(
        &mock,
        Kind::Local,
        WHO_AM_I,
        vec![local(address.port()), local(1)],
    )
    .await;
    assert_eq!(results[0].verdict, Verdict::Reachable);
    assert_eq!(results[1].verdict, Verdict::Hibernated);
    assert!(
        results[1]
            .next_step
            .as_ref()
            .unwrap()
            .in_shell()
            .contains("start it")
    );
    assert!(mock.connects().is_empty());
}

#[tokio::test]
async fn tests_the_tiers_concurrently() {
    // Each waits until all three have arrived: one after the other would never end.
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(3));
    let mock = HttpsMock::start(move |_| {
        barrier.wait();
        Reply::json(200, SIGNED_IN)
    });
    let targets = vec![
        cloud(Tier::Author, AUTHOR),
        cloud(Tier::Publish, PUBLISH),
        cloud(Tier::Preview, PREVIEW),
    ];
    let results = ask(&mock, Kind::ServiceCredentials, WHO_AM_I, targets).await;
    assert!(
        results
            .iter()
            .all(|result| result.verdict == Verdict::SignedIn)
    );
}

async fn call(
    mock: &HttpsMock,
    path: &str,
    options: &CallOptions,
) -> Result<Response, &'static str> {
    let token = Secret::from(TOKEN);
    let (_, target) = cloud(Tier::Author, AUTHOR);
    aem::call(
        &http(mock),
        &target,
        path,
        options,
        Some(&token),
        Timestamp::now(),
    )
    .await
    .map_err(|error| error.problem().code.as_str())
}

#[tokio::test]
async fn a_call_sends_method_headers_and_body_once() {
    let mock = HttpsMock::start(|_| Reply::json(503, "{}"));
    let options = CallOptions {
        method: "PATCH".into(),
        headers: vec![
            ("Content-Type".into(), "application/json".into()),
            ("X-A".into(), "b".into()),
        ],
        body: Some(b"{\"a\":1}".to_vec()),
        ..CallOptions::default()
    };
    let result = call(&mock, "/adobe/sites/cf/fragments?x=%20", &options)
        .await
        .unwrap();
    assert_eq!(result.status, 503);
    let asked = mock.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("PATCH", "/adobe/sites/cf/fragments?x=%20")
    );
    assert_eq!(asked[0].body, b"{\"a\":1}");
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(asked[0].header("x-a"), Some("b"));
    assert_eq!(
        asked[0].header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
}

#[tokio::test]
async fn refuses_a_call_to_another_host_before_sending() {
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    for path in [
        "//evil.example/",
        "/\\evil.example",
        "evil",
        "https://evil.example/",
        "/a b",
        "/a\r\nHost: evil",
    ] {
        let refused = call(&mock, path, &CallOptions::default()).await.err();
        assert_eq!(refused, Some("usage"), "{path:?}");
    }
    for (name, value) in [
        ("Host", "evil.example"),
        ("authorization", "Basic x"),
        ("Transfer-Encoding", "chunked"),
        ("X-A", "b\r\nHost: evil.example"),
        ("X A", "b"),
    ] {
        let options = CallOptions {
            headers: vec![(name.into(), value.into())],
            ..CallOptions::default()
        };
        assert_eq!(
            call(&mock, "/", &options).await.err(),
            Some("usage"),
            "{name}"
        );
    }
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn returns_the_whole_answer_of_a_call() {
    let body = vec![7_u8; 3 * 1024 * 1024];
    let sent = body.clone();
    let mock = HttpsMock::start(move |_| Reply::new(200, &[], sent.clone()));
    let result = call(&mock, "/content/dam/film.mp4", &CallOptions::default())
        .await
        .unwrap();
    assert!(!result.body_cut && result.body == body);
}
