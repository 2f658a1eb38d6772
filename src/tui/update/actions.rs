//! Actions on the tabs: navigation, marks, filter, sorting, and actions for the selected identity.

use uuid::Uuid;

use super::Router;
use crate::app::doctor::Finding;
use crate::app::token_format::TokenFormat;
use crate::tui::action::Action;
use crate::tui::command::Command;
use crate::tui::effect::{Effect, Job};
use crate::tui::explain;
use crate::tui::layout;
use crate::tui::model::{Model, Pane, Tab, Tone};
use crate::tui::pages::add::AddPage;
use crate::tui::pages::edit::EditPage;
use crate::tui::pages::errors::ErrorsPage;
use crate::tui::pages::passphrase::PassphrasePage;
use crate::tui::pages::question::QuestionPage;
use crate::tui::pages::{environments, menu, timeline};
use crate::tui::task::PageStatus;

impl Router<'_> {
    pub(super) fn on_tab(&mut self, action: Action) {
        let model = &mut self.app.model;
        match action {
            Action::MoveDown | Action::FinderDown => self.step_tab(self.app.pane, 1),
            Action::MoveUp | Action::FinderUp => self.step_tab(self.app.pane, -1),
            Action::First => self.step_tab(self.app.pane, isize::MIN),
            Action::Last => self.step_tab(self.app.pane, isize::MAX),
            Action::HalfPageDown => self.step_tab(self.app.pane, half_page(&self.app.model)),
            Action::HalfPageUp => self.step_tab(self.app.pane, -half_page(&self.app.model)),
            Action::Mark => {
                if let Some(id) = model.list.selected {
                    model.list.toggle_mark(id);
                    self.step_tab(self.app.pane, 1);
                }
            }
            Action::MarkRange => mark_range(model),
            Action::MarkAll => model.list.toggle_all(),
            Action::Filter => model.list.filtering = true,
            Action::LineSubmit => model.list.filtering = false,
            Action::Sort => {
                model.list.sort = model.list.sort.next();
                model.reorder();
                let words = format!("sorted by {}", model.list.sort.words());
                model.say(Tone::Note, words);
            }
            Action::OpenDetail => {
                model.tab = Tab::Environments;
                go_to(model, Pane::Detail);
            }
            Action::Back if model.tab == Tab::Environments => go_to(model, Pane::List),
            Action::NextPanel => {
                let other = match model.pane {
                    Pane::List => Pane::Detail,
                    Pane::Detail => Pane::List,
                };
                go_to(model, other);
            }
            Action::Back | Action::PageEnvironments => self.go_to_tab(Tab::Environments),
            Action::PageTimeline => self.go_to_tab(Tab::Timeline),
            Action::PageActivity => self.go_to_tab(Tab::Activity),
            Action::PageDoctor => self.go_to_tab(Tab::Doctor),
            Action::ZoomIn => model.timeline.zoom = model.timeline.zoom.zoom_in(),
            Action::ZoomOut => model.timeline.zoom = model.timeline.zoom.zoom_out(),
            Action::DoctorAgain => self.examine(),
            Action::Explain => self.explain(),
            Action::ClearClipboard => {
                model.clipboard = None;
                model.say(Tone::Note, "clipboard cleared");
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
            _ => {
                if let Some(identity) = self.app.list.selected {
                    self.on_identity(action, identity);
                }
            }
        }
    }

    /// Performs an action on the selected identity.
    fn on_identity(&mut self, action: Action, identity: Uuid) {
        match action {
            Action::Copy => self.command(Command::Copy(identity, TokenFormat::Raw)),
            Action::CopyFormat => self.open(menu::formats(&self.app.model, identity)),
            Action::Claims => self.claims(identity),
            Action::TestPath => self.ask_path(identity),
            Action::Rotate => self.command(Command::OpenRotate(identity)),
            Action::PasteToken => {
                if let Some(target) = self.app.token_target() {
                    self.paste_page(target);
                }
            }
            _ => {
                let Some((environment, entry)) = self.app.model.index.identity(identity) else {
                    return;
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
                    _ => {}
                }
            }
        }
    }

    pub(super) fn go_to_tab(&mut self, tab: Tab) {
        let model = &mut self.app.model;
        let came = model.tab != tab;
        model.tab = tab;
        model.pane = Pane::List;
        // The list is sorted again when the user returns to the tab.
        if came && tab == Tab::Environments {
            model.reorder();
        }
        if tab == Tab::Doctor
            && model.doctor.findings.is_empty()
            && model.doctor.status.problem().is_none()
        {
            self.examine();
        }
    }

    fn examine(&mut self) {
        if self.app.doctor.status.is_running() {
            return;
        }
        self.model(|cx| {
            let task = cx.run(Job::RunDoctor);
            cx.doctor.status = PageStatus::Running(task);
            cx.doctor.at = 0;
        });
    }

    /// Handles Enter on the details or a finding: explains it.
    fn explain(&mut self) {
        let model = &self.app.model;
        let command = if model.tab == Tab::Doctor {
            let found: Option<&Finding> = model.doctor.findings.get(model.doctor.at);
            found.map(|found| {
                Command::OpenText(found.topic.to_owned(), explain::finding(model, found))
            })
        } else {
            model.selected_entry().map(|(environment, identity)| {
                let lines = explain::identity(model, environment, identity);
                let topic = explain::topic_of(model, environment, identity);
                let name = model.name_of(identity.id);
                Command::explain(name, lines, topic, Some(identity.id))
            })
        };
        if let Some(command) = command {
            self.command(command);
        }
    }

    pub(super) fn step_tab(&mut self, pane: Pane, by: isize) {
        let model = &mut self.app.model;
        let step = |at: &mut usize, last: usize| *at = at.saturating_add_signed(by).min(last);
        match (model.tab, pane) {
            (Tab::Environments, Pane::Detail) => {
                let last = environments::detail_last(model);
                step(&mut model.detail_scroll, last);
            }
            (Tab::Environments, Pane::List) => {
                model.list.step(by);
                model.detail_scroll = 0;
            }
            (Tab::Timeline, _) => {
                timeline::step(model, by);
                model.detail_scroll = 0;
            }
            (Tab::Activity, _) => {
                let last = model.activity.len().saturating_sub(1);
                step(&mut model.activity_scroll, last);
            }
            (Tab::Doctor, _) => {
                let last = model.doctor.findings.len().saturating_sub(1);
                step(&mut model.doctor.at, last);
            }
        }
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

fn go_to(model: &mut Model, pane: Pane) {
    if pane == Pane::List || model.list.selected.is_some() {
        model.pane = pane;
    }
}

fn half_page(model: &Model) -> isize {
    let height = match model.tab {
        Tab::Timeline => timeline::height(model),
        _ => layout::list_height(model),
    };
    isize::try_from(height / 2).unwrap_or(1).max(1)
}

fn mark_range(model: &mut Model) {
    if let Some(from) = model.list.range_from.take() {
        model.list.mark_range(from);
        let words = format!("{} marked", model.list.marks.len());
        model.say(Tone::Note, words);
    } else {
        model.list.range_from = model.list.selected;
        model.say(Tone::Note, "range starts here: move, then press v again");
    }
}
