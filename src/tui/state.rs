//! The state of the dashboard: the model, the tabs, and the stack of pages on top of them.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;

use super::action::{Action, Context};
use super::model::Model;
use super::pages::activity::ActivityPage;
use super::pages::doctor::DoctorPage;
use super::pages::environments::EnvironmentsPage;
use super::pages::timeline::TimelinePage;
use super::pages::{Page, View};
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Environments,
    Timeline,
    Activity,
    Doctor,
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
    pub fn new(index: Index, settings: Settings, now: Timestamp) -> Self {
        Self {
            model: Model::new(index, settings, now),
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

    /// Returns why an action is not available now, as a message for the user.
    pub fn allows(&self, action: Action) -> Result<(), String> {
        action.enabled(&self.model)?;
        self.top().allows(&self.model, action)
    }

    /// The context, which decides which keys are bound.
    pub fn context(&self) -> Context {
        if self.takes_filter() {
            Context::Filter
        } else {
            self.top().context()
        }
    }

    /// Whether the filter of the list is being typed.
    pub fn takes_filter(&self) -> bool {
        self.pages.is_empty() && self.model.list.filtering
    }
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
