//! Is a credential renewed without an outage, and does every failure and every crash leave one that works?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod crash;
mod flow;
mod leak;
mod stage;
