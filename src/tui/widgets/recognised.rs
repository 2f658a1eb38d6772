//! A recognised input: its kind, its checks and its relation to the stored credentials.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{hanging, paragraph, width};
use crate::app::add::{Preview, Relation};
use crate::tui::action::Action;
use crate::tui::message::Recognised;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use aemkeys_core::credential::{Check, CheckVerdict};
use aemkeys_core::time;

pub fn lines<'a>(theme: &Theme, model: &Model, import: &Recognised, columns: u16) -> Vec<Line<'a>> {
    let preview = &import.preview;
    let head = vec![Span::styled("Recognised   ", theme.quiet)];
    let mut lines = hanging(head, preview.what(), theme.strong, columns);
    let fine = preview.checks.iter().filter(|it| !is_warning(it));
    lines.extend(checks(theme, fine, columns));
    lines.extend(facts(theme, model, preview, columns));
    for text in relation(model, preview) {
        lines.extend(paragraph(&text, theme.accent, columns));
    }
    lines
}

/// What must not be overlooked.
pub fn warnings<'a>(theme: &Theme, import: &Recognised, columns: u16) -> Vec<Line<'a>> {
    let preview = &import.preview;
    let wrong = preview.checks.iter().filter(|it| is_warning(it));
    let mut lines = checks(theme, wrong, columns);
    for it in &preview.unconfirmed {
        let text = format!("{} Type the host to confirm it.", it.warning());
        lines.extend(paragraph(&text, theme.accent, columns));
    }
    lines
}

fn is_warning(check: &Check) -> bool {
    matches!(check.verdict, CheckVerdict::Warning | CheckVerdict::Wrong)
}

/// Short checks are shown side by side.
fn checks<'a, 'c>(
    theme: &Theme,
    checks: impl Iterator<Item = &'c Check>,
    columns: u16,
) -> Vec<Line<'a>> {
    let half = columns / 2;
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut left: Option<u16> = None;
    for check in checks {
        let (glyph, style) = theme.check(check.verdict);
        let text = format!("{glyph} {}", check.text);
        let short = width(&text) + 2 <= half;
        let spans = |text: String| vec![Span::styled(format!("{glyph} "), style), Span::raw(text)];
        match (left, lines.last_mut()) {
            (Some(taken), Some(line)) if short => {
                line.push_span(Span::raw(" ".repeat(usize::from(half - taken))));
                line.extend(spans(check.text.clone()));
                left = None;
            }
            _ if short => {
                lines.push(Line::from(spans(check.text.clone())));
                left = Some(width(&text));
            }
            _ => {
                let head = vec![Span::styled(format!("{glyph} "), style)];
                lines.extend(hanging(head, &check.text, Style::new(), columns));
                left = None;
            }
        }
    }
    lines
}

fn facts<'a>(theme: &Theme, model: &Model, preview: &Preview, columns: u16) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut fact = |label: &str, text: String| {
        let head = vec![Span::styled(format!("{label:<13}"), theme.quiet)];
        lines.extend(hanging(head, &text, theme.text, columns));
    };
    if let Some(facts) = &preview.facts {
        if let Some((what, account)) = facts.account() {
            fact(what, account.to_owned());
        }
        if !facts.scopes.is_empty() {
            fact("scopes", facts.scopes.join(", "));
        }
    }
    if let Some(owner) = &preview.token_owner {
        fact("owner", owner.clone());
    }
    if let Some(ids) = preview.token_ids {
        fact("environment", ids.to_string());
    }
    if let Some(token) = &preview.token
        && let Some(end) = token.expires_at
    {
        let near = time::near(end, model.now, &model.settings.zone);
        let left = time::relative(end, model.now);
        fact("expires", format!("{near}, {left}"));
    }
    lines
}

fn relation(model: &Model, preview: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    match &preview.relation {
        Relation::NewEnvironment => {}
        Relation::AlreadyStored {
            full_name,
            identity,
        } => {
            lines.push(match &preview.changes {
                Some(_) => format!("Already stored as {full_name}, with other content:"),
                None => format!(
                    "Already stored as {full_name}; nothing differs. Storing it again restores a secret that was lost."
                ),
            });
            lines.extend(preview.changes.iter().flat_map(|it| it.lines.clone()));
            let known = model.index.identity(*identity);
            let has_token = known.is_some_and(|(_, entry)| entry.token.is_some());
            if has_token && preview.changes.is_some() && preview.kind.can_exchange() {
                let exchange = model.press(Action::Exchange);
                lines.push(format!(
                    "Its token has the old content and is deleted. For a new one, {exchange} afterwards."
                ));
            }
        }
        Relation::NewRevision { full_name, .. } => {
            lines.push(format!("A new certificate of {full_name}: rotate it."));
        }
        Relation::NewIdentity { name, .. } => {
            lines.push(format!("Another account of {name}: choose a label."));
        }
    }
    lines
}

/// Returns the approximate number of lines.
pub fn height(import: &Recognised) -> usize {
    let preview = &import.preview;
    let facts = preview.facts.as_ref().map_or(0, |facts| {
        usize::from(facts.account().is_some()) + usize::from(!facts.scopes.is_empty())
    });
    let facts = facts
        + usize::from(preview.token_owner.is_some())
        + usize::from(preview.token_ids.is_some());
    let said = usize::from(preview.relation != crate::app::add::Relation::NewEnvironment)
        + preview.changes.as_ref().map_or(0, |it| it.lines.len() + 2)
        + 2 * preview.unconfirmed.len();
    let gap = usize::from(preview.checks.iter().any(is_warning));
    1 + preview.checks.len() + gap + facts + usize::from(preview.token.is_some()) + said
}
