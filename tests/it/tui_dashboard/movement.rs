//! Counts before movements, whole pages, and the next match of a filter.

use aemkeys::tui::Tab;
use aemkeys::tui::keymap::parse_keys;
use aemkeys::tui::message::Event;
use aemkeys::tui::pages::Page;
use jiff::SignedDuration;

use super::fixture::Dashboard;

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
fn the_digit_of_another_tab_opens_it_at_once() {
    let mut d = Dashboard::new(120, 30);
    for (key, tab) in [
        ("2", Tab::Timeline),
        ("3", Tab::Activity),
        ("4", Tab::Doctor),
        ("1", Tab::Environments),
    ] {
        d.send(Event::Key(parse_keys(key).unwrap()[0]));
        assert_eq!((d.model.tab, d.model.count), (tab, None), "{key}");
    }
    d.keys("/prod<enter>");
    assert_eq!(d.model.list.filter.text(), "prod");
}

#[test]
fn movement_that_comes_later_moves_on_the_page_that_a_digit_has_opened() {
    let mut d = Dashboard::new(120, 30);
    let press = |d: &mut Dashboard, key: &str, after: i64| {
        let at = d.model.now + SignedDuration::from_millis(after);
        d.send_at(at, Event::Key(parse_keys(key).unwrap()[0]));
    };
    press(&mut d, "2", 0);
    press(&mut d, "j", 400);
    assert_eq!((d.model.tab, d.model.count), (Tab::Timeline, None));
    press(&mut d, "1", 0);
    d.keys("g");
    press(&mut d, "2", 1000);
    press(&mut d, "5", 399);
    press(&mut d, "k", 399);
    press(&mut d, "3", 1000);
    press(&mut d, "j", 399);
    assert_eq!((place(&d), d.model.tab), (3, Tab::Environments));
}

#[test]
fn any_digit_is_a_count_if_a_movement_follows_at_once() {
    let mut d = Dashboard::new(120, 30);
    for (keys, expected) in [
        ("3j", 3),
        ("23k", 0),
        ("4<down>", 4),
        ("2<up>", 2),
        ("g", 0),
        ("03j", 3),
        ("02k", 1),
        ("04<down>", 5),
        // It opens the page that is already shown.
        ("12G", 6),
        ("1<up>", 5),
        ("0k", 4),
        ("52k", 0),
    ] {
        d.keys(keys);
        let found = (place(&d), d.model.tab, d.model.count);
        assert_eq!(found, (expected, Tab::Environments, None), "{keys}");
    }
    d.keys("0<esc>");
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

#[test]
fn whole_pages_move_in_every_list() {
    for opens in ["?", ":", "Y"] {
        let mut d = Dashboard::after_keys(opens);
        let at = |d: &Dashboard| match d.model.pages.last() {
            Some(Page::Finder(page)) => page.at,
            Some(Page::Menu(page)) => page.at,
            page => panic!("{page:?}"),
        };
        for (down, up) in [
            ("<c-f>", "<c-b>"),
            ("<c-d>", "<c-u>"),
            ("<pagedown>", "<pageup>"),
            ("<end>", "<home>"),
        ] {
            d.keys(down);
            assert!(at(&d) > 1, "{opens} {down}");
            d.keys(up);
            assert_eq!(at(&d), 0, "{opens} {up}");
        }
        // In a text that was typed, they edit it.
        d.keys("e<c-u>");
        let page = d.model.pages.last_mut().unwrap();
        let is_empty = page
            .view_mut()
            .input(&mut d.model.model)
            .is_some_and(|line| line.is_empty());
        assert!(is_empty, "{opens}");
    }
}
