//! Which pages can lie over the dashboard? A stack of values: the top one owns the input, Esc takes it away.

use uuid::Uuid;

use super::{Form, LeakedPage, Method, Remote, RenewedPage, Request, RotatePage, TaskId, TextLine};
use crate::app::TierResult;
use crate::app::add::Preview;
use crate::app::guide::{Guide, Key, Step, Topic};
use crate::app::present::Format;
use crate::credential::Problem;
use crate::environment::Tier;
use crate::tui::action::{Action, Context};
use crate::tui::effect::{EditFields, ImportId, LeakWork, Way};

#[derive(Clone, Debug)]
pub enum Overlay {
    Add(Box<AddPage>),
    Edit(EditPage),
    Confirm(Confirm),
    Rotate(Box<RotatePage>),
    Renewed(Box<RenewedPage>),
    Leaked(Box<LeakedPage>),
    Test(Box<TestPage>),
    Menu(Menu),
    Viewer(Viewer),
    Guide(Box<GuidePage>),
    Errors(ErrorsPage),
    Finder(Finder),
    Line(LinePrompt),
    Paste(Box<PastePage>),
    Progress(Progress),
    Question(Question),
    Passphrase(PassphrasePage),
}

/// Adding: first the thing, then what was recognised and the choices.
#[derive(Clone, Debug)]
pub struct AddPage {
    pub form: Form,
    pub recognised: Option<Import>,
    pub local: bool,
    /// The row a pasted token would go to: the one under the cursor when it was recognised.
    pub here: Option<PastePage>,
    /// The button said "and exchange".
    pub exchange_after: bool,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

/// What was recognised; the thing itself waits in the runtime.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub preview: Preview,
}

#[derive(Clone, Debug)]
pub struct EditPage {
    pub environment: Uuid,
    pub identity: Uuid,
    pub name: String,
    pub form: Form,
    /// As it was when the page was opened: only what differs is saved.
    pub before: Form,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

/// What follows a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Quit,
    /// The page below is closed, with what was changed on it.
    Discard,
    ExchangeMany(Vec<Uuid>),
    RemoveIdentity(Uuid),
    RemoveEnvironment(Uuid),
    Invalidate(Uuid),
    Rotate(Uuid, Way),
    /// The new one that is not proven.
    DropCandidate(Uuid),
    DropRevision(Uuid, u32),
    Leaked(Uuid, u32, LeakWork),
    Call(Uuid, Box<Request>),
    /// The environment, the identity of the row, and what was changed.
    Edit(Uuid, Uuid, Box<EditFields>),
}

/// Done only after the name was typed.
#[derive(Clone, Debug)]
pub struct Confirm {
    pub title: String,
    pub lines: Vec<String>,
    pub expected: String,
    pub form: Form,
    pub then: Then,
}

#[derive(Clone, Debug)]
pub struct TestPage {
    pub identity: Uuid,
    pub name: String,
    /// `None`: who am I.
    pub path: Option<String>,
    pub results: Remote<Vec<TierResult>>,
    /// Bodies made readable, in the order of the results.
    pub bodies: Vec<Vec<String>>,
    pub tier: usize,
    pub scroll: usize,
    pub search: Search,
}

/// A search in text, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub text: String,
    /// Lines it is found on.
    pub lines: Vec<usize>,
    pub at: usize,
}

impl Search {
    pub fn run(text: &str, lines: &[String]) -> Self {
        let wanted = text.to_lowercase();
        let found = if wanted.is_empty() {
            Vec::new()
        } else {
            lines
                .iter()
                .enumerate()
                .filter(|(_, line)| line.to_lowercase().contains(&wanted))
                .map(|(at, _)| at)
                .collect()
        };
        Self {
            text: text.to_owned(),
            lines: found,
            at: 0,
        }
    }

    /// The next or previous line, going round at the ends.
    pub fn step(&mut self, forward: bool) -> Option<usize> {
        let count = self.lines.len();
        if count == 0 {
            return None;
        }
        self.at = if forward {
            (self.at + 1) % count
        } else {
            (self.at + count - 1) % count
        };
        self.lines.get(self.at).copied()
    }

    pub fn line(&self) -> Option<usize> {
        self.lines.get(self.at).copied()
    }
}

#[derive(Clone, Debug)]
pub struct Menu {
    pub title: String,
    pub items: Vec<MenuItem>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuItem {
    pub title: String,
    pub note: String,
    /// Why it cannot be chosen.
    pub off: Option<String>,
    pub danger: bool,
    pub choice: Choice,
}

/// What choosing a line of a menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Copy(Uuid, Format),
    Open(String),
    TestPath(Uuid, String),
    Guide(Topic, Option<Uuid>),
    UsedBy(Uuid),
    Leaked(Uuid),
    Confirm {
        title: String,
        lines: Vec<String>,
        expected: String,
        then: Then,
    },
}

#[derive(Clone, Debug)]
pub struct Viewer {
    pub title: String,
    pub text: Remote<Vec<String>>,
    pub scroll: usize,
    pub search: Search,
}

/// A guide, and what led to it.
#[derive(Clone, Debug)]
pub struct GuidePage {
    pub guide: Guide,
    /// Whose ticks.
    pub key: Key,
    /// The verdict or error it was opened from; `# ` begins a heading.
    pub seen: Vec<String>,
    /// 0 is what stands before the steps.
    pub at: usize,
}

impl GuidePage {
    /// The step under the cursor.
    pub fn step(&self) -> Option<&Step> {
        self.guide.steps.get(self.at.checked_sub(1)?)
    }
}

#[derive(Clone, Debug, Default)]
pub struct ErrorsPage {
    /// Newest first.
    pub at: usize,
    /// Lines of the one under the cursor that are above what is in sight.
    pub scroll: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinderKind {
    Help,
    Palette,
}

/// A line that narrows a list of actions.
#[derive(Clone, Debug)]
pub struct Finder {
    pub kind: FinderKind,
    /// Where it was opened: what works there is offered.
    pub context: Context,
    pub line: TextLine,
    pub found: Vec<Action>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The path of a test call, and the tier that another method than GET is for.
    TestPath { identity: Uuid, tier: Tier },
    /// A search in the page below.
    Search,
}

#[derive(Clone, Debug)]
pub struct LinePrompt {
    pub purpose: Purpose,
    pub line: TextLine,
    pub wrong: Option<String>,
    pub method: Method,
    /// To choose from: those asked before, then useful ones.
    pub paths: Vec<String>,
    /// How many of them were asked before.
    pub asked: usize,
    /// The one that was taken into the line.
    pub at: Option<usize>,
    /// What was in the line before.
    pub typed: TextLine,
}

impl LinePrompt {
    pub fn search() -> Self {
        Self {
            purpose: Purpose::Search,
            line: TextLine::default(),
            wrong: None,
            method: Method::Get,
            paths: Vec::new(),
            asked: 0,
            at: None,
            typed: TextLine::default(),
        }
    }

    pub fn asks_for_path(&self) -> bool {
        matches!(self.purpose, Purpose::TestPath { .. })
    }
}

/// Today's development token: waits for a paste, then for Enter.
#[derive(Clone, Debug)]
pub struct PastePage {
    pub environment: Uuid,
    pub identity: Option<Uuid>,
    pub name: String,
    pub recognised: Option<Import>,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

/// Work on many.
#[derive(Clone, Debug)]
pub struct Progress {
    pub batch: u64,
    pub title: String,
    pub total: usize,
    pub ended: Vec<Ended>,
    pub cancelled: bool,
    /// Among those that ended, as [`Progress::sorted`] gives them.
    pub at: usize,
}

/// One of many that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub name: String,
    pub identity: Option<Uuid>,
    /// `None`: it went well.
    pub problem: Option<Problem>,
}

impl Progress {
    /// What failed comes first: it needs reading.
    pub fn sorted(&self) -> Vec<&Ended> {
        let mut sorted: Vec<&Ended> = self.ended.iter().collect();
        sorted.sort_by_key(|ended| ended.problem.is_none());
        sorted
    }

    /// A cursor that was moved stays on its line.
    pub fn add(&mut self, ended: Ended) {
        let on = self.sorted().get(self.at).map(|ended| ended.name.clone());
        self.ended.push(ended);
        if self.at > 0 {
            let place = self
                .sorted()
                .iter()
                .position(|ended| Some(&ended.name) == on.as_ref());
            self.at = place.unwrap_or(0);
        }
    }
}

/// A passphrase is typed; its letters wait in the runtime.
#[derive(Clone, Debug)]
pub struct PassphrasePage {
    /// Of a file that is to be made: typed twice.
    pub is_new: bool,
    pub form: Form,
    pub working: Option<TaskId>,
    pub problem: Option<Problem>,
}

#[derive(Clone, Debug)]
pub struct Question {
    pub title: String,
    pub lines: Vec<String>,
    pub then: Then,
}
