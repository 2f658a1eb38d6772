//! The errors: newest first, the one under the cursor with its cause and next step.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use crate::tui::action::{Action, Context};
use crate::tui::command::{Command, Cx};
use crate::tui::model::{ErrorEntry, Model};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Choices, Painter, Panel, hanging, problem};
use crate::tui::{time, why};

/// Columns before the details of the error under the cursor.
const DETAILS: u16 = 8;

#[derive(Clone, Debug, Default)]
pub struct ErrorsPage {
    /// Newest first.
    at: usize,
}

impl View for ErrorsPage {
    fn context(&self) -> Context {
        Context::Errors
    }

    fn size(&self, model: &Model) -> (u16, u16) {
        let errors = u16::try_from(model.errors.len()).unwrap_or(u16::MAX);
        (96, errors.saturating_add(10))
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Why, Action::CopyReport, Action::Close]
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(entry) = cx.errors.get(self.at) else {
            return;
        };
        let command = match action {
            Action::CopyReport => Command::CopyText("report", why::report(entry)),
            Action::Why => {
                let about = cx
                    .identities()
                    .find(|(_, identity)| cx.name_of(identity.id) == entry.about)
                    .map(|(_, identity)| identity.id);
                why::explain_problem(cx, entry.about.clone(), &entry.problem, about)
            }
            _ => return,
        };
        cx.then(command);
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        for entry in &mut cx.errors {
            entry.read = true;
        }
        cx.close();
    }

    fn cursor(&mut self, model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, model.errors.len()))
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let keys = &[
            ("Enter", "reads it"),
            ("y", "copies a report"),
            ("Esc", "closes, all read"),
        ];
        let inner = painter.panel(area, Panel::dialog("Errors").keys(keys));
        if model.errors.is_empty() {
            painter.notice(inner, "no errors");
        }
        let mut choices = Choices::new(self.at, theme);
        for (at, entry) in model.errors.iter().enumerate() {
            let selected = at == self.at;
            let head = head(model, entry, selected, theme);
            let message = format!("{}: {}", entry.about, entry.problem.message);
            if !selected {
                let mut line = Line::from(head);
                line.push_span(message);
                choices.item(at, vec![line]);
                continue;
            }
            let mut lines = hanging(head, &message, theme.strong, inner.width);
            let details = inner.width.saturating_sub(DETAILS);
            for line in problem::details(&entry.problem, details, theme) {
                let mut indented = Line::from(" ".repeat(DETAILS.into()));
                indented.extend(line);
                lines.push(indented);
            }
            choices.item(at, lines);
        }
        painter.choices(inner, choices);
    }
}

fn head<'a>(model: &Model, entry: &ErrorEntry, selected: bool, theme: &Theme) -> Vec<Span<'a>> {
    let clock = time::clock(entry.at, &model.settings.zone);
    let style = if entry.read { theme.quiet } else { theme.over };
    vec![
        theme.cursor(selected),
        Span::styled(format!("{clock}  "), theme.quiet),
        Span::styled(format!("{} ", theme.glyphs.over), style),
    ]
}
