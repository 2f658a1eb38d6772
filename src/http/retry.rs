//! When is a request sent again, and after how long? 0.5 s doubling with full jitter; `Retry-After` is honoured.

use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

/// Too many requests, time out at the server, and its own errors.
pub fn is_worth_a_retry(status: u16) -> bool {
    matches!(status, 408 | 429) || status >= 500
}

/// A random wait up to 0.5 s, 1 s, 2 s ..: many clients that failed together do not come back together.
pub fn backoff(attempt: u32) -> Duration {
    let most = 500_u64 << attempt.min(6);
    let mut random = [0; 8];
    // Without randomness the longest wait is as good.
    let chosen = match SystemRandom::new().fill(&mut random) {
        Ok(()) => u64::from_le_bytes(random) % (most + 1),
        Err(_) => most,
    };
    Duration::from_millis(chosen)
}

/// `Retry-After`: seconds or an HTTP date.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let until = http_date(value)?;
    Duration::try_from(until.duration_since(now)).ok()
}

/// `Sun, 22 Nov 2026 10:00:00 GMT`
pub fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value.trim())
        .ok()
        .map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_both_forms() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Sun, 22 Nov 2026 10:00:09 GMT", now),
            Some(Duration::from_secs(9))
        );
        assert_eq!(retry_after("Sun, 22 Nov 2026 09:00:00 GMT", now), None);
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn the_wait_is_bounded() {
        for attempt in 0..40 {
            assert!(backoff(attempt) <= Duration::from_secs(32));
        }
    }
}
