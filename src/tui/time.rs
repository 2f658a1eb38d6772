//! Times for the screen, in the user's time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use aemkeys_core::credential::validity::{format_duration, format_until};

/// `2026-12-18 11:15 CET, 10:15 UTC`.
pub fn exact(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let utc = at.to_zoned(TimeZone::UTC);
    if local.offset() == utc.offset() {
        utc.strftime("%Y-%m-%d %H:%M UTC").to_string()
    } else {
        format!(
            "{}, {}",
            local.strftime("%Y-%m-%d %H:%M %Z"),
            utc.strftime("%H:%M UTC")
        )
    }
}

/// `18 Dec 2026`.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string()
}

/// `14:03`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// `13:15 tomorrow`, `13:15`, `13:15 on 3 Dec`.
pub fn near(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (there, here) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let clock = there.strftime("%H:%M").to_string();
    if there.date() == here.date() {
        clock
    } else if here.date().tomorrow().is_ok_and(|day| day == there.date()) {
        format!("{clock} tomorrow")
    } else if here.date().yesterday().is_ok_and(|day| day == there.date()) {
        format!("{clock} yesterday")
    } else {
        format!("{clock} on {}", there.strftime("%-d %b"))
    }
}

/// `26 days`, `1 day`; below a day, as in the list.
pub fn days(end: Timestamp, now: Timestamp) -> String {
    let seconds = (end.as_second() - now.as_second()).abs();
    match seconds / 86_400 {
        0 => format_duration(seconds),
        1 => "1 day".to_owned(),
        many => format!("{many} days"),
    }
}

/// Only the first unit, for narrow columns: `23 h`, `41 m`, `3 d ago`.
pub fn brief(end: Timestamp, now: Timestamp) -> String {
    let text = format_until(end, now);
    let mut words = text.split(' ');
    let (Some(number), Some(unit)) = (words.next(), words.next()) else {
        return text;
    };
    if text.ends_with("ago") {
        format!("{number} {unit} ago")
    } else {
        format!("{number} {unit}")
    }
}

/// The time since a moment: `2 h ago`, `just now`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    if seconds < 60 {
        return "just now".to_owned();
    }
    let text = format_duration(seconds);
    let mut words = text.split(' ');
    match (words.next(), words.next()) {
        (Some(number), Some(unit)) => format!("{number} {unit} ago"),
        _ => format!("{text} ago"),
    }
}
