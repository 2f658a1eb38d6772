//! What the jobs share, and the messages that they send.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::desktop::Desktop;
use super::passphrase::Typing;
use super::servers::Servers;
use super::undo::HeldUndo;
use crate::app::guard::{self, Act, Confirmed, Consent, Subject};
use crate::app::guide::{self, GuideKey, GuideTicks};
use crate::app::panel_split::{self, PanelSplit};
use crate::app::{AppContext, Index, damaged_list};
use crate::tui::effect::ImportId;
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

/// The state shared by all jobs.
pub struct JobContext {
    pub context: AppContext,
    pub desktop: Desktop,
    answers: UnboundedSender<WorkerEvent>,
    pub exchanges: Semaphore,
    /// Pasted and read inputs that are not stored yet.
    imports: RefCell<HashMap<ImportId, Secret>>,
    last_import: Cell<u64>,
    /// The passphrase while it is typed.
    pub typing: RefCell<Typing>,
    pub undo: HeldUndo,
    pub servers: Servers,
    /// The jobs that can be cancelled.
    pub running: RefCell<HashMap<TaskId, AbortHandle>>,
    rollback_told: Cell<bool>,
    /// The number of damaged lists when the last good one was read.
    damaged: Arc<AtomicUsize>,
    /// Whether a read of the index is pending; further requests join it.
    reading: Arc<AtomicBool>,
}

impl JobContext {
    pub fn new(
        context: AppContext,
        desktop: Desktop,
        answers: UnboundedSender<WorkerEvent>,
        undo: HeldUndo,
    ) -> Self {
        let damaged = context.damaged_lists();
        let jobs = Self {
            context,
            desktop,
            answers,
            exchanges: Semaphore::new(EXCHANGES),
            imports: RefCell::default(),
            last_import: Cell::default(),
            typing: RefCell::default(),
            undo,
            servers: Servers::default(),
            running: RefCell::default(),
            rollback_told: Cell::default(),
            damaged: Arc::new(AtomicUsize::new(damaged)),
            reading: Arc::default(),
        };
        jobs.warn_of_rollback();
        jobs
    }

    pub fn answer(&self, event: Event) {
        let may_have_read = matches!(event, Event::Done { .. });
        // The receiver is gone while the dashboard closes.
        let _ = self.answers.send(WorkerEvent::Event(event));
        if may_have_read {
            self.warn_of_rollback();
        }
    }

    /// Returns a function that sends an event, for tasks that outlive the job that started them.
    pub fn teller(&self) -> impl Fn(Event) + Send + Sync + use<> {
        let answers = self.answers.clone();
        move |event| {
            let _ = answers.send(WorkerEvent::Event(event));
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

    /// Compares the typed name with the storage. If the list was outdated and no name was requested, it has been repaired.
    pub async fn confirmed(
        &self,
        subject: Subject,
        act: Act,
        typed: Option<String>,
    ) -> Result<Confirmed, Problem> {
        let was_asked = typed.is_some();
        let guard = guard::confirmation_request(&self.context, subject, act).await?;
        guard.confirm(&Consent::of(typed)).map_err(|problem| {
            if was_asked {
                problem
            } else {
                problem.next_step("the list was out of date: try again and type the name")
            }
        })
    }

    pub fn keep(&self, input: Secret) -> ImportId {
        let id = ImportId(self.last_import.get() + 1);
        self.last_import.set(id.0);
        self.imports.borrow_mut().insert(id, input);
        id
    }

    /// A copy, so that the user can retry without pasting again if storing fails.
    pub fn import(&self, id: ImportId) -> Result<Secret, Problem> {
        let imports = self.imports.borrow();
        imports.get(&id).map(Secret::duplicate).ok_or_else(|| {
            Problem::new(
                Code::PasteGone,
                "the pasted text is no longer available: paste it again",
            )
        })
    }

    pub fn forget(&self, id: ImportId) {
        self.imports.borrow_mut().remove(&id);
    }

    pub fn save_ticks(&self, guides: GuideTicks, key: GuideKey) {
        let context = self.context.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(problem) = guide::write_ticks(&context, &guides, key) {
                tracing::warn!(code = %problem.code, "could not save the ticks");
            }
        });
    }

    pub fn save_split(&self, split: PanelSplit) {
        let context = self.context.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(problem) = panel_split::write(&context, split) {
                tracing::warn!(code = %problem.code, "could not save the split");
            }
        });
    }

    pub fn reload_index(&self) {
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
                Ok(index) => Event::Index(index),
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
fn read_index(context: &AppContext, damaged: &AtomicUsize) -> Result<Arc<Index>, Problem> {
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
    use super::*;
    use crate::storage::IndexFile;

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
