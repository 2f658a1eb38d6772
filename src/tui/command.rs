//! What a page asks the program to do, and the context its handlers run in.

use std::ops::{Deref, DerefMut};

use uuid::Uuid;

use super::action::Action;
use super::effect::{EditFields, Effect, ImportId, Job, LeakWork, Way};
use super::message::Recognised;
use super::model::{Model, Tone};
use super::request::Request;
use super::task::{PageStatus, Task, TaskId, Work};
use super::widgets::{FieldId, Form};
use crate::app::add::Preview;
use crate::app::guide::Topic;
use crate::app::rotate::Rotated;
use crate::app::token_format::Format;
use aemkeys_core::credential::service_credentials::{Check, Verdict};
use aemkeys_core::environment::Tier;

/// What was recognised in a pasted text or a file. The text itself waits in the runtime.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub preview: Preview,
}

impl From<Recognised> for Import {
    fn from(recognised: Recognised) -> Self {
        Self {
            id: recognised.import,
            preview: recognised.preview,
        }
    }
}

/// Where a pasted development token goes.
#[derive(Clone, Debug)]
pub struct TokenTarget {
    pub environment: Uuid,
    /// `None`: a new identity.
    pub identity: Option<Uuid>,
    pub name: String,
}

/// An action that is done only after the name was typed.
#[derive(Clone, Debug)]
pub struct Confirmation {
    pub title: String,
    pub lines: Vec<String>,
    pub expected: String,
    pub then: Guarded,
}

/// What may need the name to be typed. The guard decides it from the storage.
#[derive(Clone, Debug)]
pub enum Guarded {
    Call(Uuid, Box<Request>),
    RemoveIdentity(Uuid),
    RemoveEnvironment(Uuid),
    Invalidate(Uuid),
    Rotate(Uuid, Way),
    DropCandidate(Uuid),
    DropRevision(Uuid, u32),
    Leaked(Uuid, Option<u32>, LeakWork),
    /// The environment, the identity, and what was changed.
    Edit(Uuid, Uuid, Box<EditFields>),
}

/// What a menu item, a confirmation or a page asks for. Pages know commands and not one another.
#[derive(Clone, Debug)]
pub enum Command {
    /// Does what the key of the action does.
    Perform(Action),
    Quit,
    /// Asks before closing the page on top without saving it; with the name of what it edits.
    AskToDiscard(String),
    /// Closes the page on top without asking.
    Discard,
    Cancel(Vec<TaskId>),
    /// Tells the page on top that the page above it has closed.
    Resume,
    Search(String),
    Browse(String),
    CopyText(&'static str, String),
    Copy(Uuid, Format),
    ExchangeMany(Vec<Uuid>),
    Test(Uuid, Option<String>),
    /// With the name that was typed.
    Do(Guarded, Option<String>),
    Store(Import, TokenTarget),
    OpenConfirm(Box<Confirmation>),
    OpenGuide(Topic, Option<Uuid>, Vec<String>),
    OpenText(String, Vec<String>),
    OpenConsole(Uuid),
    OpenHistory(Uuid),
    OpenPath(Uuid, Tier, Option<String>),
    OpenSearch,
    OpenUsedBy(Uuid, Option<Box<Rotated>>),
    OpenLeaked(Uuid),
    OpenRotate(Uuid),
    OpenRotateWith(Uuid, Import),
}

impl Command {
    pub fn confirm(title: String, lines: &[&str], expected: &str, then: Guarded) -> Self {
        Self::OpenConfirm(Box::new(Confirmation {
            title,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            expected: expected.to_owned(),
            then,
        }))
    }

    /// The guide that leads out of it, with what was seen above it; a text to read where there is none.
    pub fn explain(
        title: String,
        lines: Vec<String>,
        topic: Option<Topic>,
        identity: Option<Uuid>,
    ) -> Self {
        match topic {
            Some(topic) => Self::OpenGuide(topic, identity, lines),
            None => Self::OpenText(title, lines),
        }
    }
}

/// The model, and what a handler wants to have done.
pub struct Cx<'m> {
    model: &'m mut Model,
    pub effects: Vec<Effect>,
    pub commands: Vec<Command>,
    /// The page that handles this closes.
    pub closes: bool,
}

impl<'m> Cx<'m> {
    pub fn new(model: &'m mut Model) -> Self {
        Self {
            model,
            effects: Vec::new(),
            commands: Vec::new(),
            closes: false,
        }
    }

    pub fn close(&mut self) {
        self.closes = true;
    }

    pub fn then(&mut self, command: Command) {
        self.commands.push(command);
    }

    pub fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Starts a job; what it works on has the name that the index or the job gives it.
    pub fn run(&mut self, job: Job) -> TaskId {
        let name = match job.identity() {
            Some(identity) => self.model.name_of(identity),
            None => job.subject().to_owned(),
        };
        self.run_as(job, name, None)
    }

    pub fn run_as(&mut self, job: Job, name: String, batch: Option<u64>) -> TaskId {
        let task = self.model.tasks.start(Task {
            work: job.work(),
            identity: job.identity(),
            name,
            since: self.model.now,
            batch,
        });
        self.effects.push(Effect::Run(task, job));
        task
    }

    /// Recognises the file that is named in the form.
    pub fn read_file(&mut self, form: &mut Form, status: &mut PageStatus) {
        let path = form.text(FieldId::File).unwrap_or_default().to_owned();
        if path.is_empty() {
            let why = "paste the credential, or type the file's path";
            form.refuse(FieldId::File, why);
        } else {
            *status = PageStatus::Running(self.run(Job::ReadFile { path }));
        }
    }

    /// Closes a page that shows what a job reads, and cancels the job.
    pub fn cancel_and_close(&mut self, status: &PageStatus) {
        self.then(Command::Cancel(status.task().into_iter().collect()));
        self.close();
    }

    /// Closes a page with an import. Only recognising is cancelled with it; a store that was asked for goes on.
    pub fn leave(&mut self, status: &PageStatus, import: Option<&Import>) {
        let task = status.task();
        let recognises = |task| {
            self.tasks
                .get(task)
                .is_some_and(|task| task.work == Work::Recognise)
        };
        if let Some(task) = task.filter(|task| recognises(*task)) {
            self.then(Command::Cancel(vec![task]));
        } else if task.is_some() {
            return self.close();
        }
        if let Some(import) = import {
            self.emit(Effect::DropImport(import.id));
        }
        self.close();
    }

    /// Says so where the token itself names another environment than the one it goes to: author would refuse it.
    pub fn warn_of_other_environment(&self, environment: Uuid, preview: &mut Preview) {
        let Some(entry) = self.index.environment(environment) else {
            return;
        };
        if let Some((named, ids)) = preview.token_ids.zip(entry.ids)
            && named != ids
        {
            preview.checks.push(Check {
                verdict: Verdict::Warning,
                text: format!(
                    "the token's client id names {named}; {} is {ids}",
                    entry.name
                ),
            });
        }
    }

    /// One job on an identity at a time: a second key press is not a second exchange. Says so where it is busy.
    pub fn is_busy(&mut self, identity: Uuid) -> bool {
        let Some(work) = self.model.tasks.on(identity).map(|task| task.work) else {
            return false;
        };
        let hint = if work.can_be_cancelled() {
            ": Ctrl-C cancels"
        } else {
            ""
        };
        self.say(Tone::Note, format!("still {}{hint}", work.words()));
        true
    }
}

impl Deref for Cx<'_> {
    type Target = Model;
    fn deref(&self) -> &Model {
        self.model
    }
}

impl DerefMut for Cx<'_> {
    fn deref_mut(&mut self) -> &mut Model {
        self.model
    }
}
