//! The fields for a recognised input, and the choices in them.

use ratatui::text::Line;

use crate::app::add::{AddOptions, Preview};
use crate::tui::widgets::{FieldId, Form, FormField, Painter, address_text, paragraph};
use aemkeys_core::environment::{Approval, Purpose, Unconfirmed};

/// The choices, which the form has checked. `is_from_file`: the suggested name is that of the file.
pub(super) fn options(form: &Form, trusted: Vec<Approval>, is_from_file: bool) -> AddOptions {
    // An empty customer is one only if the user has cleared it.
    let customer = form
        .text(FieldId::CUSTOMER)
        .filter(|customer| !customer.is_empty() || form.changed_text(FieldId::CUSTOMER).is_some());
    let ids = form.ids();
    // The suggested name is of a credential without ids; with ids, another one is suggested.
    let is_suggested = ids.is_some() && !is_from_file && form.changed_text(FieldId::NAME).is_none();
    AddOptions {
        name: form.name(FieldId::NAME).filter(|_| !is_suggested),
        ids,
        label: form.name(FieldId::LABEL),
        environment_type: form.environment_type(),
        customer: customer.map(str::to_owned),
        hosts: form.hosts(),
        trusted,
        accept_suggestions: true,
        ..AddOptions::default()
    }
}

pub(super) fn is_ims(it: &Unconfirmed) -> bool {
    it.purpose == Purpose::ImsSecret
}

pub(super) fn fields_of(preview: &Preview) -> Vec<FormField> {
    let hosts = &preview.hosts;
    let host = |address| address_text(address);
    let domain = hosts.publish_domain.as_ref().map(ToString::to_string);
    let customer = preview.named_customer().unwrap_or_default();
    let file = preview.file.clone().unwrap_or_default();
    let name = file.name.unwrap_or_else(|| preview.suggested_name.clone());
    let mut of_type = FormField::environment_type(file.environment_type);
    if file.environment_type.is_some() {
        of_type = of_type.note("from file name");
    }
    let mut fields = vec![
        FormField::text(FieldId::NAME, name),
        of_type,
        FormField::text(FieldId::CUSTOMER, customer).note("optional"),
        FormField::text(FieldId::LABEL, preview.suggested_label.clone()),
        FormField::text(FieldId::AUTHOR, host(hosts.author.as_ref())),
        FormField::text(FieldId::PUBLISH, host(hosts.publish.as_ref())),
        FormField::text(FieldId::PREVIEW, host(hosts.preview.as_ref())),
        FormField::text(FieldId::DOMAIN, domain.unwrap_or_default()),
    ];
    if preview.ids.is_none() {
        let ids = [FieldId::PROGRAM, FieldId::ENVIRONMENT];
        let author = fields.iter().position(|field| field.id == FieldId::AUTHOR);
        let at = author.unwrap_or(fields.len());
        fields.splice(at..at, ids.map(|id| FormField::text(id, "")));
    }
    if preview.unconfirmed.iter().any(is_ims) {
        fields.insert(0, FormField::text(FieldId::TRUST_IMS, "").wide());
    }
    fields
}

pub(super) fn waiting<'a>(painter: &Painter<'_>, columns: u16) -> Vec<Line<'a>> {
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
