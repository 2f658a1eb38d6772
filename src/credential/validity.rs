//! When does it end, and how urgent is that? States and their words; `now` is always an argument.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

/// When a state changes. Whole hours and minutes; from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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

/// State of a credential that ends at `not_after`. The boundary belongs to the earlier state's successor:
/// at exactly `not_after` it is expired.
pub fn credential_state(
    _not_before: Option<Timestamp>,
    _not_after: Option<Timestamp>,
    _now: Timestamp,
    _thresholds: &Thresholds,
) -> State {
    todo!()
}

pub fn token_state(
    _expires_at: Option<Timestamp>,
    _now: Timestamp,
    _thresholds: &Thresholds,
) -> State {
    todo!()
}

/// A span as a person says it: `301 d`, `23 h 12 m`, `41 m`, `58 s`.
pub fn say_span(_seconds: i64) -> String {
    todo!()
}

/// `26 d`, or `3 d ago` once it is over.
pub fn say_until(_end: Timestamp, _now: Timestamp) -> String {
    todo!()
}

/// When `say_until` will next say something else: what the dashboard sleeps for.
pub fn next_change(_end: Timestamp, _now: Timestamp) -> Timestamp {
    todo!()
}
