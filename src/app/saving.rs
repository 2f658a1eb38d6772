//! How does a new token reach the storage while it is used already? One thread writes what waits, and the list once for
//! all of it.
//!
//! The identity's lock goes along with its token: another process gets the lock only when it can read the token.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{World, resolve};
use crate::credential::{Code, Problem, TokenFacts};
use crate::platform::lock::Lock;
use crate::vault::{Index, IndexFile, TokenItem, TokenOrigin, Vault};

/// So many tokens may wait: each keeps its lock, which is an open file.
const MOST_WAITING: usize = 128;
/// Exchanges read from the storage that writes would keep busy, so writes let them go first; no longer than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// A token that is usable in this process, and will be lost with it.
#[derive(Debug)]
pub struct NotSaved {
    /// Full name of the identity.
    pub name: String,
    pub problem: Problem,
}

/// Clones share what waits.
#[derive(Clone)]
pub struct Saver(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    places: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Job>,
    /// What the storage does not have yet, or could not take: usable from here.
    held: HashMap<Uuid, Held>,
    /// Exchanges under way.
    exchanging: usize,
    /// The thread is there.
    writing: bool,
    /// How many of those that wait or are being written are in no storage yet.
    unwritten: usize,
    /// Nothing new comes any more.
    finishing: bool,
    tell: Option<Box<dyn Fn(NotSaved) + Send>>,
    untold: Vec<NotSaved>,
}

struct Held {
    item: Arc<TokenItem>,
    facts: TokenFacts,
    /// Its lock is held: nobody else can have stored a newer one. Else it could not be saved, and others may have gone on.
    on_its_way: bool,
}

/// A token on its way.
struct Job {
    identity: Uuid,
    item: Arc<TokenItem>,
    facts: TokenFacts,
    _lock: Option<Lock>,
    _place: OwnedSemaphorePermit,
}

/// Room for one more token to be saved.
pub struct Place(OwnedSemaphorePermit);

/// While this lives, an exchange is under way.
pub struct Exchanging<'a>(&'a Saver);

impl Drop for Exchanging<'_> {
    fn drop(&mut self) {
        self.0.state().exchanging -= 1;
        self.0.0.changed.notify_all();
    }
}

impl Default for Saver {
    fn default() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            places: Arc::new(Semaphore::new(MOST_WAITING)),
        }))
    }
}

impl Saver {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while too many tokens are on their way. To be had before the identity's lock.
    pub async fn place(&self) -> Result<Place, Problem> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        place
            .map(Place)
            .map_err(|_| Problem::new(Code::Internal, "no token can be saved any more"))
    }

    pub fn exchanging(&self) -> Exchanging<'_> {
        self.state().exchanging += 1;
        Exchanging(self)
    }

    /// Usable from here at once; in the storage soon.
    pub fn save(
        &self,
        world: &World,
        place: Place,
        lock: Option<Lock>,
        (identity, item): (Uuid, TokenItem),
    ) {
        let item = Arc::new(item);
        let facts = item.token.facts(item.obtained_at);
        let mut state = self.state();
        state.held.insert(
            identity,
            Held {
                item: Arc::clone(&item),
                facts: facts.clone(),
                on_its_way: true,
            },
        );
        state.waiting.push(Job {
            identity,
            item,
            facts,
            _lock: lock,
            _place: place.0,
        });
        state.unwritten += 1;
        let start = !std::mem::replace(&mut state.writing, true);
        drop(state);
        if start {
            let (saver, vault, index) = (self.clone(), world.vault.clone(), world.index.clone());
            let thread = std::thread::Builder::new().name("saving".to_owned());
            let (own, disk) = (self.clone(), (vault.clone(), index.clone()));
            if thread
                .spawn(move || saver.write_all(&vault, &index))
                .is_err()
            {
                // Slower, but nothing is lost.
                own.write_all(&disk.0, &disk.1);
            }
        }
    }

    /// A token the storage may not have yet.
    pub fn held(&self, identity: Uuid) -> Option<Arc<TokenItem>> {
        let state = self.state();
        state.held.get(&identity).map(|held| Arc::clone(&held.item))
    }

    /// What the list does not say yet.
    pub(super) fn facts(&self) -> Vec<(Uuid, TokenFacts)> {
        let state = self.state();
        let facts = state.held.iter();
        facts.map(|(id, held)| (*id, held.facts.clone())).collect()
    }

    /// Drops what could not be saved and is over by now, as the list tells it: others went on without knowing of it.
    pub(super) fn drop_outdated(&self, index: &Index) -> Vec<Uuid> {
        let mut dropped = Vec::new();
        self.state().held.retain(|id, held| {
            let stays = held.on_its_way || is_current(index, *id, &held.item);
            dropped.extend((!stays).then_some(*id));
            stays
        });
        dropped
    }

    /// As [`Saver::forget`], but not a newer one.
    pub fn forget_this(&self, identity: Uuid, item: &TokenItem) {
        let mut state = self.state();
        let held = state.held.get(&identity);
        if held.is_some_and(|held| held.item.token.secret == item.token.secret) {
            state.held.remove(&identity);
        }
    }

    /// The storage was told something newer, or the token is to be gone. The caller has the identity's lock.
    pub fn forget(&self, identity: Uuid) {
        self.state().held.remove(&identity);
    }

    /// How many tokens are not in the storage yet.
    pub fn waiting(&self) -> usize {
        self.state().unwritten
    }

    /// From now on whoever is named here is told what could not be saved.
    pub fn tell(&self, tell: impl Fn(NotSaved) + Send + 'static) {
        self.state().tell = Some(Box::new(tell));
    }

    /// Blocks until everything is in the storage, and returns what is not and was not told.
    pub fn finish(&self) -> Vec<NotSaved> {
        let mut state = self.state();
        state.tell = None;
        state.finishing = true;
        self.0.changed.notify_all();
        while state.writing {
            state = self
                .0
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.finishing = false;
        std::mem::take(&mut state.untold)
    }

    fn write_all(&self, vault: &Vault, index: &IndexFile) {
        while let Some(jobs) = self.next() {
            self.write(vault, index, &jobs);
            // With the jobs their locks and places go.
        }
    }

    /// What waits, when nothing speaks against writing it. `None` ends the thread.
    fn next(&self) -> Option<Vec<Job>> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            if state.waiting.is_empty() {
                state.writing = false;
                self.0.changed.notify_all();
                return None;
            }
            let left = until.saturating_duration_since(Instant::now());
            let full = self.0.places.available_permits() == 0;
            if state.exchanging == 0 || full || state.finishing || left.is_zero() {
                return Some(std::mem::take(&mut state.waiting));
            }
            state = self
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn write(&self, vault: &Vault, file: &IndexFile, jobs: &[Job]) {
        let mut saved = Vec::new();
        for job in jobs {
            match vault.put_token(job.identity, &job.item) {
                Ok(()) => saved.push(job),
                // It stays usable from here.
                Err(error) => self.not_saved(file, job, error.problem()),
            }
        }
        let facts: Vec<_> = saved
            .iter()
            .map(|job| (job.identity, job.facts.clone()))
            .collect();
        let listed = file.update(move |index| {
            for (identity, facts) in facts {
                if let Some(entry) = index.identity_mut(identity) {
                    entry.token = Some(facts);
                }
            }
        });
        if let (Err(error), Some(first)) = (listed, saved.first()) {
            self.not_saved(file, first, error.problem());
        }
        let mut state = self.state();
        state.unwritten -= jobs.len();
        let saved: Vec<Uuid> = saved.iter().map(|job| job.identity).collect();
        for job in jobs {
            let Some(held) = state.held.get_mut(&job.identity) else {
                continue;
            };
            if !Arc::ptr_eq(&held.item, &job.item) {
                continue;
            }
            held.on_its_way = false;
            if saved.contains(&job.identity) {
                state.held.remove(&job.identity);
            }
        }
    }

    fn not_saved(&self, file: &IndexFile, job: &Job, mut problem: Problem) {
        tracing::warn!(code = %problem.code, "a token could not be saved");
        problem.message = format!("the token could not be saved: {}", problem.message);
        let name = file.read().map_or_else(
            |_| job.item.context().environment_name.to_string(),
            |index| resolve::name_of(&index, job.identity),
        );
        let not_saved = NotSaved { name, problem };
        let mut state = self.state();
        match &state.tell {
            Some(tell) => tell(not_saved),
            None => state.untold.push(not_saved),
        }
    }
}

/// Is it still what the list would say of the identity: there, with these hosts, signed in with this revision, nothing newer?
fn is_current(index: &Index, id: Uuid, item: &TokenItem) -> bool {
    let Some((environment, entry)) = index.identity(id) else {
        return false;
    };
    let context = item.context();
    let revision = match item.origin {
        TokenOrigin::Exchanged { revision } => revision == entry.active_revision(),
        TokenOrigin::Pasted => true,
    };
    revision
        && environment.id == context.environment_id
        && environment.name == context.environment_name
        && environment.environment_type == context.environment_type
        && environment.hosts == context.hosts
        && environment.approved_hosts == context.approved_hosts
        && entry.label == context.label
        && entry.kind == context.kind
        && entry
            .token
            .as_ref()
            .is_none_or(|listed| listed.obtained_at <= item.obtained_at)
}
