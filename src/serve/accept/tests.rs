//! Tests of the rules for requests of local programs.

use hyper::Request;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn entrance(port: Option<u16>, labels: &[&str], secret: Option<&str>) -> Entrance {
    Entrance {
        port,
        labels: labels.iter().map(|it| (*it).to_owned()).collect(),
        secret: secret.map(Secret::from),
    }
}

fn accept(
    entrance: &Entrance,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
) -> Result<(usize, String), Refusal> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let accepted = entrance.accept(&parts.method, &parts.uri, &parts.headers)?;
    Ok((accepted.target, accepted.path_and_query))
}

#[test]
fn hosts_of_this_server_are_accepted() {
    let one = entrance(Some(4592), &["wknd-stage"], None);
    let at = |host: &str| accept(&one, "GET", "/", &[("host", host)]);
    for host in [
        "localhost:4592",
        "LocalHost:4592",
        "127.0.0.1:4592",
        "[::1]:4592",
        "wknd-stage.localhost:4592",
        "WKND-Stage.localhost:4592",
    ] {
        assert_eq!(at(host), Ok((0, "/".to_owned())), "{host}");
    }
    for host in [
        "",
        "localhost",
        "localhost:",
        "localhost:80",
        "localhost:45920",
        "localhost:4592.",
        "localhost.:4592",
        "localhost:4592@evil.example",
        "user@localhost:4592",
        "evil.example",
        "evil.example:4592",
        "localhost.evil.example:4592",
        "evil.localhost:4592",
        "127.0.0.2:4592",
        "0.0.0.0:4592",
        "[::]:4592",
        "::1:4592",
        "2130706433:4592",
        "author-p1-e2.adobeaemcloud.com",
    ] {
        assert_eq!(at(host), Err(Refusal::Host), "{host}");
    }
    assert_eq!(accept(&one, "GET", "/", &[]), Err(Refusal::Host));
    let two = [("host", "localhost:4592"), ("host", "evil.example")];
    assert_eq!(accept(&one, "GET", "/", &two), Err(Refusal::Host));
    let socket = entrance(None, &["wknd-stage"], None);
    for host in ["localhost", "localhost:8080", "wknd-stage.localhost"] {
        assert!(accept(&socket, "GET", "/", &[("host", host)]).is_ok());
    }
    for host in ["evil.example", "localhost:x", "localhost:80:80"] {
        assert!(accept(&socket, "GET", "/", &[("host", host)]).is_err());
    }
}

#[test]
fn the_host_of_a_url_must_be_the_host_of_the_request() {
    let two = entrance(Some(4592), &["a", "b"], None);
    for (uri, host, expected) in [
        ("http://a.localhost:4592/x", "a.localhost:4592", Ok(0)),
        ("http://b.localhost:4592/x", "b.localhost:4592", Ok(1)),
        ("/x", "b.localhost:4592", Ok(1)),
        ("/x", "localhost:4592", Err(Refusal::ChooseEnvironment)),
        (
            "http://a.localhost:4592/x",
            "b.localhost:4592",
            Err(Refusal::Host),
        ),
        (
            "http://evil.example/x",
            "a.localhost:4592",
            Err(Refusal::Host),
        ),
        (
            "https://a.localhost:4592/x",
            "a.localhost:4592",
            Err(Refusal::Host),
        ),
        (
            "http://a.localhost:4592/x",
            "evil.example",
            Err(Refusal::Host),
        ),
        (
            "http://evil@a.localhost:4592/x",
            "a.localhost:4592",
            Err(Refusal::Host),
        ),
    ] {
        let accepted = accept(&two, "GET", uri, &[("host", host)]);
        assert_eq!(accepted.map(|(target, _)| target), expected, "{uri} {host}");
    }
    let asterisk = accept(&two, "OPTIONS", "*", &[("host", "a.localhost:4592")]);
    assert_eq!(asterisk, Err(Refusal::Target));
}

#[test]
fn pages_of_other_sites_are_refused() {
    let one = entrance(Some(80), &["wknd-stage"], None);
    let with = |name, value| accept(&one, "GET", "/", &[("host", "localhost"), (name, value)]);
    for origin in [
        "http://localhost:5173",
        "http://localhost",
        "https://LOCALHOST:8443",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://wknd.localhost:4592",
    ] {
        assert!(with("origin", origin).is_ok(), "{origin}");
    }
    for origin in [
        "null",
        "",
        "http://evil.example",
        "https://localhost.evil.example",
        "http://evil.example:80",
        "http://localhost:5173/x",
        "http://localhost@evil.example",
        "http://notlocalhost",
        "file://localhost",
        "chrome-extension://localhost",
    ] {
        assert_eq!(with("origin", origin), Err(Refusal::Origin), "{origin}");
    }
    for (site, expected) in [
        ("none", true),
        ("same-origin", true),
        ("same-site", true),
        ("cross-site", false),
        ("Cross-Site", false),
    ] {
        assert_eq!(with("sec-fetch-site", site).is_ok(), expected, "{site}");
    }
}

#[test]
fn the_secret_is_in_the_path_or_a_password() {
    let one = entrance(Some(4592), &["wknd-stage"], Some(SECRET));
    let host = ("host", "localhost:4592");
    for (given, path) in [
        (format!("/{SECRET}/a/b?c=d"), "/a/b?c=d"),
        (format!("/{SECRET}"), "/"),
        (format!("/{SECRET}?c"), "/?c"),
        (format!("/{SECRET}//evil.example/"), "//evil.example/"),
    ] {
        let accepted = accept(&one, "GET", &given, &[host]);
        assert_eq!(accepted, Ok((0, path.to_owned())));
    }
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for authorization in [
        format!("Bearer {SECRET}"),
        format!("bearer {SECRET}"),
        basic(&format!("any:{SECRET}")),
        basic(&format!(":{SECRET}")),
    ] {
        let accepted = accept(
            &one,
            "POST",
            "/a",
            &[host, ("authorization", &authorization)],
        );
        assert_eq!(accepted, Ok((0, "/a".to_owned())));
    }
    for authorization in [
        "Bearer x".to_owned(),
        "Bearer".to_owned(),
        SECRET.to_owned(),
        format!("Digest {SECRET}"),
        format!("Bearer {SECRET}0"),
        basic("admin:admin"),
        basic(SECRET),
        basic(&format!("{SECRET}:x")),
        format!("Basic {SECRET}"),
    ] {
        let accepted = accept(&one, "GET", "/", &[host, ("authorization", &authorization)]);
        assert_eq!(accepted, Err(Refusal::NoSecret), "{authorization}");
    }
    for (method, path, refusal) in [
        ("GET", "/", Refusal::Welcome),
        ("HEAD", "/?x", Refusal::Welcome),
        ("POST", "/", Refusal::NoSecret),
        ("GET", "/content", Refusal::NoSecret),
        (
            "GET",
            "/0123456789abcdef0123456789abcdeF/",
            Refusal::NoSecret,
        ),
        (
            "GET",
            "//0123456789abcdef0123456789abcdef/",
            Refusal::NoSecret,
        ),
        (
            "GET",
            "/%30123456789abcdef0123456789abcdef/",
            Refusal::NoSecret,
        ),
    ] {
        assert_eq!(accept(&one, method, path, &[host]), Err(refusal), "{path}");
    }
}

#[test]
fn no_logged_path_has_the_secret() {
    let one = entrance(Some(4592), &["wknd-stage"], Some(SECRET));
    for (path, shown) in [
        (format!("/{SECRET}/a"), "/a"),
        (format!("//{SECRET}/a"), "//***/a"),
        (format!("/a/{SECRET}"), "/a/***"),
        (format!("/{SECRET}{SECRET}/{SECRET}x"), "/******/***x"),
        ("/a\u{1b}[31m".to_owned(), "/a"),
    ] {
        assert_eq!(one.shown_path(&path), shown);
    }
    assert_eq!(one.shown_path(&"/a".repeat(1000)).len(), 300);
}

#[test]
fn the_secret_never_goes_to_aem() {
    let one = entrance(Some(4592), &["wknd-stage"], Some(SECRET));
    for path in [
        format!("/{SECRET}/{SECRET}/"),
        format!("/{SECRET}/a?b={SECRET}"),
    ] {
        let accepted = accept(&one, "GET", &path, &[("host", "localhost:4592")]);
        assert_eq!(accepted, Err(Refusal::SecretElsewhere));
    }
}

#[test]
fn paths_that_would_be_resolved_are_refused() {
    let one = entrance(Some(4592), &["wknd-stage"], None);
    let at = |path: &str| accept(&one, "GET", path, &[("host", "localhost:4592")]);
    for path in [
        "/..",
        "/../a",
        "/a/../b",
        "/a/.",
        "/./a",
        "/%2e%2e/a",
        "/a/%2E./b",
        "/.%2e",
        "/%2e/",
    ] {
        assert_eq!(at(path), Err(Refusal::DotSegment), "{path}");
    }
    for path in [
        "/a..b",
        "/...",
        "/.a",
        "/a.",
        "/a/..b/",
        "/%2e%2ea",
        "/a?b=../..",
        "/a%2f..%2fb",
        "/..;/a",
        "/%252e%252e/",
        "/content/dam/a%20b;v=1.json",
    ] {
        assert_eq!(at(path), Ok((0, path.to_owned())), "{path}");
    }
}

#[test]
fn other_kinds_of_requests_are_refused() {
    let one = entrance(Some(4592), &["wknd-stage"], None);
    let host = ("host", "localhost:4592");
    for method in ["CONNECT", "TRACE", "TRACK"] {
        assert_eq!(accept(&one, method, "/", &[host]), Err(Refusal::Method));
    }
    for (headers, expected) in [
        (vec![("upgrade", "websocket")], Err(Refusal::WebSocket)),
        (vec![("upgrade", "h2c, WebSocket")], Err(Refusal::WebSocket)),
        (vec![("upgrade", "h2c")], Ok(())),
    ] {
        let headers: Vec<_> = headers.into_iter().chain([host]).collect();
        let accepted = accept(&one, "PROPFIND", "/", &headers);
        assert_eq!(accepted.map(|_| ()), expected, "{headers:?}");
    }
}

#[test]
fn labels_are_valid_host_labels() {
    for (name, tier, expected) in [
        ("wknd-stage", Tier::Author, "wknd-stage"),
        ("wknd-stage", Tier::Publish, "wknd-stage-publish"),
        ("Brand Prod/read", Tier::Author, "brand-prod-read"),
        ("München", Tier::Author, "m-nchen"),
        ("-x-", Tier::Author, "x"),
        ("日本", Tier::Preview, "preview"),
        ("日本", Tier::Author, "aem"),
        (
            &"a".repeat(90),
            Tier::Delivery,
            &format!("{}-delivery", "a".repeat(50)),
        ),
    ] {
        assert_eq!(label(name, tier), expected);
    }
}
