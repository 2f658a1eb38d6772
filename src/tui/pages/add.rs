//! The add page: reads a credential or token, then shows what was recognised and can be changed before it is stored.

mod fields;

use ratatui::layout::Rect;

use crate::app::add::{Added, Preview, Relation};
use crate::app::given_path;
use crate::app::token::TokenHolder;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{GuardedAct, Job, TokenTarget};
use crate::tui::key_hints;
use crate::tui::message::{JobOutcome, Recognised};
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task, Work};
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, paragraph, recognised,
};
use aemkeys_core::credential::text::counted;
use aemkeys_core::credential::{Code, Guidance, Kind, Problem};
use aemkeys_core::environment::EnvironmentType;
use fields::{fields_of, is_ims, options, waiting};

const LOCAL: Button = Button("Local SDK");
const STORE_AND_EXCHANGE: Button = Button("Store and exchange");
const STORE: Button = Button("Store");
const AS_NEW: Button = Button("New environment");

#[derive(Clone, Debug)]
pub struct AddPage {
    pub form: Form,
    pub recognised: Option<Recognised>,
    is_local: bool,
    /// The path that was typed before a local SDK was chosen.
    path: String,
    /// The target of a pasted token: the row under the cursor when the token was recognised.
    target: Option<TokenTarget>,
    /// Whether to exchange after storing.
    exchange_after: bool,
    /// The button to press again once there is a storage.
    waiting: Option<Button>,
    /// The files to add after this one.
    more: Vec<String>,
    pub status: PageStatus,
}

impl Default for AddPage {
    fn default() -> Self {
        Self {
            form: Form::new(
                vec![FormField::text(FieldId::FILE, "").wide()],
                vec![Button::READ, LOCAL, Button::CANCEL],
            ),
            recognised: None,
            is_local: false,
            path: String::new(),
            target: None,
            exchange_after: false,
            waiting: None,
            more: Vec::new(),
            status: PageStatus::Ready,
        }
    }
}

impl AddPage {
    /// Shows the fields of a local SDK, which needs no file.
    fn choose_local(&mut self) {
        self.is_local = true;
        self.path = self.form.text(FieldId::FILE).unwrap_or_default().to_owned();
        self.status = PageStatus::Ready;
        self.form = Form::new(
            vec![
                FormField::text(FieldId::NAME, "local"),
                FormField::text(FieldId::CUSTOMER, "").note("optional"),
                FormField::text(FieldId::AUTHOR, "http://localhost:4502"),
                FormField::text(FieldId::PUBLISH, "http://localhost:4503"),
            ],
            vec![STORE, Button::CANCEL],
        );
    }

    fn store(&mut self, cx: &mut Cx<'_>, button: Button) {
        if !self.form.check(&cx.settings.keymap) {
            return;
        }
        let mut unconfirmed = Vec::new();
        if let Some(Recognised { preview, .. }) = &self.recognised {
            let known = preview.unconfirmed.iter().filter(|it| is_ims(it));
            unconfirmed.extend(known.cloned());
            unconfirmed.extend(self.form.hosts_beyond(preview.ids.or(self.form.ids())));
        }
        let Some(trusted) = self.form.confirm_hosts(unconfirmed) else {
            return;
        };
        if self.asks_for_type(cx) {
            return;
        }
        let import = self.recognised.as_ref().map(|known| known.import);
        let file = self
            .recognised
            .as_ref()
            .and_then(|known| known.preview.file.as_ref());
        let is_from_file = file.is_some_and(|file| file.name.is_some());
        let mut options = options(&self.form, trusted, is_from_file);
        if import.is_none() {
            options.environment_type = Some(EnvironmentType::Local);
        }
        let options = Box::new(options);
        self.exchange_after = button == STORE_AND_EXCHANGE;
        let known = self.recognised.as_ref();
        let changes = known.and_then(|known| known.preview.changes.as_ref());
        if let Some(import) = import
            && let Some(changes) = changes.filter(|changes| changes.needs_confirmation)
        {
            let mut lines = vec!["This replaces what is stored:"];
            lines.extend(changes.lines.iter().map(String::as_str));
            let name = &changes.environment;
            let store = GuardedAct::Store(changes.identity, import, options);
            let title = format!("Store changes of {name}");
            return cx.then(AppCommand::confirm(title, &lines, name, store));
        }
        self.status = PageStatus::Running(cx.run(Job::Store { import, options }));
    }

    /// Asks once for the type if the user has chosen none. Selects the one that the name says, else untyped.
    fn asks_for_type(&mut self, cx: &Cx<'_>) -> bool {
        let form = &mut self.form;
        if !form.has(FieldId::TYPE) || form.environment_type().is_some() {
            return false;
        }
        let guess = EnvironmentType::guess(form.text(FieldId::NAME).unwrap_or_default());
        let words = match guess {
            Some(_) => format!(
                "guessed from the name: {} to accept",
                cx.press(Action::Submit)
            ),
            None => format!(
                "untyped is treated as production: choose, or {} to accept",
                cx.press(Action::Submit)
            ),
        };
        form.choose_type(guess.unwrap_or_default());
        let pressed = form.pressed();
        form.refuse(FieldId::TYPE, words);
        // From the field, Enter would press the first button.
        if let Some(button) = pressed.filter(|it| form.pressed() != Some(*it)) {
            form.select(button);
        }
        true
    }

    /// Reads the next of several files.
    fn next_file(&mut self, cx: &mut Cx<'_>) {
        let mut more = std::mem::take(&mut self.more);
        let exchange_after = self.exchange_after;
        *self = Self {
            exchange_after,
            ..Self::default()
        };
        self.form.set_text(FieldId::FILE, &more.remove(0));
        self.more = more;
        cx.read_file(&mut self.form, &mut self.status);
    }

    /// Stores the token for the row under the cursor.
    fn store_token(&mut self, cx: &mut Cx<'_>, holder: Option<TokenHolder>) {
        let target = self.target.take();
        if let Some((import, mut target)) = self.recognised.take().zip(target) {
            target.holder = holder.unwrap_or(target.holder);
            cx.then(AppCommand::Store(import, target));
            cx.close();
        }
    }

    /// Returns the fields and buttons for a recognised input.
    fn form_for(&self, model: &Model, import: &Recognised) -> Form {
        let preview = &import.preview;
        let (fields, buttons) = match &preview.relation {
            Relation::AlreadyStored { .. } => {
                let close = match preview.changes {
                    Some(_) => Button::CANCEL,
                    None => Button::CLOSE,
                };
                (Vec::new(), vec![STORE, close])
            }
            Relation::NewRevision { .. } => (Vec::new(), vec![Button::ROTATE, Button::CANCEL]),
            Relation::NewIdentity { .. } => {
                let label = preview.suggested_label.clone();
                (
                    vec![FormField::text(FieldId::LABEL, label)],
                    vec![STORE_AND_EXCHANGE, STORE, Button::CANCEL],
                )
            }
            Relation::NewEnvironment if preview.token_expired(model.now) => {
                (Vec::new(), vec![Button::CLOSE])
            }
            Relation::NewEnvironment => match &self.target {
                Some(target) => return model.token_form(target, &[AS_NEW]),
                None if preview.kind == Kind::DevelopmentToken => {
                    (fields_of(preview), vec![STORE, Button::CANCEL])
                }
                None => (
                    fields_of(preview),
                    vec![STORE_AND_EXCHANGE, STORE, Button::CANCEL],
                ),
            },
        };
        Form::new(fields, buttons)
    }
}

impl View for AddPage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::Perform(Action::Add)).then(Self::default)
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        let JobOutcome::Stored(added) = outcome else {
            return;
        };
        cx.show(added.identity());
        let name = added.full_name();
        let (words, notes) = match added {
            Added::AlreadyStored { .. } => (format!("already stored as {name}"), Vec::new()),
            Added::Stored { warnings, .. } => {
                let warnings = warnings.iter().cloned();
                (
                    format!("{name} stored"),
                    warnings.map(Guidance::from).collect(),
                )
            }
            Added::Updated { notes, .. } => (format!("{name} updated"), notes.clone()),
            Added::Restored { notes, .. } => (format!("{name} restored"), notes.clone()),
        };
        cx.report(words, &notes);
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        if matches!(command, AppCommand::Resume) {
            if let Some(button) = self.waiting.take() {
                self.store(cx, button);
            }
            return true;
        }
        let AppCommand::Do(act @ GuardedAct::Store(..), typed) = command else {
            return false;
        };
        let (act, typed) = (act.clone(), typed.clone());
        self.status = PageStatus::Running(cx.run(Job::Guarded { act, typed }));
        true
    }

    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let found = self.recognised.as_ref().map_or(3, recognised::height)
            + 2 * usize::from(self.form.goes_to.is_some());
        self.form.page_size(model.columns, found, &self.status)
    }

    with_form!();

    fn import(&mut self) -> Option<&mut Option<Recognised>> {
        Some(&mut self.recognised)
    }

    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, button: Button) {
        if self.status.is_running() {
            return;
        }
        match (button, &self.recognised) {
            (Button::READ, _) => {
                let text = self.form.text(FieldId::FILE).unwrap_or_default();
                // Several names are several files only if they look like it, because a name may contain spaces.
                if given_path::is_path(text) {
                    let paths = given_path::all(text).into_iter();
                    let mut paths = paths.map(|path| path.display().to_string());
                    if let (Some(first), rest) = (paths.next(), paths.collect::<Vec<_>>())
                        && !rest.is_empty()
                    {
                        self.more = rest;
                        self.form.set_text(FieldId::FILE, &first);
                    }
                }
                cx.read_file(&mut self.form, &mut self.status);
            }
            (LOCAL, _) => self.choose_local(),
            (Button::PASTE, _) => self.store_token(cx, None),
            (Button::NEW_IDENTITY, _) => self.store_token(cx, Some(TokenHolder::New)),
            // A new environment instead of the row under the cursor.
            (AS_NEW, Some(import)) => {
                self.form = Form::new(fields_of(&import.preview), vec![STORE, Button::CANCEL]);
                self.target = None;
            }
            // The input is a new revision of a stored credential, which can be rotated.
            (Button::ROTATE, Some(import)) => {
                if let Relation::NewRevision { identity, .. } = import.preview.relation {
                    cx.then(AppCommand::OpenRotate(identity, Some(import.clone())));
                    cx.close();
                }
            }
            (button, _) => self.store(cx, button),
        }
    }

    /// From the fields of a local SDK, returns to a path that was typed before.
    fn close(&mut self, cx: &mut Cx<'_>) {
        if self.is_local && !self.path.is_empty() && !self.status.is_running() {
            let path = std::mem::take(&mut self.path);
            *self = Self::default();
            self.form.set_text(FieldId::FILE, &path);
            return;
        }
        cx.leave(&self.status, self.recognised.as_ref());
    }

    fn finished(&mut self, cx: &mut Cx<'_>, outcome: JobOutcome) {
        match outcome {
            JobOutcome::Recognised(recognised) => {
                let mut import = *recognised;
                self.target = target_for(cx, &import.preview);
                if let Some(target) = &self.target {
                    cx.warn_of_other_environment(target.environment, &mut import.preview);
                }
                if let Relation::AlreadyStored { identity, .. } = import.preview.relation {
                    cx.show(identity);
                }
                self.form = self.form_for(cx, &import);
                self.recognised = Some(import);
            }
            JobOutcome::Stored(stored) => {
                if self.more.is_empty() {
                    cx.close();
                } else {
                    self.next_file(cx);
                }
                if self.exchange_after {
                    let identity = stored.identity();
                    cx.run_as(
                        Job::Exchange { identity },
                        stored.full_name().to_owned(),
                        None,
                    );
                }
            }
            _ => {}
        }
    }

    /// Without a keyring, offers the passphrase file and then stores it there.
    fn failed(&mut self, cx: &mut Cx<'_>, task: &Task, problem: &Problem) {
        let can_choose = Action::PassphraseFile.enabled(cx).is_ok();
        if task.work == Work::Store && problem.code == Code::NoKeyring && can_choose {
            self.waiting = Some(if self.exchange_after {
                STORE_AND_EXCHANGE
            } else {
                STORE
            });
            cx.then(AppCommand::OfferPassphraseFile);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let title = match self.more.len() {
            0 => "Add".to_owned(),
            more => format!("Add, then {}", counted(more, "more file")),
        };
        let inner = painter.panel(area, Panel::dialog(title).keys(key_hints::of(self, model)));
        let lines = match (&self.recognised, self.is_local) {
            (Some(import), _) => recognised::lines(painter.theme, model, import, inner.width),
            (None, true) => paragraph(
                "A local SDK runs on this machine and needs no token.",
                painter.theme.quiet,
                inner.width,
            ),
            (None, false) => waiting(painter, inner.width),
        };
        let known = self.recognised.as_ref();
        let mut notes = known.map_or_else(Vec::new, |known| {
            recognised::warnings(painter.theme, known, inner.width)
        });
        if let Some(place) = &self.form.goes_to {
            let text = format!("For {place}, the row under the cursor");
            notes.extend(paragraph(&text, painter.theme.strong, inner.width));
            if self.target.as_ref().is_some_and(|it| model.is_guarded(it)) {
                let text = "Production or untyped: make sure that the token belongs here.";
                notes.extend(paragraph(text, painter.theme.urgent, inner.width));
            }
        }
        painter.form_page(model, &lines, &notes, &self.status, &self.form, inner);
    }
}

/// Returns the target of a pasted token: the row under the cursor, unless it needs no token.
fn target_for(model: &Model, preview: &Preview) -> Option<TokenTarget> {
    let wanted = preview.kind == Kind::DevelopmentToken
        && preview.relation == Relation::NewEnvironment
        && !preview.token_expired(model.now);
    let (environment, _) = model.selected_entry().filter(|_| wanted)?;
    (environment.environment_type != EnvironmentType::Local)
        .then(|| model.token_target())
        .flatten()
}
