//! What time is it? The real clock, or a fixed one for tests and the demo's frames.

use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Cheap to clone. A test clock lives in the World: there is no hidden environment variable for time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since the Unix epoch; `None` is the real clock.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn real() -> Self {
        Self::default()
    }

    /// Stands still until `set`.
    pub fn fixed(now: Timestamp) -> Self {
        Self {
            fixed: Some(Arc::new(AtomicI64::new(now.as_millisecond()))),
        }
    }

    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    pub fn set(&self, now: Timestamp) {
        if let Some(fixed) = &self.fixed {
            fixed.store(now.as_millisecond(), Ordering::Relaxed);
        }
    }

    pub fn now(&self) -> Timestamp {
        self.fixed.as_ref().map_or_else(Timestamp::now, |fixed| {
            Timestamp::from_millisecond(fixed.load(Ordering::Relaxed)).unwrap_or_default()
        })
    }
}
