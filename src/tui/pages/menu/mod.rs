//! A menu.

mod danger;

pub use danger::danger;

use ratatui::layout::{Constraint, Margin, Rect};
use ratatui::text::Line;
use uuid::Uuid;

use super::View;
use crate::app::guide::{self, GuideKey, Topic};
use crate::app::open::{self, OpenTarget};
use crate::app::token_format::TokenFormat;
use crate::app::{EnvironmentEntry, IdentityEntry};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Tone};
use crate::tui::widgets::{Columns, Painter, Panel, hint_line, width};
use aemkeys_core::environment::Tier;

#[derive(Clone, Debug)]
pub struct MenuPage {
    title: String,
    pub items: Vec<MenuItem>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub struct MenuItem {
    title: String,
    note: String,
    /// Why it is not available.
    off: Option<String>,
    is_danger: bool,
    then: AppCommand,
}

impl MenuItem {
    fn new(title: impl Into<String>, note: impl Into<String>, then: AppCommand) -> Self {
        Self {
            title: title.into(),
            note: note.into(),
            off: None,
            is_danger: false,
            then,
        }
    }
}

impl MenuPage {
    fn new(title: String, items: Vec<MenuItem>) -> Self {
        Self {
            title,
            items,
            at: 0,
        }
    }
}

/// The menu of copy formats.
pub fn formats(model: &Model, identity: Uuid) -> MenuPage {
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
    MenuPage::new(title, items.collect())
}

/// The menu of pages to open in a browser.
pub fn places(model: &Model, environment: &EnvironmentEntry, identity: &IdentityEntry) -> MenuPage {
    let item =
        |title: &str, url: String| MenuItem::new(title, url.clone(), AppCommand::Browse(url));
    let mut items: Vec<MenuItem> = Tier::ALL
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
    MenuPage::new(format!("Open {}", model.name_of(identity.id)), items)
}

/// The menu of consoles that issue development tokens.
pub fn console(url: String) -> MenuPage {
    let item = MenuItem::new("Console", url.clone(), AppCommand::Browse(url));
    MenuPage::new("Open console".to_owned(), vec![item])
}

/// The menu of recent paths.
pub fn history(model: &Model, identity: Uuid) -> MenuPage {
    let items = model
        .paths_of(identity)
        .iter()
        .map(|path| MenuItem::new(path, "", AppCommand::Test(identity, Some(path.clone()))))
        .collect();
    MenuPage::new("Recent paths".to_owned(), items)
}

/// The menu of guides, for the identity under the cursor.
pub fn guides(model: &Model) -> MenuPage {
    let identity = model.list.selected;
    let items = Topic::ALL
        .into_iter()
        .map(|topic| {
            let guide = model.guide(topic, identity);
            let note = match model.guides.count(GuideKey { topic, identity }, &guide) {
                0 => guide::about(topic).to_owned(),
                some => format!("{some} of {} ticked", guide.steps.len()),
            };
            let then = AppCommand::OpenGuide(topic, identity, Vec::new());
            MenuItem::new(guide.title, note, then)
        })
        .collect();
    let title = identity.map_or_else(
        || "Guides".to_owned(),
        |identity| format!("Guides for {}", model.name_of(identity)),
    );
    MenuPage::new(title, items)
}

impl View for MenuPage {
    fn context(&self) -> Context {
        Context::Menu
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (76, self.items.len() + 4)
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(item) = self.items.get(self.at).filter(|_| action == Action::Choose) else {
            return;
        };
        if let Some(why) = &item.off {
            cx.say(Tone::Warning, why.clone());
        } else {
            cx.then(item.then.clone());
            cx.close();
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.items.len()))
    }

    /// A click chooses the entry.
    fn click(&mut self, cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target {
            self.at = *row;
            self.perform(cx, Action::Choose);
        }
    }

    fn draw(&self, _model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let keys = hint_line(&[("Enter", "choose"), ("Esc", "close")], painter.theme);
        let inner = painter.panel(area, Panel::overlay(&self.title).keys(keys));
        let gap = u16::from(inner.height > 2);
        let rows = inner.inner(Margin::new(0, gap));
        let longest = self.items.iter().map(|item| width(&item.title)).max();
        let title = Constraint::Length(longest.unwrap_or(0) + 2);
        let constraints = [title, Constraint::Fill(1), Constraint::Length(0)];
        let columns = Columns::new(rows.width, constraints, &theme.glyphs);
        let shown = self.items.iter().enumerate().map(|(at, item)| {
            let style = match (&item.off, item.is_danger) {
                (Some(_), _) => theme.quiet,
                (None, true) => theme.strong,
                (None, false) => theme.text,
            };
            let note = item.off.as_ref().unwrap_or(&item.note);
            let title = Line::styled(format!(" {}", item.title), style);
            let note = Line::styled(note.as_str(), theme.quiet);
            columns.row(ClickTarget::Item(at), [title, note])
        });
        painter.table(rows, &columns, shown.collect(), Some(self.at));
    }
}
