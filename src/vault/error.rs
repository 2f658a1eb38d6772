//! What can go wrong with a store, and what does a person do then?

use crate::credential::Problem;

/// Never carries a value: keyring errors that hold raw bytes are reduced before they get here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No D-Bus, no provider, no default collection.
    #[error("no keyring answers on this machine: {0}")]
    NoKeyring(String),
    #[error("the keyring is locked")]
    Locked,
    /// The deadline passed; for a write the outcome is unknown until it is read back.
    #[error("the keyring did not answer within {seconds} s")]
    TimedOut { seconds: u64, write: bool },
    #[error("{item} is damaged: {reason}")]
    Damaged { item: String, reason: &'static str },
    #[error("{item} was written by a newer aemkeys (format {version})")]
    NewerFormat { item: String, version: u32 },
    #[error("{item} has {size} bytes; this store takes at most {limit}")]
    TooLarge {
        item: String,
        size: usize,
        limit: usize,
    },
    #[error("what was read back differs from what was written")]
    ReadBackDiffers,
    #[error("the passphrase does not open the file")]
    WrongPassphrase,
    #[error("a passphrase is needed")]
    NoPassphrase,
    #[error("another aemkeys (pid {pid:?}) holds the lock {name}")]
    LockHeld { name: String, pid: Option<u32> },
    #[error("{what}: {source}")]
    Io {
        what: String,
        source: std::io::Error,
    },
    #[error("{0}")]
    Other(String),
}

impl VaultError {
    pub fn problem(&self) -> Problem {
        todo!()
    }
}
