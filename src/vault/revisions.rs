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

    /// It signs in, and others may have it.
    pub fn signs_in_leaked(&self) -> bool {
        self.in_state(RevisionState::Active)
            .is_some_and(|active| active.leaked)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Credential, Imported, Kind, detect};
    use crate::environment::{Name, UsedBy};
    use crate::simulator::fixtures::ServiceAccount;
    use crate::vault::SecretState;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    /// The same account with its first, second, .. key.
    fn credential(key: usize, end: &str) -> Credential {
        let account = ServiceAccount::new("p1-e2", 0, end.parse().unwrap()).key(key);
        match detect(&account.file()).unwrap() {
            Imported::Service(service) => Credential::Service(*service),
            _ => panic!("no service credentials"),
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
        IdentityEntry {
            id: Uuid::new_v4(),
            label: Name::parse("default").unwrap(),
            kind: Kind::ServiceCredentials,
            keep_fresh: false,
            used_by: Vec::new(),
            credential: None,
            token: None,
            last_test: Vec::new(),
            secret: SecretState::Present,
            imported_from: None,
            revisions: Vec::new(),
            rotation: None,
            leaked: Vec::new(),
        }
    }

    #[test]
    fn a_state_is_said_as_it_is_stored() {
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
    fn the_newest_that_is_not_set_aside_signs_in() {
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
        assert!(entry.was_renewed());
        assert_eq!(entry.credential, Some(all[1].credential.facts()));
        assert_eq!(entry.all_revisions().len(), 4);
        assert_eq!(entry.in_state(RevisionState::Leaked).unwrap().revision, 2);
    }

    #[test]
    fn one_first_revision_is_not_repeated_unless_it_says_something() {
        let mut entry = identity();
        entry.put_revisions(&[held(1, false, false)]);
        assert!(entry.revisions.is_empty());
        assert_eq!(entry.active_revision(), 1);
        assert!(!entry.was_renewed());
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
    fn the_index_says_whether_a_leaked_credential_signs_in() {
        let mut entry = identity();
        entry.put_revisions(&[held(2, false, true), held(1, false, false)]);
        assert!(entry.signs_in_leaked());
        entry.put_revisions(&[held(2, false, false), held(1, true, true)]);
        assert!(!entry.signs_in_leaked());
        entry.put_revisions(&[]);
        assert!(!entry.signs_in_leaked());
    }

    #[test]
    fn who_was_ticked_off_with_another_revision_is_without_the_new_one() {
        let mut entry = identity();
        entry.used_by = vec![UsedBy::new("jenkins"), UsedBy::new("proxy")];
        entry.used_by[1].has_revision = 2;
        entry.put_revisions(&[held(2, false, false), held(1, false, false)]);
        assert_eq!(entry.without_new().collect::<Vec<_>>(), ["jenkins"]);
        entry.used_by[1].has_revision = 1;
        assert_eq!(
            entry.without_new().collect::<Vec<_>>(),
            ["jenkins", "proxy"]
        );
    }
}
