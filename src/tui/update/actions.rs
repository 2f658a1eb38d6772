//! Actions on the tabs: navigation, marks, filter, sorting, and actions for the selected identity.

use uuid::Uuid;

use super::{Router, ViewPlace};
use crate::app::token_format::TokenFormat;
use crate::tui::action::Action;
use crate::tui::command::AppCommand;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::Tone;
use crate::tui::pages::add::AddPage;
use crate::tui::pages::edit::EditPage;
use crate::tui::pages::environments::Pane;
use crate::tui::pages::errors::ErrorsPage;
use crate::tui::pages::menu;
use crate::tui::pages::passphrase::PassphrasePage;
use crate::tui::pages::question::QuestionPage;
use crate::tui::state::Tab;

impl Router<'_> {
    /// Performs an action that is the same on all tabs. False if the tab has to do it.
    pub(super) fn on_any_tab(&mut self, action: Action) -> bool {
        match action {
            Action::PageEnvironments => self.go_to_tab(Tab::Environments),
            Action::PageTimeline => self.go_to_tab(Tab::Timeline),
            Action::PageActivity => self.go_to_tab(Tab::Activity),
            Action::PageDoctor => self.go_to_tab(Tab::Doctor),
            Action::ClearClipboard => {
                self.app.clipboard = None;
                self.app.say(Tone::Note, "clipboard cleared");
                self.effects.push(Effect::ClearClipboard);
            }
            Action::Guides => self.open(menu::guides(&self.app.model)),
            Action::Add => self.open(AddPage::default()),
            Action::PassphraseFile => self.open(PassphrasePage::default()),
            Action::Errors => self.open(ErrorsPage::default()),
            Action::Exchange => self.exchange(),
            Action::ExchangeDue => {
                let due = self.app.due_for_exchange();
                self.open(QuestionPage::exchange(&self.app.model, due, false));
            }
            Action::Test => self.test_targets(),
            Action::AutoRefresh => self.keep_fresh(),
            _ => match self.app.list.selected {
                Some(identity) => return self.on_identity(action, identity),
                None => return false,
            },
        }
        true
    }

    /// Performs an action on the selected identity.
    fn on_identity(&mut self, action: Action, identity: Uuid) -> bool {
        match action {
            Action::Copy => self.command(AppCommand::Copy(identity, TokenFormat::Raw)),
            Action::CopyFormat => self.open(menu::formats(&self.app.model, identity)),
            Action::Claims => self.claims(identity),
            Action::TestPath => self.ask_path(identity),
            Action::Rotate => self.command(AppCommand::OpenRotate(identity)),
            Action::PasteToken => {
                if let Some(target) = self.app.token_target() {
                    self.paste_page(target);
                }
            }
            _ => {
                let Some((environment, entry)) = self.app.model.index.identity(identity) else {
                    return false;
                };
                match action {
                    Action::Edit => {
                        let page = EditPage::new(&self.app.model, environment, entry);
                        self.open(page);
                    }
                    Action::Open => self.open(menu::places(&self.app.model, environment, entry)),
                    Action::Danger => {
                        self.open(menu::danger(&self.app.model, environment, entry));
                    }
                    _ => return false,
                }
            }
        }
        true
    }

    pub(super) fn go_to_tab(&mut self, tab: Tab) {
        let came = self.app.tab != tab;
        self.app.tab = tab;
        self.app.tabs.environments.pane = Pane::List;
        // The list is sorted again when the user returns to the tab.
        if came && tab == Tab::Environments {
            self.app.reorder();
        }
        self.page(ViewPlace::Tab(tab), |view, cx| view.opened(cx));
    }

    fn exchange(&mut self) {
        let targets: Vec<Uuid> = self
            .app
            .target_entries()
            .into_iter()
            .filter(|(_, identity)| identity.kind.can_exchange())
            .map(|(_, identity)| identity.id)
            .collect();
        match targets.as_slice() {
            [] => self.app.say(
                Tone::Warning,
                "none of the marked identities can be exchanged",
            ),
            [one] => {
                let identity = *one;
                self.model(|cx| {
                    if !cx.is_busy(identity) {
                        cx.run(Job::Exchange { identity });
                    }
                });
            }
            _ => self.open(QuestionPage::exchange(&self.app.model, targets, true)),
        }
    }

    fn test_targets(&mut self) {
        let marked = self.app.targets().len();
        let targets: Vec<Uuid> = self
            .app
            .target_entries()
            .into_iter()
            .filter(|(environment, _)| !environment.hosts.is_empty())
            .map(|(_, identity)| identity.id)
            .collect();
        if targets.len() < marked {
            let words = format!("{} without hosts skipped", marked - targets.len());
            self.app.say(Tone::Note, words);
        }
        match targets.as_slice() {
            [] => {}
            [one] => self.test(*one, None),
            _ => self.run_many("Test", targets, |identity| Job::Test {
                identity,
                tiers: Vec::new(),
                path: None,
            }),
        }
    }

    fn keep_fresh(&mut self) {
        self.model(|cx| {
            let targets: Vec<(Uuid, bool)> = cx
                .target_entries()
                .into_iter()
                .filter(|(_, identity)| cx.can_auto_refresh(identity).is_ok())
                .map(|(_, identity)| (identity.id, identity.keep_fresh))
                .collect();
            let on = targets.iter().any(|(_, fresh)| !fresh);
            for (identity, fresh) in targets {
                if fresh != on && cx.tasks.on(identity).is_none() {
                    cx.auto_refresh.forget(identity);
                    cx.run(Job::SetAutoRefresh { identity, on });
                }
            }
        });
    }
}
