//! Forms: fields, buttons and the focus.

use super::file_list::FileList;
use super::text_input::TextInput;
use crate::tui::action::{Action, Context};
use crate::tui::keymap::{KeyPress, Keymap};
use crate::tui::next_step::in_keys;
use aemkeys_core::environment::{EnvironmentType, HostName, Name, TierAddress, parse_domain};
use crossterm::event::KeyCode;

/// A field, by its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldId(pub &'static str);

impl FieldId {
    pub const FILE: Self = Self("File");
    pub const NAME: Self = Self("Name");
    pub const LABEL: Self = Self("Label");
    pub const TYPE: Self = Self("Type");
    pub const CUSTOMER: Self = Self("Customer");
    pub const PROGRAM: Self = Self("Program");
    pub const ENVIRONMENT: Self = Self("Environment");
    pub const AUTHOR: Self = Self("Author");
    pub const PUBLISH: Self = Self("Publish");
    pub const PREVIEW: Self = Self("Preview");
    pub const DOMAIN: Self = Self("Domain");
    pub const TRUST_HOST: Self = Self("Trust host");
    pub const TRUST_IMS: Self = Self("Trust IMS");
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    Text(TextInput),
    /// A secret, of which only the length is known here.
    Hidden(usize),
    Choice {
        options: Vec<&'static str>,
        chosen: usize,
        /// The option before the user changed it.
        initial: usize,
    },
}

impl FieldValue {
    fn is_changed(&self) -> bool {
        match self {
            Self::Text(line) => line.is_changed(),
            Self::Hidden(letters) => *letters > 0,
            Self::Choice {
                chosen, initial, ..
            } => chosen != initial,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    pub id: FieldId,
    pub value: FieldValue,
    /// The error, shown below the field.
    pub wrong: Option<String>,
    /// What is said about an empty text, or a choice that the user has not changed.
    pub note: Option<&'static str>,
    /// Whether it takes the whole width.
    pub wide: bool,
}

impl FormField {
    pub fn text(id: FieldId, text: impl Into<String>) -> Self {
        Self {
            id,
            value: FieldValue::Text(TextInput::new(text)),
            wrong: None,
            note: None,
            wide: false,
        }
    }

    pub fn hidden(id: FieldId) -> Self {
        Self {
            id,
            value: FieldValue::Hidden(0),
            wrong: None,
            note: None,
            wide: true,
        }
    }

    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Creates the field of the type, without a default.
    pub fn environment_type(current: Option<EnvironmentType>) -> Self {
        let options: Vec<&'static str> = std::iter::once("choose")
            .chain(EnvironmentType::ALL.iter().map(|known| known.title()))
            .collect();
        let chosen = current
            .and_then(|current| EnvironmentType::ALL.iter().position(|t| *t == current))
            .map_or(0, |at| at + 1);
        Self {
            id: FieldId::TYPE,
            value: FieldValue::Choice {
                options,
                chosen,
                initial: chosen,
            },
            wrong: None,
            note: None,
            wide: false,
        }
    }
}

/// A button, by its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Button(pub &'static str);

impl Button {
    pub const READ: Self = Self("Read file");
    pub const ROTATE: Self = Self("Rotate");
    pub const PASTE: Self = Self("Store token");
    pub const NEW_IDENTITY: Self = Self("New identity");
    pub const CANCEL: Self = Self("Cancel");
    pub const CLOSE: Self = Self("Close");
}

/// Fields and buttons, one of which has the focus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub fields: Vec<FormField>,
    pub buttons: Vec<Button>,
    pub focus: usize,
    /// The first line in sight of the text above the fields.
    pub text_line: usize,
    /// The files below the field of a path.
    pub files: FileList,
    /// The target of a pasted token, such as `wknd-dev (Development)`, shown on the button.
    pub goes_to: Option<String>,
}

impl Form {
    pub fn new(fields: Vec<FormField>, buttons: Vec<Button>) -> Self {
        Self {
            fields,
            buttons,
            focus: 0,
            text_line: 0,
            files: FileList::default(),
            goes_to: None,
        }
    }

    /// Returns the title of a button.
    pub fn title(&self, button: Button) -> String {
        match (&self.goes_to, button) {
            (Some(place), Button::PASTE) => format!("Store for {place}"),
            _ => button.0.to_owned(),
        }
    }

    pub fn step(&mut self, forward: bool) {
        let count = self.fields.len() + self.buttons.len();
        if count == 0 {
            return;
        }
        self.focus = if forward {
            (self.focus + 1) % count
        } else {
            (self.focus + count - 1) % count
        };
    }

    /// Returns whether the user has changed a field.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(|field| field.value.is_changed())
    }

    /// Returns whether the page has nothing to store, so that its button only closes it.
    pub fn only_closes(&self) -> bool {
        self.buttons.contains(&Button::CLOSE)
    }

    fn field(&self, id: FieldId) -> Option<&FormField> {
        self.fields.iter().find(|field| field.id == id)
    }

    pub fn has(&self, id: FieldId) -> bool {
        self.field(id).is_some()
    }

    /// Returns the text of a field if the user has changed it.
    pub fn changed_text(&self, id: FieldId) -> Option<&str> {
        self.field(id).filter(|field| field.value.is_changed())?;
        self.text(id)
    }

    pub fn focused(&self) -> Option<&FormField> {
        self.fields.get(self.focus)
    }

    /// Returns the focused text, and clears its error.
    pub fn typing(&mut self) -> Option<&mut TextInput> {
        let field = self.fields.get_mut(self.focus)?;
        field.wrong = None;
        match &mut field.value {
            FieldValue::Text(line) => Some(line),
            FieldValue::Hidden(_) | FieldValue::Choice { .. } => None,
        }
    }

    /// Returns the length of the focused secret, and clears its error.
    pub fn hidden(&mut self) -> Option<&mut usize> {
        let field = self.fields.get_mut(self.focus)?;
        field.wrong = None;
        match &mut field.value {
            FieldValue::Hidden(letters) => Some(letters),
            FieldValue::Text(_) | FieldValue::Choice { .. } => None,
        }
    }

    /// Returns whether the focused field accepts text.
    pub fn takes_text(&self) -> bool {
        matches!(self.focused(), Some(field) if matches!(field.value, FieldValue::Text(_) | FieldValue::Hidden(_)))
    }

    /// Selects the next or previous option of a focused choice.
    pub fn choose(&mut self, forward: bool) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return false;
        };
        field.wrong = None;
        match &mut field.value {
            FieldValue::Choice {
                options, chosen, ..
            } => {
                let count = options.len().max(1);
                *chosen = if forward {
                    (*chosen + 1) % count
                } else {
                    (*chosen + count - 1) % count
                };
                true
            }
            FieldValue::Text(_) | FieldValue::Hidden(_) => false,
        }
    }

    /// Returns the button that Enter presses: the focused one, or from a field the first one.
    pub fn pressed(&self) -> Option<Button> {
        let at = self.focus.saturating_sub(self.fields.len());
        let at = if self.focus < self.fields.len() {
            0
        } else {
            at
        };
        self.buttons.get(at).copied()
    }

    /// Returns what an action does, for its hint.
    pub fn words(&self, action: Action) -> Option<String> {
        let lists_files = self.is_in_path() && self.files.visible().next().is_some();
        match action {
            Action::Submit if lists_files && self.files.selected().is_some() => {
                Some("choose".to_owned())
            }
            Action::FieldNext if lists_files => Some("complete".to_owned()),
            Action::Submit => self.pressed().map(|button| self.title(button)),
            Action::FieldNext => Some("next".to_owned()),
            Action::Close if !self.only_closes() => Some("cancel".to_owned()),
            _ => None,
        }
    }

    pub fn text(&self, id: FieldId) -> Option<&str> {
        match &self.field(id)?.value {
            FieldValue::Text(line) => Some(line.text().trim()),
            FieldValue::Hidden(_) | FieldValue::Choice { .. } => None,
        }
    }

    /// Returns the name in a field that was checked; `None` if it is empty.
    pub fn name(&self, id: FieldId) -> Option<Name> {
        Name::parse(self.text(id)?).ok()
    }

    /// Returns the address in a field that was checked; `None` if it is empty.
    pub fn address(&self, id: FieldId) -> Option<TierAddress> {
        TierAddress::parse(self.text(id)?).ok()
    }

    /// Returns the domain of publish, which was checked; `None` if it is empty.
    pub fn domain(&self) -> Option<HostName> {
        parse_domain(self.text(FieldId::DOMAIN)?).ok()
    }

    pub fn environment_type(&self) -> Option<EnvironmentType> {
        match &self.field(FieldId::TYPE)?.value {
            FieldValue::Choice { chosen, .. } => {
                EnvironmentType::ALL.get(chosen.checked_sub(1)?).copied()
            }
            FieldValue::Text(_) | FieldValue::Hidden(_) => None,
        }
    }

    fn value_mut(&mut self, id: FieldId) -> Option<&mut FieldValue> {
        let mut fields = self.fields.iter_mut();
        let field = fields.find(|field| field.id == id)?;
        Some(&mut field.value)
    }

    /// Replaces the text of a field, as if the user had typed it.
    pub fn set_text(&mut self, id: FieldId, text: &str) {
        if let Some(FieldValue::Text(line)) = self.value_mut(id) {
            line.replace(text);
        }
    }

    /// Selects a type.
    pub fn choose_type(&mut self, chosen: EnvironmentType) {
        let at = EnvironmentType::ALL.iter().position(|it| *it == chosen);
        if let Some(FieldValue::Choice { chosen, .. }) = self.value_mut(FieldId::TYPE) {
            *chosen = at.map_or(0, |at| at + 1);
        }
    }

    /// Selects a button.
    pub fn select(&mut self, button: Button) {
        if let Some(at) = self.buttons.iter().position(|it| *it == button) {
            self.focus = self.fields.len() + at;
        }
    }

    /// Returns the type if the user has changed it.
    pub fn changed_type(&self) -> Option<EnvironmentType> {
        let field = self.field(FieldId::TYPE)?;
        field.value.is_changed().then(|| self.environment_type())?
    }

    /// Performs an action. Returns the button that was pressed.
    pub fn perform(&mut self, action: Action) -> Option<Button> {
        match action {
            Action::FieldNext | Action::FieldPrevious
                if self.is_in_path() && self.complete(action == Action::FieldNext) => {}
            Action::Submit if self.is_in_path() && self.take_file() => {}
            Action::FieldNext => self.step(true),
            Action::FieldPrevious => self.step(false),
            Action::ChoiceNext => self.go_right(true),
            Action::ChoicePrevious => self.go_right(false),
            Action::Submit => return self.pressed(),
            _ => {}
        }
        None
    }

    /// Whether the path of a file is being typed.
    pub fn is_in_path(&self) -> bool {
        self.focused()
            .is_some_and(|field| field.id == FieldId::FILE)
    }

    /// Completes the path, or selects a file of the list. Returns false if there is none.
    fn complete(&mut self, forward: bool) -> bool {
        match self.files.common().filter(|_| forward) {
            Some(common) => {
                self.set_text(FieldId::FILE, &common);
                true
            }
            None => self.files.step(forward),
        }
    }

    /// Puts the selected file into the field.
    fn take_file(&mut self) -> bool {
        let selected = self.files.selected().map(str::to_owned);
        if let Some(name) = &selected {
            self.set_text(FieldId::FILE, name);
            self.files.clear();
        }
        selected.is_some()
    }

    /// Returns the text whose files must be listed: of a path that the user has changed since the last list.
    pub fn wants_files(&mut self) -> Option<String> {
        let field = self.focused().filter(|_| self.is_in_path())?;
        let text = match &field.value {
            FieldValue::Text(line) if line.is_changed() => line.text().to_owned(),
            _ => return None,
        };
        (self.files.begin(&text) && !text.is_empty()).then_some(text)
    }

    /// Handles left and right: changes the choice, moves the cursor, or moves between buttons.
    fn go_right(&mut self, forward: bool) {
        if self.choose(forward) {
            return;
        }
        let key = KeyPress::plain(if forward {
            KeyCode::Right
        } else {
            KeyCode::Left
        });
        if let Some(line) = self.typing() {
            line.edit(key);
        } else if forward || self.focus > self.fields.len() {
            self.step(forward);
        }
    }

    /// Returns the length of a secret.
    pub fn letters(&self, id: FieldId) -> usize {
        let mut fields = self.fields.iter();
        let letters = fields.find_map(|field| match field.value {
            FieldValue::Hidden(letters) if field.id == id => Some(letters),
            _ => None,
        });
        letters.unwrap_or(0)
    }

    /// Validates names and hosts, shows errors below the fields and focuses the first one.
    pub fn check(&mut self, keymap: &Keymap) -> bool {
        let mut wrong: Vec<(FieldId, String)> = Vec::new();
        for field in &self.fields {
            let Some(text) = self.text(field.id) else {
                continue;
            };
            let result = match field.id {
                FieldId::NAME => Name::parse(text).map(|_| ()),
                FieldId::LABEL if !text.is_empty() => Name::parse(text).map(|_| ()),
                FieldId::AUTHOR | FieldId::PUBLISH | FieldId::PREVIEW if !text.is_empty() => {
                    TierAddress::parse(text).map(|_| ())
                }
                FieldId::DOMAIN if !text.is_empty() => parse_domain(text).map(|_| ()),
                _ => Ok(()),
            };
            if let Err(problem) = result {
                let said = problem.to_string();
                let said = match problem.next_step {
                    Some(step) => format!("{said}; {}", in_keys(&step, keymap, Context::Form)),
                    None => said,
                };
                wrong.push((field.id, said));
            }
        }
        if self.ids_are_wrong() {
            let why = "enter both numbers as in Cloud Manager, such as 123 and 1250, or paste the author URL here";
            wrong.push((FieldId::PROGRAM, why.to_owned()));
        }
        let is_fine = wrong.is_empty();
        for (id, why) in wrong.into_iter().rev() {
            self.refuse(id, why);
        }
        is_fine
    }

    /// Shows an error for a field and focuses it.
    pub fn refuse(&mut self, id: FieldId, why: impl Into<String>) {
        if let Some(at) = self.fields.iter().position(|field| field.id == id) {
            self.fields[at].wrong = Some(why.into());
            self.focus = at;
        }
    }
}

/// Formats an address for a field.
pub fn address_text(address: Option<&TierAddress>) -> String {
    match address {
        Some(TierAddress::Cloud(host)) => host.to_string(),
        Some(local) => local.origin(),
        None => String::new(),
    }
}
