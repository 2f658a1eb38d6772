//! A server of AEM that speaks HTTP/2.

use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Barrier};

use super::{AUTHOR, Served, header, sandbox, status};
use crate::support::https_mock::{HttpsMock, Oddity, Reply};

#[test]
fn requests_share_one_connection() {
    let sandbox = sandbox();
    // From now on the token is in the storage, and only AEM is asked.
    sandbox.ok(&["token", "wknd-stage"]);
    let both = Arc::new(Barrier::new(2));
    let aem = HttpsMock::odd(Oddity::Http2, move |asked| {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/a?x=1" | "/b") => {
                // One is answered only once the other is there.
                both.wait();
                let location = format!("https://{AUTHOR}/next");
                Reply::new(302, &[("location", &location)], asked.path.as_bytes())
            }
            // Longer than what clients of HTTP/2 usually accept.
            ("GET", "/first") => Reply::new(404, &[("x-long", &"x".repeat(40_000))], ""),
            ("PUT", "/c") => Reply::new(201, &[], asked.body.clone()),
            _ => Reply::new(404, &[], ""),
        }
    });
    let mut child = sandbox
        .command(&["serve", "--port", "0", "wknd-stage"])
        .env("HTTPS_PROXY", aem.proxy_url())
        .env("SSL_CERT_FILE", aem.ca_file())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let served = Served::at(line.trim(), child);
    // The connection is there before the two that share it.
    let first = served.ask("GET", "/first", &[], "");
    assert_eq!(status(&first), 404, "{first}");
    assert_eq!(header(&first, "x-long").map(str::len), Some(40_000));
    std::thread::scope(|scope| {
        for path in ["/a?x=1", "/b"] {
            let served = &served;
            scope.spawn(move || {
                let keep = ["connection: x-hop", "x-hop: 1"];
                let answer = served.ask("GET", path, &keep, "");
                assert_eq!(status(&answer), 302, "{answer}");
                let location = header(&answer, "location").unwrap();
                assert_eq!(location, format!("/{}/next", served.secret));
                assert!(answer.ends_with(path), "{answer}");
            });
        }
    });
    let body = "0123456789abcdef".repeat(64 * 1024);
    let answer = served.ask("PUT", "/c", &[], &body);
    assert_eq!(status(&answer), 201);
    assert!(answer.ends_with(&format!("\r\n\r\n{body}")));
    assert_eq!(aem.connects().len(), 1);
    for asked in aem.requests() {
        assert!(
            asked
                .header("authorization")
                .unwrap()
                .starts_with("Bearer ")
        );
        assert_eq!(asked.header("x-hop"), None);
    }
}
