//! Runs the jobs of a rotation and of the steps after a leak.

use uuid::Uuid;

use super::jobs::confirmed;
use super::work::JobContext;
use crate::app::guard::{Act, Subject};
use crate::app::leaked::{self, Checklist};
use crate::app::rotate::{self, Progress};
use crate::app::used_by::{self, Change};
use crate::tui::effect::{LeakWork, RotationMode};
use crate::tui::message::Renewal;
use aemkeys_core::credential::{Problem, detect};

/// Returns the current checklist.
pub(super) async fn tick(
    jobs: &JobContext,
    identity: Uuid,
    who: String,
    has: bool,
) -> Result<String, Problem> {
    let mut change = Change::default();
    let (list, words) = if has {
        (&mut change.tick, format!("{who} has the new credential"))
    } else {
        (
            &mut change.untick,
            format!("{who} does not have the new credential"),
        )
    };
    list.push(who);
    used_by::change(&jobs.context, identity, change).await?;
    Ok(words)
}

pub(super) async fn rotate(
    jobs: &JobContext,
    identity: Uuid,
    way: RotationMode,
    typed: Option<String>,
    watch: &dyn Fn(Progress),
) -> Result<Renewal, Problem> {
    let context = &jobs.context;
    let went_back = match way {
        RotationMode::With(_) => false,
        RotationMode::GoBack => true,
        RotationMode::Continue => {
            let index = context.read_index()?;
            let entry = index.identity(identity).map(|(_, entry)| entry);
            let left = entry.and_then(rotate::unfinished);
            matches!(left, Some(rotate::Unfinished::Begun { went_back: true }))
        }
    };
    let act = if went_back { Act::GoBack } else { Act::Rotate };
    let confirmed = confirmed(jobs, Subject::Identity(identity), act, typed).await?;
    let rotated = match way {
        RotationMode::With(import) => {
            let input = jobs.import(import)?;
            let imported = detect(input.expose())?;
            drop(input);
            let done = rotate::rotate(context, identity, Some(imported), &confirmed, watch).await?;
            jobs.forget(import);
            done
        }
        _ if went_back => rotate::go_back(context, identity, &confirmed, watch).await?,
        _ => rotate::rotate(context, identity, None, &confirmed, watch).await?,
    };
    Ok(Renewal { rotated, went_back })
}

pub(super) async fn after_leak(
    jobs: &JobContext,
    identity: Uuid,
    revision: Option<u32>,
    work: LeakWork,
    typed: Option<String>,
) -> Result<Checklist, Problem> {
    let context = &jobs.context;
    let confirm = || confirmed(jobs, Subject::Identity(identity), Act::Leaked, typed);
    match work {
        LeakWork::Show => leaked::look(context, identity, revision).await,
        LeakWork::Mark => leaked::mark(context, identity, revision, &confirm().await?).await,
        LeakWork::ConfirmRevoked => leaked::confirm_revoked(context, identity, revision).await,
        LeakWork::Invalidate => {
            leaked::invalidate(context, identity, revision, &confirm().await?).await
        }
        LeakWork::Delete => leaked::delete(context, identity, revision, &confirm().await?).await,
    }
}
