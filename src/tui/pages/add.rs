//! The add page: reads a credential or token, then shows what was recognised and can be changed before it is stored.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::View;
use crate::app::add::{Preview, Relation};
use crate::tui::action::Context;
use crate::tui::command::{AppCommand, Cx, Guarded, PendingImport, TokenTarget};
use crate::tui::effect::{AddFields, Job};
use crate::tui::message::JobOutcome;
use crate::tui::model::Model;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, address_text, form_hints, paragraph,
    recognised,
};
use aemkeys_core::credential::Kind;
use aemkeys_core::environment::{Approval, EnvironmentType, Purpose, Unconfirmed};

#[derive(Clone, Debug)]
pub struct AddPage {
    pub form: Form,
    pub recognised: Option<PendingImport>,
    is_local: bool,
    /// The target of a pasted token: the row under the cursor when the token was recognised.
    target: Option<TokenTarget>,
    /// Whether to exchange after storing.
    exchange_after: bool,
    pub status: PageStatus,
}

impl Default for AddPage {
    fn default() -> Self {
        Self {
            form: Form::new(
                vec![FormField::text(FieldId::File, "File", "").wide()],
                vec![Button::Read, Button::Local, Button::Cancel],
            ),
            recognised: None,
            is_local: false,
            target: None,
            exchange_after: false,
            status: PageStatus::Ready,
        }
    }
}

impl AddPage {
    /// Shows the fields of a local SDK, which needs no file.
    fn choose_local(&mut self) {
        self.is_local = true;
        self.status = PageStatus::Ready;
        self.form = Form::new(
            vec![
                FormField::text(FieldId::Name, "Name", "local"),
                FormField::text(FieldId::Customer, "Customer", ""),
                FormField::text(FieldId::Author, "Author", "http://localhost:4502"),
                FormField::text(FieldId::Publish, "Publish", "http://localhost:4503"),
            ],
            vec![Button::Store, Button::Cancel],
        );
    }

    fn store(&mut self, cx: &mut Cx<'_>, button: Button) {
        if !self.form.check(&cx.settings.keymap) {
            return;
        }
        let mut unconfirmed = Vec::new();
        if let Some(PendingImport { preview, .. }) = &self.recognised {
            let known = preview.unconfirmed.iter().filter(|it| is_ims(it));
            unconfirmed.extend(known.cloned());
            unconfirmed.extend(self.form.hosts_beyond(preview.ids));
        }
        let Some(trusted) = self.form.confirm_hosts(unconfirmed) else {
            return;
        };
        let fields = fields(&self.form, trusted);
        self.exchange_after = button == Button::StoreAndExchange;
        let Some(import) = &self.recognised else {
            let fields = Box::new(AddFields {
                environment_type: Some(EnvironmentType::Local),
                ..fields
            });
            self.status = PageStatus::Running(cx.run(Job::StoreLocal { fields }));
            return;
        };
        let store = Guarded::Store(import.id, Box::new(fields));
        let changes = import.preview.changes.as_ref();
        cx.then(match changes.filter(|changes| changes.needs_confirmation) {
            Some(changes) => {
                let mut lines = vec!["This replaces what is stored:"];
                lines.extend(changes.lines.iter().map(String::as_str));
                let name = &changes.environment;
                AppCommand::confirm(format!("Store changes of {name}"), &lines, name, store)
            }
            None => AppCommand::Do(store, None),
        });
    }

    /// Returns the fields and buttons for a recognised input.
    fn form_for(&self, model: &Model, import: &PendingImport) -> Form {
        let preview = &import.preview;
        let (fields, buttons) = match &preview.relation {
            Relation::AlreadyStored { .. } => (Vec::new(), vec![Button::Store, Button::Close]),
            Relation::NewRevision { .. } => (Vec::new(), vec![Button::Rotate, Button::Cancel]),
            Relation::NewIdentity { .. } => {
                let label = preview.suggested_label.clone();
                (
                    vec![FormField::text(FieldId::Label, "Label", label)],
                    vec![Button::StoreAndExchange, Button::Store, Button::Cancel],
                )
            }
            Relation::NewEnvironment if preview.token_expired(model.now) => {
                (Vec::new(), vec![Button::Close])
            }
            Relation::NewEnvironment => match &self.target {
                Some(target) => {
                    let buttons = vec![Button::Paste, Button::AsNew, Button::Cancel];
                    return Form {
                        goes_to: Some(model.describe(target)),
                        ..Form::new(Vec::new(), buttons)
                    };
                }
                None if preview.kind == Kind::DevelopmentToken => {
                    (fields_of(preview), vec![Button::Store, Button::Cancel])
                }
                None => (
                    fields_of(preview),
                    vec![Button::StoreAndExchange, Button::Store, Button::Cancel],
                ),
            },
        };
        Form::new(fields, buttons)
    }
}

impl View for AddPage {
    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let found = self.recognised.as_ref().map_or(3, recognised::height)
            + usize::from(self.form.goes_to.is_some());
        self.form.page_size(model.columns, found, &self.status)
    }

    with_form!();

    fn import(&mut self) -> Option<&mut Option<PendingImport>> {
        Some(&mut self.recognised)
    }

    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, button: Button) {
        if self.status.is_running() {
            return;
        }
        match (button, &self.recognised) {
            (Button::Read, _) => cx.read_file(&mut self.form, &mut self.status),
            (Button::Local, _) => self.choose_local(),
            (Button::Paste, Some(import)) => {
                if let Some(target) = &self.target {
                    cx.then(AppCommand::Store(import.clone(), target.clone()));
                    cx.close();
                }
            }
            // A new environment instead of the row under the cursor.
            (Button::AsNew, Some(import)) => {
                self.form = Form::new(
                    fields_of(&import.preview),
                    vec![Button::Store, Button::Cancel],
                );
                self.target = None;
            }
            // The input is a new revision of a stored credential, which can be rotated.
            (Button::Rotate, Some(import)) => {
                if let Relation::NewRevision { identity, .. } = import.preview.relation {
                    cx.then(AppCommand::OpenRotateWith(identity, import.clone()));
                    cx.close();
                }
            }
            (button, _) => self.store(cx, button),
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.leave(&self.status, self.recognised.as_ref());
    }

    fn finished(&mut self, cx: &mut Cx<'_>, outcome: JobOutcome) {
        match outcome {
            JobOutcome::Recognised(recognised) => {
                let mut import = PendingImport::from(*recognised);
                self.target = target_for(cx, &import.preview);
                if let Some(target) = &self.target {
                    cx.warn_of_other_environment(target.environment, &mut import.preview);
                }
                self.form = self.form_for(cx, &import);
                self.recognised = Some(import);
            }
            JobOutcome::Stored(stored) => {
                cx.close();
                if self.exchange_after {
                    let identity = stored.identity;
                    cx.run_as(Job::Exchange { identity }, stored.full_name, None);
                }
            }
            _ => {}
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let keys = form_hints(&self.form, painter.theme);
        let inner = painter.panel(area, Panel::dialog("Add").keys(keys));
        let mut lines = match (&self.recognised, self.is_local) {
            (Some(import), _) => recognised::lines(painter.theme, model, import, inner.width),
            (None, true) => vec![Line::styled(
                "A local SDK runs on this machine and needs no token.",
                painter.theme.quiet,
            )],
            (None, false) => waiting(painter, inner.width),
        };
        if let Some(place) = &self.form.goes_to {
            let text = format!("For {place}, the row under the cursor");
            lines.extend(paragraph(&text, painter.theme.strong, inner.width));
        }
        lines.push(Line::default());
        painter.form_page(model, lines, &self.status, &self.form, inner);
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

fn fields(form: &Form, trusted: Vec<Approval>) -> AddFields {
    let text = |id| form.text(id).unwrap_or_default().to_owned();
    AddFields {
        name: text(FieldId::Name),
        label: text(FieldId::Label),
        environment_type: form.environment_type(),
        customer: text(FieldId::Customer),
        author: text(FieldId::Author),
        publish: text(FieldId::Publish),
        preview: text(FieldId::Preview),
        publish_domain: text(FieldId::PublishDomain),
        trusted,
    }
}

fn is_ims(it: &Unconfirmed) -> bool {
    it.purpose == Purpose::ImsSecret
}

fn fields_of(preview: &Preview) -> Vec<FormField> {
    let hosts = &preview.hosts;
    let host = |address| address_text(address);
    let domain = hosts.publish_domain.as_ref().map(ToString::to_string);
    let customer = preview.customer.clone().unwrap_or_default();
    let mut fields = vec![
        FormField::text(FieldId::Name, "Name", preview.suggested_name.clone()),
        FormField::environment_type(None),
        FormField::text(FieldId::Customer, "Customer", customer),
        FormField::text(FieldId::Label, "Label", preview.suggested_label.clone()),
        FormField::text(FieldId::Author, "Author", host(hosts.author.as_ref())),
        FormField::text(FieldId::Publish, "Publish", host(hosts.publish.as_ref())),
        FormField::text(FieldId::Preview, "Preview", host(hosts.preview.as_ref())),
        FormField::text(FieldId::PublishDomain, "Domain", domain.unwrap_or_default()),
    ];
    if preview.unconfirmed.iter().any(is_ims) {
        fields.insert(
            0,
            FormField::text(FieldId::TrustIms, "Trust IMS", "").wide(),
        );
    }
    fields
}

fn waiting<'a>(painter: &Painter<'_>, columns: u16) -> Vec<Line<'a>> {
    let theme = painter.theme;
    let mut lines = paragraph(
        "Paste the JSON of service credentials or an OAuth credential, or a token; or enter the path of the file.",
        theme.text,
        columns,
    );
    lines.extend(paragraph(
        "Nothing is stored before you confirm.",
        theme.quiet,
        columns,
    ));
    lines
}
