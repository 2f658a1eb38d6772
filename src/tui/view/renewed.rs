//! It is renewed: what was compared, who has the new one, and whether the old key may be revoked.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{body, fit, hint_line, spinner, wrap};
use super::rotate::problem_lines;
use crate::app::rotate::{Compared, Rotated};
use crate::app::{IdentityEntry, RevisionState};
use crate::tui::message::Target;
use crate::tui::model::{Model, RenewedPage};
use crate::tui::theme::Theme;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RenewedPage, area: Rect) {
    let theme = canvas.theme;
    let bottom = hint_line(
        &[("Space", "ticks"), ("Enter", "does it"), ("Esc", "closes")],
        theme,
    );
    let (title, entry) = (
        if page.done.is_some() {
            format!("{}: renewed", page.name)
        } else {
            format!("{}: who uses it", page.name)
        },
        model.index.identity(page.identity).map(|(_, entry)| entry),
    );
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let Some(entry) = entry else {
        canvas.line(inner, 0, &Line::raw("It is no longer stored."));
        return;
    };
    let mut lines = Vec::new();
    if let Some(done) = &page.done {
        lines.extend(what_was_done(done, inner.width, theme));
        lines.push(Line::default());
    }
    let mut places = Vec::new();
    lines.extend(heading(page, entry, inner.width, theme));
    for at in 0..=entry.used_by.len() {
        let begin = lines.len();
        lines.extend(row(model, page, entry, at, inner.width, theme));
        places.push((begin, lines.len()));
    }
    lines.extend(problem_lines(page.problem.as_ref(), inner.width, theme));
    canvas.rows(inner, &lines, &places, page.at);
}

fn what_was_done<'a>(done: &Rotated, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let old = done
        .old
        .as_ref()
        .map_or_else(|| "none".to_owned(), |facts| facts.fingerprint.to_string());
    let arrow = theme.glyphs.arrow;
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} ", theme.glyphs.fine), theme.fine),
        Span::styled(
            format!("{old} {arrow} {}", done.new.fingerprint),
            theme.strong,
        ),
    ])];
    lines.extend(
        done.compared
            .iter()
            .map(|compared| Line::raw(fit(&compared_words(compared), columns, &theme.glyphs))),
    );
    for note in &done.notes {
        lines.extend(
            wrap(note, columns)
                .into_iter()
                .map(|text| Line::styled(text, theme.quiet)),
        );
    }
    lines
}

fn compared_words(compared: &Compared) -> String {
    let asked = compared.path.as_deref().unwrap_or("who am I");
    let tier = compared.tier.as_str();
    match &compared.old {
        Some(old) if *old == compared.new => {
            format!("  {tier:<8} {asked}: {} with both", compared.new)
        }
        Some(old) => format!("  {tier:<8} {asked}: {old} before, {} now", compared.new),
        None => format!("  {tier:<8} {asked}: {}", compared.new),
    }
}

fn heading<'a>(
    page: &RenewedPage,
    entry: &IdentityEntry,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let text = if entry.used_by.is_empty() {
        "Nobody is named who uses this credential: e, Used by, names them."
    } else if !page.is_after_renewal(entry) {
        "These use it, and get the new one when it is renewed:"
    } else {
        "Bring the new one to all who use it:"
    };
    wrap(text, columns)
        .into_iter()
        .map(|text| Line::styled(text, theme.accent))
        .collect()
}

/// A box with a name, or the revocation behind them.
fn row<'a>(
    model: &Model,
    page: &RenewedPage,
    entry: &IdentityEntry,
    at: usize,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let selected = page.at == at;
    let cursor = if selected { theme.glyphs.cursor } else { " " };
    let busy = selected && page.working.is_some();
    let (tick, ticked, text) = if let Some(used) = entry.used_by.get(at) {
        let has = used.has(entry.active_revision());
        (if has { "[x]" } else { "[ ]" }, has, used.name.clone())
    } else {
        let (tick, text) = revocation(page, entry, theme);
        (tick, false, text)
    };
    let tick = if busy {
        format!(
            "[{}]",
            spinner(model.now, model.settings.motion, &theme.glyphs)
        )
    } else {
        tick.to_owned()
    };
    let style = if selected { theme.strong } else { theme.text };
    let mut lines = Vec::new();
    for (number, text) in wrap(&text, columns.saturating_sub(6))
        .into_iter()
        .enumerate()
    {
        let head = if number == 0 {
            vec![
                Span::styled(cursor, theme.accent),
                Span::styled(
                    format!(" {tick} "),
                    if ticked { theme.fine } else { theme.quiet },
                ),
            ]
        } else {
            vec![Span::raw("      ")]
        };
        let mut line = Line::from(head);
        line.push_span(Span::styled(text, style));
        lines.push(line);
    }
    lines
}

fn revocation(page: &RenewedPage, entry: &IdentityEntry, theme: &Theme) -> (&'static str, String) {
    if !page.is_after_renewal(entry) {
        return ("[-]", "Revoke the old key: there is none yet".to_owned());
    }
    let old = entry.in_state(RevisionState::Old);
    let old = old.map_or_else(String::new, |old| format!(" {}", old.facts.fingerprint));
    let missing = entry.without_new().count();
    if missing > 0 {
        let text = format!(
            "Revoke the old key{old}: locked, {missing} of {} still work with the old one",
            entry.used_by.len()
        );
        ("[-]", text)
    } else {
        let arrow = theme.glyphs.arrow;
        let text = format!("Revoke the old key{old} {arrow} Enter opens the guide");
        ("[ ]", text)
    }
}

impl Canvas<'_> {
    /// Lines of which some are rows to choose from: the one with the cursor is in sight, and a click finds each.
    pub(super) fn rows(
        &mut self,
        inner: Rect,
        lines: &[Line<'_>],
        places: &[(usize, usize)],
        at: usize,
    ) {
        let height = usize::from(inner.height);
        let (begin, end) = places.get(at).copied().unwrap_or((0, 0));
        let first = if end <= height {
            0
        } else {
            begin.min(end.saturating_sub(height))
        };
        let row = |line: usize| u16::try_from(line.saturating_sub(first)).unwrap_or(u16::MAX);
        let shown: Vec<Line<'_>> = lines.iter().skip(first).take(height).cloned().collect();
        self.lines(inner, &shown);
        self.cursor(inner, 0, row(begin));
        for (at, (begin, end)) in places.iter().enumerate() {
            if *end > first && *begin < first + height {
                let top = row(*begin);
                let place = Rect::new(inner.x, inner.y + top, inner.width, row(*end) - top);
                self.hits.add(place.intersection(inner), Target::Item(at));
            }
        }
    }
}
