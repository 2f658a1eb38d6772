//! Side effects as values, which the runtime performs and tests can compare.

use crossterm::event::{KeyCode, KeyModifiers};
use uuid::Uuid;

use super::document::Document;
use super::keymap::KeyPress;
use super::request::CallRequest;
use super::task::{TaskId, Work};
use crate::app::add::AddOptions;
use crate::app::discover::change::Change;
use crate::app::edit::{Edit, EditIdentity};
use crate::app::guide::{GuideKey, GuideTicks};
use crate::app::panel_split::PanelSplit;
use crate::app::show::Viewer;
use crate::app::token::TokenHolder;
use crate::app::token_format::TokenFormat;
use aemkeys_core::credential::Secret;
use aemkeys_core::environment::{Name, Tier};

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
    SaveSplit(PanelSplit),
    /// Drops a recognised input, because its page was closed.
    DropImport(ImportId),
    /// Lists the files that continue a typed path.
    ListFiles(String),
    /// Checks the storage without a password prompt.
    LookAtStorage,
    /// Edits the first or the second passphrase field.
    TypePassphrase {
        again: bool,
        typed: Typed,
    },
    /// Passes the passphrase to the waiting storage.
    /// A new one was typed twice.
    GivePassphrase {
        is_new: bool,
    },
    RefusePassphrase,
    ForgetPassphrase,
    ReloadIndex,
    StopServer(Uuid),
    Suspend,
    /// Notifies the user of something that is not secret.
    Notify(String),
    /// Lets another program show a text on the terminal.
    Show(Viewer, Document),
    Quit {
        /// Leave a copied text on the clipboard for its remaining seconds.
        keep_clipboard: bool,
    },
}

/// A background job.
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
    /// Saves a text without secrets in a new file.
    SaveText {
        path: String,
        text: String,
        /// Whether an existing file is replaced.
        replace: bool,
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
    /// Recognises a pasted text.
    Recognise {
        input: Secret,
    },
    ReadFile {
        path: String,
    },
    Store {
        /// `None` for a local SDK.
        import: Option<ImportId>,
        options: Box<AddOptions>,
    },
    /// Records whether a program that uses the credential has the new one.
    Tick {
        identity: Uuid,
        who: String,
        has: bool,
    },
    PasteToken {
        import: ImportId,
        target: TokenTarget,
    },
    Guarded {
        act: GuardedAct,
        /// The name typed as confirmation; the guard compares it with the storage.
        typed: Option<String>,
    },
    SetAutoRefresh {
        identity: Uuid,
        on: bool,
    },
    /// Undoes the last action that removed or edited something.
    Undo {
        what: String,
    },
    Claims {
        identity: Uuid,
    },
    OpenBrowser {
        url: String,
    },
    RunDoctor,
    /// Lists the environments of Cloud Manager, signed in with this identity, or with the only one that can.
    Discover {
        with: Option<String>,
        refresh: bool,
    },
    /// Makes these changes to stored environments, as one action.
    FillIn(Vec<Change>),
    MakePassphraseFile,
    /// Starts a local server that forwards to the tier.
    Serve {
        identity: Uuid,
        tier: Tier,
    },
    /// Copies the address of a local server, which contains its secret.
    CopyAddress {
        identity: Uuid,
    },
}

/// The texts about a job.
struct JobFacts<'a> {
    work: Work,
    identity: Option<Uuid>,
    subject: &'a str,
}

impl Job {
    pub fn work(&self) -> Work {
        self.facts().work
    }

    /// The identity that is busy while the job runs.
    pub fn identity(&self) -> Option<Uuid> {
        self.facts().identity
    }

    /// The subject of a job without an identity, for messages.
    pub fn subject(&self) -> &str {
        self.facts().subject
    }

    fn facts(&self) -> JobFacts<'_> {
        let of = |work, identity: &Uuid| (work, Some(*identity), "");
        let (work, identity, subject) = match self {
            Self::Copy { identity, .. } => of(Work::Copy, identity),
            Self::CopyText { what, .. } => (Work::CopyText, None, *what),
            Self::SaveText { path, .. } => (Work::SaveText, None, path.as_str()),
            Self::Exchange { identity } => of(Work::Exchange, identity),
            Self::Refresh { identity } => of(Work::AutoRefresh, identity),
            Self::Test { identity, .. } => of(Work::Test, identity),
            Self::Recognise { .. } => (Work::Recognise, None, "the pasted text"),
            Self::ReadFile { .. } => (Work::Recognise, None, "the file"),
            Self::Store { options, .. } => {
                let name = options.name.as_ref().map_or("", Name::as_str);
                (Work::Store, None, name)
            }
            Self::PasteToken { target, .. } => (Work::PasteToken, None, target.name.as_str()),
            Self::Tick { identity, .. } | Self::SetAutoRefresh { identity, .. } => {
                of(Work::Edit, identity)
            }
            Self::Claims { identity } => of(Work::Claims, identity),
            Self::Serve { identity, .. } => of(Work::Serve, identity),
            Self::CopyAddress { identity } => of(Work::CopyAddress, identity),
            Self::OpenBrowser { url } => (Work::Open, None, url.as_str()),
            Self::RunDoctor => (Work::Doctor, None, "this machine"),
            Self::Discover { .. } => (Work::Discover, None, "Cloud Manager"),
            Self::FillIn(changes) => {
                let first = changes.first();
                (Work::Edit, None, first.map_or("", |it| it.name.as_str()))
            }
            Self::MakePassphraseFile => (Work::ChooseStorage, None, "the passphrase file"),
            Self::Undo { what } => (Work::Undo, None, what.as_str()),
            Self::Guarded { act, .. } => match act {
                GuardedAct::Call(identity, _) => of(Work::Call, identity),
                GuardedAct::RemoveIdentity(identity) => of(Work::Remove, identity),
                GuardedAct::RemoveEnvironment(_, name) => (Work::Remove, None, name.as_str()),
                GuardedAct::Invalidate(identity) => of(Work::Invalidate, identity),
                GuardedAct::Rotate(identity, _) => of(Work::Rotate, identity),
                GuardedAct::Leaked(identity, ..) => of(Work::Leak, identity),
                GuardedAct::Store(identity, ..) => of(Work::Store, identity),
                GuardedAct::Discard(identity) | GuardedAct::DropRevision(identity, _) => {
                    of(Work::Edit, identity)
                }
                GuardedAct::Edit(edits) => of(Work::Edit, &edits.identity),
            },
        };
        JobFacts {
            work,
            identity,
            subject,
        }
    }
}

/// A job that may need confirmation; the guard decides that from the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardedAct {
    /// A request with another method than GET.
    Call(Uuid, Box<CallRequest>),
    RemoveIdentity(Uuid),
    /// The environment and its name.
    RemoveEnvironment(Uuid, String),
    Invalidate(Uuid),
    Rotate(Uuid, RotationMode),
    /// Discards the candidate.
    Discard(Uuid),
    DropRevision(Uuid, u32),
    /// The revision is `None` for the marked one, else the active one.
    Leaked(Uuid, Option<u32>, LeakWork),
    Edit(Box<Edits>),
    /// Stores an input that replaces the content of this identity.
    Store(Uuid, ImportId, Box<AddOptions>),
}

impl GuardedAct {
    /// The verb on the button that confirms it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Call(_, request) => request.method.as_str(),
            Self::RemoveIdentity(_) | Self::RemoveEnvironment(..) => "Remove",
            Self::Invalidate(_) | Self::Leaked(_, _, LeakWork::Invalidate) => "Invalidate token",
            Self::Rotate(_, RotationMode::GoBack) => "Go back",
            Self::Rotate(..) => "Rotate",
            Self::Discard(_) => "Discard",
            Self::DropRevision(..) | Self::Leaked(_, _, LeakWork::Delete) => "Delete",
            Self::Leaked(_, _, LeakWork::Mark) => "Mark as leaked",
            Self::Leaked(_, _, LeakWork::Show | LeakWork::ConfirmRevoked) => "Check",
            Self::Edit(_) => "Save",
            Self::Store(..) => "Store",
        }
    }
}

/// The changes of the edit page: to an environment, and to one of its identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edits {
    pub environment: Uuid,
    pub identity: Uuid,
    pub shared: Edit,
    pub own: EditIdentity,
}

/// The destination of a pasted development token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenTarget {
    pub environment: Uuid,
    pub holder: TokenHolder,
    /// The name of the environment.
    pub name: String,
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
    pub fn of(key: KeyPress) -> Option<Self> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u' | 'w') | KeyCode::Backspace if control => Some(Self::Clear),
            KeyCode::Backspace => Some(Self::Backspace),
            _ => None,
        }
    }
}
