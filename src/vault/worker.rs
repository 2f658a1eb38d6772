//! How is a store that may hang kept from hanging us? One thread owns it, every call has a deadline, a hung one is abandoned.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
                Ok(store) => call(store.as_mut()),
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
        self.alive.fetch_add(1, Ordering::Relaxed);
        let started = std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || {
                let mut store = make(flag);
                while let Ok(job) = queue.recv() {
                    job(&mut store);
                }
                drop(store);
                alive.fetch_sub(1, Ordering::Relaxed);
            });
        if started.is_err() {
            self.alive.fetch_sub(1, Ordering::Relaxed);
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
                | VaultError::PassphraseRefused
        );
        if unusable {
            self.abandon(running);
        }
    }
}
