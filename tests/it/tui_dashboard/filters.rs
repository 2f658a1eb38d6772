//! The filter of the tabs and pages that have one, and what Enter opens there.

use aemkeys::app::activity::ActivityEntry;
use aemkeys::app::doctor::{self, Finding};
use aemkeys::tui::Tab;
use aemkeys::tui::action::Context;
use aemkeys::tui::message::JobOutcome;
use aemkeys::tui::model::Tone;
use aemkeys::tui::pages::Page;
use aemkeys_core::credential::{Code, Problem};

use super::fixture::{Dashboard, now};

fn entry(hours: i64, text: &str) -> ActivityEntry {
    ActivityEntry {
        at: now() - jiff::SignedDuration::from_hours(hours),
        tone: Tone::Fine,
        text: text.to_owned(),
    }
}

/// A dashboard with two failed exchanges and some older entries.
fn dashboard() -> Dashboard {
    let mut d = Dashboard::new(120, 30);
    d.model.activity = vec![
        entry(2, "wknd-prod: new token"),
        entry(30, "wknd-dev: token copied"),
        entry(31, "7 exchanged"),
    ];
    for (keys, message) in [("jx", "no answer"), ("x", "token refused")] {
        d.keys(keys);
        d.finish(Err(Problem::new(Code::NoAnswer, message).cause("why")));
    }
    d
}

#[test]
fn each_filter_is_typed_accepted_and_cancelled_alike() {
    for (open, context, word) in [
        ("", Context::List, "wknd"),
        ("2", Context::Timeline, "wknd"),
        ("3", Context::Activity, "wknd"),
        ("E", Context::Errors, "wknd"),
    ] {
        let mut d = dashboard();
        d.keys(open);
        let before = d.text();
        d.keys("/");
        assert_eq!(d.model.context(), Context::Filter, "{context:?}");
        d.keys(word);
        d.shows(format!("/{word}"));
        d.keys("<enter>");
        assert_eq!(d.model.context(), context);
        d.shows(format!("/{word}"));
        // Esc clears it before it does anything else.
        d.keys("<esc>");
        assert_eq!((d.model.context(), d.text()), (context, before.clone()));
        d.keys("/nothing<esc>");
        assert_eq!((d.model.context(), d.text()), (context, before));
    }
}

#[test]
fn enter_on_an_entry_opens_its_error_its_identity_or_its_text() {
    let mut d = dashboard();
    // The newest entry is the second error.
    d.keys("3<enter>");
    d.shows("token refused");
    assert!(matches!(
        d.model.pages.as_slice(),
        [Page::Viewer(_) | Page::Guide(_)]
    ));
    d.keys("<esc>j<enter>");
    d.shows("no answer");
    d.keys("<esc>/copied<enter><enter>");
    assert_eq!(
        (d.model.tab, d.selected()),
        (Tab::Environments, "wknd-dev".to_owned())
    );
    assert_eq!(d.model.context(), Context::Detail);
    // Esc returns to the activity and its filter, and clears that next.
    d.keys("<esc>");
    assert_eq!(d.model.tab, Tab::Activity);
    d.shows("token copied");
    d.hides("7 exchanged");
    d.keys("<esc>G<enter>");
    d.shows("7 exchanged");
    assert!(matches!(d.model.pages.as_slice(), [Page::Viewer(_)]));
    // An identity that the filter of the list hides is shown.
    let mut d = dashboard();
    d.keys("/brand<enter>3/new<space>token<enter><enter>");
    assert_eq!(
        (d.selected(), d.model.list.filter.text()),
        ("wknd-prod".to_owned(), "")
    );
}

#[test]
fn errors_are_filtered_by_what_they_say() {
    let mut d = dashboard();
    d.keys("E/refused<enter>");
    d.shows("token refused");
    d.hides("no answer");
    d.keys("<esc>/nothing<enter>");
    d.shows("No errors match");
    let nothing = d.effects_of("y<enter>");
    assert_eq!(nothing, []);
}

#[test]
fn the_doctor_filters_its_checks() {
    let mut d = dashboard();
    d.keys("4");
    let found = |topic, text: &str| Finding {
        topic,
        verdict: doctor::Verdict::Fine,
        text: text.to_owned(),
        next_step: None,
    };
    d.finish(Ok(JobOutcome::Examined(vec![
        found("network", "no proxy is set"),
        found("storage", "a probe was written"),
    ])));
    d.keys("/");
    assert_eq!(d.model.context(), Context::Filter);
    d.keys("stor");
    d.shows("/stor 1");
    d.hides("no proxy");
    // The action is for what is shown.
    d.keys("<enter><enter>");
    d.shows("a probe was written");
    d.hides("no proxy");
    d.keys("<esc>/x<enter>");
    d.shows("No checks match the filter");
    d.keys("<esc>");
    d.shows("no proxy");
    assert_eq!(d.model.tab, Tab::Doctor);
}
