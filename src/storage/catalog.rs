//! The titles of the items in a keyring, and which items belong together, from the index.

#![cfg_attr(
    all(any(windows, target_os = "macos"), not(test)),
    expect(
        dead_code,
        reason = "only a Secret Service shows titles, and asks for items"
    )
)]

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::{IndexFile, ItemName};
use aemkeys_core::environment::{Environment, Identity};

/// Knows the environments in the index, and those that are about to be written.
pub(super) struct Catalog {
    /// Empty for a storage of a test or the demo.
    index: IndexFile,
    new: Mutex<Vec<Known>>,
    expected: Mutex<Owners>,
}

/// Environments and identities.
#[derive(Clone)]
pub(super) enum Owners {
    These(HashSet<Uuid>),
    All,
}

impl Default for Owners {
    fn default() -> Self {
        Self::These(HashSet::new())
    }
}

impl Owners {
    pub fn contains(&self, id: Uuid) -> bool {
        match self {
            Self::These(ids) => ids.contains(&id),
            Self::All => true,
        }
    }
}

#[derive(Clone)]
struct Known {
    environment: Uuid,
    name: String,
    /// Ids and labels.
    identities: Vec<(Uuid, String)>,
}

impl Known {
    fn of<I: AsRef<Identity>>(environment: &Environment<I>) -> Self {
        let identities = environment.identities.iter().map(AsRef::as_ref);
        Self {
            environment: environment.id,
            name: environment.name.to_string(),
            identities: identities.map(|it| (it.id, it.label.to_string())).collect(),
        }
    }

    fn has(&self, id: Uuid) -> bool {
        self.environment == id || self.identities.iter().any(|(identity, _)| *identity == id)
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new(IndexFile::in_memory())
    }
}

impl Catalog {
    pub fn new(index: IndexFile) -> Self {
        Self {
            index,
            new: Mutex::default(),
            expected: Mutex::default(),
        }
    }

    pub fn index(&self) -> IndexFile {
        self.index.clone()
    }

    /// Remembers an environment that the index may not have yet.
    pub fn learn(&self, environment: &Environment) {
        let known = Known::of(environment);
        let mut new = lock(&self.new);
        new.retain(|it| it.environment != known.environment);
        new.push(known);
    }

    /// Says whose items the current action will use.
    pub fn expect(&self, owners: Owners) {
        let mut expected = lock(&self.expected);
        match (&mut *expected, owners) {
            (Owners::All, _) => {}
            (Owners::These(known), Owners::These(more)) => known.extend(more),
            (expected, Owners::All) => *expected = Owners::All,
        }
    }

    /// Returns the environment of this id, its identities, and those of everything that is expected.
    pub fn related(&self, id: Uuid) -> Owners {
        let mut ids = match lock(&self.expected).clone() {
            Owners::These(ids) => ids,
            Owners::All => return Owners::All,
        };
        ids.insert(id);
        for id in ids.clone() {
            if let Some(known) = self.find(id) {
                ids.insert(known.environment);
                ids.extend(known.identities.iter().map(|(id, _)| *id));
            }
        }
        Owners::These(ids)
    }

    /// Returns the title of an item, which names the environment.
    pub fn title(&self, item: &ItemName) -> String {
        let what = match item {
            ItemName::Environment(_) => "environment",
            ItemName::Credential(..) => "credential",
            ItemName::Token(_) => "token",
            ItemName::ReplacedToken(_) => "replaced token",
            ItemName::Probe(_) => return "aemkeys: test".to_owned(),
            ItemName::LeakedKey(_) => return "aemkeys: leaked key".to_owned(),
        };
        let Some(known) = self.find(item.id()) else {
            return format!("aemkeys: {what}");
        };
        let mut identities = known.identities.iter();
        match identities.find(|(id, _)| *id == item.id()) {
            Some((_, label)) if known.identities.len() > 1 => {
                format!("aemkeys: {}/{label}, {what}", known.name)
            }
            _ => format!("aemkeys: {}, {what}", known.name),
        }
    }

    fn find(&self, id: Uuid) -> Option<Known> {
        let new = lock(&self.new);
        if let Some(known) = new.iter().find(|it| it.has(id)) {
            return Some(known.clone());
        }
        drop(new);
        // Reading a long list once more would take its memory once more.
        if let Some(index) = self.index.remembered() {
            let mut entries = index.environments.iter();
            let entry = entries.find(|it| it.id == id || it.identity(id).is_some());
            if let Some(entry) = entry {
                return Some(Known::of(entry));
            }
        }
        let names = self.index.read_names()?;
        let listed = names.environments.into_iter().map(|it| Known {
            environment: it.id,
            name: it.name,
            identities: it
                .identities
                .into_iter()
                .map(|entry| (entry.identity.id, entry.identity.label))
                .collect(),
        });
        listed.into_iter().find(|it| it.has(id))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aemkeys_core::credential::Kind;
    use aemkeys_core::environment::{EnvironmentType, Name};

    fn environment(name: &str, labels: &[&str]) -> Environment {
        let mut environment = Environment::new(Name::parse(name).unwrap(), EnvironmentType::Stage);
        for label in labels {
            let label = Name::parse(label).unwrap();
            environment.add_identity(Identity::new(label, Kind::ServiceCredentials));
        }
        environment
    }

    #[test]
    fn titles_name_environment_and_label() {
        let catalog = Catalog::default();
        let (one, two) = (environment("one", &["a"]), environment("two", &["b", "c"]));
        catalog.learn(&one);
        catalog.learn(&two);
        for (item, title) in [
            (ItemName::Environment(two.id), "aemkeys: two, environment"),
            (ItemName::Token(one.identities[0].id), "aemkeys: one, token"),
            (
                ItemName::Credential(two.identities[1].id, 3),
                "aemkeys: two/c, credential",
            ),
            (ItemName::Token(Uuid::from_u128(1)), "aemkeys: token"),
        ] {
            assert_eq!(catalog.title(&item), title);
        }
    }

    #[test]
    fn names_come_from_the_list_that_was_read_or_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = || IndexFile::new(folder.path(), folder.path());
        let (first, second) = (environment("one", &["a"]), environment("two", &["b"]));
        let read = file();
        read.update(|index| index.put_environment(&first)).unwrap();
        file()
            .update(|index| index.put_environment(&second))
            .unwrap();
        let title = |catalog: &Catalog, of: &Environment| {
            let item = ItemName::Token(of.identities[0].id);
            catalog.title(&item)
        };
        let catalog = Catalog::new(read);
        assert_eq!(title(&catalog, &second), "aemkeys: two, token");
        std::fs::remove_file(folder.path().join("index.json")).unwrap();
        assert_eq!(title(&catalog, &first), "aemkeys: one, token");
        assert_eq!(title(&catalog, &second), "aemkeys: token");
    }

    #[test]
    fn an_environment_and_what_is_expected_are_asked_for_together() {
        let catalog = Catalog::default();
        let all = ["one", "two", "three"].map(|name| environment(name, &["a", "b"]));
        for environment in &all {
            catalog.learn(environment);
        }
        let [one, two, three] = &all;
        let related = |catalog: &Catalog| {
            let owners = catalog.related(one.identities[0].id);
            [one, two, three].map(|it| {
                owners.contains(it.id) && it.identities.iter().all(|it| owners.contains(it.id))
            })
        };
        assert_eq!(related(&catalog), [true, false, false]);
        catalog.expect(Owners::These([two.identities[1].id].into()));
        assert_eq!(related(&catalog), [true, true, false]);
        catalog.expect(Owners::All);
        assert_eq!(related(&catalog), [true, true, true]);
    }
}
