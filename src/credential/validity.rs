//! When does it end, and how urgent is that? States and their words; `now` is always an argument.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// A day of 24 hours: daylight saving changes nothing about how long something lasts.
const DAY: i64 = 24 * HOUR;

/// How near the end is. One set of words, glyphs and colours for credentials and tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Fine,
    Soon,
    Urgent,
    Expired,
    NotYetValid,
    Unknown,
    /// A credential is needed to get one and there is no token yet.
    NoneYet,
    /// A person's token has no credential; a local SDK needs neither.
    NotNeeded,
}

/// When a state changes. Whole days and minutes; from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    pub credential_soon_days: u32,
    pub credential_urgent_days: u32,
    pub credential_notice_days: u32,
    pub token_soon_minutes: u32,
    pub token_urgent_minutes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            credential_soon_days: 30,
            credential_urgent_days: 7,
            credential_notice_days: 1,
            token_soon_minutes: 60,
            token_urgent_minutes: 10,
        }
    }
}

/// State of a credential that ends at `not_after`. "More than 30 d" is fine: exactly 30 days left is soon, and at
/// `not_after` itself it is expired.
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
        i64::from(thresholds.credential_soon_days) * DAY,
        i64::from(thresholds.credential_urgent_days) * DAY,
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
        i64::from(thresholds.token_soon_minutes) * MINUTE,
        i64::from(thresholds.token_urgent_minutes) * MINUTE,
    )
}

fn state(end: Option<Timestamp>, now: Timestamp, soon: i64, urgent: i64) -> State {
    let Some(end) = end else {
        return State::Unknown;
    };
    let left = end.duration_since(now);
    if left <= SignedDuration::ZERO {
        State::Expired
    } else if left <= SignedDuration::from_secs(urgent) {
        State::Urgent
    } else if left <= SignedDuration::from_secs(soon) {
        State::Soon
    } else {
        State::Fine
    }
}

/// A span as a person says it: `301 d`, `23 h 12 m`, `41 m`, `58 s`. Seconds, of either sign; whole units, never rounded up.
pub fn say_span(seconds: i64) -> String {
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

/// `26 d`, or `3 d ago` once it is over.
pub fn say_until(end: Timestamp, now: Timestamp) -> String {
    let seconds = end.duration_since(now).as_secs();
    if end > now {
        say_span(seconds)
    } else {
        format!("{} ago", say_span(seconds))
    }
}

/// When `say_until` will next say something else: what the dashboard sleeps for. Always after `now`.
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
        // The text stays while the whole units left stay: until just under them.
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

/// `18 Dec 2026`
pub fn say_date(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone())
        .strftime("%-d %b %Y")
        .to_string()
}

/// `18 Dec 2026, 14:03:05 +01:00 (13:03:05 UTC)`: to the second, here and in UTC.
pub fn say_exact(time: Timestamp, zone: &TimeZone) -> String {
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
    fn boundaries_of_credentials() {
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
    fn boundaries_of_tokens() {
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
    fn words() {
        for (seconds, words) in [
            (0, "0 s"),
            (58, "58 s"),
            (60, "1 m"),
            (41 * 60 + 59, "41 m"),
            (23 * HOUR + 12 * 60, "23 h 12 m"),
            (DAY, "1 d"),
            (301 * DAY + 5, "301 d"),
        ] {
            assert_eq!(say_span(seconds), words);
        }
        assert_eq!(say_until(at(-3 * DAY), at(0)), "3 d ago");
        let leap = "2028-02-29T12:00:00Z".parse().unwrap();
        assert_eq!(say_date(leap, &TimeZone::UTC), "29 Feb 2028");
    }

    #[test]
    fn exact_times_are_said_here_and_in_utc() {
        let time: Timestamp = "2026-12-18T23:03:05.9Z".parse().unwrap();
        let east = TimeZone::fixed(jiff::tz::offset(1));
        let west = TimeZone::fixed(jiff::tz::offset(-5));
        assert_eq!(say_exact(time, &TimeZone::UTC), "18 Dec 2026, 23:03:05 UTC");
        assert_eq!(
            say_exact(time, &east),
            "19 Dec 2026, 00:03:05 +01:00 (18 Dec 2026, 23:03:05 UTC)"
        );
        assert_eq!(
            say_exact(time, &west),
            "18 Dec 2026, 18:03:05 -05:00 (23:03:05 UTC)"
        );
    }

    proptest::proptest! {
        #[test]
        fn states_only_get_worse(end in -400_000i64..40_000_000, step in 0i64..1_000_000) {
            let thresholds = Thresholds::default();
            let of = |now| credential_state(None, Some(at(end)), now, &thresholds);
            proptest::prop_assert!(of(at(0)) <= of(at(step)));
        }

        #[test]
        fn any_two_times_have_words(end in i64::MIN.., now in i64::MIN..) {
            let near = |seconds: i64| Timestamp::from_second(seconds % 200_000_000_000).unwrap();
            let (end, now) = (near(end), near(now));
            proptest::prop_assert!(!say_until(end, now).is_empty());
            proptest::prop_assert!(next_change(end, now) > now);
        }

        #[test]
        fn the_words_stay_until_the_next_change(end in -400_000i64..40_000_000, millis in 0i64..1000) {
            let now = at(0).checked_add(SignedDuration::from_millis(millis)).unwrap();
            let end = at(end);
            let next = next_change(end, now);
            proptest::prop_assert!(next > now);
            let before = next.checked_sub(SignedDuration::from_millis(1)).unwrap();
            proptest::prop_assert_eq!(say_until(end, before), say_until(end, now));
            proptest::prop_assert_ne!(say_until(end, next), say_until(end, now));
        }
    }
}
