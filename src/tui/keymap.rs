//! The keymap: key notation (`jj<enter>t`, `<c-d>`), and the bindings from the action table and the configuration. All
//! errors in the configuration are reported together.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::action::{ACTIONS, Action, Context};
use super::key::meant;
pub use super::key::{KeyPress, parse_keys, say};
use super::keyboard_layouts::at_position;
use crate::app::nearest;

/// The key bindings in use.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(Context, KeyPress), Action>,
    keys: HashMap<Action, Vec<KeyPress>>,
    /// Whether actions are typed by their names, as in the linear mode.
    is_typed: bool,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::build(&BTreeMap::new()).0
    }
}

impl Keymap {
    /// Creates the keymap from the default keys and the configuration's `[keys]`, which maps action ids to keys.
    pub fn configured(chosen: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<KeyMistake>> {
        let (keymap, problems) = Self::build(chosen);
        if problems.is_empty() {
            Ok(keymap)
        } else {
            Err(problems)
        }
    }

    /// Returns the keymap of the linear mode, in which the user types the names of actions.
    pub fn typed() -> Self {
        Self {
            is_typed: true,
            ..Self::default()
        }
    }

    /// Returns the verb before a hint: `press x` or `type exchange`.
    pub fn verb(&self) -> &'static str {
        if self.is_typed { "type" } else { "press" }
    }

    fn build(chosen: &BTreeMap<String, Vec<String>>) -> (Self, Vec<KeyMistake>) {
        let mut problems: Vec<KeyMistake> = chosen
            .keys()
            .filter(|id| !ACTIONS.iter().any(|entry| entry.id == id.as_str()))
            .map(|id| KeyMistake::new(id, "unknown action"))
            .collect();
        let mut keymap = Self {
            bound: HashMap::new(),
            keys: HashMap::new(),
            is_typed: false,
        };
        for entry in ACTIONS {
            let written: Vec<&str> = match chosen.get(entry.id) {
                Some(keys) => keys.iter().map(String::as_str).collect(),
                None => entry.keys.to_vec(),
            };
            for text in written {
                match parse_keys(text).as_deref() {
                    Ok([key]) => keymap.bind(entry.action, entry.contexts, *key, &mut problems),
                    Ok(_) => problems.push(KeyMistake::new(
                        entry.id,
                        format!("`{text}` must be one key{}", meant(text)),
                    )),
                    Err(why) => {
                        problems.push(KeyMistake::new(entry.id, format!("{why}{}", meant(text))));
                    }
                }
            }
        }
        (keymap, problems)
    }

    fn bind(
        &mut self,
        action: Action,
        contexts: &[Context],
        key: KeyPress,
        problems: &mut Vec<KeyMistake>,
    ) {
        self.keys.entry(action).or_default().push(key);
        for context in contexts {
            let other = self.bound.insert((*context, key), action);
            if let Some(other) = other.filter(|other| *other != action) {
                let (other, this) = (other.entry().id, action.entry().id);
                problems.push(KeyMistake::new(
                    this,
                    format!("{key} is both `{other}` and `{this}`"),
                ));
                return;
            }
        }
    }

    /// Returns the action of a key. A key that is not bound and types no ASCII character counts as the one at its position on
    /// a US keyboard.
    pub fn action(&self, context: Context, key: KeyPress) -> Option<Action> {
        let bound = |key| self.bound.get(&(context, key)).copied();
        bound(key).or_else(|| bound(at_position(key)?))
    }

    pub fn keys(&self, action: Action) -> &[KeyPress] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key, formatted for hints; or the name that is typed.
    pub fn hint(&self, action: Action) -> Option<String> {
        if self.is_typed {
            return Some(typed_name(action).to_owned());
        }
        self.keys(action).first().map(|key| say(*key))
    }
}

/// The name by which the linear mode offers an action.
pub fn typed_name(action: Action) -> &'static str {
    match action {
        Action::Close | Action::Leave => "back",
        Action::Interrupt => "Ctrl-C",
        action => action.entry().title,
    }
}

/// Returns the ids of all actions, for `[keys]`.
pub fn actions() -> impl Iterator<Item = &'static str> + Clone {
    ACTIONS.iter().map(|entry| entry.id)
}

/// Returns the default keys of an action; `None` if it has none.
pub fn default_keys(id: &str) -> Option<String> {
    let keys = ACTIONS.iter().find(|entry| entry.id == id)?.keys;
    (!keys.is_empty()).then(|| keys.join(", "))
}

/// A mistake in the keys of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMistake {
    /// The id of the action, as it was written.
    pub action: String,
    pub why: String,
}

impl KeyMistake {
    fn new(action: &str, why: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            why: why.into(),
        }
    }

    /// Returns what to do next.
    pub fn next_step(&self) -> String {
        let known = actions();
        if known.clone().any(|id| id == self.action) {
            return "correct this line; `?` in the dashboard lists all actions and keys".to_owned();
        }
        match nearest(&self.action, known).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "press ? in the dashboard to list all actions".to_owned(),
        }
    }
}

impl std::fmt::Display for KeyMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keys.{}: {}", self.action, self.why)
    }
}

/// Returns the default keymap as a commented file, for `assets/keymap.toml`.
pub fn default_file() -> String {
    let mut text = String::from(
        "# Generated from src/tui/action.rs by \"cargo xtask assets\"; do not edit.\n# The default keys, one line per action. Copy the lines that you change to [keys] in config.toml.\n# Notation: x, G, <enter>, <esc>, <space>, <tab>, <s-tab>, <c-d>, <f1>, <lt>.\n\n[keys]\n",
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

/// Returns all actions with their keys as Markdown: a table for each group, with the names that the configuration uses.
pub fn markdown() -> String {
    let mut text = String::new();
    let mut group = "";
    for entry in ACTIONS {
        if entry.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            group = entry.group;
            let _ = writeln!(
                text,
                "{gap}## {group}\n\n| key | name | description |\n|---|---|---|"
            );
        }
        let keys: Vec<String> = entry
            .keys
            .iter()
            .filter_map(|key| parse_keys(key).ok()?.first().copied())
            .map(|key| format!("`{}`", say(key)))
            .collect();
        let _ = writeln!(
            text,
            "| {} | `{}` | {} |",
            keys.join(" "),
            entry.id,
            entry.doc
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;

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
                    !["<c-a>", "<c-s>", "<c-q>"].contains(key) && !key.starts_with("<a-"),
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
            keymap.action(Context::List, KeyPress::plain(KeyCode::F(5))),
            Some(Action::Copy)
        );
        assert_eq!(keymap.action(Context::List, KeyPress::letter('c')), None);
    }

    #[test]
    fn the_default_file_names_every_action() {
        let read: toml::Table = toml::from_str(&default_file()).unwrap();
        assert_eq!(read["keys"].as_table().unwrap().len(), ACTIONS.len());
    }
}
