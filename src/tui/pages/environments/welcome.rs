//! The first start: nothing is stored yet. What can be done now, and where will the secrets be kept?

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::storage::StoreStatus;
use crate::credential::Problem;
use crate::tui::action::Action;
use crate::tui::message::Target;
use crate::tui::model::{Look, Model};
use crate::tui::widgets::{Canvas, fit, width, wrap};

/// Columns of the keys.
const KEYS: u16 = 9;
const WIDEST: u16 = 88;

/// A line, and what a click on it does.
type Row<'a> = (Line<'a>, Option<Action>);

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let inner = canvas.frame(
        area,
        Line::styled("Environments", theme.strong),
        Line::default(),
        canvas.is_focused,
    );
    let columns = WIDEST.min(inner.width.saturating_sub(2));
    let roomy = rows(canvas, model, columns, true);
    let rows = if roomy.len() <= usize::from(inner.height) {
        roomy
    } else {
        rows(canvas, model, columns, false)
    };
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let top = inner.height.saturating_sub(height) / 3;
    let place = Rect::new(
        inner.x + (inner.width - columns) / 2,
        inner.y + top,
        columns,
        inner.height.saturating_sub(top),
    );
    for (at, (line, action)) in rows.iter().enumerate().take(usize::from(place.height)) {
        let y = u16::try_from(at).unwrap_or(u16::MAX);
        canvas.line(place, y, line);
        if let Some(action) = action {
            let spot = Rect::new(place.x, place.y + y, place.width, 1);
            canvas.hits.add(spot, Target::Hint(*action));
        }
    }
    let add = rows
        .iter()
        .position(|(_, action)| *action == Some(Action::Add))
        .and_then(|at| u16::try_from(at).ok());
    if canvas.is_focused
        && let Some(y) = add
    {
        canvas.cursor(place, 2, y);
    }
}

fn rows<'a>(canvas: &Canvas<'_>, model: &Model, columns: u16, roomy: bool) -> Vec<Row<'a>> {
    let theme = canvas.theme;
    let text = |words: &str| fit(words, columns, &theme.glyphs);
    let mut rows: Vec<Row<'a>> = match &model.list_lost {
        Some(lost) => damaged(canvas, model, lost, columns),
        None => vec![(
            Line::styled(text("Nothing is stored yet."), theme.strong),
            None,
        )],
    };
    if roomy && model.list_lost.is_none() {
        let words =
            "What you add shows here, with the end of its credential and of its daily token.";
        rows.extend(
            wrap(words, columns)
                .into_iter()
                .map(|text| (Line::styled(text, theme.quiet), None)),
        );
        rows.push((Line::default(), None));
    }
    // Without a storage nothing can be added: then that comes first.
    let blocked = matches!(model.look, Look::Found(Err(_)));
    let steps = steps(canvas, model, columns);
    let storage = storage(canvas, model, columns, roomy);
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
fn damaged<'a>(canvas: &Canvas<'_>, model: &Model, lost: &Problem, columns: u16) -> Vec<Row<'a>> {
    let theme = canvas.theme;
    let key = model.settings.keymap.hint(Action::PageDoctor);
    let words = format!(
        "{}: {}. Doctor ({}) makes it anew from the storage.",
        lost.message,
        lost.cause.as_deref().unwrap_or_default(),
        key.unwrap_or_default()
    );
    let mut head = format!("{} ", theme.glyphs.over);
    wrap(&words, columns.saturating_sub(2))
        .into_iter()
        .map(|text| {
            let line = Line::from(vec![
                Span::styled(std::mem::replace(&mut head, "  ".to_owned()), theme.over),
                Span::styled(text, theme.strong),
            ]);
            (line, Some(Action::PageDoctor))
        })
        .collect()
}

fn steps<'a>(canvas: &Canvas<'_>, model: &Model, columns: u16) -> Vec<Row<'a>> {
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
    .map(|(key, long, short, action)| (step(canvas, columns, &key, long, short), action))
    .collect()
}

fn step<'a>(canvas: &Canvas<'_>, columns: u16, key: &str, long: &str, short: &str) -> Line<'a> {
    let theme = canvas.theme;
    let room = columns.saturating_sub(KEYS);
    let words = if width(long) <= room { long } else { short };
    Line::from(vec![
        Span::styled(format!("  {key:<7}"), theme.accent),
        Span::raw(fit(words, room, &theme.glyphs)),
    ])
}

/// Where secrets will be kept, as far as it is known; and the way out where no keyring answers.
fn storage<'a>(canvas: &Canvas<'_>, model: &Model, columns: u16, roomy: bool) -> Vec<Row<'a>> {
    let theme = canvas.theme;
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
        Look::Found(Ok(StoreStatus::Ready)) => (
            theme.glyphs.fine,
            theme.fine,
            format!("The {name} answers: secrets are kept there."),
        ),
        Look::Found(Ok(StoreStatus::Locked)) => (
            theme.glyphs.soon,
            theme.soon,
            format!("The {name} is locked: it asks for its password when you add something."),
        ),
        Look::Found(Err(problem)) => (theme.glyphs.over, theme.over, problem.message.clone()),
    };
    let mut rows = Vec::new();
    let room = columns.saturating_sub(2);
    let lines = if roomy {
        wrap(&words, room)
    } else {
        vec![fit(&words, room, &theme.glyphs)]
    };
    for (at, text) in lines.into_iter().enumerate() {
        let head = if at == 0 { glyph } else { " " };
        let line = Line::from(vec![
            Span::styled(format!("{head} "), style),
            Span::raw(text),
        ]);
        rows.push((line, None));
    }
    let Look::Found(found) = &model.look else {
        return rows;
    };
    let file = step(
        canvas,
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
            let mut indent = "  or     ".to_owned();
            for text in wrap(words, columns.saturating_sub(KEYS)) {
                let line = Line::from(vec![
                    Span::styled(std::mem::replace(&mut indent, " ".repeat(9)), theme.quiet),
                    Span::styled(text, theme.quiet),
                ]);
                rows.push((line, None));
            }
        }
    } else if roomy {
        rows.push((file, Some(Action::PassphraseFile)));
    }
    rows
}
