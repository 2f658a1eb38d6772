//! What must a place for secrets be able to do? Raw named bytes; meaning is the vault's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ItemName, VaultError};
use crate::credential::Secret;

/// How a storage stands that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ready,
    /// It will ask for its password at the first use.
    Locked,
}

/// A blocking store of named secrets. One thread owns it.
pub trait Store: Send {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError>;
    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError>;
    /// True when there was something to delete.
    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError>;
    fn list(&mut self) -> Result<Vec<ItemName>, VaultError>;
    /// Told before every call: this is set once its caller has given up. What is written then would come over what was
    /// written since.
    fn heed(&mut self, _given_up: &Arc<AtomicBool>) {}
    /// Is it there? Asks nobody for a password.
    fn look(&mut self) -> Result<Standing, VaultError> {
        Ok(Standing::Ready)
    }
    /// The largest value in bytes, where the store has a limit (Windows: 2,560).
    fn limit(&self) -> Option<usize> {
        None
    }
    /// True where a value must be one line of text (Secret Service): then it is given base64url.
    fn wants_text(&self) -> bool {
        false
    }
}

/// A store whose caller may give up between two calls: then it writes no more.
pub(super) struct Heeding<'a> {
    store: &'a mut dyn Store,
    given_up: Arc<AtomicBool>,
}

impl<'a> Heeding<'a> {
    pub fn new(store: &'a mut dyn Store, given_up: Arc<AtomicBool>) -> Self {
        store.heed(&given_up);
        Self { store, given_up }
    }

    fn still_wanted(&self) -> Result<(), VaultError> {
        still_wanted(&self.given_up)
    }
}

/// Nobody hears the answer any more.
pub(super) fn still_wanted(given_up: &AtomicBool) -> Result<(), VaultError> {
    if given_up.load(Ordering::Acquire) {
        return Err(VaultError::Other("nobody waits any more".to_owned()));
    }
    Ok(())
}

impl Store for Heeding<'_> {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.store.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        self.still_wanted()?;
        self.store.set(item, value)
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.still_wanted()?;
        self.store.delete(item)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.store.list()
    }

    fn look(&mut self) -> Result<Standing, VaultError> {
        self.store.look()
    }

    fn limit(&self) -> Option<usize> {
        self.store.limit()
    }

    fn wants_text(&self) -> bool {
        self.store.wants_text()
    }
}
