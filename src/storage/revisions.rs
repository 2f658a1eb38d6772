//! The revisions of an identity's credential: which one is active, and their copy in the index.
//!
//! All revisions are kept until the user deletes them; nothing prunes them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CredentialItem, IdentityEntry, Storage, StorageError};
use aemkeys_core::credential::CredentialFacts;

/// The state of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RevisionState {
    /// In use.
    Active,
    /// Replaced; kept until the user deletes it.
    Old,
    /// Stored beside the active one and not verified yet.
    Candidate,
    /// Leaked and replaced; never used again.
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

/// A revision in the index, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub revision: u32,
    pub state: RevisionState,
    /// Marked as leaked. Can be true for the active one until a rotation replaces it.
    #[serde(default)]
    pub leaked: bool,
    /// `None` if unknown.
    pub added_at: Option<Timestamp>,
    pub facts: CredentialFacts,
}

/// The phase of a rotation, for continuing it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The new credential is, or is about to be, stored next to the old one.
    Stored,
    /// The new credential is active. It must still be deployed, and the old one revoked and removed.
    Switched,
    /// The user rolled back to the old credential.
    WentBack,
}

/// A rotation in progress. Written before the store is changed, so that it survives a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The revision of the new credential.
    pub revision: u32,
    pub began_at: Timestamp,
    pub reached: Phase,
    /// Why the last attempt did not switch to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Storage {
    /// Returns all stored revisions, newest first.
    pub fn revisions(
        &self,
        identity: Uuid,
        latest: u32,
    ) -> Result<Vec<CredentialItem>, StorageError> {
        let mut held = Vec::new();
        for revision in (1..=latest).rev() {
            held.extend(self.credential(identity, revision)?);
        }
        Ok(held)
    }
}

/// Returns the index's copy of the revisions; `held` is sorted, newest first.
fn describe(held: &[CredentialItem]) -> Vec<Revision> {
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
    /// Updates the active credential and the other revisions from the store.
    pub fn put_revisions(&mut self, held: &[CredentialItem]) {
        let mut revisions = describe(held);
        self.credential = revisions
            .iter()
            .find(|known| known.state == RevisionState::Active)
            .map(|active| active.facts.clone());
        // The common case needs no entry: only the first revision exists.
        if matches!(revisions.as_slice(), [only] if only.revision == 1 && !only.leaked && only.state == RevisionState::Active)
        {
            revisions.clear();
        }
        self.revisions = revisions;
    }

    /// Returns all revisions, newest first, from the index alone.
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

    /// Returns the newest revision in this state, if the index lists revisions.
    pub fn in_state(&self, state: RevisionState) -> Option<&Revision> {
        self.revisions.iter().find(|known| known.state == state)
    }

    /// Returns whether the active credential is leaked.
    pub fn signs_in_leaked(&self) -> bool {
        self.in_state(RevisionState::Active)
            .is_some_and(|active| active.leaked)
    }

    /// Returns whether a stored credential is leaked, also one that was replaced.
    pub fn has_leaked(&self) -> bool {
        self.revisions.iter().any(|known| known.leaked)
    }

    /// Returns whether the active credential has replaced another one.
    pub fn was_rotated(&self) -> bool {
        self.active_revision() > 1
    }

    /// Returns the servers and programs that still use another revision than the active one.
    pub fn without_new(&self) -> impl Iterator<Item = &str> {
        let active = self.active_revision();
        self.used_by
            .iter()
            .filter(move |who| !who.has(active))
            .map(|who| who.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::{Credential, Imported, Kind, detect};
    use aemkeys_core::environment::{Identity, Name, UsedBy};
    use aemkeys_simulator::fixtures::ServiceAccount;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    /// Returns the same account with its `key`-th key.
    fn credential(key: usize, end: &str) -> Credential {
        let account = ServiceAccount::new("p1-e2", 0, end.parse().unwrap()).key(key);
        match detect(&account.file()).unwrap() {
            Imported::Service(service) => Credential::Service(*service),
            _ => panic!("expected service credentials"),
        }
    }

    fn held(revision: u32, candidate: bool, leaked: bool) -> CredentialItem {
        let key = usize::try_from(revision % 2).unwrap();
        CredentialItem {
            revision,
            candidate,
            leaked,
            added_at: now(),
            credential: credential(key, "2027-02-14T07:35:37Z"),
        }
    }

    fn identity() -> IdentityEntry {
        Identity::new(Name::parse("default").unwrap(), Kind::ServiceCredentials).into()
    }

    #[test]
    fn state_names_match_the_stored_form() {
        for state in [
            RevisionState::Active,
            RevisionState::Old,
            RevisionState::Candidate,
            RevisionState::Leaked,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    #[test]
    fn newest_non_candidate_is_active() {
        let all = [
            held(4, true, false),
            held(3, false, false),
            held(2, true, true),
            held(1, false, false),
        ];
        let states: Vec<RevisionState> = describe(&all).iter().map(|it| it.state).collect();
        let expected = [
            RevisionState::Candidate,
            RevisionState::Active,
            RevisionState::Leaked,
            RevisionState::Old,
        ];
        assert_eq!(states, expected);

        let mut entry = identity();
        entry.put_revisions(&all);
        assert_eq!(entry.active_revision(), 3);
        assert!(entry.was_rotated());
        assert_eq!(entry.credential, Some(all[1].credential.facts()));
        assert_eq!(entry.all_revisions().len(), 4);
        assert_eq!(entry.in_state(RevisionState::Leaked).unwrap().revision, 2);
    }

    #[test]
    fn single_first_revision_is_listed_only_if_leaked() {
        let mut entry = identity();
        entry.put_revisions(&[held(1, false, false)]);
        assert!(entry.revisions.is_empty());
        assert_eq!(entry.active_revision(), 1);
        assert!(!entry.was_rotated());
        let [only] = entry.all_revisions().try_into().unwrap();
        assert_eq!((only.revision, only.state), (1, RevisionState::Active));
        for said in [
            held(2, false, false),
            held(1, true, false),
            held(1, false, true),
        ] {
            entry.put_revisions(&[said]);
            assert_eq!(entry.revisions.len(), 1);
        }
        entry.put_revisions(&[]);
        assert_eq!(entry.credential, None);
        assert!(entry.all_revisions().is_empty());
    }

    #[test]
    fn index_knows_whether_the_active_credential_is_leaked() {
        let mut entry = identity();
        entry.put_revisions(&[held(2, false, true), held(1, false, false)]);
        assert!(entry.signs_in_leaked());
        entry.put_revisions(&[held(2, false, false), held(1, true, true)]);
        assert!(!entry.signs_in_leaked());
        entry.put_revisions(&[]);
        assert!(!entry.signs_in_leaked());
    }

    #[test]
    fn users_ticked_off_for_another_revision_lack_the_new_one() {
        let mut entry = identity();
        entry.identity.used_by = vec![UsedBy::new("jenkins"), UsedBy::new("proxy")];
        entry.identity.used_by[1].has_revision = 2;
        entry.put_revisions(&[held(2, false, false), held(1, false, false)]);
        assert_eq!(entry.without_new().collect::<Vec<_>>(), ["jenkins"]);
        entry.identity.used_by[1].has_revision = 1;
        assert_eq!(
            entry.without_new().collect::<Vec<_>>(),
            ["jenkins", "proxy"]
        );
    }
}
