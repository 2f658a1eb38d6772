//! Passes the passphrase that is typed in the dashboard to the storage thread. The thread asks and waits; the listener is
//! notified, and answers once the user has.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::StorageError;
use aemkeys_core::credential::Secret;

/// Which passphrase is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassphraseRequest {
    /// Of a file that does not exist yet.
    New,
    /// The new one was not typed twice in the same way.
    NewDiffered,
    Known,
    /// The last answer was wrong.
    KnownWasWrong,
}

impl PassphraseRequest {
    pub fn is_new(self) -> bool {
        matches!(self, Self::New | Self::NewDiffered)
    }
}

/// Called when a passphrase is requested.
type Listener = Arc<dyn Fn(PassphraseRequest) + Send + Sync>;

#[derive(Default)]
pub struct PassphraseBroker {
    state: Mutex<BrokerState>,
    answered: Condvar,
}

#[derive(Default)]
struct BrokerState {
    listener: Option<Listener>,
    waiting: usize,
    /// The number of answers, by which waiting threads detect a new one.
    answers: u64,
    /// `None` if the user cancelled.
    answer: Option<Secret>,
}

impl fmt::Debug for PassphraseBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseBroker")
    }
}

impl PassphraseBroker {
    /// Sets the listener.
    pub fn listen(&self, listener: impl Fn(PassphraseRequest) + Send + Sync + 'static) {
        self.lock().listener = Some(Arc::new(listener));
    }

    /// Answers all waiting threads, or the next one that asks if none is waiting. `None` cancels.
    pub fn answer(&self, passphrase: Option<Secret>) {
        let mut state = self.lock();
        state.answers += 1;
        state.answer = passphrase;
        self.answered.notify_all();
    }

    /// Blocks until the user has answered. Fails without a listener.
    pub(super) fn ask(&self, request: PassphraseRequest) -> Result<Secret, StorageError> {
        let mut state = self.lock();
        if state.waiting == 0
            && let Some(early) = state.answer.take()
        {
            return Ok(early);
        }
        let Some(listener) = state.listener.clone() else {
            return Err(StorageError::NoPassphrase);
        };
        state.waiting += 1;
        let seen = state.answers;
        drop(state);
        listener(request);
        let mut state = self
            .answered
            .wait_while(self.lock(), |state| state.answers == seen)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        let answer = if state.waiting == 0 {
            state.answer.take()
        } else {
            state.answer.as_ref().map(Secret::duplicate)
        };
        answer.ok_or(StorageError::PassphraseRefused)
    }

    fn lock(&self) -> MutexGuard<'_, BrokerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a broker and the notifications of its listener.
    fn broker() -> (Arc<PassphraseBroker>, Arc<Mutex<Vec<PassphraseRequest>>>) {
        let broker = Arc::new(PassphraseBroker::default());
        let notified = Arc::new(Mutex::new(Vec::new()));
        let notes = notified.clone();
        broker.listen(move |request| notes.lock().unwrap().push(request));
        (broker, notified)
    }

    #[test]
    fn all_waiting_threads_get_the_answer() {
        let (broker, notified) = broker();
        let waiting: Vec<_> = [PassphraseRequest::Known, PassphraseRequest::KnownWasWrong]
            .map(|request| {
                let broker = broker.clone();
                std::thread::spawn(move || broker.ask(request).unwrap())
            })
            .into();
        while notified.lock().unwrap().len() < 2 {
            std::thread::yield_now();
        }
        broker.answer(Some(Secret::from("open")));
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), Secret::from("open"));
        }
    }

    #[test]
    fn cancelling_refuses_the_passphrase() {
        let (broker, notified) = broker();
        let own = broker.clone();
        let thread = std::thread::spawn(move || own.ask(PassphraseRequest::Known));
        while notified.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        broker.answer(None);
        assert!(matches!(
            thread.join().unwrap(),
            Err(StorageError::PassphraseRefused)
        ));
    }

    #[test]
    fn early_answer_is_used_once() {
        let broker = PassphraseBroker::default();
        broker.answer(Some(Secret::from("early")));
        let ask = || broker.ask(PassphraseRequest::Known);
        assert_eq!(ask().unwrap(), Secret::from("early"));
        // Without a listener it fails instead of waiting forever.
        assert!(matches!(ask(), Err(StorageError::NoPassphrase)));
    }
}
