//! Undoing a removal or an edit: when it is offered, for how long, and what the dashboard says.

use std::sync::Arc;

use aemkeys::tui::deadline::next_deadline;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{Event, JobOutcome};
use aemkeys_core::credential::{Code, Problem};
use jiff::SignedDuration;

use super::fixture::{Dashboard, id, index, now};

fn undo_of(what: &str) -> Job {
    Job::Undo {
        what: what.to_owned(),
    }
}

fn started(d: &mut Dashboard, keys: &str) -> Vec<Job> {
    let jobs = d
        .effects_of(keys)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Run(_, job) => Some(job),
            _ => None,
        });
    jobs.collect()
}

/// Removes brand-prod/write, the second row of two.
fn removed() -> Dashboard {
    let mut d = Dashboard::after_keys("/brand-prod/write<enter>DG<enter>brand-prod<enter>");
    d.finish(Ok(JobOutcome::Undoable("removed".to_owned())));
    d
}

#[test]
fn a_removal_is_offered_to_be_undone() {
    let mut d = removed();
    d.says("brand-prod: removed; press u to undo within 10 s");
    assert_eq!(d.model.activity[0].text, "brand-prod: removed");
    // No redraw until the offer ends.
    let end = now() + SignedDuration::from_secs(10);
    assert_eq!(next_deadline(&d.model), Some(end));
    assert_eq!(started(&mut d, "u"), [undo_of("removal of brand-prod")]);
    d.keys("u");
    d.says("already undoing it");
    d.finish(Ok(JobOutcome::Undone(vec![id(12)])));
    d.says("removal of brand-prod undone");
    d.send(Event::Index(Arc::new(index())));
    assert_eq!(d.selected(), "brand-prod/write");
    d.keys("u");
    d.says("nothing to undo");
}

#[test]
fn an_edit_is_offered_to_be_undone() {
    let mut d = Dashboard::after_keys("je<end>2<enter>");
    d.finish(Ok(JobOutcome::Undoable("saved".to_owned())));
    d.says("wknd-stage: saved; press u to undo within 10 s");
    assert_eq!(started(&mut d, "u"), [undo_of("edit of wknd-stage")]);
}

#[test]
fn the_cursor_goes_to_what_is_restored() {
    let mut without = index();
    without
        .environments_mut()
        .for_each(|it| it.identities.retain(|identity| identity.id != id(12)));
    let mut d = removed();
    d.send(Event::Index(Arc::new(without.clone())));
    // A filter hides it, and the list is read once more before the undo is in it.
    d.keys("<esc>/wknd<enter>Gu");
    d.finish(Ok(JobOutcome::Undone(vec![id(12)])));
    d.send(Event::Index(Arc::new(without)));
    assert!(d.selected().starts_with("wknd"));
    d.send(Event::Index(Arc::new(index())));
    assert_eq!(d.selected(), "brand-prod/write");
    assert!(d.text().contains("brand-prod/write"));
    // Only once.
    d.keys("k");
    let other = d.selected();
    d.send(Event::Index(Arc::new(index())));
    assert_eq!(d.selected(), other);

    // An edit: the cursor has moved on, or is on one of its identities.
    for (keys, expected) in [("G", "wknd-stage"), ("g", "brand-prod/read")] {
        let mut d = Dashboard::after_keys("je<end>2<enter>");
        d.finish(Ok(JobOutcome::Undoable("saved".to_owned())));
        d.keys(keys).keys("u");
        d.finish(Ok(JobOutcome::Undone(vec![id(21), id(11)])));
        assert_eq!(d.selected(), expected);
    }
}

#[test]
fn after_ten_seconds_it_says_that_it_is_too_late() {
    let mut d = removed();
    d.send_at(now() + SignedDuration::from_millis(9_999), Event::Clock);
    d.says("to undo within 10 s");
    d.send_at(now() + SignedDuration::from_secs(10), Event::Clock);
    assert_eq!(d.toast(), "");
    assert_eq!(started(&mut d, "u"), []);
    d.says("the removal of brand-prod can't be undone any more: 10 s have passed");
}

#[test]
fn an_undo_that_fails_can_be_tried_again() {
    let mut d = removed();
    d.keys("u");
    d.finish(Err(Problem::new(Code::NameTaken, "the name is taken")));
    d.shows("removal of brand-prod: the name is taken");
    assert_eq!(started(&mut d, "u"), [undo_of("removal of brand-prod")]);
}

#[test]
fn undo_is_on_every_tab_in_the_palette_and_in_the_row_menu() {
    for tab in ["1", "2", "3", "4"] {
        let mut d = removed();
        assert_eq!(
            started(&mut d, &format!("{tab}u")).last(),
            Some(&undo_of("removal of brand-prod"))
        );
    }
    let mut d = removed();
    d.keys("<esc>m");
    d.shows("undo");
    let mut d = removed();
    assert_eq!(
        started(&mut d, ":undo<enter>"),
        [undo_of("removal of brand-prod")]
    );
}
