//! Guides: where they open, and how ticks and the reminder are kept.

use aemkeys::app::Verdict;
use aemkeys::tui::deadline::next_deadline;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys::tui::pages::Page;
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;

use super::fixture::Dashboard;
use super::pages::results;
use super::snapshot::page;

fn topic(d: &Dashboard) -> Option<&'static str> {
    match d.model.pages.last()? {
        Page::Guide(page) => Some(page.guide.topic.id()),
        _ => None,
    }
}

/// Returns the number of the selected step.
fn selected(d: &Dashboard) -> Option<usize> {
    match d.model.pages.last()? {
        Page::Guide(page) => Some(page.at),
        _ => None,
    }
}

#[test]
fn guide_for_oauth_with_its_file() {
    page("guide_oauth", |d| {
        d.model.list.selected = Some(super::fixture::id(51));
        d.keys("wjjj<enter>jj");
    });
}

#[test]
fn a_refusal_opens_its_guide_with_what_was_seen() {
    page("guide_of_verdict", |d| {
        d.model.list.selected = Some(super::fixture::id(21));
        d.keys("t");
        let mut results = results();
        results[0].verdict = Verdict::NotPermitted;
        results[0].cause = Some("signed in, but not permitted".to_owned());
        d.finish(Ok(JobOutcome::Tested(results)));
        d.keys("<enter>j");
    });
}

#[test]
fn every_refusal_opens_its_guide() {
    let mut d = Dashboard::new(120, 30);
    for (code, expected) in [
        ("certificate-expired", Some("rotate")),
        ("ims-key-not-bound", Some("rotate")),
        ("token-expired", Some("development-token")),
        ("jwt-credential-discontinued", Some("oauth")),
        ("connection-refused", None),
    ] {
        d.model
            .fail("wknd-stage", Problem::new(Code::parse(code).unwrap(), "x"));
        d.keys("E<enter>");
        assert_eq!(topic(&d), expected, "{code}");
        if expected.is_some() {
            // With the names of the identity the error was about.
            assert!(d.text().contains("wknd-stage"), "{code}\n{}", d.text());
        }
        d.keys("<esc><esc>");
    }
}

#[test]
fn keeps_ticks_and_reminds_of_the_test() {
    let mut d = Dashboard::new(120, 30);
    d.model.list.selected = Some(super::fixture::id(21));
    d.take_effects();
    d.keys("wjjj<enter>");
    assert_eq!(topic(&d), Some("permissions"));
    // Author has signed the account in: the first step is done. It can't be unticked, nor the introduction be ticked.
    assert_eq!(selected(&d), Some(2));
    d.shows("1 of 7 done");
    d.keys("k<space>k<space>");
    assert!(d.take_effects().is_empty());
    d.keys("jj<space><space>");
    let effects = d.take_effects();
    assert_eq!(effects.len(), 2);
    assert!(matches!(effects[1], Effect::SaveTicks { .. }));
    let (identity, at) = d.model.test_reminder().unwrap();
    assert_eq!(identity, super::fixture::id(21));
    assert_eq!(at, d.model.now + SignedDuration::from_mins(10));
    d.keys("<esc>");
    // Opened again, the first open step is selected.
    d.keys("wjjj<enter>");
    assert_eq!(selected(&d), Some(4));
    d.keys("<esc>");
    assert!(next_deadline(&d.model).unwrap() <= at);
    let later = at + SignedDuration::from_secs(1);
    d.send_at(later, Event::Clock);
    d.shows("test wknd-stage again now");
    d.send_at(at + SignedDuration::from_hours(25), Event::Clock);
    assert_eq!(d.model.test_reminder(), None);
}

#[test]
fn a_step_opens_its_page_and_copies_its_file() {
    let mut d = Dashboard::new(120, 30);
    d.model.list.selected = Some(super::fixture::id(51));
    d.take_effects();
    d.keys("wjjj<enter>o");
    let url = d
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Run(_, Job::OpenBrowser { url, .. }) => Some(url),
            _ => None,
        });
    assert_eq!(url.as_deref(), Some("https://adminconsole.adobe.com/"));
    d.keys("jy");
    let text = d
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Run(_, Job::CopyText { text, .. }) => Some(text),
            _ => None,
        });
    assert!(text.unwrap().contains("- \"0f3a61c07d2e4b5aa1b2\""));
}
