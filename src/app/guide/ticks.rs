//! The ticked steps of each guide, stored in the state folder per identity. They hold no secret.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Guide, GuideStep, Topic};
use crate::app::{AppContext, state_file};
use crate::platform::lock;
use aemkeys_core::credential::Problem;

const FILE: &str = "guides.json";

/// The number of guides with stored ticks; beyond it, the least recently changed are dropped.
const KEPT: usize = 200;

/// The guide that ticks belong to: an identity's or a general one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuideKey {
    pub topic: Topic,
    pub identity: Option<Uuid>,
}

impl GuideKey {
    fn text(self) -> String {
        match self.identity {
            Some(id) => format!("{id}/{}", self.topic.id()),
            None => self.topic.id().to_owned(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ticked {
    done: BTreeSet<String>,
    changed_at: Timestamp,
    /// When the change has reached every tier, so that a test is meaningful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_after: Option<Timestamp>,
}

/// All ticks, as stored in `guides.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideTicks {
    #[serde(default)]
    guides: BTreeMap<String, Ticked>,
}

impl GuideTicks {
    /// Counts the steps of a guide that are done.
    pub fn count(&self, key: GuideKey, guide: &Guide) -> usize {
        let done = |step: &&GuideStep| self.is_done(key, step);
        guide.steps.iter().filter(done).count()
    }

    /// Returns whether the step is known to be done, or ticked.
    pub fn is_done(&self, key: GuideKey, step: &GuideStep) -> bool {
        step.done || self.is_ticked(key, step.id)
    }

    pub(super) fn is_ticked(&self, key: GuideKey, step: &str) -> bool {
        self.guides
            .get(&key.text())
            .is_some_and(|ticks| ticks.done.contains(step))
    }

    /// Ticks or unticks a step. Returns true if it is now ticked.
    pub fn toggle(&mut self, key: GuideKey, step: &str, now: Timestamp) -> bool {
        let ticks = self.guides.entry(key.text()).or_default();
        ticks.changed_at = now;
        let ticked = !ticks.done.remove(step);
        if ticked {
            ticks.done.insert(step.to_owned());
        }
        ticked
    }

    pub fn remind(&mut self, key: GuideKey, at: Timestamp) {
        self.guides.entry(key.text()).or_default().test_after = Some(at);
    }

    /// Identities to test again, with the time from which a test is meaningful.
    pub fn reminders(&self) -> impl Iterator<Item = (Uuid, Timestamp)> {
        self.guides.iter().filter_map(|(key, ticks)| {
            let (id, _) = key.split_once('/')?;
            Some((Uuid::parse_str(id).ok()?, ticks.test_after?))
        })
    }

    fn forget_oldest(&mut self) {
        while self.guides.len() > KEPT {
            let oldest = self
                .guides
                .iter()
                .min_by_key(|(_, ticks)| ticks.changed_at)
                .map(|(key, _)| key.clone());
            if let Some(key) = oldest {
                self.guides.remove(&key);
            }
        }
    }
}

pub fn read_ticks(context: &AppContext) -> GuideTicks {
    state_file::read(context, FILE)
}

/// Stores the ticks of `key`, and keeps those that another process stored for other guides.
pub fn write_ticks(context: &AppContext, ticks: &GuideTicks, key: GuideKey) -> Result<(), Problem> {
    let Some(state) = &context.state_dir else {
        return Ok(());
    };
    let _lock = lock::acquire(&state.join("locks"), "guides", lock::DEADLINE)?;
    let mut all = read_ticks(context);
    let Some(changed) = ticks.guides.get(&key.text()) else {
        return Ok(());
    };
    let kept = all.guides.get(&key.text());
    // Writes may arrive out of order: the later change wins.
    if kept.is_some_and(|kept| kept.changed_at > changed.changed_at) {
        return Ok(());
    }
    all.guides.insert(key.text(), changed.clone());
    all.forget_oldest();
    let message = "could not save the ticked steps of the guide";
    state_file::write(context, FILE, &all, message)
}
