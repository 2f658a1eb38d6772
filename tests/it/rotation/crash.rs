//! A process killed before and after every write of a rotation: one credential works, and a rerun completes it.

use aemkeys::app::guard::Act;
use aemkeys::app::rotate;

use super::setup::{Death, Stage, fingerprint};

/// Runs until the end or the kill. Returns the number of writes.
async fn run_until(stage: &Stage, death: Option<Death>, work: impl Future) -> usize {
    stage.disk.kill_at(death);
    tokio::select! {
        biased;
        () = stage.disk.died.notified() => {}
        _ = work => {}
    }
    let writes = stage.disk.writes();
    stage.disk.kill_at(None);
    writes
}

fn deaths(writes: usize) -> impl Iterator<Item = Death> {
    (1..=writes).flat_map(|at| [Death::Before(at), Death::After(at)])
}

#[tokio::test]
async fn a_killed_rotation_leaves_a_working_credential_and_a_rerun_completes() {
    let stage = Stage::new().await;
    let writes = run_until(&stage, None, Box::pin(stage.rotate(Some(stage.new.file())))).await;
    assert!(writes >= 4, "{writes}");
    for death in deaths(writes) {
        let stage = Stage::new().await;
        run_until(
            &stage,
            Some(death),
            Box::pin(stage.rotate(Some(stage.new.file()))),
        )
        .await;
        let (old, new) = (fingerprint(&stage.old), fingerprint(&stage.new));
        let signs_in = stage.signs_in().await;
        assert!(signs_in == old || signs_in == new, "{death:?}");
        let told = rotate::remaining_steps(&stage.entry());
        assert!(told.is_some(), "{death:?}: the list says nothing");
        // Without the file if the candidate is stored, else with it.
        let rerun = stage.rotate(None).await;
        if rerun.is_err() {
            stage
                .rotate(Some(stage.new.file()))
                .await
                .unwrap_or_else(|problem| panic!("{death:?}: {problem}"));
        }
        assert_eq!(stage.signs_in().await, new, "{death:?}");
        assert!(stage.entry().active_revision() >= 2, "{death:?}");
        assert_eq!(
            stage.entry().credential.unwrap().fingerprint.to_string(),
            new,
            "{death:?}"
        );
    }
}

#[tokio::test]
async fn repeating_the_command_completes_a_killed_rotation() {
    let stage = Stage::new().await;
    let writes = run_until(&stage, None, Box::pin(stage.rotate(Some(stage.new.file())))).await;
    for death in deaths(writes) {
        let stage = Stage::new().await;
        run_until(
            &stage,
            Some(death),
            Box::pin(stage.rotate(Some(stage.new.file()))),
        )
        .await;
        let again = stage.rotate(Some(stage.new.file())).await;
        assert!(again.is_ok(), "{death:?}: {again:?}");
        assert_eq!(stage.signs_in().await, fingerprint(&stage.new), "{death:?}");
    }
}

#[tokio::test]
async fn a_killed_return_leaves_a_working_credential_and_a_rerun_completes() {
    let stage = Stage::new().await;
    stage.rotate(Some(stage.new.file())).await.unwrap();
    let context = stage.context();
    let may = stage.may(Act::GoBack).await;
    let back = rotate::go_back(&context, stage.id, &may, &rotate::unwatched);
    let writes = run_until(&stage, None, Box::pin(back)).await;
    assert!(writes >= 2, "{writes}");
    for death in deaths(writes) {
        let stage = Stage::new().await;
        stage.rotate(Some(stage.new.file())).await.unwrap();
        let context = stage.context();
        let may = stage.may(Act::GoBack).await;
        let back = rotate::go_back(&context, stage.id, &may, &rotate::unwatched);
        run_until(&stage, Some(death), Box::pin(back)).await;
        drop(context);
        let token = stage.context().storage.token(stage.id).unwrap();
        assert!(token.is_some(), "{death:?}");
        stage.go_back().await.ok();
        assert_eq!(stage.signs_in().await, fingerprint(&stage.old), "{death:?}");
    }
}
