//! The steps after a leak with their progress, which is read from the storage.

use schemars::JsonSchema;
use serde::Serialize;

use super::case::Case;
use super::texts;
use crate::app::AppContext;
use crate::storage::CredentialItem;
use aemkeys_core::credential::{Fingerprint, Guidance, Kind, Problem};

/// A step after a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakStep {
    /// Add a new key.
    AddKey,
    /// Rotate to the new credential.
    Rotate,
    /// Give it to all that use the old one.
    UsedBy,
    /// Revoke the old key at Adobe.
    Revoke,
    /// Invalidate the cached tokens.
    Invalidate,
    /// Delete the old revision here.
    Delete,
    /// Remove the file from the history of git.
    CleanGit,
}

/// The state of a step after a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakStepState {
    /// It is done.
    Done,
    /// It is next.
    Next,
    /// It waits for other steps.
    Locked,
}

impl LeakStepState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Next => "next",
            Self::Locked => "locked",
        }
    }
}

/// One step with its state, with the names of the environment filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeakItem {
    /// The step.
    pub step: LeakStep,
    /// Whether it is done.
    pub state: LeakStepState,
    /// The step in words.
    pub title: String,
    /// The page to open or the command to run.
    pub how: Guidance,
}

/// The steps after a leak, with your progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checklist {
    /// The name of the identity.
    pub name: String,
    /// The revision of the credential.
    pub revision: u32,
    pub fingerprint: Fingerprint,
    /// Marked as leaked: going back to it is refused.
    pub marked: bool,
    /// It is still the active credential.
    pub active: bool,
    pub steps: Vec<LeakItem>,
    /// Limits that no step can change.
    pub notes: Vec<String>,
}

impl Checklist {
    pub fn next(&self) -> Option<&LeakItem> {
        self.steps
            .iter()
            .find(|item| item.state == LeakStepState::Next)
    }

    pub(super) fn state(&self, step: LeakStep) -> LeakStepState {
        self.steps
            .iter()
            .find(|item| item.step == step)
            .map_or(LeakStepState::Locked, |item| item.state)
    }
}

impl LeakStep {
    pub const ALL: [Self; 7] = [
        Self::AddKey,
        Self::Rotate,
        Self::UsedBy,
        Self::Revoke,
        Self::Invalidate,
        Self::Delete,
        Self::CleanGit,
    ];
}

impl Case {
    pub(super) fn checklist(&self, context: &AppContext) -> Result<Checklist, Problem> {
        let name = self.state.name.clone();
        let ours = self.item().map(|item| item.credential.facts());
        // A new certificate for the leaked key does not replace it.
        let newer = |item: &CredentialItem| {
            let facts = item.credential.facts();
            let same_key = ours.as_ref().is_some_and(|ours| facts.has_key_of(ours));
            item.revision > self.revision && !item.leaked && !same_key
        };
        let has_newer = self.state.held.iter().any(newer);
        let replaced = self.state.active().is_some_and(newer);
        let missing = self.state.without_new();
        let revoked = self.item().is_none() || self.marked().is_some_and(|key| key.revoked);
        let done = [
            has_newer,
            replaced,
            replaced && missing.is_empty(),
            replaced && revoked,
            replaced && self.tokens.is_empty(),
            self.item().is_none(),
            false,
        ];
        let index = context.read_index()?;
        let file = index
            .identity(self.state.id)
            .and_then(|(_, entry)| entry.imported_from.clone())
            .and_then(|path| {
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned())
            })
            .map_or_else(
                || "FILE".to_owned(),
                |name| aemkeys_core::credential::text::clean(&name, 80),
            );
        let kind = self.state.identity();
        let kind = kind.map_or(Kind::ServiceCredentials, |identity| identity.kind);
        let mut open = true;
        let steps = LeakStep::ALL
            .into_iter()
            .zip(done)
            .map(|(step, done)| {
                let state = if done {
                    LeakStepState::Done
                } else if std::mem::replace(&mut open, false) {
                    LeakStepState::Next
                } else {
                    LeakStepState::Locked
                };
                let (title, how) = texts::step(step, kind, &name, &missing, &file);
                LeakItem {
                    step,
                    state,
                    title,
                    how,
                }
            })
            .collect();
        Ok(Checklist {
            revision: self.revision,
            fingerprint: self.fingerprint.clone(),
            marked: self.marked().is_some() || self.item().is_some_and(|item| item.leaked),
            active: self.is_active(),
            steps,
            notes: texts::notes(kind),
            name,
        })
    }
}
