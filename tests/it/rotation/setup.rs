//! The setup of the rotation tests: the simulator, one stored identity, and a storage that can fail at any write.

use std::sync::{Arc, Mutex};

use aemkeys::app::add::{self, AddOptions, Added};
use aemkeys::app::edit::{self, EditIdentity};
use aemkeys::app::guard::{Act, Confirmed, Subject};
use aemkeys::app::leaked::{self, Checklist};
use aemkeys::app::revisions::{self, Dropped};
use aemkeys::app::rotate::{self, Progress, Rotated};
use aemkeys::app::used_by;
use aemkeys::app::{AppContext, Clock, demo_context, exchange};
use aemkeys::storage::{Backend, IndexFile, ItemName, Memory, Storage, StorageError};
use aemkeys_core::credential::{Problem, Secret, detect};
use aemkeys_core::environment::{EnvironmentType, Name, UsedBy};
use aemkeys_simulator::fixtures::ServiceAccount;
use aemkeys_simulator::{Client, Simulator, SimulatorConfiguration};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::confirmed::confirmed;

pub fn now() -> Timestamp {
    "2026-11-22T13:03:00Z".parse().unwrap()
}

fn days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// Before or after which write the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    Before(usize),
    After(usize),
}

/// A storage that outlives the processes that use it, and can end one of them.
#[derive(Clone, Default)]
pub struct Disk {
    memory: Memory,
    writes: Arc<Mutex<usize>>,
    death: Arc<Mutex<Option<Death>>>,
    pub died: Arc<Notify>,
}

impl Disk {
    pub fn kill_at(&self, death: Option<Death>) {
        *self.writes.lock().unwrap() = 0;
        *self.death.lock().unwrap() = death;
    }

    pub fn writes(&self) -> usize {
        *self.writes.lock().unwrap()
    }

    /// Counts a write; true when it still takes place.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let number = {
            let mut writes = self.writes.lock().unwrap();
            *writes += 1;
            *writes
        };
        let death = *self.death.lock().unwrap();
        let dead = || StorageError::Other("the process was killed".to_owned());
        let over = match death {
            Some(Death::Before(at)) => number >= at,
            Some(Death::After(at)) => number > at,
            None => false,
        };
        if over {
            self.died.notify_one();
            return Err(dead());
        }
        let result = work(&mut self.memory.clone());
        if death == Some(Death::After(number)) {
            self.died.notify_one();
            return Err(dead());
        }
        result
    }
}

impl Backend for Disk {
    fn get(&mut self, item: &ItemName) -> Result<Option<Secret>, StorageError> {
        self.memory.get(item)
    }

    fn set(&mut self, item: &ItemName, value: &Secret) -> Result<(), StorageError> {
        self.write(|memory| memory.set(item, value))
    }

    fn delete(&mut self, item: &ItemName) -> Result<bool, StorageError> {
        self.write(|memory| memory.delete(item))
    }

    fn list(&mut self) -> Result<Vec<ItemName>, StorageError> {
        self.memory.list()
    }
}

pub struct Stage {
    pub simulator: Simulator,
    pub disk: Disk,
    /// Of every process so far: what is still on its way to the disk.
    directory: tempfile::TempDir,
    pub id: Uuid,
    pub old: ServiceAccount,
    /// The same account with another key, bound at IMS.
    pub new: ServiceAccount,
    /// Another account without the old one's groups.
    pub poor: ServiceAccount,
    /// As `new`, but over the old one's key: "Add certificate" instead of "Add new private key".
    pub recertified: ServiceAccount,
    /// As `new`, but its key is bound nowhere.
    pub unbound: ServiceAccount,
}

impl Stage {
    pub async fn new() -> Self {
        let old = ServiceAccount::new("p123-e1250", 0, days(20))
            .key(2)
            .groups(&["contributor", "wknd-editors"]);
        let new = old.rotated(3, days(364));
        let recertified = old.rotated(2, days(362));
        let unbound = old.rotated(4, days(363));
        let poor = ServiceAccount::new("p123-e1250", 1, days(364))
            .key(1)
            .groups(&["contributor"]);
        let mut client = old.client();
        client.keys.extend([new.binding(), recertified.binding()]);
        let mut configuration = SimulatorConfiguration::at(now());
        configuration.clients = vec![client, poor.client()];
        let simulator = Simulator::start(configuration).unwrap();
        let mut stage = Self {
            simulator,
            disk: Disk::default(),
            directory: tempfile::tempdir().unwrap(),
            id: Uuid::nil(),
            old,
            new,
            poor,
            recertified,
            unbound,
        };
        stage.id = stage.store().await;
        stage
    }

    async fn store(&self) -> Uuid {
        let context = self.context();
        let choices = AddOptions {
            name: Some(Name::parse("wknd-stage").unwrap()),
            environment_type: Some(EnvironmentType::Stage),
            ..AddOptions::default()
        };
        let added = add::store(&context, detect(&self.old.file()).unwrap(), choices)
            .await
            .unwrap();
        let Added::Stored { identity, .. } = added else {
            panic!("it was there already");
        };
        let change = EditIdentity {
            used_by: Some(vec![UsedBy::new("indexer"), UsedBy::new("export")]),
            ..EditIdentity::default()
        };
        edit::identity(&context, identity, change).await.unwrap();
        exchange::refresh(&context, identity).await.unwrap();
        identity
    }

    /// A new process: it knows only what is on the disk.
    pub fn context(&self) -> AppContext {
        AppContext {
            storage: Storage::over("disk", Box::new(self.disk.clone())),
            index: IndexFile::new(self.directory.path(), self.directory.path()),
            state_dir: Some(self.directory.path().to_owned()),
            ..demo_context(self.simulator.address(), Clock::fixed(now()))
        }
    }

    /// Confirms by the name of the environment.
    pub async fn may(&self, act: Act) -> Confirmed {
        let subject = Subject::Identity(self.id);
        confirmed(&self.context(), subject, act).await.unwrap()
    }

    pub async fn rotate(&self, file: Option<Vec<u8>>) -> Result<Rotated, Problem> {
        let imported = file.map(|file| detect(&file).unwrap());
        let may = self.may(Act::Rotate).await;
        rotate::rotate(&self.context(), self.id, imported, &may, &rotate::unwatched).await
    }

    pub async fn refuses(&self, file: Option<Vec<u8>>) -> Problem {
        self.rotate(file).await.unwrap_err()
    }

    pub async fn go_back(&self) -> Result<Rotated, Problem> {
        let may = self.may(Act::GoBack).await;
        rotate::go_back(&self.context(), self.id, &may, &rotate::unwatched).await
    }

    pub async fn discard(&self) -> Result<bool, Problem> {
        let may = self.may(Act::Discard).await;
        rotate::discard(&self.context(), self.id, &may).await
    }

    pub async fn drop_revision(&self, revision: Option<u32>) -> Result<Dropped, Problem> {
        let may = self.may(Act::DropRevision).await;
        revisions::drop_revision(&self.context(), self.id, revision, &may).await
    }

    /// Marks a revision as leaked.
    pub async fn leak(&self, revision: Option<u32>) -> Checklist {
        let may = self.may(Act::Leaked).await;
        let marked = leaked::mark(&self.context(), self.id, revision, &may).await;
        marked.unwrap()
    }

    pub async fn checklist(&self, revision: Option<u32>) -> Checklist {
        let list = leaked::look(&self.context(), self.id, revision).await;
        list.unwrap()
    }

    pub async fn tick_all_users(&self) {
        let all = used_by::Change {
            tick_all: true,
            ..used_by::Change::default()
        };
        let ticks = used_by::change(&self.context(), self.id, all).await;
        ticks.unwrap();
    }

    pub async fn save_path(&self, path: &str) -> Result<(), Problem> {
        let context = self.context();
        let environment = context.read_index()?.environments[0].id;
        let change = edit::Edit {
            saved_paths: Some(vec![path.to_owned()]),
            ..edit::Edit::default()
        };
        edit::environment(&context, environment, change).await?;
        Ok(())
    }

    pub fn revoke_old_key(&self) {
        let public_key = self.old.binding().public_key;
        self.simulator.revoke_key(&self.old.client_id, &public_key);
    }

    pub async fn watched(&self, file: Vec<u8>) -> (Result<Rotated, Problem>, Vec<Progress>) {
        let seen = std::cell::RefCell::new(Vec::new());
        let imported = Some(detect(&file).unwrap());
        let watch = |progress| seen.borrow_mut().push(progress);
        let may = self.may(Act::Rotate).await;
        let result = rotate::rotate(&self.context(), self.id, imported, &may, &watch).await;
        (result, seen.into_inner())
    }

    /// Returns the fingerprint of the active credential after an exchange with it.
    pub async fn signs_in(&self) -> String {
        let context = self.context();
        exchange::refresh(&context, self.id)
            .await
            .unwrap_or_else(|problem| panic!("nothing signs in: {problem}"));
        let id = self.id;
        let latest = self.latest(&context).await;
        let active = context
            .storage(move |storage| storage.active_credential(id, latest))
            .await
            .unwrap()
            .unwrap();
        active.credential.facts().fingerprint.to_string()
    }

    async fn latest(&self, context: &AppContext) -> u32 {
        let id = self.id;
        let environment = context.read_index().unwrap().identity(id).unwrap().0.id;
        context
            .storage(move |storage| storage.environment(environment))
            .await
            .unwrap()
            .unwrap()
            .identity(id)
            .unwrap()
            .latest_revision
    }

    pub fn entry(&self) -> aemkeys::app::IdentityEntry {
        let index = self.context().read_index().unwrap();
        index.identity(self.id).unwrap().1.clone()
    }

    pub fn register(&self, client: Client) {
        self.simulator.register(client);
    }
}

pub fn fingerprint(account: &ServiceAccount) -> String {
    match detect(&account.file()).unwrap() {
        aemkeys_core::credential::Imported::Service(service) => {
            service.facts().fingerprint.to_string()
        }
        _ => panic!("no service credentials"),
    }
}
