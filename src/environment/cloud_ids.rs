//! Which program and environment is this? Read from a client id, `p123-e1250`, or a host.

use serde::{Deserialize, Serialize};

/// Cloud Manager's ids. Shown as `p123-e1250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CloudIds {
    pub program: u64,
    pub environment: u64,
    /// Adobe's stage organisation: hosts and client ids carry `-cmstg`.
    #[serde(default)]
    pub cmstg: bool,
}

impl CloudIds {
    /// `cm-p123-e1234`, optionally `-cmstg`, `-integration`, `-integration-0`.
    pub fn from_client_id(_client_id: &str) -> Option<Self> {
        todo!()
    }

    /// `p123-e1250`, optionally `-cmstg`.
    pub fn parse(_text: &str) -> Option<Self> {
        todo!()
    }
}

impl std::fmt::Display for CloudIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p{}-e{}", self.program, self.environment)?;
        if self.cmstg {
            f.write_str("-cmstg")
        } else {
            Ok(())
        }
    }
}
