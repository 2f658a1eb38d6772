//! The errors page: newest first, with cause and next step of the selected one.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::command::{AppCommand, CopyItem, Cx};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::filter::contains_words;
use crate::tui::key_hints;
use crate::tui::message::ClickTarget;
use crate::tui::model::{ErrorEntry, Model};
use crate::tui::page::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, PanelFilter, TextInput, hanging, problem};
use aemkeys_core::time;

/// Columns before the details of the error under the cursor.
const DETAILS: usize = 10;

#[derive(Clone, Debug, Default)]
pub struct ErrorsPage {
    /// The selected one of the shown errors.
    at: usize,
    filter: TextInput,
    filtering: bool,
    /// The number of lines of the selected error that are scrolled out of view.
    scroll: usize,
}

impl ErrorsPage {
    /// The errors that contain the words of the filter, newest first.
    fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a ErrorEntry> {
        model.errors.iter().filter(|entry| {
            let problem = &entry.problem;
            let cause = problem.cause.as_deref().unwrap_or_default();
            let text = format!(
                "{} {} {cause} {}",
                entry.about, problem.message, problem.code
            );
            contains_words(&text, self.filter.text())
        })
    }
}

impl View for ErrorsPage {
    fn open(_cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::Perform(Action::Errors)).then(Self::default)
    }

    with_filter!(Errors, |page, _model| &mut page.filter);

    fn typed(&mut self, _model: &mut Model) {
        (self.at, self.scroll) = (0, 0);
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        (96, model.errors.len() + 10)
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::Filter if model.errors.is_empty() => Err("no errors".to_owned()),
            Action::Explain | Action::CopyReport if self.shown(model).next().is_none() => {
                Err("no errors".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(entry) = self.shown(cx).nth(self.at) else {
            return;
        };
        match action {
            Action::CopyReport => {
                let (what, text) = ("report", explain::report(entry));
                cx.run(Job::CopyText { what, text });
            }
            Action::CopyMenu => {
                let problem = &entry.problem;
                let mut items = vec![
                    CopyItem::new("error", problem.to_string()),
                    CopyItem::new("error code", problem.code.to_string()),
                ];
                let debug_id = problem.debug_id.clone();
                items.extend(debug_id.map(|id| CopyItem::new("debug id", id)));
                items.push(CopyItem::new("report", explain::report(entry)));
                let about = explain::subject(cx, &format!("{}: ", entry.about));
                cx.then(AppCommand::OpenCopyMenu(about, items));
            }
            Action::Explain => {
                let about = explain::subject(cx, &format!("{}: ", entry.about));
                let command = explain::error(cx, entry.about.clone(), &entry.problem, about);
                cx.then(command);
            }
            _ => {}
        }
    }

    /// Clears the filter first.
    fn close(&mut self, cx: &mut Cx<'_>) {
        if !self.filter.is_empty() {
            self.filter = TextInput::default();
            (self.at, self.scroll) = (0, 0);
            return;
        }
        for entry in &mut cx.errors {
            entry.read = true;
        }
        cx.close();
    }

    /// Scrolls through the details, then goes to the next error.
    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let model: &Model = cx;
        let inner = Panel::dialog("").inner(self.area(model));
        let entry = self.shown(model).nth(self.at);
        let lines = entry.map(|entry| self.lines(model, self.at, entry, inner.width));
        let is_cut = lines.is_some_and(|lines| lines.len() > usize::from(inner.height));
        match by {
            1 if is_cut => self.scroll += 1,
            -1 if self.scroll > 0 => self.scroll -= 1,
            _ => {
                let last = self.shown(model).count().saturating_sub(1);
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
        let count = self.shown(model).count();
        let panel = Panel::dialog("Errors").keys(key_hints::of(self, model));
        let panel = match PanelFilter::of(&self.filter, self.filtering, count) {
            Some(filter) => panel.filter(filter),
            None => panel,
        };
        let inner = painter.panel(area, panel);
        let typing = painter.cursor.filter(|_| self.filtering);
        if model.errors.is_empty() {
            painter.notice(inner, "No errors");
        } else if count == 0 {
            painter.notice(inner, "No errors match the filter.");
        }
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, entry) in self.shown(model).enumerate() {
            choices.item(at, self.lines(model, at, entry, inner.width));
        }
        painter.choices(inner, choices);
        painter.cursor = typing.or(painter.cursor);
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
