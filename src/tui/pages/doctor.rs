//! The doctor page: checks of this machine and their next steps.

use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::doctor::{self, FindingGroup};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::layout;
use crate::tui::message::JobOutcome;
use crate::tui::model::Model;
use crate::tui::next_step;
use crate::tui::page::View;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging, running};
use aemkeys_core::credential::Guidance;

/// The columns before the text: cursor, verdict and topic.
const INDENT: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct DoctorPage {
    pub status: PageStatus,
    groups: Vec<FindingGroup>,
    /// The selected group.
    at: usize,
}

/// What the dashboard can do about a finding.
enum Fix {
    Act(Action),
    /// Copies the commands, one per line.
    Copy(String),
}

impl Fix {
    /// The action of the first step, else the commands between backquotes.
    fn of(group: &FindingGroup) -> Option<Self> {
        let steps = group
            .findings
            .iter()
            .filter_map(|found| found.next_step.as_ref());
        let mut actions = steps
            .clone()
            .flat_map(Guidance::steps)
            .filter_map(next_step::action);
        let act = actions.find(|action| *action != Action::PageDoctor);
        let texts = steps.map(Guidance::in_shell);
        let commands: Vec<String> = texts
            .filter_map(|text| text.split('`').nth(1).map(str::to_owned))
            .collect();
        let copy = (!commands.is_empty()).then(|| Self::Copy(commands.join("\n")));
        act.map(Self::Act).or(copy)
    }
}

impl DoctorPage {
    fn examine(&mut self, cx: &mut Cx<'_>) {
        if !self.status.is_running() {
            self.status = PageStatus::Running(cx.run(Job::RunDoctor));
            self.at = 0;
        }
    }
}

impl View for DoctorPage {
    fn context(&self) -> Context {
        Context::Doctor
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
            Action::DoctorAgain if self.status.is_running() => Err("still checking".to_owned()),
            Action::Explain if self.groups.is_empty() => Err("nothing to explain yet".to_owned()),
            Action::DoctorFix => match self.groups.get(self.at).and_then(Fix::of) {
                Some(Fix::Act(action)) => action.enabled(model),
                Some(Fix::Copy(_)) => Ok(()),
                None => Err("nothing to do here".to_owned()),
            },
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let fix = self.groups.get(self.at).and_then(Fix::of);
        match fix.filter(|_| action == Action::DoctorFix)? {
            Fix::Act(action) => Some(action.entry().title.to_owned()),
            Fix::Copy(_) => Some("copy the command".to_owned()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match (action, self.groups.get(self.at)) {
            (Action::DoctorAgain, _) => self.examine(cx),
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
        Some((&mut self.at, self.groups.len()))
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
        let inner = painter.panel(area, panel);
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
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, group) in self.groups.iter().enumerate() {
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
    }
}
