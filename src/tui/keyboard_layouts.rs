//! Keyboard layouts without Latin letters: which key of a US keyboard is at the position of the key that types a character.
//!
//! The kitty keyboard protocol can report this key itself, but few terminals have it, tmux and screen don't pass it on, and
//! crossterm drops it. The character that was typed arrives everywhere, so it is translated here.

use crossterm::event::KeyCode;

use super::keymap::KeyPress;

/// The characters of a US keyboard and, in the same order, those of a layout: first without, then with Shift. A space is a
/// key that types an ASCII character or none; ASCII characters are never translated, because each may be bound itself.
struct KeyboardLayout {
    #[cfg(test)]
    name: &'static str,
    plain: &'static str,
    shifted: &'static str,
}

const US: [&str; 2] = [
    "`qwertyuiop[]\\asdfghjkl;'zxcvbnm,./",
    "~QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?",
];

macro_rules! layouts {
    ($($name:literal $plain:literal $shifted:literal)*) => {
        const LAYOUTS: &[KeyboardLayout] = &[$(KeyboardLayout {
            #[cfg(test)]
            name: $name,
            plain: $plain,
            shifted: $shifted,
        }),*];
    };
}

// Where two layouts have the same character at different keys, the first one counts.
layouts! {
    "Russian"
    "ёйцукенгшщзхъ фывапролджэячсмитьбю "
    "ЁЙЦУКЕНГШЩЗХЪ ФЫВАПРОЛДЖЭЯЧСМИТЬБЮ "
    "Ukrainian"
    "ʼйцукенгшщзхїґфівапролджєячсмитьбю "
    "₴ЙЦУКЕНГШЩЗХЇҐФІВАПРОЛДЖЄЯЧСМИТЬБЮ "
    "Greek"
    "  ςερτυθιοπ   ασδφγηξκλ΄ ζχψωβνμ   "
    "   ΕΡΤΥΘΙΟΠ   ΑΣΔΦΓΗΞΚΛ¨ ΖΧΨΩΒΝΜ   "
    "Hebrew"
    "   קראטוןםפ   שדגכעיחלךף זסבהנמצתץ "
    "                                   "
    "Arabic"
    "ذضصثقفغعهخحجد شسيبلاتنمكطئءؤرﻻىةوزظ"
    "ّ\u{64e}\u{64b}\u{64f}\u{64c}ﻹإ ÷×؛   \u{650}\u{64d}  ﻷأـ،    \u{652}  ﻵآ   ؟"
}

/// Returns the key of a US keyboard at the position of a key that types no ASCII character.
pub fn at_position(key: KeyPress) -> Option<KeyPress> {
    let KeyCode::Char(typed) = key.code else {
        return None;
    };
    if typed.is_ascii() {
        return None;
    }
    let mut halves = LAYOUTS
        .iter()
        .flat_map(|layout| [(layout.plain, US[0]), (layout.shifted, US[1])]);
    let letter = halves.find_map(|(layout, us)| {
        let at = layout.chars().position(|other| other == typed)?;
        us.chars().nth(at)
    })?;
    Some(KeyPress::of_char(letter, key.modifiers))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crossterm::event::KeyModifiers;

    use super::*;
    use crate::tui::action::ACTIONS;
    use crate::tui::keymap::{Keymap, parse_keys};

    /// Returns the character that the layout types with the key of a US keyboard.
    fn typed(layout: &KeyboardLayout, us: char) -> Option<char> {
        let halves = [(layout.plain, US[0]), (layout.shifted, US[1])];
        let found = halves.into_iter().find_map(|(layout, known)| {
            let at = known.chars().position(|other| other == us)?;
            layout.chars().nth(at)
        });
        found.filter(|letter| *letter != ' ')
    }

    #[test]
    fn the_rows_of_every_layout_have_the_keys_of_a_us_keyboard() {
        for layout in LAYOUTS {
            for (row, us) in [(layout.plain, US[0]), (layout.shifted, US[1])] {
                let letters: Vec<char> = row.chars().collect();
                assert_eq!(letters.len(), us.chars().count(), "{}: {row}", layout.name);
                let ascii = letters.iter().filter(|it| it.is_ascii());
                assert!(ascii.clone().all(|it| *it == ' '), "{}", layout.name);
                let different: BTreeSet<_> = letters.iter().filter(|it| **it != ' ').collect();
                assert_eq!(
                    different.len() + ascii.count(),
                    letters.len(),
                    "{}",
                    layout.name
                );
            }
        }
    }

    #[test]
    fn every_default_key_works_in_every_layout() {
        let keymap = Keymap::configured(&BTreeMap::new()).unwrap();
        // The keys that type ASCII characters in these layouts, and the second of two keys with the same character.
        let not_there = BTreeMap::from([("Greek", "qQW"), ("Hebrew", "qw"), ("Arabic", "CDFLUZV")]);
        for layout in LAYOUTS {
            let missing = not_there.get(layout.name).copied().unwrap_or_default();
            for entry in ACTIONS {
                for (context, key) in entry.contexts.iter().flat_map(|context| {
                    let keys = entry.keys.iter().flat_map(|keys| parse_keys(keys).unwrap());
                    keys.map(move |key| (*context, key))
                }) {
                    let KeyCode::Char(us) = key.code else {
                        continue;
                    };
                    // Hebrew types Latin capitals with Shift.
                    let is_latin = layout.name == "Hebrew" && us.is_ascii_uppercase();
                    if !us.is_ascii_alphabetic() || missing.contains(us) || is_latin {
                        continue;
                    }
                    let typed = typed(layout, us);
                    let typed = typed.unwrap_or_else(|| panic!("{}: no {us}", layout.name));
                    let pressed = KeyPress {
                        code: KeyCode::Char(typed),
                        ..key
                    };
                    let found = keymap.action(context, pressed);
                    let name = layout.name;
                    assert_eq!(
                        found,
                        Some(entry.action),
                        "{name} {context:?} {typed} for {us}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_key_that_the_user_has_bound_is_not_translated() {
        let chosen = BTreeMap::from([("sort".to_owned(), vec!["с".to_owned()])]);
        let keymap = Keymap::configured(&chosen).unwrap();
        let context = crate::tui::action::Context::List;
        let action = |letter| keymap.action(context, KeyPress::letter(letter)).unwrap();
        assert_eq!(action('с').entry().id, "sort");
        assert_eq!(action('ч').entry().id, "exchange");
    }

    #[test]
    fn control_with_a_capital_is_control_with_its_letter() {
        let pressed = KeyPress {
            code: KeyCode::Char('С'),
            modifiers: KeyModifiers::CONTROL,
        };
        assert_eq!(at_position(pressed).unwrap().to_string(), "<c-c>");
    }

    #[test]
    fn latin_letters_and_letters_of_no_layout_stay() {
        for letter in "aQ;/é日ß".chars() {
            assert_eq!(at_position(KeyPress::letter(letter)), None, "{letter}");
        }
    }
}
