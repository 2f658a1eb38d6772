//! Converts terminal events to messages. Keys that arrive in a burst are a paste, and a paste never runs a command.

use std::collections::BTreeSet;

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEventKind,
};

use crate::tui::keymap::KeyPress;
use crate::tui::layout::HitMap;
use crate::tui::message::{ClickTarget, Event};
use aemkeys_core::credential::Secret;

/// The number of pending printable keys that counts as a paste.
const BURST: usize = 8;
/// The number of lines per turn of the mouse wheel.
const WHEEL: i16 = 3;

/// The number of pending keys that nobody has typed.
const MORE_THAN_TYPED: usize = 200;
/// The number of different keys that may have been held down in turn.
const MOST_HELD: usize = 3;
/// The length from which keys that contain JSON or a token are a paste.
const SHORTEST_PASTE: usize = 16;

/// Converts events that were pending together to messages. `follows_paste` if a paste has just arrived, of which these keys
/// may be the rest.
pub fn messages(waiting: Vec<TerminalEvent>, follows_paste: bool, hits: &HitMap) -> Vec<Event> {
    let mut messages = Vec::new();
    let mut run: Vec<KeyEvent> = Vec::new();
    for event in waiting {
        if let TerminalEvent::Key(key) = event {
            if key.kind == KeyEventKind::Release {
                continue;
            }
            if printed(&key).is_some() {
                run.push(key);
                continue;
            }
        }
        end_run(&mut run, follows_paste, &mut messages);
        messages.extend(one(event, hits));
    }
    end_run(&mut run, follows_paste, &mut messages);
    messages
}

/// Whether these keys look like the start of a paste.
pub fn is_burst(waiting: &[TerminalEvent]) -> bool {
    let last: usize = waiting
        .iter()
        .rev()
        .take_while(|event| match event {
            TerminalEvent::Key(key) => printed(key).is_some() || key.kind == KeyEventKind::Release,
            _ => false,
        })
        .count();
    last >= BURST
}

/// Returns the text of a pasted key.
fn printed(key: &KeyEvent) -> Option<char> {
    let plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(letter) if plain => Some(letter),
        KeyCode::Enter if plain => Some('\n'),
        KeyCode::Tab if plain => Some('\t'),
        // A line feed arrives as Ctrl-J in raw mode.
        KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => Some('\n'),
        _ => None,
    }
}

fn end_run(run: &mut Vec<KeyEvent>, follows_paste: bool, messages: &mut Vec<Event>) {
    let letters = run
        .iter()
        .filter(|key| matches!(key.code, KeyCode::Char(_)))
        .count();
    if letters >= BURST && (follows_paste || is_pasted(run)) && !all_the_same(run) {
        // Allocated once, because a growing buffer leaves copies of the secret in memory.
        let mut text = String::with_capacity(run.len() * 4);
        text.extend(run.iter().filter_map(printed));
        messages.push(Event::Paste(Secret::from(text)));
    } else {
        messages.extend(
            run.iter()
                .filter_map(|key| KeyPress::of(*key))
                .map(Event::Key),
        );
    }
    run.clear();
}

/// Whether the keys are a credential or a token, or more than anybody types. Other text is what somebody types fast, or keys
/// that were held down.
fn is_pasted(run: &[KeyEvent]) -> bool {
    let has = |wanted: &str| {
        let wanted: Vec<char> = wanted.chars().collect();
        let mut windows = run.windows(wanted.len());
        windows.any(|keys| {
            keys.iter()
                .map(printed)
                .eq(wanted.iter().map(|it| Some(*it)))
        })
    };
    let is_json = has("{") && has("\"");
    let letters: BTreeSet<_> = run.iter().filter_map(printed).collect();
    run.len() >= SHORTEST_PASTE && (is_json || has("eyJ") || has("-----BEGIN"))
        || run.len() >= MORE_THAN_TYPED && letters.len() > MOST_HELD
}

/// A key that is held down while the dashboard is busy is no paste.
fn all_the_same(run: &[KeyEvent]) -> bool {
    run.windows(2).all(|pair| pair[0].code == pair[1].code)
}

fn one(event: TerminalEvent, hits: &HitMap) -> Option<Event> {
    match event {
        TerminalEvent::Key(key) => KeyPress::of(key).map(Event::Key),
        // Some terminals send the line feeds of a paste as carriage returns.
        TerminalEvent::Paste(text) if text.contains('\r') => {
            let text = Secret::from(text);
            Some(Event::Paste(with_line_feeds(&text)))
        }
        TerminalEvent::Paste(text) => Some(Event::Paste(Secret::from(text))),
        TerminalEvent::Resize(columns, rows) => Some(Event::Resize { columns, rows }),
        TerminalEvent::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => hits
                .at(mouse.column, mouse.row)
                .cloned()
                .map(|target: ClickTarget| Event::Click(target)),
            MouseEventKind::Down(MouseButton::Right) => {
                let target = hits.at(mouse.column, mouse.row);
                target.cloned().map(Event::MenuClick)
            }
            MouseEventKind::ScrollDown => Some(wheel(WHEEL, mouse.column, mouse.row, hits)),
            MouseEventKind::ScrollUp => Some(wheel(-WHEEL, mouse.column, mouse.row, hits)),
            _ => None,
        },
        TerminalEvent::FocusGained => Some(Event::Focus(true)),
        TerminalEvent::FocusLost => Some(Event::Focus(false)),
    }
}

fn wheel(lines: i16, column: u16, row: u16, hits: &HitMap) -> Event {
    let on = hits.at(column, row).cloned();
    Event::Scroll { lines, on }
}

fn with_line_feeds(text: &Secret) -> Secret {
    let bytes = text.expose();
    let mut clean = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            b'\r' => clean.push(b'\n'),
            other => clean.push(*other),
        }
    }
    Secret::new(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<TerminalEvent> {
        text.chars()
            .map(|letter| {
                let code = if letter == '\n' {
                    KeyCode::Enter
                } else {
                    KeyCode::Char(letter)
                };
                TerminalEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))
            })
            .collect()
    }

    fn pastes(messages: &[Event]) -> Vec<&Secret> {
        messages
            .iter()
            .filter_map(|message| match message {
                Event::Paste(secret) => Some(secret),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_burst_of_keys_is_a_paste_and_runs_no_command() {
        let messages = messages(typed("eyJhbGciOiJq\nqqD"), false, &HitMap::default());
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(pastes(&messages), [&Secret::from("eyJhbGciOiJq\nqqD")]);
    }

    #[test]
    fn a_few_keys_are_not_a_paste() {
        let messages = messages(typed("jjjt"), false, &HitMap::default());
        assert_eq!(messages.len(), 4);
        assert!(pastes(&messages).is_empty());
    }

    #[test]
    fn what_is_typed_fast_is_not_a_paste() {
        for text in [
            "jjjjjjjjkkkkkkkkjjjjkkkk",
            "/wknd-stage type:prod\n",
            "the quick brown fox jumps over the lazy dog",
            "{ab\"cde",
            "/home/me/x.json",
        ] {
            let messages = messages(typed(text), false, &HitMap::default());
            assert!(pastes(&messages).is_empty(), "{text}");
        }
        let held = "j".repeat(150) + &"k".repeat(150) + &"jk".repeat(100);
        assert!(pastes(&messages(typed(&held), false, &HitMap::default())).is_empty());
        let text = typed(&"qqDxtqRa".repeat(30));
        assert_eq!(pastes(&messages(text, false, &HitMap::default())).len(), 1);
        // But the rest of a paste that arrived in two parts is.
        let rest = messages(typed("abcDqxXefghij"), true, &HitMap::default());
        assert_eq!(pastes(&rest).len(), 1);
        assert!(pastes(&messages(typed("jjjjjjjjjj"), true, &HitMap::default())).is_empty());
    }

    #[test]
    fn a_held_key_is_not_a_paste() {
        assert!(
            pastes(&messages(
                typed("jjjjjjjjjjjjjjj"),
                false,
                &HitMap::default()
            ))
            .is_empty()
        );
    }

    #[test]
    fn an_unknown_key_ends_the_run() {
        let mut events = typed("jjj");
        events.push(TerminalEvent::Key(KeyEvent::new(
            KeyCode::Esc,
            KeyModifiers::NONE,
        )));
        events.extend(typed("{\"access_token\":\"eyJ"));
        let messages = messages(events, false, &HitMap::default());
        assert_eq!((messages.len(), pastes(&messages).len()), (5, 1));
    }

    #[test]
    fn line_ends_of_a_paste_become_line_feeds() {
        let events = vec![TerminalEvent::Paste("{\r\"a\"\r\n}".to_owned())];
        let messages = messages(events, false, &HitMap::default());
        assert_eq!(pastes(&messages), [&Secret::from("{\n\"a\"\n}")]);
    }

    #[test]
    fn a_burst_is_read_to_its_end() {
        assert!(is_burst(&typed("abcdefgh")));
        assert!(!is_burst(&typed("abc")));
    }
}
