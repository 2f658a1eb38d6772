//! Retry rules: 0.5 s before the first retry, doubling, with full jitter.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::wire::read_date;

const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Returns whether a retry may get another response.
pub(super) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// Returns the pause after `tries` failed tries: a random time up to the doubled pause, so that clients that failed at
/// the same moment do not retry at the same moment.
pub(super) fn pause(tries: u32) -> Duration {
    let most = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1).min(10)));
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random() % micros.saturating_add(1))
}

fn random() -> u64 {
    use ring::rand::SecureRandom;
    let mut bytes = [0_u8; 8];
    // On an error the pause is zero, which is a valid jitter.
    let _ = ring::rand::SystemRandom::new().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Parses `Retry-After`, given in seconds or as a date. Returns `None` if it is missing or invalid.
pub(super) fn retry_after(value: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = read_date(value)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Returns `now` plus the wait, which is limited to a year.
pub(super) fn until(now: Timestamp, wait: Duration) -> Timestamp {
    let year = Duration::from_hours(366 * 24);
    SignedDuration::try_from(wait.min(year))
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_limit_doubles_and_pauses_vary() {
        for (tries, most) in [(1, 500), (2, 1000), (3, 2000)] {
            let pauses: Vec<_> = (0..50).map(|_| pause(tries)).collect();
            assert!(pauses.iter().all(|p| *p <= Duration::from_millis(most)));
            assert!(pauses.iter().any(|p| *p != pauses[0]));
        }
    }

    #[test]
    fn retry_after_accepts_seconds_and_dates() {
        let now = read_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let after = |text| retry_after(Some(text), now);
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        let date = after("Sun, 06 Nov 1994 08:50:37 GMT");
        assert_eq!(date, Some(Duration::from_mins(1)));
        let past = after("Sun, 06 Nov 1994 08:00:00 GMT");
        assert_eq!(past, Some(Duration::ZERO));
        assert_eq!(after("later"), None);
        assert_eq!(
            until(now, Duration::MAX).as_second(),
            now.as_second() + 366 * 86_400
        );
    }
}
