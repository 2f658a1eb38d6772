//! The progress page of a batch of jobs: how many have ended, and which have failed.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::LineGauge;
use uuid::Uuid;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, PageEvent};
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::key_hints;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::theme::Tone;
use crate::tui::widgets::{ChoiceList, Painter, Panel, hanging};
use aemkeys_core::credential::{Code, Problem};

const TEST: &str = "Test";

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

/// How many jobs have ended in each way.
struct Summary {
    succeeded: usize,
    failed: usize,
    cancelled: usize,
}

impl Summary {
    /// Continues a line with the jobs that did not succeed.
    fn rest(&self) -> String {
        let part = |count, word| match count {
            0 => String::new(),
            count => format!(", {count} {word}"),
        };
        part(self.failed, "failed") + &part(self.cancelled, "cancelled")
    }
}

/// A job that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    name: String,
    identity: Option<Uuid>,
    /// `None` if it succeeded.
    pub problem: Option<Problem>,
}

impl Ended {
    fn is_cancelled(&self) -> bool {
        let problem = self.problem.as_ref();
        problem.is_some_and(|problem| problem.code == Code::Cancelled)
    }
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

    /// Returns the ended jobs: failed, cancelled, then successful ones.
    pub fn sorted(&self) -> Vec<&Ended> {
        let mut sorted: Vec<&Ended> = self.ended.iter().collect();
        sorted.sort_by_key(|ended| (ended.problem.is_none(), ended.is_cancelled()));
        sorted
    }

    fn say_summary(&self, cx: &mut Cx<'_>) {
        let summary = self.summary();
        let tone = match (summary.failed, summary.cancelled) {
            (0, 0) => Tone::Fine,
            (0, _) => Tone::Note,
            _ => Tone::Warning,
        };
        let (title, rest) = (self.title, summary.rest());
        cx.say(tone, format!("{title}: {} done{rest}", summary.succeeded));
    }

    fn summary(&self) -> Summary {
        let count = |is: fn(&Ended) -> bool| self.ended.iter().filter(|ended| is(ended)).count();
        let succeeded = count(|ended| ended.problem.is_none());
        let cancelled = count(Ended::is_cancelled);
        Summary {
            succeeded,
            failed: self.ended.len() - succeeded - cancelled,
            cancelled,
        }
    }
}

impl View for ProgressPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::ExchangeMany(targets) => Self::start(cx, "Exchange", targets, |identity| {
                Job::Exchange { identity }
            }),
            AppCommand::TestMany(targets) => Self::start(cx, TEST, targets, |identity| {
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
        // A reason wraps.
        let reasons = 2 * self.summary().failed;
        (76, (self.total + reasons + 6).min(24))
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        if action == Action::Explain && self.ended.is_empty() {
            return Err("nothing has ended yet".to_owned());
        }
        Ok(())
    }

    fn words(&self, model: &Model, action: Action) -> Option<String> {
        let is_running = !model.tasks.in_batch(self.batch).is_empty();
        let on = self.sorted().get(self.at).copied().cloned();
        let words = match action {
            Action::Explain if on?.problem.is_none() => "details",
            Action::Close if is_running && !self.cancelled => "cancel the rest",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action != Action::Explain {
            return;
        }
        let Some(on) = self.sorted().get(self.at).copied().cloned() else {
            return;
        };
        let entry = on.identity.and_then(|id| cx.index.identity(id));
        let command = match (on.problem, entry) {
            (Some(problem), _) => explain::error(cx, on.name, &problem, on.identity),
            (None, Some((environment, identity))) if self.title == TEST => {
                AppCommand::OpenText(on.name, explain::identity(cx, environment, identity))
            }
            (None, Some((_, identity))) => {
                AppCommand::OpenText(on.name, explain::exchanged(cx, identity))
            }
            (None, None) => return,
        };
        cx.then(command);
    }

    /// The first Esc cancels the running jobs, and the results stay visible.
    fn close(&mut self, cx: &mut Cx<'_>) {
        let running = cx.tasks.in_batch(self.batch);
        if running.is_empty() {
            self.say_summary(cx);
        }
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
    fn event(&mut self, cx: &mut Cx<'_>, event: &PageEvent<'_>) {
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
        if cx.tasks.in_batch(self.batch).is_empty() {
            self.say_summary(cx);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let running = model.tasks.in_batch(self.batch).len();
        let ended = self.ended.len();
        let sorted = self.sorted();
        let summary = self.summary();
        let keys = key_hints::of(self, model);
        let inner = painter.panel(area, Panel::dialog(self.title).keys(keys));
        let [head, _, rows] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(inner);
        let (glyph, style) = if running > 0 {
            (model.spinner(), theme.accent)
        } else if summary.failed > 0 {
            (theme.glyphs.over, theme.over)
        } else if summary.cancelled > 0 {
            (theme.glyphs.dot, theme.quiet)
        } else {
            (theme.glyphs.fine, theme.fine)
        };
        let words = format!("{ended} of {}{}", self.total, summary.rest());
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
        let mut choices = ChoiceList::new(self.at, theme);
        for (at, ended) in sorted.into_iter().enumerate() {
            let (glyph, style, note) = match &ended.problem {
                None => (theme.glyphs.fine, theme.fine, String::new()),
                Some(_) if ended.is_cancelled() => {
                    (theme.glyphs.dot, theme.quiet, "  cancelled".to_owned())
                }
                Some(problem) => (theme.glyphs.over, theme.over, format!("  {problem}")),
            };
            let is_selected = at == self.at;
            let head = vec![
                theme.cursor(is_selected),
                Span::styled(format!(" {glyph} "), style),
            ];
            let style = if is_selected {
                theme.strong
            } else {
                theme.text
            };
            let text = format!("{}{note}", ended.name);
            choices.item(at, hanging(head, &text, style, rows.width));
        }
        painter.choices(rows, choices);
    }
}
