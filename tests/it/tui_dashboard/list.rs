//! The list of a developer with forty identities of six customers: its order, groups and filter.

use std::sync::Arc;

use aemkeys::app::Index;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::message::{ClickTarget, Event};
use aemkeys::tui::model::{Shown, Sort};
use aemkeys_core::credential::Kind;
use aemkeys_core::environment::{EnvironmentType, Name};
use jiff::SignedDuration;

use super::fixture::{Dashboard, credential, environment, id, identity, settings, token};
use super::snapshot::page_at_sizes_with;

const CUSTOMERS: [&str; 6] = [
    "Umbra",
    "acorn",
    "Delta Rail",
    "Øresund",
    "Bistro",
    "nimbus",
];

/// The days that the credential of an identity has left: spread over all customers, some expired.
fn days(number: u128) -> i64 {
    i64::try_from(number * 37 % 91).unwrap() * 4 - 9
}

pub fn forty() -> Index {
    let types = [
        EnvironmentType::Development,
        EnvironmentType::Production,
        EnvironmentType::Stage,
        EnvironmentType::Untyped,
    ];
    let environments = (0..40u128).map(|number| {
        let at = usize::try_from(number).unwrap();
        let customer = CUSTOMERS[at % CUSTOMERS.len()];
        let of_type = types[at % types.len()];
        let name = format!(
            "{}-site-{number:02}",
            &customer.to_lowercase()[..5].trim_end()
        );
        let ids = Some((500, 7000 + u64::try_from(number).unwrap()));
        let mut environment = environment(1000 + number, &name.replace('ø', "o"), of_type, ids);
        // The same customer is spelled in two ways.
        let is_shouted = number == 24;
        let spelled = if is_shouted {
            customer.to_uppercase()
        } else {
            customer.to_owned()
        };
        environment.customer = Some(spelled);
        let mut identity = identity(2000 + number, "default", Kind::ServiceCredentials);
        let left = SignedDuration::from_hours(24 * days(number) + 1);
        identity.credential = Some(credential(&format!("client-{number}"), left));
        environment.identities = vec![identity];
        environment
    });
    Index {
        environments: environments.map(Arc::new).collect(),
        ..Index::default()
    }
}

fn dashboard(keys: &str) -> Dashboard {
    let mut d = Dashboard::with(forty(), settings(), 120, 60);
    d.keys(keys);
    d
}

fn headings(d: &Dashboard) -> Vec<String> {
    let shown = d.model.list.shown.iter();
    let headings = shown.filter_map(|line| match line {
        Shown::Group(heading) => Some(format!("{} {}", heading.customer, heading.identities)),
        Shown::Row(_) => None,
    });
    headings.collect()
}

fn ends(d: &Dashboard) -> Vec<i64> {
    let rows = d.model.list.shown_rows();
    rows.map(|row| days(row.identity.as_u128() - 2000))
        .collect()
}

#[test]
fn attention_and_expiry_are_one_order_across_customers() {
    let d = dashboard("");
    assert_eq!(headings(&d), [""; 0]);
    assert_eq!(d.model.list.shown_count(), 40);
    let attention: Vec<i64> = ends(&d).into_iter().filter(|days| *days <= 30).collect();
    assert!(
        attention.len() > 5 && attention.is_sorted(),
        "{attention:?}"
    );
    assert!(ends(&d)[attention.len()..].iter().all(|days| *days > 30));
    d.shows("Environments by attention");
    d.shows("credential▾");
    let d = dashboard("sss");
    assert_eq!(d.model.list.order.sort, Sort::Expiry);
    assert_eq!(headings(&d), [""; 0]);
    assert!(ends(&d).is_sorted());
    d.shows("Environments by expiry");
}

#[test]
fn name_and_customer_are_grouped_whatever_the_spelling() {
    let expected = [
        "acorn 7",
        "Bistro 6",
        "Delta Rail 7",
        "nimbus 6",
        "Umbra 7",
        "Øresund 7",
    ];
    for keys in ["s", "sssss"] {
        assert_eq!(headings(&dashboard(keys)), expected, "{keys}");
    }
}

/// Returns what a click on the title of a column does.
fn title_target(d: &Dashboard, title: &str) -> ClickTarget {
    let frame = Frame::of(&d.model);
    let text = frame.text();
    let line = text.lines().nth(2).unwrap();
    let column = line[..line.find(title).unwrap()].chars().count();
    let target = frame.hits.at(u16::try_from(column).unwrap(), 2);
    target.cloned().unwrap()
}

fn click_title(d: &mut Dashboard, title: &str) {
    let target = title_target(d, title);
    d.send(Event::Click(target));
}

#[test]
fn a_second_click_on_a_title_reverses_the_order() {
    let mut index = forty();
    for (number, environment) in (0..).zip(&mut index.environments).step_by(2) {
        let left = SignedDuration::from_hours(number * 7 % 23);
        Arc::make_mut(environment).identities[0].token = Some(token("token", left));
    }
    let mut d = Dashboard::with(index, settings(), 200, 50);
    let names = |d: &Dashboard| -> Vec<String> {
        let rows = d.model.list.shown_rows();
        rows.map(|row| row.name.clone()).collect()
    };
    let tokens = |d: &Dashboard| -> Vec<Option<i64>> {
        let rows = d.model.list.shown_rows();
        let token = |id| d.model.index.identity(id)?.1.token.as_ref()?.expires_at;
        rows.map(|row| token(row.identity).map(jiff::Timestamp::as_second))
            .collect()
    };
    click_title(&mut d, "name");
    let (groups, once) = (headings(&d), names(&d));
    click_title(&mut d, "name");
    d.shows("Environments by name, reversed");
    d.shows("name▴");
    assert_eq!(headings(&d), groups);
    assert_ne!(names(&d), once);
    click_title(&mut d, "name");
    assert_eq!(names(&d), once);
    for is_reversed in [false, true] {
        click_title(&mut d, "token");
        let mut known: Vec<i64> = tokens(&d).into_iter().flatten().collect();
        let last = known.len();
        assert!(tokens(&d)[..last].iter().all(Option::is_some));
        if is_reversed {
            known.reverse();
        }
        assert!(last > 5 && known.is_sorted(), "{known:?}");
    }
    // Another order begins at its beginning, and a title without one looks so.
    d.keys("s");
    d.hides("reversed");
    assert_eq!(title_target(&d, "ids"), ClickTarget::List);
}

#[test]
fn the_title_names_the_order_and_the_filter() {
    for (columns, title) in [(120, "Environments by name"), (44, " by name ")] {
        let mut d = Dashboard::with(forty(), settings(), columns, 24);
        d.keys("s/delta-rail");
        d.shows(title);
        d.shows("/delta-rail");
    }
}

#[test]
fn a_click_on_a_title_sorts_by_its_column() {
    let mut d = Dashboard::with(forty(), settings(), 200, 50);
    for (title, expected) in [
        ("name", Sort::Name),
        ("type", Sort::Type),
        ("customer", Sort::Customer),
        ("credential", Sort::Attention),
        ("credential", Sort::Expiry),
        ("credential", Sort::Attention),
        ("token", Sort::Token),
    ] {
        click_title(&mut d, title);
        assert_eq!(d.model.list.order.sort, expected, "{title}");
        d.says(&format!("sorted by {}", expected.words()));
        // The headings stand for the column of the customers.
        if expected == Sort::Customer {
            d.hides("name▾");
        } else if expected == Sort::Expiry {
            // The dates have a column of their own.
            d.shows("expires▾");
            d.hides("credential▾");
        } else {
            d.shows(format!("{title}▾"));
        }
    }
}

#[test]
fn new_identities_take_their_place_and_no_other_row_moves() {
    for (keys, sort) in [
        ("", Sort::Attention),
        ("s", Sort::Name),
        ("sss", Sort::Expiry),
    ] {
        let mut d = dashboard(keys);
        assert_eq!(d.model.list.order.sort, sort);
        d.keys("jjjjj");
        let selected = d.selected();
        let ids = |d: &Dashboard| -> Vec<_> {
            d.model.list.shown_rows().map(|row| row.identity).collect()
        };
        let before = ids(&d);
        let mut changed = forty();
        let mut added = environment(9, "delta-new", EnvironmentType::Stage, None);
        added.customer = Some("Delta Rail".to_owned());
        let mut new = identity(10, "default", Kind::ServiceCredentials);
        new.credential = Some(credential("new", SignedDuration::from_hours(24 * 12)));
        added.identities = vec![new];
        changed.environments.push(added.into());
        // Meanwhile the credentials of others come closer to their end.
        let later = d.model.now + SignedDuration::from_hours(24 * 20);
        d.send_at(later, Event::Index(Arc::new(changed.clone())));
        let after: Vec<_> = ids(&d)
            .into_iter()
            .filter(|known| *known != id(10))
            .collect();
        assert_eq!(after, before, "{sort:?}");
        assert_eq!(d.selected(), selected, "{sort:?}");
        assert!(
            headings(&d)
                .iter()
                .all(|heading| heading.matches("Delta").count() < 2)
        );
        if sort == Sort::Name {
            assert_eq!(headings(&d)[2], "Delta Rail 8");
        } else {
            let at = ids(&d).iter().position(|known| *known == id(10)).unwrap();
            assert!(at < 20, "{sort:?}: {at}");
        }
        // A renamed one goes to its place too, with the cursor on it.
        let renamed = d.model.list.selected.unwrap();
        let entry = changed
            .environments_mut()
            .find(|entry| entry.identities[0].id == renamed)
            .unwrap();
        entry.name = Name::parse("zzz").unwrap();
        entry.customer = Some("Øresund".to_owned());
        d.send_at(later, Event::Index(Arc::new(changed)));
        assert_eq!(d.selected(), "zzz");
        if sort == Sort::Name {
            assert_eq!(ids(&d).last(), Some(&renamed));
        }
    }
}

#[test]
fn groups_collapse_by_key_and_by_click() {
    let mut d = dashboard("sgjjjj");
    let all = d.model.list.shown.len();
    d.keys("z");
    d.shows("▸ acorn 7");
    assert_eq!(d.model.list.shown.len(), all - 7);
    // No row is selected on a heading, so no action applies to a row that is not visible.
    assert_eq!(d.model.list.selected, None);
    assert!(Frame::of(&d.model).cursor.is_some());
    assert_eq!(d.effects_of("c"), []);
    d.says("no row is selected");
    // Down and up go over the heading.
    d.keys("j");
    assert!(d.selected().starts_with("bistr"), "{}", d.selected());
    d.keys("kk");
    assert_eq!(d.model.list.selected, None);
    // It stays collapsed when the list is read again, and is not hidden from the timeline.
    d.send(Event::Index(Arc::new(forty())));
    d.shows("▸ acorn 7");
    d.keys("2").shows("acorn-site-01");
    d.keys("1/site-01<enter>");
    assert_eq!(d.selected(), "acorn-site-01");
    // The cursor is on a row of the group, which is therefore expanded.
    d.keys("<esc>");
    d.shows("▾ acorn 7");
    d.send(Event::Click(ClickTarget::Group("bistro".to_owned())));
    d.shows("▸ Bistro 6");
    assert_eq!(d.selected(), "acorn-site-01");
    d.send(Event::Click(ClickTarget::Group("bistro".to_owned())));
    d.shows("▾ Bistro 6");
    // Everything collapsed: each heading is one step, and Enter expands.
    d.keys("g");
    for _ in 0..6 {
        d.keys("zj");
    }
    assert_eq!(d.model.list.shown.len(), 6);
    d.keys("g<enter>");
    assert!(d.selected().starts_with("acorn"), "{}", d.selected());
    assert_eq!(d.model.list.shown.len(), 13);
}

#[test]
fn collapsing_says_why_it_is_not_available() {
    let mut d = dashboard("z");
    d.says("press s to sort by name or customer");
    d = dashboard("s/site<enter>z");
    d.says("a filter expands all groups");
    d = Dashboard::after_keys("sz");
    d.says("the same customer");
}

#[test]
fn a_state_includes_what_is_more_urgent() {
    let count = |limit: i64| (0..40).filter(|number| days(*number) < limit).count();
    for (word, expected) in [
        ("soon", count(30)),
        ("urgent", count(7)),
        ("expired", count(0)),
        ("attention", count(30)),
        ("att", count(30)),
    ] {
        let d = dashboard(&format!("/is:{word}"));
        assert_eq!(d.model.list.shown_count(), expected, "is:{word}");
    }
    assert!(count(0) > 0 && count(7) > count(0) && count(30) > count(7));
}

#[test]
fn the_cursor_stays_on_its_identity_or_goes_to_the_first_match() {
    let mut d = dashboard("jjjjjjjjj");
    let selected = d.selected();
    // It matches: the cursor stays.
    d.keys(&format!("/{}", &selected[..5]));
    assert_eq!(d.selected(), selected);
    // A typing error and its correction leave the cursor where it was.
    d.keys("qqq");
    assert_eq!(d.model.list.shown_count(), 0);
    d.keys("<backspace><backspace><backspace>");
    assert_eq!(d.selected(), selected);
    // It does not match: the first match.
    d.keys("<esc>/type:prod");
    let first = d.model.list.shown_rows().next().unwrap().identity;
    assert_eq!(d.model.list.selected, Some(first));
    // Escape while typing leads back; an accepted filter leaves the cursor on the match.
    d.keys("<esc>");
    assert_eq!(d.selected(), selected);
    d.keys("/type:prod<enter><esc>");
    assert_eq!(d.model.list.selected, Some(first));
    assert_eq!(d.model.list.shown_count(), 40);
}

#[test]
fn production_is_visible_on_its_row_at_every_width() {
    for columns in 10..=200 {
        let mut d = Dashboard::with(forty(), settings(), columns, 12);
        d.keys("/site-09<enter>");
        let text = d.text();
        let line = text.lines().find(|line| line.contains('▌'));
        let line = line.unwrap_or_else(|| panic!("no row at {columns}:\n{text}"));
        let words: Vec<&str> = line.split([' ', '│']).collect();
        assert!(
            words.contains(&"P") || words.contains(&"PROD"),
            "{columns}:\n{text}"
        );
    }
}

#[test]
fn the_customer_is_a_column_of_a_flat_list() {
    let has_column = |columns, keys: &str| {
        let mut d = Dashboard::with(forty(), settings(), columns, 50);
        d.keys(keys);
        let text = d.text();
        text.lines().nth(2).unwrap().contains("customer")
    };
    for columns in [150, 160, 200, 250] {
        assert!(has_column(columns, ""), "{columns}");
        assert!(!has_column(columns, "s"), "{columns}");
    }
    assert!(!has_column(40, ""));
}

#[test]
fn forty_identities() {
    page_at_sizes_with("forty", forty, |d| {
        d.keys("jj");
    });
    page_at_sizes_with("forty_by_customer", forty, |d| {
        d.keys("ssssjjz");
    });
}

#[test]
fn the_order_by_expiry_has_one_mark() {
    for columns in [40, 80, 120, 200] {
        let mut d = Dashboard::new(columns, 30);
        d.keys("sss");
        d.shows("by expiry");
        let text = d.text();
        let titles = text.lines().find(|line| line.contains("name ")).unwrap();
        let arrow = d.model.settings.theme.glyphs.arrow_down;
        assert_eq!(titles.matches(arrow).count(), 1, "{columns}: {titles}");
        if titles.contains("expires") {
            assert!(titles.contains(&format!("expires{arrow}")), "{titles}");
        }
    }
}
