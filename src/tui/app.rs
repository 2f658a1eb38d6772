//! The state of the dashboard: the model, the tabs, and the stack of pages on top of them.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use jiff::Timestamp;

use super::action::{Action, Context};
use super::command::Tab;
use super::model::Model;
use super::page::View;
use super::pages::Page;
use super::pages::activity::ActivityPage;
use super::pages::doctor::DoctorPage;
use super::pages::environments::EnvironmentsPage;
use super::pages::timeline::TimelinePage;
use super::settings::Settings;
use crate::app::Index;

/// All state of the dashboard. It contains no secrets.
#[derive(Clone, Debug)]
pub struct App {
    pub model: Model,
    pub tab: Tab,
    pub tabs: Tabs,
    /// The page on top is the last one.
    pub pages: Vec<Page>,
}

/// The pages below the stack, of which one is shown.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    pub environments: EnvironmentsPage,
    pub timeline: TimelinePage,
    pub activity: ActivityPage,
    pub doctor: DoctorPage,
}

impl Tabs {
    pub const ALL: [Tab; 4] = [Tab::Environments, Tab::Timeline, Tab::Activity, Tab::Doctor];

    pub fn view(&self, tab: Tab) -> &dyn View {
        match tab {
            Tab::Environments => &self.environments,
            Tab::Timeline => &self.timeline,
            Tab::Activity => &self.activity,
            Tab::Doctor => &self.doctor,
        }
    }

    pub fn view_mut(&mut self, tab: Tab) -> &mut dyn View {
        match tab {
            Tab::Environments => &mut self.environments,
            Tab::Timeline => &mut self.timeline,
            Tab::Activity => &mut self.activity,
            Tab::Doctor => &mut self.doctor,
        }
    }
}

impl App {
    pub fn new(index: impl Into<Arc<Index>>, settings: Settings, now: Timestamp) -> Self {
        Self {
            model: Model::new(index.into(), settings, now),
            tab: Tab::default(),
            tabs: Tabs::default(),
            pages: Vec::new(),
        }
    }

    /// The page that gets the input.
    pub fn top(&self) -> &dyn View {
        match self.pages.last() {
            Some(page) => page.view(),
            None => self.tabs.view(self.tab),
        }
    }

    /// The context, which decides which keys are bound.
    pub fn context(&self) -> Context {
        self.top().context()
    }

    /// Whether the page on top asks to quit.
    pub fn asks_to_quit(&self) -> bool {
        matches!(self.pages.last(), Some(Page::Question(page)) if page.quits())
    }

    /// Whether letters are text. A form is not shown while the job of its page is running.
    pub fn takes_text(&self) -> bool {
        self.top().takes_text() && !self.top().status().is_running()
    }

    /// Returns why an action is not available now, as a message for the user.
    pub fn allows(&self, action: Action) -> Result<(), String> {
        allows(self.top(), &self.model, action)
    }
}

/// Returns why an action of a page is not available now, as a message for the user.
pub fn allows(view: &dyn View, model: &Model, action: Action) -> Result<(), String> {
    action.enabled(model)?;
    let task = view.status().task().and_then(|task| model.tasks.get(task));
    if let Some(task) = task.filter(|_| action.is_of_form()) {
        return Err(format!("still {} {}", task.work.words(), task.name));
    }
    view.allows(model, action)
}

impl Deref for App {
    type Target = Model;
    fn deref(&self) -> &Model {
        &self.model
    }
}

impl DerefMut for App {
    fn deref_mut(&mut self) -> &mut Model {
        &mut self.model
    }
}
