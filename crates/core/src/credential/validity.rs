//! Expiry states and their texts. `now` is always an argument.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// A day always has 24 hours, regardless of daylight saving.
const DAY: i64 = 24 * HOUR;

/// How soon a credential or token expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Fine,
    Soon,
    Urgent,
    Expired,
    NotYetValid,
    Unknown,
    /// There is no token yet, but the credential can get one.
    NoneYet,
    /// A local development token has no credential; a local SDK needs neither.
    NotNeeded,
}

impl State {
    pub fn label(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Soon => "soon",
            Self::Urgent => "urgent",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Unknown => "unknown",
            Self::NoneYet => "none yet",
            Self::NotNeeded => "none needed",
        }
    }
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

/// Parses a duration such as `30d`, `2w`, `1d 12h`, `10m` or `90s`. A day has 24 hours; months are not supported.
pub fn parse_duration(text: &str) -> Result<SignedDuration, &'static str> {
    const HOW: &str = "write a duration such as 30d, 2h, 10m or 90s";
    let span: Span = text.trim().parse().map_err(|_| HOW)?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| HOW)?;
    if duration.is_negative() {
        return Err("the duration must not be negative");
    }
    Ok(duration)
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

/// Formats a duration: `301 d`, `23 h 12 m`, `41 m`, `58 s`. Takes seconds of either sign; rounds down to whole units.
pub fn format_duration(seconds: i64) -> String {
    let seconds = seconds.saturating_abs();
    let (days, hours, minutes) = (seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE);
    if seconds >= DAY {
        format!("{days} d")
    } else if seconds >= HOUR {
        format!("{hours} h {minutes} m")
    } else if seconds >= MINUTE {
        format!("{minutes} m")
    } else {
        format!("{seconds} s")
    }
}

/// Formats the time until `end`: `26 d`, or `3 d ago` if it has passed.
pub fn format_until(end: Timestamp, now: Timestamp) -> String {
    let seconds = end.duration_since(now).as_secs();
    if end > now {
        format_duration(seconds)
    } else {
        format!("{} ago", format_duration(seconds))
    }
}

/// When the text of `format_until` changes next. Always after `now`.
pub fn next_change(end: Timestamp, now: Timestamp) -> Timestamp {
    let left = end.duration_since(now);
    let whole = left.as_secs();
    let unit = |seconds: i64| {
        if seconds >= DAY {
            DAY
        } else if seconds >= MINUTE {
            MINUTE
        } else {
            1
        }
    };
    let wait = if end > now {
        // The text changes when the number of whole units left changes.
        let unit = unit(whole);
        let over = left - SignedDuration::from_secs(whole / unit * unit);
        over + SignedDuration::from_millis(1)
    } else {
        let past = whole.saturating_abs();
        let unit = unit(past);
        SignedDuration::from_secs((past / unit + 1) * unit) + left
    };
    let wait = wait.max(SignedDuration::from_millis(1));
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Formats a date: `18 Dec 2026`.
pub fn format_date(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone())
        .strftime("%-d %b %Y")
        .to_string()
}

/// Formats a time to the second, in the zone and in UTC: `18 Dec 2026, 14:03:05 +01:00 (13:03:05 UTC)`.
pub(super) fn format_exact_time(time: Timestamp, zone: &TimeZone) -> String {
    let (here, utc) = (time.to_zoned(zone.clone()), time.to_zoned(TimeZone::UTC));
    if here.offset() == utc.offset() {
        return utc.strftime("%-d %b %Y, %H:%M:%S UTC").to_string();
    }
    let utc_form = if here.date() == utc.date() {
        "%H:%M:%S UTC"
    } else {
        "%-d %b %Y, %H:%M:%S UTC"
    };
    format!(
        "{} ({})",
        here.strftime("%-d %b %Y, %H:%M:%S %:z"),
        utc.strftime(utc_form)
    )
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
    fn durations_are_parsed() {
        for (text, seconds) in [
            ("30d", 30 * DAY),
            ("2w", 14 * DAY),
            ("1d12h", DAY + 12 * HOUR),
            ("1h30m", 90 * MINUTE),
            (" 10m ", 600),
            ("90s", 90),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(SignedDuration::from_secs(seconds)),
                "{text}"
            );
        }
        for wrong in [
            "",
            "30",
            "d",
            "1mo",
            "1y",
            "-1d",
            "1d ago",
            "ten days",
            "99999999999d",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn day_is_24_hours_across_clock_changes() {
        // Twelve hours before to twelve after each change of the clocks in 2026 and 2027, in three zones.
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            let zone = TimeZone::get(zone).unwrap();
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
                    assert_eq!(format_until(end, now), "30 d");
                    let said = format_exact_time(end, &zone);
                    assert!(said.contains("UTC"), "{said}");
                }
            }
        }
    }

    #[test]
    fn leap_day_is_a_day() {
        let thresholds = Thresholds::default();
        let now = "2028-02-29T12:00:00Z".parse().unwrap();
        let end: Timestamp = "2028-03-30T12:00:00Z".parse().unwrap();
        assert_eq!(
            credential_state(None, Some(end), now, &thresholds),
            State::Soon
        );
        assert_eq!(format_until(end, now), "30 d");
        // A year from a leap day is 366 days before its next 29 February would be.
        let end: Timestamp = "2029-02-28T12:00:00Z".parse().unwrap();
        assert_eq!(format_until(end, now), "365 d");
        assert_eq!(
            format_until("2028-02-29T11:59:59.999Z".parse().unwrap(), now),
            "0 s ago"
        );
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
    fn durations_and_dates_are_formatted() {
        for (seconds, words) in [
            (0, "0 s"),
            (58, "58 s"),
            (60, "1 m"),
            (41 * 60 + 59, "41 m"),
            (23 * HOUR + 12 * 60, "23 h 12 m"),
            (DAY, "1 d"),
            (301 * DAY + 5, "301 d"),
        ] {
            assert_eq!(format_duration(seconds), words);
        }
        assert_eq!(format_until(at(-3 * DAY), at(0)), "3 d ago");
        let leap = "2028-02-29T12:00:00Z".parse().unwrap();
        assert_eq!(format_date(leap, &TimeZone::UTC), "29 Feb 2028");
    }

    #[test]
    fn exact_times_are_formatted_in_the_zone_and_in_utc() {
        let time: Timestamp = "2026-12-18T23:03:05.9Z".parse().unwrap();
        let east = TimeZone::fixed(jiff::tz::offset(1));
        let west = TimeZone::fixed(jiff::tz::offset(-5));
        assert_eq!(
            format_exact_time(time, &TimeZone::UTC),
            "18 Dec 2026, 23:03:05 UTC"
        );
        assert_eq!(
            format_exact_time(time, &east),
            "19 Dec 2026, 00:03:05 +01:00 (18 Dec 2026, 23:03:05 UTC)"
        );
        assert_eq!(
            format_exact_time(time, &west),
            "18 Dec 2026, 18:03:05 -05:00 (23:03:05 UTC)"
        );
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
        let all = [
            State::Fine,
            State::Soon,
            State::Urgent,
            State::Expired,
            State::NotYetValid,
            State::Unknown,
            State::NoneYet,
            State::NotNeeded,
        ];
        let words: std::collections::BTreeSet<&str> = all.map(State::label).into();
        assert_eq!(words.len(), all.len());
    }

    #[test]
    fn next_change_at_the_expiry_is_one_second_later() {
        assert_eq!(next_change(at(0), at(0)), at(1));
    }

    proptest::proptest! {
        #[test]
        fn states_only_get_worse(end in -400_000i64..40_000_000, step in 0i64..1_000_000) {
            let thresholds = Thresholds::default();
            let of = |now| credential_state(None, Some(at(end)), now, &thresholds);
            proptest::prop_assert!(of(at(0)) <= of(at(step)));
        }

        #[test]
        fn any_two_times_can_be_formatted(end in i64::MIN.., now in i64::MIN..) {
            let near = |seconds: i64| Timestamp::from_second(seconds % 200_000_000_000).unwrap();
            let (end, now) = (near(end), near(now));
            proptest::prop_assert!(!format_until(end, now).is_empty());
            proptest::prop_assert!(next_change(end, now) > now);
        }

        #[test]
        fn text_is_stable_until_the_next_change(end in -400_000i64..40_000_000, millis in 0i64..1000) {
            let now = at(0).checked_add(SignedDuration::from_millis(millis)).unwrap();
            let end = at(end);
            let next = next_change(end, now);
            proptest::prop_assert!(next > now);
            let before = next.checked_sub(SignedDuration::from_millis(1)).unwrap();
            proptest::prop_assert_eq!(format_until(end, before), format_until(end, now));
            proptest::prop_assert_ne!(format_until(end, next), format_until(end, now));
        }
    }
}
