//! An IMS and an AEM (author, publish, preview) on loopback, for `demo` and for tests. It verifies what the real ones
//! verify and answers with Adobe's errors; faults can be asked for.

use std::net::SocketAddr;

/// A running simulator; stops when dropped.
pub struct Simulator {
    _address: SocketAddr,
}

impl Simulator {
    pub fn address(&self) -> SocketAddr {
        todo!()
    }
}
