//! Conventions: q closes, the wheel scrolls what it points at, typed text is not lost, a range shows its start.

use aemkeys::tui::action::Context;
use aemkeys::tui::message::{ClickTarget, Event, JobOutcome};
use aemkeys::tui::pages::environments::Pane;

use super::fixture::{Dashboard, id};
use super::pages::results;

#[test]
fn q_closes_where_nothing_is_typed() {
    let mut d = Dashboard::after_keys("jt");
    d.finish(Ok(JobOutcome::Tested(results())));
    d.take_effects();
    for (open, inside) in [
        ("", Context::Test),
        ("H", Context::Menu),
        ("<enter>", Context::Guide),
    ] {
        d.keys(open);
        assert_eq!(d.model.context(), inside);
        if inside != Context::Test {
            d.keys("q");
            assert_eq!(d.model.context(), Context::Test, "{open}");
        }
    }
    d.keys("qo");
    assert_eq!(d.model.context(), Context::Menu);
    d.keys("qi");
    assert_eq!(d.model.context(), Context::Viewer);
    d.keys("q");
    assert!(d.model.pages.is_empty());
    assert!(!d.model.quitting);
    // Where letters are typed it is one.
    d.keys("e<c-u>q");
    assert_eq!(d.model.context(), Context::Form);
    d.shows("Name      q");
}

#[test]
fn f1_helps_where_letters_are_typed() {
    let mut d = Dashboard::new(120, 30);
    for (keys, hint) in [
        ("je", "F1 help"),
        ("<esc>T", "F1 help"),
        ("<esc>/x", "F1 help"),
    ] {
        d.keys(keys);
        assert!(d.text().contains(hint), "{keys}: {}", d.text());
        d.keys("<f1>");
        assert_eq!(d.model.context(), Context::Finder, "{keys}");
        d.keys("<esc>");
    }
}

#[test]
fn the_wheel_moves_what_it_points_at() {
    let mut d = Dashboard::new(120, 20);
    d.keys("j");
    d.send(Event::Scroll {
        lines: 3,
        on: Some(ClickTarget::Detail),
    });
    assert_eq!(d.selected(), "wknd-stage");
    assert_eq!(
        (
            d.model.tabs.environments.detail_scroll,
            d.model.tabs.environments.pane
        ),
        (3, Pane::List)
    );
    d.keys("<tab>");
    d.send(Event::Scroll {
        lines: 1,
        on: Some(ClickTarget::Row(id(21))),
    });
    assert_eq!(d.selected(), "wknd-dev");
    assert_eq!(d.model.tabs.environments.pane, Pane::Detail);
}

#[test]
fn a_range_shows_its_start() {
    let d = Dashboard::after_keys("jvjj");
    d.shows("range from wknd-stage: press v to end it");
}
