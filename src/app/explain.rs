//! Explains pasted errors: who said it, cause and next step.

pub use aemkeys_core::explain::{Explanation, explain};
