//! The parts of the rotate page, as lines.

use ratatui::layout::Constraint;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::rotate::{Comparison, Progress, RemainingSteps, StepState};
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Columns, hanging, paragraph};

/// The minimum width to show old and new side by side.
const SIDE_BY_SIDE_FROM: u16 = 68;

/// The started steps with their results.
pub fn steps<'a>(model: &Model, steps: &[Progress], columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for progress in steps {
        let (glyph, style) = match progress.state {
            StepState::Running => (model.spinner(), theme.accent),
            StepState::Done => (theme.glyphs.fine, theme.fine),
            StepState::Skipped => (theme.glyphs.dash, theme.quiet),
            StepState::Failed => (theme.glyphs.over, theme.over),
        };
        let mut text = progress.step.title().to_owned();
        if !progress.words.is_empty() {
            text.extend([": ", &progress.words]);
        }
        let head = vec![Span::styled(format!("{glyph} "), style)];
        lines.extend(hanging(head, &text, theme.text, columns));
    }
    lines
}

pub fn side_by_side<'a>(comparison: &Comparison, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let head = vec![Span::styled(
        format!("{} ", theme.glyphs.fine),
        theme.accent,
    )];
    let words = comparison.relation.words();
    let mut lines = hanging(head, words, theme.strong, columns);
    for warning in &comparison.warnings {
        let head = vec![Span::styled(format!("{} ", theme.glyphs.soon), theme.soon)];
        lines.extend(hanging(head, warning, theme.text, columns));
    }
    // Show only differences if two columns do not fit, or are read line by line.
    if columns < SIDE_BY_SIDE_FROM || theme.glyphs.is_words {
        for line in comparison.lines.iter().filter(|line| line.differs) {
            let text = format!("{}: old {}, new {}", line.label, line.old, line.new);
            lines.extend(paragraph(&text, theme.text, columns));
        }
        return lines;
    }
    lines.push(Line::default());
    let half = Constraint::Fill(1);
    let widths = [Constraint::Length(12), half, half];
    let table = Columns::without_cursor(columns, widths, theme.glyphs);
    let row = |label: &str, old: &str, new: &str, style: Style| {
        let cells = [(label, theme.quiet), (old, theme.quiet), (new, style)];
        table.line(cells.map(|(text, style)| Line::styled(text.to_owned(), style)))
    };
    lines.push(row("", "old", "new", theme.quiet));
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

pub fn left_to_do<'a>(left: &RemainingSteps, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let head = vec![Span::styled(format!("{} ", theme.glyphs.soon), theme.soon)];
    let mut lines = hanging(head, &left.words(), theme.text, columns);
    let then = match left {
        RemainingSteps::Begun { .. } => "Continue does the remaining steps.",
        RemainingSteps::Candidate { .. } => {
            "Continue tries the new credential again. You can also choose another file, or discard the new credential."
        }
        RemainingSteps::UpdatePrograms { .. } | RemainingSteps::RevokeOld { .. } => {
            "Used by shows what is left of that rotation. You can also choose the next file."
        }
    };
    lines.extend(paragraph(then, theme.text, columns));
    lines
}

/// How to get the new credential, for each kind.
pub fn how_to_get_one<'a>(is_oauth: bool, columns: u16, theme: &Theme) -> Vec<Line<'a>> {
    let steps: &[&str] = if is_oauth {
        &[
            "In the Adobe Developer Console, open the project, then OAuth Server-to-Server.",
            "Add a second client secret. The first one keeps working.",
            "Download the JSON. Paste it here, or enter the path of the file.",
        ]
    } else {
        &[
            "An AEM as a Cloud Service Environment administrator opens Cloud Manager, opens the menu (three dots) next to the environment and chooses Developer Console.",
            "Under Integrations, Technical Accounts, this account: choose Add certificate, or Add new private key if the old one has expired or leaked.",
            "Choose View and copy or download the JSON. Paste it here, or enter the path of the file.",
        ]
    };
    let steps = steps.iter().enumerate().flat_map(|(at, step)| {
        let head = vec![Span::styled(format!(" {}  ", at + 1), theme.accent)];
        hanging(head, step, theme.text, columns)
    });
    steps.collect()
}
