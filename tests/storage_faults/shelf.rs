//! What does a store do that fails once, at one chosen call? It refuses, hangs, lies, or is gone from then on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aemkeys::credential::Secret;
use aemkeys::vault::{ItemName, Store, VaultError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error, and nothing was done.
    Refused,
    /// An error, though it was done.
    RefusedButDone,
    /// No answer in time, and nothing was done.
    Hung,
    /// No answer in time, though it was done.
    HungButDone,
    /// One bit is wrong in what is written or read; a deletion is reported and not done.
    WrongBytes,
    /// As if this process were killed here: nothing works any more.
    Gone,
}

impl Fault {
    pub const ALL: [Self; 6] = [
        Self::Refused,
        Self::RefusedButDone,
        Self::Hung,
        Self::HungButDone,
        Self::WrongBytes,
        Self::Gone,
    ];
}

/// The items, which outlive every process, and the calls of the process at hand.
#[derive(Default)]
struct Content {
    items: BTreeMap<ItemName, Vec<u8>>,
    calls: usize,
    /// From 1.
    fault: Option<(usize, Fault)>,
}

/// Clones share the content, as processes share a keyring.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Content>>);

impl Shelf {
    /// The same items on another machine, without a fault.
    pub fn copied(&self) -> Self {
        let items = self.content().items.clone();
        Self(Arc::new(Mutex::new(Content {
            items,
            ..Content::default()
        })))
    }

    pub fn fail_at(&self, call: usize, fault: Fault) {
        let mut content = self.content();
        content.calls = 0;
        content.fault = Some((call, fault));
    }

    /// Was there a call to fail?
    pub fn failed(&self) -> bool {
        let content = self.content();
        content.fault.is_some_and(|(at, _)| content.calls >= at)
    }

    pub fn names(&self) -> Vec<ItemName> {
        self.content().items.keys().cloned().collect()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    /// Counts the call; the fault if it is this one's.
    fn call(&self) -> (MutexGuard<'_, Content>, Option<Fault>) {
        let mut content = self.content();
        content.calls += 1;
        let fault = content.fault.and_then(|(at, fault)| {
            let meant = content.calls == at || (fault == Fault::Gone && content.calls > at);
            meant.then_some(fault)
        });
        (content, fault)
    }
}

fn error(fault: Fault, write: bool) -> VaultError {
    match fault {
        Fault::Hung | Fault::HungButDone => VaultError::TimedOut { seconds: 3, write },
        _ => VaultError::Other("the store refuses".to_owned()),
    }
}

fn with_a_wrong_bit(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

impl Store for Shelf {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        let (content, fault) = self.call();
        let stored = content.items.get(item);
        match fault {
            None => Ok(stored.cloned().map(Secret::new)),
            Some(Fault::WrongBytes) => Ok(stored.map(|bytes| Secret::new(with_a_wrong_bit(bytes)))),
            Some(fault) => Err(error(fault, false)),
        }
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        let (mut content, fault) = self.call();
        let right = value.expose().to_vec();
        match fault {
            None => {
                content.items.insert(item.clone(), right);
                Ok(())
            }
            Some(Fault::WrongBytes) => {
                content.items.insert(item.clone(), with_a_wrong_bit(&right));
                Ok(())
            }
            Some(fault) => {
                if matches!(fault, Fault::RefusedButDone | Fault::HungButDone) {
                    content.items.insert(item.clone(), right);
                }
                Err(error(fault, true))
            }
        }
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        let (mut content, fault) = self.call();
        match fault {
            None => Ok(content.items.remove(item).is_some()),
            Some(Fault::WrongBytes) => Ok(content.items.contains_key(item)),
            Some(fault) => {
                if matches!(fault, Fault::RefusedButDone | Fault::HungButDone) {
                    content.items.remove(item);
                }
                Err(error(fault, true))
            }
        }
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        let (content, fault) = self.call();
        match fault {
            None | Some(Fault::WrongBytes) => Ok(content.items.keys().cloned().collect()),
            Some(fault) => Err(error(fault, false)),
        }
    }
}
