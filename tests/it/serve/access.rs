//! Who may ask for what: Production, several environments, the Unix socket, the secret.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;

use super::{Served, at_aem, header, prepare, sandbox, status};
use serde_json::Value;

use crate::support::json_schema;
use crate::support::sandbox::Sandbox;

/// The steps that these tests run as they are printed; see `remedies`.
pub const RUN: &[&str] = &["ServeForWriting"];

/// The arguments of the `aemkeys serve` that an answer prints.
fn printed_arguments(answer: &str) -> Vec<String> {
    let (_, rest) = answer.split_once("`aemkeys serve ").unwrap();
    shlex::split(rest.split_once('`').unwrap().0).unwrap()
}

#[test]
fn production_is_read_only_unless_it_is_named() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox.make_reading_cheap();
    let served = Served::start(&sandbox, &["wknd-prod"]);
    for method in [
        "POST", "PUT", "PATCH", "DELETE", "MOVE", "COPY", "MKCOL", "LOCK", "get", "X",
    ] {
        let answer = served.ask(method, "/content/x", &[], "");
        assert_eq!(status(&answer), 403, "{answer}");
        assert!(answer.contains("wknd-prod is served read-only"), "{answer}");
    }
    for name in [
        "x-http-method-override",
        "x-method-override",
        "x-http-method",
    ] {
        let answer = served.ask("GET", "/content/x", &[&format!("{name}: DELETE")], "");
        assert_eq!(status(&answer), 403, "{answer}");
    }
    let refused = served.ask("POST", "/content/x", &[], "");
    assert!(at_aem(&sandbox).is_empty(), "nothing was sent");
    for method in ["GET", "HEAD", "OPTIONS", "PROPFIND"] {
        let answer = served.ask(method, "/content/x", &[], "");
        assert_ne!(status(&answer), 403, "{answer}");
    }
    assert_eq!(at_aem(&sandbox).len(), 4);
    assert!(served.end().contains("read-only"));
    let printed = printed_arguments(&refused);
    let printed: Vec<&str> = printed.iter().map(String::as_str).collect();
    for arguments in [&printed[..], &["wknd-prod", "--allow-write", "WKND-prod"]] {
        let served = Served::start(&sandbox, arguments);
        served.ask("DELETE", "/content/x", &[], "");
        assert_eq!(at_aem(&sandbox).pop().unwrap().method, "DELETE");
    }
    sandbox.add("wknd-stage/", "stage");
    let other = [
        "serve",
        "wknd-prod",
        "--port",
        "0",
        "--allow-write",
        "wknd-stage",
    ];
    sandbox.exits(64, &other).says("not served");
    let unknown = ["serve", "wknd-prod", "--port", "0", "--allow-write", "yes"];
    sandbox.exits(66, &unknown);
}

/// As in a terminal in which text is being selected.
#[test]
fn a_log_that_nobody_reads_holds_up_no_request() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let path = format!("/not-the-secret/{}", "x".repeat(300));
    // A pipe takes 64 KiB.
    for _ in 0..600 {
        let answer = served.raw(
            format!(
                "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                served.host
            )
            .as_bytes(),
        );
        assert_eq!(status(&answer), 401, "{answer}");
    }
    assert!(served.end().len() > 100_000);
}

#[test]
fn untyped_environments_are_read_only() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("wknd-stage/");
    sandbox.ok(&["add", file.to_str().unwrap(), "--name", "it's"]);
    let served = Served::start(&sandbox, &["it's"]);
    let answer = served.ask("POST", "/x", &[], "a");
    assert_eq!(status(&answer), 403);
    let printed = printed_arguments(&answer);
    let printed: Vec<&str> = printed.iter().map(String::as_str).collect();
    assert_eq!(printed, ["it's", "--allow-write", "it's"]);
    let served = Served::start(&sandbox, &printed);
    assert_ne!(status(&served.ask("POST", "/x", &[], "a")), 403);
}

#[test]
fn what_becomes_production_is_read_only_from_then_on() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let write = |served: &Served| status(&served.ask("PUT", "/content/x", &[], "a"));
    assert_ne!(write(&served), 403);
    sandbox.ok(&["edit", "wknd-stage", "--type", "prod"]);
    let before = at_aem(&sandbox).len();
    assert_eq!(write(&served), 403);
    assert_eq!(at_aem(&sandbox).len(), before);
    assert_ne!(status(&served.ask("GET", "/content/x", &[], "")), 403);
    // What was confirmed by name stays writable.
    let confirmed = ["wknd-stage", "--allow-write", "wknd-stage"];
    assert_ne!(write(&Served::start(&sandbox, &confirmed)), 403);
    sandbox.ok(&["remove", "wknd-stage", "--confirm", "wknd-stage"]);
    assert_eq!(write(&served), 403);
}

#[test]
fn several_environments_have_their_own_hosts() {
    let sandbox = Sandbox::new();
    sandbox.add("wknd-prod/", "prod");
    sandbox.add("wknd-stage/", "stage");
    sandbox.make_reading_cheap();
    let served = Served::start(&sandbox, &["--all"]);
    let (_, port) = served.host.rsplit_once(':').unwrap();
    for (host, aem) in [
        ("wknd-prod", "author-p123-e1234.adobeaemcloud.com"),
        ("wknd-stage", "author-p123-e1250.adobeaemcloud.com"),
    ] {
        let request = format!(
            "GET /{}/x HTTP/1.1\r\nhost: {host}.localhost:{port}\r\nconnection: close\r\n\r\n",
            served.secret
        );
        served.raw(request.as_bytes());
        assert_eq!(at_aem(&sandbox).pop().unwrap().host, aem);
    }
    let bare = format!(
        "GET /{}/x HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n",
        served.secret
    );
    let answer = served.raw(bare.as_bytes());
    assert_eq!(status(&answer), 404, "{answer}");
    let write = format!(
        "POST /{}/x HTTP/1.1\r\nhost: wknd-prod.localhost:{port}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        served.secret
    );
    assert_eq!(status(&served.raw(write.as_bytes())), 403);
    assert_eq!(at_aem(&sandbox).len(), 2);
    drop(served);
    let served = Served::start(&sandbox, &["wknd-stage:publish"]);
    served.ask("GET", "/x", &[], "");
    let asked = at_aem(&sandbox).pop().unwrap();
    assert_eq!(asked.host, "publish-p123-e1250.adobeaemcloud.com");
}

#[test]
fn the_socket_is_private() {
    let sandbox = sandbox();
    let folder = sandbox.home().join("run");
    let path = folder.join("aem.sock");
    let arguments = ["serve", "wknd-stage", "--socket", path.to_str().unwrap()];
    let mut child = sandbox.start(&arguments);
    let mut line = Vec::new();
    let mut byte = [0];
    while byte[0] != b'\n' {
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut byte)
            .unwrap();
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).unwrap();
    let secret = line.trim().strip_prefix("http://localhost/").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    // As `ssh -R` passes it on: the client names another port.
    for (host, expected) in [
        ("localhost:8080", 200),
        ("localhost", 200),
        ("evil.example", 421),
    ] {
        let mut stream = UnixStream::connect(&path).unwrap();
        let request = format!(
            "GET /{secret}libs/granite/security/currentuser.json HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(status(&answer), expected, "{answer}");
    }
    sandbox
        .exits(75, &arguments)
        .says("another program listens on it");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!path.exists(), "the socket was removed");
    // What a killed server left behind is replaced; what others can enter is refused.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let mut child = sandbox.start(&arguments);
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut byte)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.exits(64, &arguments).says("other users can enter");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "mine").unwrap();
    sandbox.exits(64, &arguments).says("not a socket");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn the_secret_is_kept_until_it_is_replaced() {
    let sandbox = sandbox();
    let secret = |arguments: &[&str]| Served::start(&sandbox, arguments).secret.clone();
    let first = secret(&["wknd-stage"]);
    assert_eq!(first.len(), 32);
    assert_eq!(secret(&["wknd-stage"]), first);
    let file = sandbox.home().join(".local/state/aemkeys/serve-secret");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let second = secret(&["wknd-stage", "--new-secret"]);
    assert_ne!(second, first);
    std::fs::write(&file, "short").unwrap();
    let third = secret(&["wknd-stage"]);
    assert_ne!(third, second);
    // What others could have read is replaced, by a file that they cannot read.
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&file, readable).unwrap();
    let fourth = secret(&["wknd-stage"]);
    assert_ne!(fourth, third);
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(secret(&["wknd-stage"]), fourth);
    assert_eq!(secret(&["wknd-stage", "--no-secret"]), "");
}

#[test]
fn the_page_says_what_this_is_and_names_nothing() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let at_root = |headers: &str| {
        served.raw(
            format!(
                "GET / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n",
                served.host
            )
            .as_bytes(),
        )
    };
    for (headers, kind) in [("", "text/plain"), ("accept: text/html\r\n", "text/html")] {
        let page = at_root(headers);
        assert_eq!(status(&page), 200);
        assert!(
            header(&page, "content-type").unwrap().starts_with(kind),
            "{page}"
        );
        assert!(page.contains("This is aemkeys serve"), "{page}");
        for hidden in ["wknd", "p123", served.secret.as_str()] {
            assert!(!page.contains(hidden), "{page}");
        }
    }
    let challenge = at_root("authorization: Basic x\r\n");
    assert_eq!(status(&challenge), 401);
    assert!(
        header(&challenge, "www-authenticate")
            .unwrap()
            .starts_with("Basic ")
    );
    assert!(at_aem(&sandbox).is_empty());
}

#[test]
fn with_json_every_line_is_a_document() {
    let sandbox = sandbox();
    let mut child = sandbox.start(&["serve", "wknd-stage", "--port", "0", "--json"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let document: Value = serde_json::from_str(&line).unwrap();
        (json_schema::kind_of(&document), document)
    };
    let (kind, start) = next();
    assert_eq!(kind, "serve");
    assert_eq!(start["served"][0]["tier"], "author");
    assert_eq!(start["served"][0]["read_only"], false);
    let served = Served::at(start["served"][0]["address"].as_str().unwrap(), child);
    for (path, status) in [
        ("/libs/granite/security/currentuser.json?a=b", 200),
        ("//SECRET/x", 400),
    ] {
        let answer = served.ask("GET", &path.replace("SECRET", &served.secret), &[], "");
        let (kind, request) = next();
        assert_eq!(kind, "serve-request");
        assert_eq!(request["method"], "GET");
        let shown = path.split('?').next().unwrap().replace("SECRET", "***");
        assert_eq!(request["path"], shown);
        assert_eq!(request["status"], status);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(request["bytes"], body.len());
        assert!(!request.to_string().contains(&served.secret));
    }
    assert_eq!(served.end(), "");
    let print = ["serve", "wknd-stage", "--print", "vite"];
    sandbox.exits(64, &[&print[..], &["--json"]].concat());
    sandbox.exits(64, &[&print[..], &["--port", "0"]].concat());
}

#[test]
fn a_secret_that_was_replaced_is_no_longer_accepted() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    assert_eq!(status(&served.ask("GET", "/x", &[], "")), 404);
    let print = ["serve", "wknd-stage", "--print", "curl", "--new-secret"];
    let printed = sandbox.ok(&print).out;
    let (_, new) = printed.split_once("Bearer ").unwrap();
    assert_eq!(status(&served.ask("GET", "/x", &[], "")), 401);
    let new = format!(
        "GET /{}/x HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        new.trim_end().trim_end_matches('"'),
        served.host
    );
    assert_eq!(status(&served.raw(new.as_bytes())), 404);
}

#[test]
fn an_identity_that_was_removed_is_not_served() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    served.ask("GET", "/x", &[], "");
    let asked = at_aem(&sandbox).len();
    sandbox.ok(&["remove", "wknd-stage", "--yes"]);
    let answer = served.ask("GET", "/x", &[], "");
    assert_eq!(status(&answer), 502, "{answer}");
    assert!(answer.contains("no longer stored"), "{answer}");
    assert_eq!(at_aem(&sandbox).len(), asked);
}

#[test]
fn names_with_the_same_address_are_refused() {
    let sandbox = Sandbox::new();
    for (file, name) in [("wknd-stage/", "wk.nd"), ("wknd-dev/", "wk-nd")] {
        let file = sandbox.file(file);
        sandbox.ok(&[
            "add",
            file.to_str().unwrap(),
            "--name",
            name,
            "--type",
            "stage",
        ]);
    }
    sandbox
        .exits(64, &["serve", "wk.nd", "wk-nd", "--port", "0"])
        .says("http://wk-nd.localhost");
    // A configuration names one address.
    sandbox
        .exits(64, &["serve", "wk.nd", "wk-nd:publish", "--print", "vite"])
        .says("one address");
    sandbox.ok(&["serve", "wk.nd", "wk.nd", "--print", "vite"]);
}

#[test]
fn a_port_in_use_is_explained() {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let arguments = ["serve", "wknd-stage", "--port", &port];
    sandbox.exits(75, &arguments).says("choose another port");
}

#[test]
fn tools_get_a_configuration() {
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    for (tool, parts) in [
        (
            "vite",
            &["changeOrigin: true", "target: 'http://localhost:4592'"][..],
        ),
        ("webpack", &["context: ['/adobe'"]),
        ("postman", &["\"_postman_variable_scope\": \"environment\""]),
        ("bruno", &["baseUrl: http://localhost:4592/"]),
        ("curl", &["header = \"Authorization: Bearer "]),
        ("aemsync", &["npx aemsync -t http://aemkeys:"]),
    ] {
        let printed = sandbox.ok(&["serve", "wknd-stage", "--print", tool]);
        for part in parts {
            printed.prints(part);
        }
        // A file that is often in git reads the secret from a variable.
        let reads_variable = printed.out.contains("AEMKEYS_SECRET");
        assert_eq!(reads_variable, ["vite", "webpack"].contains(&tool));
        assert_eq!(printed.out.contains(&served.secret), !reads_variable);
        printed.says("secret");
        let open = sandbox.ok(&["serve", "wknd-stage", "--no-secret", "--print", tool]);
        assert!(
            !open.out.contains("Bearer") && !open.out.contains("aemkeys:"),
            "{open:?}"
        );
    }
}
