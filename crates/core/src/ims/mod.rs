//! Exchange of credentials for tokens at IMS.

pub mod answer;
pub mod assertion;
mod crypto;
pub mod diagnosis;
pub mod exchange;
pub mod token_status;

pub use diagnosis::ImsError;
pub use exchange::{Exchanged, exchange};
pub use token_status::{TokenStatus, invalidate, validate};
