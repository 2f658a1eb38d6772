//! What a typed line means: a number, a word of the linear mode, or the name of an action with what it applies to.

use crate::tui::action::{ACTIONS, Action, Context};
use crate::tui::keymap::typed_name;

#[derive(Debug, PartialEq, Eq)]
pub enum Command<'l> {
    /// Print the page.
    Repeat,
    /// Print the next lines of a long page.
    More,
    Help,
    /// Choose by number.
    Choose(usize),
    /// Perform an action, on the identity that is named or with the text.
    Perform(Action, &'l str),
    /// The text of the input line.
    Text(&'l str),
    /// The names that the text may mean; none if it means nothing.
    Unclear(Vec<&'static str>),
}

/// Words that have no action of this name.
const WORDS: [(&str, Action); 4] = [
    ("cancel", Action::Close),
    ("close", Action::Close),
    ("exit", Action::Quit),
    ("attention", Action::Attention),
];

impl<'l> Command<'l> {
    /// `choices` is the number of choices, and `takes_line` whether the page on top has an input line.
    pub fn parse(line: &'l str, context: Context, choices: usize, takes_line: bool) -> Self {
        let line = line.trim();
        match line {
            "" => return Self::Repeat,
            "more" => return Self::More,
            "help" | "?" => return Self::Help,
            "back" => return Self::Perform(Action::Close, ""),
            "quit" => return Self::Perform(Action::Quit, ""),
            _ => {}
        }
        if let Ok(number) = line.trim_end_matches('.').parse::<usize>()
            && (!takes_line || (1..=choices).contains(&number))
        {
            return Self::Choose(number);
        }
        if takes_line {
            let name = normal(line);
            let mut here = offered(context);
            let here = here.find(|action| names(*action).contains(&name));
            let word = WORDS.iter().find(|(word, _)| *word == line);
            return match here.or(word.map(|(_, action)| *action)) {
                Some(action) => Self::Perform(action, ""),
                None => Self::Text(line),
            };
        }
        if let Some(text) = line.strip_prefix('/') {
            let search = [Action::Filter, Action::Search];
            let action = search.into_iter().find(|action| is_bound(*action, context));
            return action.map_or(Self::Unclear(Vec::new()), |action| {
                Self::Perform(action, text.trim())
            });
        }
        Self::action(line, context)
    }

    /// The longest beginning that is a name, else the first word if it begins one name only.
    fn action(line: &'l str, context: Context) -> Self {
        let ends = line.char_indices().filter(|(_, letter)| *letter == ' ');
        let mut ends: Vec<usize> = ends.map(|(at, _)| at).collect();
        ends.push(line.len());
        let named = |name: &str| {
            let name = normal(name);
            let is_named = |action: &Action| names(*action).contains(&name);
            let here = offered(context).find(is_named);
            let word = WORDS.iter().find(|(word, _)| *word == name);
            let word = word.map(|(_, action)| *action);
            let mut all = ACTIONS.iter().map(|entry| entry.action);
            here.or(word).or_else(|| all.find(is_named))
        };
        for end in ends.iter().rev() {
            if let Some(action) = named(&line[..*end]) {
                return Self::Perform(action, line[*end..].trim());
            }
        }
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let first = normal(first);
        let begun: Vec<Action> = offered(context)
            .filter(|action| names(*action).iter().any(|name| name.starts_with(&first)))
            .collect();
        match begun.as_slice() {
            [action] => Self::Perform(*action, rest.trim()),
            several => Self::Unclear(several.iter().map(|it| typed_name(*it)).collect()),
        }
    }
}

/// Small letters, and hyphens between words.
fn normal(name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '-']).filter(|it| !it.is_empty()).collect();
    words.join("-").to_lowercase()
}

fn names(action: Action) -> [String; 2] {
    [normal(action.entry().id), normal(typed_name(action))]
}

fn is_bound(action: Action, context: Context) -> bool {
    action.entry().contexts.contains(&context)
}

/// Whether the action is offered on a page of this context. Moving a cursor means nothing here: every row has a number.
pub fn is_offered(action: Action, context: Context) -> bool {
    let is_key = action.moves()
        || matches!(
            action,
            Action::Palette
                | Action::Help
                | Action::Leave
                | Action::Interrupt
                | Action::Suspend
                | Action::NextPanel
                | Action::WidenList
                | Action::NarrowList
                | Action::FinderDown
                | Action::FinderUp
                | Action::FieldNext
                | Action::FieldPrevious
                | Action::ChoiceNext
                | Action::ChoicePrevious
                | Action::Choose
                | Action::LineSubmit
                | Action::Back
        );
    !is_key && (is_bound(action, context) || action == Action::Quit)
}

/// The actions of a context, in the order of the table.
pub fn offered(context: Context) -> impl Iterator<Item = Action> {
    let actions = ACTIONS.iter().map(|entry| entry.action);
    actions.filter(move |action| is_offered(*action, context))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_number_a_word_or_an_action_and_what_it_applies_to() {
        let read = |line| Command::parse(line, Context::List, 7, false);
        for (line, command) in [
            ("", Command::Repeat),
            (" 3 ", Command::Choose(3)),
            ("12.", Command::Choose(12)),
            ("more", Command::More),
            ("?", Command::Help),
            ("cancel", Command::Perform(Action::Close, "")),
            ("copy", Command::Perform(Action::Copy, "")),
            ("copy 3", Command::Perform(Action::Copy, "3")),
            ("copy as wknd", Command::Perform(Action::CopyFormat, "wknd")),
            ("Copy-Format 2", Command::Perform(Action::CopyFormat, "2")),
            (
                "paste token a b",
                Command::Perform(Action::PasteToken, "a b"),
            ),
            ("rot 4", Command::Perform(Action::Rotate, "4")),
            ("/is:soon", Command::Perform(Action::Filter, "is:soon")),
            ("test path /x", Command::Perform(Action::TestPath, "/x")),
            ("close", Command::Perform(Action::Close, "")),
            ("nonsense", Command::Unclear(Vec::new())),
        ] {
            assert_eq!(read(line), command, "{line:?}");
        }
        let Command::Unclear(names) = read("te") else {
            panic!();
        };
        assert_eq!(names, ["test", "test path"]);
    }

    #[test]
    fn an_input_line_takes_everything_else() {
        let read = |line| Command::parse(line, Context::Line, 3, true);
        assert_eq!(read("2"), Command::Choose(2));
        assert_eq!(read("404"), Command::Text("404"));
        assert_eq!(read("/content"), Command::Text("/content"));
        assert_eq!(read("cancel"), Command::Perform(Action::Close, ""));
        assert_eq!(read("method"), Command::Perform(Action::NextMethod, ""));
    }

    /// Nothing on a screen, and no key, is named where there is none.
    #[test]
    fn help_names_only_what_exists_here() {
        const SCREEN: [&str; 9] = [
            "mouse", "click", "panel", "cursor", "column", " key ", "press ", "beside", "scroll",
        ];
        for entry in ACTIONS {
            let mut contexts = entry.contexts.iter();
            if contexts.any(|context| is_offered(entry.action, *context)) {
                let text = format!("{} {}", entry.title, entry.doc).to_lowercase();
                for word in SCREEN {
                    assert!(!text.contains(word), "{}: {word}: {text}", entry.id);
                }
            }
        }
    }

    #[test]
    fn every_action_can_be_typed_where_it_is_offered() {
        for entry in ACTIONS {
            for context in entry.contexts {
                if is_offered(entry.action, *context) {
                    for name in [entry.id, typed_name(entry.action)] {
                        let read = Command::parse(name, *context, 0, false);
                        let Command::Perform(action, "") = read else {
                            panic!("{name} on {context:?}: {read:?}");
                        };
                        let same = names(action).contains(&normal(name));
                        assert!(same, "{name} on {context:?}: {action:?}");
                    }
                }
            }
        }
    }
}
