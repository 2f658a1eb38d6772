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

/// The table of the kinds of tasks: name, whether it can be cancelled, and what it does.
macro_rules! works {
    ($($(#[$doc:meta])* $work:ident $cancellable:literal $words:literal,)*) => {
        /// The kind of a task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Work {
            $($(#[$doc])* $work,)*
        }

        impl Work {
            /// Tasks that write to the storage can't be cancelled, so that no write is left half done. A rotation can
            /// continue after an interruption.
            pub fn can_be_cancelled(self) -> bool {
                match self {
                    $(Self::$work => $cancellable,)*
                }
            }

            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$work => $words,)*
                }
            }
        }
    };
}

works! {
    Copy true "getting a token for",
    /// Text without secrets.
    CopyText true "copying",
    SaveText false "saving",
    Exchange true "exchanging",
    /// An automatic exchange.
    AutoRefresh true "exchanging",
    Test true "testing",
    /// A call with any method.
    Call true "calling",
    Recognise true "recognising",
    Store false "storing",
    PasteToken false "testing the token of",
    Edit false "saving",
    Remove false "removing",
    Undo false "undoing the",
    Invalidate false "invalidating",
    Rotate true "rotating",
    Leak false "handling the leak of",
    Claims true "reading",
    Doctor true "checking",
    Discover true "asking",
    Open true "opening",
    ChooseStorage false "creating",
    Serve true "starting a server for",
    CopyAddress false "copying the address of",
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
