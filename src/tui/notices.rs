//! When to notify the user: a token that was used today is about to expire, or a batch is done in the background.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::task::{Task, Tasks, Work};
use crate::app::Index;
use aemkeys_core::time;

/// How long before its expiry a used token is announced.
const BEFORE: SignedDuration = SignedDuration::from_mins(10);

#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// Whether the terminal has reported that it lost the focus.
    pub is_unfocused: bool,
    /// The identities whose token was used, and the expiry that was announced.
    used: BTreeMap<Uuid, Option<Timestamp>>,
}

impl Notices {
    /// Remembers whose token was copied, exchanged or tested. Returns what to say if the last task of a batch has ended
    /// while the user is elsewhere.
    pub fn task_ended(&mut self, task: &Task, tasks: &Tasks, succeeded: bool) -> Option<String> {
        let uses_token = matches!(task.work, Work::Copy | Work::Exchange | Work::Test);
        if let Some(identity) = task.identity.filter(|_| uses_token && succeeded) {
            self.used.entry(identity).or_default();
        }
        let is_last = task
            .batch
            .is_some_and(|batch| tasks.in_batch(batch).is_empty());
        (self.is_unfocused && is_last).then(|| format!("{} is done", task.work.words()))
    }

    /// Returns whose token is about to expire. Each expiry is told once, also if it is in the past by now.
    pub fn about_to_expire(
        &mut self,
        index: &Index,
        now: Timestamp,
        name: impl Fn(Uuid) -> String,
    ) -> Option<String> {
        let mut names = Vec::new();
        for (id, announced) in &mut self.used {
            let known = index.identity(*id).map(|(_, identity)| identity);
            let known = known.filter(|identity| !identity.auto_refresh);
            let token = known.and_then(|identity| identity.token.as_ref());
            let end = token.and_then(|token| token.expires_at);
            let Some(end) = end.filter(|end| *end > now && *end - BEFORE <= now) else {
                continue;
            };
            if announced.replace(end) != Some(end) {
                names.push(format!(
                    "{} expires in {}",
                    name(*id),
                    time::duration(end.duration_since(now))
                ));
            }
        }
        (!names.is_empty()).then(|| format!("the token of {}", names.join(", of ")))
    }
}
