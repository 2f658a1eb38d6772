//! The edit page of an environment and its identity. Saves only the changed fields.

use ratatui::layout::Rect;
use ratatui::text::Line;
use uuid::Uuid;

use super::View;
use crate::app::{EnvironmentEntry, IdentityEntry};
use crate::tui::action::Context;
use crate::tui::command::{AppCommand, Cx, Guarded};
use crate::tui::effect::EditFields;
use crate::tui::model::{Model, Tone};
use crate::tui::task::PageStatus;
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, address_text, form_hints,
};
use aemkeys_core::environment::{Approval, Tier};

#[derive(Clone, Debug)]
pub struct EditPage {
    environment: Uuid,
    identity: Uuid,
    name: String,
    pub form: Form,
    /// The form before any change.
    before: Form,
    pub status: PageStatus,
}

impl EditPage {
    pub fn new(model: &Model, environment: &EnvironmentEntry, identity: &IdentityEntry) -> Self {
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
                FormField::text(FieldId::Name, "Name", environment.name.as_str()),
                FormField::text(FieldId::Label, "Label", identity.label.as_str()),
                FormField::environment_type(Some(environment.environment_type)),
                FormField::text(FieldId::Customer, "Customer", customer),
                FormField::text(FieldId::Author, "Author", host(Tier::Author)).wide(),
                FormField::text(FieldId::Publish, "Publish", host(Tier::Publish)).wide(),
                FormField::text(FieldId::Preview, "Preview", host(Tier::Preview)).wide(),
                FormField::text(FieldId::PublishDomain, "Domain", domain).wide(),
                FormField::text(FieldId::Console, "Console", console).wide(),
                FormField::text(FieldId::UsedBy, "Used by", used_by.join(", ")).wide(),
                FormField::text(FieldId::Notes, "Notes", notes).wide(),
            ],
            vec![Button::Save, Button::Cancel],
        );
        Self {
            environment: environment.id,
            identity: identity.id,
            name: model.name_of(identity.id),
            before: form.clone(),
            form,
            status: PageStatus::Ready,
        }
    }

    /// Returns the name to type, according to the list; the storage decides on saving.
    fn guarded_name(&self, model: &Model, fields: &EditFields) -> Option<String> {
        let entry = model.index.environment(self.environment)?;
        let unguarded = fields
            .environment_type
            .is_some_and(|chosen| !chosen.is_guarded());
        let hosts = [
            &fields.author,
            &fields.publish,
            &fields.preview,
            &fields.publish_domain,
        ];
        let moved = hosts.into_iter().any(Option::is_some);
        (entry.environment_type.is_guarded() && (unguarded || moved))
            .then(|| entry.name.to_string())
    }

    fn changes(&self, trusted: Vec<Approval>) -> EditFields {
        let changed = |id| {
            let now = self.form.text(id)?;
            (self.before.text(id) != Some(now)).then(|| now.to_owned())
        };
        let environment_type = self.form.environment_type();
        EditFields {
            name: changed(FieldId::Name),
            label: changed(FieldId::Label),
            environment_type: environment_type
                .filter(|chosen| self.before.environment_type() != Some(*chosen)),
            customer: changed(FieldId::Customer),
            author: changed(FieldId::Author),
            publish: changed(FieldId::Publish),
            preview: changed(FieldId::Preview),
            publish_domain: changed(FieldId::PublishDomain),
            trusted,
            console_url: changed(FieldId::Console),
            notes: changed(FieldId::Notes),
            used_by: changed(FieldId::UsedBy).map(|text| {
                text.split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect()
            }),
        }
    }
}

impl View for EditPage {
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
        let fields = self.changes(trusted);
        if fields.is_empty() {
            cx.close();
            return cx.say(Tone::Note, "nothing to save");
        }
        let guarded_name = self.guarded_name(cx, &fields);
        let edit = Guarded::Edit(self.environment, self.identity, Box::new(fields));
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

    fn close(&mut self, cx: &mut Cx<'_>) {
        if !self.status.is_running() && self.form.differs(&self.before) {
            cx.then(AppCommand::AskToDiscard(self.name.clone()));
        } else {
            cx.close();
        }
    }

    fn cancel(&mut self, cx: &mut Cx<'_>) {
        cx.close();
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let keys = form_hints(&self.form, painter.theme);
        let inner = painter.panel(
            area,
            Panel::dialog(format!("Edit {}", self.name)).keys(keys),
        );
        let lines = vec![
            Line::styled(
                "Hosts, type and customer apply to every identity in this environment.",
                painter.theme.quiet,
            ),
            Line::default(),
        ];
        painter.form_page(model, lines, &self.status, &self.form, inner);
    }
}
