//! The activity page: actions and their results, newest first, grouped by day.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::activity::ActivityEntry;
use crate::tui::action::Action;
use crate::tui::command::{AppCommand, Cx};
use crate::tui::explain;
use crate::tui::filter::contains_words;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{ChoiceList, Painter, Panel, PanelFilter, TextInput, hanging};
use aemkeys_core::time;

#[derive(Clone, Debug, Default)]
pub struct ActivityPage {
    /// The selected one of the shown entries.
    at: usize,
    filter: TextInput,
    filtering: bool,
}

impl ActivityPage {
    /// The entries that contain the words of the filter.
    fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a ActivityEntry> {
        let entries = model.activity.iter();
        entries.filter(|entry| contains_words(&entry.text, self.filter.text()))
    }

    /// Explains an error, else shows the details of the identity, else the whole text.
    fn open_entry(&self, cx: &mut Cx<'_>) {
        let Some(entry) = self.shown(cx).nth(self.at).cloned() else {
            return;
        };
        let identity = explain::subject(cx, &entry.text);
        let mut errors = cx.errors.iter();
        let error = errors.find(|error| error.at == entry.at && error.is_told_by(&entry.text));
        if let Some(error) = error {
            let command = explain::error(cx, error.about.clone(), &error.problem, identity);
            cx.then(command);
        } else if let Some(identity) = identity {
            cx.show(identity);
            cx.then(AppCommand::OpenDetail);
        } else {
            let at = time::date_time(entry.at, &cx.settings.zone);
            cx.then(AppCommand::OpenText(at, vec![entry.text]));
        }
    }
}

impl View for ActivityPage {
    fn area(&self, model: &Model) -> Rect {
        layout::areas(model).body
    }

    with_filter!(Activity, |page, _model| &mut page.filter);

    fn typed(&mut self, _model: &mut Model) {
        self.at = 0;
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::Filter if model.activity.is_empty() => Err("no activity".to_owned()),
            Action::Explain if self.shown(model).next().is_none() => Err("no entry".to_owned()),
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        (action == Action::Explain).then(|| "open".to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action == Action::Explain {
            self.open_entry(cx);
        }
    }

    /// Clears the filter first.
    fn close(&mut self, cx: &mut Cx<'_>) {
        if self.filter.is_empty() {
            cx.close();
        } else {
            self.filter = TextInput::default();
            self.at = 0;
        }
    }

    fn cursor(&mut self, model: &Model) -> Option<(&mut usize, usize)> {
        let count = self.shown(model).count();
        Some((&mut self.at, count))
    }

    /// A new entry comes first, and the cursor stays where it is.
    fn follow(&mut self, model: &mut Model) {
        let last = self.shown(model).count().saturating_sub(1);
        self.at = self.at.min(last);
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let kept = match model.settings.storage.as_str() {
            "memory" => "demo: not saved",
            _ => "last 500 entries",
        };
        let panel = Panel::new("Activity").focused(painter.is_focused);
        let count = self.shown(model).count();
        let panel = match PanelFilter::of(&self.filter, self.filtering, count) {
            Some(filter) => panel.filter(filter),
            None => panel.right(Line::styled(kept, theme.quiet)),
        };
        let inner = painter.panel(area, panel);
        let typing = painter.cursor.filter(|_| self.filtering);
        if model.activity.is_empty() {
            let text = "No activity. Exchanges, test calls, copies and changes are listed here.";
            painter.notice(inner, text);
        } else if count == 0 {
            painter.notice(inner, "No entries match the filter.");
        }
        let zone = &model.settings.zone;
        // No heading for today.
        let mut day = time::date(model.now, zone);
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, entry) in self.shown(model).enumerate() {
            let its_day = time::date(entry.at, zone);
            if its_day != day {
                choices.text(vec![Line::styled(format!(" {its_day}"), theme.accent)]);
                day = its_day;
            }
            choices.item(at, lines(model, entry, at == self.at, theme, inner.width));
        }
        painter.cursor(inner, 1);
        painter.choices(inner, choices);
        painter.cursor = typing.or(painter.cursor);
    }
}

/// One line, and all of the text of the selected entry.
fn lines<'a>(
    model: &Model,
    entry: &'a ActivityEntry,
    is_selected: bool,
    theme: &Theme,
    columns: u16,
) -> Vec<Line<'a>> {
    let (glyph, style) = theme.tone(entry.tone);
    let clock = time::clock(entry.at, &model.settings.zone);
    let mut head = vec![
        theme.cursor(is_selected),
        Span::styled(format!(" {clock}  "), theme.quiet),
        Span::styled(format!("{glyph} "), style),
    ];
    if is_selected {
        return hanging(head, &entry.text, theme.strong, columns);
    }
    head.push(Span::raw(entry.text.as_str()));
    vec![Line::from(head)]
}
