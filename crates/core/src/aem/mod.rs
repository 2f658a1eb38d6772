//! Requests to AEM: tests on author, publish and preview, verdicts, and their explanations.

pub mod call;
mod explanation;
pub mod probe;
pub mod verdict;

pub use call::{CallOptions, call};
pub use explanation::explain_text;
pub use probe::{Probe, TierResult, WHO_AM_I, test_tiers};
pub use verdict::Verdict;
