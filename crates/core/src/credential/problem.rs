//! The error that users see: what happened, why, and what to do next; never a secret value.

use std::fmt;

use super::{Code, Guidance};

/// An error as every frontend shows it: standard error, `--json`, the dashboard.
///
/// All texts are safe to print: text from outside must be sanitised with [`crate::credential::text`] first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Stable name for scripts: `certificate-expired`, `keyring-locked`.
    pub code: Code,
    /// What happened, as one sentence without a full stop.
    pub message: String,
    /// Why it happened.
    pub cause: Option<String>,
    /// What to do next.
    pub next_step: Option<Guidance>,
    /// Adobe's `x-debug-id`, which support asks for.
    pub debug_id: Option<String>,
}

impl Problem {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            cause: None,
            next_step: None,
            debug_id: None,
        }
    }

    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    #[must_use]
    pub fn next_step(mut self, step: impl Into<Guidance>) -> Self {
        self.next_step = Some(step.into());
        self
    }

    #[must_use]
    pub fn debug_id(mut self, id: Option<String>) -> Self {
        self.debug_id = id;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
