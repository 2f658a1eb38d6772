//! The state of the dashboard: the model and the stack of pages over the tab.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;

use super::action::{Action, Context};
use super::model::{Model, Settings};
use super::pages::{Page, timeline};
use crate::app::Index;

/// Has one owner and contains no secrets.
#[derive(Clone, Debug)]
pub struct App {
    pub model: Model,
    /// The last page is on top.
    pub pages: Vec<Page>,
}

impl App {
    pub fn new(index: Index, settings: Settings, now: Timestamp) -> Self {
        Self {
            model: Model::new(index, settings, now),
            pages: Vec::new(),
        }
    }

    /// Returns why an action is not available now, for the user.
    pub fn allows(&self, action: Action) -> Result<(), String> {
        action.enabled(&self.model)?;
        match self.pages.last() {
            Some(page) => page.view().allows(&self.model, action),
            None => timeline::allows(&self.model, action),
        }
    }

    /// The context that decides which keys are bound.
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
