//! Side effects as values, which the runtime performs and tests can compare.

use crossterm::event::{KeyCode, KeyModifiers};
use uuid::Uuid;

use super::request::CallRequest;
use super::task::{TaskId, Work};
use crate::app::guide::{GuideKey, GuideTicks};
use crate::app::token_format::TokenFormat;
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Approval, EnvironmentType, Tier};

/// A recognised input, held by the runtime until it is stored or dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportId(pub u64);

#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Starts a job. One message with this id reports its result, unless it is cancelled.
    Run(TaskId, Job),
    Cancel(TaskId),
    ClearClipboard,
    /// Saves the ticks of one guide.
    SaveTicks {
        guides: GuideTicks,
        key: GuideKey,
    },
    /// Drops a recognised input, because its page was closed.
    DropImport(ImportId),
    /// Checks the storage without a password prompt.
    LookAtStorage,
    /// Edits the first or the second passphrase field.
    TypePassphrase {
        again: bool,
        typed: Typed,
    },
    /// Passes the passphrase to the waiting storage.
    GivePassphrase,
    RefusePassphrase,
    ForgetPassphrase,
    ReloadIndex,
    Suspend,
    Quit,
}

/// A background job. `typed` is the name typed as confirmation; the guard compares it with the storage.
///
/// [`Job::work`] returns its kind, which decides whether it can be cancelled. It ends with an
/// [`JobOutcome`](super::message::JobOutcome) or a problem.
#[derive(Debug, PartialEq, Eq)]
pub enum Job {
    Copy {
        identity: Uuid,
        format: TokenFormat,
    },
    /// Text without secrets: a report, an address, a curl command.
    CopyText {
        what: &'static str,
        text: String,
    },
    Exchange {
        identity: Uuid,
    },
    /// An automatic exchange of a token with auto-refresh.
    Refresh {
        identity: Uuid,
    },
    Test {
        identity: Uuid,
        tiers: Vec<Tier>,
        path: Option<String>,
    },
    /// A request with another method than GET, or to one tier only.
    Call {
        identity: Uuid,
        request: CallRequest,
        typed: Option<String>,
    },
    /// Recognises a pasted text.
    Recognise {
        input: Secret,
    },
    ReadFile {
        path: String,
    },
    Store {
        import: ImportId,
        fields: Box<AddFields>,
        typed: Option<String>,
    },
    StoreLocal {
        fields: Box<AddFields>,
    },
    Rotate {
        identity: Uuid,
        way: RotationMode,
        typed: Option<String>,
    },
    /// Discards the candidate.
    Discard {
        identity: Uuid,
        typed: Option<String>,
    },
    DropRevision {
        identity: Uuid,
        revision: u32,
        typed: Option<String>,
    },
    /// Records whether a program that uses the credential has the new one.
    Tick {
        identity: Uuid,
        who: String,
        has: bool,
    },
    Leaked {
        identity: Uuid,
        /// `None`: the marked revision, else the active one.
        revision: Option<u32>,
        work: LeakWork,
        typed: Option<String>,
    },
    PasteToken {
        import: ImportId,
        environment: Uuid,
        identity: Option<Uuid>,
        /// The name of the environment.
        name: String,
    },
    Edit {
        environment: Uuid,
        identity: Uuid,
        fields: Box<EditFields>,
        typed: Option<String>,
    },
    SetAutoRefresh {
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
            Self::Refresh { .. } => Work::AutoRefresh,
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
            | Self::SetAutoRefresh { .. } => Work::Edit,
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
            | Self::SetAutoRefresh { identity, .. }
            | Self::RemoveIdentity { identity, .. }
            | Self::Invalidate { identity, .. }
            | Self::Claims { identity } => Some(*identity),
            _ => None,
        }
    }

    /// The subject of a job without an identity, for messages.
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

/// How a rotation starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationMode {
    With(ImportId),
    /// Continues an interrupted rotation.
    Continue,
    GoBack,
}

/// A step after a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakWork {
    Show,
    Mark,
    /// Asks IMS.
    ConfirmRevoked,
    Invalidate,
    Delete,
}

/// An edit of a passphrase.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Add(Secret),
    Backspace,
    Clear,
}

impl Typed {
    /// Backspace deletes a character and Ctrl-U all; there is no cursor movement.
    pub fn of(key: super::keymap::KeyPress) -> Option<Self> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u' | 'w') | KeyCode::Backspace if control => Some(Self::Clear),
            KeyCode::Backspace => Some(Self::Backspace),
            _ => None,
        }
    }
}

/// The input of the add page, validated as far as possible.
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
    /// The name typed as confirmation.
    pub trusted: Vec<Approval>,
}

/// The changed fields; `None` means unchanged.
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
    /// The name typed as confirmation.
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
