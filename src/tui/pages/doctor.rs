//! The doctor page: checks of this machine and their next steps.

use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::doctor::Finding;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::layout;
use crate::tui::message::JobOutcome;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::PageStatus;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging, running};

/// The columns before the text: cursor, verdict and topic.
const INDENT: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct DoctorPage {
    pub status: PageStatus,
    findings: Vec<Finding>,
    /// The selected finding.
    at: usize,
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
        if self.findings.is_empty() && self.status.problem().is_none() {
            self.examine(cx);
        }
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::DoctorAgain if self.status.is_running() => Err("still checking".to_owned()),
            Action::Explain if self.findings.is_empty() => Err("nothing to explain yet".to_owned()),
            _ => Ok(()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match (action, self.findings.get(self.at)) {
            (Action::DoctorAgain, _) => self.examine(cx),
            (Action::Explain, Some(found)) => {
                let title = found.topic.to_owned();
                cx.then(AppCommand::OpenText(title, explain::finding(cx, found)));
            }
            _ => {}
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.findings.len()))
    }

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        if let JobOutcome::Examined(findings) = outcome {
            self.findings = findings;
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let right = Line::styled("this machine", theme.quiet);
        let panel = Panel::new("Doctor")
            .right(right)
            .focused(painter.is_focused);
        let inner = painter.panel(area, panel);
        if self.status != PageStatus::Ready || self.findings.is_empty() {
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
        for (at, finding) in self.findings.iter().enumerate() {
            let (glyph, style) = theme.check(finding.verdict);
            let selected = at == self.at;
            let topic = if selected { theme.strong } else { theme.text };
            let head = vec![
                theme.cursor(selected),
                Span::styled(format!(" {glyph} "), style),
                Span::styled(format!("{:<11} ", finding.topic), topic),
            ];
            let mut lines = hanging(head, &finding.text, theme.text, inner.width);
            if let Some(step) = &finding.next_step {
                let pad = vec![Span::raw(" ".repeat(INDENT))];
                lines.extend(hanging(pad, &model.in_keys(step), theme.quiet, inner.width));
            }
            choices.item(at, lines);
        }
        painter.choices(inner, choices);
    }
}
