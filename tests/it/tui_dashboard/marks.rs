//! Marks: what x, t, f and X act on, and what a filter hides of them.

use aemkeys::tui::effect::{Effect, Job};
use aemkeys_core::environment::EnvironmentType;

use super::fixture::{Dashboard, id, index, settings, token};
use super::snapshot::page;

fn toast(d: &Dashboard) -> String {
    d.model
        .toast
        .as_ref()
        .map_or_else(String::new, |toast| toast.text.clone())
}

#[test]
fn a_mark_that_the_filter_hides_is_left_alone_and_counted() {
    page("marks_hidden", |d| {
        d.keys("*/wknd<enter>");
    });
    page("marks_hidden_question", |d| {
        d.keys("*/wknd<enter>x");
    });
    let mut d = Dashboard::new(120, 30);
    d.keys("*/wknd-stage<enter>");
    assert_eq!(d.model.targets(), [id(21)]);
    d.keys("x");
    let task = d.task();
    assert_eq!(
        d.take_effects(),
        [Effect::Run(task, Job::Exchange { identity: id(21) })]
    );
    // `*` over a filter takes only the shown marks away.
    d.keys("*");
    assert_eq!(d.model.list.marks.len(), 6);
    // With all of them hidden, the row under the cursor is meant.
    assert_eq!(d.model.targets(), [id(21)]);
    // Production hidden by the filter is not taken along by X.
    d.keys("<esc>");
    assert_eq!(d.model.due_for_exchange(), [id(41), id(51), id(12)]);
    d.keys("/wknd-rde<enter>");
    assert_eq!(d.model.due_for_exchange(), [id(51)]);
}

#[test]
fn test_and_keep_fresh_ask_the_marks_too() {
    let mut index = index();
    index
        .environments
        .iter_mut()
        .find(|entry| entry.id == id(30))
        .unwrap()
        .hosts = aemkeys_core::environment::Hosts::default();
    let mut d = Dashboard::with(index, settings(), 120, 30);
    // The cursor is on one without hosts; another one is marked.
    d.keys("j<space>t");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::Test { identity, .. })] if *identity == id(21)
    ));
    d.keys("<esc>");
    d.take_effects();
    // Both marked: the one that can be asked is asked, and the other one is named.
    d.keys("<space>t");
    assert_eq!(d.take_effects().len(), 1);
    assert!(
        toast(&d).contains("1 without hosts skipped"),
        "{}",
        toast(&d)
    );
    d.keys("<esc>");
    d.take_effects();
    // A person's token cannot be renewed; the cursor on it does not matter while another is marked.
    d.keys("k");
    d.keys("f");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::SetAutoRefresh { identity, .. })] if *identity == id(21)
    ));
    let mut d = Dashboard::new(120, 30);
    d.keys("jj<space>f");
    assert_eq!(d.take_effects(), []);
    assert!(toast(&d).contains("can't be exchanged"), "{}", toast(&d));
}

#[test]
fn exchange_due_says_what_it_leaves_alone() {
    let mut d = Dashboard::new(120, 30);
    d.keys("X");
    assert!(
        d.text()
            .contains("2 production or untyped skipped; mark them to include them."),
        "{}",
        d.text()
    );
    let mut index = index();
    index.identity_mut(id(51)).unwrap().token =
        Some(token("rde", jiff::SignedDuration::from_hours(20)));
    index
        .environments
        .iter_mut()
        .find(|entry| entry.id == id(40))
        .unwrap()
        .environment_type = EnvironmentType::Unset;
    let mut d = Dashboard::with(index, settings(), 120, 30);
    d.keys("X");
    assert!(d.model.pages.is_empty());
    assert_eq!(
        toast(&d),
        "2 are production or untyped: mark them to include them"
    );
}
