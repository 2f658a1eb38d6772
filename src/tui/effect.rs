//! What shall be done outside? Values that tests compare; the runtime carries them out and sends one message back.

use uuid::Uuid;

use super::model::{Request, TaskId};
use crate::app::guide::{Key, Ticks};
use crate::app::present::Format;
use crate::credential::Secret;
use crate::environment::{Approval, EnvironmentType, Tier};

/// A recognised input that waits in the runtime until it is stored or dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportId(pub u64);

/// `typed`: the name that a person typed to confirm; the guard compares it with the storage.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    Copy {
        task: TaskId,
        identity: Uuid,
        format: Format,
    },
    /// A text without a secret: a report, an address, a curl line.
    CopyText {
        task: TaskId,
        what: &'static str,
        text: String,
    },
    ClearClipboard,
    /// Ticks of one guide, for the next start.
    KeepTicks {
        guides: Ticks,
        key: Key,
    },
    Exchange {
        task: TaskId,
        identity: Uuid,
    },
    Test {
        task: TaskId,
        identity: Uuid,
        tiers: Vec<Tier>,
        path: Option<String>,
    },
    /// Another method than GET, or one tier alone.
    Call {
        task: TaskId,
        identity: Uuid,
        request: Request,
        typed: Option<String>,
    },
    /// A pasted text: what is it?
    Recognise {
        task: TaskId,
        input: Secret,
    },
    ReadFile {
        task: TaskId,
        path: String,
    },
    Store {
        task: TaskId,
        import: ImportId,
        fields: AddFields,
    },
    StoreLocal {
        task: TaskId,
        fields: AddFields,
    },
    Rotate {
        task: TaskId,
        identity: Uuid,
        way: Way,
        typed: Option<String>,
    },
    /// The new credential that is not proven.
    Discard {
        task: TaskId,
        identity: Uuid,
        typed: Option<String>,
    },
    DropRevision {
        task: TaskId,
        identity: Uuid,
        revision: u32,
        typed: Option<String>,
    },
    /// Has this one the new credential?
    Tick {
        task: TaskId,
        identity: Uuid,
        who: String,
        has: bool,
    },
    Leaked {
        task: TaskId,
        identity: Uuid,
        /// `None`: the one that is marked, else the active one.
        revision: Option<u32>,
        work: LeakWork,
        typed: Option<String>,
    },
    /// The person closed the page: forget what was recognised.
    DropImport(ImportId),
    PastePersonalToken {
        task: TaskId,
        import: ImportId,
        environment: Uuid,
        identity: Option<Uuid>,
    },
    Edit {
        task: TaskId,
        environment: Uuid,
        identity: Uuid,
        fields: EditFields,
        typed: Option<String>,
    },
    KeepFresh {
        task: TaskId,
        identity: Uuid,
        on: bool,
    },
    RemoveIdentity {
        task: TaskId,
        identity: Uuid,
        typed: Option<String>,
    },
    RemoveEnvironment {
        task: TaskId,
        environment: Uuid,
        typed: Option<String>,
    },
    Invalidate {
        task: TaskId,
        identity: Uuid,
        typed: Option<String>,
    },
    Claims {
        task: TaskId,
        identity: Uuid,
    },
    OpenBrowser {
        task: TaskId,
        url: String,
    },
    RunDoctor {
        task: TaskId,
    },
    /// Does the storage answer? Nobody is asked for a password.
    LookAtStorage,
    /// Into the first or the second field.
    TypePassphrase {
        again: bool,
        typed: Typed,
    },
    /// To the storage, which waits for it.
    GivePassphrase,
    RefusePassphrase,
    ForgetPassphrase,
    MakePassphraseFile {
        task: TaskId,
    },
    ReloadIndex,
    Cancel(TaskId),
    Suspend,
    Quit,
}

/// How a credential is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    With(ImportId),
    /// From wherever it was interrupted.
    GoOn,
    GoBack,
}

/// What is done after a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakWork {
    Look,
    Mark,
    /// IMS is asked.
    ConfirmRevoked,
    Invalidate,
    Delete,
}

/// What a key does to a passphrase.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Add(Secret),
    Backspace,
    Clear,
}

/// What a person typed on the add page; checked already where it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddFields {
    pub name: String,
    pub label: String,
    pub environment_type: Option<EnvironmentType>,
    pub customer: String,
    pub author: String,
    pub publish: String,
    pub preview: String,
    pub publish_domain: String,
    /// What a person typed to confirm it.
    pub trusted: Vec<Approval>,
}

/// Fields that are `Some` were changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditFields {
    pub name: Option<String>,
    pub label: Option<String>,
    pub environment_type: Option<EnvironmentType>,
    pub customer: Option<String>,
    pub author: Option<String>,
    pub publish: Option<String>,
    pub preview: Option<String>,
    pub publish_domain: Option<String>,
    /// What a person typed to confirm it.
    pub trusted: Vec<Approval>,
    pub console_url: Option<String>,
    pub notes: Option<String>,
    pub used_by: Option<Vec<String>>,
}

impl EditFields {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
