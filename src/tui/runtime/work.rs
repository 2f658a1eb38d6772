//! Performs effects on a worker thread, so that a slow keyring or network never delays the handling of keys. Each job
//! sends one message with its task id.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, LocalSet};

use super::desktop::Desktop;
use super::jobs;
use super::passphrase::Typing;
use crate::app::guide::{self, GuideKey, GuideTicks};
use crate::app::{AppContext, Index, damaged_list};
use crate::tui::effect::{Effect, ImportId, Job};
use crate::tui::message::Event;
use crate::tui::task::TaskId;
use aemkeys_core::credential::{Code, Problem, Secret};

/// The maximum number of concurrent exchanges.
const EXCHANGES: usize = 16;

/// A message from the worker.
#[derive(Debug)]
pub enum WorkerEvent {
    Event(Event),
    /// Bytes to write to the terminal between two frames: a token as OSC 52.
    Terminal(Secret),
}

/// A handle of the worker thread.
pub struct JobWorker {
    effects: UnboundedSender<Effect>,
}

impl JobWorker {
    /// Starts the thread. Results arrive in the receiver.
    pub fn start(
        context: AppContext,
        desktop: Desktop,
    ) -> Result<(Self, UnboundedReceiver<WorkerEvent>), Problem> {
        let (effects, todo) = unbounded_channel();
        let (answers, answered) = unbounded_channel();
        let desktop = desktop.connected(answers.clone());
        std::thread::Builder::new()
            .name("work".to_owned())
            .spawn(move || work(context, desktop, todo, answers))
            .map_err(|error| {
                Problem::new(Code::NoThread, "could not start a thread").cause(error.to_string())
            })?;
        Ok((Self { effects }, answered))
    }

    pub fn carry_out(&self, effect: Effect) {
        // The thread ends with the process.
        let _ = self.effects.send(effect);
    }
}

fn work(
    context: AppContext,
    desktop: Desktop,
    todo: UnboundedReceiver<Effect>,
    answers: UnboundedSender<WorkerEvent>,
) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let wanted = answers.clone();
    context
        .storage
        .passphrase_broker()
        .listen(move |was_wrong| {
            let _ = wanted.send(WorkerEvent::Event(Event::PassphraseWanted { was_wrong }));
        });
    let damaged = context.damaged_lists();
    let jobs = Rc::new(JobContext {
        context,
        desktop,
        answers,
        exchanges: Semaphore::new(EXCHANGES),
        imports: Mutex::default(),
        last_import: AtomicU64::new(0),
        typing: RefCell::default(),
        running: Mutex::default(),
        rollback_told: Cell::default(),
        damaged: Arc::new(AtomicUsize::new(damaged)),
        reading: Arc::new(AtomicBool::new(false)),
    });
    jobs.warn_of_rollback();
    LocalSet::new().block_on(&runtime, serve(jobs, todo));
    runtime.shutdown_background();
}

async fn serve(jobs: Rc<JobContext>, mut todo: UnboundedReceiver<Effect>) {
    while let Some(effect) = todo.recv().await {
        match effect {
            Effect::Cancel(task) => {
                if let Some(handle) = lock(&jobs.running).remove(&task) {
                    handle.abort();
                }
            }
            Effect::DropImport(import) => {
                lock(&jobs.imports).remove(&import);
            }
            Effect::ReloadIndex => jobs.reload_index(),
            Effect::LookAtStorage => {
                let own = Rc::clone(&jobs);
                tokio::task::spawn_local(async move {
                    let found = crate::app::storage::look(&own.context).await;
                    own.answer(Event::StorageChecked(found));
                });
            }
            Effect::TypePassphrase { again, typed } => {
                jobs.typing.borrow_mut().take(again, typed);
            }
            Effect::ForgetPassphrase => jobs.typing.borrow_mut().forget(),
            Effect::GivePassphrase => {
                let typed = jobs.typing.borrow_mut().first();
                jobs.context.storage.passphrase_broker().answer(Some(typed));
            }
            Effect::RefusePassphrase => {
                jobs.typing.borrow_mut().forget();
                jobs.context.storage.passphrase_broker().answer(None);
            }
            Effect::ClearClipboard => jobs.desktop.clear(),
            Effect::SaveTicks { guides, key } => jobs.save_ticks(guides, key),
            Effect::Run(task, job) => start(&jobs, task, job),
            Effect::Suspend | Effect::Quit => {}
        }
    }
}

fn start(jobs: &Rc<JobContext>, task: TaskId, job: Job) {
    let own = Rc::clone(jobs);
    let can_be_cancelled = job.work().can_be_cancelled();
    let handle = tokio::task::spawn_local(async move {
        let result = jobs::carry_out(&own, task, job).await;
        lock(&own.running).remove(&task);
        own.answer(Event::Done { task, result });
    });
    // Not aborted, because a job that writes would release its locks and continue to write.
    if can_be_cancelled {
        lock(&jobs.running).insert(task, handle.abort_handle());
    }
}

/// The state shared by all jobs.
pub struct JobContext {
    pub context: AppContext,
    pub desktop: Desktop,
    answers: UnboundedSender<WorkerEvent>,
    pub exchanges: Semaphore,
    /// Pasted and read inputs that are not stored yet.
    imports: Mutex<HashMap<ImportId, Secret>>,
    last_import: AtomicU64,
    /// The passphrase while it is typed.
    pub typing: RefCell<Typing>,
    running: Mutex<HashMap<TaskId, AbortHandle>>,
    rollback_told: Cell<bool>,
    /// The number of damaged lists when the last good one was read.
    damaged: Arc<AtomicUsize>,
    /// Whether a read of the index is pending; further requests join it.
    reading: Arc<AtomicBool>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl JobContext {
    pub fn answer(&self, event: Event) {
        let may_have_read = matches!(event, Event::Done { .. });
        // The receiver is gone while the dashboard closes.
        let _ = self.answers.send(WorkerEvent::Event(event));
        if may_have_read {
            self.warn_of_rollback();
        }
    }

    /// Reported once.
    fn warn_of_rollback(&self) {
        if self.rollback_told.get() {
            return;
        }
        if let Some(problem) = crate::app::storage::rollback(self.context.state_dir.as_deref()) {
            self.rollback_told.set(true);
            self.answer(Event::OlderStorage(problem));
        }
    }

    pub fn keep(&self, input: Secret) -> ImportId {
        let id = ImportId(self.last_import.fetch_add(1, Ordering::Relaxed) + 1);
        lock(&self.imports).insert(id, input);
        id
    }

    /// A copy, so that the user can retry without pasting again if storing fails.
    pub fn import(&self, id: ImportId) -> Result<Secret, Problem> {
        lock(&self.imports)
            .get(&id)
            .map(Secret::duplicate)
            .ok_or_else(|| {
                Problem::new(
                    Code::PasteGone,
                    "the pasted text is no longer available: paste it again",
                )
            })
    }

    pub fn forget(&self, id: ImportId) {
        lock(&self.imports).remove(&id);
    }

    fn save_ticks(&self, guides: GuideTicks, key: GuideKey) {
        let context = self.context.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(problem) = guide::write_ticks(&context, &guides, key) {
                tracing::warn!(code = %problem.code, "could not save the ticks");
            }
        });
    }

    fn reload_index(&self) {
        if self.reading.swap(true, Ordering::AcqRel) {
            return;
        }
        let (context, answers, reading, damaged) = (
            self.context.clone(),
            self.answers.clone(),
            Arc::clone(&self.reading),
            Arc::clone(&self.damaged),
        );
        tokio::task::spawn_blocking(move || {
            // This read may miss later changes, so they request another one.
            reading.store(false, Ordering::Release);
            let event = match read_index(&context, &damaged) {
                Ok(index) => Event::Index(Box::new(index)),
                Err(problem) => {
                    tracing::warn!(code = %problem.code, "could not read the list");
                    Event::IndexLost(problem)
                }
            };
            let _ = answers.send(WorkerEvent::Event(event));
        });
    }
}

/// Reads the index. Fails if a damaged list was moved aside since the last read, because the empty new list would hide
/// the stored identities.
fn read_index(context: &AppContext, damaged: &AtomicUsize) -> Result<Index, Problem> {
    let index = context.look_at_index()?;
    let aside = context.damaged_lists();
    if index.environments.is_empty() && aside > damaged.load(Ordering::Acquire) {
        return Err(damaged_list("it is set aside, beside an empty new one"));
    }
    damaged.store(aside, Ordering::Release);
    Ok(index)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::{Clock, add, demo_context};
    use crate::storage::{Access, HookedMemory, IndexFile, Memory, Storage};
    use crate::tui::effect::{EditFields, LeakWork, RotationMode};
    use crate::tui::message::JobOutcome;
    use crate::tui::request::{CallRequest, Method};
    use aemkeys_core::environment::{EnvironmentType, Tier};

    #[test]
    fn a_cancelled_write_completes_and_reports_its_result() {
        let slow = HookedMemory {
            memory: Memory::default(),
            hook: |access: Access<'_>| {
                if matches!(access, Access::Write(_)) {
                    std::thread::sleep(Duration::from_millis(200));
                }
                Ok(())
            },
        };
        let context = AppContext {
            storage: Storage::over("slow", Box::new(slow)),
            ..demo_context(([127, 0, 0, 1], 1).into(), Clock::real())
        };
        let choices = add::AddOptions {
            environment_type: Some(EnvironmentType::Local),
            ..add::AddOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(add::store_local(&context, choices))
            .unwrap();
        let entry = context.read_index().unwrap().environments[0].clone();
        let (worker, mut answers) = JobWorker::start(context.clone(), Desktop::Still).unwrap();
        let task = TaskId(1);
        let job = Job::Edit {
            environment: entry.id,
            identity: entry.identities[0].id,
            fields: Box::new(EditFields {
                notes: Some("kept".to_owned()),
                ..EditFields::default()
            }),
            typed: None,
        };
        worker.carry_out(Effect::Run(task, job));
        std::thread::sleep(Duration::from_millis(50));
        worker.carry_out(Effect::Cancel(task));
        let answer = runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(20), answers.recv()).await
        });
        let told = matches!(
            &answer,
            Ok(Some(WorkerEvent::Event(Event::Done {
                task: TaskId(1),
                result: Ok(JobOutcome::Said(_))
            })))
        );
        assert!(told, "{answer:?}");
        assert_eq!(context.read_index().unwrap().environments[0].notes, "kept");
    }

    /// The list says Development, so that the page asks for no name, and the storage says Production.
    #[test]
    fn every_job_checks_the_confirmation_against_the_storage() {
        let context = demo_context(([127, 0, 0, 1], 1).into(), Clock::real());
        let choices = add::AddOptions {
            environment_type: Some(EnvironmentType::Production),
            ..add::AddOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(add::store_local(&context, choices))
            .unwrap();
        let entry = context.read_index().unwrap().environments[0].clone();
        let (environment, identity) = (entry.id, entry.identities[0].id);
        let (worker, mut answers) = JobWorker::start(context.clone(), Desktop::Still).unwrap();
        let task = TaskId(1);
        let leak = |work, typed| Job::Leaked {
            identity,
            revision: None,
            work,
            typed,
        };
        let all = |typed: Option<String>| {
            let rotate = |way| Job::Rotate {
                identity,
                way,
                typed: typed.clone(),
            };
            let request = CallRequest::parse("/x", Method::Delete, Tier::Author).unwrap();
            let edit = |fields| Job::Edit {
                environment,
                identity,
                fields: Box::new(fields),
                typed: typed.clone(),
            };
            vec![
                Job::Call {
                    identity,
                    request,
                    typed: typed.clone(),
                },
                rotate(RotationMode::Continue),
                rotate(RotationMode::GoBack),
                Job::Discard {
                    identity,
                    typed: typed.clone(),
                },
                Job::DropRevision {
                    identity,
                    revision: 1,
                    typed: typed.clone(),
                },
                leak(LeakWork::Mark, typed.clone()),
                leak(LeakWork::Invalidate, typed.clone()),
                leak(LeakWork::Delete, typed.clone()),
                edit(EditFields {
                    environment_type: Some(EnvironmentType::Rde),
                    ..EditFields::default()
                }),
                edit(EditFields {
                    publish: Some("http://localhost:14503".to_owned()),
                    ..EditFields::default()
                }),
                Job::Invalidate {
                    identity,
                    typed: typed.clone(),
                },
                Job::RemoveIdentity {
                    identity,
                    typed: typed.clone(),
                },
                Job::RemoveEnvironment {
                    environment,
                    name: "local".to_owned(),
                    typed: typed.clone(),
                },
            ]
        };
        let before =
            runtime.block_on(context.storage(move |storage| storage.environment(environment)));
        for typed in [None, Some("harmless".to_owned())] {
            for job in all(typed.clone()) {
                let what = format!("{job:?}");
                context
                    .index
                    .update(|index| {
                        index.environments[0].environment_type = EnvironmentType::Development;
                        index.environments[0].name =
                            aemkeys_core::environment::Name::parse("harmless").unwrap();
                    })
                    .unwrap();
                worker.carry_out(Effect::Run(task, job));
                let answer = runtime.block_on(answers.recv());
                assert!(
                    format!("{answer:?}").contains("code: Guarded"),
                    "{what}: {answer:?}"
                );
                let index = context.read_index().unwrap();
                assert_eq!(index.environments[0].name.as_str(), "local", "{what}");
            }
        }
        let after =
            runtime.block_on(context.storage(move |storage| storage.environment(environment)));
        assert_eq!(after.unwrap(), before.unwrap());
        let named = all(Some("LOCAL".to_owned())).pop().unwrap();
        worker.carry_out(Effect::Run(task, named));
        let answer = runtime.block_on(answers.recv());
        assert!(format!("{answer:?}").contains("removed"), "{answer:?}");
    }

    #[test]
    fn a_newly_damaged_list_is_not_read_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut context = crate::app::stateless_context().unwrap();
        context.index = IndexFile::new(folder.path(), folder.path());
        let file = folder.path().join("index.json");
        // An earlier one does not matter.
        std::fs::write(folder.path().join("index.json.damaged-1"), "").unwrap();
        let damaged = AtomicUsize::new(context.damaged_lists());
        assert!(read_index(&context, &damaged).is_ok());
        std::fs::write(&file, "{\"version\":1,").unwrap();
        let lost = read_index(&context, &damaged).unwrap_err();
        assert!(lost.next_step.unwrap().in_shell().contains("doctor"));
        // Reading leaves it in place; the next write moves it aside.
        assert!(file.exists());
        context.index.update(|index| index.version = 1).unwrap();
        assert_eq!(context.damaged_lists(), 2);
        assert!(read_index(&context, &damaged).is_err());
    }
}
