//! The dashboard over the demo: real exchanges and test calls on loopback, driven by keys, printed without a terminal.

use std::sync::Arc;

use aemkeys::app::{Clock, World, demo_world, install_crypto, seed};
use aemkeys::simulator::Simulator;
use aemkeys::simulator::demo::{Input, demo};
use aemkeys::tui::Settings;
use aemkeys::tui::print::{Format, Request, run_keys};
use jiff::tz::TimeZone;

use crate::fixture::now;
use crate::safety::assert_printable;

/// The simulator stops when it is dropped.
fn world() -> (World, Simulator) {
    let (world, simulator, _) = world_and_renewal();
    (world, simulator)
}

/// And the renewed file of `wknd-stage`.
fn world_and_renewal() -> (World, Simulator, Vec<u8>) {
    install_crypto();
    let clock = Clock::fixed(now());
    let simulated = clock.clone();
    let set = demo(now(), Arc::new(move || simulated.now()));
    let simulator = Simulator::start(set.configuration).unwrap();
    let world = demo_world(simulator.address(), clock);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for identity in set.identities {
            let seed = seed::Seed {
                name: identity.environment,
                label: identity.label,
                environment_type: identity.environment_type,
                customer: identity.customer,
                ids: identity.ids,
                file: match identity.input {
                    Input::File(bytes) => Some(bytes),
                    Input::LocalSdk => None,
                },
                token: identity.token,
                used_by: identity.used_by,
            };
            seed::seed(&world, seed).await.unwrap();
        }
    });
    (world, simulator, set.renewal)
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
    let (world, _simulator) = world();
    let first = frame(&world, "");
    assert!(first.contains("7 identities"), "{first}");

    let exchanged = frame(&world, "/wknd-prod<enter>x");
    assert!(exchanged.contains("wknd-prod: new token"), "{exchanged}");
    assert!(
        exchanged.contains("● 23 h") || exchanged.contains("● 1 d"),
        "{exchanged}"
    );

    let tested = frame(&world, "/wknd-prod<enter>t");
    assert!(tested.contains("● signed in"), "{tested}");
    assert!(tested.contains("author"), "{tested}");

    let copied = frame(&world, "/wknd-prod<enter>c");
    assert!(copied.contains("token copied, cleared in 30 s"), "{copied}");

    let claims = frame(&world, "/wknd-prod<enter>i");
    assert!(claims.contains("access_token"), "{claims}");
}

#[test]
fn a_refused_exchange_is_told_with_its_cause() {
    let (world, _simulator) = world();
    let refused = frame(&world, "/brand-prod/read<enter>xE");
    assert!(refused.contains("why"), "{refused}");
    assert!(refused.contains("next"), "{refused}");
}

#[test]
fn the_same_keys_give_the_same_frame() {
    let one = {
        let (world, _simulator) = world();
        frame(&world, "/wknd-prod<enter>t")
    };
    let (world, _simulator) = world();
    assert_eq!(one, frame(&world, "/wknd-prod<enter>t"));
}

#[test]
fn an_edit_is_stored_and_shown() {
    let (world, _simulator) = world();
    let edited = frame(&world, "/wknd-prod<enter>e<end>-2<enter><esc>");
    assert!(edited.contains("wknd-prod-2"), "{edited}");
}

#[test]
fn keys_that_cannot_be_read_are_told() {
    let (world, _simulator) = world();
    let request = Request {
        columns: 80,
        rows: 24,
        keys: "j<hyper>".to_owned(),
        format: Format::Text,
    };
    let problem = run_keys(&world, Settings::default(), &request)
        .err()
        .unwrap();
    assert!(problem.to_string().contains("hyper"));
}

#[test]
fn a_credential_is_renewed_from_a_file_after_it_was_shown() {
    let (world, _simulator, renewal) = world_and_renewal();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renewed.json");
    std::fs::write(&file, renewal).unwrap();
    let path = file.to_str().unwrap();
    let keys = format!("/wknd-stage<enter>R{path}<enter>");
    let shown = frame(&world, &keys);
    assert!(shown.contains("Recognised"), "{shown}");
    assert!(shown.contains("Renew it with this"), "{shown}");
    let renewed = frame(&world, &format!("{keys}<enter>"));
    assert!(renewed.contains("wknd-stage: renewed"), "{renewed}");
    assert!(!renewed.contains("Recognised"), "{renewed}");
}

#[test]
fn a_newer_file_of_a_known_account_is_offered_for_renewal_only() {
    let (world, _simulator, renewal) = world_and_renewal();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renewed.json");
    std::fs::write(&file, renewal).unwrap();
    // The same account is known already: renewing is offered, storing it twice is not.
    let path = file.to_str().unwrap();
    let shown = frame(&world, &format!("a{path}<enter>"));
    assert!(shown.contains("renew that one with it"), "{shown}");
    assert!(!shown.contains("[ Store ]"), "{shown}");
    let missing = frame(&world, &format!("a{path}.missing<enter>"));
    assert!(missing.contains("next"), "{missing}");
}
