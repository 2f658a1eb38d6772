//! Tokens that expire, and tokens that AEM refuses.

use super::{AUTHOR, Served, at_aem, prepare, sandbox, status};
use crate::support::https_mock::{Asked, Reply};
use crate::support::sandbox::Sandbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn exchanges(sandbox: &Sandbox) -> usize {
    let all = sandbox.mock.requests();
    all.iter()
        .filter(|asked| asked.path.starts_with("/ims/exchange"))
        .count()
}

fn bearers(sandbox: &Sandbox) -> Vec<String> {
    at_aem(sandbox)
        .iter()
        .map(|asked| asked.header("authorization").unwrap().to_owned())
        .collect()
}

#[test]
fn concurrent_requests_share_one_exchange() {
    let sandbox = sandbox();
    sandbox.add("brand-stage/", "stage");
    sandbox.ok(&["edit", "brand-stage", "--env", "p77-e900"]);
    sandbox.make_reading_cheap();
    // With several, no token is asked for at the start.
    let served = Served::start(&sandbox, &["wknd-stage", "brand-stage"]);
    assert_eq!(exchanges(&sandbox), 0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = served.ask("GET", "/content/dam.json", &[], "");
                assert_ne!(status(&answer), 502, "{answer}");
            });
        }
    });
    assert_eq!(exchanges(&sandbox), 1);
    assert_eq!(at_aem(&sandbox).len(), 8);
}

/// Refuses the token of the first exchange, as a server does after it was invalidated.
fn refusing_the_first() -> Sandbox {
    let first = std::sync::Mutex::new(None);
    let sandbox = Sandbox::answering(move |asked: &Asked| {
        let bearer = asked.header("authorization")?.to_owned();
        if asked.host != AUTHOR {
            return None;
        }
        let mut first = first.lock().unwrap();
        let refused = first.get_or_insert_with(|| bearer.clone()) == &bearer;
        Some(if refused {
            Reply::new(401, &[("www-authenticate", "Bearer")], "refused")
        } else {
            Reply::new(200, &[], asked.body.clone())
        })
    });
    prepare(&sandbox);
    sandbox
}

#[test]
fn a_refused_token_is_replaced_once_and_the_request_repeated() {
    let sandbox = refusing_the_first();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let answer = served.ask("POST", "/x", &[], "body");
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.ends_with("\r\n\r\nbody"), "{answer}");
    assert_eq!(exchanges(&sandbox), 2);
    let used = bearers(&sandbox);
    assert!(used.len() == 2 && used[0] != used[1]);
    // The cache has the new token.
    let cached = sandbox.ok(&["token", "wknd-stage"]).out;
    assert_eq!(used[1], format!("Bearer {}", cached.trim()));
}

#[test]
fn a_large_upload_is_not_repeated_but_the_next_one_succeeds() {
    let sandbox = refusing_the_first();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    let body = "x".repeat(100_000);
    let answer = served.ask("PUT", "/x", &[], &body);
    assert_eq!(status(&answer), 401, "{answer}");
    assert!(
        !answer.to_lowercase().contains("www-authenticate"),
        "{answer}"
    );
    assert_eq!(status(&served.ask("PUT", "/x", &[], &body)), 200);
    assert_eq!(exchanges(&sandbox), 2);
}

#[test]
fn a_server_that_refuses_every_token_causes_one_exchange() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let sandbox = Sandbox::answering(move |asked: &Asked| {
        (asked.host == AUTHOR).then(|| {
            count.fetch_add(1, Ordering::Relaxed);
            Reply::new(401, &[], "")
        })
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    for _ in 0..5 {
        assert_eq!(status(&served.ask("GET", "/x", &[], "")), 401);
    }
    assert_eq!(
        exchanges(&sandbox),
        2,
        "one at the start, one after a refusal"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 6);
}

#[test]
fn a_token_that_another_process_got_is_used_after_a_refusal() {
    let sandbox = refusing_the_first();
    let served = Served::start(&sandbox, &["wknd-stage"]);
    sandbox.ok(&["exchange", "wknd-stage"]);
    assert_eq!(status(&served.ask("GET", "/x", &[], "")), 200);
    assert_eq!(exchanges(&sandbox), 2);
}

#[test]
fn an_error_of_ims_is_explained_without_a_secret() {
    let sandbox = Sandbox::answering(|asked: &Asked| {
        let is_ims = asked.path.starts_with("/ims/exchange");
        is_ims.then(|| {
            let body = r#"{"error":"invalid_token","error_description":"Could not match JWT signature to any of the bindings"}"#;
            Reply::json(400, body)
        })
    });
    prepare(&sandbox);
    sandbox.add("brand-stage/", "stage");
    sandbox.make_reading_cheap();
    let at_start = sandbox.exits(76, &["serve", "wknd-stage", "--port", "0"]);
    at_start.says("error:");
    sandbox.ok(&["edit", "brand-stage", "--env", "p77-e900"]);
    let served = Served::start(&sandbox, &["wknd-stage", "brand-stage"]);
    let answer = served.ask("GET", "/x", &[], "");
    assert_eq!(status(&answer), 502, "{answer}");
    for part in ["aemkeys serve: ", "  why:  ", "  next: ", "wknd-stage"] {
        assert!(answer.contains(part), "{part} {answer}");
    }
    assert!(at_aem(&sandbox).is_empty());
}

#[test]
fn a_broken_connection_is_tried_again_for_reads_only() {
    let count = AtomicUsize::new(0);
    let sandbox = Sandbox::answering(move |asked: &Asked| {
        (asked.host == AUTHOR).then(|| match count.fetch_add(1, Ordering::Relaxed) {
            0 | 2 => Reply::Reset(Vec::new()),
            _ => Reply::new(200, &[], "fine"),
        })
    });
    prepare(&sandbox);
    let served = Served::start(&sandbox, &["wknd-stage"]);
    assert_eq!(status(&served.ask("GET", "/x", &[], "")), 200);
    let write = served.ask("POST", "/x", &[], "a=b");
    assert_eq!(status(&write), 502, "{write}");
    assert!(write.contains("closed early"), "{write}");
    assert_eq!(at_aem(&sandbox).len(), 3);
}
