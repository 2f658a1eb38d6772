//! The first start: nothing is stored yet. What can be done now, and where will the secrets be kept?

use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::storage::StorageStatus;
use crate::tui::action::Action;
use crate::tui::message::Target;
use crate::tui::model::{Look, Model};
use crate::tui::widgets::{Painter, Panel, hanging, paragraph, width};
use aemkeys_core::credential::Problem;

/// Columns of the keys.
const KEYS: u16 = 9;
const WIDEST: u16 = 88;

/// A line, and what a click on it does.
type Row<'a> = (Line<'a>, Option<Action>);

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
            painter.hits.add(place, Target::Hint(action));
            if action == Action::Add {
                painter.cursor(place, 2);
            }
        }
    }
}

fn rows<'a>(painter: &Painter<'_>, model: &Model, columns: u16, roomy: bool) -> Vec<Row<'a>> {
    let theme = painter.theme;
    let mut rows: Vec<Row<'a>> = match &model.list_lost {
        Some(lost) => damaged(painter, model, lost, columns),
        None => vec![(Line::styled("Nothing is stored yet.", theme.strong), None)],
    };
    if roomy && model.list_lost.is_none() {
        let words =
            "What you add shows here, with the end of its credential and of its daily token.";
        rows.extend(
            paragraph(words, theme.quiet, columns)
                .into_iter()
                .map(quiet),
        );
        rows.push((Line::default(), None));
    }
    // Without a storage nothing can be added: then that comes first.
    let blocked = matches!(model.look, Look::Found(Err(_)));
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

/// Empty, but not because nothing was ever stored.
fn damaged<'a>(painter: &Painter<'_>, model: &Model, lost: &Problem, columns: u16) -> Vec<Row<'a>> {
    let theme = painter.theme;
    let key = model.settings.keymap.hint(Action::PageDoctor);
    let words = format!(
        "{}: {}. Doctor ({}) makes it anew from the storage.",
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

/// A line that is not for clicking.
fn quiet(line: Line<'_>) -> Row<'_> {
    (line, None)
}

fn steps<'a>(painter: &Painter<'_>, model: &Model, columns: u16) -> Vec<Row<'a>> {
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
            "the JSON or the token, anywhere: it is shown before it is stored",
            "the JSON or the token here",
            None,
        ),
        (
            key(Action::Guides),
            "which buttons in Adobe's consoles lead to the first credentials, and who may",
            "where credentials come from",
            Some(Action::Guides),
        ),
        (
            "demo".to_owned(),
            "try it with nothing set up: quit, then `aemkeys demo`",
            "quit, then `aemkeys demo`",
            None,
        ),
    ]
    .into_iter()
    .map(|(key, long, short, action)| (step(painter, columns, &key, long, short), action))
    .collect()
}

fn step<'a>(painter: &Painter<'_>, columns: u16, key: &str, long: &str, short: &str) -> Line<'a> {
    let theme = painter.theme;
    let room = columns.saturating_sub(KEYS);
    let words = if width(long) <= room { long } else { short };
    Line::from(vec![
        Span::styled(format!("  {key:<7}"), theme.accent),
        Span::raw(words.to_owned()),
    ])
}

/// Where secrets will be kept, as far as it is known; and the way out where no keyring answers.
fn storage<'a>(painter: &Painter<'_>, model: &Model, columns: u16, roomy: bool) -> Vec<Row<'a>> {
    let theme = painter.theme;
    let name = &model.settings.storage;
    let (glyph, style, words) = match &model.look {
        Look::NotYet => (
            theme.glyphs.dot,
            theme.quiet,
            format!("Secrets are kept in: {name}. They never leave it but for Adobe."),
        ),
        Look::Looking => (
            theme.glyphs.dot,
            theme.quiet,
            format!("Looking whether the {name} answers."),
        ),
        Look::Found(Ok(StorageStatus::Ready)) => (
            theme.glyphs.fine,
            theme.fine,
            format!("The {name} answers: secrets are kept there."),
        ),
        Look::Found(Ok(StorageStatus::Locked)) => (
            theme.glyphs.soon,
            theme.soon,
            format!("The {name} is locked: it asks for its password when you add something."),
        ),
        Look::Found(Err(problem)) => (theme.glyphs.over, theme.over, problem.message.clone()),
    };
    let head = vec![Span::styled(format!("{glyph} "), style)];
    let lines = if roomy {
        hanging(head, &words, theme.text, columns)
    } else {
        let mut line = Line::from(head);
        line.push_span(words);
        vec![line]
    };
    let mut rows: Vec<Row<'a>> = lines.into_iter().map(quiet).collect();
    let Look::Found(found) = &model.look else {
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
        "keep secrets in a file under a passphrase instead",
        "use a passphrase file",
    );
    if found.is_err() {
        rows.push((file, Some(Action::PassphraseFile)));
        if roomy {
            let words = "start a keyring in this session (gnome-keyring, KWallet, KeePassXC), then aemkeys again";
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
