//! Servers that the dashboard starts: their page, the header, and when they end.

use std::sync::Arc;
use std::time::Duration;

use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, JobOutcome, ServedRequest, ServerStarted};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::environment::{EnvironmentType, Hosts, Tier};

use super::fixture::{Dashboard, id, index};
use super::snapshot::page_at_sizes;

fn started(d: &mut Dashboard, row: &str, port: u16, is_read_only: bool) {
    d.keys(&format!("/<c-u>{row}<enter>S<enter>"));
    let Some(Effect::Run(_, Job::Serve { identity, tier })) = d.take_effects().pop() else {
        panic!("{}", d.text());
    };
    d.finish(Ok(JobOutcome::ServerStarted(ServerStarted {
        identity,
        name: row.to_owned(),
        tier,
        host: format!("localhost:{port}"),
        is_read_only,
        warnings: Vec::new(),
    })));
}

fn request(d: &mut Dashboard, number: u128, method: &str, path: &str, status: u16) {
    let request = ServedRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        status,
        elapsed: Duration::from_millis(87),
    };
    let identity = id(number);
    d.send(Event::Served { identity, request });
}

/// The number of wknd-stage in the fixture.
const STAGE: u128 = 21;

#[test]
fn servers_page() {
    page_at_sizes("servers", |d| {
        started(d, "wknd-stage", 4592, false);
        request(d, STAGE, "GET", "/content/dam.json", 200);
        request(
            d,
            STAGE,
            "POST",
            "/api/assets/a-long-folder/a-long-name.jpg",
            403,
        );
        request(d, STAGE, "GET", "/missing", 404);
        request(d, STAGE, "GET", "/broken", 502);
    });
}

#[test]
fn a_server_starts_for_the_row_and_stops_by_the_same_key() {
    let mut d = Dashboard::new(120, 30);
    started(&mut d, "wknd-stage", 4592, false);
    assert_eq!(d.model.context(), Context::Servers);
    d.shows("wknd-stage, author, read and write");
    d.shows("http://localhost:4592/••••••/");
    d.shows("no requests yet");
    request(&mut d, STAGE, "GET", "/a", 200);
    request(&mut d, STAGE, "GET", "/b", 500);
    // Of a server that has ended.
    request(&mut d, 99, "GET", "/c", 200);
    d.shows("2 requests, 1 failed");
    d.shows("14:03  GET     500    87 ms  /b");
    let copies = d.effects_of("c");
    let identity = id(STAGE);
    assert!(
        matches!(&copies[..], [Effect::Run(_, Job::CopyAddress { identity: of })] if *of == identity)
    );
    d.finish(Err(Problem::new(
        Code::NotListening,
        "the server has ended",
    )));
    // The menu has no secret.
    d.keys("Y");
    d.shows("http://localhost:4592/");
    d.shows("requests");
    d.keys("<esc>");
    for stop in ["S", "x"] {
        d.keys("<esc>");
        d.shows("L 1 server");
        d.keys("L");
        assert_eq!(d.effects_of(stop), [Effect::StopServer(identity)]);
        d.shows("No server is running");
        d.keys("<esc>");
        d.hides("1 server");
        started(&mut d, "wknd-stage", 4592, false);
    }
    // On the list too.
    d.keys("<esc>");
    assert_eq!(d.effects_of("S"), [Effect::StopServer(identity)]);
    d.says("wknd-stage: server stopped, no requests yet");
}

#[test]
fn the_one_before_is_selected_after_the_last_was_stopped() {
    let mut d = Dashboard::new(120, 30);
    started(&mut d, "wknd-stage", 4592, false);
    d.keys("<esc>");
    started(&mut d, "brand-prod/write", 4593, true);
    let [Effect::StopServer(last)] = d.effects_of("x")[..] else {
        panic!("{}", d.text());
    };
    assert_ne!(last, id(STAGE));
    assert_eq!(d.effects_of("x"), [Effect::StopServer(id(STAGE))]);
}

#[test]
fn a_server_whose_start_was_cancelled_too_late_is_stopped() {
    let mut d = Dashboard::new(120, 30);
    d.keys("/<c-u>wknd-stage<enter>S<enter>");
    let Some(Effect::Run(task, Job::Serve { identity, tier })) = d.take_effects().pop() else {
        panic!("{}", d.text());
    };
    d.keys("<c-c>");
    d.take_effects();
    d.done(
        task,
        Ok(JobOutcome::ServerStarted(ServerStarted {
            identity,
            name: "wknd-stage".to_owned(),
            tier,
            host: "localhost:4592".to_owned(),
            is_read_only: false,
            warnings: Vec::new(),
        })),
    );
    assert_eq!(d.take_effects(), [Effect::StopServer(identity)]);
    d.hides("1 server");
}

#[test]
fn the_tier_is_chosen_if_there_are_several() {
    let mut d = Dashboard::after_keys("/wknd-stage<enter>S");
    assert_eq!(d.take_effects(), []);
    d.shows("Serve wknd-stage");
    d.shows("https://publish-");
    d.keys("<down><enter>");
    let started = d.take_effects();
    assert!(
        matches!(
            &started[..],
            [Effect::Run(
                _,
                Job::Serve {
                    tier: Tier::Publish,
                    ..
                }
            )]
        ),
        "{started:?}"
    );
}

#[test]
fn what_cannot_be_served_says_why() {
    let mut d = Dashboard::after_keys("/local<enter>S");
    d.says("a local SDK needs no token");
    d.keys("L");
    d.says("no server is running: press S to start one");
    d.keys("<esc>/wknd-stage<enter>S<enter>");
    d.finish(Err(Problem::new(
        Code::NotListening,
        "there is no free port",
    )));
    d.shows("there is no free port");
    assert!(d.model.servers.is_empty());
}

#[test]
fn a_page_that_was_opened_meanwhile_stays() {
    let mut d = Dashboard::after_keys("/wknd-stage<enter>S<enter>");
    let task = d.task();
    d.keys("e");
    let started = ServerStarted {
        identity: id(STAGE),
        name: "wknd-stage".to_owned(),
        tier: Tier::Author,
        host: "localhost:4592".to_owned(),
        is_read_only: false,
        warnings: Vec::new(),
    };
    d.done(task, Ok(JobOutcome::ServerStarted(started)));
    assert_eq!(d.model.context(), Context::Form);
    assert_eq!(d.model.servers.len(), 1);
}

#[test]
fn quitting_asks_while_a_server_is_running() {
    let mut d = Dashboard::new(80, 24);
    started(&mut d, "wknd-stage", 4592, true);
    d.shows("read-only");
    d.keys("<esc>");
    assert_eq!(d.effects_of("q"), []);
    d.shows("server of wknd-stage at localhost:4592");
    d.shows("Quit and stop them?");
    // Enter keeps them running.
    assert_eq!(d.effects_of("<enter>"), []);
    assert_eq!(d.model.servers.len(), 1);
    assert!(matches!(d.effects_of("qy")[..], [Effect::Quit { .. }]));
}

#[test]
fn a_changed_environment_ends_its_server() {
    type Change = fn(&mut aemkeys::app::EnvironmentEntry);
    let changes: [Change; 3] = [
        |entry| entry.environment_type = EnvironmentType::Production,
        |entry| entry.hosts = Hosts::local_sdk(),
        |entry| entry.identities.clear(),
    ];
    for change in changes {
        let mut d = Dashboard::new(120, 30);
        started(&mut d, "wknd-stage", 4592, false);
        d.keys("<esc>");
        d.take_effects();
        // Another one may change.
        let mut other = index();
        Arc::make_mut(&mut other.environments[0]).notes = "changed".to_owned();
        d.send(Event::Index(Arc::new(other.clone())));
        assert_eq!(d.take_effects(), []);
        for entry in &mut other.environments {
            if entry.name.as_str() == "wknd-stage" {
                change(Arc::make_mut(entry));
            }
        }
        d.send(Event::Index(Arc::new(other)));
        assert_eq!(d.take_effects(), [Effect::StopServer(id(STAGE))]);
        d.says("wknd-stage: server stopped, because the environment was changed");
    }
}
