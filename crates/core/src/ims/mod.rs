//! Exchange of credentials for tokens at IMS.

pub mod assertion;
mod crypto;
pub mod exchange;
mod preflight;
pub mod response;
pub mod token_status;

pub use exchange::{Exchanged, exchange};
pub use token_status::{TokenStatus, invalidate, validate};

use crate::credential::Problem;
use crate::http::HttpError;

/// An error of a request to IMS.
#[derive(Debug, thiserror::Error)]
pub enum ImsError {
    /// IMS refused the request, or the checks before it did.
    #[error("{0}")]
    Refused(Box<Problem>),
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl ImsError {
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => (**problem).clone(),
            Self::Http(error) => error.problem(),
        }
    }
}

impl From<Problem> for ImsError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}
