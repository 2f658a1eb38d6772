//! After a leak: the order is kept, nothing stops working on the way, and a leaked credential never comes back.

use aemkeys::app::guard::Act;
use aemkeys::app::leaked::{self, Checklist, State};
use aemkeys::app::{rotate, used_by};
use aemkeys_core::credential::{Code, Secret};
use aemkeys_simulator::{Fault, FaultTarget};

use super::stage::{Stage, fingerprint};

fn states(list: &Checklist) -> Vec<&'static str> {
    list.steps.iter().map(|item| item.state.as_str()).collect()
}

#[tokio::test]
async fn the_order_is_kept_and_nothing_stops_on_the_way() {
    let stage = Stage::new().await;
    let context = stage.context();
    let ours: Secret = context
        .storage
        .token(stage.id)
        .unwrap()
        .unwrap()
        .token
        .secret;
    let list = leaked::look(&context, stage.id, None).await.unwrap();
    assert!(!list.marked && list.active);
    let early = leaked::delete(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap_err();
    assert_eq!(early.code, Code::StepLocked);
    let list = leaked::mark(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap();
    assert!(list.marked && list.active, "marking is no outage");
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    assert_eq!(states(&list)[..2], ["next", "locked"]);
    // A later token of the leaked credential is ours too.
    let minted: Secret = context
        .storage
        .token(stage.id)
        .unwrap()
        .unwrap()
        .token
        .secret;

    stage.rotate(Some(stage.new.file())).await.unwrap();
    let list = leaked::look(&context, stage.id, None).await.unwrap();
    assert_eq!(
        states(&list),
        [
            "done", "done", "next", "locked", "locked", "locked", "locked"
        ]
    );
    let early = leaked::confirm_revoked(&context, stage.id, None).await;
    assert_eq!(early.unwrap_err().code, Code::StepLocked);
    let all = used_by::Change {
        tick_all: true,
        ..used_by::Change::default()
    };
    used_by::change(&context, stage.id, all).await.unwrap();
    let not_yet = leaked::confirm_revoked(&context, stage.id, None).await;
    assert_eq!(not_yet.unwrap_err().code, Code::KeyNotRevoked);
    stage
        .simulator
        .revoke_key(&stage.old.client_id, &stage.old.binding().public_key);
    leaked::confirm_revoked(&context, stage.id, None)
        .await
        .unwrap();
    let list = leaked::invalidate(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap();
    assert_eq!(list.steps[4].state, State::Done);
    assert!(stage.simulator.is_invalidated(&minted));
    assert!(!stage.simulator.is_invalidated(&ours), "not held any more");
    let list = leaked::delete(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap();
    assert_eq!(states(&list)[5..], ["done", "next"]);
    assert_eq!(list.fingerprint.to_string(), fingerprint(&stage.old));
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));

    let back = stage.rotate(Some(stage.old.file())).await.unwrap_err();
    assert_eq!(back.code, Code::LeakedCredential, "not even from its file");
    let same_key = stage.rotate(Some(stage.recertified.file())).await;
    assert_eq!(same_key.unwrap_err().code, Code::LeakedCredential);
    let index = context.read_index().unwrap();
    let known = leaked::find(&index, &list.fingerprint);
    assert_eq!(known, Some((stage.id, 1)), "known after it is deleted");
}

#[tokio::test]
async fn a_leaked_revision_is_never_gone_back_to() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    leaked::mark(
        &stage.context(),
        stage.id,
        Some(1),
        &stage.may(Act::Leaked).await,
    )
    .await
    .unwrap();
    let problem = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await
    .unwrap_err();
    assert_eq!(problem.code, Code::NothingToGoBackTo);
    assert!(problem.cause.unwrap().contains("leaked"));
    let dropped = aemkeys::app::revisions::drop_revision(
        &stage.context(),
        stage.id,
        Some(1),
        &stage.may(Act::DropRevision).await,
    )
    .await;
    assert_eq!(dropped.unwrap_err().code, Code::RevisionLeaked);
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    // Even if the new one is lost from the keyring, the leaked one does not come back by itself.
    let id = stage.id;
    stage
        .context()
        .storage
        .delete(&aemkeys::storage::ItemName::Credential(id, 2))
        .unwrap();
    assert!(
        stage
            .context()
            .storage
            .active_credential(id, 2)
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_is_leaked_while_it_signs_in_is_over_once_it_is_replaced() {
    let stage = Stage::new().await;
    leaked::mark(
        &stage.context(),
        stage.id,
        None,
        &stage.may(Act::Leaked).await,
    )
    .await
    .unwrap();
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let item = stage
        .context()
        .storage
        .credential(stage.id, 1)
        .unwrap()
        .unwrap();
    assert!(item.leaked && item.candidate);
    let back = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await;
    assert!(back.is_err());
}

#[tokio::test]
async fn a_new_certificate_over_the_leaked_key_replaces_nothing() {
    let stage = Stage::new().await;
    leaked::mark(
        &stage.context(),
        stage.id,
        None,
        &stage.may(Act::Leaked).await,
    )
    .await
    .unwrap();
    let problem = stage
        .rotate(Some(stage.recertified.file()))
        .await
        .unwrap_err();
    assert_eq!(problem.code, Code::LeakedCredential);
    assert!(problem.cause.unwrap().contains("for the same key"));
    assert!(
        problem
            .next_step
            .unwrap()
            .in_shell()
            .contains("Add new private key")
    );
    let list = leaked::look(&stage.context(), stage.id, None)
        .await
        .unwrap();
    assert_eq!(states(&list)[..2], ["next", "locked"]);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let list = leaked::look(&stage.context(), stage.id, None)
        .await
        .unwrap();
    assert_eq!(states(&list)[..3], ["done", "done", "next"]);
}

#[tokio::test]
async fn marking_the_old_certificate_marks_the_new_one_over_its_key() {
    let stage = Stage::new().await;
    // Before the leak is known, a new certificate is as good as a new key.
    stage.rotate(Some(stage.recertified.file())).await.unwrap();
    let list = leaked::mark(
        &stage.context(),
        stage.id,
        Some(1),
        &stage.may(Act::Leaked).await,
    )
    .await
    .unwrap();
    assert_eq!(
        states(&list)[..2],
        ["next", "locked"],
        "the key is the same"
    );
    let entry = stage.entry();
    assert!(entry.signs_in_leaked());
    assert_eq!(entry.leaked.len(), 2);
    let back = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await;
    assert_eq!(back.unwrap_err().code, Code::NothingToGoBackTo);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    assert!(!stage.entry().signs_in_leaked());
    for revision in [1, 2] {
        let list = leaked::look(&stage.context(), stage.id, Some(revision))
            .await
            .unwrap();
        assert!(list.marked && !list.active);
        assert_eq!(states(&list)[..3], ["done", "done", "next"]);
    }
}

#[tokio::test]
async fn a_candidate_over_a_key_that_leaked_meanwhile_is_no_candidate() {
    let stage = Stage::new().await;
    let place = FaultTarget::host("ims-na1.adobelogin.com");
    stage.simulator.fail(place, Fault::Drop, 100);
    stage
        .rotate(Some(stage.recertified.file()))
        .await
        .unwrap_err();
    stage.simulator.heal();
    assert!(matches!(
        rotate::unfinished(&stage.entry()),
        Some(rotate::Unfinished::Candidate { .. })
    ));
    leaked::mark(
        &stage.context(),
        stage.id,
        None,
        &stage.may(Act::Leaked).await,
    )
    .await
    .unwrap();
    assert_eq!(stage.rotate(None).await.unwrap_err().code, Code::Usage);
    assert_eq!(stage.entry().active_revision(), 1);
}
