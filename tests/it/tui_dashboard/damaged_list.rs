//! A list that cannot be read: known rows stay visible, and the next step is named.

use std::sync::Arc;

use aemkeys::app::{Index, damaged_list};
use aemkeys::tui::message::Event;

use super::fixture::{Dashboard, index, settings};
use super::snapshot::snapshot;

#[test]
fn a_damaged_list_does_not_look_empty() {
    let mut d = Dashboard::after_keys("j");
    let lost = || {
        Event::IndexLost(damaged_list(
            "the damaged file was moved aside and replaced by an empty list",
        ))
    };
    d.send(lost());
    d.send(lost());
    assert_eq!(
        (d.model.list.rows.len(), d.selected().as_str()),
        (7, "wknd-stage")
    );
    // Reported once, with the next step.
    assert_eq!(d.model.errors.len(), 1);
    d.keys("E");
    d.shows("rebuild it from the storage");
    // Once it is read again, a second loss is reported again.
    d.send(Event::Index(Arc::new(index())));
    assert_eq!(d.model.list_lost, None);
    d.send(lost());
    assert_eq!(d.model.errors.len(), 2);
}

#[test]
fn an_empty_list_beside_a_damaged_one_says_so() {
    let mut d = Dashboard::with(Index::default(), settings(), 120, 30);
    d.model.list_lost = Some(damaged_list(
        "the damaged file was moved aside and replaced by an empty list",
    ));
    snapshot("damaged_empty", &d);
}
