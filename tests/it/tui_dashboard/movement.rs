//! Counts before movements, whole pages, and the next match of a filter.

use super::fixture::Dashboard;
use aemkeys::tui::Tab;

fn place(d: &Dashboard) -> usize {
    d.model.list.selected_place()
}

#[test]
fn a_count_repeats_a_movement_and_shows_while_it_is_typed() {
    let mut d = Dashboard::new(120, 30);
    d.keys("5");
    assert_eq!(d.model.count, Some(5));
    let status = d.text().lines().rev().nth(1).unwrap().trim().to_owned();
    assert_eq!(status, "5");
    d.keys("j");
    assert_eq!((place(&d), d.model.count), (5, None));
    d.keys("k");
    assert_eq!(place(&d), 4, "once");
    // A row by its number, and not beyond the last one.
    for (keys, expected) in [("6G", 5), ("9g", 6), ("g", 0), ("99j", 6), ("5k", 1)] {
        d.keys(keys);
        assert_eq!(place(&d), expected, "{keys}");
    }
}

#[test]
fn a_digit_of_a_tab_begins_a_count_only_on_this_tab() {
    let mut d = Dashboard::new(120, 30);
    d.keys("12G");
    assert_eq!((place(&d), d.model.tab), (6, Tab::Environments));
    d.keys("2");
    assert_eq!((d.model.tab, d.model.count), (Tab::Timeline, None));
    d.keys("1");
    assert_eq!((d.model.tab, d.model.count), (Tab::Environments, None));
}

#[test]
fn a_count_is_dropped_by_other_keys_and_esc_drops_only_it() {
    let mut d = Dashboard::new(120, 30);
    d.keys("/prod<enter>5<esc>");
    assert_eq!((d.model.count, d.model.list.filter.text()), (None, "prod"));
    d.keys("5<space>j");
    assert_eq!((place(&d), d.model.list.marks.len()), (2, 1));
    // No count where text is typed.
    d.keys("/<c-u>55");
    assert_eq!((d.model.count, d.model.list.filter.text()), (None, "55"));
}

#[test]
fn a_whole_page_and_the_next_match() {
    let mut d = Dashboard::new(80, 10);
    d.keys("<c-f>");
    assert_eq!(place(&d), 4);
    d.keys("<c-b>");
    assert_eq!(place(&d), 0);
    d.keys("n");
    assert_eq!(place(&d), 0);
    d.shows("no filter: press / to filter");
    d.keys("/prod<enter>n");
    assert_eq!(place(&d), 1);
    d.keys("N");
    assert_eq!(place(&d), 0);
}
