//! Requests to AEM: tests on author, publish and preview, verdicts, and their explanations.

mod apis;
pub mod call;
pub mod probe;
pub mod verdict;

pub use apis::test_apis;
pub use call::{CallOptions, call, overrides_method};
pub use probe::{DELIVERY_CHECK, Probe, TierResult, WHO_AM_I, test_tiers};
pub use verdict::{Asked, Judgement, Verdict, judge};
