//! Every page, opened by keys and results.

use std::collections::BTreeSet;

use aemkeys::app::Index;
use aemkeys::app::add::Relation;
use aemkeys::app::storage::PassphraseRequest;
use aemkeys::tui::Settings;
use aemkeys::tui::message::{Event, JobOutcome, ServerStarted};
use aemkeys_core::credential::{Code, Kind, Problem};
use aemkeys_core::environment::Tier;

use super::fixture::{Dashboard, id, settings, token};
use super::pages::{recognised, results};
use super::rotation::{checklist, renewal};

/// A page, and the name of the state it is in.
pub type Place = (&'static str, Dashboard);

/// Opened by keys alone.
const BY_KEYS: [(&str, &str); 23] = [
    ("add", "a"),
    ("add local", "a<tab><tab><enter>"),
    ("copy as", "jC"),
    ("danger", "jD"),
    ("edit", "je"),
    ("edit on a button", "je<s-tab>"),
    ("exchange all", "X"),
    ("guide", "jjjwjj<enter>"),
    ("guide begin", "jw<enter>g"),
    ("help", "?"),
    ("open", "jo"),
    ("palette", "j:"),
    ("paste", "jjp"),
    ("path", "jT"),
    ("progress running", "*xy"),
    ("quit", "jxq"),
    ("rotate", "jR"),
    ("storing", "a<tab><tab><enter><enter>"),
    ("test running", "jt"),
    ("type the name", "jDG<enter>"),
    ("used by", "jDjjj<enter>"),
    ("call", "jT<c-u>DELETE<space>/api/assets/x<enter>"),
    ("claims running", "ji"),
];

/// The tabs.
const TABS: [(&str, &str); 8] = [
    ("list", ""),
    ("local", "/local<enter>"),
    ("filter", "/wknd"),
    ("detail", "j<enter>"),
    ("timeline", "2"),
    ("timeline filter", "2/wknd"),
    ("activity", "3"),
    ("doctor running", "4"),
];

fn found(d: &mut Dashboard, relation: Relation) {
    d.send(Event::Paste("{\"integration\":{}}".into()));
    let found = recognised(relation);
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
}

fn found_token(d: &mut Dashboard) {
    d.send(Event::Paste("eyJhbGciOi".into()));
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.kind = Kind::DevelopmentToken;
    found.preview.facts = None;
    found.preview.checks.clear();
    found.preview.token = Some(token("new", jiff::SignedDuration::from_hours(20)));
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
}

fn refuse(d: &mut Dashboard) {
    d.finish(Err(Problem::new(Code::NoAnswer, "no answer")
        .cause("why")
        .next_step("what to do")));
}

type Steps = fn(&mut Dashboard);

/// Opened by keys and results.
const BY_RESULTS: [(&str, Steps); 19] = [
    ("add recognised", |d| found(d, Relation::NewEnvironment)),
    ("add again", |d| {
        let full_name = "wknd-stage".to_owned();
        found(
            d,
            Relation::AlreadyStored {
                identity: id(21),
                full_name,
            },
        );
    }),
    ("add a token", |d| {
        d.keys("jj");
        found_token(d);
    }),
    ("paste recognised", |d| {
        d.keys("jjp");
        found_token(d);
    }),
    ("recognising", |d| {
        d.send(Event::Paste("{}".into()));
    }),
    ("rotate recognised", |d| {
        d.keys("jRfile<enter>");
        let mut found = recognised(Relation::NewEnvironment);
        let client = "cm-p123-e1250-integration-0";
        let left = jiff::SignedDuration::from_hours(24 * 364);
        found.preview.facts = Some(super::fixture::credential(client, left));
        let fingerprint = aemkeys_core::credential::Fingerprint::of(b"newer");
        found.preview.facts.as_mut().unwrap().fingerprint = fingerprint;
        d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    }),
    ("cloud manager", |d| {
        d.keys("I");
        d.finish(Ok(super::discover::found()));
    }),
    ("rotating", start_rotation),
    ("rotated", |d| {
        start_rotation(d);
        d.finish(Ok(JobOutcome::Rotated(Box::new(renewal()))));
    }),
    ("leaked", |d| {
        d.keys("jDjj<enter>");
        d.finish(Ok(JobOutcome::Leaked(Box::new(checklist(true)))));
    }),
    ("leaked, not marked", |d| {
        d.keys("jDjj<enter>");
        d.finish(Ok(JobOutcome::Leaked(Box::new(checklist(false)))));
    }),
    ("test", |d| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
    }),
    ("save", |d| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
        d.keys("s");
    }),
    ("test refused", |d| {
        d.keys("jt");
        refuse(d);
    }),
    ("search", |d| {
        d.keys("jt");
        d.finish(Ok(JobOutcome::Tested(results())));
        d.keys("/");
    }),
    ("servers", |d| {
        d.keys("jS<enter>");
        d.finish(Ok(JobOutcome::ServerStarted(ServerStarted {
            identity: id(21),
            name: "wknd-stage".to_owned(),
            tier: Tier::Author,
            host: "localhost:4592".to_owned(),
            is_read_only: false,
            warnings: Vec::new(),
        })));
    }),
    ("claims", |d| {
        d.keys("ji");
        d.finish(Ok(JobOutcome::Claims("{\n}".to_owned())));
    }),
    ("errors", |d| {
        d.keys("jx");
        refuse(d);
        d.keys("E");
    }),
    ("progress", |d| {
        d.keys("*xy");
        refuse(d);
    }),
];

/// Every page in its states, at this size.
pub fn every_page(columns: u16, rows: u16) -> Vec<Place> {
    let mut places = Vec::new();
    let mut add = |name, open: &dyn Fn(&mut Dashboard)| {
        let mut d = Dashboard::new(columns, rows);
        open(&mut d);
        places.push((name, d));
    };
    for (name, keys) in BY_KEYS {
        add(name, &|d| drop(d.keys(keys).take_effects()));
    }
    for (name, open) in BY_RESULTS {
        add(name, &open);
    }
    add("passphrase", &|d| {
        d.send(Event::PassphraseWanted(PassphraseRequest::KnownWasWrong));
    });
    let mut d = first_start(columns, rows);
    d.keys("P");
    places.push(("new passphrase", d));
    let opened: BTreeSet<String> = places.iter().map(|(_, d)| variant(d)).collect();
    let known: BTreeSet<String> = page_names().collect();
    assert_eq!(opened, known, "add the new page to the places");
    places
}

/// Every tab in its states, at this size.
pub fn every_tab(columns: u16, rows: u16) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for (name, keys) in TABS {
        let mut d = Dashboard::new(columns, rows);
        d.keys(keys);
        places.push((name, d));
    }
    places.push(("first start", first_start(columns, rows)));
    places
}

pub fn first_start(columns: u16, rows: u16) -> Dashboard {
    let settings = Settings {
        storage_is_chosen: false,
        ..settings()
    };
    Dashboard::with(Index::default(), settings, columns, rows)
}

/// The name of the page on top.
fn variant(d: &Dashboard) -> String {
    let page = format!("{:?}", d.model.pages.last().unwrap());
    page.split('(').next().unwrap().to_owned()
}

/// The names in the list of pages.
fn page_names() -> impl Iterator<Item = String> {
    let source = include_str!("../../../src/tui/pages/mod.rs");
    let list = source.split("\npages! {").nth(1).unwrap();
    list.lines()
        .filter_map(|line| line.trim().split_once('('))
        .map(|(name, _)| name.to_owned())
}

/// Recognises a new credential and starts the rotation to it.
fn start_rotation(d: &mut Dashboard) {
    d.keys("jRfile<enter>");
    let mut found = recognised(Relation::NewEnvironment);
    found.preview.facts.as_mut().unwrap().fingerprint =
        aemkeys_core::credential::Fingerprint::of(b"newer");
    d.finish(Ok(JobOutcome::Recognised(Box::new(found))));
    d.keys("<enter>");
}
