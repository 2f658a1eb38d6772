//! Strange and hostile servers and proxies: real TLS through a real proxy, on loopback.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{self, Write};
use std::time::Duration;

use aemkeys_core::credential::{Code, Secret};
use aemkeys_core::environment::{
    Approval, Destinations, HostName, Hosts, Purpose, Tier, TierAddress,
};
use aemkeys_core::http::{Body, FormValue, Http, HttpError, HttpOptions, Limits, ProxySettings};
use aemkeys_core::http::{Recipient, Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::support::gzip_bomb::gzip_of_zeros;
use crate::support::https_mock::{HttpsMock, Oddity, Reply};

const HOST: &str = "ims-na1.adobelogin.com";
const PLANTED: &str = "planted-secret-4711";

const SHORT: Limits = Limits {
    total: Duration::from_secs(2),
    body_bytes: 64 * 1024,
    tries: 1,
};

fn http(mock: &HttpsMock) -> Http {
    through(&mock.proxy_url(), Some(mock))
}

fn through(proxy: &str, authority: Option<&HttpsMock>) -> Http {
    Http::new(HttpOptions {
        ca_file: authority.map(HttpsMock::ca_file),
        proxy: Some(ProxySettings {
            url: Some(proxy.to_owned()),
            exceptions: None,
        }),
    })
}

fn request(limits: Limits) -> Request {
    Request {
        method: "POST".into(),
        recipient: Recipient::ims(HostName::parse(HOST).unwrap(), &[]),
        path_and_query: "/ims/exchange/jwt?x=1".into(),
        headers: vec![],
        bearer: Some(Secret::from(PLANTED)),
        body: Body::Form(vec![(
            "client_secret",
            FormValue::Secret(Secret::from(PLANTED)),
        )]),
        limits,
    }
}

/// To a local SDK, without a secret.
fn local(port: u16) -> Request {
    let hosts = Hosts {
        author: TierAddress::parse(&format!("http://localhost:{port}")).ok(),
        ..Hosts::default()
    };
    let environment = Destinations::new(None, hosts, &[]).unwrap();
    Request {
        recipient: Recipient::tier(&environment, Tier::Author).unwrap(),
        bearer: None,
        body: Body::Empty,
        ..request(SHORT)
    }
}

async fn send(http: &Http, limits: Limits) -> Result<Response, HttpError> {
    http.send(request(limits), Timestamp::now()).await
}

fn code(result: Result<Response, HttpError>) -> &'static str {
    let error = result.err().unwrap();
    let problem = error.problem();
    assert!(problem.next_step.is_some(), "{problem:?}");
    let shown = format!("{error} {error:?} {problem:?}");
    assert!(!shown.contains(PLANTED), "{shown}");
    problem.code.as_str()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_meant() {
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    let http = http(&mock);
    for _ in 0..3 {
        assert_eq!(send(&http, SHORT).await.unwrap().status, 200);
    }
    let asked = mock.requests();
    assert_eq!(asked.len(), 3);
    let first = &asked[0];
    assert_eq!((first.method.as_str(), first.host.as_str()), ("POST", HOST));
    assert_eq!(first.path, "/ims/exchange/jwt?x=1");
    assert_eq!(first.body, format!("client_secret={PLANTED}").into_bytes());
    assert_eq!(
        first.header("authorization"),
        Some(format!("Bearer {PLANTED}").as_str())
    );
    let agent = first.header("user-agent").unwrap();
    assert!(agent.starts_with("aemkeys/"), "{agent}");
    let mut names: Vec<_> = first
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    // One connection served all three, and the proxy saw no secret.
    assert_eq!(mock.connects().len(), 1);
    assert!(!mock.connects()[0].contains(PLANTED));
}

#[tokio::test]
async fn distinguishes_certificate_errors() {
    for (oddity, expected) in [
        (Oddity::WrongName, "tls-wrong-name"),
        (Oddity::Expired, "tls-expired"),
        (Oddity::NoTls, "tls-not-spoken"),
    ] {
        let mock = HttpsMock::odd(oddity, |_| Reply::json(200, "{}"));
        assert_eq!(code(send(&http(&mock), SHORT).await), expected);
        assert!(mock.requests().is_empty());
    }
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    let stranger = through(&mock.proxy_url(), None);
    let error = send(&stranger, Limits::EXCHANGE).await.err().unwrap();
    let problem = error.problem();
    assert_eq!(problem.code, Code::TlsUnknownIssuer);
    assert!(problem.next_step.unwrap().in_shell().contains("ca_file"));
    assert!(mock.requests().is_empty());
    // A certificate does not get better by asking again.
    assert_eq!(mock.connects().len(), 1);
}

#[tokio::test]
async fn the_proxy_is_named_when_it_is_the_cause() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    let refused = format!("http://anna:{PLANTED}@{closed}");
    assert_eq!(
        code(send(&through(&refused, None), SHORT).await),
        "proxy-refused"
    );
    let unknown = format!("http://anna:{PLANTED}@proxy.invalid:8080");
    let result = send(&through(&unknown, None), SHORT).await;
    let text = result.as_ref().err().unwrap().to_string();
    assert!(text.contains("proxy.invalid:8080"), "{text}");
    assert_eq!(code(result), "proxy-not-found");
    for (oddity, expected) in [
        (Oddity::WantsCredentials("other"), "proxy-credentials"),
        (
            Oddity::Refuses("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
            "proxy-refused-host",
        ),
        (
            Oddity::Refuses("SSH-2.0-OpenSSH\r\n\r\n"),
            "proxy-refused-host",
        ),
        (Oddity::Refuses(""), "proxy-broken"),
    ] {
        let mock = HttpsMock::odd(oddity, |_| Reply::json(200, "{}"));
        let result = send(&http(&mock), SHORT).await;
        let text = result.as_ref().err().unwrap().to_string();
        assert!(text.contains(&mock.address().to_string()), "{text}");
        assert_eq!(code(result), expected, "{oddity:?}");
    }
}

#[tokio::test]
async fn user_and_password_go_to_the_proxy_only() {
    // anna:pass%word
    let wanted = "Basic YW5uYTpwYXNzJXdvcmQ=";
    let mock = HttpsMock::odd(Oddity::WantsCredentials(wanted), |_| Reply::json(200, "{}"));
    let url = format!("http://anna:pass%25word@{}", mock.address());
    let http = through(&url, Some(&mock));
    assert_eq!(send(&http, SHORT).await.unwrap().status, 200);
    assert!(!mock.requests()[0].text().contains("YW5uYTp"));
}

/// A company's proxy that opens TLS knows its own password and what it forwards, and writes the answer.
#[tokio::test]
async fn proxy_credentials_are_not_shown() {
    let pair = "an na:p8w/ planted+4711";
    let encoded = STANDARD.encode(pair);
    let forms = [
        pair.to_owned(),
        "p8w/ planted+4711".to_owned(),
        "p8w%2F%20planted%2B4711".to_owned(),
        format!("Basic {encoded}"),
        PLANTED.to_owned(),
    ];
    let echo = forms.join("\n");
    let (body, header) = (echo.clone(), encoded.clone());
    let mock = HttpsMock::odd(Oddity::WantsCredentials("Basic "), move |_| {
        Reply::new(200, &[("x-echo", &header)], body.clone())
    });
    let proxy = mock
        .proxy_url()
        .replace("http://", "http://an%20na:p8w%2F%20planted%2B4711@");
    let http = through(&proxy, Some(&mock));
    let mut answer = send(&http, SHORT).await.unwrap();
    assert!(mock.connects()[0].contains(&encoded), "the test is void");
    let seen = |text: &str| {
        ["planted", "4711", &encoded[8..24]]
            .iter()
            .any(|part| text.contains(part))
    };
    assert!(seen(std::str::from_utf8(&answer.body).unwrap()));
    assert!(
        !seen(answer.header("x-echo").unwrap()),
        "{:?}",
        answer.headers
    );
    let readable = answer.readable(&answer.body);
    assert!(!seen(&readable), "{readable}");
    answer.redact_body();
    let hidden = String::from_utf8(answer.body).unwrap();
    assert!(!seen(&hidden), "{hidden}");
}

#[tokio::test]
async fn exceptions_and_loopback_go_around_the_proxy() {
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    let http = Http::new(HttpOptions {
        ca_file: None,
        proxy: Some(ProxySettings {
            url: Some(mock.proxy_url()),
            exceptions: Some("adobelogin.invalid".into()),
        }),
    });
    let ims = HostName::parse("ims.adobelogin.invalid").unwrap();
    let approvals = [Approval::new(ims.clone(), Purpose::ImsSecret)];
    let request = Request {
        recipient: Recipient::ims(ims, &approvals),
        ..request(SHORT)
    };
    let outcome = http.send(request, Timestamp::now()).await;
    assert_eq!(code(outcome), "host-not-found");
    let outcome = http.send(local(1), Timestamp::now()).await;
    assert_eq!(code(outcome), "connection-refused");
    assert!(mock.connects().is_empty());
}

#[tokio::test]
async fn sends_nothing_to_a_forbidden_host() {
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    let http = http(&mock);
    let foreign = Request {
        recipient: Recipient::ims(HostName::parse("evil.example").unwrap(), &[]),
        ..request(SHORT)
    };
    let result = http.send(foreign, Timestamp::now()).await;
    assert_eq!(code(result), "ims-host-untrusted");
    for path in [
        "//evil.example/",
        "ims",
        "@evil.example/",
        "https://evil.example/",
    ] {
        let request = Request {
            path_and_query: path.into(),
            ..request(SHORT)
        };
        let result = http.send(request, Timestamp::now()).await;
        if path.starts_with('/') {
            // A path of the same host, odd as it looks.
            assert_eq!(result.unwrap().status, 200);
        } else {
            assert_eq!(code(result), "network-setup", "{path}");
        }
    }
    assert!(mock.requests().iter().all(|asked| asked.host == HOST));
    assert!(mock.connects().iter().all(|head| head.contains(HOST)));
}

#[tokio::test]
async fn does_not_follow_redirects() {
    let other = HttpsMock::start(|_| Reply::json(200, "{}"));
    let target = format!("http://{}/collect", other.address());
    let same = "https://evil.adobelogin.com/collect".to_owned();
    for status in [301, 302, 303, 307, 308] {
        for location in [
            target.clone(),
            same.clone(),
            "/again".into(),
            "//evil.example".into(),
        ] {
            let to = location.clone();
            let mock = HttpsMock::start(move |_| Reply::new(status, &[("location", &to)], ""));
            let response = send(&http(&mock), SHORT).await.unwrap();
            assert_eq!(response.status, status);
            assert_eq!(response.header("location"), Some(location.as_str()));
            assert_eq!(mock.requests().len(), 1);
        }
    }
    assert!(other.connects().is_empty());
}

/// A head, then what `body` writes.
fn streaming(
    head: &'static str,
    body: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + Clone + 'static,
) -> HttpsMock {
    HttpsMock::start(move |_| {
        let body = body.clone();
        Reply::raw(move |out| {
            out.write_all(head.as_bytes())?;
            body(out)
        })
    })
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_limit() {
    let mock = streaming("HTTP/1.1 200 OK\r\n\r\n", |out| {
        loop {
            out.write_all(&[b'x'; 16 * 1024])?;
        }
    });
    let response = send(&http(&mock), SHORT).await.unwrap();
    assert!(response.body_cut);
    assert_eq!(response.body.len(), SHORT.body_bytes);
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_at_the_limit_after_decompression() {
    // A run of 64 MiB of zeros.
    let bomb = gzip_of_zeros(64);
    assert!(bomb.len() < 500_000);
    let mock =
        HttpsMock::start(move |_| Reply::new(200, &[("content-encoding", "gzip")], bomb.clone()));
    let response = send(&http(&mock), SHORT).await.unwrap();
    assert!(response.body_cut);
    assert_eq!(response.body.len(), SHORT.body_bytes);
    assert!(response.body.iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_deadline() {
    let mock = streaming("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", |out| {
        loop {
            out.write_all(b"x")?;
            out.flush()?;
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(code(send(&http(&mock), SHORT).await), "timed-out");
}

#[tokio::test]
async fn early_hints_without_end_do_not_extend_the_deadline() {
    let mock = streaming("", |out| {
        loop {
            out.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")?;
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(code(send(&http(&mock), SHORT).await), "timed-out");
}

#[tokio::test]
async fn a_proxy_that_hangs_ends_with_the_deadline() {
    let mock = HttpsMock::odd(Oddity::Hangs, |_| Reply::json(200, "{}"));
    let result = send(&http(&mock), SHORT).await;
    assert_eq!(code(result), "timed-out");
}

#[tokio::test]
async fn ten_thousand_headers_and_a_huge_one_are_refused() {
    let many = streaming("HTTP/1.1 200 OK\r\n", |out| {
        for number in 0..10_000 {
            write!(out, "x-{number}: y\r\n")?;
        }
        out.write_all(b"content-length: 0\r\n\r\n")
    });
    assert_eq!(code(send(&http(&many), SHORT).await), "connection-broken");
    let huge = streaming("HTTP/1.1 200 OK\r\nx-huge: ", |out| {
        for _ in 0..2_000 {
            out.write_all(&[b'y'; 1024])?;
        }
        out.write_all(b"\r\ncontent-length: 0\r\n\r\n")
    });
    assert_eq!(code(send(&http(&huge), SHORT).await), "connection-broken");
}

#[tokio::test]
async fn reports_incomplete_and_invalid_answers() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
        "",
        "220 smtp.example ready\r\n",
        "\u{1b}]0;title\u{7}\r\n\r\n",
    ] {
        let mock = streaming(head, |_| Ok(()));
        let result = send(&http(&mock), SHORT).await;
        let text = result.as_ref().err().unwrap().to_string();
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert_eq!(code(result), "connection-broken", "{head:?}");
    }
}

#[tokio::test]
async fn cleans_header_values() {
    let mock = streaming(
        "HTTP/1.1 200 OK\r\nx-debug-id: a\u{202e}b\u{9b}2Jc\r\ncontent-length: 0\r\n\r\n",
        |_| Ok(()),
    );
    let response = send(&http(&mock), SHORT).await.unwrap();
    let id = response.header("x-debug-id").unwrap();
    assert!(id.is_ascii(), "{id:?}");
}

#[tokio::test]
async fn retries_only_temporary_failures() {
    for (status, tries) in [
        (408, 3),
        (429, 3),
        (500, 3),
        (503, 3),
        (400, 1),
        (404, 1),
        (501, 3),
    ] {
        let mock = HttpsMock::start(move |_| Reply::json(status, "{}"));
        let response = send(&http(&mock), Limits::EXCHANGE).await.unwrap();
        assert_eq!((response.status, response.tries), (status, tries));
        assert_eq!(mock.requests().len(), usize::try_from(tries).unwrap());
    }
}

#[tokio::test]
async fn waits_for_retry_after_or_reports_it() {
    let patient = HttpsMock::start(|_| Reply::new(429, &[("retry-after", "3600")], ""));
    let error = send(&http(&patient), Limits::EXCHANGE).await.err().unwrap();
    let HttpError::Throttled { until, .. } = &error else {
        panic!("{error}");
    };
    let wait = until.duration_since(Timestamp::now()).as_secs();
    assert!((3_590..=3_600).contains(&wait), "{wait}");
    assert_eq!(patient.requests().len(), 1);

    let dated = HttpsMock::start(|_| {
        let at = Timestamp::now() + jiff::SignedDuration::from_hours(2);
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        Reply::new(503, &[("retry-after", &date)], "")
    });
    assert_eq!(
        code(send(&http(&dated), Limits::EXCHANGE).await),
        "throttled"
    );
    assert_eq!(dated.requests().len(), 1);

    let brief = HttpsMock::start(|_| Reply::new(503, &[("retry-after", "0")], ""));
    let response = send(&http(&brief), Limits::EXCHANGE).await.unwrap();
    assert_eq!((response.status, response.tries), (503, 3));
}

#[tokio::test]
async fn reports_an_unusable_ca_file_without_its_content() {
    let mock = HttpsMock::start(|_| Reply::json(200, "{}"));
    let directory = mock.directory();
    let damaged = format!("-----BEGIN CERTIFICATE-----\n{PLANTED}!\n-----END CERTIFICATE-----\n");
    for (name, content) in [
        ("empty.pem", ""),
        ("no.pem", "hello"),
        ("bad.pem", &damaged),
    ] {
        let path = directory.join(name);
        std::fs::write(&path, content).unwrap();
        let http = Http::new(HttpOptions {
            ca_file: Some(path),
            proxy: Some(ProxySettings::direct()),
        });
        assert_eq!(code(send(&http, SHORT).await), "network-setup", "{name}");
    }
    for path in [directory.join("missing.pem"), directory.to_owned()] {
        let http = Http::new(HttpOptions {
            ca_file: Some(path),
            proxy: Some(ProxySettings::direct()),
        });
        assert_eq!(code(send(&http, SHORT).await), "network-setup");
    }
}
