//! The doctor page: checks of this machine and their next steps.

use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::doctor::{self, FindingGroup};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::filter::contains_words;
use crate::tui::layout;
use crate::tui::message::JobOutcome;
use crate::tui::model::Model;
use crate::tui::next_step;
use crate::tui::page::View;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{ChoiceList, Painter, Panel, PanelFilter, TextInput, hanging, running};
use aemkeys_core::credential::Guidance;

/// The columns before the text: cursor, verdict and topic.
const INDENT: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct DoctorPage {
    pub status: PageStatus,
    groups: Vec<FindingGroup>,
    /// The selected one of the shown groups.
    at: usize,
    filter: TextInput,
    filtering: bool,
}

/// What the dashboard can do about a finding.
enum Fix {
    Act(Action),
    /// Copies the commands, one per line.
    Copy(String),
}

impl Fix {
    /// The action of the first step that depends on no selected row, else the commands that the text has
    /// between backquotes.
    fn of(group: &FindingGroup) -> Option<Self> {
        let steps = group
            .findings
            .iter()
            .filter_map(|found| found.next_step.as_ref());
        let mut actions = steps
            .clone()
            .flat_map(Guidance::steps)
            .filter_map(next_step::action);
        let act = actions.find(|action| {
            let is_here = action.entry().contexts.contains(&Context::Doctor);
            is_here && *action != Action::PageDoctor
        });
        // Commands of steps have keys, or need a name.
        let texts = steps.map(|guidance| guidance.render(|_, _, _| String::new()));
        let commands: Vec<String> = texts
            .filter_map(|text| text.split('`').nth(1).map(str::to_owned))
            .collect();
        let copy = (!commands.is_empty()).then(|| Self::Copy(commands.join("\n")));
        act.map(Self::Act).or(copy)
    }
}

impl DoctorPage {
    /// The groups that contain the words of the filter.
    fn shown(&self) -> impl Iterator<Item = &FindingGroup> {
        self.groups.iter().filter(|group| {
            let topics = group.findings.iter().map(|found| found.topic);
            let topics: Vec<&str> = topics.collect();
            let text = format!("{} {}", topics.join(" "), group.text());
            contains_words(&text, self.filter.text())
        })
    }

    fn selected(&self) -> Option<&FindingGroup> {
        self.shown().nth(self.at)
    }

    fn examine(&mut self, cx: &mut Cx<'_>) {
        if !self.status.is_running() {
            self.status = PageStatus::Running(cx.run(Job::RunDoctor));
            self.at = 0;
        }
    }
}

impl View for DoctorPage {
    with_filter!(Doctor, |page, _model| &mut page.filter);

    fn typed(&mut self, _model: &mut Model) {
        self.at = 0;
    }

    fn area(&self, model: &Model) -> Rect {
        layout::areas(model).body
    }

    fn opened(&mut self, cx: &mut Cx<'_>) {
        if self.groups.is_empty() && self.status.problem().is_none() {
            self.examine(cx);
        }
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::Filter if self.groups.is_empty() => Err("no checks yet".to_owned()),
            Action::DoctorAgain if self.status.is_running() => Err("still checking".to_owned()),
            Action::Explain if self.selected().is_none() => Err("nothing to explain".to_owned()),
            Action::DoctorFix => match self.selected().and_then(Fix::of) {
                Some(Fix::Act(action)) => action.enabled(model),
                Some(Fix::Copy(_)) => Ok(()),
                None => Err("nothing to do here".to_owned()),
            },
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let fix = self.selected().and_then(Fix::of);
        match fix.filter(|_| action == Action::DoctorFix)? {
            Fix::Act(action) => Some(action.entry().title.to_owned()),
            Fix::Copy(text) if text.contains('\n') => Some("copy the commands".to_owned()),
            Fix::Copy(_) => Some("copy the command".to_owned()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action == Action::DoctorAgain {
            return self.examine(cx);
        }
        match (action, self.selected()) {
            (Action::Explain, Some(group)) => {
                let lines = group
                    .findings
                    .iter()
                    .map(|found| explain::finding(cx, found));
                let lines: Vec<Vec<String>> = lines.collect();
                let lines = lines.join(&String::new());
                cx.then(AppCommand::OpenText(group.text(), lines));
            }
            (Action::DoctorFix, Some(group)) => match Fix::of(group) {
                Some(Fix::Act(action)) => cx.then(AppCommand::Perform(action)),
                Some(Fix::Copy(text)) => {
                    let what = "command";
                    cx.run(Job::CopyText { what, text });
                }
                None => {}
            },
            _ => {}
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        let count = self.shown().count();
        Some((&mut self.at, count))
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

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        if let JobOutcome::Examined(findings) = outcome {
            self.groups = doctor::grouped(findings);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let right = Line::styled("this machine", theme.quiet);
        let panel = Panel::new("Doctor")
            .right(right)
            .focused(painter.is_focused);
        let count = self.shown().count();
        let panel = match PanelFilter::of(&self.filter, self.filtering, count) {
            Some(filter) => panel.filter(filter),
            None => panel,
        };
        let inner = painter.panel(area, panel);
        let typing = painter.cursor.filter(|_| self.filtering);
        if self.status != PageStatus::Ready || self.groups.is_empty() {
            let line = running(model, &self.status, theme).unwrap_or_else(|| {
                let check = model.press(Action::DoctorAgain);
                Line::styled(format!("{check} to check this machine"), theme.quiet)
            });
            let place = inner.inner(Margin::new(1, 1));
            painter.line(place, line);
            painter.cursor(place, 1);
            return;
        }
        if count == 0 {
            painter.notice(inner, "No checks match the filter.");
        }
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, group) in self.shown().enumerate() {
            let Some(finding) = group.findings.first() else {
                continue;
            };
            let (glyph, style) = theme.check(finding.verdict);
            let selected = at == self.at;
            let topic = if selected { theme.strong } else { theme.text };
            let head = vec![
                theme.cursor(selected),
                Span::styled(format!(" {glyph} "), style),
                Span::styled(format!("{:<11} ", finding.topic), topic),
            ];
            let mut lines = hanging(head, &group.text(), theme.text, inner.width);
            let step = finding.next_step.as_ref();
            if let Some(step) = step.filter(|_| group.findings.len() == 1) {
                let pad = vec![Span::raw(" ".repeat(INDENT))];
                lines.extend(hanging(pad, &model.in_keys(step), theme.quiet, inner.width));
            }
            choices.item(at, lines);
        }
        painter.choices(inner, choices);
        painter.cursor = typing.or(painter.cursor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::{Finding, Verdict};
    use aemkeys_core::credential::NextStep;
    use aemkeys_core::guidance;

    fn fix(step: Guidance) -> Option<Fix> {
        Fix::of(&FindingGroup {
            findings: vec![Finding {
                topic: "files",
                verdict: Verdict::Warning,
                text: "found".to_owned(),
                next_step: Some(step),
            }],
        })
    }

    #[test]
    fn a_fix_depends_on_no_selected_row() {
        for step in NextStep::ALL {
            if let Some(Fix::Act(action)) = fix(step.into()) {
                assert!(!action.is_on_rows(), "{step:?}");
            }
        }
        let step = guidance![NextStep::Remove, ", or `rm x`; to see it, ", NextStep::List];
        assert!(matches!(
            fix(step),
            Some(Fix::Act(Action::PageEnvironments))
        ));
        let step = guidance![NextStep::Remove, ", or `rm x`"];
        assert!(matches!(fix(step), Some(Fix::Copy(text)) if text == "rm x"));
        assert!(fix(NextStep::Rotate.into()).is_none());
    }
}
