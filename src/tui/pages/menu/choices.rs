//! The menus, except the danger menu.

use uuid::Uuid;

use super::item::{Menu, MenuItem};
use crate::app::guide::{self, GuideKey, Topic};
use crate::app::open::{self, OpenTarget};
use crate::app::token_format::TokenFormat;
use crate::tui::action::{ACTIONS, Action};
use crate::tui::command::AppCommand;
use crate::tui::local_server::served_tiers;
use crate::tui::model::{Entries, Model};
use aemkeys_core::environment::Tier;

/// The menu of copy formats.
pub fn formats(model: &Model, identity: Uuid) -> Menu {
    let items = TokenFormat::ALL.into_iter().map(|format| MenuItem {
        is_danger: format == TokenFormat::CurlLiteral,
        ..MenuItem::new(
            format.title(),
            if format == TokenFormat::Curl {
                "without the token"
            } else {
                ""
            },
            AppCommand::Copy(identity, format),
        )
    });
    let title = format!("Copy {} as", model.name_of(identity));
    (title, items.collect())
}

/// The menu of actions on the selected row, or on the marked ones where it says so, and of the undo of the last one.
pub fn actions(model: &Model, identity: Uuid) -> Menu {
    let actions = ACTIONS.iter().map(|entry| entry.action);
    let items = actions
        .filter(|action| action.is_on_rows() || *action == Action::Undo)
        .map(|action| MenuItem {
            off: action.enabled(model).err(),
            is_danger: action.entry().danger,
            ..MenuItem::new(
                action.title_on_marks(model),
                model.settings.keymap.hint(action).unwrap_or_default(),
                AppCommand::Perform(action),
            )
        });
    (model.name_of(identity), items.collect())
}

/// The menu of pages to open in a browser.
pub fn places(model: &Model, (environment, identity): Entries<'_>) -> Menu {
    let item =
        |title: &str, url: String| MenuItem::new(title, url.clone(), AppCommand::Browse(url));
    let mut items: Vec<MenuItem> = Tier::STORED
        .into_iter()
        .filter_map(|tier| {
            let url = open::url(environment, OpenTarget::Tier(tier)).ok()?;
            Some(item(tier.as_str(), url))
        })
        .collect();
    if let Some(domain) = &environment.hosts.publish_domain {
        items.push(item("publish domain", format!("https://{domain}")));
    }
    if let Ok(url) = open::url(environment, OpenTarget::Console) {
        items.push(item("AEM Developer Console", url));
    }
    (format!("Open {}", model.name_of(identity.id)), items)
}

/// The menu of consoles that issue development tokens.
pub fn console(model: &Model, environment: Uuid) -> Option<Menu> {
    let environment = model.index.environment(environment)?;
    let url = open::url(environment, OpenTarget::Console).ok()?;
    let item = MenuItem::new("Console", url.clone(), AppCommand::Browse(url));
    Some(("Open console".to_owned(), vec![item]))
}

/// The menu of tiers that can be served.
pub fn tiers(model: &Model, identity: Uuid) -> Option<Menu> {
    let (environment, _) = model.index.identity(identity)?;
    let items = served_tiers(&environment.hosts).filter_map(|tier| {
        let origin = environment.hosts.of(tier)?.origin();
        let then = AppCommand::Serve(identity, tier);
        Some(MenuItem::new(tier.as_str(), origin, then))
    });
    let title = format!("Serve {}", model.name_of(identity));
    Some((title, items.collect()))
}

/// The menu of recent paths.
pub fn history(model: &Model, identity: Uuid) -> Menu {
    let items = model
        .paths_of(identity)
        .iter()
        .map(|path| MenuItem::new(path, "", AppCommand::Test(identity, Some(path.clone()))))
        .collect();
    ("Recent paths".to_owned(), items)
}

/// The menu of guides, for the identity under the cursor.
pub fn guides(model: &Model) -> Menu {
    let identity = model.list.selected;
    let items = Topic::ALL
        .into_iter()
        .map(|topic| {
            let guide = model.guide(topic, identity);
            let note = match model.guides.count(GuideKey { topic, identity }, &guide) {
                0 => guide::about(topic).to_owned(),
                some => {
                    let about = guide::about(topic);
                    format!("{some} of {} done: {about}", guide.steps.len())
                }
            };
            let then = AppCommand::OpenGuide(topic, identity, Vec::new());
            MenuItem::new(guide.title, note, then)
        })
        .collect();
    let title = identity.map_or_else(
        || "Guides".to_owned(),
        |identity| format!("Guides for {}", model.name_of(identity)),
    );
    (title, items)
}
