//! The menu of a row, and the repetition of the last action.

use super::fixture::Dashboard;
use aemkeys::tui::action::Context;
use aemkeys::tui::effect::{Effect, Job};
use aemkeys::tui::message::{ClickTarget, Event};

fn exchanged(d: &mut Dashboard, keys: &str) -> Vec<uuid::Uuid> {
    d.keys(keys);
    let jobs = d
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Run(_, Job::Exchange { identity }) => Some(identity),
            _ => None,
        });
    jobs.collect()
}

#[test]
fn the_last_action_is_repeated_on_another_row() {
    let mut d = Dashboard::new(120, 30);
    d.keys(".");
    d.shows("nothing to repeat yet");
    d.keys("j");
    let first = d.model.list.selected.unwrap();
    assert_eq!(exchanged(&mut d, "x"), [first]);
    // Movements, pages and menus are not repeated.
    d.keys("GD<esc>e<esc>o<esc>C<esc>m<esc>?<esc>");
    let last = d.model.list.selected.unwrap();
    assert_ne!(first, last);
    assert_eq!(exchanged(&mut d, "."), [last]);
}

#[test]
fn the_right_button_selects_the_row_and_lists_its_actions() {
    let mut d = Dashboard::new(120, 30);
    let rows: Vec<_> = d.model.list.shown_rows().map(|row| row.identity).collect();
    d.send(Event::MenuClick(ClickTarget::Row(rows[2])));
    assert_eq!(d.model.list.selected, Some(rows[2]));
    assert_eq!(d.model.context(), Context::Menu);
    d.shows("test path");
    d.shows("rotate");
    // The second item is chosen as if its key had been pressed.
    d.keys("j<enter>");
    d.shows("Authorization header");
    d.keys("<esc>");
    // Elsewhere it does nothing.
    d.send(Event::MenuClick(ClickTarget::Detail));
    assert_eq!(d.model.context(), Context::List);
    d.keys("m");
    d.shows("danger menu");
}

#[test]
fn a_key_that_the_row_menu_names_works_in_it() {
    let mut d = Dashboard::new(120, 30);
    let selected = d.model.list.selected.unwrap();
    assert_eq!(exchanged(&mut d, "mx"), [selected]);
    assert_eq!(d.model.context(), Context::List);
    // Where the action is not available, the menu stays open and says why.
    let mut d = Dashboard::new(120, 30);
    d.keys("md");
    d.shows("no failed exchange or test to dismiss");
    assert_eq!(d.model.context(), Context::Menu);
    // In a menu that doesn't have the action, its key does nothing.
    d.keys("<esc>Dx");
    assert_eq!(d.model.context(), Context::Menu);
    assert!(exchanged(&mut d, "<esc>").is_empty());
}

#[test]
fn the_cursor_of_a_menu_starts_on_an_available_entry() {
    let mut d = Dashboard::new(120, 30);
    d.keys("jjjjD");
    d.shows("Danger menu: local");
    let menu = d.text();
    let selected = menu.lines().find(|line| line.contains('▌')).unwrap();
    assert!(!selected.contains("Invalidate token"), "{menu}");
}
