//! Does what was exported come in as it was, and is nothing that is stored overwritten unasked?

use jiff::Timestamp;

use super::*;
use crate::app::add::{self, Added};
use crate::app::export::{chosen, export};
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::credential::{Code, detect};
use crate::environment::{EnvironmentType, Name};
use crate::simulator::fixtures::{OauthAccount, ServiceAccount};
use crate::vault::IndexFile;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

fn world() -> World {
    World {
        vault: Vault::in_memory(),
        index: IndexFile::in_memory(),
        ..crate::app::stateless_world().unwrap()
    }
}

fn word() -> Secret {
    Secret::from("correct horse")
}

fn end() -> Timestamp {
    "2036-02-14T07:35:37Z".parse().unwrap()
}

fn add(world: &World, name: &str, file: &[u8]) -> Uuid {
    let choices = add::Choices {
        name: Some(Name::parse(name).unwrap()),
        environment_type: Some(EnvironmentType::Stage),
        ..add::Choices::default()
    };
    let added = block_on(add::store(world, detect(file).unwrap(), choices)).unwrap();
    let Added::Stored { environment, .. } = added else {
        panic!("known already");
    };
    environment
}

/// Two environments, one with a service and one with an OAuth credential.
fn full() -> World {
    let world = world();
    add(
        &world,
        "stage",
        &ServiceAccount::new("p1-e2", 0, end()).file(),
    );
    add(&world, "openapi", &OauthAccount::new("p1-e3", 1).file());
    world
}

fn exported(world: &World) -> Secret {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    let index = world.read_index().unwrap();
    let all: Vec<String> = index
        .environments
        .iter()
        .map(|entry| entry.name.to_string())
        .collect();
    let ids = chosen(&index, &all).unwrap();
    let named = |id: &Uuid| {
        let asked = guard::ask(world, Subject::Environment(*id), Act::Export);
        let guard = block_on(asked).unwrap();
        let name = guard.name().to_owned();
        guard.confirm(&Consent::Named(name)).unwrap()
    };
    let confirmed: Vec<Confirmed> = ids.iter().map(named).collect();
    block_on(export(world, ids, &confirmed, true, &path, word())).unwrap();
    read(&path).unwrap()
}

fn prepared(world: &World, file: &Secret, choices: &Choices) -> Result<Import, Problem> {
    block_on(prepare(world, file.duplicate(), word(), choices))
}

fn import(world: &World, file: &Secret, choices: &Choices) -> Result<usize, Problem> {
    let import = prepared(world, file, choices)?;
    block_on(carry_out(world, import, choices))
}

fn standings(import: &Import) -> Vec<(String, Standing, Decision)> {
    import
        .lines
        .iter()
        .map(|line| (line.name.clone(), line.standing, line.decision))
        .collect()
}

/// All that the storage holds, comparable.
fn held(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut items: Vec<(String, Vec<u8>)> = world
        .vault
        .items()
        .unwrap()
        .iter()
        .map(|item| {
            let payload = world.vault.payload(item).unwrap().unwrap();
            (item.to_string(), payload.expose().to_vec())
        })
        .collect();
    items.sort();
    items
}

#[test]
fn to_an_empty_machine_and_again() {
    let here = full();
    let file = exported(&here);
    let there = world();
    let first = prepared(&there, &file, &Choices::default()).unwrap();
    assert!(
        first
            .lines
            .iter()
            .all(|line| line.decision == Decision::Take)
    );
    assert_eq!(import(&there, &file, &Choices::default()).unwrap(), 2);
    assert_eq!(held(&there), held(&here));
    assert_eq!(there.read_index().unwrap(), here.read_index().unwrap());
    // Once more there is nothing to do.
    let again = prepared(&there, &file, &Choices::default()).unwrap();
    assert_eq!(again.count(), 0);
    assert!(
        again
            .lines
            .iter()
            .all(|line| line.standing == Standing::Same)
    );
}

#[test]
fn production_is_replaced_only_with_a_confirmation() {
    let here = full();
    let file = exported(&here);
    let id = here.read_index().unwrap().environments[1].id;
    let edit = crate::app::edit::Edit {
        environment_type: Some(EnvironmentType::Production),
        ..crate::app::edit::Edit::default()
    };
    block_on(crate::app::edit::environment(&here, id, edit)).unwrap();
    let before = held(&here);
    let mut choices = Choices {
        replace: vec!["stage".to_owned()],
        ..Choices::default()
    };
    let problem = import(&here, &file, &choices).unwrap_err();
    assert_eq!(problem.code, Code::Guarded);
    assert_eq!(held(&here), before);
    let asked = guard::ask(&here, Subject::Environment(id), Act::Import);
    let named = Consent::Named("stage".to_owned());
    choices.confirmed = vec![block_on(asked).unwrap().confirm(&named).unwrap()];
    assert_eq!(import(&here, &file, &choices).unwrap(), 1);
}

#[test]
fn what_differs_stays_until_it_is_named() {
    let here = full();
    let file = exported(&here);
    let id = here.read_index().unwrap().environments[1].id;
    let edit = crate::app::edit::Edit {
        notes: Some("newer".to_owned()),
        ..crate::app::edit::Edit::default()
    };
    block_on(crate::app::edit::environment(&here, id, edit)).unwrap();
    let before = held(&here);
    let problem = import(&here, &file, &Choices::default()).unwrap_err();
    assert_eq!(problem.code, Code::ImportConflict);
    assert!(problem.message.contains("stage"), "{problem}");
    assert_eq!(held(&here), before);
    let shown = prepared(&here, &file, &Choices::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert_eq!(line.notes, ["other here: notes"]);
    let skip = Choices {
        skip: vec!["STAGE".to_owned()],
        ..Choices::default()
    };
    assert_eq!(import(&here, &file, &skip).unwrap(), 0);
    let replace = Choices {
        replace: vec!["stage".to_owned()],
        ..Choices::default()
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
fn the_same_account_under_another_roof_is_a_conflict() {
    let here = full();
    let file = exported(&here);
    let there = world();
    // The same credential was added there by hand, under another name.
    let old = add(
        &there,
        "mine",
        &ServiceAccount::new("p1-e2", 0, end()).file(),
    );
    let shown = prepared(&there, &file, &Choices::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert_eq!(line.standing, Standing::Conflict);
    assert!(line.notes[0].contains("mine"), "{:?}", line.notes);
    assert!(import(&there, &file, &Choices::default()).is_err());
    let replace = Choices {
        replace: vec!["stage".to_owned()],
        ..Choices::default()
    };
    assert_eq!(import(&there, &file, &replace).unwrap(), 2);
    let index = there.read_index().unwrap();
    assert!(index.environment(old).is_none());
    assert_eq!(held(&there), held(&here));
}

#[test]
fn a_taken_name_is_freed_by_renaming() {
    let here = full();
    let file = exported(&here);
    let there = world();
    add(
        &there,
        "stage",
        &ServiceAccount::new("p9-e9", 0, end()).file(),
    );
    let shown = prepared(&there, &file, &Choices::default()).unwrap();
    assert!(standings(&shown).contains(&("stage".to_owned(), Standing::Conflict, Decision::Open)));
    let rename = |new: &str| Choices {
        rename: vec![("stage".to_owned(), Name::parse(new).unwrap())],
        ..Choices::default()
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
fn a_revision_that_is_only_here_is_told_and_goes_only_when_named() {
    let here = full();
    let file = exported(&here);
    let index = here.read_index().unwrap();
    let entry = index
        .environments
        .iter()
        .find(|it| it.name.as_str() == "stage")
        .unwrap();
    let (id, identity) = (entry.id, entry.identities[0].id);
    let mut environment = here.vault.environment(id).unwrap().unwrap();
    environment.identities[0].latest_revision = 2;
    let mut item = here.vault.credential(identity, 1).unwrap().unwrap();
    item.revision = 2;
    here.vault.put_credential(identity, &item).unwrap();
    here.vault.put_environment(&environment).unwrap();
    let shown = prepared(&here, &file, &Choices::default()).unwrap();
    let line = shown
        .lines
        .iter()
        .find(|line| line.name == "stage")
        .unwrap();
    assert!(
        line.notes
            .iter()
            .any(|note| note.contains("credential 2") && note.ends_with("only here")),
        "{:?}",
        line.notes
    );
    let replace = Choices {
        replace: vec!["stage".to_owned()],
        ..Choices::default()
    };
    import(&here, &file, &replace).unwrap();
    assert!(here.vault.credential(identity, 2).unwrap().is_none());
    assert!(here.vault.credential(identity, 1).unwrap().is_some());
}

#[test]
fn a_flag_that_names_nothing_in_the_file_is_a_mistake() {
    let here = full();
    let file = exported(&here);
    let replace = Choices {
        replace: vec!["stag".to_owned()],
        ..Choices::default()
    };
    assert_eq!(
        import(&world(), &file, &replace).unwrap_err().code,
        Code::NameNotFound
    );
}

#[test]
fn what_changed_between_showing_and_doing_is_looked_at_again() {
    let here = full();
    let file = exported(&here);
    let there = world();
    let shown = prepared(&there, &file, &Choices::default()).unwrap();
    add(
        &there,
        "stage",
        &ServiceAccount::new("p9-e9", 0, end()).file(),
    );
    let problem = block_on(carry_out(&there, shown, &Choices::default())).unwrap_err();
    assert_eq!(problem.code, Code::ImportOutdated);
    assert_eq!(there.read_index().unwrap().environments.len(), 1);
}
