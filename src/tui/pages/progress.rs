//! The progress page of a batch of jobs: how many have ended, and which have failed.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::LineGauge;
use uuid::Uuid;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, PageEvent};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Columns, Painter, Panel};
use aemkeys_core::credential::Problem;

#[derive(Clone, Debug)]
pub struct ProgressPage {
    batch: u64,
    title: &'static str,
    pub total: usize,
    pub ended: Vec<Ended>,
    cancelled: bool,
    /// The selected row, in the order of [`ProgressPage::sorted`].
    pub at: usize,
}

/// A job that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    name: String,
    identity: Option<Uuid>,
    /// `None` if it succeeded.
    pub problem: Option<Problem>,
}

impl ProgressPage {
    /// Starts a job for each identity that is not busy. `None` if all of them are.
    fn start(
        cx: &mut Cx<'_>,
        title: &'static str,
        targets: &[Uuid],
        job: impl Fn(Uuid) -> Job,
    ) -> Option<Self> {
        let batch = cx.tasks.next_batch();
        let mut total = 0;
        for identity in targets {
            if cx.tasks.on(*identity).is_none() && cx.index.identity(*identity).is_some() {
                let name = cx.name_of(*identity);
                cx.run_as(job(*identity), name, Some(batch));
                total += 1;
            }
        }
        (total > 0).then_some(Self {
            batch,
            title,
            total,
            ended: Vec::new(),
            cancelled: false,
            at: 0,
        })
    }

    /// Returns the ended jobs, failed ones first.
    pub fn sorted(&self) -> Vec<&Ended> {
        let mut sorted: Vec<&Ended> = self.ended.iter().collect();
        sorted.sort_by_key(|ended| ended.problem.is_none());
        sorted
    }
}

impl View for ProgressPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::ExchangeMany(targets) => Self::start(cx, "Exchange", targets, |identity| {
                Job::Exchange { identity }
            }),
            AppCommand::TestMany(targets) => Self::start(cx, "Test", targets, |identity| {
                let (tiers, path) = (Vec::new(), None);
                Job::Test {
                    identity,
                    tiers,
                    path,
                }
            }),
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Progress
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (76, (self.total + 6).min(24))
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action != Action::Explain {
            return;
        }
        let on = self.sorted().get(self.at).copied().cloned();
        match on {
            Some(Ended {
                name,
                identity,
                problem: Some(problem),
            }) => {
                let command = explain::error(cx, name, &problem, identity);
                cx.then(command);
            }
            // Close the page if this job succeeded and all have ended.
            _ if cx.tasks.in_batch(self.batch).is_empty() => cx.close(),
            _ => {}
        }
    }

    /// The first Esc cancels the running jobs, and the results stay visible.
    fn close(&mut self, cx: &mut Cx<'_>) {
        let running = cx.tasks.in_batch(self.batch);
        if running.is_empty() || self.cancelled {
            return cx.close();
        }
        self.cancelled = true;
        cx.then(AppCommand::Cancel(running));
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.ended.len()))
    }

    /// Keeps the selected job selected.
    fn event(&mut self, _cx: &mut Cx<'_>, event: &PageEvent<'_>) {
        let PageEvent::TaskEnded(task, problem) = event else {
            return;
        };
        if task.batch != Some(self.batch) {
            return;
        }
        let on = self.sorted().get(self.at).map(|ended| ended.name.clone());
        self.ended.push(Ended {
            name: task.name.clone(),
            identity: task.identity,
            problem: problem.cloned(),
        });
        if self.at > 0 {
            let place = self
                .sorted()
                .iter()
                .position(|ended| Some(&ended.name) == on.as_ref());
            self.at = place.unwrap_or(0);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let running = model.tasks.in_batch(self.batch).len();
        let ended = self.ended.len();
        let sorted = self.sorted();
        let failed = sorted
            .iter()
            .filter(|ended| ended.problem.is_some())
            .count();
        let mut keys = Vec::new();
        if sorted.get(self.at).is_some_and(|on| on.problem.is_some()) {
            keys.push(("Enter", "explain"));
        } else if running == 0 {
            keys.push(("Enter", "close"));
        }
        keys.push(if running > 0 && !self.cancelled {
            ("Esc", "cancel the rest")
        } else {
            ("Esc", "close")
        });
        let inner = painter.panel(area, Panel::dialog(self.title).keys(&keys));
        let [head, _, rows] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(inner);
        let (glyph, style) = if running > 0 {
            (model.spinner(), theme.accent)
        } else if failed > 0 {
            (theme.glyphs.over, theme.over)
        } else {
            (theme.glyphs.fine, theme.fine)
        };
        let mut words = format!("{ended} of {}", self.total);
        if failed > 0 {
            words.extend([", ", &failed.to_string(), " failed"]);
        }
        let label = Line::from(vec![
            Span::styled(format!("{glyph} "), style),
            Span::raw(words),
        ]);
        #[expect(clippy::cast_precision_loss, reason = "a share for a bar")]
        let share = ended as f64 / self.total.max(1) as f64;
        let gauge = LineGauge::default()
            .label(label)
            .ratio(share.min(1.0))
            .filled_symbol(theme.glyphs.bar_full)
            .unfilled_symbol(theme.glyphs.bar_empty)
            .filled_style(style)
            .unfilled_style(theme.border);
        painter.render(gauge, head);
        painter.cursor(head, 0);
        let columns = Columns::new(rows.width, [Constraint::Fill(1)], theme.glyphs);
        let shown = sorted.iter().enumerate().map(|(at, ended)| {
            let (glyph, style, note) = match &ended.problem {
                None => (theme.glyphs.fine, theme.fine, String::new()),
                Some(problem) => (theme.glyphs.over, theme.over, format!("  {problem}")),
            };
            let text = format!("{}{note}", ended.name);
            let glyph = Span::styled(format!(" {glyph} "), style);
            let line = Line::from(vec![glyph, Span::raw(text)]);
            columns.row(ClickTarget::Item(at), [line])
        });
        painter.table(rows, &columns, shown.collect(), Some(self.at));
    }
}
