//! The state of the dashboard: what it knows, and the pages that lie over the tab.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;

use super::action::{Action, Context};
use super::model::{Model, Settings};
use super::pages::{Page, timeline};
use crate::app::Index;

/// One value with one owner, and no secret in it.
#[derive(Clone, Debug)]
pub struct App {
    pub model: Model,
    /// The page on top is the last one.
    pub pages: Vec<Page>,
}

impl App {
    pub fn new(index: Index, settings: Settings, now: Timestamp) -> Self {
        Self {
            model: Model::new(index, settings, now),
            pages: Vec::new(),
        }
    }

    /// Why an action cannot be done now. The error is for the user.
    pub fn allows(&self, action: Action) -> Result<(), String> {
        action.enabled(&self.model)?;
        match self.pages.last() {
            Some(page) => page.view().allows(&self.model, action),
            None => timeline::allows(&self.model, action),
        }
    }

    /// Which keys are live now.
    pub fn context(&self) -> Context {
        match self.pages.last() {
            Some(page) => page.view().context(),
            None => self.model.tab_context(),
        }
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
