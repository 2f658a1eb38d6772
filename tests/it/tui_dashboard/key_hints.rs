//! Key hints: each names a key that does something there, also with changed keys.

use std::collections::BTreeMap;

use aemkeys::tui::action::{ACTIONS, Action};
use aemkeys::tui::frame::Frame;
use aemkeys::tui::key_hints::{self, KeyHint};
use aemkeys::tui::keymap::{KeyPress, Keymap, say};
use aemkeys::tui::message::Event;

use super::fixture::Dashboard;
use super::places::{Place, every_page, every_tab};

/// Every page and tab in its states, at two sizes.
fn everywhere() -> impl Iterator<Item = Place> {
    let sizes = [(120, 30), (60, 14)];
    sizes.into_iter().flat_map(|(columns, rows)| {
        let mut places = every_page(columns, rows);
        places.extend(every_tab(columns, rows));
        places
    })
}

/// All hints that the footer may show.
fn hints(d: &Dashboard) -> Vec<KeyHint> {
    let (view, model) = (d.model.top(), &d.model.model);
    let always = [Action::Palette, Action::Help];
    let always = always
        .iter()
        .filter_map(|it| key_hints::of_action(view, model, *it));
    key_hints::of(view, model)
        .into_iter()
        .chain(always)
        .collect()
}

fn key_of(d: &Dashboard, hint: &KeyHint) -> KeyPress {
    let keys = d.model.settings.keymap.keys(hint.action).iter();
    *keys.clone().find(|key| say(**key) == hint.key).unwrap()
}

/// The screen and its cursor, without the line of messages, which may only say why nothing happens.
fn without_message(d: &Dashboard) -> String {
    let frame = Frame::of(&d.model);
    let (text, line) = (frame.ansi(), usize::from(d.model.rows) - 2);
    let lines = text.lines().enumerate().filter(|(at, _)| *at != line);
    let lines: Vec<&str> = lines.map(|(_, line)| line).collect();
    format!("{}{:?}", lines.join("\n"), frame.cursor)
}

#[test]
fn every_hinted_key_does_something() {
    let mut pressed = 0;
    for (name, mut place) in everywhere() {
        // Another size only changes what is drawn.
        place.effects.clear();
        for hint in hints(&place) {
            let mut d = Dashboard {
                model: place.model.clone(),
                effects: Vec::new(),
            };
            d.send(Event::Key(key_of(&place, &hint)));
            let changed = without_message(&d) != without_message(&place);
            assert!(
                changed || !d.effects.is_empty(),
                "{name}: {} {} does nothing:\n{}",
                hint.key,
                hint.words,
                d.text()
            );
            pressed += 1;
        }
    }
    assert!(pressed > 200, "only {pressed} hints");
}

/// Every action on keys of its own, none of which is a default.
fn other_keys() -> Keymap {
    let modifiers = ["", "c-", "a-", "s-", "c-a-", "c-s-", "a-s-", "c-a-s-"];
    let keys = modifiers
        .iter()
        .flat_map(|modifier| (1..=12).map(move |number| format!("<{modifier}f{number}>")))
        .filter(|key| key != "<f1>");
    let chosen: BTreeMap<String, Vec<String>> = ACTIONS
        .iter()
        .zip(keys)
        .map(|(entry, key)| (entry.id.to_owned(), vec![key]))
        .collect();
    assert_eq!(chosen.len(), ACTIONS.len());
    Keymap::configured(&chosen).unwrap()
}

/// The words after `press` on the screen.
fn named_keys(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = words.windows(2).filter(|pair| pair[0] == "press");
    named
        .map(|pair| {
            pair[1]
                .trim_end_matches([',', '.', ';', ':', ')'])
                .to_owned()
        })
        .collect()
}

#[test]
fn texts_and_hints_name_the_keys_in_use() {
    let other = other_keys();
    let known: Vec<String> = ACTIONS
        .iter()
        .flat_map(|entry| other.keys(entry.action))
        .map(|key| say(*key))
        .collect();
    let mut named = 0;
    for (name, mut d) in everywhere() {
        d.model.settings.keymap = other.clone();
        d.model.toast = None;
        for key in named_keys(&d.text()) {
            // Cut by the edge of a panel.
            let is_cut = key.chars().any(|letter| "│┃…".contains(letter));
            assert!(
                is_cut || known.contains(&key),
                "{name}: press {key}\n{}",
                d.text()
            );
            named += 1;
        }
        for hint in hints(&d) {
            assert!(known.contains(&hint.key), "{name}: {hint:?}");
        }
        for default in [
            "Esc close",
            "Esc cancel",
            "Enter choose",
            "/ filter",
            "Tab next",
        ] {
            d.hides(default);
        }
    }
    assert!(named > 20, "only {named} keys are named");
}
