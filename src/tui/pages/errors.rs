//! The errors page: newest first, with cause and next step of the selected one.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::key_hints;
use crate::tui::message::ClickTarget;
use crate::tui::model::{ErrorEntry, Model};
use crate::tui::page::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging, problem};
use aemkeys_core::time;

/// Columns before the details of the error under the cursor.
const DETAILS: usize = 10;

#[derive(Clone, Debug, Default)]
pub struct ErrorsPage {
    /// Newest first.
    at: usize,
    /// The number of lines of the selected error that are scrolled out of view.
    scroll: usize,
}

impl View for ErrorsPage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::Perform(Action::Errors)).then(Self::default)
    }

    fn context(&self) -> Context {
        Context::Errors
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        (96, model.errors.len() + 10)
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let needs_error = matches!(action, Action::Explain | Action::CopyReport);
        if needs_error && model.errors.is_empty() {
            return Err("no errors".to_owned());
        }
        Ok(())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(entry) = cx.errors.get(self.at) else {
            return;
        };
        match action {
            Action::CopyReport => {
                let (what, text) = ("report", explain::report(entry));
                cx.run(Job::CopyText { what, text });
            }
            Action::Explain => {
                let about = cx
                    .identities()
                    .find(|(_, identity)| cx.name_of(identity.id) == entry.about)
                    .map(|(_, identity)| identity.id);
                let command = explain::error(cx, entry.about.clone(), &entry.problem, about);
                cx.then(command);
            }
            _ => {}
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        for entry in &mut cx.errors {
            entry.read = true;
        }
        cx.close();
    }

    /// Scrolls through the details, then goes to the next error.
    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let model: &Model = cx;
        let inner = Panel::dialog("").inner(self.area(model));
        let entry = model.errors.get(self.at);
        let lines = entry.map(|entry| self.lines(model, self.at, entry, inner.width));
        let is_cut = lines.is_some_and(|lines| lines.len() > usize::from(inner.height));
        match by {
            1 if is_cut => self.scroll += 1,
            -1 if self.scroll > 0 => self.scroll -= 1,
            _ => {
                let last = model.errors.len().saturating_sub(1);
                self.at = self.at.saturating_add_signed(by).min(last);
                self.scroll = 0;
            }
        }
    }

    fn click(&mut self, _cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target {
            self.at = *row;
            self.scroll = 0;
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let inner = painter.panel(
            area,
            Panel::dialog("Errors").keys(key_hints::of(self, model)),
        );
        if model.errors.is_empty() {
            painter.notice(inner, "No errors");
        }
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, entry) in model.errors.iter().enumerate() {
            choices.item(at, self.lines(model, at, entry, inner.width));
        }
        painter.choices(inner, choices);
    }
}

impl ErrorsPage {
    /// One line; of the error under the cursor all there is to read.
    fn lines<'a>(
        &self,
        model: &Model,
        at: usize,
        entry: &ErrorEntry,
        columns: u16,
    ) -> Vec<Line<'a>> {
        let theme = &model.settings.theme;
        let head = head(model, entry, at == self.at, theme);
        let message = format!("{}: {}", entry.about, entry.problem.message);
        if at != self.at {
            let mut line = Line::from(head);
            line.push_span(message);
            return vec![line];
        }
        let mut lines = hanging(head, &message, theme.strong, columns);
        let details = problem::details(model, &entry.problem, DETAILS, columns, theme);
        lines.extend(details);
        lines.split_off(self.scroll.min(lines.len()))
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
