//! Exchange of credentials for tokens at IMS, and explanations of its refusals.

pub mod answer;
pub mod assertion;
mod crypto;
pub mod diagnosis;
pub mod exchange;
mod explain;
mod refusal;
pub mod token_status;

pub use diagnosis::ImsError;
pub use exchange::{Exchanged, exchange};
pub use explain::explain_text;
pub use token_status::{TokenStatus, invalidate, validate};
