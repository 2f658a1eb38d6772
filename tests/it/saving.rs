//! Is a new token usable before it is stored, stored once it can be, and told of where it cannot?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::{Arc, Condvar, Mutex};

use aemkeys::app::guard::{Act, Subject};
use aemkeys::app::{Clock, World, add, demo_world, exchange, install_crypto, remove};
use aemkeys::credential::{Fingerprint, Secret, detect};
use aemkeys::environment::Name;
use aemkeys::simulator::fixtures::ServiceAccount;
use aemkeys::simulator::{Configuration, Simulator};
use aemkeys::vault::{IndexFile, ItemName, Memory, Store, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::support::confirmed::confirmed;

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
    fn set(&self, tokens: Tokens) {
        *self.tokens.lock().unwrap() = tokens;
        self.changed.notify_all();
    }
}

/// Memory behind a gate for tokens.
struct Gated(Memory, Arc<Gate>);

impl Store for Gated {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, VaultError> {
        self.0.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), VaultError> {
        if matches!(item, ItemName::Token(_)) {
            let tokens = self.1.tokens.lock().unwrap();
            let tokens = self
                .1
                .changed
                .wait_while(tokens, |tokens| *tokens == Tokens::Waiting)
                .unwrap();
            if *tokens == Tokens::Refused {
                return Err(VaultError::Other("the store is full".to_owned()));
            }
        }
        self.0.set(item, value)
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, VaultError> {
        self.0.delete(item)
    }

    fn list(&mut self) -> Result<Vec<ItemName>, VaultError> {
        self.0.list()
    }
}

struct Setting {
    world: World,
    gate: Arc<Gate>,
    identities: Vec<Uuid>,
    simulator: Simulator,
    folder: tempfile::TempDir,
}

impl Setting {
    async fn new(count: usize) -> Self {
        install_crypto();
        let year = Timestamp::now() + SignedDuration::from_hours(300 * 24);
        let accounts: Vec<_> = (0..count)
            .map(|number| ServiceAccount::new(&format!("p1-e{}", number + 1), 0, year))
            .collect();
        let configuration = accounts
            .iter()
            .fold(Configuration::default(), |all, account| {
                all.client(account.client())
            });
        let simulator = Simulator::start(configuration).unwrap();
        let gate = Arc::new(Gate {
            tokens: Mutex::new(Tokens::Taken),
            changed: Condvar::new(),
        });
        let folder = tempfile::tempdir().unwrap();
        let store = Gated(Memory::default(), Arc::clone(&gate));
        let world = World {
            vault: Vault::over("gated", Box::new(store)),
            index: IndexFile::new(folder.path(), folder.path()),
            state_dir: Some(folder.path().to_owned()),
            ..demo_world(simulator.address(), Clock::real())
        };
        let mut identities = Vec::new();
        for (number, account) in accounts.iter().enumerate() {
            let choices = add::Choices {
                name: Some(Name::parse(&format!("env-{number}")).unwrap()),
                ..add::Choices::default()
            };
            let added = add::store(&world, detect(&account.file()).unwrap(), choices).await;
            let add::Added::Stored { identity, .. } = added.unwrap() else {
                panic!("stored already");
            };
            identities.push(identity);
        }
        Self {
            world,
            gate,
            identities,
            simulator,
            folder,
        }
    }

    /// The same storage, in another process.
    fn another_process(&self) -> World {
        World {
            vault: self.world.vault.clone(),
            index: self.world.index.clone(),
            state_dir: self.world.state_dir.clone(),
            ..demo_world(self.simulator.address(), Clock::real())
        }
    }
}

fn listed(world: &World, identity: Uuid) -> Option<Fingerprint> {
    let index = world.read_index().unwrap();
    let (_, entry) = index.identity(identity)?;
    entry.token.as_ref().map(|facts| facts.fingerprint.clone())
}

#[tokio::test]
async fn a_token_is_used_before_it_is_stored_and_others_wait_for_it() {
    let setting = Setting::new(1).await;
    let (world, id) = (&setting.world, setting.identities[0]);
    setting.gate.set(Tokens::Waiting);
    let first = exchange::refresh(world, id).await.unwrap();
    let again = exchange::ensure(world, id, SignedDuration::from_mins(10), false);
    let again = again.await.unwrap();
    assert_eq!((&again.secret, again.exchanged), (&first.secret, false));
    assert_eq!(listed(world, id), Some(first.facts.fingerprint.clone()));
    assert_eq!(world.saver.waiting(), 1);

    // The lock goes with the token: whoever asks meanwhile gets this one, not a second one.
    let other = setting.another_process();
    assert_eq!(listed(&other, id), None);
    let gate = Arc::clone(&setting.gate);
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        gate.set(Tokens::Taken);
    });
    let theirs = exchange::ensure(&other, id, SignedDuration::from_mins(10), false);
    assert_eq!(theirs.await.unwrap().secret, first.secret);
    assert_eq!(setting.simulator.all_exchanges(), 1);
    assert!(world.saver.finish().is_empty());
    assert_eq!(listed(&other, id), Some(first.facts.fingerprint.clone()));
}

#[tokio::test]
async fn a_token_that_cannot_be_stored_is_told_and_stays_usable() {
    let setting = Setting::new(1).await;
    let (world, id) = (&setting.world, setting.identities[0]);
    setting.gate.set(Tokens::Refused);
    let first = exchange::refresh(world, id).await.unwrap();
    let untold = world.saver.finish();
    assert_eq!(untold.len(), 1);
    assert_eq!(untold[0].name, "env-0");
    let words = untold[0].problem.to_string();
    assert!(words.contains("could not be saved"), "{words}");
    assert_eq!(world.saver.waiting(), 0);
    let again = exchange::ensure(world, id, SignedDuration::from_mins(10), false);
    assert_eq!(again.await.unwrap().secret, first.secret);

    // It can be invalidated, and is gone then.
    let may = confirmed(world, Subject::Identity(id), Act::InvalidateToken);
    let may = may.await.unwrap();
    remove::invalidate_token(world, id, false, &may)
        .await
        .unwrap();
    assert!(setting.simulator.is_invalidated(&first.secret));
    assert_eq!(listed(world, id), None);
    setting.gate.set(Tokens::Taken);
    let next = exchange::ensure(world, id, SignedDuration::from_mins(10), false);
    assert_ne!(next.await.unwrap().secret, first.secret);
    assert!(world.saver.finish().is_empty());
}

/// What this process could not save is nobody's business but its own: the others go on, and it must follow.
#[tokio::test]
async fn a_token_that_could_not_be_stored_gives_way_to_what_others_did() {
    let setting = Setting::new(3).await;
    let world = &setting.world;
    let other = setting.another_process();
    let soon = SignedDuration::from_mins(10);
    setting.gate.set(Tokens::Refused);
    let mut first = Vec::new();
    for id in &setting.identities {
        first.push(exchange::refresh(world, *id).await.unwrap().secret);
    }
    assert_eq!(world.saver.finish().len(), 3);
    setting.gate.set(Tokens::Taken);
    let [newer, removed, edited] = setting.identities[..] else {
        panic!()
    };

    let theirs = exchange::refresh(&other, newer).await.unwrap();
    assert!(other.saver.finish().is_empty());
    let ours = exchange::ensure(world, newer, soon, false).await.unwrap();
    assert_eq!((&ours.secret, ours.exchanged), (&theirs.secret, false));

    let environment = |id| {
        let index = other.read_index().unwrap();
        index.identity(id).unwrap().0.id
    };
    let may = confirmed(&other, Subject::Identity(removed), Act::Remove);
    let may = may.await.unwrap();
    remove::environment(&other, environment(removed), &may)
        .await
        .unwrap();
    assert!(world.token(removed).await.unwrap().is_none());

    let edit = aemkeys::app::edit::Edit {
        hosts: aemkeys::environment::Hosts {
            author: aemkeys::environment::TierAddress::parse(
                "https://author-p9-e9.adobeaemcloud.com",
            )
            .ok(),
            ..Default::default()
        },
        confirmed: confirmed(&other, Subject::Identity(edited), Act::Edit)
            .await
            .ok(),
        ..Default::default()
    };
    let id = environment(edited);
    aemkeys::app::edit::environment(&other, id, edit)
        .await
        .unwrap();
    assert_eq!(listed(world, edited), None);
    let ours = exchange::ensure(world, edited, soon, false).await.unwrap();
    assert_ne!(ours.secret, first[2]);
    let author = ours.context.hosts.author.unwrap();
    assert_eq!(author.origin(), "https://author-p9-e9.adobeaemcloud.com");
}

#[tokio::test]
async fn what_is_removed_leaves_no_token_behind() {
    let setting = Setting::new(1).await;
    let (world, id) = (&setting.world, setting.identities[0]);
    let environment = world.read_index().unwrap().environments[0].id;
    setting.gate.set(Tokens::Waiting);
    exchange::refresh(world, id).await.unwrap();
    let gate = Arc::clone(&setting.gate);
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        gate.set(Tokens::Taken);
    });
    let may = confirmed(world, Subject::Environment(environment), Act::Remove);
    let may = may.await.unwrap();
    remove::environment(world, environment, &may).await.unwrap();
    assert!(world.saver.finish().is_empty());
    assert_eq!(world.vault.items().unwrap(), []);
}

// Other systems tell of a replaced file in other words.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_tokens_are_listed_in_few_writes() {
    use notify::{EventKind, RecursiveMode, Watcher, event::ModifyKind};
    let setting = Setting::new(40).await;
    let writes = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&writes);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let event = event.unwrap();
        let is_write = matches!(event.kind, EventKind::Modify(ModifyKind::Name(_)))
            && event
                .paths
                .last()
                .is_some_and(|path| path.ends_with("index.json"));
        *counter.lock().unwrap() += usize::from(is_write);
    })
    .unwrap();
    watcher
        .watch(setting.folder.path(), RecursiveMode::NonRecursive)
        .unwrap();
    let exchanges = setting
        .identities
        .iter()
        .map(|id| exchange::refresh(&setting.world, *id));
    for fresh in futures_util::future::join_all(exchanges).await {
        assert!(fresh.unwrap().exchanged);
    }
    assert!(setting.world.saver.finish().is_empty());
    // Events arrive in order: the last one is this file's.
    let index = setting.another_process().index.read().unwrap();
    let listed = setting
        .identities
        .iter()
        .filter(|id| index.identity(**id).is_some_and(|(_, e)| e.token.is_some()));
    assert_eq!(listed.count(), 40);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let writes = *writes.lock().unwrap();
    assert!((1..10).contains(&writes), "{writes} writes");
}
