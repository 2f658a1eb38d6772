//! The page for the passphrase of the passphrase file: a new one typed twice, or the existing one. The characters go to
//! the runtime; this page only counts them and draws dots.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::storage::{PASSPHRASE_RULE, PassphraseRequest, PassphraseStrength};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, PageEvent};
use crate::tui::effect::{Effect, Job, Typed};
use crate::tui::key_hints;
use crate::tui::message::JobOutcome;
use crate::tui::model::{Model, StorageCheck};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::theme::Theme;
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, form_columns, paragraph,
};
use aemkeys_core::credential::Problem;

/// The maximum length of a passphrase in characters.
const LONGEST: usize = 500;

const PASSPHRASE: FieldId = FieldId("Passphrase");
const REPEAT: FieldId = FieldId("Repeat");
const CREATE: Button = Button("Create file");
const OPEN: Button = Button("Open file");

#[derive(Clone, Debug)]
pub struct PassphrasePage {
    /// Whether a new file is created, so that the passphrase is typed twice.
    is_new: bool,
    /// Whether it was opened because there is no keyring for what is being stored.
    is_offer: bool,
    /// Whether the storage waits for the passphrase.
    is_awaited: bool,
    strength: Option<PassphraseStrength>,
    pub form: Form,
    pub status: PageStatus,
}

impl Default for PassphrasePage {
    fn default() -> Self {
        Self {
            is_new: true,
            is_offer: false,
            is_awaited: false,
            strength: None,
            form: new_form(),
            status: PageStatus::Ready,
        }
    }
}

impl PassphrasePage {
    pub fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    fn awaited(request: PassphraseRequest) -> Self {
        let mut form = if request.is_new() {
            new_form()
        } else {
            known_form()
        };
        match request {
            PassphraseRequest::New | PassphraseRequest::Known => {}
            PassphraseRequest::NewDiffered => {
                form.refuse(PASSPHRASE, "the two passphrases differ, enter both again");
            }
            PassphraseRequest::KnownWasWrong => {
                form.refuse(PASSPHRASE, "wrong passphrase, try again");
            }
        }
        Self {
            is_new: request.is_new(),
            is_awaited: true,
            form,
            ..Self::default()
        }
    }
}

fn new_form() -> Form {
    Form::new(
        vec![FormField::hidden(PASSPHRASE), FormField::hidden(REPEAT)],
        vec![CREATE, Button::CANCEL],
    )
}

fn known_form() -> Form {
    Form::new(
        vec![FormField::hidden(PASSPHRASE)],
        vec![OPEN, Button::CANCEL],
    )
}

impl View for PassphrasePage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Perform(Action::PassphraseFile) => Some(Self::default()),
            AppCommand::OfferPassphraseFile => Some(Self {
                is_offer: true,
                ..Self::default()
            }),
            AppCommand::AskPassphrase(request) => {
                cx.emit(Effect::ForgetPassphrase);
                Some(Self::awaited(*request))
            }
            _ => None,
        }
    }

    fn event(&mut self, _cx: &mut Cx<'_>, event: &PageEvent<'_>) {
        if let PageEvent::PassphraseStrength(strength) = event
            && self.is_new
        {
            self.strength = *strength;
        }
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::StorageChosen(storage) = outcome {
            (*storage).clone_into(&mut cx.settings.storage);
            cx.settings.storage_is_chosen = true;
            cx.settings.unlocked_until = None;
            cx.storage_check = StorageCheck::NotStarted;
            cx.report(format!("secrets are now stored in the {storage}"), &[]);
        }
    }

    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let columns = form_columns(model.columns);
        let theme = &model.settings.theme;
        let said = self.said(theme, columns).len() + self.strength(theme, columns).len();
        let gap = usize::from(self.is_new);
        let lines = said + gap;
        self.form.page_size(model.columns, lines, &self.status)
    }

    fn form(&mut self) -> Option<&mut Form> {
        Some(&mut self.form)
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        self.form.words(action)
    }

    fn takes_text(&self) -> bool {
        self.takes_secret()
    }

    fn takes_secret(&self) -> bool {
        !self.status.is_running() && self.form.takes_text()
    }

    fn type_secret(&mut self, cx: &mut Cx<'_>, typed: Typed, letters: usize) {
        let focused = self.form.focused().map(|field| field.id);
        let Some(known) = self.form.hidden() else {
            return;
        };
        let count = match typed {
            Typed::Add(_) => Some(*known + letters).filter(|count| *count <= LONGEST),
            Typed::Backspace => known.checked_sub(1),
            Typed::Clear => Some(0),
        };
        if let Some(count) = count {
            *known = count;
            self.status = PageStatus::Ready;
            cx.emit(Effect::TypePassphrase {
                again: focused == Some(REPEAT),
                typed,
            });
        }
    }

    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, _button: Button) {
        if self.status.is_running() {
            return;
        }
        let form = &mut self.form;
        if form.letters(PASSPHRASE) == 0 {
            form.refuse(PASSPHRASE, "enter the passphrase");
        } else if self.is_new && self.strength == Some(PassphraseStrength::TooShort) {
            form.refuse(PASSPHRASE, format!("use {PASSPHRASE_RULE}"));
        } else if self.is_new && form.letters(REPEAT) == 0 {
            let untouched = form.focus == 0;
            form.refuse(REPEAT, "repeat the passphrase");
            if untouched {
                // Enter in the first field goes to the second one without an error.
                form.hidden();
            }
        } else if self.is_awaited {
            let is_new = self.is_new;
            cx.emit(Effect::GivePassphrase { is_new });
            cx.close();
        } else {
            self.status = PageStatus::Running(cx.run(Job::MakePassphraseFile));
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.close();
        match (self.is_awaited, self.status.is_running()) {
            (true, _) => cx.emit(Effect::RefusePassphrase),
            // The running job needs the passphrase.
            (false, true) => {}
            (false, false) => cx.emit(Effect::ForgetPassphrase),
        }
    }

    fn finished(&mut self, cx: &mut Cx<'_>, _outcome: JobOutcome) {
        cx.close();
        // The page below stores what it could not store before.
        cx.then(AppCommand::Resume);
    }

    fn failed(&mut self, _cx: &mut Cx<'_>, _task: &Task, _problem: &Problem) {
        self.form = new_form();
        self.strength = None;
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let title = if self.is_new {
            "Store secrets in a passphrase file"
        } else {
            "Passphrase"
        };
        let keys = key_hints::of(self, model);
        let inner = painter.panel(area, Panel::dialog(title).keys(keys));
        let lines = self.said(theme, inner.width);
        let strength = self.strength(theme, inner.width);
        painter.form_page(model, &lines, &strength, &self.status, &self.form, inner);
    }
}

impl PassphrasePage {
    fn said<'a>(&self, theme: &Theme, columns: u16) -> Vec<Line<'a>> {
        if !self.is_new {
            let said = "Enter the passphrase of the file with your secrets.";
            return paragraph(said, theme.quiet, columns);
        }
        let mut lines = Vec::new();
        if self.is_offer {
            let offer = "No keyring answers, so nothing was stored yet. Create a passphrase file to store it there, or start a keyring.";
            lines.extend(paragraph(offer, theme.strong, columns));
        }
        let said = format!(
            "An encrypted file on this machine instead of a keyring. aemkeys asks for the passphrase once after each start. \
             Use {PASSPHRASE_RULE}; several unrelated words are better. A forgotten passphrase cannot be recovered."
        );
        lines.extend(paragraph(&said, theme.quiet, columns));
        lines
    }

    /// The strength of a new passphrase.
    fn strength<'a>(&self, theme: &Theme, columns: u16) -> Vec<Line<'a>> {
        if !self.is_new {
            return Vec::new();
        }
        let (words, style) = strength_words(self.strength, theme);
        paragraph(&words, style, columns)
    }
}

fn strength_words(strength: Option<PassphraseStrength>, theme: &Theme) -> (String, Style) {
    match strength {
        None => ("Strength: nothing entered yet".to_owned(), theme.quiet),
        Some(PassphraseStrength::TooShort) => (
            format!("Strength: too short, use {PASSPHRASE_RULE}"),
            theme.over,
        ),
        Some(PassphraseStrength::Weak) => (
            "Strength: weak, quick to guess from a copy of the file".to_owned(),
            theme.urgent,
        ),
        Some(PassphraseStrength::Fair) => (
            "Strength: fair, another word makes it strong".to_owned(),
            theme.soon,
        ),
        Some(PassphraseStrength::Strong) => ("Strength: strong".to_owned(), theme.fine),
    }
}
