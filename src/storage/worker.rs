//! Runs a store on its own thread, with a deadline for every call. A store that hangs is abandoned.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::backend::CancellableBackend;
use super::{Backend, DEADLINE, ItemName, PROMPT_DEADLINE, StorageError};

/// The maximum number of storage threads, including hung ones. Each holds a connection.
const MAX_THREADS: usize = 2;
/// Calls that take longer than this count as slow.
const SLOW_AFTER: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Result<Box<dyn Backend>, StorageError>) + Send>;

/// Opens the store on its own thread. Sets the flag while a prompt is shown.
pub type OpenBackend =
    Arc<dyn Fn(Arc<AtomicBool>) -> Result<Box<dyn Backend>, StorageError> + Send + Sync>;

/// A storage backend: its display name and how to open it.
#[derive(Clone)]
pub struct BackendFactory {
    pub(super) name: &'static str,
    pub(super) make: OpenBackend,
}

/// What slow calls are waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The store has not responded yet.
    Answer,
    /// The user is being asked for the password.
    Unlocking,
}

/// Counts a slow call until it is dropped.
struct SlowCall<'a>(&'a AtomicUsize);

impl<'a> SlowCall<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for SlowCall<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub struct Worker {
    backend: Mutex<BackendFactory>,
    current: Mutex<Option<Running>>,
    alive: Arc<AtomicUsize>,
    /// The number of slow calls.
    slow: AtomicUsize,
    /// Items whose last write failed or timed out: the outcome is unknown until they are read.
    uncertain: Mutex<HashSet<ItemName>>,
}

#[derive(Clone)]
struct Running {
    jobs: Sender<Job>,
    /// The user is being asked to unlock the store, so that the longer deadline applies.
    prompting: Arc<AtomicBool>,
}

/// Counts a storage thread until it ends, even by a panic.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Worker {
    pub fn new(backend: BackendFactory) -> Self {
        Self {
            backend: Mutex::new(backend),
            current: Mutex::default(),
            alive: Arc::default(),
            slow: AtomicUsize::new(0),
            uncertain: Mutex::default(),
        }
    }

    pub fn backend(&self) -> BackendFactory {
        self.backend
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Switches to another backend from the next call on; running calls finish with the old one. Returns the old one.
    pub fn switch_to(&self, backend: BackendFactory) -> BackendFactory {
        let mut now = self.backend.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, backend);
        drop(now);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        before
    }

    /// Starts to open the store without waiting for it.
    pub fn connect(&self) {
        // The first call reports a failure.
        let _ = self.running();
    }

    /// Runs `call` on the store's thread. `writes` is the item whose state is unknown after an error or timeout.
    pub fn call<T: Send + 'static>(
        &self,
        writes: Option<&ItemName>,
        call: impl FnOnce(&mut dyn Backend) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let running = self.running()?;
        let (send, receive) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let is_cancelled = cancelled.clone();
        let job: Job = Box::new(move |store| {
            // After a timeout the write must not happen any more, because it could overwrite a newer one.
            if is_cancelled.load(Ordering::Acquire) {
                return;
            }
            let outcome = match store {
                Ok(store) => call(&mut CancellableBackend::new(store.as_mut(), is_cancelled)),
                Err(error) => Err(error.duplicate()),
            };
            // Fails after a timeout, when the receiver is gone.
            let _ = send.send(outcome);
        });
        if running.jobs.send(job).is_err() {
            self.abandon(&running);
            return Err(StorageError::Other(
                "the storage thread ended unexpectedly".to_owned(),
            ));
        }
        let called = Instant::now();
        let mut started = called;
        let mut was_prompting = false;
        let mut slow = None;
        loop {
            if slow.is_none() && called.elapsed() >= SLOW_AFTER {
                slow = Some(SlowCall::begin(&self.slow));
            }
            let prompting = running.prompting.load(Ordering::Relaxed);
            if was_prompting && !prompting {
                // The prompt is closed: the deadline of the store itself starts now.
                started = Instant::now();
            }
            was_prompting = prompting;
            let deadline = if prompting { PROMPT_DEADLINE } else { DEADLINE };
            let left = deadline.saturating_sub(started.elapsed());
            match receive.recv_timeout(left.min(Duration::from_millis(50))) {
                Ok(outcome) => {
                    if let Err(error) = &outcome {
                        self.discard_unusable_store(&running, error);
                        // A keyring killed before it responds may have done the write that fails here.
                        self.uncertain_items().extend(writes.cloned());
                    }
                    return outcome;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.abandon(&running);
                    return Err(StorageError::Other(
                        "the storage thread ended unexpectedly".to_owned(),
                    ));
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    cancelled.store(true, Ordering::Release);
                    self.abandon(&running);
                    self.uncertain_items().extend(writes.cloned());
                    return Err(StorageError::TimedOut {
                        seconds: deadline.as_secs(),
                        write: writes.is_some(),
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Returns what slow calls are waiting for; `None` without slow calls.
    pub fn slow_wait(&self) -> Option<Wait> {
        if self.slow.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let asks = current
            .as_ref()
            .is_some_and(|running| running.prompting.load(Ordering::Relaxed));
        Some(if asks { Wait::Unlocking } else { Wait::Answer })
    }

    /// Returns whether the outcome of the last write of this item is unknown, so that it must be read back first.
    pub fn is_uncertain(&self, item: &ItemName) -> bool {
        self.uncertain_items().contains(item)
    }

    /// Records that the item has been read back.
    pub fn mark_certain(&self, item: &ItemName) {
        self.uncertain_items().remove(item);
    }

    fn uncertain_items(&self) -> std::sync::MutexGuard<'_, HashSet<ItemName>> {
        self.uncertain
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Result<Running, StorageError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*current {
            return Ok(running.clone());
        }
        if self.alive.load(Ordering::Relaxed) >= MAX_THREADS {
            return Err(StorageError::TimedOut {
                seconds: DEADLINE.as_secs(),
                write: false,
            });
        }
        let running = self.start()?;
        *current = Some(running.clone());
        Ok(running)
    }

    fn start(&self) -> Result<Running, StorageError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let prompting = Arc::new(AtomicBool::new(false));
        let (make, flag, alive) = (self.backend().make, prompting.clone(), self.alive.clone());
        let alive = Alive::new(alive);
        let started = std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || {
                let mut store = make(flag);
                while let Ok(job) = queue.recv() {
                    job(&mut store);
                }
                drop(store);
                drop(alive);
            });
        if started.is_err() {
            return Err(StorageError::Other(
                "could not start the storage thread".to_owned(),
            ));
        }
        Ok(Running { jobs, prompting })
    }

    /// Abandons the thread, which ends when its call returns. The next call starts a new one.
    fn abandon(&self, running: &Running) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(&now.prompting, &running.prompting))
        {
            *current = None;
        }
    }

    /// Discards a store that could not be opened, so that the next call tries again: the keyring may be running by then.
    fn discard_unusable_store(&self, running: &Running, error: &StorageError) {
        let unusable = matches!(
            error,
            StorageError::NoKeyring(_)
                | StorageError::Locked
                | StorageError::TimedOut { .. }
                | StorageError::WrongPassphrase
                | StorageError::NoPassphrase
                | StorageError::WeakPassphrase
                | StorageError::PassphraseRefused
        );
        if unusable {
            self.abandon(running);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::storage::{Memory, Storage};
    use aemkeys_core::credential::Secret;

    /// A store that outlives its threads, like a keyring. Its first reads panic or block until released.
    #[derive(Clone, Default)]
    struct SlowStore {
        kept: Arc<Mutex<Memory>>,
        waits: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
        panics: Arc<AtomicUsize>,
    }

    impl Backend for SlowStore {
        fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
            let panics = self.panics.load(Ordering::Relaxed);
            if panics > 0 {
                self.panics.store(panics - 1, Ordering::Relaxed);
                panic!("the store panics");
            }
            let waits = self.waits.lock().unwrap().take();
            if let Some(waits) = waits {
                waits.recv().unwrap();
            }
            self.kept.lock().unwrap().get(item)
        }
        fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
            self.kept.lock().unwrap().set(item, value)
        }
        fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
            self.kept.lock().unwrap().delete(item)
        }
        fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
            self.kept.lock().unwrap().list()
        }
    }

    /// Waits until at most `count` storage threads are alive.
    fn wait_for_threads(storage: &Storage, count: usize) {
        let began = Instant::now();
        while storage.worker.alive.load(Ordering::Relaxed) > count {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn timed_out_write_does_not_overwrite_a_newer_one() {
        let store = SlowStore::default();
        let (release, waits) = mpsc::channel();
        *store.waits.lock().unwrap() = Some(waits);
        let made = store.clone();
        let storage = Storage::over_factory("slow", move || Box::new(made.clone()));
        let name = ItemName::Credential(Uuid::from_u128(1), 1);
        let late = storage.put_payload(&name, &Secret::from("old"));
        assert!(
            matches!(late, Err(StorageError::TimedOut { write: true, .. })),
            "{late:?}"
        );
        storage.put_payload(&name, &Secret::from("new")).unwrap();
        release.send(()).unwrap();
        wait_for_threads(&storage, 1);
        assert!(storage.payload(&name).unwrap() == Some(Secret::from("new")));
    }

    #[test]
    fn panicked_thread_is_no_longer_counted() {
        let store = SlowStore::default();
        store.panics.store(3, Ordering::Relaxed);
        let storage = Storage::over_factory("panics", move || Box::new(store.clone()));
        let name = ItemName::Token(Uuid::from_u128(1));
        for _ in 0..3 {
            assert!(storage.payload(&name).is_err());
            wait_for_threads(&storage, 0);
        }
        assert!(storage.payload(&name).unwrap().is_none());
    }
}
