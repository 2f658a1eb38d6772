//! How a credential becomes a token: assertion, exchange, and what each refusal means.

pub mod assertion;
pub mod diagnosis;
pub mod exchange;
pub mod token_status;

pub use diagnosis::{ImsError, explain_text};
pub use exchange::{Exchanged, exchange};
pub use token_status::{TokenStatus, invalidate, validate};

/// `ring` behind jsonwebtoken and rustls. Called once by main, and by every test that signs or connects. Idempotent.
pub fn install_crypto() {
    todo!()
}
