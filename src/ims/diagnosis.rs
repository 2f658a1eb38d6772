//! What does a refusal of IMS mean, and what is the next step?

use crate::credential::Problem;
use crate::http::HttpError;

#[derive(Debug, thiserror::Error)]
pub enum ImsError {
    /// IMS answered no, or we know before asking.
    #[error("{0}")]
    Refused(Problem),
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl ImsError {
    pub fn problem(&self) -> Problem {
        todo!()
    }
}

/// What does this error text mean? For `aemkeys explain`: IMS and AEM errors, JSON bodies or words. `None`: not recognised.
pub fn explain_text(_text: &str) -> Option<Problem> {
    todo!()
}
