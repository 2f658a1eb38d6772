//! Tests of the layout: shortened names stay different, columns depend on the width, pages grow with the screen, and the
//! screen behind a page is dimmed.

use aemkeys::app::Index;
use aemkeys::tui::effect::Effect;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::theme::{GlyphSet, Theme, ThemeName};
use aemkeys_core::credential::Kind;
use aemkeys_core::environment::EnvironmentType;
use jiff::SignedDuration;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::fixture::{Dashboard, credential, environment, identity, settings};

/// The names of two customers, with a beginning in common.
const NAMES: [(&str, &str); 6] = [
    (
        "Adventures International",
        "adventures-international-website-prod",
    ),
    (
        "Adventures International",
        "adventures-international-website-stage",
    ),
    (
        "Adventures International",
        "adventures-international-shop-prod",
    ),
    (
        "Adventures International",
        "adventures-international-shop-stage",
    ),
    ("Fjord Bank", "fjord-bank-mortgage-calculator-prod"),
    ("Fjord Bank", "fjord-bank-mortgage-calculator-stage"),
];

fn long_names() -> Index {
    let mut index = Index::default();
    for (number, (customer, name)) in (1..).zip(NAMES) {
        let ids = Some((40100, 1_200_300 + number));
        let number = u128::from(number);
        let mut entry = environment(number, name, EnvironmentType::Development, ids);
        entry.customer = Some(customer.to_owned());
        let mut account = identity(100 + number, "default", Kind::ServiceCredentials);
        let left = SignedDuration::from_hours(24 * 200);
        account.credential = Some(credential(&format!("client-{number}"), left));
        entry.identities = vec![account];
        index.environments.push(entry.into());
    }
    index
}

/// The names in the rows of the list.
fn names(dashboard: &Dashboard) -> Vec<String> {
    let text = dashboard.text();
    let list = text.lines().filter_map(|line| line.split('│').nth(1));
    let rows = list.filter(|line| line.contains("200 d"));
    let first_word = |line: &str| {
        let line = line.trim_start_matches(['▌', ' ']);
        line.split(' ').next().unwrap_or_default().to_owned()
    };
    rows.map(first_word).collect()
}

#[test]
fn names_that_differ_at_their_end_stay_different() {
    for (columns, rows) in [
        (40, 14),
        (60, 24),
        (80, 24),
        (120, 30),
        (150, 40),
        (200, 50),
    ] {
        let d = Dashboard::with(long_names(), settings(), columns, rows);
        let mut names = names(&d);
        assert_eq!(names.len(), NAMES.len(), "{}", d.text());
        // The list takes what the details can spare.
        let room = names.iter().map(|name| name.chars().count()).max().unwrap();
        let least = if columns < 60 { 13 } else { 24 };
        assert!(room >= least, "{}", d.text());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), NAMES.len(), "{}", d.text());
    }
}

#[test]
fn groups_name_their_prefix_once() {
    let mut d = Dashboard::with(long_names(), settings(), 120, 30);
    d.keys("sssss");
    d.shows("Adventures International 4  adventures-international-…");
    d.shows("Fjord Bank 2  fjord-bank-mortgage-calculator-…");
    assert_eq!(
        names(&d),
        [
            "shop-prod",
            "shop-stage",
            "website-prod",
            "website-stage",
            "prod",
            "stage"
        ]
    );
    // In one order, nothing says to which customer a short name belongs.
    d.keys("s");
    let names = names(&d);
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("adven") || name.starts_with("fjord"))
    );
}

#[test]
fn wide_screens_show_more_columns() {
    let titles = |columns| {
        let d = Dashboard::with(long_names(), settings(), columns, 30);
        let text = d.text();
        let titles = text.lines().nth(2).unwrap_or_default();
        let titles = titles.split('│').find(|part| part.contains("name"));
        titles
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(40), ["name", "cred▾", "token"]);
    assert_eq!(titles(120), ["name", "type", "credential▾", "token"]);
    assert_eq!(titles(150), ["name", "type", "ids", "credential▾", "token"]);
    let of_200 = [
        "name",
        "type",
        "customer",
        "ids",
        "credential▾",
        "expires",
        "token",
    ];
    assert_eq!(titles(200), of_200);
}

#[test]
fn everything_behind_a_page_has_one_quiet_style() {
    for name in ThemeName::ALL {
        let mut settings = settings();
        settings.theme = Theme::new(name, GlyphSet::Unicode);
        let mut d = Dashboard::with(super::fixture::index(), settings, 120, 30);
        for keys in ["D", "?", "a"] {
            d.keys(keys);
            let page = d.model.pages.last().unwrap().view().area(&d.model);
            let frame = Frame::of(&d.model);
            let screen = Rect::new(0, 0, 120, 28);
            let behind = screen.positions().filter(|at| !page.contains(*at));
            for at in behind {
                let cell = &frame.buffer[at];
                let is_text = cell.symbol().chars().all(char::is_alphanumeric);
                let theme = &d.model.settings.theme;
                assert_eq!(cell.bg, Color::Reset, "{name:?} {at}");
                assert!(
                    !cell
                        .modifier
                        .intersects(Modifier::REVERSED | Modifier::BOLD),
                    "{name:?} {at}"
                );
                if is_text {
                    assert_eq!(
                        cell.fg,
                        theme.dimmed.fg.unwrap_or_default(),
                        "{name:?} {at}"
                    );
                    let is_dim = cell.modifier.contains(Modifier::DIM);
                    assert_eq!(is_dim, name == ThemeName::Mono, "{name:?} {at}");
                }
            }
            d.keys("<esc>");
        }
    }
}

#[test]
fn pages_grow_with_the_screen() {
    for keys in ["a", "D", "?", "e", "C", "T"] {
        let width = |columns| {
            let mut d = Dashboard::with(super::fixture::index(), settings(), columns, 50);
            d.keys(keys);
            d.model.pages.last().unwrap().view().area(&d.model).width
        };
        assert_eq!(width(60), 60, "{keys}");
        assert!(width(200) > width(120), "{keys}");
        assert!(width(200) <= 200, "{keys}");
    }
}

#[test]
fn the_next_action_stands_first() {
    let first = |keys: &str| {
        let mut d = Dashboard::new(120, 30);
        d.keys(keys);
        let text = d.text();
        let line = text.lines().nth(2).unwrap_or_default();
        let detail = line.split('│').nth(3).unwrap_or_default();
        detail.trim_matches([' ', '┃']).to_owned()
    };
    assert_eq!(first(""), "Next        R rotate now");
    assert_eq!(first("j"), "Next        R rotate before 18 Dec 2026");
    assert_eq!(first("jj"), "Next        t test the token");
    assert_eq!(
        first("/wknd-prod<enter>"),
        "Next        x exchange for a token"
    );
}

#[test]
fn fields_show_where_to_type() {
    let mut d = Dashboard::new(120, 30);
    d.keys("je");
    let frame = Frame::of(&d.model);
    let text = d.text();
    for label in ["Name", "Author", "Domain", "Notes"] {
        let (y, line) = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(&format!("│ {label}")))
            .unwrap();
        let x = line
            .chars()
            .position(|letter| letter == label.chars().next().unwrap());
        let at = (
            u16::try_from(x.unwrap() + 20).unwrap(),
            u16::try_from(y).unwrap(),
        );
        let cell = &frame.buffer[at];
        assert!(
            cell.modifier.contains(Modifier::UNDERLINED),
            "{label}: {cell:?}"
        );
    }
}

#[test]
fn the_split_can_be_moved_and_is_kept() {
    let mut d = Dashboard::new(120, 30);
    let list_width = |d: &Dashboard| {
        let text = d.text();
        let title = text.lines().nth(1).unwrap_or_default();
        title.chars().position(|letter| letter == '╮').unwrap()
    };
    let before = list_width(&d);
    let effects = d.effects_of("<lt>");
    assert!(list_width(&d) < before, "{}", d.text());
    let kept = d.model.split.unwrap();
    assert_eq!(effects, [Effect::SaveSplit(kept)]);
    d.keys(">>>");
    assert!(list_width(&d) > before, "{}", d.text());
    // It ends where both are still readable.
    for key in ["<lt>", ">"] {
        d.keys(&key.repeat(30));
        let width = list_width(&d);
        assert!((30..100).contains(&width), "{width}");
        assert_eq!(d.effects_of(key), []);
    }
    // On a narrow screen there is nothing to divide.
    let mut d = Dashboard::new(80, 24);
    assert_eq!(d.effects_of(">"), []);
    d.says("only one panel is shown");
}

#[test]
fn what_needs_attention_is_reached_by_tab_and_filters_on_enter() {
    for (columns, rows) in [(40, 10), (120, 30)] {
        let mut d = Dashboard::new(columns, rows);
        d.shows("! 3 need attention");
        d.keys("<tab><tab>");
        assert_eq!(Frame::of(&d.model).cursor.unwrap().y, 0, "{}", d.text());
        d.shows("Enter filter");
        d.keys("<enter>");
        assert_eq!(d.model.list.filter.text(), "is:attention");
        d.keys("<tab><tab>");
        d.shows("Enter show all");
        d.keys("<enter>");
        assert!(d.model.list.filter.is_empty());
        // Moving returns to the list.
        d.keys("<tab><tab>j");
        d.hides("Enter show");
    }
}

#[test]
fn wide_screens_list_the_keys_in_two_columns() {
    let mut d = Dashboard::new(200, 50);
    d.keys("?");
    let text = d.text();
    let line = |words: &str| text.lines().position(|line| line.contains(words));
    assert!(
        line("Copy a token").is_some() && line("Quit; asks first").is_some(),
        "{text}"
    );
    // A column begins with the heading of a group.
    let headings = text
        .lines()
        .any(|line| line.contains("Token") && line.contains("Navigation"));
    assert!(headings, "{text}");
    // The selection goes on in the second column.
    d.keys(&"<down>".repeat(60));
    let frame = Frame::of(&d.model);
    let selected = d.model.settings.theme.selected.bg;
    let area = *frame.buffer.area();
    let is_selected = |x: u16, y: u16| Some(frame.buffer[(x, y)].bg) == selected;
    let rows: Vec<u16> = (0..area.height).filter(|y| is_selected(150, *y)).collect();
    assert_eq!(rows.len(), 1, "{}", d.text());
}
