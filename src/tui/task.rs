//! What runs now, and what became of it? Work is known by its id; an answer to an id no longer known is dropped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use aemkeys_core::credential::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// How the work that a page waits for stands. Every page shows it the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageStatus {
    /// Nothing runs; what there is to show is shown.
    #[default]
    Ready,
    Running(TaskId),
    Failed(Problem),
    Cancelled,
}

impl PageStatus {
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::Running(task) => Some(*task),
            _ => None,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            _ => None,
        }
    }
}

/// What kind of work, as the screen says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Copy,
    /// A text without a secret.
    CopyText,
    Exchange,
    /// An exchange nobody asked for just now: keep fresh.
    KeepFresh,
    Test,
    /// Any call; it may write.
    Call,
    Recognise,
    Store,
    PasteToken,
    Edit,
    Remove,
    Invalidate,
    Rotate,
    Leak,
    Claims,
    Doctor,
    Open,
    ChooseStorage,
}

impl Work {
    /// What changes the storage comes to its end: half of it would be neither before nor after. A rotation goes on from
    /// wherever it was stopped.
    pub fn can_be_cancelled(self) -> bool {
        match self {
            Self::Call
            | Self::Copy
            | Self::CopyText
            | Self::Exchange
            | Self::KeepFresh
            | Self::Test
            | Self::Recognise
            | Self::Rotate
            | Self::Claims
            | Self::Doctor
            | Self::Open => true,
            Self::Store
            | Self::PasteToken
            | Self::Edit
            | Self::Remove
            | Self::Leak
            | Self::Invalidate
            | Self::ChooseStorage => false,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Copy => "getting a token to copy",
            Self::CopyText => "copying",
            Self::Exchange | Self::KeepFresh => "exchanging",
            Self::Test => "testing",
            Self::Call => "calling",
            Self::Recognise => "recognising",
            Self::Store => "storing",
            Self::PasteToken => "trying the token on author",
            Self::Edit => "saving",
            Self::Remove => "removing",
            Self::Invalidate => "invalidating",
            Self::Rotate => "renewing",
            Self::Leak => "looking after the leak of",
            Self::Claims => "reading",
            Self::Doctor => "examining",
            Self::Open => "opening",
            Self::ChooseStorage => "making",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub work: Work,
    pub identity: Option<Uuid>,
    /// The name it works on, for messages.
    pub name: String,
    pub since: Timestamp,
    /// Started together with others: they share one progress view.
    pub batch: Option<u64>,
}

/// All running work.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    running: BTreeMap<TaskId, Task>,
    last: u64,
}

impl Tasks {
    pub fn start(&mut self, task: Task) -> TaskId {
        self.last += 1;
        let id = TaskId(self.last);
        self.running.insert(id, task);
        id
    }

    /// `None`: it was cancelled meanwhile, the answer is dropped.
    pub fn finish(&mut self, id: TaskId) -> Option<Task> {
        self.running.remove(&id)
    }

    pub fn cancellable(&self) -> Vec<TaskId> {
        self.iter()
            .filter(|(_, task)| task.work.can_be_cancelled())
            .map(|(id, _)| id)
            .collect()
    }

    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.running.get(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.running.iter().map(|(id, task)| (*id, task))
    }

    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// The work on an identity that has run longest.
    pub fn on(&self, identity: Uuid) -> Option<&Task> {
        self.running
            .values()
            .find(|task| task.identity == Some(identity))
    }

    pub fn in_batch(&self, batch: u64) -> Vec<TaskId> {
        self.iter()
            .filter(|(_, task)| task.batch == Some(batch))
            .map(|(id, _)| id)
            .collect()
    }

    pub fn next_batch(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
