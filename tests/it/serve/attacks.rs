//! Requests that must reach nobody, or AEM only, and must not get a token or the local secret out.

use super::{AUTHOR, Served, at_aem, prepare, status};
use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

/// What may happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Answered here with this status; AEM gets nothing.
    Refused(u16),
    /// The connection is closed, or answered with 400 or 431, without a request to AEM.
    Malformed,
    /// AEM gets one request.
    Forwarded,
}
use Outcome::{Forwarded, Malformed, Refused};

/// Each row: a name, the request, and the outcome. `HOST` and `SECRET` are filled in. A request ends its connection.
#[expect(clippy::too_many_lines, reason = "a table")]
fn attacks() -> Vec<(&'static str, String, Outcome)> {
    let close = "connection: close\r\n";
    let get = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nhost: HOST\r\n{close}{headers}\r\n")
    };
    let hosted = |host: &str| format!("GET /SECRET/x HTTP/1.1\r\nhost: {host}\r\n{close}\r\n");
    let post = |headers: &str, body: &str| {
        format!("POST /SECRET/x HTTP/1.1\r\nhost: HOST\r\n{close}{headers}\r\n{body}")
    };
    let long = "a".repeat(200_000);
    let many = "a: b\r\n".repeat(120);
    vec![
        // A page that was rebound to this computer, or a wrong host.
        ("rebound name", hosted("evil.example:PORT"), Refused(421)),
        (
            "rebound name, default port",
            hosted("evil.example"),
            Refused(421),
        ),
        ("name of AEM", hosted(AUTHOR), Refused(421)),
        ("no port", hosted("localhost"), Refused(421)),
        ("other port", hosted("localhost:1"), Refused(421)),
        (
            "subdomain of another",
            hosted("localhost.evil.example:PORT"),
            Refused(421),
        ),
        ("unknown label", hosted("evil.localhost:PORT"), Refused(421)),
        ("user in host", hosted("evil@localhost:PORT"), Refused(421)),
        ("trailing dot", hosted("localhost.:PORT"), Refused(421)),
        ("any address", hosted("0.0.0.0:PORT"), Refused(421)),
        ("decimal address", hosted("2130706433:PORT"), Refused(421)),
        ("empty host", hosted(""), Refused(421)),
        ("tab in host", hosted("localhost\t:PORT"), Refused(421)),
        (
            "no host",
            format!("GET /SECRET/x HTTP/1.1\r\n{close}\r\n"),
            Refused(421),
        ),
        (
            "HTTP/1.0 without host",
            "GET /SECRET/x HTTP/1.0\r\n\r\n".to_owned(),
            Refused(421),
        ),
        (
            "two hosts",
            get("/SECRET/x", "host: evil.example\r\n"),
            Refused(421),
        ),
        // Absolute and other forms of the target.
        (
            "absolute, other host",
            get("http://evil.example/SECRET/x", ""),
            Refused(421),
        ),
        (
            "absolute, AEM",
            get(&format!("http://{AUTHOR}/SECRET/x"), ""),
            Refused(421),
        ),
        (
            "absolute, https",
            get("https://HOST/SECRET/x", ""),
            Refused(421),
        ),
        (
            "absolute, user",
            get("http://evil@HOST/SECRET/x", ""),
            Refused(421),
        ),
        (
            "absolute, ftp",
            get("ftp://HOST/SECRET/x", ""),
            Refused(421),
        ),
        (
            "absolute, host differs",
            format!("GET http://HOST/SECRET/x HTTP/1.1\r\nhost: evil.example\r\n{close}\r\n"),
            Refused(421),
        ),
        ("absolute, own", get("http://HOST/SECRET/x", ""), Forwarded),
        (
            "asterisk",
            format!("OPTIONS * HTTP/1.1\r\nhost: HOST\r\n{close}\r\n"),
            Refused(400),
        ),
        (
            "CONNECT to AEM",
            format!("CONNECT {AUTHOR}:443 HTTP/1.1\r\nhost: HOST\r\n{close}\r\n"),
            Refused(405),
        ),
        (
            "CONNECT to another",
            format!("CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n{close}\r\n"),
            Refused(405),
        ),
        (
            "TRACE",
            format!("TRACE /SECRET/x HTTP/1.1\r\nhost: HOST\r\n{close}\r\n"),
            Refused(405),
        ),
        // Other sites.
        (
            "foreign origin",
            get("/SECRET/x", "origin: https://evil.example\r\n"),
            Refused(403),
        ),
        (
            "null origin",
            get("/SECRET/x", "origin: null\r\n"),
            Refused(403),
        ),
        (
            "similar origin",
            get("/SECRET/x", "origin: http://localhost.evil.example\r\n"),
            Refused(403),
        ),
        (
            "two origins",
            get(
                "/SECRET/x",
                "origin: http://localhost\r\norigin: http://evil.example\r\n",
            ),
            Refused(403),
        ),
        (
            "extension",
            get("/SECRET/x", "origin: chrome-extension://localhost\r\n"),
            Refused(403),
        ),
        (
            "cross-site",
            get("/SECRET/x", "sec-fetch-site: cross-site\r\n"),
            Refused(403),
        ),
        (
            "form of another site",
            post(
                "origin: http://evil.example\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n",
                "x",
            ),
            Refused(403),
        ),
        // The secret.
        ("no secret", get("/x", ""), Refused(401)),
        ("no secret at the root", get("/", ""), Refused(200)),
        (
            "wrong secret",
            get("/00000000000000000000000000000000/x", ""),
            Refused(401),
        ),
        ("secret later", get("/x/SECRET/", ""), Refused(401)),
        ("secret in the query", get("/x?SECRET", ""), Refused(401)),
        ("secret encoded", get("/%53ECRET/x", ""), Refused(401)),
        ("secret after a slash", get("//SECRET/x", ""), Refused(401)),
        (
            "wrong password",
            get("/x", "authorization: Basic YWRtaW46YWRtaW4=\r\n"),
            Refused(401),
        ),
        ("secret twice", get("/SECRET/SECRET/x", ""), Refused(400)),
        (
            "secret to AEM in the query",
            get("/SECRET/x?a=SECRET", ""),
            Refused(400),
        ),
        (
            "secret to AEM in a header",
            get("/SECRET/x", "x: SECRET\r\n"),
            Refused(400),
        ),
        (
            "secret to AEM in a cookie",
            get("/SECRET/x", "cookie: a=SECRET\r\n"),
            Refused(400),
        ),
        // Paths that lead out.
        ("dots", get("/SECRET/../x", ""), Refused(400)),
        (
            "dots before the secret",
            get("/../SECRET/x", ""),
            Refused(400),
        ),
        (
            "dots through the secret",
            get("/x/../SECRET/x", ""),
            Refused(400),
        ),
        ("encoded dots", get("/SECRET/%2e%2e/x", ""), Refused(400)),
        ("half encoded dots", get("/SECRET/a/.%2E", ""), Refused(400)),
        (
            "backslash",
            get("/SECRET/\\evil.example/", ""),
            Refused(400),
        ),
        (
            "host as a path",
            get("/SECRET//evil.example/x", ""),
            Forwarded,
        ),
        (
            "URL as a path",
            get("/SECRET/http://evil.example/x", ""),
            Forwarded,
        ),
        (
            "user as a path",
            get("/SECRET/@evil.example/x", ""),
            Forwarded,
        ),
        (
            "port as a path",
            get("/SECRET/:443@evil.example/x", ""),
            Forwarded,
        ),
        // Two requests in one.
        (
            "both lengths",
            post(
                "content-length: 4\r\ntransfer-encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
            Forwarded,
        ),
        (
            "two lengths",
            post("content-length: 0\r\ncontent-length: 44\r\n", ""),
            Malformed,
        ),
        (
            "list of lengths",
            post("content-length: 1, 2\r\n", "x"),
            Malformed,
        ),
        (
            "signed length",
            post("content-length: +1\r\n", "x"),
            Malformed,
        ),
        (
            "negative length",
            post("content-length: -1\r\n", ""),
            Malformed,
        ),
        (
            "unknown coding",
            post("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
            Malformed,
        ),
        (
            "obscured coding",
            post("transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
            Malformed,
        ),
        (
            "space before the colon",
            post("content-length : 1\r\n", "x"),
            Malformed,
        ),
        (
            "HTTP/1.0 with chunks",
            "POST /SECRET/x HTTP/1.0\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            Malformed,
        ),
        (
            "bad chunk",
            post("transfer-encoding: chunked\r\n", "zz\r\n\r\n"),
            Refused(400),
        ),
        // Headers within headers.
        (
            "folded header",
            get("/SECRET/x", "a: b\r\n host: evil.example\r\n"),
            Malformed,
        ),
        ("null byte", get("/SECRET/x", "a: b\u{0}c\r\n"), Malformed),
        (
            "carriage return",
            get("/SECRET/x", "a: b\rhost: evil.example\r\n"),
            Malformed,
        ),
        (
            "space in the target",
            get("/SECRET/x HTTP/1.1\r\nx", ""),
            Malformed,
        ),
        (
            "name of a header",
            get("/SECRET/x", "a b: c\r\n"),
            Malformed,
        ),
        (
            "connection names the token",
            get("/SECRET/x", "connection: authorization, host\r\n"),
            Forwarded,
        ),
        (
            "a token of its own",
            get("/SECRET/x", "authorization: Bearer x\r\n"),
            Forwarded,
        ),
        (
            "proxy of another",
            get(
                "/SECRET/x",
                "x-forwarded-host: evil.example\r\nforwarded: host=evil.example\r\n",
            ),
            Forwarded,
        ),
        (
            "copy to another server",
            format!(
                "COPY /SECRET/x HTTP/1.1\r\nhost: HOST\r\n{close}destination: http://evil.example/x\r\n\r\n"
            ),
            Refused(400),
        ),
        // Too much.
        (
            "long header",
            get("/SECRET/x", &format!("a: {long}\r\n")),
            Malformed,
        ),
        ("long path", get(&format!("/SECRET/{long}"), ""), Malformed),
        ("many headers", get("/SECRET/x", &many), Malformed),
        // Other protocols.
        (
            "websocket",
            get("/SECRET/x", "upgrade: websocket\r\nconnection: upgrade\r\n"),
            Refused(501),
        ),
        (
            "HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            Malformed,
        ),
        (
            "TLS",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}".to_owned(),
            Malformed,
        ),
        (
            "not HTTP",
            "HELO evil.example\r\n\r\n".to_owned(),
            Malformed,
        ),
    ]
}

#[test]
fn no_attack_gets_a_token_or_a_secret_out() {
    let sandbox = Sandbox::answering(|asked| {
        (asked.host == AUTHOR).then(|| {
            // A server that repeats what it got, as a trace or an error page does, without the token.
            let shown = asked
                .headers
                .iter()
                .filter(|(name, _)| name != "authorization");
            let shown: Vec<String> = shown
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            Reply::new(200, &[], format!("{} {}", asked.path, shown.join("\n")))
        })
    });
    prepare(&sandbox);
    let token = sandbox.ok(&["exchange", "wknd-stage"]).code;
    assert_eq!(token, 0);
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let token = token.trim();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let (_, port) = served.host.rsplit_once(':').unwrap();
    let attacks = attacks();
    assert!(attacks.len() >= 60, "{}", attacks.len());
    for (name, request, expected) in attacks {
        let before = at_aem(&sandbox).len();
        let request = request
            .replace("SECRET", &served.secret)
            .replace("HOST", &served.host)
            .replace("PORT", port);
        let answer = served.raw(request.as_bytes());
        let sent = at_aem(&sandbox).split_off(before);
        let got = status(&answer);
        let answer: String = answer.chars().take(2_000).collect();
        match expected {
            Refused(status) => assert_eq!((got, sent.len()), (status, 0), "{name}: {answer}"),
            Malformed => assert!(
                sent.is_empty() && [0, 400, 408, 414, 431].contains(&got),
                "{name}: {answer}"
            ),
            Forwarded => assert_eq!((got, sent.len()), (200, 1), "{name}: {answer}"),
        }
        assert!(!answer.contains(token), "{name}: {answer}");
        for asked in sent {
            assert_eq!(asked.host, AUTHOR, "{name}");
            assert_eq!(asked.header("host"), Some(AUTHOR), "{name}");
            let bearer = format!("Bearer {token}");
            assert_eq!(
                asked.header("authorization"),
                Some(bearer.as_str()),
                "{name}"
            );
            assert!(!asked.text().contains(&served.secret), "{name}");
            assert!(!asked.text().contains("forwarded"), "{name}");
        }
    }
    // Every connection went to IMS or AEM.
    for connect in sandbox.mock.connects() {
        let known = [AUTHOR, "ims-na1.adobelogin.com"];
        assert!(
            known
                .iter()
                .any(|host| connect.starts_with(&format!("CONNECT {host}:443 "))),
            "{connect}"
        );
    }
    // It still works.
    assert_eq!(status(&served.ask("GET", "/x", &[], "")), 200);
    let secret = served.secret.clone();
    let log = served.end();
    assert!(!log.contains(token), "{log}");
    assert!(!log.contains(&secret), "{log}");
}
