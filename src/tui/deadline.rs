//! The next time at which something visible changes. The dashboard sleeps until then; there is no ticker.

use jiff::{SignedDuration, Timestamp};

use super::model::Model;
use aemkeys_core::time::next_change;

/// The duration of a spinner frame.
const SPINNER: SignedDuration = SignedDuration::from_millis(100);

/// `None` if nothing changes without an event.
pub fn next_deadline(model: &Model) -> Option<Timestamp> {
    let now = model.now;
    let mut earliest: Option<Timestamp> = None;
    let mut wake = |at: Timestamp| {
        if at > now && earliest.is_none_or(|known| at < known) {
            earliest = Some(at);
        }
    };
    if !model.tasks.is_empty() {
        wake(if model.settings.motion {
            now + SPINNER
        } else {
            next_second(now)
        });
    }
    if let Some(toast) = &model.toast {
        wake(toast.until);
    }
    if let Some(at) = model.clipboard.as_ref().and_then(|held| held.clears_at) {
        wake(at);
        // The countdown shows whole seconds.
        let left = (at.as_millisecond() - now.as_millisecond()).rem_euclid(1000);
        wake(now + SignedDuration::from_millis(if left == 0 { 1000 } else { left }));
    }
    if let Some((_, at)) = model.test_reminder() {
        wake(at);
    }
    // One frame a minute for the clock and all countdowns, which would otherwise each wake the dashboard at another second.
    wake(next_minute(now));
    for (_, identity) in model.identities() {
        if let Some(at) = model.auto_refresh.due(identity) {
            wake(at);
        }
        let facts = identity.credential.as_ref();
        let ends = facts.map_or([None, None], |facts| [facts.not_before, facts.not_after]);
        let token = identity.token.as_ref().and_then(|token| token.expires_at);
        for end in ends.into_iter().chain([token]).flatten() {
            // The last minute is counted in seconds.
            wake(end - LAST_MINUTE);
            if end > now && end - LAST_MINUTE <= now {
                wake(next_change(end, now));
            }
        }
    }
    earliest
}

/// How long before its end a countdown shows seconds.
const LAST_MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn next_second(now: Timestamp) -> Timestamp {
    let into = now.as_millisecond().rem_euclid(1000);
    now + SignedDuration::from_millis(1000 - into)
}

/// The clock in the header.
fn next_minute(now: Timestamp) -> Timestamp {
    let into = now.as_millisecond().rem_euclid(60_000);
    now + SignedDuration::from_millis(60_000 - into)
}
