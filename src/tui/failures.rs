//! The last failed exchange and test of each identity, shown until one succeeds or the failure is dismissed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::task::Work;
use crate::app::Index;
use aemkeys_core::credential::{Code, Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    Exchange,
    Test,
}

impl Attempt {
    /// `None` for tasks whose failure says nothing about the token.
    fn of(work: Work, problem: Option<&Problem>) -> Option<Self> {
        let is_clipboard = problem.is_some_and(|problem| problem.code == Code::NoClipboard);
        match work {
            Work::Copy if is_clipboard => None,
            Work::Copy | Work::Exchange | Work::AutoRefresh => Some(Self::Exchange),
            Work::Test => Some(Self::Test),
            _ => None,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Exchange => "Exchange failed",
            Self::Test => "Test failed",
        }
    }

    /// The word in the row.
    pub fn short(self) -> &'static str {
        match self {
            Self::Exchange => "failed",
            Self::Test => "test",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub at: Timestamp,
    pub problem: Problem,
}

#[derive(Clone, Debug, Default)]
pub struct Failures(BTreeMap<(Uuid, Attempt), Failure>);

impl Failures {
    /// Records the end of a task: a failure replaces the last one, and a success removes it.
    pub fn record(&mut self, identity: Uuid, work: Work, at: Timestamp, problem: Option<&Problem>) {
        let Some(attempt) = Attempt::of(work, problem) else {
            return;
        };
        match problem.cloned() {
            Some(problem) => {
                let failure = Failure { at, problem };
                self.0.insert((identity, attempt), failure);
            }
            // A copy may have used the token that was there before.
            None if work == Work::Copy => {}
            None => {
                self.0.remove(&(identity, attempt));
            }
        }
    }

    /// Removes failures of removed identities, and failed exchanges that were followed by a new token, from wherever.
    pub fn retain(&mut self, index: &Index) {
        self.0.retain(|(identity, attempt), failure| {
            let Some((_, identity)) = index.identity(*identity) else {
                return false;
            };
            let token = identity.token.as_ref();
            *attempt != Attempt::Exchange || token.is_none_or(|it| it.obtained_at < failure.at)
        });
    }

    pub fn dismiss(&mut self, identity: Uuid) {
        self.0.retain(|(known, _), _| *known != identity);
    }

    /// Returns whether the last exchange or test of the identity failed.
    pub fn has(&self, identity: Uuid) -> bool {
        self.of(identity).next().is_some()
    }

    pub fn of(&self, identity: Uuid) -> impl Iterator<Item = (Attempt, &Failure)> {
        let range = (identity, Attempt::Exchange)..=(identity, Attempt::Test);
        let known = self.0.range(range);
        known.map(|((_, attempt), failure)| (*attempt, failure))
    }
}
