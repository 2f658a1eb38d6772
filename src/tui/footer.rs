//! The last two lines: messages, running tasks and the clipboard, then key hints.

use jiff::SignedDuration;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::state::App;
use crate::app::Wait;
use crate::tui::action::{Action, Context};
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Tone};
use crate::tui::widgets::{Painter, fit, hint, spinner, width};
use aemkeys_core::time;

/// The minimum width of a message.
const LEAST_SAID: u16 = 31;

pub fn status(painter: &mut Painter<'_>, app: &App, area: Rect) {
    let model = &app.model;
    let mut parts: Vec<Vec<Span<'_>>> = Vec::new();
    parts.extend(clipboard(painter, model));
    parts.extend(reminder(painter, model));
    parts.extend(work(painter, model));
    // Messages are also on the activity page, so they are cut before the other parts.
    let columns = |part: &Vec<Span<'_>>| part.iter().map(Span::width).sum::<usize>() + 3;
    let taken: usize = 1 + parts.iter().map(columns).sum::<usize>();
    let taken = u16::try_from(taken).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(taken).max(LEAST_SAID);
    parts.splice(0..0, said(painter, app, room));
    let mut spans = vec![Span::raw(" ")];
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::raw("   "));
        }
        spans.extend(part);
    }
    painter.line(area, Line::from(spans));
}

/// The toast, or else the newest unread error.
fn said<'a>(painter: &Painter<'_>, app: &'a App, room: u16) -> Option<Vec<Span<'a>>> {
    let (theme, model) = (painter.theme, &app.model);
    if let Some(toast) = &model.toast {
        let (glyph, style) = theme.tone(toast.tone);
        let text = fit(&toast.text, room.saturating_sub(2), theme.glyphs);
        return Some(vec![
            Span::styled(format!("{glyph} "), style),
            Span::raw(text),
        ]);
    }
    let entry = model
        .unread_error()
        // The errors page already shows the errors.
        .filter(|_| app.context() != Context::Errors)?;
    let (glyph, style) = theme.tone(Tone::Bad);
    let key = model
        .settings
        .keymap
        .hint(Action::Errors)
        .unwrap_or_default();
    let room = room.saturating_sub(15);
    let text = fit(
        &format!("{}: {}", entry.about, entry.problem.message),
        room,
        theme.glyphs,
    );
    Some(vec![
        Span::styled(format!("{glyph} "), style),
        Span::raw(text),
        Span::raw("  "),
        Span::styled(key, theme.accent),
        Span::styled(" for details", theme.quiet),
    ])
}

fn clipboard<'a>(painter: &Painter<'_>, model: &Model) -> Option<Vec<Span<'a>>> {
    let held = model.clipboard.as_ref()?;
    let theme = painter.theme;
    let text = match held.clears_at {
        Some(at) => {
            // Rounded up: the last second is `1 s`.
            let left = at.duration_since(model.now) + SignedDuration::from_millis(999);
            let left = time::duration(left.max(SignedDuration::ZERO));
            format!("{} copied, clears in {left}", held.what)
        }
        None => format!("{} copied", held.what),
    };
    Some(vec![
        Span::styled(format!("{} ", theme.glyphs.fine), theme.fine),
        Span::raw(text),
    ])
}

/// A reminder to test again once a change in a console has taken effect.
fn reminder<'a>(painter: &Painter<'_>, model: &Model) -> Option<Vec<Span<'a>>> {
    let theme = painter.theme;
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

fn work<'a>(painter: &Painter<'_>, model: &Model) -> Option<Vec<Span<'a>>> {
    let theme = painter.theme;
    let (_, first) = model.tasks.iter().next()?;
    let wheel = spinner(model.now, model.settings.motion, theme.glyphs);
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
fn waiting_for(wait: Wait, model: &Model) -> &'static str {
    match (wait, model.settings.storage.as_str()) {
        (Wait::Unlocking, "passphrase file") => "opening the passphrase file",
        (Wait::Answer, "passphrase file") => "waiting for the passphrase file",
        (Wait::Unlocking, _) => "waiting for the keyring to be unlocked",
        (Wait::Answer, _) => "waiting for the keyring",
    }
}

pub fn hints(painter: &mut Painter<'_>, app: &App, area: Rect) {
    let context = app.context();
    let model = &app.model;
    let wanted = app.top().hints();
    let is_allowed = |action: Action| app.allows(action).is_ok();
    let mut always = vec![Action::Palette, Action::Help];
    always.retain(|action| action.entry().contexts.contains(&context));
    let shown = |action: &Action| Some((*action, one(painter, model, context, *action)?));
    let always: Vec<_> = always.iter().filter_map(shown).collect();
    let wanted = wanted.iter().filter(|action| is_allowed(**action));
    let wanted: Vec<_> = wanted.filter_map(shown).collect();
    // Those that are always offered come last, and are left out last.
    let columns = |hints: &[(Action, Line<'_>)]| -> usize {
        hints.iter().map(|(_, line)| line.width() + 2).sum()
    };
    let room = usize::from(area.width);
    let mut kept = always.len();
    while kept > 0 && columns(&always[..kept]) > room {
        kept -= 1;
    }
    let mut hints = Vec::new();
    for hint in wanted {
        if columns(&hints) + hint.1.width() + 2 + columns(&always[..kept]) < room {
            hints.push(hint);
        }
    }
    hints.extend(always.into_iter().take(kept));
    let widths = hints
        .iter()
        .map(|(_, line)| Constraint::Length(width(&line.to_string())));
    let places = Layout::horizontal(widths)
        .spacing(2)
        .horizontal_margin(1)
        .split(area);
    for ((action, line), place) in hints.into_iter().zip(places.iter()) {
        painter.line(*place, line);
        painter.hits.add(*place, ClickTarget::Hint(action));
    }
}

fn one<'a>(
    painter: &Painter<'_>,
    model: &Model,
    context: Context,
    action: Action,
) -> Option<Line<'a>> {
    let keymap = &model.settings.keymap;
    let types = matches!(context, Context::Form | Context::Line | Context::Filter);
    let key = if types {
        keymap.hint_while_typing(action)?
    } else {
        keymap.hint(action)?
    };
    let title = match action {
        Action::PageTimeline => "timeline",
        Action::PageEnvironments => "environments",
        _ => action.entry().title,
    };
    Some(Line::from(hint(key, title, painter.theme)))
}
