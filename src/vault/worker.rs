//! How is a store that may hang kept from hanging us? One thread owns it, every call has a deadline, a hung one is abandoned.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::store::Heeding;
use super::{DEADLINE, ItemName, PROMPT_DEADLINE, Store, VaultError};

/// More hung threads than this are not made: each holds a connection.
const MOST_ALIVE: usize = 2;
/// A person begins to wonder.
const NOTICEABLE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Result<Box<dyn Store>, VaultError>) + Send>;

/// Makes the store on its own thread. Sets the flag while a person is being asked.
pub type MakeStore =
    Arc<dyn Fn(Arc<AtomicBool>) -> Result<Box<dyn Store>, VaultError> + Send + Sync>;

/// A storage that was chosen: how the header names it, and how it is made.
#[derive(Clone)]
pub struct Chosen {
    pub(super) name: &'static str,
    pub(super) make: MakeStore,
}

/// What calls that take long wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The store does not answer.
    Answer,
    /// A person is asked for the password.
    Unlocking,
}

/// While this lives, a call takes noticeably long.
struct Slow<'a>(&'a AtomicUsize);

impl<'a> Slow<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Slow<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub struct Worker {
    chosen: Mutex<Chosen>,
    current: Mutex<Option<Running>>,
    alive: Arc<AtomicUsize>,
    /// Calls that take noticeably long.
    slow: AtomicUsize,
    /// Items whose last write failed or timed out: the outcome is unknown until they are read.
    uncertain: Mutex<HashSet<ItemName>>,
}

#[derive(Clone)]
struct Running {
    jobs: Sender<Job>,
    /// A person is being asked to unlock: then the longer deadline holds.
    prompting: Arc<AtomicBool>,
}

/// A storage thread that is there; it counts until it ends, by a panic too.
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
    pub fn new(chosen: Chosen) -> Self {
        Self {
            chosen: Mutex::new(chosen),
            current: Mutex::default(),
            alive: Arc::default(),
            slow: AtomicUsize::new(0),
            uncertain: Mutex::default(),
        }
    }

    pub fn chosen(&self) -> Chosen {
        self.chosen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Another storage from the next call on; calls under way end with the old one.
    pub fn choose(&self, chosen: Chosen) -> Chosen {
        let mut now = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, chosen);
        drop(now);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        before
    }

    /// Starts connecting; nothing waits for it.
    pub fn connect(&self) {
        // A failure shows at the first call.
        let _ = self.running();
    }

    /// Runs `call` on the store's thread. `writes` is the item a timeout would leave uncertain.
    pub fn call<T: Send + 'static>(
        &self,
        writes: Option<&ItemName>,
        call: impl FnOnce(&mut dyn Store) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let running = self.running()?;
        let (send, receive) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let is_cancelled = cancelled.clone();
        let job: Job = Box::new(move |store| {
            // Its caller has given up: written now, it would come after newer writes.
            if is_cancelled.load(Ordering::Acquire) {
                return;
            }
            let outcome = match store {
                Ok(store) => call(&mut Heeding::new(store.as_mut(), is_cancelled)),
                Err(error) => Err(error.again()),
            };
            // Nobody waits any more after a timeout.
            let _ = send.send(outcome);
        });
        if running.jobs.send(job).is_err() {
            self.abandon(&running);
            return Err(VaultError::Other("the storage thread ended".to_owned()));
        }
        let called = Instant::now();
        let mut began = called;
        let mut was_prompting = false;
        let mut slow = None;
        loop {
            if slow.is_none() && called.elapsed() >= NOTICEABLE {
                slow = Some(Slow::begin(&self.slow));
            }
            let prompting = running.prompting.load(Ordering::Relaxed);
            if was_prompting && !prompting {
                // The person has answered; now the store has its own time.
                began = Instant::now();
            }
            was_prompting = prompting;
            let deadline = if prompting { PROMPT_DEADLINE } else { DEADLINE };
            let left = deadline.saturating_sub(began.elapsed());
            match receive.recv_timeout(left.min(Duration::from_millis(50))) {
                Ok(outcome) => {
                    if let Err(error) = &outcome {
                        self.forget_unusable_store(&running, error);
                        // Killed between doing and answering, a keyring has done what it reports as failed.
                        self.uncertain_items().extend(writes.cloned());
                    }
                    return outcome;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.abandon(&running);
                    return Err(VaultError::Other("the storage thread ended".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    cancelled.store(true, Ordering::Release);
                    self.abandon(&running);
                    self.uncertain_items().extend(writes.cloned());
                    return Err(VaultError::TimedOut {
                        seconds: deadline.as_secs(),
                        write: writes.is_some(),
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Does anyone wait noticeably long, and for what?
    pub fn waits(&self) -> Option<Wait> {
        if self.slow.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let asks = current
            .as_ref()
            .is_some_and(|running| running.prompting.load(Ordering::Relaxed));
        Some(if asks { Wait::Unlocking } else { Wait::Answer })
    }

    /// Was the last write of this item left open? Then it is read back before anything else touches it.
    pub fn is_uncertain(&self, item: &ItemName) -> bool {
        self.uncertain_items().contains(item)
    }

    /// It was read since.
    pub fn is_certain_again(&self, item: &ItemName) {
        self.uncertain_items().remove(item);
    }

    fn uncertain_items(&self) -> std::sync::MutexGuard<'_, HashSet<ItemName>> {
        self.uncertain
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Result<Running, VaultError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*current {
            return Ok(running.clone());
        }
        if self.alive.load(Ordering::Relaxed) >= MOST_ALIVE {
            return Err(VaultError::TimedOut {
                seconds: DEADLINE.as_secs(),
                write: false,
            });
        }
        let running = self.start()?;
        *current = Some(running.clone());
        Ok(running)
    }

    fn start(&self) -> Result<Running, VaultError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let prompting = Arc::new(AtomicBool::new(false));
        let (make, flag, alive) = (self.chosen().make, prompting.clone(), self.alive.clone());
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
            return Err(VaultError::Other("no thread could be started".to_owned()));
        }
        Ok(Running { jobs, prompting })
    }

    /// The thread ends by itself if its call ever returns; the next call makes a new one.
    fn abandon(&self, running: &Running) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(&now.prompting, &running.prompting))
        {
            *current = None;
        }
    }

    /// A store that could not be made is made anew at the next call: the keyring may have come up since.
    fn forget_unusable_store(&self, running: &Running, error: &VaultError) {
        let unusable = matches!(
            error,
            VaultError::NoKeyring(_)
                | VaultError::Locked
                | VaultError::TimedOut { .. }
                | VaultError::WrongPassphrase
                | VaultError::NoPassphrase
                | VaultError::WeakPassphrase
                | VaultError::PassphraseRefused
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
    use crate::credential::Secret;
    use crate::vault::{Memory, Vault};

    /// Outlives its threads, as a keyring does. The first read waits until it is let go, or panics.
    #[derive(Clone, Default)]
    struct Slow {
        kept: Arc<Mutex<Memory>>,
        waits: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
        panics: Arc<AtomicUsize>,
    }

    impl Store for Slow {
        fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
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
        fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
            self.kept.lock().unwrap().set(item, value)
        }
        fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
            self.kept.lock().unwrap().delete(item)
        }
        fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
            self.kept.lock().unwrap().list()
        }
    }

    /// A thread ends when its call is over.
    fn until_alive(vault: &Vault, count: usize) {
        let began = Instant::now();
        while vault.worker.alive.load(Ordering::Relaxed) > count {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_was_given_up_is_not_written_over_what_came_since() {
        let store = Slow::default();
        let (go_on, waits) = mpsc::channel();
        *store.waits.lock().unwrap() = Some(waits);
        let made = store.clone();
        let vault = Vault::made_anew("slow", move || Box::new(made.clone()));
        let name = ItemName::Credential(Uuid::from_u128(1), 1);
        let late = vault.put_payload(&name, &Secret::from("old"));
        assert!(
            matches!(late, Err(VaultError::TimedOut { write: true, .. })),
            "{late:?}"
        );
        vault.put_payload(&name, &Secret::from("new")).unwrap();
        go_on.send(()).unwrap();
        until_alive(&vault, 1);
        assert!(vault.payload(&name).unwrap() == Some(Secret::from("new")));
    }

    #[test]
    fn a_thread_that_panicked_is_not_counted_for_ever() {
        let store = Slow::default();
        store.panics.store(3, Ordering::Relaxed);
        let vault = Vault::made_anew("panics", move || Box::new(store.clone()));
        let name = ItemName::Token(Uuid::from_u128(1));
        for _ in 0..3 {
            assert!(vault.payload(&name).is_err());
            until_alive(&vault, 0);
        }
        assert!(vault.payload(&name).unwrap().is_none());
    }
}
