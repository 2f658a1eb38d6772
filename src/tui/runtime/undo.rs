//! The undo of the last action that removed or edited something, held in memory until its deadline.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;

use super::context::JobContext;
use crate::app::undo::{self, HELD, Undo};
use crate::tui::message::JobOutcome;
use aemkeys_core::credential::Problem;

/// Holds at most one. Shared with the event loop, which wipes it when the dashboard quits or is suspended.
#[derive(Clone, Default)]
pub struct HeldUndo(Arc<Mutex<Option<TimedUndo>>>);

struct TimedUndo {
    /// One for each environment that the action has changed.
    undos: Vec<Arc<Undo>>,
    until: Timestamp,
}

impl HeldUndo {
    /// Overwrites the secrets that are held.
    pub fn wipe(&self) {
        self.replace(None);
    }

    fn replace(&self, entry: Option<TimedUndo>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = entry;
    }

    /// Wipes the undo of the action with this part, unless another one is held by now.
    fn wipe_only(&self, part: &Weak<Undo>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |undo: &Arc<Undo>| Arc::as_ptr(undo) == part.as_ptr();
        if held.as_ref().is_some_and(|it| it.undos.iter().any(is_it)) {
            *held = None;
        }
    }

    fn at(&self, now: Timestamp) -> Option<Vec<Arc<Undo>>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = held.as_ref().filter(|entry| now < entry.until)?;
        Some(entry.undos.clone())
    }
}

/// Holds the undo of an action until its deadline, and returns the result of the action. One without an undo leaves the one
/// before it.
pub(super) fn hold(
    jobs: &JobContext,
    words: String,
    undos: impl IntoIterator<Item = Undo>,
) -> JobOutcome {
    let undos: Vec<Arc<Undo>> = undos.into_iter().map(Arc::new).collect();
    let Some(part) = undos.first().map(Arc::downgrade) else {
        return JobOutcome::Said(words);
    };
    let until = jobs.context.clock.now() + HELD;
    jobs.undo.replace(Some(TimedUndo { undos, until }));
    tokio::task::spawn_local(wipe_after(HELD.unsigned_abs(), jobs.undo.clone(), part));
    JobOutcome::Undoable(words)
}

async fn wipe_after(time: Duration, held: HeldUndo, part: Weak<Undo>) {
    tokio::time::sleep(time).await;
    held.wipe_only(&part);
}

/// Undoes the last action. Its undo stays held if that fails, so that the user can try again.
pub(super) async fn carry_out(jobs: &JobContext) -> Result<JobOutcome, Problem> {
    let held = jobs
        .undo
        .at(jobs.context.clock.now())
        .ok_or_else(undo::too_late)?;
    undo::undo(&jobs.context, &held).await?;
    if let Some(part) = held.first() {
        jobs.undo.wipe_only(&Arc::downgrade(part));
    }
    let restored = held.iter().flat_map(|undo| undo.identities());
    Ok(JobOutcome::Undone(restored.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::edit::{self, Edit};
    use crate::app::{Clock, add, demo_context};

    async fn held(until: Timestamp) -> (HeldUndo, Weak<Undo>) {
        let context = demo_context(([127, 0, 0, 1], 1).into(), Clock::real());
        let added = add::store_local(&context, add::AddOptions::default()).await;
        let add::Added::Stored { environment, .. } = added.unwrap() else {
            panic!("already stored");
        };
        let change = Edit {
            notes: Some("changed".to_owned()),
            ..Edit::default()
        };
        let edited = edit::environment(&context, environment, change)
            .await
            .unwrap();
        let undo = Arc::new(edited.undo.unwrap());
        let weak = Arc::downgrade(&undo);
        let held = HeldUndo::default();
        let undos = vec![undo];
        held.replace(Some(TimedUndo { undos, until }));
        (held, weak)
    }

    #[tokio::test]
    async fn nothing_is_left_after_the_deadline_or_a_wipe() {
        let until = Timestamp::now() + HELD;
        let (first, weak) = held(until).await;
        wipe_after(Duration::ZERO, first.clone(), weak.clone()).await;
        assert!(weak.upgrade().is_none());
        let (second, weak) = held(until).await;
        second.wipe();
        assert!(weak.upgrade().is_none());
    }

    #[tokio::test]
    async fn the_deadline_of_one_undo_leaves_the_next_one() {
        let until = Timestamp::now() + HELD;
        let (held_now, weak) = held(until).await;
        let (_, before) = held(until).await;
        wipe_after(Duration::ZERO, held_now.clone(), before).await;
        assert!(weak.upgrade().is_some());
    }

    #[tokio::test]
    async fn the_clock_decides_even_if_the_machine_was_asleep() {
        let until = Timestamp::now() + HELD;
        let (held, _) = held(until).await;
        assert!(
            held.at(until - jiff::SignedDuration::from_millis(1))
                .is_some()
        );
        assert!(held.at(until).is_none());
    }
}
