//! Messages to the dashboard: input events, clock ticks and results of jobs, each with its time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::action::Action;
use super::effect::ImportId;
use super::keymap::KeyPress;
use super::model::ListOrder;
use super::task::TaskId;
use crate::app::add::{Added, Preview};
use crate::app::discover::Discovered;
use crate::app::doctor::Finding;
use crate::app::leaked::Checklist;
use crate::app::rotate::{Progress, Rotated};
use crate::app::storage::{PassphraseRequest, PassphraseStrength, StorageStatus};
use crate::app::token::Pasted;
use crate::app::{Index, TierResult, Wait};
use aemkeys_core::credential::{Guidance, Problem, Secret, TokenFacts};
use aemkeys_core::environment::Tier;

/// An event with its time, because `update` has no clock.
#[derive(Debug)]
pub struct Message {
    pub at: Timestamp,
    pub event: Event,
}

#[derive(Debug)]
pub enum Event {
    Key(KeyPress),
    /// A paste, the only event with a secret; it goes directly into an effect.
    Paste(Secret),
    Click(ClickTarget),
    /// A click with the right button.
    MenuClick(ClickTarget),
    /// A turn of the mouse wheel.
    Scroll {
        /// Positive values scroll down.
        lines: i16,
        /// The target under the pointer.
        on: Option<ClickTarget>,
    },
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Whether the terminal has the focus.
    Focus(bool),
    /// The clock has advanced.
    Clock,
    /// Progress of a rotation.
    Rotating {
        task: TaskId,
        progress: Progress,
    },
    /// A job has ended.
    Done {
        task: TaskId,
        result: Result<JobOutcome, Problem>,
    },
    /// The index was read again after a change by this or another process.
    Index(Arc<Index>),
    /// The index can't be read; the dashboard shows the previous one.
    IndexLost(Problem),
    /// The files that continue a typed path.
    FilesListed {
        of: String,
        names: Vec<String>,
    },
    /// The status of the storage.
    StorageChecked(Result<StorageStatus, Problem>),
    /// Whether a job has been waiting for the storage for some time.
    StorageWaits(Option<Wait>),
    /// The passphrase file needs its passphrase.
    PassphraseWanted(PassphraseRequest),
    /// A local server has answered a request.
    Served {
        identity: Uuid,
        request: ServedRequest,
    },
    /// Another program could not show a text.
    NotShown(Problem),
    /// The strength of the new passphrase, after each change; `None` if it is empty.
    PassphraseStrength(Option<PassphraseStrength>),
    /// An older copy of the storage file was restored.
    OlderStorage(Problem),
    /// The system asks the process to exit.
    Terminate,
}

/// A click target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClickTarget {
    Row(Uuid),
    /// The heading of a customer, in lower case.
    Group(String),
    /// The title of a column.
    SortBy(ListOrder),
    List,
    Detail,
    Hint(Action),
    /// A field or button of the form on top.
    Field(usize),
    /// A row of the page on top.
    Item(usize),
    /// The page on top, outside of its rows.
    Overlay,
    /// Beside the page on top.
    Outside,
}

/// The result of a successful job.
#[derive(Debug)]
pub enum JobOutcome {
    Copied(CopyOutcome),
    Exchanged(ExchangeOutcome),
    Tested(Vec<TierResult>),
    Recognised(Box<Recognised>),
    Stored(Added),
    TokenPasted(Pasted),
    Rotated(Box<Renewal>),
    Ticked(String),
    /// The current checklist.
    Leaked(Box<Checklist>),
    /// A text to show, for example after a save or removal.
    Said(String),
    /// The same, of a change that can be undone.
    Undoable(String),
    /// The same, of an action on several environments that was stopped by an error.
    Partly(String, Problem),
    /// With the identities that are restored.
    Undone(Vec<Uuid>),
    Claims(String),
    Called(Called),
    Examined(Vec<Finding>),
    Discovered(Box<Discovered>),
    /// The name of the storage in the header.
    StorageChosen(&'static str),
    ServerStarted(ServerStarted),
}

/// A local server that has started, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStarted {
    pub identity: Uuid,
    pub name: String,
    pub tier: Tier,
    /// For example `localhost:4592`.
    pub host: String,
    pub is_read_only: bool,
    pub warnings: Vec<Guidance>,
}

/// A request to a local server: no query, no header, no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedRequest {
    pub method: String,
    /// Without the secret.
    pub path: String,
    pub status: u16,
    pub elapsed: Duration,
}

/// A finished rotation or return to the old credential.
#[derive(Clone, Debug)]
pub struct Renewal {
    pub rotated: Rotated,
    pub went_back: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOutcome {
    /// For example "token", "curl command" or "address".
    pub what: String,
    /// False if it was copied by the terminal, which can't clear it.
    pub can_be_cleared: bool,
    pub warnings: Vec<Guidance>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeOutcome {
    pub facts: TokenFacts,
    pub warnings: Vec<Guidance>,
}

/// The response of AEM to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The method and the address.
    pub asked: String,
    pub status: u16,
    /// The headers to show, one per line.
    pub headers: Vec<String>,
    pub body: String,
    pub body_cut: bool,
}

/// A recognised input. The runtime holds the input itself under its id.
#[derive(Clone, Debug)]
pub struct Recognised {
    pub import: ImportId,
    pub preview: Preview,
}
