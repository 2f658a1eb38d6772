//! The action table: key dispatch, hints, help, palette, keymap file and the README's table are derived from it.

/// The part of the screen that has the focus; decides which keys are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    List,
    Detail,
    Timeline,
    Activity,
    Doctor,
    /// The filter line.
    Filter,
    Test,
    /// Fields and buttons: add, edit, rotate, confirm.
    Form,
    /// A short menu.
    Menu,
    /// Scrollable text.
    Viewer,
    /// A guide with steps to tick.
    Guide,
    /// The steps of a rotation or after a leak.
    Steps,
    Errors,
    /// Help and palette: a search line and a list.
    Finder,
    /// A single input line: a path or a search.
    Line,
    Paste,
    Progress,
    /// A question with two answers.
    Question,
}

/// The actions of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    MoveDown,
    MoveUp,
    First,
    Last,
    HalfPageDown,
    HalfPageUp,
    Mark,
    MarkRange,
    MarkAll,
    OpenDetail,
    Back,
    NextPanel,
    PageEnvironments,
    PageTimeline,
    PageActivity,
    PageDoctor,
    Filter,
    Sort,
    Copy,
    CopyFormat,
    Exchange,
    ExchangeDue,
    Test,
    TestPath,
    PasteToken,
    Add,
    Edit,
    Open,
    ClearClipboard,
    Claims,
    AutoRefresh,
    Rotate,
    Danger,
    Guides,
    Errors,
    Palette,
    Help,
    Close,
    Leave,
    Interrupt,
    Suspend,
    Quit,
    TestAgain,
    TestEditPath,
    TestHistory,
    Search,
    NextMatch,
    PreviousMatch,
    PreviousTier,
    NextTier,
    CopyCurl,
    Explain,
    NextMethod,
    PreviousMethod,
    ZoomIn,
    ZoomOut,
    Choose,
    FieldNext,
    FieldPrevious,
    Submit,
    ChoiceNext,
    ChoicePrevious,
    PasteOpenConsole,
    CopyReport,
    Confirm,
    Cancel,
    LineSubmit,
    FinderDown,
    FinderUp,
    DoctorAgain,
    GuideTick,
    GuideLink,
    GuideCopy,
    DoStep,
    PassphraseFile,
}

/// One row of the table.
pub struct Entry {
    pub action: Action,
    /// The name in the keymap file.
    pub id: &'static str,
    pub title: &'static str,
    pub doc: &'static str,
    pub group: &'static str,
    pub contexts: &'static [Context],
    pub keys: &'static [&'static str],
    /// Whether it opens something that can delete or change what other programs rely on.
    pub danger: bool,
}

use Context as C;

/// The pages with the global keys.
const PAGES: &[C] = &[C::List, C::Detail, C::Timeline, C::Activity, C::Doctor];
/// The contexts with an identity under the cursor.
const ON_IDENTITY: &[C] = &[C::List, C::Detail, C::Timeline];
const MOVES: &[C] = &[
    C::List,
    C::Detail,
    C::Timeline,
    C::Activity,
    C::Doctor,
    C::Test,
    C::Menu,
    C::Viewer,
    C::Guide,
    C::Steps,
    C::Errors,
    C::Progress,
];
const EVERYWHERE: &[C] = &[
    C::List,
    C::Detail,
    C::Timeline,
    C::Activity,
    C::Doctor,
    C::Filter,
    C::Test,
    C::Form,
    C::Menu,
    C::Viewer,
    C::Guide,
    C::Steps,
    C::Errors,
    C::Finder,
    C::Line,
    C::Paste,
    C::Progress,
    C::Question,
];
const HELPFUL: &[C] = &[
    C::List,
    C::Detail,
    C::Timeline,
    C::Activity,
    C::Doctor,
    C::Test,
    C::Menu,
    C::Viewer,
    C::Guide,
    C::Steps,
    C::Errors,
    C::Paste,
    C::Progress,
    // Only with keys that type no text.
    C::Filter,
    C::Form,
    C::Line,
];

const fn entry(
    action: Action,
    id: &'static str,
    title: &'static str,
    doc: &'static str,
    group: &'static str,
    contexts: &'static [Context],
    keys: &'static [&'static str],
) -> Entry {
    Entry {
        action,
        id,
        title,
        doc,
        group,
        contexts,
        keys,
        danger: false,
    }
}

const fn danger(mut entry: Entry) -> Entry {
    entry.danger = true;
    entry
}

const TOKEN: &str = "Token";
const IDENTITY: &str = "Environment and credential";
const MOVE: &str = "Navigation";
const LIST: &str = "List";
const PAGE: &str = "Pages and application";
const TEST: &str = "Test page";
const GUIDE: &str = "Guides";
const FORM: &str = "Forms and menus";

/// The table. Hints keep this order.
#[rustfmt::skip]
pub const ACTIONS: &[Entry] = &[
    entry(Action::Copy, "copy", "copy", "Copy a token, exchanged first if it has less than 10 minutes left", TOKEN, ON_IDENTITY, &["c", "y"]),
    entry(Action::CopyFormat, "copy-format", "copy as", "Copy the token in another format: header, curl, exports, JSON", TOKEN, ON_IDENTITY, &["C", "Y"]),
    entry(Action::Exchange, "exchange", "exchange", "Exchange the marked identities, or the one under the cursor", TOKEN, ON_IDENTITY, &["x"]),
    entry(Action::ExchangeDue, "exchange-due", "exchange all", "Exchange all tokens that are missing or have less than 60 minutes left (production and untyped only if marked)", TOKEN, ON_IDENTITY, &["X"]),
    entry(Action::Test, "test", "test", "Test the token on author, publish and preview", TOKEN, ON_IDENTITY, &["t"]),
    entry(Action::TestPath, "test-path", "test path", "Test the token with a request path of your choice", TOKEN, ON_IDENTITY, &["T"]),
    entry(Action::PasteToken, "paste-token", "paste token", "Paste today's local development token", TOKEN, ON_IDENTITY, &["p"]),
    entry(Action::Claims, "claims", "claims", "Show the claims of the token", TOKEN, ON_IDENTITY, &["i"]),
    entry(Action::AutoRefresh, "auto-refresh", "auto-refresh", "Exchange before the token expires, while the dashboard is open", TOKEN, ON_IDENTITY, &["f"]),
    entry(Action::ClearClipboard, "clear-clipboard", "clear clipboard", "Clear the clipboard now", TOKEN, PAGES, &["u"]),
    entry(Action::Add, "add", "add", "Add service credentials, an OAuth credential, a token or a local SDK", IDENTITY, PAGES, &["a"]),
    entry(Action::PassphraseFile, "passphrase-file", "passphrase file", "Store secrets in an encrypted file instead of a keyring (before anything is stored)", IDENTITY, &[C::List], &["P"]),
    entry(Action::Edit, "edit", "edit", "Edit name, type, customer, hosts, console link and notes", IDENTITY, ON_IDENTITY, &["e"]),
    entry(Action::Open, "open", "open", "Open author, publish, preview or the console in a browser", IDENTITY, ON_IDENTITY, &["o"]),
    danger(entry(Action::Rotate, "rotate", "rotate", "Rotate the credential; nothing changes before you confirm", IDENTITY, ON_IDENTITY, &["R"])),
    danger(entry(Action::Danger, "danger", "danger menu", "Invalidate, go back, delete a revision, handle a leak, remove; each must be confirmed", IDENTITY, ON_IDENTITY, &["D"])),
    entry(Action::Filter, "filter", "filter", "Filter the list: text, customer:x, type:prod, is:soon", LIST, &[C::List, C::Timeline], &["/"]),
    entry(Action::Sort, "sort", "sort", "Sort by attention, name, type, expiry or customer", LIST, &[C::List], &["s"]),
    entry(Action::Mark, "mark", "mark", "Mark the row; x, t and f apply to all marked rows", LIST, &[C::List, C::Timeline], &["<space>"]),
    entry(Action::MarkRange, "mark-range", "mark range", "Mark a range: press once at each end", LIST, &[C::List], &["v"]),
    entry(Action::MarkAll, "mark-all", "mark all", "Mark all visible rows, or unmark them if all are marked", LIST, &[C::List], &["*"]),
    entry(Action::MoveDown, "move-down", "down", "Next row", MOVE, MOVES, &["j", "<down>"]),
    entry(Action::MoveUp, "move-up", "up", "Previous row", MOVE, MOVES, &["k", "<up>"]),
    entry(Action::First, "first", "first", "First row", MOVE, MOVES, &["g", "<home>"]),
    entry(Action::Last, "last", "last", "Last row", MOVE, MOVES, &["G", "<end>"]),
    entry(Action::HalfPageDown, "half-page-down", "half page down", "Scroll half a page down", MOVE, MOVES, &["<c-d>", "<pagedown>"]),
    entry(Action::HalfPageUp, "half-page-up", "half page up", "Scroll half a page up", MOVE, MOVES, &["<c-u>", "<pageup>"]),
    entry(Action::OpenDetail, "details", "details", "Show the details", MOVE, &[C::List, C::Timeline], &["<enter>", "l", "<right>"]),
    entry(Action::Back, "back", "back", "Go back", MOVE, &[C::Detail, C::Timeline, C::Activity, C::Doctor, C::Test, C::Viewer, C::Guide, C::Steps, C::Errors, C::Menu], &["h", "<left>"]),
    entry(Action::NextPanel, "next-panel", "switch panel", "Switch between list and details", MOVE, &[C::List, C::Detail], &["<tab>", "<s-tab>"]),
    entry(Action::PageEnvironments, "page-environments", "environments", "Page 1: stored identities", PAGE, PAGES, &["1"]),
    entry(Action::PageTimeline, "page-timeline", "timeline", "Page 2: expiry dates over time", PAGE, PAGES, &["2"]),
    entry(Action::PageActivity, "page-activity", "activity", "Page 3: log of actions and results", PAGE, PAGES, &["3"]),
    entry(Action::PageDoctor, "page-doctor", "doctor", "Page 4: checks of this machine", PAGE, PAGES, &["4"]),
    entry(Action::Guides, "guides", "guides", "How-to guides: first credentials, development token, rotation, permissions after a 403, revocation, OAuth", PAGE, PAGES, &["w"]),
    entry(Action::Errors, "errors", "errors", "Show errors with cause and next step", PAGE, PAGES, &["E"]),
    entry(Action::Palette, "palette", "palette", "Find an action by name", PAGE, PAGES, &[":"]),
    entry(Action::Help, "help", "help", "Show the keys of this page", PAGE, HELPFUL, &["?", "<f1>"]),
    entry(Action::Close, "close", "close", "Close the page on top, or clear the filter, or the marks", PAGE, EVERYWHERE, &["<esc>"]),
    entry(Action::Leave, "leave", "close", "Close the page on top", PAGE, &[C::Test, C::Menu, C::Viewer, C::Guide, C::Steps, C::Errors, C::Progress], &["q"]),
    entry(Action::Interrupt, "interrupt", "cancel or quit", "Cancel the running task, or quit", PAGE, EVERYWHERE, &["<c-c>"]),
    entry(Action::Suspend, "suspend", "suspend", "Suspend; `fg` resumes", PAGE, EVERYWHERE, &["<c-z>"]),
    entry(Action::Quit, "quit", "quit", "Quit; asks first if a task is running", PAGE, PAGES, &["q"]),
    entry(Action::Explain, "explain", "explain", "Explain the result and show the guide that helps", TEST, &[C::Test, C::Detail, C::Errors, C::Doctor, C::Progress], &["<enter>"]),
    entry(Action::TestEditPath, "test-edit-path", "path", "Test another path", TEST, &[C::Test], &["e"]),
    entry(Action::TestHistory, "test-history", "history", "Recent paths", TEST, &[C::Test], &["H"]),
    entry(Action::Search, "search", "search", "Search the text", TEST, &[C::Test, C::Viewer], &["/"]),
    entry(Action::NextMatch, "next-match", "next match", "Go to the next match", TEST, &[C::Test, C::Viewer], &["n"]),
    entry(Action::PreviousMatch, "previous-match", "previous match", "Go to the previous match", TEST, &[C::Test, C::Viewer], &["N"]),
    entry(Action::CopyCurl, "copy-curl", "curl", "Copy the call as a curl command without the token", TEST, &[C::Test], &["y"]),
    entry(Action::PreviousTier, "previous-tier", "previous tier", "Show the response of the previous tier", TEST, &[C::Test], &["["]),
    entry(Action::NextTier, "next-tier", "next tier", "Show the response of the next tier", TEST, &[C::Test], &["]", "<tab>"]),
    entry(Action::NextMethod, "next-method", "method", "Next method: GET, HEAD, POST, PUT, PATCH, DELETE", TEST, &[C::Line], &["<tab>"]),
    entry(Action::PreviousMethod, "previous-method", "previous method", "Previous method", TEST, &[C::Line], &["<s-tab>"]),
    entry(Action::TestAgain, "test-again", "test again", "Send the request again", TEST, &[C::Test], &["t"]),
    entry(Action::ZoomIn, "zoom-in", "zoom in", "Show a shorter period", "Timeline", &[C::Timeline], &["+"]),
    entry(Action::ZoomOut, "zoom-out", "zoom out", "Show a longer period", "Timeline", &[C::Timeline], &["-"]),
    entry(Action::DoctorAgain, "examine-again", "run again", "Run the checks again", "Doctor", &[C::Doctor], &["r"]),
    entry(Action::GuideTick, "tick", "tick", "Tick or untick the step; ticks are saved", GUIDE, &[C::Guide], &["<space>", "<enter>"]),
    entry(Action::GuideLink, "open-link", "open link", "Open the page of this step in a browser", GUIDE, &[C::Guide], &["o"]),
    entry(Action::GuideCopy, "copy-step", "copy", "Copy the file of this step (api.yaml), or its link", GUIDE, &[C::Guide], &["y"]),
    entry(Action::DoStep, "do-step", "do step", "Tick the name, or do the next step", GUIDE, &[C::Steps], &["<enter>", "<space>"]),
    entry(Action::Choose, "choose", "choose", "Choose the selected entry", FORM, &[C::Menu, C::Finder], &["<enter>"]),
    entry(Action::Submit, "submit", "submit", "Press the selected button, or the first one", FORM, &[C::Form, C::Paste], &["<enter>"]),
    entry(Action::LineSubmit, "take-line", "accept", "Accept the input", FORM, &[C::Filter, C::Line], &["<enter>"]),
    entry(Action::FieldNext, "next-field", "next field", "Go to the next field or button", FORM, &[C::Form], &["<tab>", "<down>"]),
    entry(Action::FieldPrevious, "previous-field", "previous field", "Go to the previous field or button", FORM, &[C::Form], &["<s-tab>", "<up>"]),
    entry(Action::ChoiceNext, "next-choice", "next choice", "Next choice of the field, or move the cursor right", FORM, &[C::Form], &["<right>"]),
    entry(Action::ChoicePrevious, "previous-choice", "previous choice", "Previous choice of the field, or move the cursor left", FORM, &[C::Form], &["<left>"]),
    entry(Action::FinderDown, "finder-down", "down", "Next entry of the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<down>"]),
    entry(Action::FinderUp, "finder-up", "up", "Previous entry of the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<up>"]),
    entry(Action::PasteOpenConsole, "open-console", "open console", "Open the console that issues the token", FORM, &[C::Paste], &["o"]),
    entry(Action::CopyReport, "copy-report", "copy report", "Copy a bug report without secrets", FORM, &[C::Errors, C::Viewer], &["y"]),
    entry(Action::Confirm, "confirm", "confirm", "Confirm", FORM, &[C::Question], &["y", "<enter>"]),
    entry(Action::Cancel, "cancel", "cancel", "Cancel", FORM, &[C::Question], &["n"]),
];

impl Context {
    /// The actions in the footer, in order, as far as they fit.
    pub fn hints(self) -> &'static [Action] {
        use Action as A;
        match self {
            Self::Detail => &[
                A::Copy,
                A::Exchange,
                A::Test,
                A::Explain,
                A::Edit,
                A::Open,
                A::Claims,
                A::Back,
            ],
            Self::Timeline => &[
                A::Rotate,
                A::OpenDetail,
                A::ZoomIn,
                A::ZoomOut,
                A::Filter,
                A::PageEnvironments,
            ],
            Self::Activity => &[A::PageEnvironments, A::Errors],
            Self::Doctor => &[A::Explain, A::DoctorAgain, A::PageEnvironments],
            Self::Filter => &[A::LineSubmit, A::Close],
            Self::Form => &[A::Submit, A::FieldNext, A::Close],
            Self::Line => &[A::LineSubmit, A::NextMethod, A::Close],
            Self::Menu | Self::Finder => &[A::Choose, A::Close],
            Self::Steps => &[A::DoStep, A::Close],
            Self::Guide => &[A::GuideTick, A::GuideLink, A::GuideCopy, A::Close],
            Self::Viewer => &[A::Search, A::CopyReport, A::Close],
            Self::Errors => &[A::Explain, A::CopyReport, A::Close],
            Self::Progress => &[A::Explain, A::Close],
            Self::Paste => &[A::Submit, A::PasteOpenConsole, A::Close],
            Self::Question => &[A::Confirm, A::Cancel],
            Self::Test => &[
                A::TestAgain,
                A::TestEditPath,
                A::TestHistory,
                A::NextTier,
                A::Explain,
                A::CopyCurl,
                A::Search,
                A::Close,
            ],
            Self::List => &[
                A::Copy,
                A::Exchange,
                A::Test,
                A::PasteToken,
                A::Add,
                A::PassphraseFile,
                A::Edit,
                A::Open,
                A::Rotate,
                A::Filter,
                A::PageTimeline,
            ],
        }
    }
}

impl Action {
    pub fn entry(self) -> &'static Entry {
        // A test checks that every action has a row.
        ACTIONS
            .iter()
            .find(|entry| entry.action == self)
            .unwrap_or(&ACTIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_action_has_one_row_with_texts_and_a_key() {
        let mut seen = HashSet::new();
        let mut ids = HashSet::new();
        for entry in ACTIONS {
            assert!(seen.insert(entry.action), "{} twice", entry.id);
            assert!(ids.insert(entry.id), "{} twice", entry.id);
            assert!(!entry.title.is_empty() && !entry.doc.is_empty());
            assert!(!entry.keys.is_empty(), "{} has no key", entry.id);
            assert_eq!(entry.action.entry().id, entry.id);
        }
    }
}
