//! What the storage thread waits for, which decides the deadline of a call.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Provider;

/// Shared by the storage thread, which sets it, and the callers.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    awaited: AtomicU8,
    provider: Mutex<Provider>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Awaited {
    /// The answer of the backend.
    #[default]
    Backend,
    /// A call that may show the prompt for the password of the keyring.
    Unlocking,
    /// The permission to use items of the keyring.
    Approval,
    /// The passphrase, in the dashboard.
    Passphrase,
    /// The passphrase, on the terminal of a command. Only the person decides how long it takes.
    Typing,
    /// The passphrase, from a command, a file or a pipe.
    PassphraseSource,
    /// Work that can take seconds on a slow machine.
    KeyDerivation,
    /// Another process that writes the file. It has a deadline of its own.
    Lock,
}

impl Awaited {
    const ALL: [Self; 8] = [
        Self::Backend,
        Self::Unlocking,
        Self::Approval,
        Self::Passphrase,
        Self::Typing,
        Self::PassphraseSource,
        Self::KeyDerivation,
        Self::Lock,
    ];

    pub fn deadline(self) -> Duration {
        match self {
            Self::Backend => Duration::from_secs(3),
            Self::Passphrase | Self::Typing => Duration::MAX,
            _ => Duration::from_mins(1),
        }
    }

    /// Returns whether a person is being asked.
    pub fn is_prompt(self) -> bool {
        matches!(
            self,
            Self::Unlocking | Self::Approval | Self::Passphrase | Self::Typing
        )
    }
}

impl Waiting {
    pub fn now(&self) -> Awaited {
        let number = usize::from(self.0.awaited.load(Ordering::Relaxed));
        Awaited::ALL.get(number).copied().unwrap_or_default()
    }

    /// Runs `work`, which waits for `awaited`.
    pub fn during<T>(&self, awaited: Awaited, work: impl FnOnce() -> T) -> T {
        let before = self.0.awaited.swap(awaited as u8, Ordering::Relaxed);
        let result = work();
        self.0.awaited.store(before, Ordering::Relaxed);
        result
    }

    /// Says which program answers, for the message of a timeout.
    pub fn set_provider(&self, provider: Provider) {
        *self.provider_slot() = provider;
    }

    pub fn provider(&self) -> Provider {
        self.provider_slot().clone()
    }

    fn provider_slot(&self) -> std::sync::MutexGuard<'_, Provider> {
        let provider = &self.0.provider;
        provider.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_nested() {
        let waiting = Waiting::default();
        for (number, awaited) in Awaited::ALL.into_iter().enumerate() {
            assert_eq!(number, awaited as usize);
            waiting.during(Awaited::Lock, || {
                waiting.during(awaited, || assert_eq!(waiting.now(), awaited));
                assert_eq!(waiting.now(), Awaited::Lock);
            });
        }
        assert_eq!(waiting.now(), Awaited::Backend);
    }
}
