//! What happened? Keys, pastes, clicks, sizes, the clock, and what became of work. Each with the time it happened at.

use jiff::Timestamp;
use uuid::Uuid;

use super::action::Action;
use super::effect::ImportId;
use super::keymap::Key;
use super::task::TaskId;
use crate::app::add::Preview;
use crate::app::doctor::Finding;
use crate::app::leaked::Checklist;
use crate::app::rotate::{Progress, Rotated};
use crate::app::storage::StorageStatus;
use crate::app::{Index, TierResult, Wait};
use aemkeys_core::credential::{Problem, Secret, TokenFacts};

/// Something that happened, and when: `update` has no clock.
#[derive(Debug)]
pub struct Message {
    pub at: Timestamp,
    pub event: Event,
}

#[derive(Debug)]
pub enum Event {
    Key(Key),
    /// The only way of a secret through here: straight into an effect.
    Paste(Secret),
    Click(Target),
    /// The wheel.
    Scroll {
        /// Down is positive.
        lines: i16,
        /// What is under the pointer.
        on: Option<Target>,
    },
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Time has passed.
    Clock,
    /// A renewal got on.
    Rotating {
        task: TaskId,
        progress: Progress,
    },
    /// Work has ended.
    Done {
        task: TaskId,
        result: Result<Outcome, Problem>,
    },
    /// Read anew: this or another process changed it.
    Index(Box<Index>),
    /// It cannot be read now: what is shown is from before.
    IndexLost(Problem),
    /// Does the storage answer?
    StorageLooked(Result<StorageStatus, Problem>),
    /// Work waits for the storage and takes noticeably long, or no longer.
    StorageWaits(Option<Wait>),
    /// The passphrase file waits for its passphrase.
    PassphraseWanted {
        was_wrong: bool,
    },
    /// An older copy of the storage file was put back.
    OlderStorage(Problem),
    /// The system asks to end.
    Terminate,
}

/// What is under the mouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Row(Uuid),
    List,
    Detail,
    Hint(Action),
    /// Field or button of the form on top.
    Field(usize),
    /// Row of the page on top.
    Item(usize),
    /// In the overlay on top, on nothing.
    Overlay,
}

/// What a job ended with, when it succeeded.
#[derive(Debug)]
pub enum Outcome {
    Copied(Copied),
    Exchanged(Exchanged),
    Tested(Vec<TierResult>),
    Recognised(Box<Recognised>),
    Stored(Stored),
    TokenPasted(TokenPasted),
    Rotated(Box<Renewal>),
    /// What holds now.
    Ticked(String),
    Leaked(Box<Checklist>),
    /// Saved, removed, invalidated, opened: the text to show.
    Said(String),
    Claims(String),
    Called(Called),
    Examined(Vec<Finding>),
    /// The storage as the header names it.
    StorageChosen(&'static str),
}

/// A renewal that ended well, or a way back.
#[derive(Clone, Debug)]
pub struct Renewal {
    pub rotated: Rotated,
    pub went_back: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// "token", "curl line", "address".
    pub what: String,
    /// False for what the terminal took over: it cannot be cleared from here.
    pub can_be_cleared: bool,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    pub facts: TokenFacts,
    pub warnings: Vec<String>,
}

/// What AEM answered to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Method and address.
    pub asked: String,
    pub status: u16,
    /// Those worth showing, as lines.
    pub headers: Vec<String>,
    pub body: String,
    pub body_cut: bool,
}

/// What a pasted or read text is. The thing itself waits in the runtime under its id.
#[derive(Clone, Debug)]
pub struct Recognised {
    pub import: ImportId,
    pub preview: Preview,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub identity: Uuid,
    pub full_name: String,
    /// It was there before: nothing was written.
    pub already: bool,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPasted {
    pub identity: Uuid,
    pub full_name: String,
    /// What author said.
    pub proof: Option<String>,
    pub warnings: Vec<String>,
}
