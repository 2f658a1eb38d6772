//! Leaks: the checklist keeps its order, nothing stops working on the way, and a leaked credential never becomes active again.

use aemkeys::app::guard::Act;
use aemkeys::app::leaked::{self, Checklist, LeakStepState};
use aemkeys::app::rotate;
use aemkeys_core::credential::{Code, Secret};
use aemkeys_simulator::{Fault, FaultTarget};

use super::setup::{Stage, fingerprint};

fn states(list: &Checklist) -> Vec<&'static str> {
    list.steps.iter().map(|item| item.state.as_str()).collect()
}

#[tokio::test]
async fn the_checklist_keeps_its_order_without_an_outage() {
    let stage = Stage::new().await;
    let context = stage.context();
    let ours: Secret = context
        .storage
        .token(stage.id)
        .unwrap()
        .unwrap()
        .token
        .secret;
    let list = stage.checklist(None).await;
    assert!(!list.marked && list.active);
    let early = leaked::delete(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap_err();
    assert_eq!(early.code, Code::StepLocked);
    let list = stage.leak(None).await;
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
    let list = stage.checklist(None).await;
    assert_eq!(
        states(&list),
        [
            "done", "done", "next", "locked", "locked", "locked", "locked"
        ]
    );
    let early = leaked::confirm_revoked(&context, stage.id, None).await;
    assert_eq!(early.unwrap_err().code, Code::StepLocked);
    stage.tick_all_users().await;
    let not_yet = leaked::confirm_revoked(&context, stage.id, None).await;
    assert_eq!(not_yet.unwrap_err().code, Code::KeyNotRevoked);
    stage.revoke_old_key();
    leaked::confirm_revoked(&context, stage.id, None)
        .await
        .unwrap();
    let list = leaked::invalidate(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap();
    assert_eq!(list.steps[4].state, LeakStepState::Done);
    assert!(stage.simulator.is_invalidated(&minted));
    assert!(!stage.simulator.is_invalidated(&ours), "not held any more");
    let list = leaked::delete(&context, stage.id, None, &stage.may(Act::Leaked).await)
        .await
        .unwrap();
    assert_eq!(states(&list)[5..], ["done", "next"]);
    assert_eq!(list.fingerprint.to_string(), fingerprint(&stage.old));
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));

    let back = stage.refuses(Some(stage.old.file())).await;
    assert_eq!(back.code, Code::LeakedCredential, "not even from its file");
    let same_key = stage.rotate(Some(stage.recertified.file())).await;
    assert_eq!(same_key.unwrap_err().code, Code::LeakedCredential);
    let index = context.read_index().unwrap();
    let known = leaked::find(&index, &list.fingerprint);
    assert_eq!(known, Some((stage.id, 1)), "known after it is deleted");
}

#[tokio::test]
async fn never_goes_back_to_a_leaked_revision() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    stage.leak(Some(1)).await;
    let problem = stage.go_back().await.unwrap_err();
    assert_eq!(problem.code, Code::NothingToGoBackTo);
    assert!(problem.cause.unwrap().contains("leaked"));
    let dropped = stage.drop_revision(Some(1)).await;
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
async fn a_replaced_leaked_credential_stays_inactive() {
    let stage = Stage::new().await;
    stage.leak(None).await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let item = stage
        .context()
        .storage
        .credential(stage.id, 1)
        .unwrap()
        .unwrap();
    assert!(item.leaked && item.candidate);
    let back = stage.go_back().await;
    assert!(back.is_err());
}

#[tokio::test]
async fn refuses_a_new_certificate_for_the_leaked_key() {
    let stage = Stage::new().await;
    stage.leak(None).await;
    let problem = stage.refuses(Some(stage.recertified.file())).await;
    assert_eq!(problem.code, Code::LeakedCredential);
    assert!(problem.cause.unwrap().contains("for the same key"));
    assert!(
        problem
            .next_step
            .unwrap()
            .in_shell()
            .contains("Add new private key")
    );
    let list = stage.checklist(None).await;
    assert_eq!(states(&list)[..2], ["next", "locked"]);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let list = stage.checklist(None).await;
    assert_eq!(states(&list)[..3], ["done", "done", "next"]);
}

#[tokio::test]
async fn a_mark_covers_all_certificates_of_the_key() {
    let stage = Stage::new().await;
    // Before the leak is known, a new certificate is as good as a new key.
    stage.rotate(Some(stage.recertified.file())).await.unwrap();
    let list = stage.leak(Some(1)).await;
    assert_eq!(
        states(&list)[..2],
        ["next", "locked"],
        "the key is the same"
    );
    let entry = stage.entry();
    assert!(entry.signs_in_leaked());
    assert_eq!(entry.leaked.len(), 2);
    let back = stage.go_back().await;
    assert_eq!(back.unwrap_err().code, Code::NothingToGoBackTo);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    assert!(!stage.entry().signs_in_leaked());
    for revision in [1, 2] {
        let list = stage.checklist(Some(revision)).await;
        assert!(list.marked && !list.active);
        assert_eq!(states(&list)[..3], ["done", "done", "next"]);
    }
}

#[tokio::test]
async fn discards_a_candidate_whose_key_leaked() {
    let stage = Stage::new().await;
    let place = FaultTarget::host("ims-na1.adobelogin.com");
    stage.simulator.fail(place, Fault::Drop, 100);
    stage.refuses(Some(stage.recertified.file())).await;
    stage.simulator.heal();
    assert!(matches!(
        rotate::remaining_steps(&stage.entry()),
        Some(rotate::RemainingSteps::Candidate { .. })
    ));
    stage.leak(None).await;
    assert_eq!(stage.refuses(None).await.code, Code::Usage);
    assert_eq!(stage.entry().active_revision(), 1);
}
