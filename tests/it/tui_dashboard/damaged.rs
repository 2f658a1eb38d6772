//! A list that cannot be read: what was known stays in sight, and the way out is named.

use aemkeys::app::{Index, damaged_list};
use aemkeys::tui::message::Event;

use super::fixture::{Dashboard, index, settings};
use super::snapshot::snapshot;

#[test]
fn a_damaged_list_does_not_look_empty() {
    let mut d = Dashboard::new(120, 30);
    d.keys("j");
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
    // Told once, with what helps.
    assert_eq!(d.model.errors.len(), 1);
    d.keys("E");
    assert!(d.text().contains("doctor (page 4)"), "{}", d.text());
    // Read again, it is in order; lost again, it is told again.
    d.send(Event::Index(Box::new(index())));
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
