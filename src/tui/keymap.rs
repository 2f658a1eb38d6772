//! The keymap: key notation (`jj<enter>t`, `<c-d>`), and the bindings from the action table and the configuration. All
//! errors in the configuration are reported together.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::action::{ACTIONS, Action, Context};
use super::key::meant;
pub use super::key::{KeyPress, parse_keys, say};
use aemkeys_core::credential::{Code, Problem};

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
    pub fn configured(chosen: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<Problem>> {
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
        key: KeyPress,
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

    pub fn action(&self, context: Context, key: KeyPress) -> Option<Action> {
        self.bound.get(&(context, key)).copied()
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

fn mistake(message: String) -> Problem {
    Problem::new(Code::BadKeymap, message)
        .next_step("correct config.toml; the README lists all actions and keys")
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
