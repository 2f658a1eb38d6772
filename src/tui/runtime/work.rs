//! Performs effects on a worker thread, so that a slow keyring or network never delays the handling of keys. Each job
//! sends one message with its task id.

use std::rc::Rc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;

use super::context::{JobContext, WorkerEvent};
use super::desktop::{Desktop, TerminalSink};
use super::jobs;
use super::undo::HeldUndo;
use crate::app::storage::PassphraseRequest;
use crate::app::{AppContext, given_path};
use crate::tui::effect::{Effect, Job};
use crate::tui::message::Event;
use crate::tui::task::TaskId;
use aemkeys_core::credential::{Code, Problem};

/// A handle of the worker thread.
pub struct JobWorker {
    effects: UnboundedSender<Effect>,
    pub desktop: Desktop,
    pub undo: HeldUndo,
}

impl JobWorker {
    /// Starts the thread. Results arrive in the receiver.
    pub fn start(
        context: AppContext,
        desktop: impl FnOnce(TerminalSink) -> Desktop,
    ) -> Result<(Self, UnboundedReceiver<WorkerEvent>), Problem> {
        let (effects, todo) = unbounded_channel();
        let (answers, answered) = unbounded_channel();
        let terminal = answers.clone();
        let desktop = desktop(Box::new(move |bytes| {
            let sent = terminal.send(WorkerEvent::Terminal(bytes));
            sent.map_err(|_| std::io::Error::other("the dashboard is closing"))
        }));
        let undo = HeldUndo::default();
        std::thread::Builder::new()
            .name("work".to_owned())
            .spawn({
                let (desktop, undo) = (desktop.clone(), undo.clone());
                move || work(context, desktop, undo, todo, answers)
            })
            .map_err(|error| {
                Problem::new(Code::NoThread, "could not start a thread").cause(error.to_string())
            })?;
        let worker = Self {
            effects,
            desktop,
            undo,
        };
        Ok((worker, answered))
    }

    pub fn carry_out(&self, effect: Effect) {
        // The thread ends with the process.
        let _ = self.effects.send(effect);
    }
}

fn work(
    context: AppContext,
    desktop: Desktop,
    undo: HeldUndo,
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
    context.storage.passphrase_broker().listen(move |request| {
        let _ = wanted.send(WorkerEvent::Event(Event::PassphraseWanted(request)));
    });
    let jobs = Rc::new(JobContext::new(context, desktop, answers, undo));
    LocalSet::new().block_on(&runtime, serve(jobs, todo));
    runtime.shutdown_background();
}

async fn serve(jobs: Rc<JobContext>, mut todo: UnboundedReceiver<Effect>) {
    while let Some(effect) = todo.recv().await {
        match effect {
            Effect::Cancel(task) => {
                if let Some(handle) = jobs.running.borrow_mut().remove(&task) {
                    handle.abort();
                }
            }
            Effect::DropImport(import) => jobs.forget(import),
            Effect::ReloadIndex => jobs.reload_index(),
            Effect::StopServer(identity) => jobs.servers.stop(identity),
            Effect::ListFiles(of) => {
                let own = Rc::clone(&jobs);
                tokio::task::spawn_local(async move {
                    let text = of.clone();
                    let list =
                        tokio::task::spawn_blocking(move || given_path::continuations(&text));
                    let names = list.await.unwrap_or_default();
                    own.answer(Event::FilesListed { of, names });
                });
            }
            Effect::LookAtStorage => {
                let own = Rc::clone(&jobs);
                tokio::task::spawn_local(async move {
                    let found = crate::app::storage::look(&own.context).await;
                    own.answer(Event::StorageChecked(found));
                });
            }
            Effect::TypePassphrase { again, typed } => {
                let mut typing = jobs.typing.borrow_mut();
                typing.take(again, typed);
                if !again {
                    let strength = typing.strength();
                    jobs.answer(Event::PassphraseStrength(strength));
                }
            }
            Effect::ForgetPassphrase => jobs.typing.borrow_mut().forget(),
            Effect::GivePassphrase { is_new: false } => {
                let typed = jobs.typing.borrow_mut().first();
                jobs.context.storage.passphrase_broker().answer(Some(typed));
            }
            Effect::GivePassphrase { is_new: true } => match jobs.typing.borrow_mut().both() {
                Ok(typed) => jobs.context.storage.passphrase_broker().answer(Some(typed)),
                // The storage waits until both are the same.
                Err(_) => jobs.answer(Event::PassphraseWanted(PassphraseRequest::NewDiffered)),
            },
            Effect::RefusePassphrase => {
                jobs.typing.borrow_mut().forget();
                jobs.context.storage.passphrase_broker().answer(None);
            }
            Effect::ClearClipboard => jobs.desktop.clear(),
            Effect::SaveTicks { guides, key } => jobs.save_ticks(guides, key),
            Effect::SaveSplit(split) => jobs.save_split(split),
            Effect::Run(task, job) => start(&jobs, task, job),
            Effect::Suspend | Effect::Notify(_) | Effect::Show(..) | Effect::Quit { .. } => {}
        }
    }
}

fn start(jobs: &Rc<JobContext>, task: TaskId, job: Job) {
    let own = Rc::clone(jobs);
    if let Some(identity) = job.identity() {
        own.context.storage.expect([identity]);
    }
    let can_be_cancelled = job.work().can_be_cancelled();
    let handle = tokio::task::spawn_local(async move {
        let result = jobs::carry_out(&own, task, job).await;
        own.running.borrow_mut().remove(&task);
        own.answer(Event::Done { task, result });
    });
    // Not aborted, because a job that writes would release its locks and continue to write.
    if can_be_cancelled {
        let mut running = jobs.running.borrow_mut();
        running.insert(task, handle.abort_handle());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::discover::change::Change;
    use crate::app::edit::{Edit, EditIdentity};
    use crate::app::{Clock, add, demo_context};
    use crate::storage::{Access, HookedMemory, Memory, Storage};
    use crate::tui::effect::{Edits, GuardedAct, LeakWork, RotationMode};
    use crate::tui::message::JobOutcome;
    use crate::tui::request::{CallRequest, Method};
    use aemkeys_core::environment::{EnvironmentType, Hosts, Tier, TierAddress};

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
        let (worker, mut answers) = JobWorker::start(context.clone(), |_| Desktop::Still).unwrap();
        let task = TaskId(1);
        let act = GuardedAct::Edit(Box::new(Edits {
            environment: entry.id,
            identity: entry.identities[0].id,
            shared: Edit {
                notes: Some("kept".to_owned()),
                ..Edit::default()
            },
            own: EditIdentity::default(),
        }));
        let job = Job::Guarded { act, typed: None };
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
                result: Ok(JobOutcome::Undoable(_))
            })))
        );
        assert!(told, "{answer:?}");
        assert_eq!(context.read_index().unwrap().environments[0].notes, "kept");
    }

    #[test]
    fn what_fills_in_several_environments_is_one_action() {
        let context = demo_context(([127, 0, 0, 1], 1).into(), Clock::real());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for address in ["http://localhost:4502", "http://localhost:4602"] {
            let choices = add::AddOptions {
                hosts: Hosts {
                    author: TierAddress::parse(address).ok(),
                    ..Hosts::default()
                },
                ..add::AddOptions::default()
            };
            let added = add::store_local(&context, choices);
            runtime.block_on(added).unwrap();
        }
        let link = |environment| Change {
            environment,
            name: "gone".to_owned(),
            console: Some("https://console.dev.adobeaemcloud.com/".to_owned()),
            environment_type: None,
        };
        let index = context.read_index().unwrap();
        let (one, two) = (index.environments[0].id, index.environments[1].id);
        let gone = uuid::Uuid::new_v4();
        let (worker, mut answers) = JobWorker::start(context.clone(), |_| Desktop::Still).unwrap();
        let mut answer = |job| {
            worker.carry_out(Effect::Run(TaskId(1), job));
            let answer = runtime.block_on(answers.recv());
            let Some(WorkerEvent::Event(Event::Done { result, .. })) = answer else {
                panic!("{answer:?}");
            };
            let index = context.read_index().unwrap();
            let linked = index.environments.iter();
            let linked = linked.filter(|it| it.console_url.is_some()).count();
            (format!("{result:?}"), linked)
        };
        let undo = || Job::Undo {
            what: String::new(),
        };
        let fill_in = |of: &[uuid::Uuid]| Job::FillIn(of.iter().copied().map(link).collect());
        assert!(matches!(answer(fill_in(&[one, two])), (said, 2) if said.contains("Undoable")));
        assert!(matches!(answer(undo()), (said, 0) if said.contains("Undone")));
        // What was changed before an error can be undone.
        let (said, linked) = answer(fill_in(&[one, gone, two]));
        assert!(said.contains("Partly(\"1 of 3 saved\""), "{said}");
        assert!(said.contains("message: \"gone: "), "{said}");
        assert_eq!(linked, 1);
        assert_eq!(answer(undo()).1, 0);
        let (said, linked) = answer(fill_in(&[gone, one]));
        assert!(said.starts_with("Err"), "{said}");
        assert_eq!(linked, 0);
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
        let (worker, mut answers) = JobWorker::start(context.clone(), |_| Desktop::Still).unwrap();
        let task = TaskId(1);
        let all = |typed: Option<String>| {
            let request = CallRequest::parse("/x", Method::Delete, Tier::Author).unwrap();
            let leak = |work| GuardedAct::Leaked(identity, None, work);
            let edit = |shared| {
                GuardedAct::Edit(Box::new(Edits {
                    environment,
                    identity,
                    shared,
                    own: EditIdentity::default(),
                }))
            };
            let acts = [
                GuardedAct::Call(identity, Box::new(request)),
                GuardedAct::Rotate(identity, RotationMode::Continue),
                GuardedAct::Rotate(identity, RotationMode::GoBack),
                GuardedAct::Discard(identity),
                GuardedAct::DropRevision(identity, 1),
                leak(LeakWork::Mark),
                leak(LeakWork::Invalidate),
                leak(LeakWork::Delete),
                edit(Edit {
                    environment_type: Some(EnvironmentType::Rde),
                    ..Edit::default()
                }),
                edit(Edit {
                    hosts: Hosts {
                        publish: TierAddress::parse("http://localhost:14503").ok(),
                        ..Hosts::default()
                    },
                    ..Edit::default()
                }),
                GuardedAct::Invalidate(identity),
                GuardedAct::RemoveIdentity(identity),
                GuardedAct::RemoveEnvironment(environment, "local".to_owned()),
            ];
            acts.map(|act| Job::Guarded {
                act,
                typed: typed.clone(),
            })
        };
        let before =
            runtime.block_on(context.storage(move |storage| storage.environment(environment)));
        for typed in [None, Some("harmless".to_owned())] {
            for job in all(typed.clone()) {
                let what = format!("{job:?}");
                context
                    .index
                    .update(|index| {
                        let entry = index.environments_mut().next().unwrap();
                        entry.environment_type = EnvironmentType::Development;
                        entry.name = aemkeys_core::environment::Name::parse("harmless").unwrap();
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
        let [.., named] = all(Some("LOCAL".to_owned()));
        worker.carry_out(Effect::Run(task, named));
        let answer = runtime.block_on(answers.recv());
        assert!(format!("{answer:?}").contains("removed"), "{answer:?}");
    }
}
