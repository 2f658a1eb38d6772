//! Where the operations run: a folder and items that outlive every process, and a simulated Adobe.

use std::path::Path;
use std::sync::Arc;

use aemkeys::app::add::{AddOptions, store, store_local};
use aemkeys::app::migrate::Storages;
use aemkeys::app::{AppContext, Clock, Configuration, StorageKind, exchange, token};
use aemkeys::storage::{IndexFile, Storage};
use aemkeys_core::credential::{AccessToken, Imported, Secret, detect};
use aemkeys_core::environment::{CloudIds, EnvironmentType, Name};
use aemkeys_core::http::Http;
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount, development_token, person};
use aemkeys_simulator::{self, Person, Simulator};
use jiff::{SignedDuration, Timestamp};

use super::shelf::Shelf;

/// What survives a crash: the keyring's items and the data folder.
pub struct Machine {
    pub shelf: Shelf,
    /// Where they can be moved to.
    pub other: Shelf,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self {
            shelf: Shelf::default(),
            other: Shelf::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The same content elsewhere, so that one state can be looked at in several ways.
    pub fn copied(&self) -> Self {
        let copy = Self {
            shelf: self.shelf.copied(),
            other: self.other.copied(),
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["index.json", "config.toml", "migration.json"] {
            let file = self.folder().join(name);
            if file.exists() {
                std::fs::copy(file, copy.folder().join(name)).unwrap();
            }
        }
        copy
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new process on this machine.
    pub fn process(&self, adobe: &Adobe) -> AppContext {
        AppContext {
            storage: storage(self.in_use()),
            index: IndexFile::new(self.folder(), self.folder()),
            http: Http::to_simulator(adobe.simulator.address()),
            clock: Clock::real(),
            configuration: Arc::new(self.configuration()),
            state_dir: Some(self.folder().to_path_buf()),
            samples: Arc::default(),
        }
    }
}

impl Machine {
    fn configuration(&self) -> Configuration {
        Configuration::load(&self.folder().join("config.toml")).unwrap()
    }

    fn used(&self) -> StorageKind {
        self.configuration().storage.unwrap_or_default()
    }

    /// The one that the configuration names.
    pub fn in_use(&self) -> &Shelf {
        match self.used() {
            StorageKind::File => &self.other,
            _ => &self.shelf,
        }
    }

    pub fn not_in_use(&self) -> &Shelf {
        match self.used() {
            StorageKind::File => &self.shelf,
            _ => &self.other,
        }
    }

    /// As `aemkeys storage` has them.
    pub fn storages(&self, adobe: &Adobe) -> Storages {
        Storages {
            passphrase: None,
            is_forced: false,
            context: self.process(adobe),
            used: self.used(),
            other: storage(self.not_in_use()),
            configuration: self.folder().join("config.toml"),
            data_dir: self.folder().to_path_buf(),
        }
    }
}

fn storage(shelf: &Shelf) -> Storage {
    let items = shelf.clone();
    Storage::over_factory("shelf", move || Box::new(items.clone()))
}

/// The accounts, and the simulator that knows them all.
pub struct Adobe {
    pub simulator: Simulator,
    pub stage: ServiceAccount,
    pub renewed: ServiceAccount,
    pub production: ServiceAccount,
    pub second: OauthAccount,
    pub new: ServiceAccount,
    developer: Person,
    known_token: Secret,
}

impl Adobe {
    pub fn new() -> Self {
        let end = Timestamp::now() + SignedDuration::from_hours(100 * 24);
        let stage = ServiceAccount::new("p123-e1250", 0, end);
        let renewed = stage.rotated(3, end + SignedDuration::from_hours(200 * 24));
        let production = ServiceAccount::new("p123-e1251", 1, end);
        let second = OauthAccount::new("p123-e1251", 2);
        let new = ServiceAccount::new("p123-e1252", 4, end);
        let developer = person(1, &["p123-e1250", "p123-e1251", "p123-e1252", "p123-e1253"]);
        let simulator = Simulator::start(
            aemkeys_simulator::SimulatorConfiguration::default()
                .client(stage.client())
                .client(production.client())
                .client(second.client())
                .client(new.client()),
        )
        .unwrap();
        simulator.add_key(&renewed.client_id, &renewed.binding());
        simulator.register_person(developer.clone());
        Self {
            known_token: development_token(&developer, Timestamp::now()),
            simulator,
            stage,
            renewed,
            production,
            second,
            new,
            developer,
        }
    }

    /// The token that operations bring in: the same each time they are tried again.
    pub fn known_token(&self) -> AccessToken {
        parsed(&self.known_token)
    }
}

fn parsed(token: &Secret) -> AccessToken {
    match detect(token.expose()).unwrap() {
        Imported::DevelopmentToken(token) => *token,
        _ => panic!("no token"),
    }
}

pub fn named(name: &str) -> AddOptions {
    AddOptions {
        name: Some(Name::parse(name).unwrap()),
        environment_type: Some(EnvironmentType::Stage),
        accept_suggestions: true,
        ..AddOptions::default()
    }
}

pub fn of(ids: &str, choices: AddOptions) -> AddOptions {
    AddOptions {
        ids: CloudIds::parse(ids),
        ..choices
    }
}

/// Stage with a program and a person, production with a program, a local SDK; every token in the cache.
pub async fn furnished(adobe: &Adobe) -> Machine {
    let machine = Machine::new();
    let context = machine.process(adobe);
    for (name, file) in [
        ("stage", adobe.stage.file()),
        ("production", adobe.production.file()),
    ] {
        store(&context, detect(&file).unwrap(), named(name))
            .await
            .unwrap();
    }
    store_local(&context, named("local")).await.unwrap();
    let index = context.read_index().unwrap();
    for environment in &index.environments {
        for identity in environment
            .identities
            .iter()
            .filter(|i| i.kind.can_exchange())
        {
            exchange::refresh(&context, identity.id).await.unwrap();
        }
        if environment.name.as_str() == "stage" {
            let yesterdays = parsed(&development_token(&adobe.developer, Timestamp::now()));
            token::paste(&context, environment.id, None, yesterdays)
                .await
                .unwrap();
        }
    }
    machine
}
