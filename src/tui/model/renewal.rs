//! What is on the pages of a renewal: the new file beside the old one, its steps, who must get it, and what a leak asks for?

use uuid::Uuid;

use super::{Form, Import, TaskId};
use crate::app::IdentityEntry;
use crate::app::leaked::{Checklist, Item};
use crate::app::rotate::{Comparison, Progress, Rotated, Unfinished};
use crate::credential::Problem;

/// Renewal: the new file, old and new side by side, then the steps as they happen.
#[derive(Clone, Debug)]
pub struct RotatePage {
    pub identity: Uuid,
    pub name: String,
    pub form: Form,
    /// What an earlier renewal left to be done.
    pub unfinished: Option<Unfinished>,
    pub recognised: Option<Import>,
    /// Of what was recognised with what is stored.
    pub comparison: Option<Comparison>,
    /// What became of each step, in their order.
    pub steps: Vec<Progress>,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

/// It is renewed: who has the new one, and may the old key be revoked?
#[derive(Clone, Debug)]
pub struct RenewedPage {
    pub identity: Uuid,
    pub name: String,
    /// What was just done; `None` where the page was opened later.
    pub done: Option<Rotated>,
    /// Of the names; behind the last one is the revocation.
    pub at: usize,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

impl RenewedPage {
    /// Before the first renewal there is nothing to tick.
    pub fn is_after_renewal(&self, entry: &IdentityEntry) -> bool {
        self.done.is_some() || entry.was_renewed()
    }
}

/// After a leak: what to do, in order, and how far it is.
#[derive(Clone, Debug)]
pub struct LeakedPage {
    pub identity: Uuid,
    pub name: String,
    pub list: Option<Checklist>,
    /// 0 is the mark, the steps follow.
    pub at: usize,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

impl LeakedPage {
    /// The mark and the steps.
    pub fn rows(&self) -> usize {
        self.list.as_ref().map_or(0, |list| list.steps.len() + 1)
    }

    /// The step under the cursor; `None`: the mark.
    pub fn step(&self) -> Option<&Item> {
        self.list.as_ref()?.steps.get(self.at.checked_sub(1)?)
    }
}
