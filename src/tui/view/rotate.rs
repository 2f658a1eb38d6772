//! A renewal: what an earlier one left, old and new side by side, then every step as it happens.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::add::rest;
use super::paint::{body, fit, hint_line, spinner, width, wrap};
use super::{Canvas, problem};
use crate::app::rotate::{Comparison, Progress, StepState, Unfinished};
use crate::credential::Kind;
use crate::tui::model::{Model, RotatePage};
use crate::tui::theme::Theme;

/// Of the names of the facts.
const LABEL: u16 = 13;
/// Below so many lines only the newest is shown.
const SMALL: u16 = 14;
/// From here on old and new stand side by side.
const SIDE_BY_SIDE_FROM: u16 = 68;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RotatePage, area: Rect) {
    let theme = canvas.theme;
    let hints: &[(&str, &str)] = if page.working.is_some() {
        &[("Esc", "cancels")]
    } else {
        &[
            ("Enter", "first button"),
            ("Tab", "moves"),
            ("Esc", "closes"),
        ]
    };
    let title = format!("Renew {}", page.name);
    let bottom = hint_line(hints, theme);
    let inner = body(canvas.overlay(area, &title, Line::default(), bottom));
    let mut lines = Vec::new();
    // Where there is little room, why it failed and what comes next count more than what went well.
    let small = inner.height < SMALL && page.problem.is_some();
    if !page.steps.is_empty() {
        if !small {
            let steps = steps(model, &page.steps, inner.width, theme);
            let room = usize::from(inner.height.saturating_sub(3));
            let first = steps.len().saturating_sub(room);
            lines.extend(steps.into_iter().skip(first));
        }
    } else if let Some(comparison) = &page.comparison {
        lines.extend(side_by_side(comparison, inner.width, theme));
    } else if let Some(left) = &page.unfinished {
        lines.extend(left_to_do(left, inner.width, theme));
    } else {
        lines.extend(how_to_get_one(model, page, inner.width, theme));
    }
    if !small {
        lines.push(Line::default());
    }
    rest(
        canvas,
        model,
        lines,
        page.problem.as_ref(),
        page.working,
        &page.form,
        inner,
    );
}

/// The steps that began, with what became of them.
pub(super) fn steps<'a>(
    model: &Model,
    steps: &[Progress],
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for progress in steps {
        let (glyph, style) = match progress.state {
            StepState::Running => (
                spinner(model.now, model.settings.motion, &theme.glyphs),
                theme.accent,
            ),
            StepState::Done => (theme.glyphs.fine, theme.fine),
            StepState::Skipped => (theme.glyphs.dash, theme.quiet),
            StepState::Failed => (theme.glyphs.over, theme.over),
        };
        let mut text = progress.step.title().to_owned();
        if !progress.words.is_empty() {
            text.extend([": ", &progress.words]);
        }
        push_wrapped(&mut lines, glyph, style, &text, columns, theme.text);
    }
    lines
}

fn push_wrapped(
    lines: &mut Vec<Line<'_>>,
    glyph: &'static str,
    style: Style,
    text: &str,
    columns: u16,
    text_style: Style,
) {
    for (at, part) in wrap(text, columns.saturating_sub(2))
        .into_iter()
        .enumerate()
    {
        let head = if at == 0 { glyph } else { " " };
        lines.push(Line::from(vec![
            Span::styled(format!("{head} "), style),
            Span::styled(part, text_style),
        ]));
    }
}

fn side_by_side<'a>(comparison: &Comparison, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let words = comparison.relation.words();
    push_wrapped(
        &mut lines,
        theme.glyphs.fine,
        theme.accent,
        words,
        columns,
        theme.strong,
    );
    for warning in &comparison.warnings {
        push_wrapped(
            &mut lines,
            theme.glyphs.soon,
            theme.soon,
            warning,
            columns,
            theme.text,
        );
    }
    if columns < SIDE_BY_SIDE_FROM {
        // Only what differs: there is no room for two columns.
        for line in comparison.lines.iter().filter(|line| line.differs) {
            let arrow = theme.glyphs.arrow;
            let text = format!("{}: {} {arrow} {}", line.label, line.old, line.new);
            lines.extend(wrap(&text, columns).into_iter().map(Line::raw));
        }
        return lines;
    }
    lines.push(Line::default());
    let half = (columns - LABEL) / 2;
    let row = |label: &str, old: &str, new: &str, style: Style| {
        let old = fit(old, half.saturating_sub(2), &theme.glyphs);
        let pad = " ".repeat(usize::from(half.saturating_sub(width(&old))));
        Line::from(vec![
            Span::styled(format!("{label:<0$}", usize::from(LABEL)), theme.quiet),
            Span::styled(old, theme.quiet),
            Span::raw(pad),
            Span::styled(fit(new, half, &theme.glyphs), style),
        ])
    };
    lines.push(row("", "now", "new", theme.quiet));
    for line in &comparison.lines {
        let style = if line.differs {
            theme.strong
        } else {
            theme.quiet
        };
        lines.push(row(line.label, &line.old, &line.new, style));
    }
    lines
}

fn left_to_do<'a>(left: &Unfinished, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    push_wrapped(
        &mut lines,
        theme.glyphs.soon,
        theme.soon,
        &left.words(),
        columns,
        theme.text,
    );
    let then = match left {
        Unfinished::Begun { .. } => "Go on looks how far it came and does the rest.",
        Unfinished::Candidate { .. } => {
            "Go on tries the new one again. Or give another file, or drop the new one."
        }
        Unfinished::ToBring { .. } | Unfinished::ToRevoke { .. } => {
            "Who has it leads to the end of that renewal. Or give the next file."
        }
    };
    lines.extend(wrap(then, columns).into_iter().map(Line::raw));
    lines
}

/// Where the new one comes from; another console for each kind.
fn how_to_get_one<'a>(
    model: &Model,
    page: &RotatePage,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let kind = model
        .index
        .identity(page.identity)
        .map(|(_, identity)| identity.kind);
    let steps: &[&str] = if kind == Some(Kind::OauthServerToServer) {
        &[
            "In the Adobe Developer Console, open the project, OAuth Server-to-Server.",
            "Add a second client secret. The first one keeps working.",
            "Download the JSON: paste it here, or give the file.",
        ]
    } else {
        &[
            "An AEM as a Cloud Service Environment administrator opens Cloud Manager, the … at the environment, Developer Console.",
            "Integrations, Technical Accounts, this account: Add certificate. The old one keeps working.",
            "View, then copy the JSON: paste it here, or give the file.",
        ]
    };
    let mut lines = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for (number, text) in wrap(step, columns.saturating_sub(4))
            .into_iter()
            .enumerate()
        {
            let head = if number == 0 {
                format!(" {}  ", at + 1)
            } else {
                "    ".to_owned()
            };
            lines.push(Line::from(vec![
                Span::styled(head, theme.accent),
                Span::raw(text),
            ]));
        }
    }
    lines
}

/// As lines below what they belong to.
pub(super) fn problem_lines<'a>(
    found: Option<&crate::credential::Problem>,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    if let Some(found) = found {
        lines.push(Line::default());
        lines.extend(problem::lines(found, columns, theme));
    }
    lines
}
