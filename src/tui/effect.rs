//! What shall be done outside, as values that tests compare. The runtime carries them out.

use crossterm::event::{KeyCode, KeyModifiers};
use uuid::Uuid;

use super::request::Request;
use super::task::{TaskId, Work};
use crate::app::guide::{Key, Ticks};
use crate::app::token_format::Format;
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Approval, EnvironmentType, Tier};

/// A recognised input that waits in the runtime until it is stored or dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportId(pub u64);

#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Starts a job. Unless it is cancelled, one message with this id tells how it ended.
    Run(TaskId, Job),
    Cancel(TaskId),
    ClearClipboard,
    /// Saves the ticks of one guide for the next start.
    KeepTicks {
        guides: Ticks,
        key: Key,
    },
    /// Forgets what was recognised: the user closed its page.
    DropImport(ImportId),
    /// Checks whether the storage answers, without asking for a password.
    LookAtStorage,
    /// Changes the first or the second passphrase field.
    TypePassphrase {
        again: bool,
        typed: Typed,
    },
    /// Hands the passphrase to the storage, which waits for it.
    GivePassphrase,
    RefusePassphrase,
    ForgetPassphrase,
    ReloadIndex,
    Suspend,
    Quit,
}

/// Work that runs in the background. `typed` is the name that was typed to confirm it; the guard compares it with the
/// storage.
///
/// [`Job::work`] says what it is and whether it can be cancelled; it ends with one
/// [`Outcome`](super::message::Outcome) or a problem.
#[derive(Debug, PartialEq, Eq)]
pub enum Job {
    Copy {
        identity: Uuid,
        format: Format,
    },
    /// A text without a secret: a report, an address, a curl line.
    CopyText {
        what: &'static str,
        text: String,
    },
    Exchange {
        identity: Uuid,
    },
    /// An exchange that nobody asked for just now: the token is kept fresh.
    Refresh {
        identity: Uuid,
    },
    Test {
        identity: Uuid,
        tiers: Vec<Tier>,
        path: Option<String>,
    },
    /// Another method than GET, or one tier alone.
    Call {
        identity: Uuid,
        request: Request,
        typed: Option<String>,
    },
    /// Finds out what a pasted text is.
    Recognise {
        input: Secret,
    },
    ReadFile {
        path: String,
    },
    Store {
        import: ImportId,
        fields: Box<AddFields>,
    },
    StoreLocal {
        fields: Box<AddFields>,
    },
    Rotate {
        identity: Uuid,
        way: Way,
        typed: Option<String>,
    },
    /// Drops the new credential that has not been tested.
    Discard {
        identity: Uuid,
        typed: Option<String>,
    },
    DropRevision {
        identity: Uuid,
        revision: u32,
        typed: Option<String>,
    },
    /// Records whether a user of the credential has the new one.
    Tick {
        identity: Uuid,
        who: String,
        has: bool,
    },
    Leaked {
        identity: Uuid,
        /// `None`: the one that is marked, else the active one.
        revision: Option<u32>,
        work: LeakWork,
        typed: Option<String>,
    },
    PasteToken {
        import: ImportId,
        environment: Uuid,
        identity: Option<Uuid>,
        /// The environment's name.
        name: String,
    },
    Edit {
        environment: Uuid,
        identity: Uuid,
        fields: Box<EditFields>,
        typed: Option<String>,
    },
    KeepFresh {
        identity: Uuid,
        on: bool,
    },
    RemoveIdentity {
        identity: Uuid,
        typed: Option<String>,
    },
    RemoveEnvironment {
        environment: Uuid,
        name: String,
        typed: Option<String>,
    },
    Invalidate {
        identity: Uuid,
        typed: Option<String>,
    },
    Claims {
        identity: Uuid,
    },
    OpenBrowser {
        url: String,
    },
    RunDoctor,
    MakePassphraseFile,
}

impl Job {
    pub fn work(&self) -> Work {
        match self {
            Self::Copy { .. } => Work::Copy,
            Self::CopyText { .. } => Work::CopyText,
            Self::Exchange { .. } => Work::Exchange,
            Self::Refresh { .. } => Work::KeepFresh,
            Self::Test { .. } => Work::Test,
            Self::Call { .. } => Work::Call,
            Self::Recognise { .. } | Self::ReadFile { .. } => Work::Recognise,
            Self::Store { .. } | Self::StoreLocal { .. } => Work::Store,
            Self::PasteToken { .. } => Work::PasteToken,
            Self::Rotate { .. } => Work::Rotate,
            Self::Leaked { .. } => Work::Leak,
            Self::Discard { .. }
            | Self::DropRevision { .. }
            | Self::Tick { .. }
            | Self::Edit { .. }
            | Self::KeepFresh { .. } => Work::Edit,
            Self::RemoveIdentity { .. } | Self::RemoveEnvironment { .. } => Work::Remove,
            Self::Invalidate { .. } => Work::Invalidate,
            Self::Claims { .. } => Work::Claims,
            Self::OpenBrowser { .. } => Work::Open,
            Self::RunDoctor => Work::Doctor,
            Self::MakePassphraseFile => Work::ChooseStorage,
        }
    }

    /// The identity that is busy while the job runs.
    pub fn identity(&self) -> Option<Uuid> {
        match self {
            Self::Copy { identity, .. }
            | Self::Exchange { identity }
            | Self::Refresh { identity }
            | Self::Test { identity, .. }
            | Self::Call { identity, .. }
            | Self::Rotate { identity, .. }
            | Self::Discard { identity, .. }
            | Self::DropRevision { identity, .. }
            | Self::Tick { identity, .. }
            | Self::Leaked { identity, .. }
            | Self::Edit { identity, .. }
            | Self::KeepFresh { identity, .. }
            | Self::RemoveIdentity { identity, .. }
            | Self::Invalidate { identity, .. }
            | Self::Claims { identity } => Some(*identity),
            _ => None,
        }
    }

    /// What a job without an identity works on, for messages.
    pub fn subject(&self) -> &str {
        match self {
            Self::CopyText { what, .. } => what,
            Self::Recognise { .. } => "the pasted text",
            Self::ReadFile { .. } => "the file",
            Self::Store { fields, .. } | Self::StoreLocal { fields } => &fields.name,
            Self::PasteToken { name, .. } | Self::RemoveEnvironment { name, .. } => name,
            Self::OpenBrowser { url } => url,
            Self::RunDoctor => "this machine",
            Self::MakePassphraseFile => "the passphrase file",
            _ => "",
        }
    }
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

impl Typed {
    /// Backspace takes a letter, Ctrl-U all; there is nothing to move about in.
    pub fn of(key: super::keymap::Key) -> Option<Self> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u' | 'w') | KeyCode::Backspace if control => Some(Self::Clear),
            KeyCode::Backspace => Some(Self::Backspace),
            _ => None,
        }
    }
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
