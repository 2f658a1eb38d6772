//! Runs a backend on its own thread, with a deadline for every call. A backend that hangs is abandoned.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::call::BackendCall;
use super::{Awaited, Backend, Provider, StorageError, Waiting};
use crate::platform::Configuration;
use crate::platform::configuration::StorageKind;

/// The maximum number of hung threads. Each holds a connection.
const MAX_HUNG: usize = 2;
/// Calls that take longer than this count as slow.
const SLOW_AFTER: Duration = Duration::from_secs(1);

type QueuedCall = Box<dyn FnOnce(&mut Result<Box<dyn Backend>, StorageError>) + Send>;

/// Opens the backend on its own thread. The backend says what it waits for.
pub type OpenBackend = Arc<dyn Fn(Waiting) -> Result<Box<dyn Backend>, StorageError> + Send + Sync>;

/// The display name of a backend, and how to open it.
#[derive(Clone)]
pub struct BackendFactory {
    pub name: &'static str,
    pub kind: StorageKind,
    pub open: OpenBackend,
}

/// What slow calls are waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The backend has not responded yet.
    Answer,
    /// The user is being asked for the password.
    Unlocking,
}

/// Counts something until it is dropped, even by a panic.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub struct StorageWorker {
    source: Mutex<Source>,
    thread: Mutex<Option<StorageThread>>,
    /// The number of hung threads.
    hung: Arc<AtomicUsize>,
    /// The number of slow calls.
    slow: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct StorageThread {
    queue: Sender<QueuedCall>,
    /// What the thread waits for, which decides the deadline.
    waiting: Waiting,
    kind: StorageKind,
    /// The number of finished calls.
    finished: Arc<AtomicUsize>,
    /// Set when a call has timed out. Dropped when the thread ends, which shares it.
    hung: Arc<Mutex<Option<Counted>>>,
}

/// The backend in use, and the configuration that chooses it, unless a flag or a variable does.
struct Source {
    factory: BackendFactory,
    followed: Option<Followed>,
}

pub struct Followed {
    pub file: PathBuf,
    pub kind: StorageKind,
    pub factory_for: Box<dyn Fn(StorageKind) -> BackendFactory + Send + Sync>,
    /// Size and modification time of the file when it was last read.
    pub seen: Option<(u64, SystemTime)>,
}

impl Source {
    /// Reads the configuration if it has changed. Returns whether it names another storage now.
    fn follow(&mut self) -> bool {
        let Some(followed) = &mut self.followed else {
            return false;
        };
        let metadata = std::fs::metadata(&followed.file).ok();
        let state = metadata.and_then(|it| Some((it.len(), it.modified().ok()?)));
        if state == followed.seen {
            return false;
        }
        // A file that can't be read changes nothing: it may be being edited.
        let Ok(configuration) = Configuration::load(&followed.file) else {
            return false;
        };
        followed.seen = state;
        let kind = configuration.storage.unwrap_or_default();
        if kind == followed.kind || kind == StorageKind::Memory {
            return false;
        }
        tracing::info!(storage = kind.as_str(), "config.toml names another storage");
        followed.kind = kind;
        self.factory = (followed.factory_for)(kind);
        true
    }
}

impl StorageWorker {
    pub fn new(factory: BackendFactory, followed: Option<Followed>) -> Self {
        Self {
            source: Mutex::new(Source { factory, followed }),
            thread: Mutex::default(),
            hung: Arc::default(),
            slow: Arc::default(),
        }
    }

    /// Returns the display name of the storage in use.
    pub fn name(&self) -> &'static str {
        lock(&self.source).factory.name
    }

    pub fn kind(&self) -> StorageKind {
        lock(&self.source).factory.kind
    }

    /// Returns the program that stores the secrets, if it is known.
    pub fn provider(&self) -> Provider {
        let thread = lock(&self.thread);
        let thread = thread.as_ref();
        thread.map_or_else(Provider::default, |thread| thread.waiting.provider())
    }

    /// Continues with the backend and the thread of `other`.
    pub fn adopt(&self, other: &Self, kind: StorageKind) {
        let mut source = lock(&self.source);
        source.factory = lock(&other.source).factory.clone();
        if let Some(followed) = &mut source.followed {
            followed.kind = kind;
        }
        *lock(&self.thread) = lock(&other.thread).take();
    }

    /// Starts to open the backend without waiting for it.
    pub fn connect(&self) {
        // The first call reports a failure.
        let _ = self.thread();
    }

    /// Runs `call` on the storage thread of the storage in use. `write` says what a timeout means.
    pub fn call<T: Send + 'static>(
        &self,
        write: bool,
        call: impl FnOnce(&mut BackendCall<'_>) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let thread = self.thread()?;
        let (send, receive) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let is_cancelled = cancelled.clone();
        let queued: QueuedCall = Box::new(move |backend| {
            // After a timeout the write must not happen any more, because it could overwrite a newer one.
            if is_cancelled.load(Ordering::Acquire) {
                return;
            }
            let outcome = match backend {
                Ok(backend) => call(&mut BackendCall::new(backend.as_mut(), is_cancelled)),
                Err(error) => Err(error.duplicate()),
            };
            // Fails after a timeout, when the receiver is gone.
            let _ = send.send(outcome);
        });
        let ended = || StorageError::Other("the storage thread ended unexpectedly".to_owned());
        if thread.queue.send(queued).is_err() {
            self.abandon(&thread);
            return Err(ended());
        }
        let outcome = self.wait(&thread, &receive, write);
        if !matches!(&outcome, Some(Ok(_))) {
            cancelled.store(true, Ordering::Release);
        }
        let outcome = outcome.unwrap_or_else(|| {
            self.abandon(&thread);
            Err(ended())
        });
        if outcome.as_ref().is_err_and(StorageError::is_unusable) {
            self.abandon(&thread);
        }
        outcome
    }

    /// Waits for the outcome until the deadline. `None` if the thread has ended.
    fn wait<T>(
        &self,
        thread: &StorageThread,
        receive: &mpsc::Receiver<Result<T, StorageError>>,
        write: bool,
    ) -> Option<Result<T, StorageError>> {
        let called = Instant::now();
        let mut started = called;
        let mut awaited = Awaited::default();
        let mut finished = thread.finished.load(Ordering::Relaxed);
        let mut slow = None;
        loop {
            if slow.is_none() && called.elapsed() >= SLOW_AFTER {
                slow = Some(Counted::new(&self.slow));
            }
            let now_awaited = thread.waiting.now();
            let now_finished = thread.finished.load(Ordering::Relaxed);
            // The deadline starts again when the thread waits for something else, and when a call before this one is finished.
            if now_awaited != awaited || now_finished != finished {
                started = Instant::now();
            }
            (awaited, finished) = (now_awaited, now_finished);
            let limit = awaited.deadline();
            let left = limit.saturating_sub(started.elapsed());
            match receive.recv_timeout(left.min(Duration::from_millis(50))) {
                Ok(outcome) => return Some(outcome),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    *lock(&thread.hung) = Some(Counted::new(&self.hung));
                    let storage = thread.kind;
                    return Some(Err(StorageError::TimedOut {
                        storage,
                        provider: thread.waiting.provider(),
                        awaited,
                        write,
                    }));
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
        let is_prompt = lock(&self.thread)
            .as_ref()
            .is_some_and(|thread| thread.waiting.now().is_prompt());
        Some(if is_prompt {
            Wait::Unlocking
        } else {
            Wait::Answer
        })
    }

    /// Returns the thread of the storage in use, and starts it if there is none. A call to the previous storage finishes there.
    fn thread(&self) -> Result<StorageThread, StorageError> {
        let mut source = lock(&self.source);
        let mut thread = lock(&self.thread);
        if source.follow() {
            *thread = None;
        }
        if let Some(thread) = &*thread {
            return Ok(thread.clone());
        }
        if self.hung.load(Ordering::Relaxed) >= MAX_HUNG {
            return Err(StorageError::TimedOut {
                storage: source.factory.kind,
                provider: Provider::default(),
                awaited: Awaited::Backend,
                write: false,
            });
        }
        let (queue, calls) = mpsc::channel::<QueuedCall>();
        let waiting = Waiting::default();
        let finished = Arc::new(AtomicUsize::new(0));
        let (open, flag, answered) = (
            source.factory.open.clone(),
            waiting.clone(),
            finished.clone(),
        );
        let hung = Arc::new(Mutex::new(None));
        let until_end = hung.clone();
        std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || {
                let mut backend = open(flag);
                while let Ok(queued) = calls.recv() {
                    queued(&mut backend);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                drop(backend);
                drop(until_end);
            })
            .map_err(|_| StorageError::Other("could not start the storage thread".to_owned()))?;
        let started = StorageThread {
            queue,
            waiting,
            kind: source.factory.kind,
            finished,
            hung,
        };
        Ok(thread.insert(started).clone())
    }

    /// Abandons the thread, which ends when its call returns. The next call starts a new one.
    fn abandon(&self, thread: &StorageThread) {
        let mut current = lock(&self.thread);
        if current
            .as_ref()
            .is_some_and(|now| now.waiting.is_same(&thread.waiting))
        {
            *current = None;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
