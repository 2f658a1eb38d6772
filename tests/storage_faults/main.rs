//! Is anything lost when the storage fails? Every operation, every call of it, every way to fail; then the next process looks.

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
        let again = operation.run(&copy.process(adobe), adobe, before).await;
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

async fn fail_every_call(operation: Operation) {
    aemkeys::app::install_crypto();
    let adobe = Adobe::new();
    let base = furnished(&adobe).await;
    let before = everything(&base, &adobe);
    let faultless = base.copied();
    operation
        .run(&faultless.process(&adobe), &adobe, &before)
        .await
        .unwrap();
    let after = everything(&faultless, &adobe);
    assert_ne!(
        before == after,
        operation.changes_something(),
        "{operation:?}"
    );
    let mut wrong = Vec::new();
    let mut calls = 0;
    for fault in Fault::ALL {
        for call in 1.. {
            let machine = base.copied();
            machine.shelf.fail_at(call, fault);
            let outcome = operation
                .run(&machine.process(&adobe), &adobe, &before)
                .await;
            if !machine.shelf.failed() {
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

/// One test each, so that they run side by side and are told apart.
macro_rules! tests {
    ($($name:ident: $operation:ident)*) => {$(
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
}
