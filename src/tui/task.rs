//! Running tasks. The result of an unknown id is dropped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use aemkeys_core::credential::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// The status of the job that a page waits for, shown in the same way on every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageStatus {
    /// No job is running.
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

/// The kind of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Copy,
    /// Text without secrets.
    CopyText,
    Exchange,
    /// An automatic exchange.
    AutoRefresh,
    Test,
    /// A call with any method.
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
    /// Tasks that write to the storage can't be cancelled, so that no write is left half done. A rotation can continue
    /// after an interruption.
    pub fn can_be_cancelled(self) -> bool {
        match self {
            Self::Call
            | Self::Copy
            | Self::CopyText
            | Self::Exchange
            | Self::AutoRefresh
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
            Self::Copy => "getting a token for",
            Self::CopyText => "copying",
            Self::Exchange | Self::AutoRefresh => "exchanging",
            Self::Test => "testing",
            Self::Call => "calling",
            Self::Recognise => "recognising",
            Self::Store => "storing",
            Self::PasteToken => "testing the token of",
            Self::Edit => "saving",
            Self::Remove => "removing",
            Self::Invalidate => "invalidating",
            Self::Rotate => "rotating",
            Self::Leak => "handling the leak of",
            Self::Claims => "reading",
            Self::Doctor => "checking",
            Self::Open => "opening",
            Self::ChooseStorage => "creating",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub work: Work,
    pub identity: Option<Uuid>,
    /// The name of its subject, for messages.
    pub name: String,
    pub since: Timestamp,
    /// The batch that it belongs to; a batch has one progress page.
    pub batch: Option<u64>,
}

/// The running tasks.
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

    /// Returns `None` if the task was cancelled, so that its result is dropped.
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

    /// Returns the oldest task of an identity.
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
