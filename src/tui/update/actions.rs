//! Actions on the tabs: switching tabs, the clipboard, and actions for the selected or marked identities.

use uuid::Uuid;

use super::{Router, ViewPlace};
use crate::app::token_format::TokenFormat;
use crate::tui::action::Action;
use crate::tui::app::Tabs;
use crate::tui::command::{AppCommand, Tab};
use crate::tui::effect::{Effect, Job};
use crate::tui::filter::NEED_ATTENTION;
use crate::tui::model::Tone;
use crate::tui::pages::environments::Pane;

impl Router<'_> {
    /// Performs an action that is the same on all tabs. False if the tab has to do it.
    pub(super) fn on_any_tab(&mut self, action: Action) -> bool {
        if let Some(tab) = Tabs::ALL.into_iter().find(|tab| tab.action() == action) {
            self.go_to_tab(tab);
            return true;
        }
        match action {
            Action::ClearClipboard => {
                self.app.clipboard = None;
                self.app.say(Tone::Note, "clipboard cleared");
                self.effects.push(Effect::ClearClipboard);
            }
            Action::Copy => {
                if let Some(identity) = self.app.list.selected {
                    self.command(AppCommand::Copy(identity, TokenFormat::Raw));
                }
            }
            Action::Serve => self.serve(),
            Action::Exchange => self.exchange(),
            Action::Test => self.test(),
            Action::AutoRefresh => self.switch_auto_refresh(),
            Action::Attention => {
                self.go_to_tab(Tab::Environments);
                let is_on = self.app.list.filter.text() == NEED_ATTENTION;
                self.app.filter(if is_on { "" } else { NEED_ATTENTION });
            }
            Action::Dismiss => {
                for identity in self.targets(Action::Dismiss) {
                    self.app.failures.dismiss(identity);
                }
                self.app.count();
            }
            _ => return self.open(&AppCommand::Perform(action)),
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

    fn targets(&self, action: Action) -> Vec<Uuid> {
        let targets = action.targets(&self.app.model).into_iter();
        targets.map(|(_, identity)| identity.id).collect()
    }

    fn exchange(&mut self) {
        match self.targets(Action::Exchange).as_slice() {
            [one] => self.run_if_free(*one, Job::Exchange { identity: *one }),
            several => self.command(AppCommand::AskToExchange(several.to_vec())),
        }
    }

    fn test(&mut self) {
        let (marked, targets) = (self.app.targets().len(), self.targets(Action::Test));
        if targets.len() < marked {
            let words = format!("{} without hosts skipped", marked - targets.len());
            self.app.say(Tone::Note, words);
        }
        match targets.as_slice() {
            [one] => self.command(AppCommand::Test(*one, None)),
            _ => self.command(AppCommand::TestMany(targets)),
        }
    }

    fn switch_auto_refresh(&mut self) {
        self.model(|cx| {
            let targets = Action::AutoRefresh.targets(cx).into_iter();
            let targets: Vec<(Uuid, bool)> = targets
                .map(|(_, identity)| (identity.id, identity.auto_refresh))
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
