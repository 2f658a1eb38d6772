//! A storage that fails once, at one chosen call: it refuses, hangs, lies, or is gone from then on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aemkeys::platform::configuration::StorageKind;
use aemkeys::platform::lock;
use aemkeys::storage::{Awaited, Backend, IndexFile, ItemName, Owner, Provider, StorageError};
use aemkeys_core::credential::{Code, Secret};

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
    /// It blocks until nobody waits any more, and then does it all the same.
    Late,
}

/// Longer than a keyring is waited for.
pub const LATE: Duration = Duration::from_millis(3300);

impl Fault {
    /// But for the late one, which takes its time.
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
    /// Where the list and the locks are, and what was written without them.
    watched: Option<PathBuf>,
    unlocked: Vec<String>,
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

    /// From here on every write is looked at: does whoever writes have the locks?
    pub fn watch_locks(&self, folder: &Path) {
        self.content().watched = Some(folder.to_path_buf());
    }

    /// What was written without them.
    pub fn unlocked(&self) -> Vec<String> {
        self.content().unlocked.clone()
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
        if fault == Some(Fault::Late) {
            // Whoever comes meanwhile waits, as at a keyring that hangs.
            std::thread::sleep(LATE);
            return (content, None);
        }
        (content, fault)
    }

    fn write(&self, item: &ItemName) -> (MutexGuard<'_, Content>, Option<Fault>) {
        let (mut content, fault) = self.call();
        if let Some(folder) = &content.watched
            && !has_locks(folder, item)
        {
            content.unlocked.push(item.to_string());
        }
        (content, fault)
    }
}

/// An environment is written under `add`, what belongs to an identity under its own lock, or under `add` where nobody can
/// know of it yet or any more.
fn has_locks(folder: &Path, item: &ItemName) -> bool {
    let is_held = |name: &str| {
        lock::acquire(&folder.join("locks"), name, Duration::ZERO)
            .is_err_and(|problem| problem.code == Code::LockHeld)
    };
    let index = IndexFile::new(folder, folder).read().unwrap();
    let id = item.id();
    let is_known = index.identity(id).is_some() && !index.tombstones.contains(&Owner::Identity(id));
    match item {
        ItemName::Probe(_) => true,
        ItemName::Environment(_) => is_held("add"),
        _ if is_known => is_held(&id.to_string()),
        _ => is_held("add"),
    }
}

fn error(fault: Fault, write: bool) -> StorageError {
    match fault {
        Fault::Hung | Fault::HungButDone => StorageError::TimedOut {
            storage: StorageKind::Keyring,
            provider: Provider::Unknown,
            awaited: Awaited::Backend,
            write,
        },
        _ => StorageError::Other("the store refuses".to_owned()),
    }
}

fn with_a_wrong_bit(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

impl Backend for Shelf {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        let (content, fault) = self.call();
        let stored = content.items.get(item);
        match fault {
            None => Ok(stored.cloned().map(Secret::new)),
            Some(Fault::WrongBytes) => Ok(stored.map(|bytes| Secret::new(with_a_wrong_bit(bytes)))),
            Some(fault) => Err(error(fault, false)),
        }
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        let (mut content, fault) = self.write(item);
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

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        let (mut content, fault) = self.write(item);
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

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        let (content, fault) = self.call();
        match fault {
            None | Some(Fault::WrongBytes) => Ok(content.items.keys().cloned().collect()),
            Some(fault) => Err(error(fault, false)),
        }
    }
}
