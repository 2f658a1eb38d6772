//! Undo restores every item and the list, and refuses to overwrite what has changed since.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::*;
use crate::app::add::{self, AddOptions};
use crate::app::edit::{Edit, EditIdentity};
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::app::{leaked, remove};
use crate::storage::{Access, HookedMemory, IndexFile, Memory, Provider, Refusal, TokenOrigin};
use aemkeys_core::credential::{AccessToken, detect};
use aemkeys_core::environment::{EnvironmentType, Name, UsedBy};
use aemkeys_simulator::fixtures::ServiceAccount;

fn context(memory: &Memory) -> AppContext {
    AppContext {
        storage: Storage::over("memory", Box::new(memory.clone())),
        index: IndexFile::in_memory(),
        ..crate::app::stateless_context().unwrap()
    }
}

fn account(number: usize) -> ServiceAccount {
    ServiceAccount::new("p1-e2", number, "2036-02-14T07:35:37Z".parse().unwrap())
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

async fn add(context: &AppContext, environment: &str, label: &str, number: usize) -> Uuid {
    let options = AddOptions {
        name: Some(name(environment)),
        label: Some(name(label)),
        environment_type: Some(EnvironmentType::Production),
        customer: Some("WKND".to_owned()),
        ..AddOptions::default()
    };
    let file = detect(&account(number).file()).unwrap();
    let identity = add::store(context, file, options).await.unwrap().identity();
    let change = EditIdentity {
        used_by: Some(vec![UsedBy::new("importer")]),
        ..EditIdentity::default()
    };
    edit::identity(context, identity, change).await.unwrap();
    cache_token(context, identity).await;
    identity
}

async fn cache_token(context: &AppContext, identity: Uuid) {
    let environment = guard::environment_of(context, identity)
        .await
        .unwrap()
        .unwrap();
    // The storage keeps milliseconds.
    let now = context.clock.now().as_millisecond();
    let now = Timestamp::from_millisecond(now).unwrap();
    let token = AccessToken::from_response(account(0).token(now), None, now).unwrap();
    let origin = TokenOrigin::Exchanged { revision: 1 };
    let of = environment.identity(identity).unwrap();
    let item = TokenItem::new(token, now, origin, &environment, of).unwrap();
    let facts = item.token.facts(now);
    let written = context.storage(move |storage| storage.put_token(identity, &item));
    written.await.unwrap();
    let update = move |index: &mut Index| index.identity_mut(identity).unwrap().token = Some(facts);
    context.update_index(update).await.unwrap();
}

async fn may(context: &AppContext, subject: Subject) -> Confirmed {
    let request = guard::confirmation_request(context, subject, Act::Remove);
    let request = request.await.unwrap();
    let typed = Consent::Named(request.name().to_owned());
    request.confirm(&typed).unwrap()
}

async fn remove_identity(context: &AppContext, identity: Uuid) -> Option<Undo> {
    let confirmed = may(context, Subject::Identity(identity)).await;
    remove::identity(context, identity, &confirmed, true)
        .await
        .unwrap()
}

/// Every item of the storage, and the list without its generation.
fn everything(context: &AppContext) -> (BTreeMap<String, Vec<u8>>, Index) {
    let items = context.storage.items().unwrap().into_iter();
    let payload = |item: &crate::storage::ItemName| {
        context
            .storage
            .payload(item)
            .unwrap()
            .unwrap()
            .expose()
            .to_vec()
    };
    let items = items
        .map(|item| (item.to_string(), payload(&item)))
        .collect();
    let mut index = Arc::unwrap_or_clone(context.read_index().unwrap());
    index.generation = 0;
    (items, index)
}

#[tokio::test]
async fn a_removed_identity_and_a_removed_environment_come_back_whole() {
    let context = context(&Memory::default());
    let first = add(&context, "prod", "read", 0).await;
    add(&context, "prod", "write", 1).await;
    let environment = context.read_index().unwrap().environments[0].id;
    let add_path = move |index: &mut Index| {
        index.add_recent_path(environment, "/one".to_owned());
        index.add_recent_path(environment, "/two".to_owned());
    };
    context.update_index(add_path).await.unwrap();
    let before = everything(&context);
    assert_eq!(before.0.len(), 5);

    let held = remove_identity(&context, first).await.unwrap();
    assert_eq!(everything(&context).0.len(), 3);
    undo(&context, &[Arc::new(held)]).await.unwrap();
    assert!(everything(&context) == before);

    let confirmed = may(&context, Subject::Environment(environment)).await;
    let removed = remove::environment(&context, environment, &confirmed, true).await;
    let held = removed.unwrap().unwrap();
    assert!(everything(&context).0.is_empty());
    undo(&context, &[Arc::new(held)]).await.unwrap();
    assert!(everything(&context) == before);
}

#[tokio::test]
async fn an_edit_of_an_environment_and_an_identity_is_one_action() {
    let context = context(&Memory::default());
    let identity = add(&context, "prod", "read", 0).await;
    add(&context, "prod", "write", 1).await;
    let before = everything(&context);
    let id = before.1.environments[0].id;
    let change = |label| Edit {
        name: Some(name("production")),
        customer: Some(String::new()),
        own: Some((
            identity,
            EditIdentity {
                label: Some(name(label)),
                ..EditIdentity::default()
            },
        )),
        ..Edit::default()
    };
    let Err(refused) = edit::environment(&context, id, change("WRITE")).await else {
        panic!("the label is taken");
    };
    assert_eq!(refused.code, Code::LabelTaken);
    assert!(everything(&context) == before);
    let edited = edit::environment(&context, id, change("reader"))
        .await
        .unwrap();
    assert!(everything(&context) != before);
    undo(&context, &[Arc::new(edited.undo.unwrap())])
        .await
        .unwrap();
    assert!(everything(&context) == before);
}

#[tokio::test]
async fn an_expired_token_comes_back() {
    let context = context(&Memory::default());
    let identity = add(&context, "prod", "read", 0).await;
    let before = everything(&context);
    let id = before.1.environments[0].id;
    let later = AppContext {
        clock: crate::app::Clock::fixed(context.clock.now() + SignedDuration::from_hours(25)),
        ..context.clone()
    };
    let held = remove_identity(&later, identity).await.unwrap();
    undo(&later, &[Arc::new(held)]).await.unwrap();
    assert!(everything(&later) == before);
    let change = Edit {
        name: Some(name("renamed")),
        ..Edit::default()
    };
    let edited = edit::environment(&later, id, change).await.unwrap();
    let held = Arc::new(edited.undo.unwrap());
    undo(&later, &[held]).await.unwrap();
    assert!(everything(&later) == before);
}

async fn noted(context: &AppContext, identity: Uuid) -> Arc<Undo> {
    let index = context.read_index().unwrap();
    let change = Edit {
        notes: Some("noted".to_owned()),
        ..Edit::default()
    };
    let environment = index.identity(identity).unwrap().0.id;
    let edited = edit::environment(context, environment, change).await;
    Arc::new(edited.unwrap().undo.unwrap())
}

#[tokio::test]
async fn an_action_on_several_environments_is_undone_as_one() {
    let (memory, fails) = (Memory::default(), Arc::new(AtomicBool::new(false)));
    let first = context(&memory);
    let one = add(&first, "one", "read", 0).await;
    let two = add::store_local(&first, AddOptions::default()).await;
    let two = two.unwrap().identity();
    let before = everything(&first);
    let environment = before.1.identity(two).unwrap().0.id;
    let flag = Arc::clone(&fails);
    let hook = move |access: Access<'_>| match access {
        Access::Write(crate::storage::ItemName::Environment(id))
            if *id == environment && flag.load(Ordering::Relaxed) =>
        {
            Err(StorageError::ReadBackDiffers)
        }
        _ => Ok(()),
    };
    let context = AppContext {
        storage: Storage::over_factory("watched", move || {
            let (memory, hook) = (memory.clone(), hook.clone());
            Box::new(HookedMemory { memory, hook })
        }),
        ..first
    };
    let undos = [noted(&context, one).await, noted(&context, two).await];
    // The second one can't be written: the next attempt continues.
    fails.store(true, Ordering::Relaxed);
    undo(&context, &undos).await.unwrap_err();
    fails.store(false, Ordering::Relaxed);
    undo(&context, &undos).await.unwrap();
    assert!(everything(&context) == before);
    // One has changed since: nothing is restored.
    let undos = [noted(&context, one).await, noted(&context, two).await];
    remove_identity(&context, two).await.unwrap();
    let between = everything(&context);
    let refused = undo(&context, &undos).await.unwrap_err();
    assert_eq!(refused.code, Code::UndoGone);
    assert!(everything(&context) == between);
}

#[tokio::test]
async fn what_is_restored_is_what_was_removed_or_edited() {
    let context = context(&Memory::default());
    let read = add(&context, "prod", "read", 0).await;
    let write = add(&context, "prod", "write", 1).await;
    assert_eq!(noted(&context, write).await.identities(), [read, write]);
    let label = EditIdentity {
        label: Some(name("writer")),
        ..EditIdentity::default()
    };
    let edited = edit::identity(&context, write, label).await.unwrap();
    assert_eq!(edited.undo.unwrap().identities(), [write]);
    let removed = remove_identity(&context, write).await.unwrap();
    assert_eq!(removed.identities(), [write]);
}

#[tokio::test]
async fn what_has_changed_since_is_not_overwritten() {
    let context = context(&Memory::default());
    let first = add(&context, "prod", "read", 0).await;
    // Another environment has the name.
    let held = Arc::new(remove_identity(&context, first).await.unwrap());
    let local = AddOptions {
        name: Some(name("PROD")),
        ..AddOptions::default()
    };
    add::store_local(&context, local).await.unwrap();
    let between = everything(&context);
    let refused = undo(&context, std::slice::from_ref(&held))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::NameTaken);
    assert!(everything(&context) == between);
    // The credential was added again, under another name.
    let again = add(&context, "again", "read", 0).await;
    let local = between.1.environments[0].identities[0].id;
    remove_identity(&context, local).await;
    let between = everything(&context);
    let refused = undo(&context, &[held]).await.unwrap_err();
    assert_eq!(refused.code, Code::UndoGone);
    assert!(refused.cause.unwrap().contains("again/read"));
    assert!(everything(&context) == between);
    // The environment was changed after the edit that would be undone.
    let id = context.read_index().unwrap().identity(again).unwrap().0.id;
    let notes = |text: &str| Edit {
        notes: Some(text.to_owned()),
        ..Edit::default()
    };
    let edited = edit::environment(&context, id, notes("one")).await.unwrap();
    edit::environment(&context, id, notes("two")).await.unwrap();
    let between = everything(&context);
    let refused = undo(&context, &[Arc::new(edited.undo.unwrap())])
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::UndoGone);
    assert!(everything(&context) == between);
}

#[tokio::test]
async fn an_environment_that_was_edited_since_keeps_the_edit() {
    let context = context(&Memory::default());
    let first = add(&context, "prod", "read", 0).await;
    add(&context, "prod", "write", 1).await;
    let held = Arc::new(remove_identity(&context, first).await.unwrap());
    let id = context.read_index().unwrap().environments[0].id;
    let edit = Edit {
        notes: Some("edited".to_owned()),
        ..Edit::default()
    };
    edit::environment(&context, id, edit).await.unwrap();
    let between = everything(&context);
    let refused = undo(&context, &[held]).await.unwrap_err();
    assert_eq!(refused.code, Code::UndoGone);
    assert!(everything(&context) == between);
}

#[tokio::test]
async fn a_leaked_credential_does_not_come_back() {
    let context = context(&Memory::default());
    let identity = add(&context, "prod", "read", 0).await;
    // Another process marks the key after the removal.
    let held = Arc::new(remove_identity(&context, identity).await.unwrap());
    let digests = detect(&account(0).file()).unwrap();
    let aemkeys_core::credential::Imported::Service(service) = digests else {
        panic!("expected service credentials")
    };
    let digests = aemkeys_core::credential::Credential::Service(*service).key_digests();
    context.storage.mark_leaked(&digests[0]).unwrap();
    let refused = undo(&context, &[held]).await.unwrap_err();
    assert_eq!(refused.code, Code::LeakedCredential);
    assert!(context.read_index().unwrap().environments.is_empty());
    // It was marked before.
    let other = add(&context, "stage", "read", 1).await;
    let request = guard::confirmation_request(&context, Subject::Identity(other), Act::Leaked);
    let typed = Consent::Named("stage".to_owned());
    let confirmed = request.await.unwrap().confirm(&typed).unwrap();
    leaked::mark(&context, other, None, &confirmed)
        .await
        .unwrap();
    assert!(remove_identity(&context, other).await.is_none());
}

#[tokio::test]
async fn an_undo_that_the_keyring_refuses_can_be_tried_again() {
    let (memory, is_locked) = (Memory::default(), Arc::new(AtomicBool::new(false)));
    let first = context(&memory);
    let identity = add(&first, "prod", "read", 0).await;
    let before = everything(&first);
    let flag = Arc::clone(&is_locked);
    let hook = move |access: Access<'_>| match access {
        Access::Write(crate::storage::ItemName::Environment(_)) if flag.load(Ordering::Relaxed) => {
            Err(StorageError::Refused {
                provider: Provider::Unknown,
                refusal: Refusal::Locked,
            })
        }
        _ => Ok(()),
    };
    let watched = AppContext {
        storage: Storage::over_factory("watched", move || {
            let (memory, hook) = (memory.clone(), hook.clone());
            Box::new(HookedMemory { memory, hook })
        }),
        ..first
    };
    let held = Arc::new(remove_identity(&watched, identity).await.unwrap());
    is_locked.store(true, Ordering::Relaxed);
    let refused = undo(&watched, std::slice::from_ref(&held))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::KeyringLocked);
    is_locked.store(false, Ordering::Relaxed);
    // The next change deletes what the failed one has left.
    watched.lock_for_change().await.unwrap();
    assert!(everything(&watched).0.is_empty());
    undo(&watched, &[held]).await.unwrap();
    assert!(everything(&watched) == before);
}
