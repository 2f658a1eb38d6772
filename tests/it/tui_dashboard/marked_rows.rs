//! Marked rows: what x, t, f and X act on, and what a filter hides of them.

use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::Event;
use aemkeys_core::environment::EnvironmentType;

use super::fixture::{Dashboard, id, index, settings, token};

#[test]
fn ignores_and_counts_marked_rows_hidden_by_the_filter() {
    let mut d = Dashboard::after_keys("*/wknd-stage<enter>");
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
    // With all of them hidden, the row under the cursor is the target.
    assert_eq!(d.model.targets(), [id(21)]);
    // X skips Production that the filter hides.
    d.keys("<esc>");
    assert_eq!(d.model.due_for_exchange(false), [id(41), id(51), id(12)]);
    d.keys("/wknd-rde<enter>");
    assert_eq!(d.model.due_for_exchange(false), [id(51)]);
}

#[test]
fn test_and_auto_refresh_use_the_marked_rows() {
    let mut index = index();
    index
        .environments_mut()
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
    // Both marked: the one with hosts is tested, and the other one is named.
    d.keys("<space>t");
    assert_eq!(d.take_effects().len(), 1);
    d.says("1 without hosts skipped");
    d.keys("<esc>");
    d.take_effects();
    // A development token cannot be refreshed; the cursor on it does not matter while another row is marked.
    d.keys("k");
    d.keys("f");
    assert!(matches!(
        d.take_effects().as_slice(),
        [Effect::Run(_, Job::SetAutoRefresh { identity, .. })] if *identity == id(21)
    ));
    let mut d = Dashboard::after_keys("jj<space>f");
    assert_eq!(d.take_effects(), []);
    d.says("can't be exchanged");
}

#[test]
fn exchange_due_reports_what_it_skips() {
    let d = Dashboard::after_keys("X");
    d.shows("2 production or untyped skipped; mark them to include them.");
    let mut index = index();
    index.identity_mut(id(51)).unwrap().token =
        Some(token("rde", jiff::SignedDuration::from_hours(20)));
    index
        .environments_mut()
        .find(|entry| entry.id == id(40))
        .unwrap()
        .environment_type = EnvironmentType::Untyped;
    let mut d = Dashboard::with(index, settings(), 120, 30);
    d.keys("X");
    assert!(d.model.pages.is_empty());
    assert_eq!(
        d.toast(),
        "2 are production or untyped: mark them to include them"
    );
}

#[test]
fn menus_and_hints_say_on_how_many_marked_rows_an_action_works() {
    // wknd-dev can't be exchanged, and the cursor is on brand-prod/read.
    let mut d = Dashboard::after_keys("j<space><space>g");
    d.shows("x exchange 1 of 2 marked  t test 2 marked");
    d.keys("m");
    let menu = d.text();
    for text in [
        "brand-prod/read ",
        " exchange 1 of 2 marked ",
        " test 2 marked ",
        " auto-refresh 1 of 2 marked ",
        " dismiss 0 of 2 marked ",
        " copy ",
        " test path ",
    ] {
        assert!(menu.contains(text), "{text:?} is not in:\n{menu}");
    }
    // And so does the menu, as the key.
    let chosen = |d: &mut Dashboard| match d.take_effects().as_slice() {
        [Effect::Run(_, Job::Exchange { identity })] => *identity,
        other => panic!("{other:?}"),
    };
    d.take_effects();
    d.keys("jj<enter>");
    assert_eq!(chosen(&mut d), id(21));
    let mut d = Dashboard::after_keys("j<space><space>gx");
    assert_eq!(chosen(&mut d), id(21));
    // Marks that the filter hides don't count.
    let d = Dashboard::after_keys("j<space>/brand<enter>");
    d.shows("x exchange  t test");
}

#[test]
fn a_question_names_all_production_and_untyped_first() {
    let mut d = Dashboard::after_keys("*x");
    d.shows("Exchange the tokens of 5 marked identities?");
    let all = "brand-prod/read (Production), brand-prod/write (Production),";
    d.shows(all);
    d.shows("wknd-prod (Production), wknd-stage, wknd-rde");
    d.send(Event::Resize {
        columns: 40,
        rows: 10,
    });
    // The others are below, and the buttons stay.
    d.shows("brand-prod/read (Production),");
    d.shows("[ y Exchange 5 ]  [ n Cancel ]");
}

#[test]
fn no_message_counts_marks_that_have_changed() {
    let mut d = Dashboard::after_keys("vjjv");
    assert_eq!(d.toast(), "");
    d.shows("3 marked");
    d.keys("<space>");
    d.shows("2 marked");
    d.hides("3 marked");
    d.keys("v");
    d.says("range starts here");
    d.keys("<esc>");
    assert_eq!(d.toast(), "");
    let mut less = index();
    less.environments_mut()
        .for_each(|it| it.identities.retain(|identity| identity.id != id(11)));
    d.send(Event::Index(std::sync::Arc::new(less)));
    d.shows("1 marked");
}
