//! Rotations: the switch happens if the new credential can do what the old one can.

use aemkeys::app::rotate::{RemainingSteps, Step, StepState, remaining_steps};
use aemkeys::app::test_call::{self, TestRequest};
use aemkeys::app::{RevisionState, exchange};
use aemkeys::storage::ItemName;
use aemkeys_core::credential::{Code, Guidance};
use aemkeys_simulator::fixtures::{OauthAccount, ServiceAccount};
use aemkeys_simulator::{AemEnvironment, Fault, FaultTarget};

use super::setup::{Stage, fingerprint};

#[tokio::test]
async fn a_rotation_reports_every_step_and_its_users() {
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
        remaining_steps(&stage.entry()),
        Some(RemainingSteps::UpdatePrograms { of: 2, .. })
    ));
    stage.tick_all_users().await;
    assert!(matches!(
        remaining_steps(&stage.entry()),
        Some(RemainingSteps::RevokeOld { .. })
    ));
    let dropped = stage.drop_revision(None).await.unwrap();
    assert_eq!(dropped.revision, 1);
    assert_eq!(remaining_steps(&stage.entry()), None);
    let active = stage.drop_revision(Some(2)).await;
    assert_eq!(active.unwrap_err().code, Code::RevisionActive);
}

#[tokio::test]
async fn a_refused_key_is_not_kept() {
    let stage = Stage::new().await;
    let problem = stage.refuses(Some(stage.unbound.file())).await;
    assert_eq!(problem.code, Code::ImsKeyNotBound);
    assert!(
        problem.message.contains("keeps its old credential"),
        "{problem}"
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    assert_eq!(remaining_steps(&stage.entry()), None);
    assert!(stage.entry().revisions.is_empty());
}

#[tokio::test]
async fn a_file_of_another_environment_is_refused_before_anything_is_stored() {
    let stage = Stage::new().await;
    let other = ServiceAccount::new("p123-e9999", 0, stage.new.not_after);
    let writes = stage.disk.writes();
    let problem = stage.refuses(Some(other.file())).await;
    assert_eq!(problem.code, Code::WrongEnvironment);
    assert_eq!(stage.disk.writes(), writes);
}

#[tokio::test]
async fn an_account_without_the_groups_waits_until_it_has_them() {
    let stage = Stage::new().await;
    let problem = stage.refuses(Some(stage.poor.file())).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.clone().unwrap();
    assert!(cause.contains("not in wknd-editors"), "{cause}");
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    let told = remaining_steps(&stage.entry()).unwrap().words();
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
    stage.refuses(Some(stage.poor.file())).await;
    assert!(stage.discard().await.unwrap());
    assert!(!stage.discard().await.unwrap());
    assert_eq!(remaining_steps(&stage.entry()), None);
    assert_eq!(stage.refuses(None).await.code, Code::Usage);
    stage.refuses(Some(stage.poor.file())).await;
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
async fn compares_the_saved_paths() {
    let stage = Stage::new().await;
    stage.save_path("/api/assets.json").await.unwrap();
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
    let problem = stage.save_path("no slash").await.unwrap_err();
    assert_eq!(problem.code, Code::BadPath);
}

#[tokio::test]
async fn a_network_failure_does_not_count_as_an_expired_credential() {
    let stage = Stage::new().await;
    let place = FaultTarget::host("ims-na1.adobelogin.com");
    stage.simulator.fail(place, Fault::Drop, 100);
    let problem = stage.refuses(Some(stage.new.file())).await;
    stage.simulator.heal();
    assert_ne!(problem.code, Code::RotationNotProven);
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    stage.rotate(None).await.unwrap();
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
}

#[tokio::test]
async fn going_back_keeps_the_newer_credential() {
    let stage = Stage::new().await;
    let none = stage.go_back().await;
    assert_eq!(none.unwrap_err().code, Code::NothingToGoBackTo);
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let back = stage.go_back().await.unwrap();
    assert_eq!(back.new.fingerprint.to_string(), fingerprint(&stage.old));
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    assert!(matches!(
        remaining_steps(&stage.entry()),
        Some(RemainingSteps::Candidate {
            went_back: true,
            ..
        })
    ));
    let again = stage.refuses(Some(stage.old.file())).await;
    assert_eq!(again.code, Code::SameCredential);
    stage.rotate(None).await.unwrap();
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    let older = stage.refuses(Some(stage.old.file())).await;
    assert_eq!(older.code, Code::OldRevision);
}

#[tokio::test]
async fn going_back_to_what_ims_refuses_is_refused() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    stage.revoke_old_key();
    let problem = stage.go_back().await.unwrap_err();
    assert_eq!(problem.code, Code::ImsKeyNotBound);
    assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
}

#[tokio::test]
async fn another_kind_is_verified_by_the_saved_paths() {
    let stage = Stage::new().await;
    let oauth = OauthAccount {
        groups: stage.old.groups.clone(),
        ..OauthAccount::new("p123-e1250", 7)
    };
    stage.register(oauth.client());
    let problem = stage.refuses(Some(oauth.file())).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    let next = problem.next_step.unwrap().in_shell();
    assert!(
        next.contains("`aemkeys edit wknd-stage --saved-path PATH`"),
        "{next}"
    );
    assert_eq!(stage.signs_in().await, fingerprint(&stage.old));
    // A classic path is one that the new one cannot answer.
    stage.save_path("/api/assets.json").await.unwrap();
    let problem = stage.refuses(None).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    assert!(
        problem
            .cause
            .unwrap()
            .contains("author /api/assets.json: 401"),
    );
    // The API's path, but nobody has let the client in.
    stage.save_path(FRAGMENTS).await.unwrap();
    let problem = stage.refuses(None).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    stage.simulator.set_environment(AemEnvironment {
        allowed_client_ids: vec![oauth.client_id.clone(), stage.old.client_id.clone()],
        ..AemEnvironment::new("p123-e1250")
    });
    // A path that exists only on publish says nothing about author.
    stage.save_path("/adobe/contentFragments").await.unwrap();
    let problem = stage.refuses(None).await;
    assert_eq!(
        problem.cause.unwrap(),
        "author: no saved path works with the new credential"
    );
    stage.save_path(FRAGMENTS).await.unwrap();
    let rotated = stage.rotate(None).await.unwrap();
    assert_eq!(rotated.new.client_id, oauth.client_id);
    let notes: Vec<String> = rotated.notes.iter().map(Guidance::in_shell).collect();
    for expected in [
        "author: classic paths don't accept OAuth tokens",
        "publish: no saved path exists there",
        "preview: no saved path exists there",
    ] {
        assert!(
            notes.iter().any(|note| note.starts_with(expected)),
            "{notes:?}"
        );
    }
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

#[tokio::test]
async fn does_not_switch_while_aem_is_down() {
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
        let problem = stage.refuses(Some(stage.new.file())).await;
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
            remaining_steps(&stage.entry()),
            Some(RemainingSteps::Candidate { .. })
        ));
        stage.rotate(None).await.unwrap();
        assert_eq!(stage.signs_in().await, fingerprint(&stage.new));
    }
}

#[tokio::test]
async fn names_a_tier_that_could_not_be_compared() {
    let stage = Stage::new().await;
    let preview = FaultTarget::host("preview-p123-e1250.adobeaemcloud.com");
    stage.simulator.fail(preview, Fault::Drop, 100);
    let rotated = stage.rotate(Some(stage.new.file())).await.unwrap();
    let notes: Vec<String> = rotated
        .notes
        .iter()
        .map(aemkeys_core::credential::Guidance::in_shell)
        .collect();
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
    stage.revoke_old_key();
    stage
        .context()
        .storage
        .delete(&ItemName::Token(stage.id))
        .unwrap();
}

#[tokio::test]
async fn compares_with_the_last_test_if_the_old_credential_expired() {
    let stage = Stage::new().await;
    over(&stage).await;
    let problem = stage.refuses(Some(stage.poor.file())).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.unwrap();
    assert!(
        cause.contains("author: in 2 groups, in 3 in the last test"),
        "{cause}"
    );
    assert_eq!(stage.entry().active_revision(), 1);
    stage.save_path("/no/such/path.json").await.unwrap();
    let problem = stage.refuses(Some(stage.new.file())).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    let cause = problem.cause.unwrap();
    assert!(cause.contains("/no/such/path.json: 404"), "{cause}");
    stage.save_path("/api/assets.json").await.unwrap();
    stage
        .simulator
        .fail(FaultTarget::path("/libs/granite"), Fault::Drop, 100);
    let problem = stage.refuses(None).await;
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
async fn without_a_last_test_author_must_accept_the_new_credential() {
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
    let problem = stage.refuses(Some(stage.new.file())).await;
    assert_eq!(problem.code, Code::RotationNotProven);
    assert_eq!(problem.cause.unwrap(), "author: token refused");
    assert_eq!(stage.entry().active_revision(), 1);
}
