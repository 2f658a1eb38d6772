//! How urgent an expiry is, and the thresholds. `now` is always an argument.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds. A day always has 24 hours, regardless of daylight saving.
const DAY: i64 = 86_400;

enum_table! {
    /// How urgent the expiry of a credential or token is; the most urgent is the first and smallest.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Urgency {
        /// It has expired.
        Expired => "expired",
        /// May be as bad as expired: the expiry is unknown, or the secret is missing.
        Unknown => "unknown",
        /// It expires within the shorter threshold, or its key is marked as leaked.
        Urgent => "urgent",
        /// It expires within the longer threshold.
        Soon => "soon",
        /// It becomes valid later.
        NotYetValid => "not yet valid",
        /// There is no token yet, but the credential can get one.
        NoneYet => "none yet",
        /// It expires after the thresholds.
        Fine => "fine",
        /// A local development token has no credential; a local SDK needs neither.
        NotNeeded => "none needed",
    }
    /// Returns the word for a person.
    pub fn label -> &'static str;
}

impl Urgency {
    /// The urgency of a credential that expires at `not_after`. With exactly 30 days left it is `Soon`; at `not_after`
    /// itself it is `Expired`. A leaked credential must be replaced now, whatever its expiry.
    pub fn of_credential(
        (not_before, not_after): (Option<Timestamp>, Option<Timestamp>),
        is_leaked: bool,
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Self {
        let (soon, urgent) = (thresholds.credential_soon, thresholds.credential_urgent);
        match Self::of(not_after, now, soon, urgent) {
            Self::Expired if not_before.is_none_or(|start| start <= now) => Self::Expired,
            _ if is_leaked => Self::Urgent,
            _ if not_before.is_some_and(|start| now < start) => Self::NotYetValid,
            dated => dated,
        }
    }

    /// The urgency of a token that expires at `expires_at`.
    pub fn of_token(
        expires_at: Option<Timestamp>,
        now: Timestamp,
        thresholds: &Thresholds,
    ) -> Self {
        Self::of(
            expires_at,
            now,
            thresholds.token_soon,
            thresholds.token_urgent,
        )
    }

    fn of(
        end: Option<Timestamp>,
        now: Timestamp,
        soon: SignedDuration,
        urgent: SignedDuration,
    ) -> Self {
        let Some(end) = end else {
            return Self::Unknown;
        };
        let left = end.duration_since(now);
        if left <= SignedDuration::ZERO {
            Self::Expired
        } else if left <= urgent {
            Self::Urgent
        } else if left <= soon {
            Self::Soon
        } else {
            Self::Fine
        }
    }

    /// Whether there is something to do, now or soon.
    pub fn needs_attention(self) -> bool {
        self < Self::Fine
    }
}

/// The time left at which an urgency changes, from the configuration.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn credentials_change_at_the_thresholds() {
        let thresholds = Thresholds::default();
        for (left, expected) in [
            (30 * DAY + 1, Urgency::Fine),
            (30 * DAY, Urgency::Soon),
            (7 * DAY + 1, Urgency::Soon),
            (7 * DAY, Urgency::Urgent),
            (1, Urgency::Urgent),
            (0, Urgency::Expired),
            (-1, Urgency::Expired),
        ] {
            let found = Urgency::of_credential((None, Some(at(left))), false, at(0), &thresholds);
            assert_eq!(found, expected, "{left} s left");
        }
        let early = Urgency::of_credential((Some(at(1)), Some(at(9))), false, at(0), &thresholds);
        assert_eq!(early, Urgency::NotYetValid);
        assert_eq!(
            Urgency::of_credential((None, None), false, at(0), &thresholds),
            Urgency::Unknown
        );
    }

    #[test]
    fn tokens_change_at_the_thresholds() {
        let thresholds = Thresholds::default();
        for (left, expected) in [
            (3601, Urgency::Fine),
            (3600, Urgency::Soon),
            (601, Urgency::Soon),
            (600, Urgency::Urgent),
            (0, Urgency::Expired),
        ] {
            assert_eq!(
                Urgency::of_token(Some(at(left)), at(0), &thresholds),
                expected
            );
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
                    let at =
                        |now| Urgency::of_credential((None, Some(end)), false, now, &thresholds);
                    assert_eq!(at(now), Urgency::Soon, "{now}");
                    assert_eq!(at(now - SignedDuration::from_millis(1)), Urgency::Fine);
                    assert_eq!(crate::time::relative(end, now), "in 30 days");
                }
            }
        }
    }

    #[test]
    fn urgency_changes_at_the_millisecond() {
        let thresholds = Thresholds::default();
        let end = at(0);
        let near = |millis| end - SignedDuration::from_millis(millis);
        let of = |now| Urgency::of_token(Some(end), now, &thresholds);
        for (left, expected) in [
            (3_600_001, Urgency::Fine),
            (3_600_000, Urgency::Soon),
            (600_001, Urgency::Soon),
            (600_000, Urgency::Urgent),
            (1, Urgency::Urgent),
            (0, Urgency::Expired),
            (-1, Urgency::Expired),
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
    fn each_urgency_has_its_own_label() {
        let all = Urgency::ALL;
        let words: std::collections::BTreeSet<&str> = all.map(Urgency::label).into();
        assert_eq!(words.len(), all.len());
    }

    #[test]
    fn the_most_urgent_is_the_smallest() {
        assert!(Urgency::ALL.is_sorted());
        let calm: Vec<Urgency> = Urgency::ALL
            .into_iter()
            .filter(|it| !it.needs_attention())
            .collect();
        assert_eq!(calm, [Urgency::Fine, Urgency::NotNeeded]);
    }

    #[test]
    fn a_leaked_credential_is_urgent_unless_expired() {
        let thresholds = Thresholds::default();
        for (begin, end, expected) in [
            (None, Some(at(400 * DAY)), Urgency::Urgent),
            (None, Some(at(1)), Urgency::Urgent),
            (None, Some(at(0)), Urgency::Expired),
            (None, None, Urgency::Urgent),
            (Some(at(1)), Some(at(400 * DAY)), Urgency::Urgent),
        ] {
            let of =
                |is_leaked| Urgency::of_credential((begin, end), is_leaked, at(0), &thresholds);
            assert_eq!(of(true), expected, "{begin:?} {end:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn urgency_only_grows(end in -400_000i64..40_000_000, step in 0i64..1_000_000) {
            let thresholds = Thresholds::default();
            let of = |now| Urgency::of_credential((None, Some(at(end))), false, now, &thresholds);
            proptest::prop_assert!(of(at(0)) >= of(at(step)));
        }
    }
}
