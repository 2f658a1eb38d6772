//! What changes on the way to AEM and back, and what does not.

use super::{AUTHOR, Served, at_aem, header, prepare, sandbox, status};
use crate::support::https_mock::Reply;
use crate::support::sandbox::Sandbox;

#[test]
fn a_request_gets_the_token_and_the_names_of_the_tier() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let answer = served.ask(
        "GET",
        "/libs/granite/security/currentuser.json?a=b%20c",
        &[
            "authorization: Basic YWRtaW46YWRtaW4=",
            "origin: http://localhost:5173",
            &format!(
                "referer: http://{}/{}/content/a.html",
                served.host, served.secret
            ),
            "cookie: a=b",
            "x-forwarded-host: localhost:5173",
            "connection: x-hop",
            "x-hop: 1",
            "range: bytes=0-",
        ],
        "",
    );
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.contains("techacct"), "{answer}");
    let asked = at_aem(&sandbox).pop().unwrap();
    assert_eq!(asked.host, AUTHOR);
    assert_eq!(
        asked.path,
        "/libs/granite/security/currentuser.json?a=b%20c"
    );
    assert_eq!(asked.header("host"), Some(AUTHOR));
    let origin = format!("https://{AUTHOR}");
    assert_eq!(asked.header("origin"), Some(origin.as_str()));
    let referer = format!("https://{AUTHOR}/content/a.html");
    assert_eq!(asked.header("referer"), Some(referer.as_str()));
    assert_eq!(asked.header("cookie"), Some("a=b"));
    assert_eq!(asked.header("range"), Some("bytes=0-"));
    for gone in ["x-hop", "x-forwarded-host", "connection", "accept-encoding"] {
        assert_eq!(asked.header(gone), None, "{gone}");
    }
    let token = sandbox.ok(&["token", "wknd-stage"]).out;
    let bearer = format!("Bearer {}", token.trim());
    assert_eq!(asked.header("authorization"), Some(bearer.as_str()));
    assert!(!asked.text().contains(&served.secret));
    let log = served.end();
    assert!(
        log.contains("GET /libs/granite/security/currentuser.json 200 "),
        "{log}"
    );
    assert!(!log.contains("a=b"), "{log}");
}

#[test]
fn methods_and_bodies_arrive_unchanged() {
    let sandbox = Sandbox::answering(|asked| {
        (asked.host == AUTHOR).then(|| Reply::new(207, &[], asked.body.clone()))
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    for (method, body) in [
        ("POST", "a=b"),
        ("POST", ""),
        ("PUT", "\u{0}\u{1}"),
        ("PATCH", "[]"),
        ("DELETE", ""),
        ("PROPFIND", "<propfind/>"),
        ("MKCOL", ""),
        ("REPORT", "x"),
    ] {
        let answer = served.ask(method, "/content", &["content-type: x/y"], body);
        assert_eq!(status(&answer), 207, "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
        let asked = at_aem(&sandbox).pop().unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            (method, "/content")
        );
        assert_eq!(asked.body, body.as_bytes());
        assert_eq!(asked.header("content-type"), Some("x/y"));
    }
    let moved = served.ask(
        "MOVE",
        "/content/a",
        &[&format!(
            "destination: http://{}/{}/content/b",
            served.host, served.secret
        )],
        "",
    );
    assert_eq!(status(&moved), 207);
    let asked = at_aem(&sandbox).pop().unwrap();
    let destination = format!("https://{AUTHOR}/content/b");
    assert_eq!(asked.header("destination"), Some(destination.as_str()));
}

#[test]
fn responses_name_the_local_address() {
    let sandbox = Sandbox::answering(|asked| {
        let headers = match asked.path.as_str() {
            "/own" => vec![("location", format!("https://{AUTHOR}/a?b"))],
            "/other" => vec![("location", "https://ims-na1.adobelogin.com/x".to_owned())],
            "/cookie" => vec![
                (
                    "set-cookie",
                    "a=1; Path=/; Domain=adobeaemcloud.com; Secure".to_owned(),
                ),
                ("strict-transport-security", "max-age=1".to_owned()),
                ("content-encoding", "gzip".to_owned()),
                ("connection", "x-hop".to_owned()),
                ("x-hop", "1".to_owned()),
            ],
            _ => return None,
        };
        let headers: Vec<_> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
        Some(Reply::new(302, &headers, "not really gzip"))
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let own = served.ask("GET", "/own", &[], "");
    let local = format!("/{}/a?b", served.secret);
    assert_eq!(header(&own, "location"), Some(local.as_str()));
    let bearer = [format!("authorization: Bearer {}", served.secret)];
    let plain = served.raw(
        format!(
            "GET /own HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\r\n\r\n",
            served.host, bearer[0]
        )
        .as_bytes(),
    );
    assert_eq!(header(&plain, "location"), Some("/a?b"));
    let other = served.ask("GET", "/other", &[], "");
    assert_eq!(
        header(&other, "location"),
        Some("https://ims-na1.adobelogin.com/x")
    );
    let cookie = served.ask("GET", "/cookie", &["accept-encoding: gzip"], "");
    let path = format!("a=1; Path=/{}/", served.secret);
    assert_eq!(header(&cookie, "set-cookie"), Some(path.as_str()));
    assert_eq!(header(&cookie, "strict-transport-security"), None);
    assert_eq!(header(&cookie, "x-hop"), None);
    assert_eq!(header(&cookie, "content-encoding"), Some("gzip"));
    assert!(cookie.ends_with("not really gzip"), "{cookie}");
    // Redirects were not followed.
    assert!(at_aem(&sandbox).iter().all(|asked| asked.path != "/a?b"));
}
