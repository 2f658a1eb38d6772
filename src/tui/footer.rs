//! The last lines: messages, running tasks and the clipboard, then key hints.

use jiff::SignedDuration;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::App;
use super::key_hints::{self, KeyHint};
use crate::app::Wait;
use crate::tui::action::{Action, Context};
use crate::tui::model::{Model, NOT_CLEARED, Tone};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Painter, StatusLines, StatusMessage, hint};
use aemkeys_core::time;

/// The lines of the status, at most an eighth of the screen: a message with what runs.
pub fn status_lines(app: &App) -> StatusLines<'_> {
    let model = &app.model;
    let theme = &model.settings.theme;
    let parts = [
        clipboard(theme, model),
        reminder(theme, model),
        work(theme, model),
        count(theme, model),
    ];
    let size = (model.columns, model.rows);
    let parts = parts.into_iter().flatten().collect();
    StatusLines::new(message(theme, app), parts, size, theme.glyphs)
}

pub fn status(painter: &mut Painter<'_>, app: &App, area: Rect) {
    painter.lines(area, &status_lines(app).lines);
}

/// The toast, or else the newest unread error.
fn message<'a>(theme: &Theme, app: &App) -> Option<StatusMessage<'a>> {
    let model = &app.model;
    let hint = |action, words| {
        let key = model.settings.keymap.hint(action).unwrap_or_default();
        vec![
            Span::styled(key, theme.accent),
            Span::styled(words, theme.quiet),
        ]
    };
    if let Some(toast) = &model.toast {
        let (glyph, style) = theme.tone(toast.tone);
        let after = if app.pages.is_empty() {
            hint(Action::PageActivity, " for more")
        } else {
            vec![Span::styled("more in the activity", theme.quiet)]
        };
        return Some(StatusMessage {
            before: Span::styled(format!("{glyph} "), style),
            text: toast.text.clone(),
            after,
            is_after_cut: true,
        });
    }
    let entry = model
        .unread_error()
        // The errors page already shows the errors.
        .filter(|_| app.context() != Context::Errors)?;
    let (glyph, style) = theme.tone(Tone::Bad);
    Some(StatusMessage {
        before: Span::styled(format!("{glyph} "), style),
        text: format!("{}: {}", entry.about, entry.problem.message),
        after: hint(Action::Errors, " for details"),
        is_after_cut: false,
    })
}

fn clipboard<'a>(theme: &Theme, model: &Model) -> Option<Vec<Span<'a>>> {
    let held = model.clipboard.as_ref()?;
    let text = match held.clears_at {
        Some(at) => {
            // Rounded up: the last second is `1 s`.
            let left = at.duration_since(model.now) + SignedDuration::from_millis(999);
            let left = time::duration(left.max(SignedDuration::ZERO));
            format!("{} copied, clears in {left}", held.what)
        }
        None if held.is_secret => format!("{} copied{NOT_CLEARED}", held.what),
        None => format!("{} copied", held.what),
    };
    Some(vec![
        Span::styled(format!("{} ", theme.glyphs.fine), theme.fine),
        Span::raw(text),
    ])
}

/// The count that is being typed.
fn count<'a>(theme: &Theme, model: &Model) -> Option<Vec<Span<'a>>> {
    let count = model.count?.to_string();
    Some(vec![Span::styled(count, theme.accent)])
}

/// A reminder to test again once a change in a console has taken effect.
fn reminder<'a>(theme: &Theme, model: &Model) -> Option<Vec<Span<'a>>> {
    let (identity, at) = model.test_reminder()?;
    let name = model.name_of(identity);
    if at > model.now {
        let text = format!(
            "test {name} again at {}",
            time::clock(at, &model.settings.zone)
        );
        return Some(vec![Span::styled(text, theme.quiet)]);
    }
    let (glyph, style) = theme.tone(Tone::Warning);
    let key = model.settings.keymap.hint(Action::Test).unwrap_or_default();
    Some(vec![
        Span::styled(format!("{glyph} "), style),
        Span::raw(format!("test {name} again now: press ")),
        Span::styled(key, theme.accent),
    ])
}

fn work<'a>(theme: &Theme, model: &Model) -> Option<Vec<Span<'a>>> {
    let (_, first) = model.tasks.iter().next()?;
    let wheel = model.spinner();
    let text = match model.tasks.len() {
        1 => format!("{} {}", first.work.words(), first.name),
        many => format!("{many} running"),
    };
    let since = time::elapsed(model.now.duration_since(first.since));
    let mut spans = vec![
        Span::styled(format!("{wheel} "), theme.accent),
        Span::raw(text),
        Span::styled(format!(" {since}"), theme.quiet),
    ];
    if let Some(wait) = model.storage_waits {
        spans.push(Span::raw(format!(" {}", waiting_for(wait, model))));
    }
    Some(spans)
}

/// Tells the user what a running task waits for.
pub fn waiting_for(wait: Wait, model: &Model) -> &'static str {
    match (wait, model.settings.storage.as_str()) {
        (Wait::Unlocking, "passphrase file") => "opening the passphrase file",
        (Wait::Answer, "passphrase file") => "waiting for the passphrase file",
        (Wait::Unlocking, _) => "waiting for the keyring to be unlocked",
        (Wait::Answer, _) => "waiting for the keyring",
    }
}

pub fn hints(painter: &mut Painter<'_>, app: &App, area: Rect) {
    let (view, model, theme) = (app.top(), &app.model, painter.theme);
    let shown = |it: KeyHint| (it.action, Line::from(hint(it.key, it.words, theme)));
    let always = [Action::Palette, Action::Help];
    let always = always
        .iter()
        .filter_map(|action| key_hints::of_action(view, model, *action));
    let always = always.map(shown).collect();
    let wanted = key_hints::of(view, model).into_iter().map(shown).collect();
    painter.hint_bar(area, wanted, always);
}
