//! An IMS and an AEM (author, publish, preview) on loopback, for `demo` and for tests. It verifies what the real ones
//! verify and answers with Adobe's errors; faults can be asked for.
//!
//! All hosts live behind one loopback listener and are told apart by the `Host` header. It speaks plain http; the client
//! that may speak plain http to it is made by `Http::to_simulator`. Nothing of ours but the pure rooms may be used here, so
//! that the simulator cannot share a mistake with the code it tests.

mod aem;
pub mod demo;
mod fault;
pub mod fixtures;
mod ims;
mod keys;
mod registry;
mod reply;
mod server;
mod state;
mod token;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Place};
pub use registry::{
    AemEnvironment, Client, ClientKind, Configuration, Host, KeyBinding, Now, Person,
};
pub use server::Simulator;
pub use state::Seen;
pub use token::Minted;
