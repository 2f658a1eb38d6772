//! Runs the jobs that may need confirmation. Each use case checks the confirmation again.

use uuid::Uuid;

use super::call;
use super::context::JobContext;
use super::undo;
use crate::app::add::{self, AddOptions, Added};
use crate::app::guard::{Act, Subject};
use crate::app::leaked::{self, Checklist};
use crate::app::rotate::{self, Progress};
use crate::app::undo::Undo;
use crate::app::{edit, remove, revisions};
use crate::tui::effect::{Edits, GuardedAct, ImportId, LeakWork, RotationMode};
use crate::tui::message::{Event, JobOutcome, Renewal};
use crate::tui::task::TaskId;
use aemkeys_core::credential::{Problem, detect};

pub(super) async fn carry_out(
    jobs: &JobContext,
    task: TaskId,
    act: GuardedAct,
    typed: Option<String>,
) -> Result<JobOutcome, Problem> {
    let context = &jobs.context;
    let confirm = |identity, act, typed| jobs.confirmed(Subject::Identity(identity), act, typed);
    let said = match act {
        GuardedAct::Call(identity, request) => {
            let called = call::send(jobs, identity, *request, typed).await?;
            return Ok(JobOutcome::Called(called));
        }
        GuardedAct::Rotate(identity, way) => {
            let watch = |progress| jobs.answer(Event::Rotating { task, progress });
            let renewal = rotate(jobs, identity, way, typed, &watch).await?;
            return Ok(JobOutcome::Rotated(Box::new(renewal)));
        }
        GuardedAct::Leaked(identity, revision, work) => {
            let list = after_leak(jobs, identity, revision, work, typed).await?;
            return Ok(JobOutcome::Leaked(Box::new(list)));
        }
        GuardedAct::Edit(edits) => return save(jobs, *edits, typed).await,
        GuardedAct::Store(identity, import, mut options) => {
            options.confirmed = Some(confirm(identity, Act::Edit, typed).await?);
            let added = store(jobs, Some(import), *options).await?;
            return Ok(JobOutcome::Stored(added));
        }
        GuardedAct::Discard(identity) => {
            let confirmed = confirm(identity, Act::Discard, typed).await?;
            if rotate::discard(context, identity, &confirmed).await? {
                "new credential discarded".to_owned()
            } else {
                "no new credential to discard".to_owned()
            }
        }
        GuardedAct::DropRevision(identity, revision) => {
            let confirmed = confirm(identity, Act::DropRevision, typed).await?;
            let dropped =
                revisions::drop_revision(context, identity, Some(revision), &confirmed).await?;
            format!("{}: revision {revision} deleted", dropped.full_name)
        }
        GuardedAct::RemoveIdentity(identity) => {
            let confirmed = confirm(identity, Act::Remove, typed).await?;
            let undo = remove::identity(context, identity, &confirmed, true).await?;
            return Ok(removed(jobs, undo));
        }
        GuardedAct::RemoveEnvironment(environment, _) => {
            let subject = Subject::Environment(environment);
            let confirmed = jobs.confirmed(subject, Act::Remove, typed).await?;
            let undo = remove::environment(context, environment, &confirmed, true).await?;
            return Ok(removed(jobs, undo));
        }
        GuardedAct::Invalidate(identity) => {
            let confirmed = confirm(identity, Act::InvalidateToken, typed).await?;
            remove::invalidate_token(context, identity, false, &confirmed).await?;
            "token invalidated".to_owned()
        }
    };
    Ok(JobOutcome::Said(said))
}

pub(super) async fn store(
    jobs: &JobContext,
    import: Option<ImportId>,
    options: AddOptions,
) -> Result<Added, Problem> {
    let Some(import) = import else {
        return add::store_local(&jobs.context, options).await;
    };
    let input = jobs.import(import)?;
    let imported = detect(input.expose())?;
    let added = add::store(&jobs.context, imported, options).await?;
    jobs.forget(import);
    Ok(added)
}

fn removed(jobs: &JobContext, undo: Option<Undo>) -> JobOutcome {
    let words = match &undo {
        Some(_) => "removed",
        None => "removed; this can't be undone",
    };
    undo::hold(jobs, words.to_owned(), undo)
}

async fn save(
    jobs: &JobContext,
    edits: Edits,
    typed: Option<String>,
) -> Result<JobOutcome, Problem> {
    let (context, environment) = (&jobs.context, edits.environment);
    let mut shared = edits.shared;
    shared.own = Some((edits.identity, edits.own));
    if edit::needs_confirmation(context, environment, shared.clone()).await? {
        let subject = Subject::Environment(environment);
        shared.confirmed = Some(jobs.confirmed(subject, Act::Edit, typed).await?);
    }
    let edited = edit::environment(context, environment, shared).await?;
    let words = match edited.alike {
        Some(warning) => format!("saved; {warning}"),
        None => "saved".to_owned(),
    };
    Ok(undo::hold(jobs, words, edited.undo))
}

async fn rotate(
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
            let left = entry.and_then(rotate::remaining_steps);
            matches!(
                left,
                Some(rotate::RemainingSteps::Begun { went_back: true })
            )
        }
    };
    let act = if went_back { Act::GoBack } else { Act::Rotate };
    let confirmed = jobs
        .confirmed(Subject::Identity(identity), act, typed)
        .await?;
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

async fn after_leak(
    jobs: &JobContext,
    identity: Uuid,
    revision: Option<u32>,
    work: LeakWork,
    typed: Option<String>,
) -> Result<Checklist, Problem> {
    let context = &jobs.context;
    let confirm = || jobs.confirmed(Subject::Identity(identity), Act::Leaked, typed);
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
