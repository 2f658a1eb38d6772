//! The dashboard over the demo: real exchanges and test calls on loopback, driven by keys, printed without a terminal.

use aemkeys::app::{Clock, World, install_crypto};
use aemkeys::cli::demo::{Running, start};
use aemkeys::tui::Settings;
use aemkeys::tui::print::{Format, Request, run_keys};
use jiff::tz::TimeZone;

use crate::fixture::now;
use crate::safety::assert_printable;

/// The simulator stops when it is dropped.
fn demo() -> Running {
    install_crypto();
    start(Clock::fixed(now())).unwrap()
}

fn frame(world: &World, keys: &str) -> String {
    let settings = Settings {
        zone: TimeZone::UTC,
        ..Settings::of(world).unwrap()
    };
    let request = Request {
        columns: 120,
        rows: 30,
        keys: keys.to_owned(),
        format: Format::Text,
    };
    let frame = run_keys(world, settings, &request).unwrap();
    assert_printable(&frame);
    frame.text()
}

#[test]
fn the_demo_shows_exchanges_and_test_calls() {
    let demo = demo();
    let first = frame(&demo.world, "");
    assert!(first.contains("7 identities"), "{first}");

    let exchanged = frame(&demo.world, "/wknd-prod<enter>x");
    assert!(exchanged.contains("wknd-prod: new token"), "{exchanged}");
    assert!(
        exchanged.contains("● 23 h") || exchanged.contains("● 1 d"),
        "{exchanged}"
    );

    let tested = frame(&demo.world, "/wknd-prod<enter>t");
    assert!(tested.contains("● signed in"), "{tested}");
    assert!(tested.contains("author"), "{tested}");

    let copied = frame(&demo.world, "/wknd-prod<enter>c");
    assert!(copied.contains("token copied, cleared in 30 s"), "{copied}");

    let claims = frame(&demo.world, "/wknd-prod<enter>i");
    assert!(claims.contains("access_token"), "{claims}");
}

#[test]
fn a_refused_exchange_is_told_with_its_cause() {
    let demo = demo();
    let refused = frame(&demo.world, "/brand-prod/read<enter>xE");
    assert!(refused.contains("why"), "{refused}");
    assert!(refused.contains("next"), "{refused}");
}

#[test]
fn the_same_keys_give_the_same_frame() {
    // Fingerprints and ids of tokens and certificates too.
    for keys in [
        "/wknd-prod<enter>t",
        "/wknd-prod<enter>x<tab>G",
        "/wknd-prod<enter>xi",
        "/brand-stage<enter>xxi",
        "/wknd-dev<enter>i",
    ] {
        let (one, other) = (demo(), demo());
        assert_eq!(frame(&one.world, keys), frame(&other.world, keys), "{keys}");
    }
}

#[test]
fn an_edit_is_stored_and_shown() {
    let demo = demo();
    let edited = frame(&demo.world, "/wknd-prod<enter>e<end>-2<enter><esc>");
    assert!(edited.contains("wknd-prod-2"), "{edited}");
}

#[test]
fn keys_that_cannot_be_read_are_told() {
    let demo = demo();
    let request = Request {
        columns: 80,
        rows: 24,
        keys: "j<hyper>".to_owned(),
        format: Format::Text,
    };
    let problem = run_keys(&demo.world, Settings::default(), &request)
        .err()
        .unwrap();
    assert!(problem.to_string().contains("hyper"));
}

#[test]
fn a_credential_is_renewed_from_a_file_after_it_was_shown() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renewed.json");
    std::fs::write(&file, &demo.renewal).unwrap();
    let path = file.to_str().unwrap();
    let keys = format!("/wknd-stage<enter>R{path}<enter>");
    let shown = frame(&demo.world, &keys);
    assert!(shown.contains("Recognised"), "{shown}");
    assert!(shown.contains("Renew it with this"), "{shown}");
    let renewed = frame(&demo.world, &format!("{keys}<enter>"));
    assert!(renewed.contains("wknd-stage: renewed"), "{renewed}");
    assert!(!renewed.contains("Recognised"), "{renewed}");
}

#[test]
fn a_newer_file_of_a_known_account_is_offered_for_renewal_only() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renewed.json");
    std::fs::write(&file, &demo.renewal).unwrap();
    // The same account is known already: renewing is offered, storing it twice is not.
    let path = file.to_str().unwrap();
    let shown = frame(&demo.world, &format!("a{path}<enter>"));
    assert!(shown.contains("renew that one with it"), "{shown}");
    assert!(!shown.contains("[ Store ]"), "{shown}");
    let missing = frame(&demo.world, &format!("a{path}.missing<enter>"));
    assert!(missing.contains("next"), "{missing}");
}

#[test]
fn a_call_is_made_with_its_body_and_guarded_by_the_storage_too() {
    let demo = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("asset.json");
    std::fs::write(&file, "{\"class\":\"asset\"}").unwrap();
    let line = format!(
        "T<c-u>POST<space>/api/assets/x<space>@{}<enter>",
        file.display()
    );
    let written = frame(
        &demo.world,
        &format!("/brand-prod/write<enter>{line}brand-prod<enter>"),
    );
    assert!(written.contains("answered 201"), "{written}");
    let refused = frame(&demo.world, &format!("/wknd-stage<enter>{line}"));
    assert!(refused.contains("answered 403"), "{refused}");
    let head = frame(
        &demo.world,
        "/wknd-prod<enter>T<tab><c-u>/content/dam.json<enter>",
    );
    assert!(head.contains("answered 200"), "{head}");
    let missing = frame(
        &demo.world,
        "/wknd-stage<enter>T<c-u>POST<space>/x<space>@/missing<enter>",
    );
    assert!(missing.contains("✕"), "{missing}");
}
