//! How is trouble told to a person? What happened, why, and the next step; never a secret value.

use std::fmt;

use super::Code;

/// One error as every face shows it: stderr, `--json`, a page of the dashboard.
///
/// All texts are safe to print: whatever came from outside went through [`crate::credential::text`] first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Stable, for programs: `certificate-expired`, `keyring-locked`.
    pub code: Code,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// Why, in plain words.
    pub cause: Option<String>,
    /// What to do now.
    pub next_step: Option<String>,
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
    pub fn next_step(mut self, step: impl Into<String>) -> Self {
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
