//! Expiry states, and the thresholds between them. `now` is always an argument.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds. A day always has 24 hours, regardless of daylight saving.
const DAY: i64 = 86_400;

enum_table! {
    /// How soon a credential or token expires.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum State {
        Fine => "fine",
        Soon => "soon",
        Urgent => "urgent",
        Expired => "expired",
        NotYetValid => "not yet valid",
        Unknown => "unknown",
        /// There is no token yet, but the credential can get one.
        NoneYet => "none yet",
        /// A local development token has no credential; a local SDK needs neither.
        NotNeeded => "none needed",
    }
    /// Returns the word for a person.
    pub fn label -> &'static str;
}

/// The time left at which a state changes, from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    pub credential_soon: SignedDuration,
    pub credential_urgent: SignedDuration,
    /// The dashboard shows a notice at the start below this.
    pub credential_notice: SignedDuration,
    pub token_soon: SignedDuration,
    pub token_urgent: SignedDuration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            credential_soon: SignedDuration::from_secs(30 * DAY),
            credential_urgent: SignedDuration::from_secs(7 * DAY),
            credential_notice: SignedDuration::from_secs(DAY),
            token_soon: SignedDuration::from_mins(60),
            token_urgent: SignedDuration::from_mins(10),
        }
    }
}

impl Thresholds {
    /// The threshold of this name in the configuration.
    pub fn named(&mut self, name: &str) -> Option<&mut SignedDuration> {
        Some(match name {
            "credential_soon" => &mut self.credential_soon,
            "credential_urgent" => &mut self.credential_urgent,
            "credential_notice" => &mut self.credential_notice,
            "token_soon" => &mut self.token_soon,
            "token_urgent" => &mut self.token_urgent,
            _ => return None,
        })
    }

    /// Returns the names and errors of inconsistent thresholds: urgent must not be more than soon.
    pub fn mistakes(&self) -> Vec<(&'static str, &'static str)> {
        [
            (
                self.credential_urgent > self.credential_soon,
                "credential_urgent",
                "must not be more than credential_soon",
            ),
            (
                self.token_urgent > self.token_soon,
                "token_urgent",
                "must not be more than token_soon",
            ),
        ]
        .into_iter()
        .filter_map(|(wrong, name, why)| wrong.then_some((name, why)))
        .collect()
    }

    /// Replaces `credential_soon`, and lowers `credential_urgent` to it if necessary.
    #[must_use]
    pub fn with_credential_soon(mut self, soon: SignedDuration) -> Self {
        self.credential_soon = soon;
        self.credential_urgent = self.credential_urgent.min(soon);
        self
    }

    /// Like [`Thresholds::with_credential_soon`], for tokens.
    #[must_use]
    pub fn with_token_soon(mut self, soon: SignedDuration) -> Self {
        self.token_soon = soon;
        self.token_urgent = self.token_urgent.min(soon);
        self
    }
}

/// The state of a credential that expires at `not_after`. With exactly 30 days left it is `Soon`; at `not_after` itself it is
/// `Expired`.
pub fn credential_state(
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    now: Timestamp,
    thresholds: &Thresholds,
) -> State {
    if not_before.is_some_and(|start| now < start) {
        return State::NotYetValid;
    }
    state(
        not_after,
        now,
        thresholds.credential_soon,
        thresholds.credential_urgent,
    )
}

pub fn token_state(
    expires_at: Option<Timestamp>,
    now: Timestamp,
    thresholds: &Thresholds,
) -> State {
    state(
        expires_at,
        now,
        thresholds.token_soon,
        thresholds.token_urgent,
    )
}

fn state(
    end: Option<Timestamp>,
    now: Timestamp,
    soon: SignedDuration,
    urgent: SignedDuration,
) -> State {
    let Some(end) = end else {
        return State::Unknown;
    };
    let left = end.duration_since(now);
    if left <= SignedDuration::ZERO {
        State::Expired
    } else if left <= urgent {
        State::Urgent
    } else if left <= soon {
        State::Soon
    } else {
        State::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn credential_states_change_at_the_thresholds() {
        let thresholds = Thresholds::default();
        for (left, expected) in [
            (30 * DAY + 1, State::Fine),
            (30 * DAY, State::Soon),
            (7 * DAY + 1, State::Soon),
            (7 * DAY, State::Urgent),
            (1, State::Urgent),
            (0, State::Expired),
            (-1, State::Expired),
        ] {
            let found = credential_state(None, Some(at(left)), at(0), &thresholds);
            assert_eq!(found, expected, "{left} s left");
        }
        let early = credential_state(Some(at(1)), Some(at(9)), at(0), &thresholds);
        assert_eq!(early, State::NotYetValid);
        assert_eq!(
            credential_state(None, None, at(0), &thresholds),
            State::Unknown
        );
    }

    #[test]
    fn token_states_change_at_the_thresholds() {
        let thresholds = Thresholds::default();
        for (left, expected) in [
            (3601, State::Fine),
            (3600, State::Soon),
            (601, State::Soon),
            (600, State::Urgent),
            (0, State::Expired),
        ] {
            assert_eq!(token_state(Some(at(left)), at(0), &thresholds), expected);
        }
    }

    #[test]
    fn day_is_24_hours_across_clock_changes() {
        // Twelve hours before to twelve after each change of the clocks in 2026 and 2027, in three zones.
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            let zone = jiff::tz::TimeZone::get(zone).unwrap();
            let changes: Vec<Timestamp> = zone
                .following("2026-01-01T00:00:00Z".parse().unwrap())
                .take(4)
                .map(|change| change.timestamp())
                .collect();
            assert_eq!(changes.len(), 4);
            for change in changes {
                for half in -24..=24 {
                    let now = change + SignedDuration::from_mins(30 * half);
                    let end = now + SignedDuration::from_hours(24 * 30);
                    let thresholds = Thresholds::default();
                    let at = |now| credential_state(None, Some(end), now, &thresholds);
                    assert_eq!(at(now), State::Soon, "{now}");
                    assert_eq!(at(now - SignedDuration::from_millis(1)), State::Fine);
                    assert_eq!(crate::time::relative(end, now), "in 30 days");
                }
            }
        }
    }

    #[test]
    fn state_changes_at_the_millisecond() {
        let thresholds = Thresholds::default();
        let end = at(0);
        let near = |millis| end - SignedDuration::from_millis(millis);
        let of = |now| token_state(Some(end), now, &thresholds);
        for (left, expected) in [
            (3_600_001, State::Fine),
            (3_600_000, State::Soon),
            (600_001, State::Soon),
            (600_000, State::Urgent),
            (1, State::Urgent),
            (0, State::Expired),
            (-1, State::Expired),
        ] {
            assert_eq!(of(near(left)), expected, "{left} ms");
        }
    }

    #[test]
    fn urgent_is_lowered_to_soon() {
        let hours = SignedDuration::from_hours;
        let thresholds = Thresholds::default()
            .with_credential_soon(hours(24))
            .with_token_soon(SignedDuration::from_mins(5));
        assert_eq!(thresholds.credential_soon, hours(24));
        assert_eq!(thresholds.credential_urgent, hours(24));
        assert_eq!(thresholds.token_soon, SignedDuration::from_mins(5));
        assert_eq!(thresholds.token_urgent, SignedDuration::from_mins(5));
        let wider = Thresholds::default()
            .with_credential_soon(hours(24 * 90))
            .with_token_soon(hours(3));
        assert_eq!(wider.credential_urgent, hours(24 * 7));
        assert_eq!(wider.token_urgent, SignedDuration::from_mins(10));
    }

    #[test]
    fn each_state_has_its_own_label() {
        let all = State::ALL;
        let words: std::collections::BTreeSet<&str> = all.map(State::label).into();
        assert_eq!(words.len(), all.len());
    }

    proptest::proptest! {
        #[test]
        fn states_only_get_worse(end in -400_000i64..40_000_000, step in 0i64..1_000_000) {
            let thresholds = Thresholds::default();
            let of = |now| credential_state(None, Some(at(end)), now, &thresholds);
            proptest::prop_assert!(of(at(0)) <= of(at(step)));
        }
    }
}
