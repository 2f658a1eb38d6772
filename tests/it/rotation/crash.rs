//! `kill -9` at every write, before and after it: the old credential works or the new one is in place, and a rerun completes.

use aemkeys::app::guard::Act;
use aemkeys::app::rotate;

use super::stage::{Death, Stage, fingerprint};

/// Runs until it ends or is killed; a killed process does nothing more.
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
async fn a_killed_rotation_leaves_one_that_works_and_a_rerun_completes() {
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
        let told = rotate::unfinished(&stage.entry());
        assert!(told.is_some(), "{death:?}: the list says nothing");
        // As a person would: without the file where it is stored, else with it.
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
async fn the_same_command_again_completes_too() {
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
async fn a_killed_way_back_leaves_one_that_works_and_a_rerun_completes() {
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
