//! How does a passphrase that is typed in the dashboard get to the storage thread? The thread asks here and waits; whoever
//! listens is told, and answers when the person has.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::VaultError;
use crate::credential::Secret;

/// Told when a passphrase is waited for; `true` after a wrong one.
type Listener = Arc<dyn Fn(bool) + Send + Sync>;

#[derive(Default)]
pub struct PassphraseDesk {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    listener: Option<Listener>,
    waiting: usize,
    /// Counts the answers, so that who waits knows a new one.
    answers: u64,
    /// `None`: the person does not want to.
    answer: Option<Secret>,
}

impl fmt::Debug for PassphraseDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseDesk")
    }
}

impl PassphraseDesk {
    pub fn listen(&self, listener: impl Fn(bool) + Send + Sync + 'static) {
        self.lock().listener = Some(Arc::new(listener));
    }

    /// For all who wait; where nobody waits yet, for the first who asks.
    pub fn answer(&self, passphrase: Option<Secret>) {
        let mut state = self.lock();
        state.answers += 1;
        state.answer = passphrase;
        self.answered.notify_all();
    }

    /// Blocks until a person has answered. Without a listener nobody will.
    pub(super) fn ask(&self, was_wrong: bool) -> Result<Secret, VaultError> {
        let mut state = self.lock();
        if state.waiting == 0
            && let Some(early) = state.answer.take()
        {
            return Ok(early);
        }
        let Some(listener) = state.listener.clone() else {
            return Err(VaultError::NoPassphrase);
        };
        state.waiting += 1;
        let seen = state.answers;
        drop(state);
        listener(was_wrong);
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
        answer.ok_or(VaultError::PassphraseRefused)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A desk whose listener notes what it was told.
    fn desk() -> (Arc<PassphraseDesk>, Arc<Mutex<Vec<bool>>>) {
        let desk = Arc::new(PassphraseDesk::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let notes = told.clone();
        desk.listen(move |wrong| notes.lock().unwrap().push(wrong));
        (desk, told)
    }

    #[test]
    fn everyone_who_waits_gets_the_answer() {
        let (desk, told) = desk();
        let waiting: Vec<_> = [false, true]
            .map(|wrong| {
                let desk = desk.clone();
                std::thread::spawn(move || desk.ask(wrong).unwrap())
            })
            .into();
        while told.lock().unwrap().len() < 2 {
            std::thread::yield_now();
        }
        desk.answer(Some(Secret::from("open")));
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), Secret::from("open"));
        }
    }

    #[test]
    fn who_does_not_want_to_answers_too() {
        let (desk, told) = desk();
        let own = desk.clone();
        let thread = std::thread::spawn(move || own.ask(false));
        while told.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        desk.answer(None);
        assert!(matches!(
            thread.join().unwrap(),
            Err(VaultError::PassphraseRefused)
        ));
    }

    #[test]
    fn an_answer_may_come_before_the_question_and_counts_once() {
        let desk = PassphraseDesk::default();
        desk.answer(Some(Secret::from("early")));
        assert_eq!(desk.ask(false).unwrap(), Secret::from("early"));
        // Nobody listens: waiting would be for ever.
        assert!(matches!(desk.ask(false), Err(VaultError::NoPassphrase)));
    }
}
