//! The action table: key dispatch, hints, help, palette, keymap file and the book's table are derived from it.

/// The part of the screen that has the focus; decides which keys are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Context {
    #[default]
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
    /// The running servers.
    Servers,
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

/// The tabs.
const PAGES: &[C] = &[C::List, C::Detail, C::Timeline, C::Activity, C::Doctor];
/// The contexts with an identity under the cursor.
const ON_IDENTITY: &[C] = &[C::List, C::Detail, C::Timeline];
/// Those, and the pages that show something of one.
const COPIES: &[C] = &join::<6>(ON_IDENTITY, &[C::Test, C::Errors, C::Servers]);
/// The pages over a tab that have rows or lines to move through.
const OVERLAYS: &[C] = &[
    C::Test,
    C::Menu,
    C::Viewer,
    C::Guide,
    C::Steps,
    C::Errors,
    C::Progress,
    C::Servers,
];
/// Where a message about an error may be shown and letters are keys.
const SHOW_ERRORS: &[C] = &join::<11>(
    PAGES,
    &[
        C::Test,
        C::Viewer,
        C::Guide,
        C::Steps,
        C::Progress,
        C::Servers,
    ],
);
const MOVES: &[C] = &join::<13>(PAGES, OVERLAYS);
/// Those, and the lists below a line of text.
const LISTS: &[C] = &join::<16>(MOVES, &[C::Finder, C::Filter, C::Line]);
/// Those, and the pages whose text may be longer than a small screen.
const TEXTS: &[C] = &join::<19>(LISTS, &[C::Form, C::Paste, C::Question]);
/// In those where text is typed, only with keys that type none.
const HELPFUL: &[C] = &join::<17>(MOVES, &[C::Paste, C::Filter, C::Form, C::Line]);
const EVERYWHERE: &[C] = &join::<19>(HELPFUL, &[C::Finder, C::Question]);

const fn join<const N: usize>(first: &[C], second: &[C]) -> [C; N] {
    assert!(first.len() + second.len() == N);
    let mut joined = [C::List; N];
    let mut at = 0;
    while at < N {
        joined[at] = if at < first.len() {
            first[at]
        } else {
            second[at - first.len()]
        };
        at += 1;
    }
    joined
}

const TOKEN: &str = "Token";
const IDENTITY: &str = "Environment and credential";
const MOVE: &str = "Navigation";
const LIST: &str = "List";
const PAGE: &str = "Pages and application";
const TEST: &str = "Test page";
const SERVERS: &str = "Servers";
const GUIDE: &str = "Guides";
const FORM: &str = "Forms and menus";

/// The table: the action, whether it is dangerous, its id, title, description and group, where its keys are bound, and the keys.
/// Help keeps this order: what is special to a page comes first.
macro_rules! actions {
    ($($action:ident $($danger:ident)?: $id:literal, $title:literal, $doc:literal, $group:expr, $contexts:expr, $keys:expr;)*) => {
        /// The actions of the dashboard.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($action,)*
        }

        pub const ACTIONS: &[Entry] = &[$(Entry {
            action: Action::$action,
            id: $id,
            title: $title,
            doc: $doc,
            group: $group,
            contexts: $contexts,
            keys: $keys,
            danger: false $(|| $danger)?,
        }),*];
    };
}

const DANGER: bool = true;

actions! {
    Copy: "copy", "copy", "Copy a token, exchanged first if it has less than 10 minutes left", TOKEN, ON_IDENTITY, &["c", "y"];
    CopyFormat: "copy-format", "copy as", "Copy the token in another format: header, curl, exports, JSON", TOKEN, ON_IDENTITY, &["C"];
    CopyMenu: "copy-menu", "copy menu", "Copy a host, an account, a client id, a date or a response: whatever is known and not secret", TOKEN, COPIES, &["Y"];
    Exchange: "exchange", "exchange", "Exchange the marked identities, or the selected one", TOKEN, ON_IDENTITY, &["x"];
    ExchangeDue: "exchange-due", "exchange all", "Exchange all tokens that are missing or have less than 60 minutes left (production and untyped only if marked)", TOKEN, ON_IDENTITY, &["X"];
    Test: "test", "test", "Test the token on author, publish and preview", TOKEN, ON_IDENTITY, &["t"];
    TestPath: "test-path", "test path", "Test the token with a request path of your choice", TOKEN, ON_IDENTITY, &["T"];
    PasteToken: "paste-token", "paste token", "Paste today's local development token", TOKEN, ON_IDENTITY, &["p"];
    Claims: "claims", "claims", "Show the claims of the token", TOKEN, ON_IDENTITY, &["i"];
    AutoRefresh: "auto-refresh", "auto-refresh", "Exchange before the token expires, while the dashboard is open", TOKEN, ON_IDENTITY, &["f"];
    Serve: "serve", "serve", "Start a local server that is signed in to a tier of the row, or stop it; Production and untyped environments are read-only", TOKEN, ON_IDENTITY, &["S"];
    ClearClipboard: "clear-clipboard", "clear clipboard", "Clear the clipboard now", TOKEN, PAGES, &["W"];
    Dismiss: "dismiss", "dismiss", "Dismiss the failed exchange or test of the row", TOKEN, ON_IDENTITY, &["d"];
    Add: "add", "add", "Add service credentials, an OAuth credential, a token or a local SDK", IDENTITY, PAGES, &["a"];
    PassphraseFile: "passphrase-file", "passphrase file", "Store secrets in an encrypted file instead of a keyring (before anything is stored)", IDENTITY, &[C::List], &["P"];
    Edit: "edit", "edit", "Edit name, type, customer, hosts, console link and notes", IDENTITY, ON_IDENTITY, &["e"];
    Open: "open", "open", "Open author, publish, preview or the console in a browser", IDENTITY, ON_IDENTITY, &["o"];
    Rotate DANGER: "rotate", "rotate", "Rotate the credential; nothing changes before you confirm", IDENTITY, ON_IDENTITY, &["R"];
    Danger DANGER: "danger", "danger menu", "Invalidate, go back, delete a revision, handle a leak, remove; each must be confirmed", IDENTITY, ON_IDENTITY, &["D"];
    RowMenu: "row-menu", "row menu", "Choose an action for the row", IDENTITY, ON_IDENTITY, &["m"];
    Undo: "undo", "undo", "Undo the last removal or edit; for 10 seconds", IDENTITY, &join::<6>(PAGES, &[C::Steps]), &["u"];
    Repeat: "repeat", "repeat", "Repeat the last copy, exchange, test, auto-refresh or dismiss on this row", IDENTITY, ON_IDENTITY, &["."];
    Filter: "filter", "filter", "Filter what is listed: text; in the list also customer:x, type:prod, is:attention, is:failed, is:soon (and more urgent)", LIST, &[C::List, C::Timeline, C::Activity, C::Doctor, C::Errors], &["/"];
    Attention: "attention", "need attention", "Show only identities that need attention, or all again", LIST, PAGES, &["!"];
    Sort: "sort", "sort", "Sort by attention, name, type, expiry, token expiry or customer", LIST, &[C::List], &["s"];
    Collapse: "collapse", "collapse", "Collapse or expand the customer's group (sorted by name or customer)", LIST, &[C::List], &["z"];
    Mark: "mark", "mark", "Mark the row; exchange, test, auto-refresh and dismiss apply to all marked rows", LIST, &[C::List, C::Timeline], &["<space>"];
    MarkRange: "mark-range", "mark range", "Mark a range: once at each end", LIST, &[C::List], &["v"];
    MarkAll: "mark-all", "mark all", "Mark all visible rows, or unmark them if all are marked", LIST, &[C::List], &["*"];
    Explain: "explain", "explain", "Explain the result and show the guide that helps", TEST, &[C::Test, C::Detail, C::Activity, C::Errors, C::Doctor, C::Progress], &["<enter>"];
    TestEditPath: "test-edit-path", "path", "Test another path", TEST, &[C::Test], &["e"];
    TestHistory: "test-history", "history", "Recent paths", TEST, &[C::Test], &["H"];
    Search: "search", "search", "Search the text", TEST, &[C::Test, C::Viewer], &["/"];
    CopyCurl: "copy-curl", "curl", "Copy the call as a curl command without the token", TEST, &[C::Test], &["y"];
    PreviousTier: "previous-tier", "previous tier", "Show the response of the previous tier", TEST, &[C::Test], &["["];
    NextTier: "next-tier", "next tier", "Show the response of the next tier", TEST, &[C::Test], &["]", "<tab>"];
    NextMethod: "next-method", "method", "Next method: GET, HEAD, POST, PUT, PATCH, DELETE", TEST, &[C::Line], &["<c-t>"];
    CopyBody: "copy-body", "copy body", "Copy the body of the response", TEST, &[C::Test], &["b"];
    SaveText: "save-text", "save", "Save the response or the text in a file that only you can read", TEST, &[C::Test, C::Viewer], &["s"];
    OpenPager: "open-pager", "pager", "Open the response or the text in $PAGER, or in less", TEST, &[C::Test, C::Viewer], &["o"];
    OpenEditor: "open-editor", "editor", "Open a copy of the response or the text in $VISUAL or $EDITOR", TEST, &[C::Test, C::Viewer], &["v"];
    TestAgain: "test-again", "test again", "Send the request again", TEST, &[C::Test], &["t"];
    ZoomIn: "zoom-in", "zoom in", "Show a shorter period", "Timeline", &[C::Timeline], &["+"];
    ZoomOut: "zoom-out", "zoom out", "Show a longer period", "Timeline", &[C::Timeline], &["-"];
    DoctorAgain: "run-again", "run again", "Run the checks again", "Doctor", &[C::Doctor], &["r"];
    DoctorFix: "fix", "fix", "Do the next step of the finding, or copy its command", "Doctor", &[C::Doctor], &["f"];
    CopyAddress: "copy-address", "copy address", "Copy the address of the server, with its secret", SERVERS, &[C::Servers], &["c", "y"];
    StopServer: "stop-server", "stop", "Stop the server", SERVERS, &[C::Servers], &["x", "S"];
    GuideTick: "tick", "tick", "Tick or untick the step; ticks are saved", GUIDE, &[C::Guide], &["<space>", "<enter>"];
    GuideLink: "open-link", "open link", "Open the page of this step in a browser", GUIDE, &[C::Guide], &["o"];
    GuideCopy: "copy-step", "copy", "Copy the file of this step (api.yaml), or its link", GUIDE, &[C::Guide], &["y"];
    DoStep: "do-step", "do step", "Tick the name, or do the next step", GUIDE, &[C::Steps], &["<enter>", "<space>"];
    Choose: "choose", "choose", "Choose the selected entry", FORM, &[C::Menu, C::Finder], &["<enter>"];
    Submit: "submit", "submit", "Use the selected button, or the first one", FORM, &[C::Form, C::Paste, C::Question], &["<enter>"];
    LineSubmit: "accept", "accept", "Accept the input", FORM, &[C::Filter, C::Line], &["<enter>"];
    FieldNext: "next-field", "next field", "Go to the next field or button", FORM, &[C::Form, C::Paste, C::Question], &["<tab>", "<down>"];
    FieldPrevious: "previous-field", "previous field", "Go to the previous field or button", FORM, &[C::Form, C::Paste, C::Question], &["<s-tab>", "<up>"];
    ChoiceNext: "next-choice", "next choice", "Next choice of the field, or move the cursor right", FORM, &[C::Form, C::Paste, C::Question], &["<right>"];
    ChoicePrevious: "previous-choice", "previous choice", "Previous choice of the field, or move the cursor left", FORM, &[C::Form, C::Paste, C::Question], &["<left>"];
    FinderDown: "finder-down", "down", "Next entry of the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<down>", "<tab>"];
    FinderUp: "finder-up", "up", "Previous entry of the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<up>", "<s-tab>"];
    PasteOpenConsole: "open-console", "open console", "Open the console that issues the token", FORM, &[C::Paste], &["o"];
    CopyReport: "copy-report", "copy report", "Copy a bug report without secrets", FORM, &[C::Errors, C::Viewer], &["y"];
    Confirm: "confirm", "confirm", "Confirm", FORM, &[C::Question], &["y"];
    Cancel: "cancel", "cancel", "Cancel", FORM, &[C::Question], &["n"];
    MoveDown: "move-down", "down", "Next row; a number before it is a count: 5j. The digit of another page opens that page, and is a count too if the movement follows at once: 3j", MOVE, MOVES, &["j", "<down>"];
    MoveUp: "move-up", "up", "Previous row", MOVE, MOVES, &["k", "<up>"];
    First: "first", "first", "First row", MOVE, LISTS, &["g", "<home>"];
    Last: "last", "last", "Last row; with a count, the row of this number: 10G", MOVE, LISTS, &["G", "<end>"];
    HalfPageDown: "half-page-down", "half page down", "Scroll half a page down", MOVE, LISTS, &["<c-d>"];
    HalfPageUp: "half-page-up", "half page up", "Scroll half a page up", MOVE, LISTS, &["<c-u>"];
    PageDown: "page-down", "page down", "Scroll a page down, or the text above a form by a line", MOVE, TEXTS, &["<c-f>", "<pagedown>"];
    PageUp: "page-up", "page up", "Scroll a page up, or the text above a form by a line", MOVE, TEXTS, &["<c-b>", "<pageup>"];
    NextMatch: "next-match", "next match", "Go to the next match of the search or filter", MOVE, &[C::Test, C::Viewer, C::List, C::Timeline], &["n"];
    PreviousMatch: "previous-match", "previous match", "Go to the previous match of the search or filter", MOVE, &[C::Test, C::Viewer, C::List, C::Timeline], &["N"];
    OpenDetail: "details", "details", "Show the details", MOVE, &[C::List, C::Timeline], &["<enter>", "l", "<right>"];
    Back: "back", "back", "Go back", MOVE, &[C::Detail, C::Timeline, C::Activity, C::Doctor, C::Test, C::Viewer, C::Guide, C::Steps, C::Errors, C::Menu], &["h", "<left>"];
    NextPanel: "next-panel", "switch panel", "Switch between list, details and what needs attention", MOVE, &[C::List, C::Detail], &["<tab>", "<s-tab>"];
    WidenList: "widen-list", "widen list", "Give the list more room beside the details; kept", MOVE, &[C::List, C::Detail], &[">"];
    NarrowList: "narrow-list", "narrow list", "Give the details more room beside the list; kept", MOVE, &[C::List, C::Detail], &["<lt>"];
    PageEnvironments: "page-environments", "environments", "Page 1: stored identities", PAGE, PAGES, &["1"];
    PageTimeline: "page-timeline", "timeline", "Page 2: expiry dates over time", PAGE, PAGES, &["2"];
    PageActivity: "page-activity", "activity", "Page 3: log of actions and results", PAGE, PAGES, &["3"];
    PageDoctor: "page-doctor", "doctor", "Page 4: checks of this machine", PAGE, PAGES, &["4"];
    Guides: "guides", "guides", "How-to guides: first credentials, development token, rotation, permissions after a 403, revocation, OAuth", PAGE, PAGES, &["w"];
    Discover: "discover", "Cloud Manager", "List the environments of Cloud Manager, and fill in what is missing here", PAGE, PAGES, &["I"];
    Servers: "servers", "servers", "Show the running servers and their requests", PAGE, PAGES, &["L"];
    Errors: "errors", "errors", "Show errors with cause and next step", PAGE, SHOW_ERRORS, &["E"];
    Palette: "palette", "palette", "Find an action by name", PAGE, PAGES, &[":"];
    Help: "help", "help", "Show the keys of this page", PAGE, HELPFUL, &["?", "<f1>"];
    Close: "close", "close", "Cancel what is on top: close the page, else clear the filter, else the marks", PAGE, EVERYWHERE, &["<esc>"];
    Leave: "leave", "close", "Close the page on top", PAGE, OVERLAYS, &["q"];
    Interrupt: "interrupt", "cancel or quit", "Cancel what is on top: a running task, the page, the filter or the marks; else quit", PAGE, EVERYWHERE, &["<c-c>"];
    Suspend: "suspend", "suspend", "Suspend; `fg` resumes", PAGE, EVERYWHERE, &["<c-z>"];
    Quit: "quit", "quit", "Quit; asks first if a task is running", PAGE, PAGES, &["q"];
}

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
                A::Dismiss,
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
            Self::Activity => &[A::Explain, A::Filter, A::PageEnvironments, A::Errors],
            Self::Doctor => &[
                A::Explain,
                A::DoctorFix,
                A::DoctorAgain,
                A::Filter,
                A::PageEnvironments,
            ],
            Self::Filter => &[A::LineSubmit, A::Close],
            Self::Form => &[A::Submit, A::FieldNext, A::Close],
            Self::Line => &[A::LineSubmit, A::NextMethod, A::Close],
            Self::Menu | Self::Finder => &[A::Choose, A::Close],
            Self::Steps => &[A::DoStep, A::Undo, A::Close],
            Self::Guide => &[A::GuideTick, A::GuideLink, A::GuideCopy, A::Close],
            Self::Viewer => &[
                A::NextMatch,
                A::Search,
                A::CopyReport,
                A::SaveText,
                A::OpenPager,
                A::OpenEditor,
                A::Close,
            ],
            Self::Errors => &[A::Explain, A::CopyReport, A::Filter, A::Close],
            Self::Progress => &[A::Explain, A::Close],
            Self::Paste => &[A::Submit, A::FieldNext, A::PasteOpenConsole, A::Close],
            Self::Question => &[A::Confirm, A::Cancel],
            Self::Servers => &[A::CopyAddress, A::StopServer, A::CopyMenu, A::Close],
            Self::Test => &[
                A::TestAgain,
                A::Explain,
                A::TestEditPath,
                A::TestHistory,
                A::NextTier,
                A::NextMatch,
                A::Search,
                A::CopyBody,
                A::SaveText,
                A::OpenPager,
                A::CopyCurl,
                A::CopyMenu,
                A::Close,
            ],
            Self::List => &[
                A::Copy,
                A::Exchange,
                A::Test,
                A::Dismiss,
                A::PasteToken,
                A::Add,
                A::PassphraseFile,
                A::Edit,
                A::Open,
                A::Rotate,
                A::Collapse,
                A::Servers,
                A::Filter,
                A::Attention,
                A::PageTimeline,
            ],
        }
    }
}

impl Action {
    /// Whether it changes a form or presses one of its buttons.
    pub fn is_of_form(self) -> bool {
        matches!(
            self,
            Self::Submit
                | Self::FieldNext
                | Self::FieldPrevious
                | Self::ChoiceNext
                | Self::ChoicePrevious
        )
    }

    /// Returns whether it moves a cursor or scrolls.
    pub fn moves(self) -> bool {
        matches!(
            self,
            Self::MoveDown
                | Self::MoveUp
                | Self::First
                | Self::Last
                | Self::HalfPageDown
                | Self::HalfPageUp
                | Self::PageDown
                | Self::PageUp
        )
    }

    /// Returns whether it acts on the selected or marked rows.
    pub fn is_on_rows(self) -> bool {
        let has_rows = [TOKEN, IDENTITY].contains(&self.entry().group);
        let is_of_all = matches!(self, Self::ExchangeDue | Self::RowMenu | Self::Repeat);
        has_rows && !is_of_all && self.entry().contexts == ON_IDENTITY
    }

    /// Returns whether it acts on all marked rows, if there are any.
    pub fn is_on_marks(self) -> bool {
        matches!(
            self,
            Self::Exchange | Self::Test | Self::AutoRefresh | Self::Dismiss
        )
    }

    /// Returns whether it does something to the selected or marked rows, instead of opening a page or a menu.
    pub fn can_be_repeated(self) -> bool {
        matches!(
            self,
            Self::Copy | Self::Exchange | Self::Test | Self::AutoRefresh | Self::Dismiss
        )
    }

    pub fn entry(self) -> &'static Entry {
        // Both are made from the same rows.
        &ACTIONS[self as usize]
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
