//! What do the buttons of forms do? Fields are checked where they were typed; what is wrong is said below the field.

use uuid::Uuid;

use super::{open, passphrase, renewal, tokens, typing};
use crate::app::add::{Preview, Relation};
use crate::credential::Kind;
use crate::credential::service_credentials::{Check, Verdict};
use crate::environment::{
    Approval, CloudIds, EnvironmentType, HostName, Hosts, Name, Purpose, TierAddress, Unconfirmed,
    allow_list,
};
use crate::tui::effect::{AddFields, EditFields, Effect};
use crate::tui::model::{
    Button, Choice, Field, FieldId, Form, Import, Menu, MenuItem, Model, Overlay, PastePage, Task,
    Then, Tone, Work,
};

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut()? {
        Overlay::Add(page) => Some(&mut page.form),
        Overlay::Edit(page) => Some(&mut page.form),
        Overlay::Rotate(page) => Some(&mut page.form),
        Overlay::Confirm(page) => Some(&mut page.form),
        Overlay::Passphrase(page) => Some(&mut page.form),
        _ => None,
    }
}

pub(super) fn step(model: &mut Model, forward: bool) {
    if let Some(form) = form(model) {
        form.step(forward);
    }
}

/// Left and right: the choice, the cursor in the text, or the next button.
pub(super) fn choose(model: &mut Model, forward: bool) {
    let Some(form) = form(model) else { return };
    if form.choose(forward) {
        return;
    }
    let key = crate::tui::keymap::Key::plain(if forward {
        crossterm::event::KeyCode::Right
    } else {
        crossterm::event::KeyCode::Left
    });
    if let Some(line) = form.typing() {
        line.edit(key);
    } else if forward || form.focus > form.fields.len() {
        form.step(forward);
    }
}

pub(super) fn focus(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(form) = form(model) else {
        return Vec::new();
    };
    form.focus = at;
    if at >= form.fields.len() {
        return submit(model);
    }
    Vec::new()
}

pub(super) fn submit(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Paste(page)) = model.overlays.last() {
        return match (&page.recognised, page.working) {
            (Some(import), None) => {
                let import = import.clone();
                store_token(model, &import)
            }
            _ => Vec::new(),
        };
    }
    let Some(button) = form(model).and_then(|form| form.pressed()) else {
        return Vec::new();
    };
    match (model.overlays.last(), button) {
        // The button says it.
        (Some(Overlay::Edit(page)), Button::Cancel) if page.working.is_none() => {
            model.overlays.pop();
            Vec::new()
        }
        (Some(_), Button::Cancel | Button::Close) => super::overlays::close(model),
        (Some(Overlay::Confirm(_)), _) => confirm(model),
        (Some(Overlay::Passphrase(_)), _) => passphrase::submit(model),
        (Some(Overlay::Edit(page)), _) if page.working.is_none() => save(model),
        (Some(Overlay::Add(page)), _) if page.working.is_some() => Vec::new(),
        (Some(Overlay::Rotate(page)), _) if page.working.is_some() => Vec::new(),
        (Some(Overlay::Add(_) | Overlay::Rotate(_)), Button::Read) => read_file(model),
        (Some(Overlay::Add(_)), Button::Local) => {
            local(model);
            Vec::new()
        }
        (Some(Overlay::Add(_)), Button::Paste) => paste_here(model),
        (Some(Overlay::Add(_)), Button::AsNew) => {
            as_new_environment(model);
            Vec::new()
        }
        (Some(Overlay::Add(_)), Button::Rotate) => rotate_known(model),
        (Some(Overlay::Add(_)), _) => store(model, button),
        (Some(Overlay::Rotate(_)), button) => renewal::press(model, button),
        _ => Vec::new(),
    }
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Confirm(page)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let typed = page.form.text(FieldId::TypedName).unwrap_or_default();
    if typed.to_lowercase() != page.expected.to_lowercase() {
        let why = format!("type {} to go on", page.expected);
        page.form.refuse(FieldId::TypedName, why);
        return Vec::new();
    }
    let (then, typed) = (page.then.clone(), typed.to_owned());
    model.overlays.pop();
    tokens::follow(model, then, Some(typed))
}

fn begin(model: &mut Model, work: Work, name: &str) -> crate::tui::model::TaskId {
    let since = model.now;
    model.tasks.start(Task {
        work,
        identity: None,
        name: name.to_owned(),
        since,
        batch: None,
    })
}

fn read_file(model: &mut Model) -> Vec<Effect> {
    let Some(form) = form(model) else {
        return Vec::new();
    };
    let path = form.text(FieldId::File).unwrap_or_default().to_owned();
    if path.is_empty() {
        form.refuse(
            FieldId::File,
            "paste the credential, or type the file's path",
        );
        return Vec::new();
    }
    let task = begin(model, Work::Recognise, "the file");
    typing::set_working(model, task);
    vec![Effect::ReadFile { task, path }]
}

/// A local SDK needs no file: its fields come at once.
fn local(model: &mut Model) {
    if let Some(Overlay::Add(page)) = model.overlays.last_mut() {
        page.local = true;
        page.problem = None;
        page.form = Form::new(
            vec![
                Field::text(FieldId::Name, "Name", "local"),
                Field::text(FieldId::Customer, "Customer", ""),
                Field::text(FieldId::Author, "Author", "http://localhost:4502"),
                Field::text(FieldId::Publish, "Publish", "http://localhost:4503"),
            ],
            vec![Button::Store, Button::Cancel],
        );
    }
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

/// The hosts in the fields that the ids do not give. What cannot be read was refused before.
fn beyond(form: &Form, ids: Option<CloudIds>) -> Vec<Unconfirmed> {
    let address = |id| form.text(id).and_then(|text| TierAddress::parse(text).ok());
    let hosts = Hosts {
        author: address(FieldId::Author),
        publish: address(FieldId::Publish),
        preview: address(FieldId::Preview),
        publish_domain: form
            .text(FieldId::PublishDomain)
            .and_then(|text| HostName::parse(text).ok()),
    };
    allow_list::beyond_derived(ids, &hosts)
}

/// Each host must be typed for its purpose, in a field that appears when it is needed. `None` until that is done.
fn confirm_hosts(form: &mut Form, unconfirmed: Vec<Unconfirmed>) -> Option<Vec<Approval>> {
    let mut approvals = Vec::new();
    for it in unconfirmed {
        let (id, label, what) = match it.purpose {
            Purpose::ImsSecret => (FieldId::TrustIms, "Trust IMS", "the client secret"),
            Purpose::Token => (FieldId::TrustHost, "Trust host", "tokens"),
        };
        let typed = form.text(id);
        let is_typed = typed.is_some_and(|typed| {
            let mut words = typed.split([',', ' ']);
            words.any(|word| word.eq_ignore_ascii_case(it.host.as_str()))
        });
        if !is_typed {
            if typed.is_none() {
                form.fields.push(Field::text(id, label, "").wide());
            }
            let why = format!("{}: type {} to send {what} there", it.field, it.host);
            form.refuse(id, why);
            return None;
        }
        approvals.push(Approval::new(it.host, it.purpose));
    }
    Some(approvals)
}

/// Names and hosts; the last mistake found has the cursor.
fn check(form: &mut Form) -> bool {
    let mut wrong: Vec<(FieldId, String)> = Vec::new();
    for field in &form.fields {
        let Some(text) = form.text(field.id) else {
            continue;
        };
        let result = match field.id {
            FieldId::Name => Name::parse(text).map(|_| ()),
            FieldId::Label if !text.is_empty() => Name::parse(text).map(|_| ()),
            FieldId::Author | FieldId::Publish | FieldId::Preview if !text.is_empty() => {
                TierAddress::parse(text).map(|_| ())
            }
            FieldId::PublishDomain if !text.is_empty() => HostName::parse(text).map(|_| ()),
            _ => Ok(()),
        };
        if let Err(problem) = result {
            let said = problem.to_string();
            let said = match problem.next_step {
                Some(step) => format!("{said}; {step}"),
                None => said,
            };
            wrong.push((field.id, said));
        }
    }
    let fine = wrong.is_empty();
    for (id, why) in wrong.into_iter().rev() {
        form.refuse(id, why);
    }
    fine
}

fn store(model: &mut Model, button: Button) -> Vec<Effect> {
    let Some(Overlay::Add(page)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !check(&mut page.form) {
        return Vec::new();
    }
    let unconfirmed = page.recognised.as_ref().map_or_else(Vec::new, |import| {
        let known = import.preview.unconfirmed.iter();
        let mut unconfirmed: Vec<Unconfirmed> = known
            .filter(|it| it.purpose == Purpose::ImsSecret)
            .cloned()
            .collect();
        unconfirmed.extend(beyond(&page.form, import.preview.ids));
        unconfirmed
    });
    let Some(trusted) = confirm_hosts(&mut page.form, unconfirmed) else {
        return Vec::new();
    };
    let fields = fields(&page.form, trusted);
    let import = page.recognised.as_ref().map(|import| import.id);
    let name = fields.name.clone();
    let task = begin(model, Work::Store, &name);
    if let Some(Overlay::Add(page)) = model.overlays.last_mut() {
        page.working = Some(task);
        page.problem = None;
        page.exchange_after = button == Button::StoreAndExchange;
    }
    vec![match import {
        Some(import) => Effect::Store {
            task,
            import,
            fields,
        },
        None => Effect::StoreLocal {
            task,
            fields: AddFields {
                environment_type: Some(EnvironmentType::Local),
                ..fields
            },
        },
    }]
}

/// A development token that was pasted on the list: Enter takes the environment that the page named.
fn paste_here(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Add(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let (Some(import), Some(mut paste)) = (page.recognised.clone(), page.here.clone()) else {
        return Vec::new();
    };
    paste.recognised = Some(import.clone());
    model.overlays.pop();
    model.overlays.push(Overlay::Paste(Box::new(paste)));
    store_token(model, &import)
}

/// Not for the row under the cursor after all: its fields, as for any other credential.
fn as_new_environment(model: &mut Model) {
    if let Some(Overlay::Add(page)) = model.overlays.last_mut()
        && let Some(import) = &page.recognised
    {
        page.form = Form::new(
            fields_of(&import.preview),
            vec![Button::Store, Button::Cancel],
        );
        page.here = None;
    }
}

fn store_token(model: &mut Model, import: &Import) -> Vec<Effect> {
    let Some(Overlay::Paste(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let (environment, identity, name) = (page.environment, page.identity, page.name.clone());
    let task = begin(model, Work::PasteToken, &name);
    if let Some(Overlay::Paste(page)) = model.overlays.last_mut() {
        page.working = Some(task);
        page.problem = None;
    }
    vec![Effect::PastePersonalToken {
        task,
        import: import.id,
        environment,
        identity,
    }]
}

/// The credential that was added is a new revision of one stored: renew that one.
fn rotate_known(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Add(page)) = model.overlays.last() else {
        return Vec::new();
    };
    let Some(import) = page.recognised.clone() else {
        return Vec::new();
    };
    let crate::app::add::Relation::NewRevision { identity, .. } = import.preview.relation else {
        return Vec::new();
    };
    model.overlays.pop();
    renewal::open_with(model, identity, import);
    Vec::new()
}

fn save(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Edit(page)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !check(&mut page.form) {
        return Vec::new();
    }
    let known = model.index.environment(page.environment);
    let mut unconfirmed = beyond(&page.form, known.and_then(|entry| entry.ids));
    unconfirmed.retain(|it| !known.is_some_and(|entry| it.is_confirmed_by(&entry.approvals)));
    let Some(trusted) = confirm_hosts(&mut page.form, unconfirmed) else {
        return Vec::new();
    };
    let changed = |id| {
        let now = page.form.text(id)?;
        (page.before.text(id) != Some(now)).then(|| now.to_owned())
    };
    let environment_type = page.form.environment_type();
    let fields = EditFields {
        name: changed(FieldId::Name),
        label: changed(FieldId::Label),
        environment_type: environment_type
            .filter(|chosen| page.before.environment_type() != Some(*chosen)),
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
    };
    if fields.is_empty() {
        model.overlays.pop();
        model.say(Tone::Note, "nothing was changed");
        return Vec::new();
    }
    let (environment, identity) = (page.environment, page.identity);
    if let Some(name) = guarded_edit(model, environment, &fields) {
        let lines = vec![
            "Another type, or other hosts, change what is guarded and where its token goes."
                .to_owned(),
        ];
        let then = Then::Edit(environment, identity, Box::new(fields));
        let page = open::confirm(format!("Save changes to {name}"), lines, name, then);
        model.overlays.push(page);
        return Vec::new();
    }
    start_edit(model, environment, identity, fields, None)
}

/// The name to type, as far as the list knows. The storage decides when it is saved.
fn guarded_edit(model: &Model, environment: Uuid, fields: &EditFields) -> Option<String> {
    let entry = model.index.environment(environment)?;
    let unguarded = fields
        .environment_type
        .is_some_and(|chosen| !chosen.is_guarded());
    let moved = [
        &fields.author,
        &fields.publish,
        &fields.preview,
        &fields.publish_domain,
    ]
    .into_iter()
    .any(Option::is_some);
    (entry.environment_type.is_guarded() && (unguarded || moved)).then(|| entry.name.to_string())
}

pub(super) fn start_edit(
    model: &mut Model,
    environment: Uuid,
    identity: Uuid,
    fields: EditFields,
    typed: Option<String>,
) -> Vec<Effect> {
    let task = tokens::start(model, Work::Edit, identity, None);
    if let Some(Overlay::Edit(page)) = model.overlays.last_mut() {
        page.working = Some(task);
        page.problem = None;
    }
    vec![Effect::Edit {
        task,
        environment,
        identity,
        fields,
        typed,
    }]
}

pub(super) fn browse(model: &mut Model, url: String) -> Vec<Effect> {
    let task = begin(model, Work::Open, &url);
    vec![Effect::OpenBrowser { task, url }]
}

pub(super) fn history(model: &Model, identity: Uuid) -> Overlay {
    let items = model
        .paths_of(identity)
        .iter()
        .map(|path| MenuItem {
            title: path.clone(),
            note: String::new(),
            off: None,
            danger: false,
            choice: Choice::TestPath(identity, path.clone()),
        })
        .collect();
    Overlay::Menu(Menu {
        title: "Paths asked before".to_owned(),
        items,
        at: 0,
    })
}

/// The row a pasted token goes to: the one under the cursor, unless that asks for no token.
pub(super) fn row_for_token(model: &Model, preview: &Preview) -> Option<PastePage> {
    let wanted = preview.kind == Kind::DevelopmentToken
        && preview.relation == Relation::NewEnvironment
        && !preview.token_ended(model.now);
    let (environment, _) = model.selected_entry().filter(|_| wanted)?;
    (environment.environment_type != EnvironmentType::Local)
        .then(|| open::paste_page(model))
        .flatten()
}

/// Says so where the token itself names another environment than the row's: author would refuse it.
pub(super) fn compare(model: &Model, environment: Uuid, preview: &mut Preview) {
    let known = model.index.environment(environment);
    if let Some((named, ids, name)) = known
        .and_then(|entry| Some((preview.token_ids?, entry.ids?, &entry.name)))
        .filter(|(named, ids, _)| named != ids)
    {
        preview.checks.push(Check {
            verdict: Verdict::Warning,
            text: format!("the token's client id names {named}; {name} is {ids}"),
        });
    }
}

/// The fields and buttons for what was recognised.
pub(super) fn recognised_form(model: &Model, import: &Import, here: Option<&PastePage>) -> Form {
    let preview = &import.preview;
    match &preview.relation {
        Relation::AlreadyStored { .. } => Form::new(Vec::new(), vec![Button::Close]),
        Relation::NewRevision { .. } => Form::new(Vec::new(), vec![Button::Rotate, Button::Cancel]),
        Relation::NewIdentity { .. } => Form::new(
            vec![Field::text(
                FieldId::Label,
                "Label",
                preview.suggested_label.clone(),
            )],
            vec![Button::StoreAndExchange, Button::Store, Button::Cancel],
        ),
        Relation::NewEnvironment if preview.token_ended(model.now) => {
            Form::new(Vec::new(), vec![Button::Close])
        }
        Relation::NewEnvironment => match here {
            Some(page) => {
                let buttons = vec![Button::Paste, Button::AsNew, Button::Cancel];
                Form {
                    goes_to: Some(open::place(model, page)),
                    ..Form::new(Vec::new(), buttons)
                }
            }
            None if preview.kind == Kind::DevelopmentToken => {
                Form::new(fields_of(preview), vec![Button::Store, Button::Cancel])
            }
            None => Form::new(
                fields_of(preview),
                vec![Button::StoreAndExchange, Button::Store, Button::Cancel],
            ),
        },
    }
}

fn fields_of(preview: &Preview) -> Vec<Field> {
    let host = |address: &Option<TierAddress>| match address {
        Some(TierAddress::Cloud(host)) => host.to_string(),
        Some(local) => local.origin(),
        None => String::new(),
    };
    let mut fields = vec![
        Field::text(FieldId::Name, "Name", preview.suggested_name.clone()),
        Field::environment_type(None),
        Field::text(
            FieldId::Customer,
            "Customer",
            preview.customer.clone().unwrap_or_default(),
        ),
        Field::text(FieldId::Label, "Label", preview.suggested_label.clone()),
        Field::text(FieldId::Author, "Author", host(&preview.hosts.author)),
        Field::text(FieldId::Publish, "Publish", host(&preview.hosts.publish)),
        Field::text(FieldId::Preview, "Preview", host(&preview.hosts.preview)),
        Field::text(
            FieldId::PublishDomain,
            "Domain",
            preview
                .hosts
                .publish_domain
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        ),
    ];
    let is_ims = |it: &Unconfirmed| it.purpose == Purpose::ImsSecret;
    if preview.unconfirmed.iter().any(is_ims) {
        fields.insert(0, Field::text(FieldId::TrustIms, "Trust IMS", "").wide());
    }
    fields
}
