//! Storing a new token: it is stored when the exchange returns, or the exchange returns the reason.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Condvar, Mutex};

use aemkeys::app::{AppContext, Clock, add, demo_context, exchange};
use aemkeys::storage::{Access, HookedMemory, IndexFile, ItemName, Memory, Storage, StorageError};
use aemkeys_core::credential::{Fingerprint, detect};
use aemkeys_core::environment::Name;
use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// What the store does with tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tokens {
    Taken,
    /// The write hangs until this changes.
    Waiting,
    Refused,
}

struct Gate {
    tokens: Mutex<Tokens>,
    changed: Condvar,
}

impl Gate {
    /// Waits or fails if a token is written.
    fn pass(&self, access: Access<'_>) -> Result<(), StorageError> {
        if !matches!(access, Access::Write(ItemName::Token(_))) {
            return Ok(());
        }
        let tokens = self.tokens.lock().unwrap();
        let waiting = |tokens: &mut Tokens| *tokens == Tokens::Waiting;
        let tokens = self.changed.wait_while(tokens, waiting).unwrap();
        match *tokens {
            Tokens::Refused => Err(StorageError::Other("the store is full".to_owned())),
            _ => Ok(()),
        }
    }

    fn set(&self, tokens: Tokens) {
        *self.tokens.lock().unwrap() = tokens;
        self.changed.notify_all();
    }
}

struct Setting {
    context: AppContext,
    gate: Arc<Gate>,
    identities: Vec<Uuid>,
    simulator: Simulator,
    _folder: tempfile::TempDir,
}

impl Setting {
    async fn new(count: usize) -> Self {
        let year = Timestamp::now() + SignedDuration::from_hours(300 * 24);
        let accounts: Vec<_> = (0..count)
            .map(|number| ServiceAccount::new(&format!("p1-e{}", number + 1), 0, year))
            .collect();
        let configuration = accounts
            .iter()
            .fold(SimulatorConfiguration::default(), |all, account| {
                all.client(account.client())
            });
        let simulator = Simulator::start(configuration).unwrap();
        let gate = Arc::new(Gate {
            tokens: Mutex::new(Tokens::Taken),
            changed: Condvar::new(),
        });
        let folder = tempfile::tempdir().unwrap();
        let passed = Arc::clone(&gate);
        let store = HookedMemory {
            memory: Memory::default(),
            hook: move |access: Access<'_>| passed.pass(access),
        };
        let context = AppContext {
            storage: Storage::over("gated", Box::new(store)),
            index: IndexFile::new(folder.path(), folder.path()),
            state_dir: Some(folder.path().to_owned()),
            ..demo_context(simulator.address(), Clock::real())
        };
        let mut identities = Vec::new();
        for (number, account) in accounts.iter().enumerate() {
            let choices = add::AddOptions {
                name: Some(Name::parse(&format!("env-{number}")).unwrap()),
                ..add::AddOptions::default()
            };
            let added = add::store(&context, detect(&account.file()).unwrap(), choices).await;
            let add::Added::Stored { identity, .. } = added.unwrap() else {
                panic!("stored already");
            };
            identities.push(identity);
        }
        Self {
            context,
            gate,
            identities,
            simulator,
            _folder: folder,
        }
    }

    /// The same storage, in another process.
    fn another_process(&self) -> AppContext {
        AppContext {
            storage: self.context.storage.clone(),
            index: self.context.index.clone(),
            state_dir: self.context.state_dir.clone(),
            ..demo_context(self.simulator.address(), Clock::real())
        }
    }
}

fn listed(context: &AppContext, identity: Uuid) -> Option<Fingerprint> {
    let index = context.read_index().unwrap();
    let (_, entry) = index.identity(identity)?;
    entry.token.as_ref().map(|facts| facts.fingerprint.clone())
}

#[tokio::test]
async fn another_process_gets_the_token_that_is_being_stored() {
    let setting = Setting::new(1).await;
    let (context, id) = (&setting.context, setting.identities[0]);
    let other = setting.another_process();
    setting.gate.set(Tokens::Waiting);
    let gate = Arc::clone(&setting.gate);
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        gate.set(Tokens::Taken);
    });
    let soon = SignedDuration::from_mins(10);
    let (ours, theirs) = tokio::join!(
        exchange::ensure(context, id, soon, false),
        exchange::ensure(&other, id, soon, false),
    );
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    assert_eq!(ours.secret, theirs.secret);
    assert_ne!(ours.exchanged, theirs.exchanged);
    assert_eq!(setting.simulator.all_exchanges(), 1);
    assert!(ours.not_saved.is_none() && theirs.not_saved.is_none());
    assert_eq!(listed(&other, id), Some(ours.facts.fingerprint));
}

#[tokio::test]
async fn a_token_that_cannot_be_stored_is_returned_with_the_reason() {
    let setting = Setting::new(1).await;
    let (context, id) = (&setting.context, setting.identities[0]);
    setting.gate.set(Tokens::Refused);
    let first = exchange::refresh(context, id).await.unwrap();
    let words = first.not_saved.as_ref().unwrap().to_string();
    assert!(words.contains("could not store the token"), "{words}");
    assert!(first.notes().contains(&words.into()));
    assert_eq!(listed(context, id), None);

    setting.gate.set(Tokens::Taken);
    let next = exchange::ensure(context, id, SignedDuration::from_mins(10), false);
    let next = next.await.unwrap();
    assert!(next.exchanged && next.not_saved.is_none());
    assert_ne!(next.secret, first.secret);
    assert_eq!(listed(context, id), Some(next.facts.fingerprint));
}
