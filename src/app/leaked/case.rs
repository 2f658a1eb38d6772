//! A revision that leaked, or may have, as the storage has it.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::checklist::{LeakStep, LeakStepState};
use crate::app::AppContext;
use crate::app::rotate::{RotationState, is_of};
use crate::storage::{CredentialItem, ItemName, TokenItem};
use aemkeys_core::credential::{Code, Fingerprint, Guidance, NextStep, Problem};
use aemkeys_core::environment::LeakedKey;
use aemkeys_core::guidance;

/// Returns all stored tokens that were exchanged with this revision, including replaced ones.
pub(super) async fn tokens_of(
    context: &AppContext,
    id: Uuid,
    revision: u32,
) -> Result<Vec<(ItemName, Arc<TokenItem>)>, Problem> {
    let stored = context
        .storage(move |storage| {
            Ok([
                (ItemName::Token(id), storage.token(id)?),
                (ItemName::ReplacedToken(id), storage.replaced_token(id)?),
            ])
        })
        .await?;
    let mut found: Vec<(ItemName, Arc<TokenItem>)> = stored
        .into_iter()
        .filter_map(|(name, token)| Some((name, Arc::new(token?))))
        .collect();
    found.retain(|(_, token)| is_of(token, &[revision]));
    Ok(found)
}

/// A revision that leaked, or may have.
pub(super) struct Case {
    pub state: RotationState,
    pub revision: u32,
    pub fingerprint: Fingerprint,
    /// The stored tokens that were exchanged with it.
    pub tokens: Vec<(ItemName, Arc<TokenItem>)>,
}

impl Case {
    pub async fn open(
        context: &AppContext,
        id: Uuid,
        revision: Option<u32>,
    ) -> Result<Self, Problem> {
        let state = RotationState::read(context, id).await?;
        state.can_rotate()?;
        let held = |revision: u32| state.held.iter().find(|item| item.revision == revision);
        let keys = state.identity().map_or(&[][..], |i| i.leaked.as_slice());
        let marked = keys.iter().rev().find(|key| held(key.revision).is_some());
        let revision = revision
            .or(marked.map(|key| key.revision))
            .or(state.active().map(|active| active.revision))
            .ok_or_else(|| state.nothing_begun())?;
        let fingerprint = held(revision)
            .map(|item| item.credential.facts().fingerprint)
            .or_else(|| {
                keys.iter()
                    .find(|key| key.revision == revision)
                    .map(|key| key.fingerprint.clone())
            })
            .ok_or_else(|| {
                Problem::new(
                    Code::NoRevision,
                    format!("{} holds no revision {revision}", state.name),
                )
                .next_step(guidance![
                    "to list them, ",
                    NextStep::Revisions.of(&state.name)
                ])
            })?;
        let tokens = tokens_of(context, id, revision).await?;
        Ok(Self {
            state,
            revision,
            fingerprint,
            tokens,
        })
    }

    pub fn item(&self) -> Option<&CredentialItem> {
        self.state
            .held
            .iter()
            .find(|item| item.revision == self.revision)
    }

    /// The revisions that share a key with this one and have no mark yet.
    pub fn leaks_with(&self, now: Timestamp) -> Vec<LeakedKey> {
        let ours = self.item().map(|item| item.credential.key_digests());
        let ours = ours.unwrap_or_default();
        let marks = self.marks();
        self.state
            .held
            .iter()
            .filter(|item| {
                let digests = item.credential.key_digests();
                digests.iter().any(|digest| ours.contains(digest))
            })
            .map(|item| (item.revision, item.credential.facts().fingerprint))
            .filter(|(_, fingerprint)| !marks.iter().any(|key| key.fingerprint == *fingerprint))
            .map(|(revision, fingerprint)| LeakedKey {
                fingerprint,
                revision,
                marked_at: now,
                revoked: false,
            })
            .collect()
    }

    fn marks(&self) -> &[LeakedKey] {
        self.state
            .identity()
            .map_or(&[][..], |identity| identity.leaked.as_slice())
    }

    pub fn is_active(&self) -> bool {
        self.state
            .active()
            .is_some_and(|active| active.revision == self.revision)
    }

    pub fn marked(&self) -> Option<&LeakedKey> {
        let marks = self.marks().iter();
        marks
            .into_iter()
            .find(|key| key.fingerprint == self.fingerprint)
    }

    /// Changes the stored list of leaked keys. The caller holds the `add` lock.
    pub async fn write(
        &self,
        context: &AppContext,
        change: impl FnOnce(&mut Vec<LeakedKey>),
    ) -> Result<(), Problem> {
        let mut environment = self.state.environment_now(context).await?;
        if let Some(identity) = environment
            .identities
            .iter_mut()
            .find(|identity| identity.id == self.state.id)
        {
            change(&mut identity.leaked);
        }
        context
            .storage(move |storage| storage.put_environment(&environment))
            .await
    }

    /// Refuses a step if an earlier one is not done.
    pub fn allow(&self, context: &AppContext, step: LeakStep) -> Result<(), Problem> {
        let list = self.checklist(context)?;
        if list.marked && list.state(step) != LeakStepState::Locked {
            return Ok(());
        }
        let name = &list.name;
        let problem = Problem::new(
            Code::StepLocked,
            format!("an earlier step of {name} is not done; nothing was changed"),
        )
        .cause("a key must not be revoked or deleted while a program still needs it");
        Err(match list.next() {
            _ if !list.marked => problem.next_step(guidance![
                "to mark it first, ",
                NextStep::MarkLeaked.of(name)
            ]),
            Some(next) => {
                let mut step = Guidance::from(format!("first: {}; ", next.title));
                step.append(next.how.clone());
                problem.next_step(step)
            }
            None => problem,
        })
    }
}
