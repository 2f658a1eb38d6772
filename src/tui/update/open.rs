//! What is on a page that opens: menus, forms, questions, help, palette, guides?

use uuid::Uuid;

use crate::app::open::Target as Place;
use crate::app::present::Format;
use crate::environment::Tier;
use crate::tui::action::{Action, context};
use crate::tui::model::form::type_words;
use crate::tui::model::{
    AddPage, Button, Choice, Confirm, EditPage, ErrorsPage, Field, FieldId, Finder, FinderKind,
    Form, Menu, MenuItem, Model, Overlay, PastePage, Question, Remote, Search, TextLine, Then,
    Viewer,
};

pub(super) fn page(model: &mut Model, action: Action) {
    let overlay = match action {
        Action::PassphraseFile => Some(super::passphrase::new_page()),
        Action::Add => Some(Overlay::Add(Box::new(add_page()))),
        Action::CopyFormat => formats(model),
        Action::TestPath => path_prompt(model),
        Action::PasteToken => paste_page(model).map(|page| Overlay::Paste(Box::new(page))),
        Action::Edit => edit_page(model),
        Action::Open => places(model),
        Action::Rotate => {
            if let Some(identity) = model.list.selected {
                super::renewal::open_rotate(model, identity);
            }
            None
        }
        Action::Danger => super::danger::menu(model),
        Action::Errors => Some(Overlay::Errors(ErrorsPage::default())),
        _ => None,
    };
    model.overlays.extend(overlay);
}

pub(super) fn add_page() -> AddPage {
    AddPage {
        form: Form::new(
            vec![Field::text(FieldId::File, "File", "").wide()],
            vec![Button::Read, Button::Local, Button::Cancel],
        ),
        recognised: None,
        local: false,
        here: None,
        exchange_after: false,
        working: None,
        problem: None,
    }
}

fn formats(model: &Model) -> Option<Overlay> {
    let identity = model.list.selected?;
    let items = Format::ALL
        .into_iter()
        .map(|format| MenuItem {
            title: format.title().to_owned(),
            note: match format {
                Format::Curl => "carries no token".to_owned(),
                _ => String::new(),
            },
            off: None,
            danger: format == Format::CurlLiteral,
            choice: Choice::Copy(identity, format),
        })
        .collect();
    Some(Overlay::Menu(Menu {
        title: format!("Copy {} as", model.name_of(identity)),
        items,
        at: 0,
    }))
}

fn path_prompt(model: &Model) -> Option<Overlay> {
    let identity = model.list.selected?;
    Some(super::call::prompt(model, identity, Tier::Author, None))
}

/// For the environment under the cursor.
pub(super) fn paste_page(model: &Model) -> Option<PastePage> {
    let (environment, identity) = model.selected_entry()?;
    let person = if identity.kind == crate::credential::Kind::DevelopmentToken {
        Some(identity)
    } else {
        crate::app::resolve::person(environment)
    };
    Some(PastePage {
        environment: environment.id,
        identity: person.map(|person| person.id),
        name: environment.name.to_string(),
        recognised: None,
        working: None,
        problem: None,
    })
}

/// `wknd-dev (Development)`, as the page and its button say it.
pub(super) fn place(model: &Model, page: &PastePage) -> String {
    match model.index.environment(page.environment) {
        Some(known) => format!("{} ({})", page.name, type_words(known.environment_type)),
        None => page.name.clone(),
    }
}

fn edit_page(model: &Model) -> Option<Overlay> {
    let (environment, identity) = model.selected_entry()?;
    let host = |tier: Tier| {
        environment
            .hosts
            .of(tier)
            .map_or_else(String::new, |address| match address {
                crate::environment::TierAddress::Cloud(host) => host.to_string(),
                local @ crate::environment::TierAddress::Local(_) => local.origin(),
            })
    };
    let used_by: Vec<&str> = identity
        .used_by
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    let form = Form::new(
        vec![
            Field::text(FieldId::Name, "Name", environment.name.as_str()),
            Field::text(FieldId::Label, "Label", identity.label.as_str()),
            Field::environment_type(Some(environment.environment_type)),
            Field::text(
                FieldId::Customer,
                "Customer",
                environment.customer.clone().unwrap_or_default(),
            ),
            Field::text(FieldId::Author, "Author", host(Tier::Author)).wide(),
            Field::text(FieldId::Publish, "Publish", host(Tier::Publish)).wide(),
            Field::text(FieldId::Preview, "Preview", host(Tier::Preview)).wide(),
            Field::text(
                FieldId::PublishDomain,
                "Domain",
                environment
                    .hosts
                    .publish_domain
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            )
            .wide(),
            Field::text(
                FieldId::Console,
                "Console",
                environment.console_url.clone().unwrap_or_default(),
            )
            .wide(),
            Field::text(FieldId::UsedBy, "Used by", used_by.join(", ")).wide(),
            Field::text(
                FieldId::Notes,
                "Notes",
                environment.notes.replace('\n', " "),
            )
            .wide(),
        ],
        vec![Button::Save, Button::Cancel],
    );
    Some(Overlay::Edit(EditPage {
        environment: environment.id,
        identity: identity.id,
        name: model.name_of(identity.id),
        before: form.clone(),
        form,
        working: None,
        problem: None,
    }))
}

fn places(model: &Model) -> Option<Overlay> {
    let (environment, identity) = model.selected_entry()?;
    let mut items: Vec<MenuItem> = Tier::ALL
        .into_iter()
        .filter_map(|tier| {
            let url = crate::app::open::url(environment, Place::Tier(tier)).ok()?;
            Some((tier.as_str(), url))
        })
        .map(|(title, url)| item(title, url))
        .collect();
    if let Some(domain) = &environment.hosts.publish_domain {
        items.push(item("publish domain", format!("https://{domain}")));
    }
    if let Ok(url) = crate::app::open::url(environment, Place::Console) {
        let title = if environment.console_url.is_some() {
            "AEM Developer Console"
        } else {
            "Cloud Manager"
        };
        items.push(item(title, url));
    }
    Some(Overlay::Menu(Menu {
        title: format!("Open {}", model.name_of(identity.id)),
        items,
        at: 0,
    }))
}

fn item(title: &str, url: String) -> MenuItem {
    MenuItem {
        title: title.to_owned(),
        note: url.clone(),
        off: None,
        danger: false,
        choice: Choice::Open(url),
    }
}

pub(super) fn confirm(title: String, lines: Vec<String>, expected: String, then: Then) -> Overlay {
    Overlay::Confirm(Confirm {
        title,
        lines,
        expected,
        form: Form::new(
            vec![Field::text(FieldId::TypedName, "Name", "").wide()],
            vec![Button::Confirm, Button::Cancel],
        ),
        then,
    })
}

/// Asks before work on many, and says how many and whether Production is among them.
pub(super) fn ask_exchange(model: &mut Model, targets: Vec<Uuid>, marked: bool) {
    let production: Vec<String> = targets
        .iter()
        .filter(|id| {
            model.index.identity(**id).is_some_and(|(environment, _)| {
                environment.environment_type == crate::environment::EnvironmentType::Production
            })
        })
        .map(|id| model.name_of(*id))
        .collect();
    let mut lines = vec![if marked {
        format!("{} marked identities get a new token each.", targets.len())
    } else {
        format!(
            "{} {} less than 60 minutes left or no token yet.",
            targets.len(),
            if targets.len() == 1 {
                "identity has"
            } else {
                "identities have"
            }
        )
    }];
    lines.push(if production.is_empty() {
        "Production is not among them.".to_owned()
    } else {
        format!("Production among them: {}.", production.join(", "))
    });
    let hidden = model.list.hidden_marks();
    if marked && hidden > 0 {
        lines.push(format!(
            "{hidden} more marked: hidden by the filter, left alone."
        ));
    }
    let guarded = model.due_but_guarded().len();
    if !marked && guarded > 0 {
        lines.push(format!(
            "{guarded} of Production or unset due too: taken along if marked."
        ));
    }
    model.overlays.push(Overlay::Question(Question {
        title: "Exchange".to_owned(),
        lines,
        then: Then::ExchangeMany(targets),
    }));
}

pub(super) fn quit_question(model: &mut Model) {
    let mut lines: Vec<String> = model
        .tasks
        .iter()
        .take(5)
        .map(|(_, task)| format!("{} {}", task.work.words(), task.name))
        .collect();
    if model.tasks.len() > 5 {
        lines.push(format!("and {} more", model.tasks.len() - 5));
    }
    lines.push(String::new());
    lines.push("Quit all the same? What runs is cancelled.".to_owned());
    model.overlays.push(Overlay::Question(Question {
        title: "Work is running".to_owned(),
        lines,
        then: Then::Quit,
    }));
}

pub(super) fn discard_question(model: &mut Model, name: &str) {
    model.overlays.push(Overlay::Question(Question {
        title: format!("Edit {name}"),
        lines: vec!["Close it without saving what you changed?".to_owned()],
        then: Then::Discard,
    }));
}

pub(super) fn help(model: &mut Model) {
    finder(model, FinderKind::Help);
}

pub(super) fn palette(model: &mut Model) {
    finder(model, FinderKind::Palette);
}

fn finder(model: &mut Model, kind: FinderKind) {
    let context = context(model);
    let mut page = Finder {
        kind,
        context,
        line: TextLine::default(),
        found: Vec::new(),
        at: 0,
    };
    super::typing::find(&mut page);
    model.overlays.push(Overlay::Finder(page));
}

pub(super) fn viewer(title: String, lines: Vec<String>) -> Overlay {
    Overlay::Viewer(Viewer {
        title,
        text: Remote::Ready(lines),
        scroll: 0,
        search: Search::default(),
    })
}
