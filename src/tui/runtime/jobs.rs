//! Runs each job with its use case. Parses typed text first; a parse error ends the job.

use std::sync::Arc;

use super::context::JobContext;
use super::guarded;
use super::servers;
use super::undo;
use crate::app::add::{AddOptions, FileGuess};
use crate::app::discover::change::Change as CloudChange;
use crate::app::edit::EditIdentity;
use crate::app::test_call::TestRequest;
use crate::app::token::Pasted;
use crate::app::used_by::{self, Change};
use crate::app::{
    add, copy, discover, doctor, edit, exchange, given_path, storage, test_call, token,
};
use crate::tui::effect::{ImportId, Job, TokenTarget};
use crate::tui::message::{CopyOutcome, ExchangeOutcome, JobOutcome, Recognised};
use crate::tui::task::TaskId;
use aemkeys_core::credential::{Code, Imported, NextStep, Problem, Secret, detect};

pub(super) async fn carry_out(
    jobs: &JobContext,
    task: TaskId,
    job: Job,
) -> Result<JobOutcome, Problem> {
    let context = &jobs.context;
    Ok(match job {
        Job::Copy { identity, format } => JobOutcome::Copied(copied(jobs, identity, format).await?),
        Job::CopyText { what, text } => {
            let desktop = jobs.desktop.clone();
            blocking(move || desktop.copy_text(&text)).await?;
            JobOutcome::Copied(CopyOutcome {
                what: what.to_owned(),
                can_be_cleared: false,
                warnings: Vec::new(),
            })
        }
        Job::SaveText {
            path,
            text,
            replace,
        } => JobOutcome::Said(blocking(move || save(&path, &text, replace)).await?),
        Job::Exchange { identity } | Job::Refresh { identity } => {
            let _place = jobs.exchanges.acquire().await;
            let fresh = exchange::refresh(context, identity).await?;
            // The token is needed even if the storage failed.
            if let Some(problem) = fresh.not_saved {
                return Err(problem);
            }
            JobOutcome::Exchanged(ExchangeOutcome {
                facts: fresh.facts,
                warnings: fresh.warnings,
            })
        }
        Job::Test {
            identity,
            tiers,
            path,
        } => {
            let _place = jobs.exchanges.acquire().await;
            let request = TestRequest { tiers, path };
            JobOutcome::Tested(test_call::test(context, identity, request).await?)
        }
        Job::Undo { .. } => undo::carry_out(jobs).await?,
        Job::Guarded { act, typed } => guarded::carry_out(jobs, task, act, typed).await?,
        Job::Recognise { input } => JobOutcome::Recognised(recognise(jobs, input).await?),
        Job::ReadFile { path } => {
            let own = context.clone();
            let path = given_path::one(&path);
            let file = path.clone();
            let input = blocking(move || own.read_credential(&path)).await?;
            // Before the input is recognised, which keeps it in memory: after an error, nothing would delete it.
            let guess = FileGuess::of(&file, &*context.read_index()?);
            let mut recognised = recognise(jobs, input).await?;
            recognised.preview.file = Some(guess);
            JobOutcome::Recognised(recognised)
        }
        Job::Store { import, options } => {
            JobOutcome::Stored(guarded::store(jobs, import, *options).await?)
        }
        Job::PasteToken { import, target } => {
            JobOutcome::TokenPasted(paste(jobs, import, target).await?)
        }
        Job::Claims { identity } => {
            let item = context.token(identity).await?.ok_or_else(|| {
                Problem::new(Code::NoToken, "no token is stored for this identity")
                    .next_step(NextStep::Exchange)
            })?;
            JobOutcome::Claims(item.token.claims_json())
        }
        Job::MakePassphraseFile => {
            let passphrase = jobs.typing.borrow_mut().both()?;
            JobOutcome::StorageChosen(storage::choose_passphrase_file(context, passphrase).await?)
        }
        Job::Discover { with, refresh } => {
            let found = discover::discover_with_any(context, with, refresh).await?;
            JobOutcome::Discovered(Box::new(found))
        }
        Job::FillIn(changes) => fill_in(jobs, &changes).await?,
        Job::Serve { identity, tier } => {
            JobOutcome::ServerStarted(servers::start(jobs, identity, tier).await?)
        }
        Job::CopyAddress { identity } => JobOutcome::Copied(CopyOutcome {
            what: "address".to_owned(),
            can_be_cleared: put(jobs, jobs.servers.address(&jobs.context, identity)?)
                .await
                .map_err(|it| it.next_step("serve it on the command line, which prints it"))?,
            warnings: Vec::new(),
        }),
        Job::RunDoctor => JobOutcome::Examined(doctor::examine(context, None).await),
        Job::Tick { identity, who, has } => {
            JobOutcome::Ticked(tick(jobs, identity, who, has).await?)
        }
        Job::SetAutoRefresh { identity, on } => {
            let change = EditIdentity {
                auto_refresh: Some(on),
                ..EditIdentity::default()
            };
            edit::identity(context, identity, change).await?;
            let word = if on { "on" } else { "off" };
            JobOutcome::Said(format!("auto-refresh {word}"))
        }
        Job::OpenBrowser { url } => {
            let desktop = jobs.desktop.clone();
            JobOutcome::Said(blocking(move || desktop.open(&url)).await?)
        }
    })
}

/// Stops at the first error; what was changed before it can be undone.
async fn fill_in(jobs: &JobContext, changes: &[CloudChange]) -> Result<JobOutcome, Problem> {
    let mut undos = Vec::new();
    for change in changes {
        match change.apply(&jobs.context, None).await {
            Ok(edited) => undos.extend(edited.undo),
            Err(problem) => {
                let message = format!("{}: {}", change.name, problem.message);
                let problem = Problem { message, ..problem };
                let words = format!("{} of {} saved", undos.len(), changes.len());
                return match undo::hold(jobs, words, undos) {
                    JobOutcome::Undoable(words) => Ok(JobOutcome::Partly(words, problem)),
                    _ => Err(problem),
                };
            }
        }
    }
    Ok(undo::hold(jobs, "saved".to_owned(), undos))
}

/// Runs a function that blocks.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let result = tokio::task::spawn_blocking(act).await;
    result.unwrap_or_else(|_| Err(Problem::new(Code::Internal, "the task ended unexpectedly")))
}

/// Saves a text and returns what was done.
fn save(path: &str, text: &str, replace: bool) -> Result<String, Problem> {
    let file = given_path::one(path);
    let written = crate::app::write_output(&file, text.as_bytes(), replace);
    written.map_err(|error| crate::app::not_written(&file, &error))?;
    Ok("saved".to_owned())
}

async fn copied(
    jobs: &JobContext,
    identity: uuid::Uuid,
    format: crate::app::token_format::TokenFormat,
) -> Result<CopyOutcome, Problem> {
    let copyable = {
        let _place = jobs.exchanges.acquire().await;
        copy::prepare(&jobs.context, identity, format).await?
    };
    let can_be_cleared = put(jobs, copyable.text).await?;
    Ok(CopyOutcome {
        what: format.title().to_owned(),
        can_be_cleared,
        warnings: copyable.warnings,
    })
}

/// Copies the text and returns whether it can be cleared. What is copied after the task was cancelled is cleared at once:
/// nobody would know of it.
async fn put(jobs: &JobContext, text: Secret) -> Result<bool, Problem> {
    let desktop = jobs.desktop.clone();
    let waiting = Arc::new(());
    let is_cancelled = {
        let waiting = Arc::downgrade(&waiting);
        move || waiting.strong_count() == 0
    };
    let copied = blocking(move || {
        if is_cancelled() {
            return Ok(false);
        }
        let copied = desktop.copy(&text);
        if is_cancelled() {
            desktop.clear();
        }
        copied
    });
    let copied = copied.await;
    drop(waiting);
    copied
}

async fn recognise(jobs: &JobContext, input: Secret) -> Result<Box<Recognised>, Problem> {
    let mut imported = detect(input.expose())?;
    let options = AddOptions::default();
    let mut preview = add::preview(&jobs.context, &imported, &options)?;
    preview.changes = add::changes(&jobs.context, &mut imported, &options).await?;
    Ok(Box::new(Recognised {
        import: jobs.keep(input),
        preview,
    }))
}

async fn paste(
    jobs: &JobContext,
    import: ImportId,
    target: TokenTarget,
) -> Result<Pasted, Problem> {
    let input = jobs.import(import)?;
    let Imported::DevelopmentToken(access_token) = detect(input.expose())? else {
        return Err(Problem::new(
            Code::NotAToken,
            "this is not a local development token",
        ));
    };
    let (environment, holder) = (target.environment, target.holder);
    let pasted = token::paste(&jobs.context, environment, holder, *access_token).await?;
    jobs.forget(import);
    Ok(pasted)
}

/// Records whether a program has the new credential, and returns what was recorded.
async fn tick(
    jobs: &JobContext,
    identity: uuid::Uuid,
    who: String,
    has: bool,
) -> Result<String, Problem> {
    let mut change = Change::default();
    let (list, verb) = if has {
        (&mut change.tick, "has")
    } else {
        (&mut change.untick, "does not have")
    };
    let words = format!("{who} {verb} the new credential");
    list.push(who);
    used_by::change(&jobs.context, identity, change).await?;
    Ok(words)
}
