//! The welcome page, while nothing is stored: first actions, and where secrets will be stored.

use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::storage::StorageStatus;
use crate::tui::action::Action;
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, StorageCheck};
use crate::tui::widgets::{Painter, Panel, hanging, paragraph};
use aemkeys_core::credential::Problem;

const WIDEST: u16 = 88;

/// A line, and its action for clicks.
type WelcomeLine<'a> = (Line<'a>, Option<Action>);

pub fn draw(painter: &mut Painter<'_>, model: &Model, area: Rect) {
    let panel = Panel::new("Environments")
        .focused(painter.is_focused)
        .padded();
    let inner = painter.panel(area, panel);
    let columns = WIDEST.min(inner.width);
    let roomy = rows(painter, model, columns, true);
    let rows = if roomy.len() <= usize::from(inner.height) {
        roomy
    } else {
        rows(painter, model, columns, false)
    };
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let [_, place, _] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(height.min(inner.height)),
        Constraint::Fill(2),
    ])
    .areas(inner);
    let [place] = Layout::horizontal([Constraint::Length(columns)])
        .flex(Flex::Center)
        .areas(place);
    for (place, (line, action)) in place.rows().zip(rows) {
        painter.line(place, line);
        if let Some(action) = action {
            painter.hits.add(place, ClickTarget::Hint(action));
            if action == Action::Add {
                painter.cursor(place, 2);
            }
        }
    }
}

fn rows<'a>(
    painter: &Painter<'_>,
    model: &Model,
    columns: u16,
    roomy: bool,
) -> Vec<WelcomeLine<'a>> {
    let theme = painter.theme;
    let mut rows: Vec<WelcomeLine<'a>> = match &model.list_lost {
        Some(lost) => damaged(painter, model, lost, columns),
        None => vec![(Line::styled("Nothing stored yet", theme.strong), None)],
    };
    if roomy && model.list_lost.is_none() {
        let words = "Environments that you add are listed here, with the expiry of their credentials and tokens.";
        rows.extend(
            paragraph(words, theme.quiet, columns)
                .into_iter()
                .map(quiet),
        );
        rows.push((Line::default(), None));
    }
    // Nothing can be added without a storage, so that comes first.
    let blocked = matches!(model.storage_check, StorageCheck::Found(Err(_)));
    let steps = steps(painter, model, columns);
    let storage = storage(painter, model, columns, roomy);
    let (first, second) = if blocked {
        (storage, steps)
    } else {
        (steps, storage)
    };
    rows.extend(first);
    if roomy && !second.is_empty() {
        rows.push((Line::default(), None));
    }
    rows.extend(second);
    rows
}

/// Shown if the list is damaged rather than empty.
fn damaged<'a>(
    painter: &Painter<'_>,
    model: &Model,
    lost: &Problem,
    columns: u16,
) -> Vec<WelcomeLine<'a>> {
    let theme = painter.theme;
    let key = model.settings.keymap.hint(Action::PageDoctor);
    let words = format!(
        "{}: {}. The doctor (press {}) rebuilds it from the storage.",
        lost.message,
        lost.cause.as_deref().unwrap_or_default(),
        key.unwrap_or_default()
    );
    let head = vec![Span::styled(format!("{} ", theme.glyphs.over), theme.over)];
    hanging(head, &words, theme.strong, columns)
        .into_iter()
        .map(|line| (line, Some(Action::PageDoctor)))
        .collect()
}

/// A line without an action.
fn quiet(line: Line<'_>) -> WelcomeLine<'_> {
    (line, None)
}

fn steps<'a>(painter: &Painter<'_>, model: &Model, columns: u16) -> Vec<WelcomeLine<'a>> {
    let key = |action| model.settings.keymap.hint(action).unwrap_or_default();
    [
        (
            key(Action::Add),
            "add service credentials, an OAuth credential, a token or a local SDK",
            "add a credential or a token",
            Some(Action::Add),
        ),
        (
            "paste".to_owned(),
            "JSON or token from the clipboard, on any page; you confirm before it is stored",
            "JSON or token from the clipboard",
            None,
        ),
        (
            key(Action::Guides),
            "how to get the first credentials in Adobe's consoles",
            "how to get credentials",
            Some(Action::Guides),
        ),
        (
            "demo".to_owned(),
            "quit and run `aemkeys demo` to try it with sample data",
            "quit and run `aemkeys demo`",
            None,
        ),
    ]
    .into_iter()
    .map(|(key, long, short, action)| (step(painter, columns, &key, long, short), action))
    .collect()
}

fn step<'a>(painter: &Painter<'_>, columns: u16, key: &str, long: &str, short: &str) -> Line<'a> {
    let line = |words: &str| {
        Line::from(vec![
            Span::styled(format!("  {key:<7}"), painter.theme.accent),
            Span::raw(words.to_owned()),
        ])
    };
    let whole = line(long);
    if whole.width() <= columns.into() {
        whole
    } else {
        line(short)
    }
}

/// Returns where secrets will be stored, and what to do if no keyring is available.
fn storage<'a>(
    painter: &Painter<'_>,
    model: &Model,
    columns: u16,
    roomy: bool,
) -> Vec<WelcomeLine<'a>> {
    let theme = painter.theme;
    let name = &model.settings.storage;
    let (glyph, style, words) = match &model.storage_check {
        StorageCheck::NotStarted => (
            theme.glyphs.dot,
            theme.quiet,
            format!("Secrets are stored in: {name}. They are only ever sent to Adobe."),
        ),
        StorageCheck::Running => (
            theme.glyphs.dot,
            theme.quiet,
            format!("Checking the {name}."),
        ),
        StorageCheck::Found(Ok(StorageStatus::Ready)) => (
            theme.glyphs.fine,
            theme.fine,
            format!("Secrets are stored in: {name}."),
        ),
        StorageCheck::Found(Ok(StorageStatus::Locked)) => (
            theme.glyphs.soon,
            theme.soon,
            format!("The {name} is locked, and will ask for its password when you add something."),
        ),
        StorageCheck::Found(Err(problem)) => {
            (theme.glyphs.over, theme.over, problem.message.clone())
        }
    };
    let head = vec![Span::styled(format!("{glyph} "), style)];
    let lines = if roomy {
        hanging(head, &words, theme.text, columns)
    } else {
        let mut line = Line::from(head);
        line.push_span(words);
        vec![line]
    };
    let mut rows: Vec<WelcomeLine<'a>> = lines.into_iter().map(quiet).collect();
    let StorageCheck::Found(found) = &model.storage_check else {
        return rows;
    };
    let file = step(
        painter,
        columns,
        &model
            .settings
            .keymap
            .hint(Action::PassphraseFile)
            .unwrap_or_default(),
        "store secrets in a file with a passphrase instead",
        "use a passphrase file",
    );
    if found.is_err() {
        rows.push((file, Some(Action::PassphraseFile)));
        if roomy {
            let words = "start a keyring in this session (gnome-keyring, KWallet, KeePassXC), then restart aemkeys";
            let head = vec![Span::styled("  or     ", theme.quiet)];
            rows.extend(
                hanging(head, words, theme.quiet, columns)
                    .into_iter()
                    .map(quiet),
            );
        }
    } else if roomy {
        rows.push((file, Some(Action::PassphraseFile)));
    }
    rows
}
