//! Commands that pages send to the dashboard, and the context in which page handlers run.

use std::ops::{Deref, DerefMut};

use uuid::Uuid;

use super::action::{Action, Context};
use super::document::Document;
use super::effect::{Effect, GuardedAct, Job, TokenTarget};
use super::message::Recognised;
use super::model::Model;
use super::task::{PageStatus, Task, TaskId, Work};
use super::theme::Tone;
use super::widgets::{FieldId, Form};
use crate::app::add::Preview;
use crate::app::guide::Topic;
use crate::app::rotate::{Progress, Rotated};
use crate::app::storage::{PassphraseRequest, PassphraseStrength};
use crate::app::token_format::TokenFormat;
use aemkeys_core::credential::Problem;
use aemkeys_core::credential::{Check, CheckVerdict as Verdict};
use aemkeys_core::environment::Tier;

/// The pages below the stack, of which one is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Environments,
    Timeline,
    Activity,
    Doctor,
}

impl Tab {
    /// The action that shows it.
    pub fn action(self) -> Action {
        match self {
            Self::Environments => Action::PageEnvironments,
            Self::Timeline => Action::PageTimeline,
            Self::Activity => Action::PageActivity,
            Self::Doctor => Action::PageDoctor,
        }
    }
}

/// What the list of actions is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinderKind {
    Help,
    Palette,
}

/// A confirmation that requires the name.
#[derive(Clone, Debug)]
pub struct Confirmation {
    pub title: String,
    pub lines: Vec<String>,
    pub expected: String,
    pub then: GuardedAct,
}

/// A text without secrets to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyItem {
    pub what: &'static str,
    pub text: String,
}

impl CopyItem {
    pub fn new(what: &'static str, text: String) -> Self {
        Self { what, text }
    }
}

/// A command of a menu item, a confirmation or a page. Pages don't depend on each other, only on commands: the page on top
/// carries it out, or the page that it opens, or the dashboard.
#[derive(Clone, Debug)]
pub enum AppCommand {
    /// Performs an action, as if its key had been pressed.
    Perform(Action),
    Quit,
    /// Asks whether to quit while tasks are running, or, if true, although an open page has input that is not saved.
    AskToQuit(bool),
    /// Asks whether to discard the input of the page on top.
    AskToDiscard,
    /// Asks before an exchange of the marked identities.
    AskToExchange(Vec<Uuid>),
    /// Asks before the console links of these environments are set.
    AskToFillIn(Vec<String>),
    /// Makes the changes that were asked for.
    FillIn,
    /// Opens the page that creates the passphrase file, because there is no keyring for what is being stored.
    OfferPassphraseFile,
    /// Asks for the passphrase that the storage waits for.
    AskPassphrase(PassphraseRequest),
    /// Asks for the name before a guarded act.
    AskForName(Box<Confirmation>),
    /// Closes the page on top and discards its input.
    Discard,
    Cancel(Vec<TaskId>),
    /// The page above was closed.
    Resume,
    Search(String),
    Browse(String),
    Copy(Uuid, TokenFormat),
    ExchangeMany(Vec<Uuid>),
    TestMany(Vec<Uuid>),
    Test(Uuid, Option<String>),
    /// With the typed name.
    Do(GuardedAct, Option<String>),
    /// Stores a pasted development token.
    Store(Recognised, TokenTarget),
    OpenGuide(Topic, Option<Uuid>, Vec<String>),
    OpenText(String, Vec<String>),
    OpenConsole(Uuid),
    OpenHistory(Uuid),
    OpenPath(Uuid, Tier, Option<String>),
    OpenSearch,
    /// Opens the menu of the tiers that can be served.
    OpenServe(Uuid),
    Serve(Uuid, Tier),
    StopServer(Uuid),
    /// Opens the page of the servers, unless another one is open.
    ShowServers,
    CopyText(CopyItem),
    /// Opens the menu to copy something of an identity, or of the page.
    OpenCopyMenu(Option<Uuid>, Vec<CopyItem>),
    OpenSave(Document),
    /// Opens the details of the selected identity.
    OpenDetail,
    OpenUsedBy(Uuid, Option<Box<Rotated>>),
    OpenLeaked(Uuid),
    /// With a new credential that was already recognised.
    OpenRotate(Uuid, Option<Recognised>),
    /// Lists the actions of a context, to read or to choose from.
    OpenFinder(Context, FinderKind),
}

impl AppCommand {
    pub fn confirm(title: String, lines: &[&str], expected: &str, then: GuardedAct) -> Self {
        Self::AskForName(Box::new(Confirmation {
            title,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            expected: expected.to_owned(),
            then,
        }))
    }

    /// Opens the guide that helps, below the explanation, or only the explanation if there is no guide.
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

/// What every open page is told.
pub enum PageEvent<'e> {
    IndexChanged,
    /// A rotation has made progress.
    Rotating(TaskId, &'e Progress),
    /// The strength of the new passphrase has changed.
    PassphraseStrength(Option<PassphraseStrength>),
    /// A task has ended, with its error.
    TaskEnded(&'e Task, Option<&'e Problem>),
}

/// The model, and the effects and commands that a handler requests.
pub struct Cx<'m> {
    model: &'m mut Model,
    pub effects: Vec<Effect>,
    pub commands: Vec<AppCommand>,
    /// Closes the page whose handler runs.
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

    pub fn then(&mut self, command: AppCommand) {
        self.commands.push(command);
    }

    pub fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Starts a job, named after the identity or input that it works on.
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

    /// Reads and recognises the file whose path is in the form.
    pub fn read_file(&mut self, form: &mut Form, status: &mut PageStatus) {
        let path = form.text(FieldId::FILE).unwrap_or_default().to_owned();
        if path.is_empty() {
            let why = "paste the credential, or enter the path of the file";
            form.refuse(FieldId::FILE, why);
        } else {
            *status = PageStatus::Running(self.run(Job::ReadFile { path }));
        }
    }

    /// Closes a page and cancels its job.
    pub fn cancel_and_close(&mut self, status: &PageStatus) {
        self.then(AppCommand::Cancel(status.task().into_iter().collect()));
        self.close();
    }

    /// Closes a page with an import. Cancels the recognition, but not a running store.
    pub fn leave(&mut self, status: &PageStatus, import: Option<&Recognised>) {
        let task = status.task();
        let recognises = |task| {
            self.tasks
                .get(task)
                .is_some_and(|task| task.work == Work::Recognise)
        };
        if let Some(task) = task.filter(|task| recognises(*task)) {
            self.then(AppCommand::Cancel(vec![task]));
        } else if task.is_some() {
            return self.close();
        }
        if let Some(import) = import {
            self.emit(Effect::DropImport(import.import));
        }
        self.close();
    }

    /// Warns if the token names another environment than the target, because author would reject it.
    pub fn warn_of_other_environment(&self, environment: Uuid, preview: &mut Preview) {
        let Some(entry) = self.index.environment(environment) else {
            return;
        };
        if let Some((named, ids)) = preview.token_ids.zip(entry.ids)
            && named != ids
        {
            preview.checks.push(Check {
                verdict: Verdict::Warning,
                text: format!("the token belongs to {named}, and {} is {ids}", entry.name),
            });
        }
    }

    /// Returns whether a job is running for the identity, and tells the user. Only one job per identity runs at a time.
    pub fn is_busy(&mut self, identity: Uuid) -> bool {
        let Some(work) = self.model.tasks.on(identity).map(|task| task.work) else {
            return false;
        };
        let hint = if work.can_be_cancelled() {
            format!(": {} to cancel", self.press(Action::Interrupt))
        } else {
            String::new()
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
