//! Rotations without an outage, and after every failure and every crash a credential that works.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod crash;
mod flow;
mod leak;
mod setup;
