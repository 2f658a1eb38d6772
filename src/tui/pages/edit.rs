//! The edit page of an environment and its identity. Saves only the changed fields.

use ratatui::layout::Rect;
use uuid::Uuid;

use crate::app::edit::{Edit, EditIdentity};
use crate::app::{EnvironmentEntry, IdentityEntry};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{Edits, GuardedAct, Job};
use crate::tui::key_hints;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, address_text, paragraph,
};
use aemkeys_core::environment::{Approval, Hosts, Tier, UsedBy};

const CONSOLE: FieldId = FieldId("Console");
const USED_BY: FieldId = FieldId("Used by");
const NOTES: FieldId = FieldId("Notes");
const SAVE: Button = Button("Save");

#[derive(Clone, Debug)]
pub struct EditPage {
    environment: Uuid,
    identity: Uuid,
    name: String,
    pub form: Form,
    pub status: PageStatus,
}

impl EditPage {
    fn new(model: &Model, environment: &EnvironmentEntry, identity: &IdentityEntry) -> Self {
        let host = |tier: Tier| address_text(environment.hosts.of(tier));
        let used_by: Vec<&str> = identity
            .used_by
            .iter()
            .map(|used| used.name.as_str())
            .collect();
        let customer = environment.customer.clone().unwrap_or_default();
        let domain = environment.hosts.publish_domain.as_ref();
        let domain = domain.map_or_else(String::new, ToString::to_string);
        let console = environment.console_url.clone().unwrap_or_default();
        let notes = environment.notes.replace('\n', " ");
        let form = Form::new(
            vec![
                FormField::text(FieldId::NAME, environment.name.as_str()),
                FormField::text(FieldId::LABEL, identity.label.as_str()),
                FormField::environment_type(Some(environment.environment_type)),
                FormField::text(FieldId::CUSTOMER, customer),
                FormField::text(FieldId::AUTHOR, host(Tier::Author)).wide(),
                FormField::text(FieldId::PUBLISH, host(Tier::Publish)).wide(),
                FormField::text(FieldId::PREVIEW, host(Tier::Preview)).wide(),
                FormField::text(FieldId::DOMAIN, domain).wide(),
                FormField::text(CONSOLE, console).wide(),
                FormField::text(USED_BY, used_by.join(", ")).wide(),
                FormField::text(NOTES, notes).wide(),
            ],
            vec![SAVE, Button::CANCEL],
        );
        Self {
            environment: environment.id,
            identity: identity.id,
            name: model.name_of(identity.id),
            form,
            status: PageStatus::Ready,
        }
    }

    /// Returns the name to type, according to the list; the storage decides on saving.
    fn guarded_name(&self, model: &Model, shared: &Edit) -> Option<String> {
        let entry = model.index.environment(self.environment)?;
        let unguarded = shared
            .environment_type
            .is_some_and(|chosen| !chosen.is_guarded());
        let moved = shared.hosts != Hosts::default() || shared.clear_publish_domain;
        (entry.environment_type.is_guarded() && (unguarded || moved))
            .then(|| entry.name.to_string())
    }

    fn shared_changes(&self, trusted: Vec<Approval>) -> Edit {
        let is_changed = |id: &FieldId| self.form.changed_text(*id).is_some();
        let changed = |id| self.form.changed_text(id).map(str::to_owned);
        let address = |id| {
            Some(id)
                .filter(is_changed)
                .and_then(|id| self.form.address(id))
        };
        let name = Some(FieldId::NAME).filter(is_changed);
        let domain = Some(FieldId::DOMAIN).filter(is_changed);
        Edit {
            name: name.and_then(|id| self.form.name(id)),
            environment_type: self.form.changed_type(),
            customer: changed(FieldId::CUSTOMER),
            hosts: Hosts {
                author: address(FieldId::AUTHOR),
                publish: address(FieldId::PUBLISH),
                preview: address(FieldId::PREVIEW),
                publish_domain: domain.and_then(|_| self.form.domain()),
            },
            trusted_hosts: trusted.into_iter().map(|it| it.host).collect(),
            clear_publish_domain: self.form.changed_text(FieldId::DOMAIN) == Some(""),
            notes: changed(NOTES),
            console_url: changed(CONSOLE),
            ..Edit::default()
        }
    }

    fn own_changes(&self) -> EditIdentity {
        let label = self.form.changed_text(FieldId::LABEL);
        let used_by = self.form.changed_text(USED_BY).map(|text| {
            let names = text.split(',').map(str::trim);
            names
                .filter(|name| !name.is_empty())
                .map(UsedBy::new)
                .collect()
        });
        EditIdentity {
            label: label.and_then(|_| self.form.name(FieldId::LABEL)),
            used_by,
            ..EditIdentity::default()
        }
    }
}

impl View for EditPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        let is_asked = matches!(command, AppCommand::Perform(Action::Edit));
        let (environment, identity) = cx.selected_entry().filter(|_| is_asked)?;
        Some(Self::new(cx, environment, identity))
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        let AppCommand::Do(act @ GuardedAct::Edit(_), typed) = command else {
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
        self.form.page_size(model.columns, 1, &self.status)
    }

    with_form!();

    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, _button: Button) {
        if self.status.is_running() || !self.form.check(&cx.settings.keymap) {
            return;
        }
        let known = cx.index.environment(self.environment);
        let mut unconfirmed = self.form.hosts_beyond(known.and_then(|entry| entry.ids));
        unconfirmed.retain(|it| !known.is_some_and(|entry| it.is_confirmed_by(&entry.approvals)));
        let Some(trusted) = self.form.confirm_hosts(unconfirmed) else {
            return;
        };
        let (shared, own) = (self.shared_changes(trusted), self.own_changes());
        if shared == Edit::default() && own == EditIdentity::default() {
            cx.close();
            return cx.say(Tone::Note, "nothing to save");
        }
        let guarded_name = self.guarded_name(cx, &shared);
        let edit = GuardedAct::Edit(Box::new(Edits {
            environment: self.environment,
            identity: self.identity,
            shared,
            own,
        }));
        cx.then(match guarded_name {
            Some(name) => AppCommand::confirm(
                format!("Save changes to {name}"),
                &["This changes which actions need confirmation, or where tokens are sent."],
                &name,
                edit,
            ),
            None => AppCommand::Do(edit, None),
        });
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let inner = painter.panel(
            area,
            Panel::dialog(format!("Edit {}", self.name)).keys(key_hints::of(self, model)),
        );
        let said = "Hosts, type and customer apply to every identity in this environment.";
        let lines = paragraph(said, painter.theme.quiet, inner.width);
        painter.form_page(model, &lines, &[], &self.status, &self.form, inner);
    }
}
