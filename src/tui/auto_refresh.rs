//! Schedule of automatic exchanges: before a token expires, with increasing pauses after failures.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::app::IdentityEntry;

/// The remaining validity at which a token is exchanged; for short-lived tokens, a quarter of their lifetime.
const EARLY: SignedDuration = SignedDuration::from_mins(10);
/// The minimum time between two exchanges, even if the clock is wrong and every token looks expired.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The recent attempts of each identity.
#[derive(Clone, Debug, Default)]
pub struct Schedule(BTreeMap<Uuid, Tries>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    /// Consecutive failures.
    failures: u32,
    not_before: Timestamp,
}

impl Schedule {
    pub fn succeeded(&mut self, identity: Uuid, now: Timestamp) {
        let tries = Tries {
            failures: 0,
            not_before: now + INTERVAL,
        };
        self.0.insert(identity, tries);
    }

    /// Records a failure and returns the number of consecutive ones.
    pub fn failed(&mut self, identity: Uuid, now: Timestamp) -> u32 {
        let failures = self.0.get(&identity).map_or(0, |tries| tries.failures) + 1;
        let doubled = 2i32.saturating_pow(failures.min(10) - 1);
        let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        let tries = Tries {
            failures,
            not_before: now + pause,
        };
        self.0.insert(identity, tries);
        failures
    }

    pub fn forget(&mut self, identity: Uuid) {
        self.0.remove(&identity);
    }

    pub fn is_failing(&self, identity: Uuid) -> bool {
        self.0
            .get(&identity)
            .is_some_and(|tries| tries.failures > 0)
    }

    /// Returns the time of the next exchange. `None` if auto-refresh is off or the expiry is unknown.
    pub fn due(&self, identity: &IdentityEntry) -> Option<Timestamp> {
        if !identity.auto_refresh || !identity.kind.can_exchange() {
            return None;
        }
        let wanted = match &identity.token {
            None => Timestamp::MIN,
            Some(token) => {
                let end = token.expires_at?;
                let quarter = end.duration_since(token.obtained_at) / 4;
                end.checked_sub(EARLY.min(quarter).max(SignedDuration::ZERO))
                    .unwrap_or(end)
            }
        };
        let tries = self.0.get(&identity.id);
        Some(tries.map_or(wanted, |tries| wanted.max(tries.not_before)))
    }
}
