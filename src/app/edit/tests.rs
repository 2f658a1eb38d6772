//! What an edit writes first, and how an interrupted one is completed.

use std::sync::{Arc, Mutex};

use super::*;
use crate::app::add;
use crate::app::{Clock, demo_context};
use crate::storage::{Access, HookedMemory, IndexFile, ItemName, Memory, Storage};

fn local(name: &str, port: u16) -> add::AddOptions {
    let author = format!("http://localhost:{port}");
    add::AddOptions {
        name: Some(Name::parse(name).unwrap()),
        hosts: Hosts {
            author: Some(aemkeys_core::environment::TierAddress::parse(&author).unwrap()),
            ..Hosts::default()
        },
        ..add::AddOptions::default()
    }
}

async fn added(context: &AppContext, name: &str, port: u16) -> Uuid {
    match add::store_local(context, local(name, port)).await.unwrap() {
        add::Added::Stored { environment, .. } => environment,
        other => panic!("{other:?}"),
    }
}

fn context(memory: &Memory) -> AppContext {
    AppContext {
        storage: Storage::over("memory", Box::new(memory.clone())),
        ..demo_context(([127, 0, 0, 1], 1).into(), Clock::real())
    }
}

fn renamed(name: &str) -> Edit {
    Edit {
        name: Some(Name::parse(name).unwrap()),
        ..Edit::default()
    }
}

#[tokio::test]
async fn tombstone_is_written_before_the_environment_and_removed_after_it() {
    let memory = Memory::default();
    let first = context(&memory);
    let id = added(&first, "one", 4502).await;
    let (index, seen) = (first.index.clone(), Arc::new(Mutex::new(Vec::new())));
    let noted = seen.clone();
    let hook = move |access: Access<'_>| {
        if matches!(access, Access::Write(ItemName::Environment(_))) {
            noted.lock().unwrap().push(index.read()?.tombstones.clone());
        }
        Ok(())
    };
    let watched = AppContext {
        storage: Storage::over("watched", Box::new(HookedMemory { memory, hook })),
        ..first
    };
    environment(&watched, id, renamed("two")).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [[Owner::Environment(id)]]);
    assert!(watched.read_index().unwrap().tombstones.is_empty());
}

#[tokio::test]
async fn interrupted_edit_is_completed_before_a_name_is_chosen() {
    let memory = Memory::default();
    let context = context(&memory);
    let id = added(&context, "one", 4502).await;
    let mut stored = context.storage.environment(id).unwrap().unwrap();
    stored.name = Name::parse("two").unwrap();
    // As a process leaves it that is killed after the environment's item is written.
    context
        .add_tombstones(vec![Owner::Environment(id)])
        .await
        .unwrap();
    context.storage.put_environment(&stored).unwrap();
    let taken = add::store_local(&context, local("two", 4503)).await;
    assert_eq!(taken.unwrap_err().code, Code::NameTaken);
    added(&context, "one", 4503).await;
    let index = context.read_index().unwrap();
    assert!(index.lists(&stored) && index.tombstones.is_empty());
}

#[tokio::test]
async fn lost_index_is_filled_before_a_name_is_chosen() {
    let memory = Memory::default();
    added(&context(&memory), "one", 4502).await;
    let lost = AppContext {
        index: IndexFile::in_memory(),
        ..context(&memory)
    };
    let taken = add::store_local(&lost, local("one", 4503)).await;
    assert_eq!(taken.unwrap_err().code, Code::NameTaken);
    added(&lost, "two", 4503).await;
    assert_eq!(lost.read_index().unwrap().environments.len(), 2);
}
