//! Storage failures: every operation, every call of it, every way to fail, and then the next process.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says how much it tried"
)]

mod audit;
mod machine;
mod operation;
mod shelf;

use audit::{Held, audit, everything, unowned};
use machine::{Adobe, Machine, furnished};
use operation::Operation;
use shelf::Fault;

/// Each takes longer than a keyring is waited for.
const LATE_CALLS: usize = 4;

/// The state right after the fault is looked at three ways: as it is, after trying again, and after `doctor`.
async fn look(
    machine: &Machine,
    adobe: &Adobe,
    operation: Operation,
    (before, after): (&[Held], &[Held]),
    acknowledged: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut add = |when: &str, found: Vec<String>| {
        wrong.extend(found.into_iter().map(|text| format!("{when}: {text}")));
    };
    let as_it_is = machine.copied();
    add(
        "the next process",
        audit(&as_it_is, adobe, before, after, acknowledged).await,
    );
    for doctor_first in [false, true] {
        let copy = machine.copied();
        if doctor_first {
            examine(&copy, adobe).await;
            add(
                "after doctor",
                audit(&copy, adobe, before, after, acknowledged).await,
            );
        }
        let again = operation.run(&copy, adobe, before).await;
        if let Err(problem) = again
            && !operation.is_done(problem.code)
        {
            add("again", vec![problem.to_string()]);
            continue;
        }
        add("after all", audit(&copy, adobe, before, after, true).await);
        examine(&copy, adobe).await;
        add("in the end", audit(&copy, adobe, before, after, true).await);
        add("in the end", unowned(&copy, adobe));
    }
    wrong
}

async fn examine(machine: &Machine, adobe: &Adobe) {
    aemkeys::app::doctor::examine(&machine.process(adobe), None).await;
}

/// An operation with what was before it, and what is after it.
struct Case {
    operation: Operation,
    adobe: Adobe,
    base: Machine,
    before: Vec<Held>,
    after: Vec<Held>,
}

impl Case {
    async fn new(operation: Operation) -> Self {
        let adobe = Adobe::new();
        let base = furnished(&adobe).await;
        operation
            .prepare(&base, &adobe, &everything(&base, &adobe))
            .await;
        let before = everything(&base, &adobe);
        let faultless = base.copied();
        for shelf in [&faultless.shelf, &faultless.other] {
            shelf.watch_locks(faultless.folder());
        }
        operation.run(&faultless, &adobe, &before).await.unwrap();
        for shelf in [&faultless.shelf, &faultless.other] {
            let unlocked = shelf.unlocked();
            assert!(unlocked.is_empty(), "written without locks: {unlocked:?}");
        }
        let after = everything(&faultless, &adobe);
        assert_ne!(
            before == after,
            operation.changes_something(),
            "{operation:?}"
        );
        Self {
            operation,
            adobe,
            base,
            before,
            after,
        }
    }
}

async fn fail_every_call(operation: Operation) {
    let Case {
        adobe,
        base,
        before,
        after,
        ..
    } = Case::new(operation).await;
    let mut wrong = Vec::new();
    let mut calls = 0;
    for fault in Fault::ALL {
        for call in 1.. {
            let machine = base.copied();
            let shelf = operation.shelf(&machine);
            shelf.fail_at(call, fault);
            let outcome = operation.run(&machine, &adobe, &before).await;
            if !shelf.failed() {
                outcome.unwrap();
                break;
            }
            calls += 1;
            let mut found = Vec::new();
            if let Err(problem) = &outcome
                && problem.next_step.is_none()
            {
                found.push(format!("no next step: {problem}"));
            }
            let states = (&before[..], &after[..]);
            found.extend(look(&machine, &adobe, operation, states, outcome.is_ok()).await);
            wrong.extend(
                found
                    .into_iter()
                    .map(|text| format!("{operation:?}, call {call} {fault:?}: {text}")),
            );
        }
    }
    println!("{operation:?}: {calls} faults");
    assert!(
        calls >= Fault::ALL.len(),
        "{operation:?} does not touch the storage"
    );
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The store hangs until its caller has given up, and then does what it was told. Meanwhile the person tries again: that is
/// what counts.
async fn come_late(case: &Case, call: usize) -> Vec<String> {
    let Case {
        operation,
        adobe,
        before,
        after,
        ..
    } = case;
    let machine = case.base.copied();
    operation.shelf(&machine).fail_at(call, Fault::Late);
    let mut outcome = operation.run(&machine, adobe, before).await;
    let mut wrong = Vec::new();
    for _ in 0..2 {
        match &outcome {
            Err(problem) if problem.next_step.is_none() && !operation.is_done(problem.code) => {
                wrong.push(format!("no next step: {problem}"));
            }
            Err(problem) if !operation.is_done(problem.code) => {}
            _ => break,
        }
        outcome = operation.run(&machine, adobe, before).await;
    }
    if let Err(problem) = outcome
        && !operation.is_done(problem.code)
    {
        wrong.push(format!("again: {problem}"));
    }
    // What comes late has come by then.
    tokio::time::sleep(shelf::LATE / 4).await;
    wrong.extend(look(&machine, adobe, *operation, (before, after), true).await);
    wrong
        .into_iter()
        .map(|text| format!("{operation:?}, late call {call}: {text}"))
        .collect()
}

/// All at once: they only wait.
#[test]
fn late_writes_do_not_replace_newer_ones() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let operations = ALL.map(|operation| {
            scope.spawn(move || {
                let case = runtime().block_on(Case::new(operation));
                std::thread::scope(|scope| {
                    let calls: Vec<_> = (1..=LATE_CALLS)
                        .map(|call| {
                            let case = &case;
                            scope.spawn(move || runtime().block_on(come_late(case, call)))
                        })
                        .collect();
                    let found = calls.into_iter().flat_map(|it| it.join().unwrap());
                    found.collect::<Vec<String>>()
                })
            })
        });
        let found = operations.into_iter().flat_map(|it| it.join().unwrap());
        found.collect()
    });
    println!("{} late calls", ALL.len() * LATE_CALLS);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// One test each, so that they run concurrently and are reported separately.
macro_rules! tests {
    ($($name:ident: $operation:ident)*) => {
        const ALL: [Operation; [$(Operation::$operation),*].len()] = [$(Operation::$operation),*];
    $(
        #[tokio::test]
        async fn $name() {
            fail_every_call(Operation::$operation).await;
        }
    )*};
}

tests! {
    adding_an_environment: Add
    adding_a_second_identity: AddBeside
    adding_a_token: AddToken
    adding_a_local_sdk: AddLocal
    editing_name_and_hosts: Edit
    editing_a_label: EditLabel
    rotating: Rotate
    removing_an_environment: Remove
    removing_one_of_two_identities: RemoveOne
    exchanging: Exchange
    pasting_anew: Paste
    pasting_the_first_token: PasteFirst
    invalidating: Invalidate
    going_back: GoBack
    marking_as_leaked: Mark
    deleting_what_is_leaked: DeleteLeaked
    discarding_a_candidate: Discard
    moving_from_a_store_that_fails: Move
    moving_to_a_store_that_fails: MoveInto
}
