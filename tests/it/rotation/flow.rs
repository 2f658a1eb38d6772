//! Does a rotation go as told: switch when the new one can do it all, else stay and say why?

use aemkeys::app::guard::Act;
use aemkeys::app::rotate::{self, Step, StepState, Unfinished, unfinished};
use aemkeys::app::test_call::{self, TestRequest};
use aemkeys::app::{RevisionState, edit, exchange, revisions, used_by};
use aemkeys::storage::ItemName;
use aemkeys_core::credential::Code;
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use aemkeys_simulator::{AemEnvironment, Fault, FaultTarget};

use super::stage::{Stage, fingerprint};

#[tokio::test]
async fn a_renewal_shows_every_step_and_ends_with_who_must_get_it() {
    let stage = Stage::new().await;
    let (result, steps) = stage.watched(stage.new.file()).await;
    let rotated = result.unwrap();
    assert_eq!(rotated.new.fingerprint.to_string(), fingerprint(&stage.new));
    assert_eq!(rotated.used_by, ["indexer", "export"]);
    assert!(rotated.compared.len() >= 2, "{:?}", rotated.compared);
    let ended: Vec<(Step, StepState)> = steps
        .iter()
        .filter(|progress| progress.state != StepState::Running)
        .map(|progress| (progress.step, progress.state))
        .collect();
    assert_eq!(
        ended,
        [
            (Step::Store, StepState::Done),
            (Step::Exchange, StepState::Done),
            (Step::SignIn, StepState::Done),
            (Step::SavedPaths, StepState::Skipped),
            (Step::Switch, StepState::Done),
            (Step::Token, StepState::Done),
        ]
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    assert!(matches!(
        unfinished(&stage.entry()),
        Some(Unfinished::ToBring { of: 2, .. })
    ));
    let tick = used_by::Change {
        tick_all: true,
        ..used_by::Change::default()
    };
    let ticks = used_by::change(&stage.context(), stage.id, tick)
        .await
        .unwrap();
    assert!(ticks.all());
    assert!(matches!(
        unfinished(&stage.entry()),
        Some(Unfinished::ToRevoke { .. })
    ));
    let dropped = revisions::drop_revision(
        &stage.context(),
        stage.id,
        None,
        &stage.may(Act::DropRevision).await,
    )
    .await
    .unwrap();
    assert_eq!(dropped.revision, 1);
    assert_eq!(unfinished(&stage.entry()), None);
    let active = revisions::drop_revision(
        &stage.context(),
        stage.id,
        Some(2),
        &stage.may(Act::DropRevision).await,
    )
    .await;
    assert_eq!(active.unwrap_err().code, Code::RevisionActive);
}

#[tokio::test]
async fn a_refused_key_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let problem = stage.rotate(Some(stage.unbound.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::ImsKeyNotBound);
    assert!(
        problem.message.contains("keeps its old credential"),
        "{problem}"
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    assert_eq!(unfinished(&stage.entry()), None);
    assert!(stage.entry().revisions.is_empty());
}

#[tokio::test]
async fn a_file_of_another_environment_is_refused_before_anything_is_stored() {
    let stage = Stage::new().await;
    let other = ServiceAccount::new("p123-e9999", 0, stage.new.not_after);
    let writes = stage.disk.writes();
    let problem = stage.rotate(Some(other.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::WrongEnvironment);
    assert_eq!(stage.disk.writes(), writes);
}

#[tokio::test]
async fn an_account_without_the_groups_waits_until_it_has_them() {
    let stage = Stage::new().await;
    let problem = stage.rotate(Some(stage.poor.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.clone().unwrap();
    assert!(cause.contains("not in wknd-editors"), "{cause}");
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    let told = unfinished(&stage.entry()).unwrap().words();
    assert!(told.contains("wknd-editors"), "{told}");
    // The groups arrive; nobody brings the file again.
    let mut client = stage.poor.client();
    client.groups = stage.old.groups.clone();
    stage.simulator.delete_account(&client.client_id);
    stage.register(client);
    let rotated = stage.rotate(None).await.unwrap();
    assert_eq!(
        rotated.new.fingerprint.to_string(),
        fingerprint(&stage.poor)
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.poor));
}

#[tokio::test]
async fn a_candidate_can_be_dropped_or_replaced_by_another_file() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.poor.file())).await.unwrap_err();
    assert!(
        rotate::discard(&stage.context(), stage.id, &stage.may(Act::Discard).await)
            .await
            .unwrap()
    );
    assert!(
        !rotate::discard(&stage.context(), stage.id, &stage.may(Act::Discard).await)
            .await
            .unwrap()
    );
    assert_eq!(unfinished(&stage.entry()), None);
    assert_eq!(stage.rotate(None).await.unwrap_err().code, Code::Usage);
    stage.rotate(Some(stage.poor.file())).await.unwrap_err();
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let states: Vec<RevisionState> = stage
        .entry()
        .all_revisions()
        .iter()
        .map(|known| known.state)
        .collect();
    assert_eq!(states, [RevisionState::Active, RevisionState::Old]);
}

#[tokio::test]
async fn the_saved_paths_decide_too() {
    let stage = Stage::new().await;
    let environment = stage.context().read_index().unwrap().environments[0].id;
    let change = edit::Edit {
        saved_paths: Some(vec!["/api/assets.json".to_owned()]),
        ..edit::Edit::default()
    };
    edit::environment(&stage.context(), environment, change)
        .await
        .unwrap();
    exchange::refresh(&stage.context(), stage.id).await.unwrap();
    let (result, steps) = stage.watched(stage.new.file()).await;
    let rotated = result.unwrap();
    let paths: Vec<_> = rotated
        .compared
        .iter()
        .filter(|row| row.path.is_some())
        .collect();
    assert!(!paths.is_empty());
    for row in paths {
        assert_eq!(row.old.as_deref(), Some(row.new.as_str()));
    }
    assert!(steps.iter().any(|progress| {
        progress.step == Step::SavedPaths && progress.state == StepState::Done
    }));
    let bad = edit::Edit {
        saved_paths: Some(vec!["no slash".to_owned()]),
        ..edit::Edit::default()
    };
    let problem = edit::environment(&stage.context(), environment, bad).await;
    assert_eq!(problem.unwrap_err().code, Code::BadPath);
}

#[tokio::test]
async fn no_network_is_not_taken_for_an_old_credential_that_ended() {
    let stage = Stage::new().await;
    let place = FaultTarget::host("ims-na1.adobelogin.com");
    stage.simulator.fail(place, Fault::Drop, 100);
    let problem = stage.rotate(Some(stage.new.file())).await.unwrap_err();
    stage.simulator.heal();
    assert_ne!(problem.code, Code::RotationNotProven);
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    stage.rotate(None).await.unwrap();
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
}

#[tokio::test]
async fn one_action_goes_back_and_the_newer_one_waits() {
    let stage = Stage::new().await;
    let none = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await;
    assert_eq!(none.unwrap_err().code, Code::NothingToGoBackTo);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let back = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await
    .unwrap();
    assert_eq!(back.new.fingerprint.to_string(), fingerprint(&stage.old));
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    assert!(matches!(
        unfinished(&stage.entry()),
        Some(Unfinished::Candidate {
            went_back: true,
            ..
        })
    ));
    let again = stage.rotate(Some(stage.old.file())).await.unwrap_err();
    assert_eq!(again.code, Code::SameCredential);
    stage.rotate(None).await.unwrap();
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    let older = stage.rotate(Some(stage.old.file())).await.unwrap_err();
    assert_eq!(older.code, Code::OldRevision);
}

#[tokio::test]
async fn going_back_to_what_ims_refuses_is_refused() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    stage
        .simulator
        .revoke_key(&stage.old.client_id, &stage.old.binding().public_key);
    let problem = rotate::go_back(
        &stage.context(),
        stage.id,
        &stage.may(Act::GoBack).await,
        &rotate::unwatched,
    )
    .await
    .unwrap_err();
    assert_eq!(problem.code, Code::ImsKeyNotBound);
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
}

#[tokio::test]
async fn another_kind_is_judged_by_the_saved_paths() {
    let stage = Stage::new().await;
    let oauth = OauthAccount {
        groups: stage.old.groups.clone(),
        ..OauthAccount::new("p123-e1250", 7)
    };
    stage.register(oauth.client());
    let problem = stage.rotate(Some(oauth.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    let next = problem.next_step.unwrap().in_shell();
    assert!(
        next.contains("`aemkeys edit wknd-stage --saved-path PATH`"),
        "{next}"
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    // A classic path is one that the new one cannot answer.
    save_path(&stage, "/api/assets.json").await;
    let problem = stage.rotate(None).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    assert!(
        problem
            .cause
            .unwrap()
            .contains("author /api/assets.json: 401"),
    );
    // The API's path, but nobody has let the client in.
    save_path(&stage, FRAGMENTS).await;
    let problem = stage.rotate(None).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    stage.simulator.set_environment(AemEnvironment {
        allowed_client_ids: vec![oauth.client_id.clone(), stage.old.client_id.clone()],
        ..AemEnvironment::new("p123-e1250")
    });
    let rotated = stage.rotate(None).await.unwrap();
    assert_eq!(rotated.new.client_id, oauth.client_id);
    assert!(
        rotated.notes.iter().any(|note| note
            .in_shell()
            .contains("author: classic paths don't accept OAuth tokens")),
        "{:?}",
        rotated.notes
    );
    assert_eq!(stage.entry().kind.as_str(), "oauth-server-to-server");
    // A new secret of the same client is the same account.
    let mut renewed = oauth.clone();
    renewed.secrets = vec!["simulated-secret-b".to_owned()];
    stage.simulator.delete_account(&oauth.client_id);
    let mut client = renewed.client();
    client.secrets.extend(oauth.client().secrets);
    stage.register(client);
    stage.rotate(Some(renewed.file())).await.unwrap();
    assert_eq!(stage.entry().active_revision(), 3);
}

const FRAGMENTS: &str = "/adobe/sites/cf/fragments";

async fn save_path(stage: &Stage, path: &str) {
    let environment = stage.context().read_index().unwrap().environments[0].id;
    let change = edit::Edit {
        saved_paths: Some(vec![path.to_owned()]),
        ..edit::Edit::default()
    };
    edit::environment(&stage.context(), environment, change)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_switched_while_aem_answers_neither() {
    for (fault, host) in [
        (Fault::Drop, "no answer"),
        (
            Fault::Answer {
                status: 503,
                headers: Vec::new(),
                body: Vec::new(),
            },
            "not running",
        ),
    ] {
        let stage = Stage::new().await;
        stage
            .simulator
            .fail(FaultTarget::path("/libs/granite"), fault, 100);
        let problem = stage.rotate(Some(stage.new.file())).await.unwrap_err();
        stage.simulator.heal();
        assert_eq!(problem.code, Code::RotationNotCompared);
        assert!(problem.cause.as_ref().unwrap().contains(host), "{problem}");
        assert!(
            problem
                .next_step
                .unwrap()
                .in_shell()
                .contains("when AEM answers")
        );
        assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
        assert!(matches!(
            unfinished(&stage.entry()),
            Some(Unfinished::Candidate { .. })
        ));
        stage.rotate(None).await.unwrap();
        assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    }
}

#[tokio::test]
async fn a_tier_that_says_nothing_of_the_old_one_is_named() {
    let stage = Stage::new().await;
    let preview = FaultTarget::host("preview-p123-e1250.adobeaemcloud.com");
    stage.simulator.fail(preview, Fault::Drop, 100);
    let rotated = stage.rotate(Some(stage.new.file())).await.unwrap();
    let notes: Vec<String> = rotated.notes.iter().map(|note| note.in_shell()).collect();
    let notes = notes.join("\n");
    assert!(
        notes.contains("not compared: preview preview-p123-e1250.adobeaemcloud.com (no answer)"),
        "{notes}"
    );
    assert!(
        notes.contains("author and publish accept the new credential like the old one"),
        "{notes}"
    );
}

/// The old one's key is revoked, and no token of it is left.
async fn over(stage: &Stage) {
    test_call::test(&stage.context(), stage.id, TestRequest::default())
        .await
        .unwrap();
    stage
        .simulator
        .revoke_key(&stage.old.client_id, &stage.old.binding().public_key);
    stage
        .context()
        .storage
        .delete(&ItemName::Token(stage.id))
        .unwrap();
}

#[tokio::test]
async fn with_the_old_one_gone_the_new_one_must_do_what_was_seen_last() {
    let stage = Stage::new().await;
    over(&stage).await;
    let problem = stage.rotate(Some(stage.poor.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.unwrap();
    assert!(
        cause.contains("author: in 2 groups, in 3 in the last test"),
        "{cause}"
    );
    assert_eq!(stage.entry().active_revision(), 1);
    save_path(&stage, "/no/such/path.json").await;
    let problem = stage.rotate(Some(stage.new.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.unwrap();
    assert!(cause.contains("/no/such/path.json: 404"), "{cause}");
    save_path(&stage, "/api/assets.json").await;
    stage
        .simulator
        .fail(FaultTarget::path("/libs/granite"), Fault::Drop, 100);
    let problem = stage.rotate(None).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotCompared);
    stage.simulator.heal();
    let rotated = stage.rotate(None).await.unwrap();
    assert!(
        rotated
            .notes
            .iter()
            .any(|note| note.in_shell().contains("no longer works")),
        "{:?}",
        rotated.notes
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
}

#[tokio::test]
async fn with_the_old_one_gone_and_nothing_known_author_must_take_the_new_one() {
    let stage = Stage::new().await;
    over(&stage).await;
    let mut client = stage.new.client();
    client.environments = Vec::new();
    stage.simulator.delete_account(&client.client_id);
    stage.register(client);
    stage
        .context()
        .index
        .update(|index| index.identity_mut(stage.id).unwrap().last_test.clear())
        .unwrap();
    let problem = stage.rotate(Some(stage.new.file())).await.unwrap_err();
    assert_eq!(problem.code, Code::RotationNotProven);
    assert_eq!(problem.cause.unwrap(), "author: token refused");
    assert_eq!(stage.entry().active_revision(), 1);
}
