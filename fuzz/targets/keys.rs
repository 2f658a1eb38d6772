//! Sends any keys, pastes, clicks, sizes and pauses to the dashboard: it must not panic, and its frames must be printable.

#![no_main]

use std::sync::{Arc, LazyLock};

use aemkeys::app::{Clock, Index};
use aemkeys::tui::App;
use aemkeys::tui::action::ACTIONS;
use aemkeys::tui::frame::Frame;
use aemkeys::tui::keymap::{KeyPress, parse_keys};
use aemkeys::tui::message::{Event, Message};
use aemkeys::tui::{Settings, update::update};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;

/// All bound keys and some others.
static KEYS: LazyLock<Vec<KeyPress>> = LazyLock::new(|| {
    ACTIONS
        .iter()
        .flat_map(|entry| entry.keys)
        .flat_map(|key| parse_keys(key).unwrap())
        .chain("yn1é日\u{301} ".chars().map(KeyPress::letter))
        .collect()
});

/// The environments of the demo, with all types and kinds of identities.
static LIST: LazyLock<(Arc<Index>, Timestamp)> = LazyLock::new(|| {
    let demo = aemkeys::cli::demo::start(Clock::real()).unwrap();
    (demo.context.read_index().unwrap(), demo.context.clock.now())
});

fuzz_target!(|input: &[u8]| {
    let (list, mut at) = LIST.clone();
    let mut app = App::new(list, Settings::default(), at);
    (app.model.columns, app.model.rows) = (100, 24);
    let mut rest = input.iter().copied();
    while let Some(byte) = rest.next() {
        let mut next = || rest.next().unwrap_or(0);
        let event = match byte {
            0..=219 => Event::Key(KEYS[usize::from(byte) % KEYS.len()]),
            220..=225 => {
                let length = usize::from(next());
                let text: Vec<u8> = rest.by_ref().take(length).collect();
                Event::Paste(String::from_utf8_lossy(&text).into_owned().into())
            }
            226..=235 => {
                let (x, y) = (u16::from(next()), u16::from(next()));
                match Frame::of(&app).hits.at(x, y).cloned() {
                    Some(target) => Event::Click(target),
                    None => continue,
                }
            }
            236..=240 => {
                let lines = i16::from(next()) - 128;
                let (x, y) = (u16::from(next()), u16::from(next()));
                let on = Frame::of(&app).hits.at(x, y).cloned();
                Event::Scroll { lines, on }
            }
            241..=246 => Event::Resize {
                columns: u16::from(next()),
                rows: u16::from(next()) / 2,
            },
            247..=252 => {
                at += SignedDuration::from_mins(i64::from(next()));
                Event::Clock
            }
            _ => Event::Terminate,
        };
        let _effects = update(&mut app, Message { at, event });
    }
    let shown = Frame::of(&app).text();
    assert!(
        !shown.chars().any(|c| c.is_control() && c != '\n'),
        "{shown:?}"
    );
});
