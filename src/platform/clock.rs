//! The clock: the system's, or a fixed one for tests and the demo.

use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The clock. Cheap to clone; clones of a fixed clock share its time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since the Unix epoch; `None` for the system's clock.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn real() -> Self {
        Self::default()
    }

    /// Creates a clock that shows `now` until [`Clock::set`] changes it.
    pub fn fixed(now: Timestamp) -> Self {
        Self {
            fixed: Some(Arc::new(AtomicI64::new(now.as_millisecond()))),
        }
    }

    /// Changes the time of a fixed clock and its clones.
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
