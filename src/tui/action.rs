//! What can be done here, with which key, and why not now? One table: key dispatch, hints, help, palette, keymap file and
//! the README's table all come from it.

use super::model::Model;

/// Where the keys go: decides which of an action's keys are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    List,
    Detail,
    Timeline,
    Activity,
    Doctor,
    /// Typing a filter.
    Filter,
    Test,
    /// Add, edit, rotate, a typed name: fields and buttons.
    Form,
    /// A short list to choose from.
    Menu,
    /// Text to scroll in.
    Viewer,
    /// Steps to tick off.
    Guide,
    /// Of a renewal or after a leak: each with a box or a lock.
    Steps,
    Errors,
    /// Help and palette: a line that narrows a list.
    Finder,
    /// One line to type: a path, a search.
    Line,
    Paste,
    Progress,
    /// A question with yes and no.
    Question,
}

/// Everything a person can do in the dashboard.
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
    KeepFresh,
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
    Why,
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
    Yes,
    No,
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

/// One line of the table.
pub struct Entry {
    pub action: Action,
    /// As the keymap file names it.
    pub id: &'static str,
    pub title: &'static str,
    pub doc: &'static str,
    pub group: &'static str,
    pub contexts: &'static [Context],
    pub keys: &'static [&'static str],
    /// Opens something that can take away or change what others rely on.
    pub danger: bool,
}

use Context as C;

/// Pages, on which the global keys work.
const PAGES: &[C] = &[C::List, C::Detail, C::Timeline, C::Activity, C::Doctor];
/// Where an identity is under the cursor.
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
    // By a key that types nothing.
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
const MOVE: &str = "Moving";
const LIST: &str = "List";
const PAGE: &str = "Pages and program";
const TEST: &str = "Test page";
const GUIDE: &str = "Guides";
const FORM: &str = "Forms and menus";

/// The table. Hints are shown in this order.
#[rustfmt::skip]
pub const ACTIONS: &[Entry] = &[
    entry(Action::Copy, "copy", "copy", "Copy a token with more than 10 minutes left, exchanging first if needed", TOKEN, ON_IDENTITY, &["c", "y"]),
    entry(Action::CopyFormat, "copy-format", "copy as", "Choose the format to copy: header, curl, exports, JSON", TOKEN, ON_IDENTITY, &["C", "Y"]),
    entry(Action::Exchange, "exchange", "exchange", "Exchange anew: the marked identities, else the one under the cursor", TOKEN, ON_IDENTITY, &["x"]),
    entry(Action::ExchangeDue, "exchange-due", "exchange due", "Exchange all with less than 60 minutes left (Production only when marked)", TOKEN, ON_IDENTITY, &["X"]),
    entry(Action::Test, "test", "test", "Test call on author, publish and preview: who am I", TOKEN, ON_IDENTITY, &["t"]),
    entry(Action::TestPath, "test-path", "test path", "Test call on a path of your choice", TOKEN, ON_IDENTITY, &["T"]),
    entry(Action::PasteToken, "paste-token", "paste token", "Paste today's local development token", TOKEN, ON_IDENTITY, &["p"]),
    entry(Action::Claims, "claims", "claims", "Show what the token's claims say", TOKEN, ON_IDENTITY, &["i"]),
    entry(Action::KeepFresh, "keep-fresh", "keep fresh", "Exchange anew in good time while the dashboard is open", TOKEN, ON_IDENTITY, &["f"]),
    entry(Action::ClearClipboard, "clear-clipboard", "clear clipboard", "Clear the clipboard now", TOKEN, PAGES, &["u"]),
    entry(Action::Add, "add", "add", "Add service credentials, an OAuth credential, a token or a local SDK", IDENTITY, PAGES, &["a"]),
    entry(Action::PassphraseFile, "passphrase-file", "passphrase file", "Keep the secrets in a file under a passphrase, where no keyring is; before anything is stored", IDENTITY, &[C::List], &["P"]),
    entry(Action::Edit, "edit", "edit", "Name, type, customer, hosts, console link, notes", IDENTITY, ON_IDENTITY, &["e"]),
    entry(Action::Open, "open", "open", "Open author, publish, preview or the console in the browser", IDENTITY, ON_IDENTITY, &["o"]),
    danger(entry(Action::Rotate, "rotate", "rotate", "Renew the credential: opens a page, nothing happens before Enter", IDENTITY, ON_IDENTITY, &["R"])),
    danger(entry(Action::Danger, "danger", "danger menu", "Invalidate, go back, drop, a leak, remove: each asks for the name", IDENTITY, ON_IDENTITY, &["D"])),
    entry(Action::Filter, "filter", "filter", "Narrow the list: words, customer:x, type:prod, is:soon", LIST, &[C::List, C::Timeline], &["/"]),
    entry(Action::Sort, "sort", "sort", "Sort by attention, name, type, expiry, customer", LIST, &[C::List], &["s"]),
    entry(Action::Mark, "mark", "mark", "Mark the row; x, t and f act on all marked", LIST, &[C::List, C::Timeline], &["<space>"]),
    entry(Action::MarkRange, "mark-range", "mark range", "Mark from here to where it is pressed again", LIST, &[C::List], &["v"]),
    entry(Action::MarkAll, "mark-all", "mark all shown", "Mark all shown rows, or none if all are marked", LIST, &[C::List], &["*"]),
    entry(Action::MoveDown, "move-down", "down", "Next row", MOVE, MOVES, &["j", "<down>"]),
    entry(Action::MoveUp, "move-up", "up", "Row above", MOVE, MOVES, &["k", "<up>"]),
    entry(Action::First, "first", "first", "First row", MOVE, MOVES, &["g", "<home>"]),
    entry(Action::Last, "last", "last", "Last row", MOVE, MOVES, &["G", "<end>"]),
    entry(Action::HalfPageDown, "half-page-down", "half page down", "Half a page down", MOVE, MOVES, &["<c-d>", "<pagedown>"]),
    entry(Action::HalfPageUp, "half-page-up", "half page up", "Half a page up", MOVE, MOVES, &["<c-u>", "<pageup>"]),
    entry(Action::OpenDetail, "detail", "detail", "Go to the detail", MOVE, &[C::List, C::Timeline], &["<enter>", "l", "<right>"]),
    entry(Action::Back, "back", "back", "Back to where you came from", MOVE, &[C::Detail, C::Timeline, C::Activity, C::Doctor, C::Test, C::Viewer, C::Guide, C::Steps, C::Errors, C::Menu], &["h", "<left>"]),
    entry(Action::NextPanel, "next-panel", "next panel", "List and detail", MOVE, &[C::List, C::Detail], &["<tab>", "<s-tab>"]),
    entry(Action::PageEnvironments, "page-environments", "environments", "Page 1: everything that is stored", PAGE, PAGES, &["1"]),
    entry(Action::PageTimeline, "page-timeline", "timeline", "Page 2: what ends when, over the months", PAGE, PAGES, &["2"]),
    entry(Action::PageActivity, "page-activity", "activity", "Page 3: what was done, when, with what result", PAGE, PAGES, &["3"]),
    entry(Action::PageDoctor, "page-doctor", "doctor", "Page 4: what is wrong with this machine", PAGE, PAGES, &["4"]),
    entry(Action::Guides, "guides", "guides", "How to: first credentials, development token, renew, permissions after a 403, revoke, OAuth", PAGE, PAGES, &["w"]),
    entry(Action::Errors, "errors", "errors", "Errors with cause and next step", PAGE, PAGES, &["E"]),
    entry(Action::Palette, "palette", "palette", "Find an action by its name", PAGE, PAGES, &[":"]),
    entry(Action::Help, "help", "help", "All keys that work here", PAGE, HELPFUL, &["?", "<f1>"]),
    entry(Action::Close, "close", "close", "Close what is on top, then the filter, then the marks", PAGE, EVERYWHERE, &["<esc>"]),
    entry(Action::Leave, "leave", "close", "Close the page on top, where nothing is typed", PAGE, &[C::Test, C::Menu, C::Viewer, C::Guide, C::Steps, C::Errors, C::Progress], &["q"]),
    entry(Action::Interrupt, "interrupt", "cancel or quit", "Cancel running work, else quit", PAGE, EVERYWHERE, &["<c-c>"]),
    entry(Action::Suspend, "suspend", "suspend", "Back to the shell; `fg` returns", PAGE, EVERYWHERE, &["<c-z>"]),
    entry(Action::Quit, "quit", "quit", "Quit; asks when work runs", PAGE, PAGES, &["q"]),
    entry(Action::Why, "why", "why", "What the verdict means, and the guide that leads out of it", TEST, &[C::Test, C::Detail, C::Errors, C::Doctor, C::Progress], &["<enter>"]),
    entry(Action::TestEditPath, "test-edit-path", "path", "Ask for another path", TEST, &[C::Test], &["e"]),
    entry(Action::TestHistory, "test-history", "history", "Paths asked before", TEST, &[C::Test], &["H"]),
    entry(Action::Search, "search", "search", "Search the text", TEST, &[C::Test, C::Viewer], &["/"]),
    entry(Action::NextMatch, "next-match", "next match", "Next place where it is found", TEST, &[C::Test, C::Viewer], &["n"]),
    entry(Action::PreviousMatch, "previous-match", "previous match", "Place before where it is found", TEST, &[C::Test, C::Viewer], &["N"]),
    entry(Action::CopyCurl, "copy-curl", "curl", "Copy the call as a curl line that carries no token", TEST, &[C::Test], &["y"]),
    entry(Action::PreviousTier, "previous-tier", "tier before", "Show the body of the tier before", TEST, &[C::Test], &["["]),
    entry(Action::NextTier, "next-tier", "next tier", "Show the body of the next tier", TEST, &[C::Test], &["]", "<tab>"]),
    entry(Action::NextMethod, "next-method", "method", "Another method for the path: GET, HEAD, POST, PUT, PATCH, DELETE", TEST, &[C::Line], &["<tab>"]),
    entry(Action::PreviousMethod, "previous-method", "method before", "The method before", TEST, &[C::Line], &["<s-tab>"]),
    entry(Action::TestAgain, "test-again", "again", "Ask again", TEST, &[C::Test], &["t"]),
    entry(Action::ZoomIn, "zoom-in", "closer", "Less time: a year, half a year, weeks", "Timeline", &[C::Timeline], &["+"]),
    entry(Action::ZoomOut, "zoom-out", "farther", "More time: weeks, half a year, a year, two", "Timeline", &[C::Timeline], &["-"]),
    entry(Action::DoctorAgain, "examine-again", "examine again", "Look at this machine again", "Doctor", &[C::Doctor], &["r"]),
    entry(Action::GuideTick, "tick", "tick", "Tick the step off, or take the tick away; ticks are kept", GUIDE, &[C::Guide], &["<space>", "<enter>"]),
    entry(Action::GuideLink, "open-link", "open link", "Open the page of this step in the browser", GUIDE, &[C::Guide], &["o"]),
    entry(Action::GuideCopy, "copy-step", "copy", "Copy the file of this step (api.yaml), else its address", GUIDE, &[C::Guide], &["y"]),
    entry(Action::DoStep, "do-step", "tick or do", "Tick the name off, or do the step whose turn it is", GUIDE, &[C::Steps], &["<enter>", "<space>"]),
    entry(Action::Choose, "choose", "choose", "Take what is under the cursor", FORM, &[C::Menu, C::Finder], &["<enter>"]),
    entry(Action::Submit, "submit", "go", "The button under the cursor, or the first one", FORM, &[C::Form, C::Paste], &["<enter>"]),
    entry(Action::LineSubmit, "take-line", "take", "Take what was typed", FORM, &[C::Filter, C::Line], &["<enter>"]),
    entry(Action::FieldNext, "next-field", "next field", "Next field or button", FORM, &[C::Form], &["<tab>", "<down>"]),
    entry(Action::FieldPrevious, "previous-field", "field before", "Field or button before", FORM, &[C::Form], &["<s-tab>", "<up>"]),
    entry(Action::ChoiceNext, "next-choice", "next choice", "Next choice of the field, or the cursor to the right", FORM, &[C::Form], &["<right>"]),
    entry(Action::ChoicePrevious, "previous-choice", "choice before", "Choice before, or the cursor to the left", FORM, &[C::Form], &["<left>"]),
    entry(Action::FinderDown, "finder-down", "down", "Next line of the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<down>"]),
    entry(Action::FinderUp, "finder-up", "up", "Line above in the list below", FORM, &[C::Finder, C::Filter, C::Line], &["<up>"]),
    entry(Action::PasteOpenConsole, "open-console", "open console", "Open the console the token comes from", FORM, &[C::Paste], &["o"]),
    entry(Action::CopyReport, "copy-report", "copy report", "Copy a report without secrets", FORM, &[C::Errors, C::Viewer], &["y"]),
    entry(Action::Yes, "yes", "yes", "Yes", FORM, &[C::Question], &["y", "<enter>"]),
    entry(Action::No, "no", "no", "No", FORM, &[C::Question], &["n"]),
];

impl Action {
    pub fn entry(self) -> &'static Entry {
        // A test holds that every action has its line.
        ACTIONS
            .iter()
            .find(|entry| entry.action == self)
            .unwrap_or(&ACTIONS[0])
    }

    /// Can it be done now? The error says why not, for a person.
    pub fn enabled(self, model: &Model) -> Result<(), String> {
        match self {
            Self::Copy | Self::CopyFormat => needs_token(model),
            Self::Exchange => needs_exchange(model),
            Self::Test => any_target(model, |environment, _| has_hosts(environment)),
            Self::TestPath => has_hosts(selected(model)?.0),
            Self::KeepFresh => any_target(model, |_, identity| model.may_be_kept_fresh(identity)),
            Self::Edit | Self::Open | Self::Danger => selected(model).map(|_| ()),
            Self::PasteToken => match model.selected_entry() {
                Some((environment, _))
                    if environment.environment_type
                        == aemkeys_core::environment::EnvironmentType::Local =>
                {
                    Err("a local SDK asks for no token".to_owned())
                }
                _ => selected(model).map(|_| ()),
            },
            Self::Claims => {
                let (_, identity) = selected(model)?;
                match identity.token {
                    Some(_) => Ok(()),
                    None => Err("there is no token yet: x exchanges one".to_owned()),
                }
            }
            Self::Rotate => {
                let (_, identity) = selected(model)?;
                if identity.kind.can_exchange() {
                    Ok(())
                } else {
                    Err(no_exchange(identity.kind))
                }
            }
            Self::ExchangeDue => {
                if !model.due_for_exchange().is_empty() {
                    return Ok(());
                }
                Err(match model.due_but_guarded().len() {
                    0 => "no token that can be exchanged has less than 60 minutes left".to_owned(),
                    1 => "1 is due, of Production or unset: mark it first".to_owned(),
                    many => format!("{many} are due, of Production or unset: mark them first"),
                })
            }
            Self::PassphraseFile => needs_free_choice(model),
            Self::ClearClipboard => match model.clipboard {
                Some(_) => Ok(()),
                None => Err("nothing of ours is on the clipboard".to_owned()),
            },
            Self::Filter | Self::Sort | Self::MarkAll | Self::MarkRange | Self::Mark => {
                if model.list.rows.is_empty() {
                    Err("nothing is stored yet: a adds".to_owned())
                } else {
                    Ok(())
                }
            }
            Self::Errors => {
                if model.errors.is_empty() {
                    Err("there are no errors".to_owned())
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }
}

type Entries<'a> = (
    &'a crate::app::EnvironmentEntry,
    &'a crate::app::IdentityEntry,
);

fn selected(model: &Model) -> Result<Entries<'_>, String> {
    model.selected_entry().ok_or_else(|| {
        if model.list.rows.is_empty() {
            "nothing is stored yet: a adds".to_owned()
        } else {
            "no row is selected".to_owned()
        }
    })
}

fn needs_free_choice(model: &Model) -> Result<(), String> {
    let storage = &model.settings.storage;
    if !model.list.rows.is_empty() {
        return Err(format!("there are secrets in the {storage} already"));
    }
    match storage.as_str() {
        "memory" => Err("the demo keeps nothing".to_owned()),
        "passphrase file" => Err("that is where secrets are kept already".to_owned()),
        _ => Ok(()),
    }
}

fn no_exchange(kind: aemkeys_core::credential::Kind) -> String {
    use aemkeys_core::credential::Kind;
    match kind {
        Kind::Local => "a local SDK asks for no token".to_owned(),
        _ => {
            "a local development token cannot be renewed by a program: p pastes today's".to_owned()
        }
    }
}

fn needs_token(model: &Model) -> Result<(), String> {
    use aemkeys_core::credential::Kind;
    let (_, identity) = selected(model)?;
    match (identity.kind, &identity.token) {
        (Kind::Local, _) => Err(no_exchange(Kind::Local)),
        (Kind::DevelopmentToken, None) => Err(no_exchange(Kind::DevelopmentToken)),
        _ => Ok(()),
    }
}

fn needs_exchange(model: &Model) -> Result<(), String> {
    any_target(model, |_, identity| {
        if identity.kind.can_exchange() {
            Ok(())
        } else {
            Err(no_exchange(identity.kind))
        }
    })
}

/// Of what is marked, or under the cursor: one that can is enough. The error is that of the first.
fn any_target(
    model: &Model,
    can: impl Fn(&crate::app::EnvironmentEntry, &crate::app::IdentityEntry) -> Result<(), String>,
) -> Result<(), String> {
    let mut first = None;
    for (environment, identity) in model.target_entries() {
        match can(environment, identity) {
            Ok(()) => return Ok(()),
            Err(why) => first = first.or(Some(why)),
        }
    }
    match first {
        Some(why) => Err(why),
        None => selected(model).map(|_| ()),
    }
}

fn has_hosts(environment: &crate::app::EnvironmentEntry) -> Result<(), String> {
    if environment.hosts.is_empty() {
        Err(format!(
            "{} has no hosts yet: e sets them",
            environment.name
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_action_has_one_line_with_words_and_a_key() {
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
