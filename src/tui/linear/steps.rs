//! What a line does: choices, actions, and the values of fields.

use uuid::Uuid;

use super::command::{self, Command};
use super::{Linear, Reading};
use crate::app::given_path;
use crate::tui::action::{Action, Context};
use crate::tui::keymap::{KeyPress, Keymap, typed_name};
use crate::tui::message::{ClickTarget, Event};
use crate::tui::pages::Page;
use crate::tui::widgets::FieldValue;
use aemkeys_core::credential::{Problem, Secret};
use crossterm::event::{KeyCode, KeyModifiers};

/// A field whose value is asked for.
pub struct Ask {
    field: usize,
    label: &'static str,
    kind: AskKind,
    /// Whether the first button is pressed afterwards.
    submits: bool,
}

enum AskKind {
    Text,
    Secret,
    Choice(Vec<&'static str>),
}

impl Ask {
    pub fn prompt(&self) -> String {
        let label = self.label;
        match &self.kind {
            AskKind::Secret => format!("{label}, not shown: "),
            AskKind::Text if self.submits => format!("{label} (empty cancels): "),
            AskKind::Text => format!("{label} (empty keeps it, - clears it): "),
            AskKind::Choice(options) => {
                let options = options.iter().enumerate();
                let options: Vec<String> = options
                    .map(|(at, option)| format!("{} {option}", at + 1))
                    .collect();
                format!("{label}, {}: ", options.join(", "))
            }
        }
    }

    pub fn is_secret(&self) -> bool {
        matches!(self.kind, AskKind::Secret)
    }
}

impl Linear {
    /// Does what a typed line says.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Problem> {
        let top = self.app.top();
        let context = top.context();
        let takes_line = matches!(context, Context::Line | Context::Filter | Context::Finder);
        // A file is added from any page, typed or pasted.
        if !takes_line && given_path::names_files(line) {
            return self.take(Event::Paste(Secret::from(line)));
        }
        if !takes_line && let Some((action, with)) = self.shown_name(line.trim()) {
            return self.perform_with(action, with);
        }
        let choices = self.before.choices.len();
        match Command::parse(line, context, choices, takes_line) {
            Command::Repeat => {
                self.before = Reading::of(&self.app);
                self.print_page()
            }
            Command::More if self.rest.is_empty() => self.print("there is nothing more"),
            Command::More => self.print_more(),
            Command::Help => self.help(),
            Command::Choose(number) => {
                let target = number
                    .checked_sub(1)
                    .and_then(|at| self.before.choices.get(at));
                match target.cloned() {
                    Some(target) => {
                        self.has_chosen = true;
                        self.choose(target)
                    }
                    None => self.print(&format!("there is no choice {number}")),
                }
            }
            Command::Perform(action, _) if takes_line && self.app.allows(action).is_err() => {
                self.text(line.trim())
            }
            Command::Perform(action, with) => self.perform_with(action, with),
            Command::Text(text) => self.text(text),
            Command::Unclear(names) if names.is_empty() => {
                match self.before.named(line.trim()).cloned() {
                    Some(target) => self.choose(target),
                    None => self
                        .print("this is neither a choice nor an action: type help for the actions"),
                }
            }
            Command::Unclear(names) => self.print(&format!("type one of: {}", names.join(", "))),
        }
    }

    /// Chooses as a click does. An identity shows its details, and a row does what Enter does on it.
    fn choose(&mut self, target: ClickTarget) -> Result<(), Problem> {
        if let ClickTarget::Field(at) = target {
            self.click(target)?;
            self.ask = self.ask_for(at);
            return Ok(());
        }
        let context = self.app.context();
        self.click(target.clone())?;
        match target {
            // The first click may only select the row.
            ClickTarget::Row(_) if self.app.context() == context => self.click(target),
            // A menu has done it, and a path is now in the input line.
            ClickTarget::Item(_)
                if !matches!(context, Context::Menu | Context::Line | Context::Test) =>
            {
                let enter = KeyPress::plain(KeyCode::Enter);
                match Keymap::default().action(context, enter) {
                    Some(action) => self.perform(action),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Returns the action that the page shows under another name, such as `tick`, and what follows the name.
    fn shown_name<'l>(&self, line: &'l str) -> Option<(Action, &'l str)> {
        let (view, model) = (self.app.top(), &self.app.model);
        let mut hints = view.hints().iter();
        hints.find_map(|action| {
            let words = view.words(model, *action)?;
            let (name, with) = line.split_at_checked(words.len())?;
            let is_whole = with.is_empty() || with.starts_with(' ');
            (name.eq_ignore_ascii_case(&words) && is_whole).then_some((*action, with.trim()))
        })
    }

    /// Performs an action on the choice or the identity of this number or name, or with this text.
    fn perform_with(&mut self, action: Action, with: &str) -> Result<(), Problem> {
        let context = self.app.context();
        if !matches!(action, Action::Close | Action::Cancel)
            && !command::is_offered(action, context)
        {
            // A button may have the same name.
            let whole = format!("{} {with}", typed_name(action));
            if let Some(target) = self.before.named(whole.trim()).cloned() {
                return self.choose(target);
            }
            let name = typed_name(action);
            let back = typed_name(Action::Close);
            return self.print(&format!(
                "{name} is not available here: type {back} to leave this page"
            ));
        }
        let is_search = matches!(action, Action::Filter | Action::Search);
        let identity = self.identity(with).filter(|_| !is_search);
        let takes_text = matches!(
            action,
            Action::Filter | Action::Search | Action::TestPath | Action::TestEditPath | Action::Add
        );
        let number = with.parse::<usize>().ok();
        let item = number.and_then(|number| self.before.choices.get(number.checked_sub(1)?));
        if let Some(&ClickTarget::Item(item)) = item
            && !takes_text
        {
            self.click(ClickTarget::Item(item))?;
            // In a menu, that is all.
            return match context {
                Context::Menu => Ok(()),
                _ => self.perform(action),
            };
        }
        match identity {
            _ if with.is_empty() => {}
            Some(identity) if self.app.list.selected == Some(identity) => {}
            Some(identity) => self.click(ClickTarget::Row(identity))?,
            None if takes_text => {}
            None => return self.print(&format!("no identity has the number or name {with}")),
        }
        // An identity that is named is meant alone.
        let is_alone = identity.is_some() && action.is_on_marks();
        let marks = is_alone.then(|| std::mem::take(&mut self.app.list.marks));
        self.perform(action)?;
        self.app.list.marks.extend(marks.unwrap_or_default());
        if identity.is_none() && !with.is_empty() {
            return self.text(with);
        }
        Ok(())
    }

    /// Returns the identity with this number on the page, or with this name or its only beginning.
    fn identity(&self, text: &str) -> Option<Uuid> {
        let at = text
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        if let Some(ClickTarget::Row(identity)) = at.and_then(|at| self.before.choices.get(at)) {
            return Some(*identity);
        }
        let wanted = text.to_lowercase();
        let rows = &self.app.list.rows;
        let exact = rows.iter().find(|row| row.name.to_lowercase() == wanted);
        let mut begun = rows
            .iter()
            .filter(|row| row.name.to_lowercase().starts_with(&wanted));
        let only = begun
            .next()
            .filter(|_| !wanted.is_empty() && begun.next().is_none());
        exact.or(only).map(|row| row.identity)
    }

    /// Types a text into the line or field with the focus, and accepts it.
    fn text(&mut self, text: &str) -> Result<(), Problem> {
        if !self.app.takes_text() {
            return Ok(());
        }
        self.type_text(text)?;
        match self.app.context() {
            Context::Line | Context::Filter => self.perform(Action::LineSubmit),
            Context::Form => self.perform(Action::Submit),
            _ => Ok(()),
        }
    }

    /// Replaces the text with the focus.
    fn type_text(&mut self, text: &str) -> Result<(), Problem> {
        self.take(Event::Key(KeyPress::plain(KeyCode::End)))?;
        self.clear_text()?;
        for letter in text.chars() {
            self.take(Event::Key(KeyPress::letter(letter)))?;
        }
        Ok(())
    }

    fn clear_text(&mut self) -> Result<(), Problem> {
        self.take(Event::Key(KeyPress {
            code: KeyCode::Char('u'),
            modifiers: KeyModifiers::CONTROL,
        }))
    }

    /// The question for a field that was chosen; `None` for a button.
    fn ask_for(&mut self, at: usize) -> Option<Ask> {
        let form = self.app.pages.last_mut()?.view_mut().form()?;
        let field = form.fields.get(at)?;
        let kind = match &field.value {
            FieldValue::Text(_) => AskKind::Text,
            FieldValue::Hidden(_) => AskKind::Secret,
            FieldValue::Choice { options, .. } => AskKind::Choice(options.clone()),
        };
        let (label, submits) = (field.id.0, false);
        Some(Ask {
            field: at,
            label,
            kind,
            submits,
        })
    }

    /// The question that a page asks when it opens: a filter, a passphrase, or the name that confirms something.
    pub(super) fn ask_at_once(&mut self) -> Option<Ask> {
        if self.app.context() == Context::Filter {
            return Some(Ask {
                field: 0,
                label: "Filter",
                kind: AskKind::Text,
                submits: true,
            });
        }
        let is_name = matches!(self.app.pages.last(), Some(Page::TypeName(_)));
        let form = self.app.pages.last_mut()?.view_mut().form()?;
        let (at, fields) = (form.focus, form.fields.len());
        let ask = self.ask_for(at)?;
        (is_name || ask.is_secret()).then_some(Ask {
            submits: at + 1 == fields,
            ..ask
        })
    }

    /// Puts a value into the field that was asked for.
    pub(super) fn answer(&mut self, ask: Ask, value: Secret) -> Result<(), Problem> {
        if self.app.context() == Context::Filter {
            return if value.is_empty() {
                self.perform(Action::Close)
            } else {
                self.text(&String::from_utf8_lossy(value.expose()))
            };
        }
        if value.is_empty() {
            return match ask.kind {
                AskKind::Text if ask.submits => self.perform(Action::Close),
                _ => Ok(()),
            };
        }
        self.click(ClickTarget::Field(ask.field))?;
        match &ask.kind {
            AskKind::Secret => {
                self.clear_text()?;
                self.take(Event::Paste(value))?;
            }
            AskKind::Text => {
                let text = String::from_utf8_lossy(value.expose());
                self.type_text(if text == "-" { "" } else { &text })?;
            }
            AskKind::Choice(options) => {
                let text = String::from_utf8_lossy(value.expose()).to_lowercase();
                let number = text
                    .parse::<usize>()
                    .ok()
                    .and_then(|number| number.checked_sub(1));
                let named = || {
                    options
                        .iter()
                        .position(|it| it.to_lowercase().starts_with(&text))
                };
                let wanted = number.filter(|at| *at < options.len()).or_else(named);
                let Some(wanted) = wanted else {
                    return self.print(&format!("{} has no option {text}", ask.label));
                };
                for _ in 0..options.len() {
                    if self.chosen(ask.field) == Some(wanted) {
                        break;
                    }
                    self.perform(Action::ChoiceNext)?;
                }
            }
        }
        if ask.submits {
            self.perform(Action::Submit)?;
        } else if ask.is_secret() {
            self.perform(Action::FieldNext)?;
            self.ask = self.ask_at_once();
        }
        Ok(())
    }

    fn chosen(&mut self, at: usize) -> Option<usize> {
        let form = self.app.pages.last_mut()?.view_mut().form()?;
        match &form.fields.get(at)?.value {
            FieldValue::Choice { chosen, .. } => Some(*chosen),
            FieldValue::Text(_) | FieldValue::Hidden(_) => None,
        }
    }

    /// The line after a page with the actions that are available there.
    pub(super) fn offers(&self) -> Option<String> {
        let (view, model) = (self.app.top(), &self.app.model);
        let context = view.context();
        let hints = view.hints().iter().copied();
        let hints = hints.filter(|action| {
            let is_offered = command::is_offered(*action, context);
            is_offered && self.app.allows(*action).is_ok()
        });
        let words = |action: Action| view.words(model, action).or_else(|| action.marks(model));
        let names: Vec<String> = hints
            .map(|action| match words(action) {
                Some(words) if words != typed_name(action) => {
                    format!("{} ({words})", typed_name(action))
                }
                _ => typed_name(action).to_owned(),
            })
            .collect();
        (!names.is_empty()).then(|| format!("Actions: {}", names.join(", ")))
    }

    /// Lists the actions of the page, each with what it does or why it is not available.
    fn help(&mut self) -> Result<(), Problem> {
        let context = self.app.context();
        let mut lines = vec![
            "Type the number of a choice, or an action.".to_owned(),
            "An action may be followed by the number or name of an identity: copy 3".to_owned(),
            "An empty line repeats the page, more continues it, back leaves it, quit ends aemkeys."
                .to_owned(),
            "Ctrl-C cancels a running task. A credential or token can be pasted; it is not shown."
                .to_owned(),
        ];
        for action in command::offered(context) {
            let entry = action.entry();
            let note = match self.app.allows(action) {
                Ok(()) => String::new(),
                Err(why) => format!(" (not now: {why})"),
            };
            lines.push(format!("{}: {}{note}", typed_name(action), entry.doc));
        }
        self.rest = lines;
        self.print_more()
    }
}
