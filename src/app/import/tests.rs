//! Tests that an import restores the export and overwrites stored environments only on request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::*;
use crate::app::add::{self, Added};
use crate::app::export::{chosen, export};
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::storage::{Access, Backend, HookedMemory, IndexFile, Memory};
use aemkeys_core::credential::{Code, detect};
use aemkeys_core::environment::{EnvironmentType, Name};
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

fn context() -> AppContext {
    AppContext {
        storage: Storage::in_memory(),
        index: IndexFile::in_memory(),
        ..crate::app::stateless_context().unwrap()
    }
}

fn word() -> Secret {
    Secret::from("correct horse")
}

fn end() -> Timestamp {
    "2036-02-14T07:35:37Z".parse().unwrap()
}

fn add(context: &AppContext, name: &str, file: &[u8]) -> Uuid {
    let choices = add::AddOptions {
        name: Some(Name::parse(name).unwrap()),
        environment_type: Some(EnvironmentType::Stage),
        ..add::AddOptions::default()
    };
    let added = block_on(add::store(context, detect(file).unwrap(), choices)).unwrap();
    let Added::Stored { environment, .. } = added else {
        panic!("known already");
    };
    environment
}

/// Two environments, one with a service and one with an OAuth credential.
fn full() -> AppContext {
    let context = context();
    add(
        &context,
        "stage",
        &ServiceAccount::new("p1-e2", 0, end()).file(),
    );
    add(&context, "openapi", &OauthAccount::new("p1-e3", 1).file());
    context
}

fn exported(context: &AppContext) -> Secret {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    let index = context.read_index().unwrap();
    let all: Vec<String> = index
        .environments
        .iter()
        .map(|entry| entry.name.to_string())
        .collect();
    let ids = chosen(&index, &all).unwrap();
    let named = |id: &Uuid| {
        let asked = guard::confirmation_request(context, Subject::Environment(*id), Act::Export);
        let guard = block_on(asked).unwrap();
        let name = guard.name().to_owned();
        guard.confirm(&Consent::Named(name)).unwrap()
    };
    let confirmed: Vec<Confirmed> = ids.iter().map(named).collect();
    block_on(export(context, ids, &confirmed, true, &path, word())).unwrap();
    read(&path).unwrap()
}

fn prepared(
    context: &AppContext,
    file: &Secret,
    choices: &ImportOptions,
) -> Result<PreparedImport, Problem> {
    block_on(prepare(context, file.duplicate(), word(), choices))
}

fn import(context: &AppContext, file: &Secret, choices: &ImportOptions) -> Result<usize, Problem> {
    let import = prepared(context, file, choices)?;
    block_on(carry_out(context, import, choices))
}

fn statuses(import: &PreparedImport) -> Vec<(String, Status, Decision)> {
    import
        .lines
        .iter()
        .map(|line| (line.name.clone(), line.status, line.decision))
        .collect()
}

/// The content of the storage with names instead of ids, for comparison.
fn held(context: &AppContext) -> Vec<(String, Vec<u8>)> {
    let stored = context.storage.items().unwrap();
    let mut names = BTreeMap::new();
    for item in &stored {
        if let ItemName::Environment(id) = item {
            let environment = context.storage.environment(*id).unwrap().unwrap();
            for identity in &environment.identities {
                let name = format!("{}/{}", environment.name, identity.label);
                names.insert(identity.id.to_string(), name);
            }
            names.insert(id.to_string(), environment.name.to_string());
        }
    }
    let with_names = |text: &str| {
        let known = names.iter();
        known.fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    };
    let mut items: Vec<(String, Vec<u8>)> = stored
        .iter()
        .map(|item| {
            let payload = context.storage.payload(item).unwrap().unwrap();
            let text = match std::str::from_utf8(payload.expose()) {
                Ok(text) => with_names(text).into_bytes(),
                Err(_) => payload.expose().to_vec(),
            };
            (with_names(&item.to_string()), text)
        })
        .collect();
    items.sort();
    items
}

/// The list without its ids and its generation.
fn listed(context: &AppContext) -> Index {
    let mut index = Arc::unwrap_or_clone(context.read_index().unwrap());
    index.generation = 0;
    for environment in index.environments_mut() {
        environment.id = Uuid::nil();
        for identity in &mut environment.identities {
            identity.identity.id = Uuid::nil();
        }
    }
    index
}

#[test]
fn import_to_an_empty_computer_and_again() {
    let here = full();
    let file = exported(&here);
    let there = context();
    let first = prepared(&there, &file, &ImportOptions::default()).unwrap();
    assert!(
        first
            .lines
            .iter()
            .all(|line| line.decision == Decision::Take)
    );
    assert_eq!(import(&there, &file, &ImportOptions::default()).unwrap(), 2);
    assert_eq!(held(&there), held(&here));
    assert_eq!(listed(&there), listed(&here));
    // Once more there is nothing to do.
    let again = prepared(&there, &file, &ImportOptions::default()).unwrap();
    assert_eq!(again.count(), 0);
    assert!(again.lines.iter().all(|line| line.status == Status::Same));
}

#[test]
fn replacing_production_needs_a_confirmation() {
    let here = full();
    let file = exported(&here);
    let id = here.read_index().unwrap().environments[1].id;
    let edit = crate::app::edit::Edit {
        environment_type: Some(EnvironmentType::Production),
        ..crate::app::edit::Edit::default()
    };
    block_on(crate::app::edit::environment(&here, id, edit)).unwrap();
    let before = held(&here);
    let mut choices = ImportOptions {
        replace: vec!["stage".to_owned()],
        ..ImportOptions::default()
    };
    let problem = import(&here, &file, &choices).unwrap_err();
    assert_eq!(problem.code, Code::Guarded);
    assert_eq!(held(&here), before);
    let asked = guard::confirmation_request(&here, Subject::Environment(id), Act::Import);
    let named = Consent::Named("stage".to_owned());
    choices.confirmed = vec![block_on(asked).unwrap().confirm(&named).unwrap()];
    assert_eq!(import(&here, &file, &choices).unwrap(), 1);
}

#[test]
fn differing_environment_is_kept_unless_replaced() {
    let here = full();
    let file = exported(&here);
    let id = here.read_index().unwrap().environments[1].id;
    let edit = crate::app::edit::Edit {
        notes: Some("newer".to_owned()),
        ..crate::app::edit::Edit::default()
    };
    block_on(crate::app::edit::environment(&here, id, edit)).unwrap();
    let before = held(&here);
    let problem = import(&here, &file, &ImportOptions::default()).unwrap_err();
    assert_eq!(problem.code, Code::ImportConflict);
    assert!(problem.message.contains("stage"), "{problem}");
    assert_eq!(held(&here), before);
    let shown = prepared(&here, &file, &ImportOptions::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert_eq!(line.notes, ["differs: notes"]);
    let skip = ImportOptions {
        skip: vec!["STAGE".to_owned()],
        ..ImportOptions::default()
    };
    assert_eq!(import(&here, &file, &skip).unwrap(), 0);
    let replace = ImportOptions {
        replace: vec!["stage".to_owned()],
        ..ImportOptions::default()
    };
    assert_eq!(import(&here, &file, &replace).unwrap(), 1);
    let index = here.read_index().unwrap();
    assert_eq!(index.environment(id).unwrap().notes, "");
    assert!(
        index.environment(id).unwrap().identities[0]
            .credential
            .is_some()
    );
}

#[test]
fn same_account_in_another_environment_is_a_conflict() {
    let here = full();
    let file = exported(&here);
    let there = context();
    // The same credential was added there by hand, under another name.
    let old = add(
        &there,
        "mine",
        &ServiceAccount::new("p1-e2", 0, end()).file(),
    );
    let shown = prepared(&there, &file, &ImportOptions::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert_eq!(line.status, Status::Conflict);
    assert!(line.notes[0].contains("mine"), "{:?}", line.notes);
    assert!(import(&there, &file, &ImportOptions::default()).is_err());
    let replace = ImportOptions {
        replace: vec!["stage".to_owned()],
        ..ImportOptions::default()
    };
    assert_eq!(import(&there, &file, &replace).unwrap(), 2);
    assert_eq!(held(&there), held(&here));
    let index = there.read_index().unwrap();
    assert_eq!(index.environments.len(), 2);
    assert!(index.environment(old).is_some(), "the id that it had here");
}

#[test]
fn rename_resolves_a_name_conflict() {
    let here = full();
    let file = exported(&here);
    let there = context();
    add(
        &there,
        "stage",
        &ServiceAccount::new("p9-e9", 0, end()).file(),
    );
    let shown = prepared(&there, &file, &ImportOptions::default()).unwrap();
    assert!(statuses(&shown).contains(&("stage".to_owned(), Status::Conflict, Decision::Open)));
    let rename = |new: &str| ImportOptions {
        rename: vec![("stage".to_owned(), Name::parse(new).unwrap())],
        ..ImportOptions::default()
    };
    // Not to a name that another of the file has.
    assert!(import(&there, &file, &rename("openapi")).is_err());
    assert_eq!(import(&there, &file, &rename("stage 2")).unwrap(), 2);
    let names: Vec<String> = there
        .read_index()
        .unwrap()
        .environments
        .iter()
        .map(|entry| entry.name.to_string())
        .collect();
    assert_eq!(names, ["openapi", "stage", "stage 2"]);
}

#[test]
fn revision_missing_in_the_file_is_listed_and_removed_only_on_replace() {
    let here = full();
    let file = exported(&here);
    let index = here.read_index().unwrap();
    let entry = index
        .environments
        .iter()
        .find(|it| it.name.as_str() == "stage")
        .unwrap();
    let (id, identity) = (entry.id, entry.identities[0].id);
    let before = held(&here);
    let mut environment = here.storage.environment(id).unwrap().unwrap();
    environment.identities[0].latest_revision = 2;
    let mut item = here.storage.credential(identity, 1).unwrap().unwrap();
    item.revision = 2;
    here.storage.put_credential(identity, &item).unwrap();
    here.storage.put_environment(&environment).unwrap();
    let shown = prepared(&here, &file, &ImportOptions::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert!(
        line.notes
            .iter()
            .any(|note| note.contains("credential 2") && note.ends_with("only stored here")),
        "{:?}",
        line.notes
    );
    let replace = ImportOptions {
        replace: vec!["stage".to_owned()],
        ..ImportOptions::default()
    };
    import(&here, &file, &replace).unwrap();
    assert_eq!(held(&here), before);
}

#[test]
fn option_with_an_unknown_name_is_refused() {
    let here = full();
    let file = exported(&here);
    let replace = ImportOptions {
        replace: vec!["stag".to_owned()],
        ..ImportOptions::default()
    };
    assert_eq!(
        import(&context(), &file, &replace).unwrap_err().code,
        Code::NameNotFound
    );
}

#[test]
fn import_fails_if_the_storage_changed_after_the_preview() {
    let here = full();
    let file = exported(&here);
    let there = context();
    let shown = prepared(&there, &file, &ImportOptions::default()).unwrap();
    add(
        &there,
        "stage",
        &ServiceAccount::new("p9-e9", 0, end()).file(),
    );
    let problem = block_on(carry_out(&there, shown, &ImportOptions::default())).unwrap_err();
    assert_eq!(problem.code, Code::ImportOutdated);
    assert_eq!(there.read_index().unwrap().environments.len(), 1);
}

/// A machine with two environments, and the next process on it.
struct Machine {
    memory: Memory,
    index: IndexFile,
    /// The process is killed after this many writes.
    writes_left: Arc<Mutex<Option<usize>>>,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            memory: Memory::default(),
            index: IndexFile::in_memory(),
            writes_left: Arc::default(),
        };
        let context = machine.process();
        let victim = ServiceAccount::new("p7-e7", 0, end());
        add(&context, "victim", &victim.file());
        add(&context, "other", &OauthAccount::new("p7-e8", 2).file());
        machine
    }

    /// The same content elsewhere.
    fn copied(&self) -> Self {
        let index = IndexFile::in_memory();
        let listed = self.index.read().unwrap();
        index.update(|copy| copy.clone_from(&listed)).unwrap();
        let (mut memory, mut stored) = (Memory::default(), self.memory.clone());
        for item in stored.list().unwrap() {
            let value = stored.get(&item).unwrap().unwrap();
            memory.set(&item, &value).unwrap();
        }
        Self {
            memory,
            index,
            writes_left: Arc::default(),
        }
    }

    fn process(&self) -> AppContext {
        let left = self.writes_left.clone();
        let backend = HookedMemory {
            memory: self.memory.clone(),
            hook: move |access: Access<'_>| {
                match (access, left.lock().unwrap().as_mut()) {
                    (Access::Write(_), Some(0)) => {
                        return Err(StorageError::Other("killed".to_owned()));
                    }
                    (Access::Write(_), Some(left)) => *left -= 1,
                    _ => {}
                }
                Ok(())
            },
        };
        AppContext {
            storage: Storage::over("disk", Box::new(backend)),
            index: self.index.clone(),
            ..context()
        }
    }

    fn ids(&self, name: &str) -> (Uuid, Uuid) {
        let index = self.process().read_index().unwrap();
        let entry = index
            .environments
            .iter()
            .find(|it| it.name.as_str() == name);
        let entry = entry.unwrap();
        (entry.id, entry.identities[0].id)
    }
}

/// The export of [`full`] with these ids for its environments and identities.
fn hostile(environments: [Uuid; 2], identities: [Uuid; 2]) -> Secret {
    let mut bundle = Bundle::open(exported(&full()).expose(), &word()).unwrap();
    for (number, environment) in bundle.environments.iter_mut().enumerate() {
        environment.id = environments[number];
        let old = std::mem::replace(&mut environment.identities[0].id, identities[number]);
        for (id, _) in &mut bundle.credentials {
            if *id == old {
                *id = identities[number];
            }
        }
    }
    Secret::new(bundle.seal(&word()).unwrap())
}

fn hostile_files(machine: &Machine) -> Vec<Secret> {
    let ((victim, its_identity), (other, others_identity)) =
        (machine.ids("victim"), machine.ids("other"));
    let new = Uuid::new_v4;
    vec![
        hostile([new(), new()], [victim, new()]),
        hostile([new(), new()], [its_identity, others_identity]),
        hostile([new(), new()], [other, victim]),
        hostile([victim, new()], [new(), new()]),
        hostile([victim, other], [its_identity, others_identity]),
        hostile([its_identity, others_identity], [victim, other]),
    ]
}

fn assert_whole(context: &AppContext, before: &[(String, Vec<u8>)], when: &str) {
    let now = held(context);
    for item in before {
        assert!(now.contains(item), "{when}: {} is lost", item.0);
    }
}

/// Removes the imported environments and checks that `before` is untouched.
fn remove_both(machine: &Machine, before: &[(String, Vec<u8>)]) {
    let context = machine.process();
    let (stage, openapi) = (machine.ids("stage").0, machine.ids("openapi").1);
    let may = |subject| {
        let guard = block_on(guard::confirmation_request(&context, subject, Act::Remove)).unwrap();
        guard.confirm(&Consent::Yes).unwrap()
    };
    let yes = may(Subject::Environment(stage));
    block_on(remove::environment(&context, stage, &yes, false)).unwrap();
    assert_whole(&context, before, "without stage");
    let yes = may(Subject::Identity(openapi));
    block_on(remove::identity(&context, openapi, &yes, false)).unwrap();
    assert_eq!(held(&context), before, "nothing is left over");
}

#[test]
fn removing_an_import_with_hostile_ids_destroys_nothing() {
    let base = Machine::new();
    let before = held(&base.process());
    for file in hostile_files(&base) {
        let machine = base.copied();
        import(&machine.process(), &file, &ImportOptions::default()).unwrap();
        assert_whole(&machine.process(), &before, "imported");
        remove_both(&machine, &before);
    }
}

#[test]
fn killed_import_with_hostile_ids_destroys_nothing() {
    let base = Machine::new();
    let before = held(&base.process());
    for file in hostile_files(&base).iter().step_by(2) {
        for writes in 0.. {
            let machine = base.copied();
            *machine.writes_left.lock().unwrap() = Some(writes);
            let killed = import(&machine.process(), file, &ImportOptions::default()).is_err();
            *machine.writes_left.lock().unwrap() = None;
            let next = machine.process();
            block_on(next.clear_tombstones()).unwrap();
            assert_whole(&next, &before, &format!("write {writes}"));
            if !killed {
                assert!(writes >= 4, "it has more writes");
                break;
            }
            // Once more it comes to its end.
            import(&next, file, &ImportOptions::default()).unwrap();
            assert!(next.read_index().unwrap().tombstones.is_empty());
            remove_both(&machine, &before);
        }
    }
}

#[test]
fn killed_replacement_leaves_the_old_or_the_new() {
    let file = exported(&full());
    let replace = ImportOptions {
        replace: vec!["stage".to_owned()],
        ..ImportOptions::default()
    };
    let base = Machine::new();
    let newer = ServiceAccount::new("p1-e2", 0, end()).key(3);
    add(&base.process(), "stage", &newer.file());
    let before = held(&base.process());
    for writes in 0.. {
        let machine = base.copied();
        *machine.writes_left.lock().unwrap() = Some(writes);
        let killed = import(&machine.process(), &file, &replace).is_err();
        *machine.writes_left.lock().unwrap() = None;
        let next = machine.process();
        block_on(next.clear_tombstones()).unwrap();
        let (environment, identity) = machine.ids("stage");
        let stored = next.storage.environment(environment).unwrap().unwrap();
        let item = next.storage.credential(stored.identities[0].id, 1).unwrap();
        assert_eq!(stored.identities[0].id, identity);
        assert!(item.is_some(), "write {writes}");
        if !killed {
            break;
        }
        let others: Vec<(String, Vec<u8>)> = before
            .iter()
            .filter(|(name, _)| !name.starts_with("stage"))
            .cloned()
            .collect();
        assert_whole(&next, &others, &format!("write {writes}"));
        import(&next, &file, &replace).unwrap();
        assert_eq!(next.read_index().unwrap().environments.len(), 4);
    }
}
