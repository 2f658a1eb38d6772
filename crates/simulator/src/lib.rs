//! A simulator of IMS, Cloud Manager and AEM (author, publish, preview) on loopback, for `demo` and tests. It verifies
//! signatures, claims and secrets as the real servers do, returns Adobe's errors, and can inject faults.
//!
//! One listener serves all hosts, which differ by the `Host` header. It uses plain HTTP, which only the client from
//! `Http::to_simulator` accepts. Of this crate, the simulator uses only `credential` and `environment`, so that it cannot
//! share a mistake with the code it tests.

mod aem;
mod cloud_manager;
mod content;
pub mod demo;
pub mod fixtures;
mod ims;
mod injected_fault;
mod keys;
mod registry;
mod reply;
mod server;
mod state;
mod token;

#[cfg(test)]
mod tests;

pub use cloud_manager::{CloudEnvironment, CloudProgram};
pub use injected_fault::{Fault, FaultTarget};
pub use registry::{
    AemEnvironment, Client, ClientKind, Host, KeyBinding, Now, Person, SimulatorConfiguration,
};
pub use server::Simulator;
pub use state::SeenRequest;
