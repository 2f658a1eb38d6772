//! Which credentials does an identity hold, and which of them signs in? The one rule, and how the list repeats it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CredentialItem, IdentityEntry, Vault, VaultError};
use crate::credential::CredentialFacts;

/// What a revision is to its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevisionState {
    /// Signs in.
    Active,
    /// Signed in before; kept until it ends or is dropped.
    Old,
    /// Stored beside the active one, not proven.
    Candidate,
    /// Marked, and replaced already: it never comes back.
    Leaked,
}

impl RevisionState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Old => "old",
            Self::Candidate => "candidate",
            Self::Leaked => "leaked",
        }
    }
}

/// One revision as the list repeats it: nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub revision: u32,
    pub state: RevisionState,
    /// Marked as leaked; the active one too may be, until a rotation replaces it.
    #[serde(default)]
    pub leaked: bool,
    /// `None` where the list alone tells and never heard of it.
    pub added_at: Option<Timestamp>,
    pub facts: CredentialFacts,
}

/// How far a rotation has come, for whoever comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// The new one is, or is about to be, stored beside the old one.
    Stored,
    /// The new one signs in; who uses it must still get it, and the old one must be revoked and dropped.
    Switched,
    /// A person went back to the old one.
    WentBack,
}

/// Written before the storage is touched: a crash leaves it, and with it the wish to look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The new one.
    pub revision: u32,
    pub began_at: Timestamp,
    pub reached: Reached,
    /// Why the last try did not switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Vault {
    /// All revisions held, the newest first.
    pub fn revisions(
        &self,
        identity: Uuid,
        latest: u32,
    ) -> Result<Vec<CredentialItem>, VaultError> {
        let mut held = Vec::new();
        for revision in (1..=latest).rev() {
            held.extend(self.credential(identity, revision)?);
        }
        Ok(held)
    }
}

/// As the list repeats them; `held` is the newest first.
pub fn describe(held: &[CredentialItem]) -> Vec<Revision> {
    let active = held.iter().find(|item| !item.candidate);
    held.iter()
        .map(|item| {
            let state = if active.is_some_and(|active| active.revision == item.revision) {
                RevisionState::Active
            } else if item.leaked {
                RevisionState::Leaked
            } else if item.candidate {
                RevisionState::Candidate
            } else {
                RevisionState::Old
            };
            Revision {
                revision: item.revision,
                state,
                leaked: item.leaked,
                added_at: Some(item.added_at),
                facts: item.credential.facts(),
            }
        })
        .collect()
}

impl IdentityEntry {
    /// Repeats what the storage holds: the active credential, and the others where there are any.
    pub fn put_revisions(&mut self, held: &[CredentialItem]) {
        let mut revisions = describe(held);
        self.credential = revisions
            .iter()
            .find(|known| known.state == RevisionState::Active)
            .map(|active| active.facts.clone());
        // The usual case costs nothing: one revision, and that the first.
        if matches!(revisions.as_slice(), [only] if only.revision == 1 && !only.leaked && only.state == RevisionState::Active)
        {
            revisions.clear();
        }
        self.revisions = revisions;
    }

    /// All revisions, the newest first, from the list alone.
    pub fn all_revisions(&self) -> Vec<Revision> {
        if !self.revisions.is_empty() {
            return self.revisions.clone();
        }
        self.credential
            .iter()
            .map(|facts| Revision {
                revision: 1,
                state: RevisionState::Active,
                leaked: false,
                added_at: None,
                facts: facts.clone(),
            })
            .collect()
    }

    pub fn active_revision(&self) -> u32 {
        self.in_state(RevisionState::Active)
            .map_or(1, |active| active.revision)
    }

    /// The newest in this state, where the list names more than one revision.
    pub fn in_state(&self, state: RevisionState) -> Option<&Revision> {
        self.revisions.iter().find(|known| known.state == state)
    }

    /// Is this credential marked as leaked, or another certificate over a key that is?
    pub fn is_leaked(&self, facts: &CredentialFacts) -> bool {
        let marked = self.revisions.iter().filter(|known| known.leaked);
        self.leaked.iter().any(|key| key.is(facts))
            || marked
                .into_iter()
                .any(|known| known.facts.has_key_of(facts))
    }

    /// It signs in, and others may have it.
    pub fn signs_in_leaked(&self) -> bool {
        self.credential
            .as_ref()
            .is_some_and(|facts| self.is_leaked(facts))
    }

    /// What signs in took the place of another one.
    pub fn was_renewed(&self) -> bool {
        self.active_revision() > 1
    }

    /// Who still works with another revision than the active one.
    pub fn without_new(&self) -> impl Iterator<Item = &str> {
        let active = self.active_revision();
        self.used_by
            .iter()
            .filter(move |who| !who.has(active))
            .map(|who| who.name.as_str())
    }
}
