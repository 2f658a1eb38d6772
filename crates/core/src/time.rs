//! Formats of dates, times and durations: the only place that writes or reads one. `now` and the time zone are arguments.
//!
//! A sentence says `expires in 26 days` ([`expiry`], [`relative`], [`duration`]); a narrow column says `26 d` ([`brief`]).
//! A date is `18 Dec 2026` ([`date`]), an exact moment `18 Dec 2026, 11:15:03 CET (10:15:03 UTC)` ([`date_time`]). Files and
//! JSON contain UTC as in RFC 3339 ([`rfc3339`]).

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{RoundMode, SignedDuration, Span, SpanRelativeTo, Timestamp, TimestampRound, Unit};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// A day always has 24 hours, regardless of daylight saving.
const DAY: i64 = 24 * HOUR;

const DATE: &str = "%-d %b %Y";

/// Parses a duration such as `30d`, `2w`, `1d 12h`, `10m` or `90s`. A day has 24 hours; months are not supported.
///
/// ```
/// use aemkeys_core::time::parse_duration;
/// assert_eq!(parse_duration("1h 30m").unwrap().as_secs(), 5400);
/// assert!(parse_duration("1mo").is_err());
/// ```
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

/// Formats a duration of either sign, rounded down: in days from 24 hours on, in seconds below a minute.
///
/// ```
/// use aemkeys_core::time::duration;
/// use std::time::Duration;
/// assert_eq!(duration(Duration::from_hours(26 * 24)), "26 days");
/// assert_eq!(duration(Duration::from_mins(23 * 60 + 12)), "23 h 12 m");
/// assert_eq!(duration(Duration::from_secs(41 * 60 + 59)), "41 m");
/// assert_eq!(duration(Duration::from_secs(58)), "58 s");
/// ```
pub fn duration(span: impl TryInto<SignedDuration>) -> String {
    let span: SignedDuration = span.try_into().unwrap_or(SignedDuration::MAX);
    let seconds = span.as_secs().saturating_abs();
    let (hours, minutes) = (seconds / HOUR, seconds % HOUR / MINUTE);
    match seconds / DAY {
        0 if seconds >= HOUR && minutes == 0 => format!("{hours} h"),
        0 if seconds >= HOUR => format!("{hours} h {minutes} m"),
        0 if seconds >= MINUTE => format!("{minutes} m"),
        0 => format!("{seconds} s"),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Formats how far a moment is from `now`.
///
/// ```
/// use aemkeys_core::time::relative;
/// let now = "2026-11-22T14:03:00Z".parse().unwrap();
/// assert_eq!(relative("2026-12-18T20:00:00Z".parse().unwrap(), now), "in 26 days");
/// assert_eq!(relative("2026-11-22T11:43:00Z".parse().unwrap(), now), "2 h 20 m ago");
/// assert_eq!(relative("2026-11-22T14:02:30Z".parse().unwrap(), now), "just now");
/// ```
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let left = at.duration_since(now);
    if at > now {
        format!("in {}", duration(left))
    } else if left.as_secs() > -MINUTE {
        "just now".to_owned()
    } else {
        format!("{} ago", duration(left))
    }
}

/// Formats when something expires or has expired. At `end` itself it has expired.
///
/// ```
/// use aemkeys_core::time::expiry;
/// let now = "2026-11-22T14:03:00Z".parse().unwrap();
/// assert_eq!(expiry("2026-12-18T20:00:00Z".parse().unwrap(), now), "expires in 26 days");
/// assert_eq!(expiry("2026-11-19T10:00:00Z".parse().unwrap(), now), "expired 3 days ago");
/// ```
pub fn expiry(end: Timestamp, now: Timestamp) -> String {
    let verb = if end > now { "expires" } else { "expired" };
    format!("{verb} {}", relative(end, now))
}

/// Formats the time until or since a moment by its largest unit, for narrow columns.
///
/// ```
/// use aemkeys_core::time::brief;
/// let now = "2026-11-22T14:03:00Z".parse().unwrap();
/// assert_eq!(brief("2026-12-18T20:00:00Z".parse().unwrap(), now), "26 d");
/// assert_eq!(brief("2026-11-23T13:15:00Z".parse().unwrap(), now), "23 h");
/// assert_eq!(brief("2026-11-19T10:00:00Z".parse().unwrap(), now), "3 d ago");
/// ```
pub fn brief(at: Timestamp, now: Timestamp) -> String {
    let left = at.duration_since(now).as_secs();
    let seconds = left.saturating_abs();
    let (count, unit) = match seconds {
        DAY.. => (seconds / DAY, "d"),
        HOUR.. => (seconds / HOUR, "h"),
        MINUTE.. => (seconds / MINUTE, "m"),
        _ if at <= now => return "just now".to_owned(),
        _ => (seconds, "s"),
    };
    let ago = if at > now { "" } else { " ago" };
    format!("{count} {unit}{ago}")
}

/// When the text of [`relative`] changes next. Always after `now`.
pub fn next_change(at: Timestamp, now: Timestamp) -> Timestamp {
    let left = at.duration_since(now);
    let whole = left.as_secs();
    let unit = match whole.saturating_abs() {
        DAY.. => DAY,
        MINUTE.. => MINUTE,
        _ if at <= now => MINUTE,
        _ => 1,
    };
    let wait = if at > now {
        // The text changes when the number of whole units left changes.
        let over = left - SignedDuration::from_secs(whole / unit * unit);
        over + SignedDuration::from_millis(1)
    } else {
        let past = whole.saturating_abs();
        SignedDuration::from_secs((past / unit + 1) * unit) + left
    };
    let wait = wait.max(SignedDuration::from_millis(1));
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Formats how long a request took, for a log: in milliseconds.
///
/// ```
/// use aemkeys_core::time::milliseconds;
/// use std::time::Duration;
/// assert_eq!(milliseconds(Duration::from_micros(12_900)), "12 ms");
/// ```
pub fn milliseconds(span: Duration) -> String {
    format!("{} ms", span.as_millis())
}

/// Formats how long something has taken so far.
///
/// ```
/// use aemkeys_core::time::elapsed;
/// use std::time::Duration;
/// assert_eq!(elapsed(Duration::from_millis(390)), "0.3 s");
/// assert_eq!(elapsed(Duration::from_secs(12)), "12 s");
/// ```
pub fn elapsed(span: impl TryInto<SignedDuration>) -> String {
    let span: SignedDuration = span.try_into().unwrap_or(SignedDuration::MAX);
    match span.as_millis().max(0) {
        millis @ 0..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => duration(span),
    }
}

/// Formats how long a server took to respond.
///
/// ```
/// use aemkeys_core::time::response_time;
/// use std::time::Duration;
/// assert_eq!(response_time(Duration::from_millis(212)), "212 ms");
/// assert_eq!(response_time(Duration::from_millis(5040)), "5.0 s");
/// ```
pub fn response_time(span: Duration) -> String {
    match span.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        _ => elapsed(span),
    }
}

/// Formats a date.
///
/// ```
/// use aemkeys_core::time::date;
/// use jiff::tz::TimeZone;
/// let at = "2026-12-18T10:15:03Z".parse().unwrap();
/// assert_eq!(date(at, &TimeZone::UTC), "18 Dec 2026");
/// ```
pub fn date(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime(DATE).to_string()
}

/// Formats a moment to the second, in the zone and in UTC. The UTC date is named only if it differs.
///
/// ```
/// use aemkeys_core::time::date_time;
/// use jiff::tz::TimeZone;
/// let at = "2026-12-18T10:15:03Z".parse().unwrap();
/// assert_eq!(date_time(at, &TimeZone::UTC), "18 Dec 2026, 10:15:03 UTC");
/// let berlin = TimeZone::get("Europe/Berlin").unwrap();
/// assert_eq!(date_time(at, &berlin), "18 Dec 2026, 11:15:03 CET (10:15:03 UTC)");
/// ```
pub fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    let (here, utc) = (at.to_zoned(zone.clone()), at.to_zoned(TimeZone::UTC));
    let full = |time: &jiff::Zoned| time.strftime("%-d %b %Y, %H:%M:%S %Z").to_string();
    if here.offset() == utc.offset() {
        full(&utc)
    } else if here.date() == utc.date() {
        format!("{} ({})", full(&here), utc.strftime("%H:%M:%S UTC"))
    } else {
        format!("{} ({})", full(&here), full(&utc))
    }
}

/// Formats the time of day.
///
/// ```
/// use aemkeys_core::time::clock;
/// use jiff::tz::TimeZone;
/// assert_eq!(clock("2026-12-18T10:15:03Z".parse().unwrap(), &TimeZone::UTC), "10:15");
/// ```
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// Formats the time of day, with the day unless it is today.
///
/// ```
/// use aemkeys_core::time::near;
/// use jiff::tz::TimeZone;
/// let now = "2026-11-22T14:03:00Z".parse().unwrap();
/// let near = |at: &str| near(at.parse().unwrap(), now, &TimeZone::UTC);
/// assert_eq!(near("2026-11-22T14:44:00Z"), "14:44");
/// assert_eq!(near("2026-11-23T13:15:00Z"), "13:15 tomorrow");
/// assert_eq!(near("2026-12-03T13:15:00Z"), "13:15 on 3 Dec 2026");
/// ```
pub fn near(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (day, today) = (
        at.to_zoned(zone.clone()).date(),
        now.to_zoned(zone.clone()).date(),
    );
    let clock = clock(at, zone);
    if day == today {
        clock
    } else if today.tomorrow().is_ok_and(|next| next == day) {
        format!("{clock} tomorrow")
    } else if today.yesterday().is_ok_and(|last| last == day) {
        format!("{clock} yesterday")
    } else {
        format!("{clock} on {}", date(at, zone))
    }
}

/// Formats a date without its year, for an axis that shows the year: `18 Dec`.
pub fn day_and_month(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// Formats the month and year of a date outside such an axis: `Dec 2028`.
pub fn month_and_year(date: Date) -> String {
    date.strftime("%b %Y").to_string()
}

/// Names the month of a date on an axis: `Mar`. January is named by its year, to tell one March from the next.
pub fn month(date: Date) -> String {
    let form = if date.month() == 1 { "%Y" } else { "%b" };
    date.strftime(form).to_string()
}

/// Formats a moment for JSON and files, in UTC. Rounds down to seconds, so that an expiry is never shown too late.
///
/// ```
/// use aemkeys_core::time::rfc3339;
/// assert_eq!(rfc3339("2026-12-18T10:15:03.9Z".parse().unwrap()), "2026-12-18T10:15:03Z");
/// ```
pub fn rfc3339(at: Timestamp) -> String {
    let floor = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Floor);
    at.round(floor).unwrap_or(at).to_string()
}

/// Formats a moment as Adobe's consoles do in their files: `2026-12-18T10:15:03.000Z`.
pub fn adobe(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// Formats the UTC date for the name of a file: `2026-12-18`.
pub fn file_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Formats a moment for a calendar (RFC 5545, 3.3.5), in UTC: `20261218T101503Z`.
pub fn calendar_time(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Formats a duration for a calendar (RFC 5545, 3.3.6): `P30D`, or `PT5400S` if it is not a number of days.
pub fn calendar_duration(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    if seconds % DAY == 0 {
        format!("P{}D", seconds / DAY)
    } else {
        format!("PT{seconds}S")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
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
    fn a_duration_changes_its_unit_at_a_whole_unit() {
        for (seconds, sentence, column) in [
            (1, "1 s", "1 s"),
            (59, "59 s", "59 s"),
            (60, "1 m", "1 m"),
            (HOUR - 1, "59 m", "59 m"),
            (HOUR, "1 h", "1 h"),
            (23 * HOUR + 12 * 60, "23 h 12 m", "23 h"),
            (DAY - 1, "23 h 59 m", "23 h"),
            (DAY, "1 day", "1 d"),
            (2 * DAY - 1, "1 day", "1 d"),
            (301 * DAY + 5, "301 days", "301 d"),
        ] {
            let span = SignedDuration::from_secs(seconds);
            assert_eq!(duration(span), sentence);
            assert_eq!(duration(-span), sentence);
            assert_eq!(relative(at(seconds), at(0)), format!("in {sentence}"));
            assert_eq!(brief(at(seconds), at(0)), column);
            let ago = |text| match seconds {
                60.. => format!("{text} ago"),
                _ => "just now".to_owned(),
            };
            assert_eq!(relative(at(-seconds), at(0)), ago(sentence));
            assert_eq!(brief(at(-seconds), at(0)), ago(column));
        }
        assert_eq!(expiry(at(0), at(0)), "expired just now");
        assert_eq!(duration(Duration::MAX), duration(SignedDuration::MAX));
    }

    #[test]
    fn a_leap_day_is_a_day() {
        let now = "2028-02-29T12:00:00Z".parse().unwrap();
        let until = |end: &str| relative(end.parse().unwrap(), now);
        assert_eq!(until("2028-03-30T12:00:00Z"), "in 30 days");
        // A year from a leap day is 366 days before its next 29 February would be.
        assert_eq!(until("2029-02-28T12:00:00Z"), "in 365 days");
        assert_eq!(date(now, &TimeZone::UTC), "29 Feb 2028");
    }

    #[test]
    fn exact_times_name_the_utc_date_if_it_differs() {
        let time: Timestamp = "2026-12-18T23:03:05.9Z".parse().unwrap();
        for (zone, expected) in [
            ("UTC", "18 Dec 2026, 23:03:05 UTC"),
            ("Europe/London", "18 Dec 2026, 23:03:05 UTC"),
            (
                "Europe/Berlin",
                "19 Dec 2026, 00:03:05 CET (18 Dec 2026, 23:03:05 UTC)",
            ),
            (
                "America/New_York",
                "18 Dec 2026, 18:03:05 EST (23:03:05 UTC)",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(date_time(time, &zone), expected);
        }
    }

    #[test]
    fn days_are_named_in_the_zone() {
        let now: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let near = |at: &str, zone| near(at.parse().unwrap(), now, zone);
        let later = "2026-11-23T12:00:00Z";
        let utc = TimeZone::UTC;
        assert_eq!(near(later, &utc), "12:00 tomorrow");
        assert_eq!(near(later, &berlin), "13:00");
        let earlier = "2026-11-22T12:00:00Z";
        assert_eq!(near(earlier, &utc), "12:00");
        assert_eq!(near(earlier, &berlin), "13:00 yesterday");
    }

    #[test]
    fn times_in_files_are_rounded_down() {
        for (time, expected) in [
            ("2026-12-18T10:15:00Z", "2026-12-18T10:15:00Z"),
            ("2026-12-18T10:14:59.999Z", "2026-12-18T10:14:59Z"),
            ("2028-02-29T23:59:59.999999999Z", "2028-02-29T23:59:59Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(time.parse().unwrap()), expected);
        }
        let time = "2026-02-08T01:05:09.9Z".parse().unwrap();
        assert_eq!(adobe(time), "2026-02-08T01:05:09.000Z");
        assert_eq!(calendar_time(time), "20260208T010509Z");
        assert_eq!(file_date(time), "2026-02-08");
        let hours = SignedDuration::from_hours;
        assert_eq!(calendar_duration(hours(30 * 24)), "P30D");
        assert_eq!(calendar_duration(hours(25)), "PT90000S");
    }

    #[test]
    fn next_change_after_the_expiry_is_a_minute_later() {
        assert_eq!(next_change(at(0), at(0)), at(60));
    }

    proptest::proptest! {
        #[test]
        fn any_two_times_can_be_formatted(end in i64::MIN.., now in i64::MIN..) {
            let near = |seconds: i64| Timestamp::from_second(seconds % 200_000_000_000).unwrap();
            let (end, now) = (near(end), near(now));
            proptest::prop_assert!(!relative(end, now).is_empty());
            proptest::prop_assert!(next_change(end, now) > now);
        }

        #[test]
        fn text_is_stable_until_the_next_change(end in -400_000i64..40_000_000, millis in 0i64..1000) {
            let now = at(0).checked_add(SignedDuration::from_millis(millis)).unwrap();
            let end = at(end);
            let next = next_change(end, now);
            proptest::prop_assert!(next > now);
            let before = next.checked_sub(SignedDuration::from_millis(1)).unwrap();
            for (at, is_same) in [(before, true), (next, false)] {
                proptest::prop_assert_eq!(relative(end, at) == relative(end, now), is_same);
            }
            proptest::prop_assert_eq!(brief(end, before), brief(end, now));
        }
    }
}
