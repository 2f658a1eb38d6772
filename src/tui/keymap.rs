//! The keymap: key notation (`jj<enter>t`, `<c-d>`), and the bindings from the action table and the configuration. All
//! errors in the configuration are reported together.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::{ACTIONS, Action, Context};
use aemkeys_core::credential::{Code, Problem};

/// A key press. Shift is kept only for keys without a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl Key {
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    pub const fn letter(letter: char) -> Self {
        Self::plain(KeyCode::Char(letter))
    }

    /// Returns `None` for a key release.
    pub fn of(event: KeyEvent) -> Option<Self> {
        (event.kind != KeyEventKind::Release).then(|| Self::normal(event.code, event.modifiers))
    }

    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let modifiers = modifiers & kept;
        match code {
            KeyCode::BackTab => Self {
                code: KeyCode::Tab,
                modifiers: modifiers | KeyModifiers::SHIFT,
            },
            KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => Self {
                code: KeyCode::Char(letter.to_ascii_lowercase()),
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            KeyCode::Char(_) => Self {
                code,
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            _ => Self { code, modifiers },
        }
    }

    /// The character that the key types.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(letter) if self.modifiers.is_empty() && !letter.is_control() => {
                Some(letter)
            }
            _ => None,
        }
    }
}

const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("lt", KeyCode::Char('<')),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut prefix = String::new();
        for (modifier, letter) in [
            (KeyModifiers::CONTROL, "c-"),
            (KeyModifiers::ALT, "a-"),
            (KeyModifiers::SHIFT, "s-"),
        ] {
            if self.modifiers.contains(modifier) {
                prefix.push_str(letter);
            }
        }
        let named = NAMED.iter().find(|(_, code)| *code == self.code);
        match (named, self.code) {
            (Some((name, _)), _) => write!(f, "<{prefix}{name}>"),
            (None, KeyCode::F(number)) => write!(f, "<{prefix}f{number}>"),
            (None, KeyCode::Char(letter)) if prefix.is_empty() => write!(f, "{letter}"),
            (None, KeyCode::Char(letter)) => write!(f, "<{prefix}{letter}>"),
            (None, _) => f.write_str("<?>"),
        }
    }
}

/// Formats a key for hints and help: `Enter`, `Ctrl-D`, `x`.
pub fn say(key: Key) -> String {
    let mut text = String::new();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        text.push_str("Ctrl-");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        text.push_str("Alt-");
    }
    if key.modifiers.contains(KeyModifiers::SHIFT) {
        text.push_str("Shift-");
    }
    match key.code {
        KeyCode::Char(' ') => text.push_str("Space"),
        KeyCode::Char(letter) if text.is_empty() => text.push(letter),
        KeyCode::Char(letter) => text.push(letter.to_ascii_uppercase()),
        KeyCode::F(number) => text.extend(["F", &number.to_string()]),
        code => {
            let name = NAMED
                .iter()
                .find(|(_, named)| *named == code)
                .map_or("?", |(name, _)| *name);
            let mut letters = name.chars();
            if let Some(first) = letters.next() {
                text.push(first.to_ascii_uppercase());
                text.push_str(letters.as_str());
            }
        }
    }
    text
}

/// Parses a sequence of keys: `jj<enter>t`.
pub fn parse_keys(text: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '<' {
            let end = rest
                .find('>')
                .ok_or_else(|| "`<` without `>` (a `<` itself is `<lt>`)".to_owned())?;
            keys.push(parse_named(&rest[1..end])?);
            rest = &rest[end + 1..];
        } else {
            keys.push(Key::letter(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(keys)
}

fn parse_named(name: &str) -> Result<Key, String> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    while rest.len() > 2 && rest.as_bytes()[1] == b'-' {
        modifiers |= match rest.as_bytes()[0].to_ascii_lowercase() {
            b'c' => KeyModifiers::CONTROL,
            b'a' | b'm' => KeyModifiers::ALT,
            b's' => KeyModifiers::SHIFT,
            _ => return Err(format!("unknown key <{name}>")),
        };
        rest = &rest[2..];
    }
    let folded = rest.to_ascii_lowercase();
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == folded) {
        return Ok(Key::normal(*code, modifiers));
    }
    if let Some(number) = folded.strip_prefix('f').and_then(|n| n.parse::<u8>().ok())
        && (1..=12).contains(&number)
    {
        return Ok(Key::normal(KeyCode::F(number), modifiers));
    }
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !modifiers.is_empty() => {
            Ok(Key::normal(KeyCode::Char(letter), modifiers))
        }
        _ => Err(format!("unknown key <{name}>")),
    }
}

/// Suggests the notation for keys as other programs write them: `; write <c-a>` for `Ctrl-A`, `^A`, `C+a` or
/// `<ctrl-a>`.
fn meant(text: &str) -> String {
    let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
    let lower = bare.to_ascii_lowercase().replace('^', "ctrl-");
    let parts: Vec<&str> = lower
        .split(['-', '+', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    let Some((name, modifiers)) = parts.split_last() else {
        return String::new();
    };
    let mut notation = String::new();
    for modifier in modifiers {
        notation.push_str(match *modifier {
            "ctrl" | "control" | "c" => "c-",
            "alt" | "meta" | "option" | "opt" | "m" | "a" => "a-",
            "shift" | "s" => "s-",
            _ => return String::new(),
        });
    }
    let name = match *name {
        "return" | "cr" => "enter",
        "escape" => "esc",
        "spacebar" | "spc" => "space",
        "del" => "delete",
        "ins" => "insert",
        "bs" => "backspace",
        "pgup" | "prior" => "pageup",
        "pgdn" | "pgdown" | "next" => "pagedown",
        "backtab" => "s-tab",
        other => other,
    };
    match parse_named(&format!("{notation}{name}")) {
        Ok(key) => format!("; write {key}"),
        Err(_) => String::new(),
    }
}

/// The key bindings in use.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(Context, Key), Action>,
    keys: HashMap<Action, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::build(&BTreeMap::new()).0
    }
}

impl Keymap {
    /// Creates the keymap from the default keys and the configuration's `[keys]`, which maps action ids to keys.
    pub fn configured(chosen: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<Problem>> {
        let (keymap, problems) = Self::build(chosen);
        if problems.is_empty() {
            Ok(keymap)
        } else {
            Err(problems)
        }
    }

    fn build(chosen: &BTreeMap<String, Vec<String>>) -> (Self, Vec<Problem>) {
        let mut problems: Vec<Problem> = chosen
            .keys()
            .filter(|id| !ACTIONS.iter().any(|entry| entry.id == id.as_str()))
            .map(|id| {
                mistake(format!("[keys]: unknown action `{id}`"))
                    .next_step("press ? in the dashboard to list all actions, or see the README")
            })
            .collect();
        let mut keymap = Self {
            bound: HashMap::new(),
            keys: HashMap::new(),
        };
        for entry in ACTIONS {
            let written: Vec<&str> = match chosen.get(entry.id) {
                Some(keys) => keys.iter().map(String::as_str).collect(),
                None => entry.keys.to_vec(),
            };
            for text in written {
                match parse_keys(text).as_deref() {
                    Ok([key]) => keymap.bind(entry.action, entry.contexts, *key, &mut problems),
                    Ok(_) => problems.push(mistake(format!(
                        "[keys] {}: `{text}` must be one key{}",
                        entry.id,
                        meant(text)
                    ))),
                    Err(why) => problems.push(mistake(format!(
                        "[keys] {}: {why}{}",
                        entry.id,
                        meant(text)
                    ))),
                }
            }
        }
        (keymap, problems)
    }

    fn bind(
        &mut self,
        action: Action,
        contexts: &[Context],
        key: Key,
        problems: &mut Vec<Problem>,
    ) {
        self.keys.entry(action).or_default().push(key);
        for context in contexts {
            let other = self.bound.insert((*context, key), action);
            if let Some(other) = other.filter(|other| *other != action) {
                problems.push(mistake(format!(
                    "[keys]: {key} is both `{}` and `{}`",
                    other.entry().id,
                    action.entry().id
                )));
                return;
            }
        }
    }

    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        self.bound.get(&(context, key)).copied()
    }

    pub fn keys(&self, action: Action) -> &[Key] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key that types no text.
    pub fn hint_while_typing(&self, action: Action) -> Option<String> {
        let mut keys = self.keys(action).iter();
        keys.find(|key| key.text().is_none()).map(|key| say(*key))
    }

    /// The first key, formatted for hints.
    pub fn hint(&self, action: Action) -> Option<String> {
        self.keys(action).first().map(|key| say(*key))
    }
}

fn mistake(message: String) -> Problem {
    Problem::new(Code::BadKeymap, message)
        .next_step("correct config.toml; the README lists all actions and keys")
}

/// Returns the default keymap as a commented file, for `assets/keymap.toml`.
pub fn default_file() -> String {
    let mut text = String::from(
        "# The default keys, one line per action. Copy the lines that you change to [keys] in config.toml.\n# Notation: x, G, <enter>, <esc>, <space>, <tab>, <s-tab>, <c-d>, <f1>, <lt>.\n\n[keys]\n",
    );
    let mut group = "";
    for entry in ACTIONS {
        if entry.group != group {
            group = entry.group;
            text.extend(["\n# ", group, "\n"]);
        }
        let keys: Vec<String> = entry.keys.iter().map(|key| format!("{key:?}")).collect();
        let assignment = format!("{} = [{}]", entry.id, keys.join(", "));
        let _ = writeln!(text, "{assignment:<44}# {}", entry.doc);
    }
    text
}

/// Returns the key table of the README.
pub fn readme_table() -> String {
    let mut text = String::from("| key | action | description |\n|---|---|---|\n");
    for entry in ACTIONS {
        let keys: Vec<String> = entry
            .keys
            .iter()
            .filter_map(|key| parse_keys(key).ok()?.first().copied())
            .map(|key| format!("`{}`", say(key)))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            keys.join(" "),
            entry.title,
            entry.doc
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_read_and_written_back() {
        let keys = parse_keys("jj<enter>t<c-d><esc><space><s-tab><f1><lt>G").unwrap();
        let written: String = keys.iter().map(ToString::to_string).collect();
        assert_eq!(written, "jj<enter>t<c-d><esc><space><s-tab><f1><lt>G");
        assert_eq!(keys.len(), 11);
    }

    #[test]
    fn errors_name_unknown_keys() {
        assert!(parse_keys("<hyper>").unwrap_err().contains("hyper"));
        assert!(parse_keys("<enter").is_err());
        assert!(parse_keys("<>").is_err());
        assert!(parse_keys("<x>").is_err());
    }

    #[test]
    fn the_default_keymap_is_valid() {
        let (_, problems) = Keymap::build(&BTreeMap::new());
        assert_eq!(problems, []);
    }

    #[test]
    fn keys_of_terminals_and_multiplexers_are_not_bound() {
        for entry in ACTIONS {
            for key in entry.keys {
                assert!(
                    !["<c-a>", "<c-b>", "<c-s>", "<c-q>"].contains(key) && !key.starts_with("<a-"),
                    "{} is bound to {key}",
                    entry.id
                );
            }
        }
    }

    #[test]
    fn all_errors_of_a_keymap_are_reported_together() {
        let chosen = BTreeMap::from([
            ("copyy".to_owned(), vec!["c".to_owned()]),
            ("sort".to_owned(), vec!["<hyper-s>".to_owned()]),
            ("filter".to_owned(), vec!["t".to_owned()]),
            ("edit".to_owned(), vec!["ee".to_owned()]),
        ]);
        let problems = Keymap::configured(&chosen).unwrap_err();
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let all = all.join("\n");
        for expected in ["copyy", "hyper-s", "`test` and `filter`", "must be one key"] {
            assert!(all.contains(expected), "{expected} not in:\n{all}");
        }
    }

    #[test]
    fn the_intended_notation_is_suggested() {
        for (text, meant) in [
            ("Ctrl-A", "<c-a>"),
            ("ctrl+a", "<c-a>"),
            ("^A", "<c-a>"),
            ("C-a", "<c-a>"),
            ("<ctrl-a>", "<c-a>"),
            ("Control Alt X", "<c-a-x>"),
            ("shift-tab", "<s-tab>"),
            ("<return>", "<enter>"),
            ("Escape", "<esc>"),
            ("F5", "<f5>"),
            ("<pgdn>", "<pagedown>"),
        ] {
            let chosen = BTreeMap::from([("sort".to_owned(), vec![text.to_owned()])]);
            let told = Keymap::configured(&chosen).unwrap_err()[0].to_string();
            assert!(told.ends_with(&format!("write {meant}")), "{told}");
        }
        let chosen = BTreeMap::from([("sort".to_owned(), vec!["<hyper-s>".to_owned()])]);
        let told = Keymap::configured(&chosen).unwrap_err()[0].to_string();
        assert!(!told.contains("write"), "{told}");
    }

    #[test]
    fn a_changed_key_replaces_the_default() {
        let chosen = BTreeMap::from([("copy".to_owned(), vec!["<f5>".to_owned()])]);
        let keymap = Keymap::configured(&chosen).unwrap();
        assert_eq!(
            keymap.action(Context::List, Key::plain(KeyCode::F(5))),
            Some(Action::Copy)
        );
        assert_eq!(keymap.action(Context::List, Key::letter('c')), None);
    }

    #[test]
    fn the_default_file_names_every_action() {
        let read: toml::Table = toml::from_str(&default_file()).unwrap();
        assert_eq!(read["keys"].as_table().unwrap().len(), ACTIONS.len());
    }
}
