//! The page after a leak: mark the credential, then follow the steps in an order that causes no outage.

use ratatui::layout::Rect;
use ratatui::text::Line;
use uuid::Uuid;

use crate::app::leaked::{Checklist, LeakItem, LeakStep, LeakStepState};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{GuardedAct, Job, LeakWork};
use crate::tui::key_hints;
use crate::tui::message::JobOutcome;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{ChoiceList, Painter, Panel, StepBox, paragraph, problem, running, step};
use aemkeys_core::credential::Kind;

#[derive(Clone, Debug)]
pub struct LeakedPage {
    identity: Uuid,
    name: String,
    list: Option<Checklist>,
    /// The selected row; 0 is the mark, and the steps follow.
    at: usize,
    pub status: PageStatus,
}

impl LeakedPage {
    fn new(model: &Model, identity: Uuid) -> Self {
        Self {
            identity,
            name: model.name_of(identity),
            list: None,
            at: 0,
            status: PageStatus::Ready,
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>, act: GuardedAct, typed: Option<String>) {
        self.status = PageStatus::Running(cx.run(Job::Guarded { act, typed }));
    }

    /// Reads the checklist.
    fn look(&mut self, cx: &mut Cx<'_>) {
        let revision = self.list.as_ref().map(|list| list.revision);
        let act = GuardedAct::Leaked(self.identity, revision, LeakWork::Show);
        self.run(cx, act, None);
    }

    /// Returns the step under the cursor; `None` for the mark.
    fn step_of<'a>(&self, list: &'a Checklist) -> Option<&'a LeakItem> {
        list.steps.get(self.at.checked_sub(1)?)
    }

    /// Asks for confirmation.
    fn ask(&self, cx: &mut Cx<'_>, title: String, lines: &[&str], work: LeakWork) {
        let revision = self.list.as_ref().map(|list| list.revision);
        let then = GuardedAct::Leaked(self.identity, revision, work);
        cx.then(AppCommand::confirm(title, lines, &self.name, then));
    }

    fn next_step(&self, cx: &mut Cx<'_>, list: &Checklist, step: LeakStep) {
        let name = &self.name;
        match step {
            LeakStep::AddKey | LeakStep::Rotate => cx.then(AppCommand::OpenRotate(self.identity, None)),
            LeakStep::UsedBy => cx.then(AppCommand::OpenUsedBy(self.identity, None)),
            LeakStep::Revoke => {
                let revision = Some(list.revision);
                let act = GuardedAct::Leaked(self.identity, revision, LeakWork::ConfirmRevoked);
                cx.then(AppCommand::Do(act, None));
            }
            LeakStep::Invalidate => self.ask(
                cx,
                format!("Invalidate the token of {name}"),
                &["IMS will reject the cached token of the leaked credential."],
                LeakWork::Invalidate,
            ),
            LeakStep::Delete => self.ask(
                cx,
                format!("Delete the leaked credential of {name}"),
                &["It is deleted here. Its fingerprint stays on the list of leaked keys, so it can't be added again."],
                LeakWork::Delete,
            ),
            LeakStep::CleanGit => {}
        }
    }
}

impl View for LeakedPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        let AppCommand::OpenLeaked(identity) = command else {
            return None;
        };
        if cx.is_busy(*identity) {
            return None;
        }
        let mut page = Self::new(cx, *identity);
        page.look(cx);
        Some(page)
    }

    /// Also updates the checklist, because the page above may have completed a step.
    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        match command {
            AppCommand::Do(act @ GuardedAct::Leaked(..), typed) => {
                self.run(cx, act.clone(), typed.clone());
            }
            AppCommand::Resume => {
                if !self.status.is_running() && cx.tasks.on(self.identity).is_none() {
                    self.look(cx);
                }
            }
            _ => return false,
        }
        true
    }

    fn report(cx: &mut Cx<'_>, task: &Task, outcome: &JobOutcome, is_shown: bool) {
        let JobOutcome::Leaked(list) = outcome else {
            return;
        };
        let words = match list.next() {
            _ if !list.marked => "showed the steps after a leak".to_owned(),
            Some(next) => format!("leaked {}; next: {}", list.fingerprint, next.title),
            None => format!("leaked {}; all steps done", list.fingerprint),
        };
        if is_shown {
            cx.record(Tone::Note, format!("{}: {words}", task.name));
        }
    }

    fn context(&self) -> Context {
        Context::Steps
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        if model.columns < 80 {
            (model.columns, usize::MAX)
        } else {
            (100, 19)
        }
    }

    /// Does the next step, after a confirmation if it deletes something.
    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(list) = &self.list else { return };
        if action != Action::DoStep || self.status.is_running() {
            return;
        }
        if let Some(item) = self.step_of(list) {
            return self.next_step(cx, list, item.step);
        }
        let title = format!("Mark the credential of {} as leaked", self.name);
        let lines = [
            "It stays in use until you rotate it.",
            "After that it can't be used again, not even from its file.",
        ];
        self.ask(cx, title, &lines, LeakWork::Mark);
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        let Some(list) = &self.list else {
            return Ok(());
        };
        let why = match self.step_of(list) {
            _ if action != Action::DoStep => return Ok(()),
            None if list.marked => "already marked".to_owned(),
            Some(_) if !list.marked => "mark it as leaked first (the first row)".to_owned(),
            None => return Ok(()),
            Some(item) => match item.state {
                LeakStepState::Done => "already done".to_owned(),
                LeakStepState::Locked => list.next().map_or_else(
                    || "locked".to_owned(),
                    |next| format!("locked: first {}", next.title),
                ),
                LeakStepState::Next if item.step == LeakStep::CleanGit => {
                    "do this step outside of aemkeys".to_owned()
                }
                LeakStepState::Next => return Ok(()),
            },
        };
        Err(why)
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        let rows = self.list.as_ref().map_or(0, |list| list.steps.len() + 1);
        Some((&mut self.at, rows))
    }

    with_status!();

    /// Shows the new checklist and selects the next step.
    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        if let JobOutcome::Leaked(list) = outcome {
            let next = list
                .steps
                .iter()
                .position(|item| item.state == LeakStepState::Next);
            self.at = match next {
                Some(next) if list.marked => next + 1,
                _ => 0,
            };
            self.list = Some(*list);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let title = format!("{}: leaked", self.name);
        let inner = painter.panel(area, Panel::dialog(title).keys(key_hints::of(self, model)));
        let mut choices = ChoiceList::new(self.at, theme);
        choices.text(running(model, &self.status, theme).into_iter().collect());
        if let Some(list) = &self.list {
            let mut push = |at: usize, state: StepBox, text: &str, how: &str| {
                let lines = step(self.at == at, state, text, how, inner.width, theme);
                choices.item(at, lines);
            };
            let marked = if list.marked {
                StepBox::Done
            } else {
                StepBox::Open
            };
            let known = model.index.identity(self.identity);
            let kind = known.map_or(Kind::ServiceCredentials, |(_, entry)| entry.kind);
            push(0, marked, &mark_words(list), "");
            for (at, item) in list.steps.iter().enumerate() {
                let state = match item.state {
                    LeakStepState::Done => StepBox::Done,
                    LeakStepState::Next => StepBox::Open,
                    LeakStepState::Locked => StepBox::Locked,
                };
                push(at + 1, state, &item.title, &how(model, kind, item));
            }
            choices.text(vec![Line::default()]);
            for note in &list.notes {
                choices.text(paragraph(note, theme.quiet, inner.width));
            }
        }
        let found = self.status.problem();
        choices.text(problem::below(model, found, inner.width, theme));
        painter.choices(inner, choices);
    }
}

fn mark_words(list: &Checklist) -> String {
    let fingerprint = &list.fingerprint;
    match (list.marked, list.active) {
        (false, _) => {
            format!("mark {fingerprint} as leaked: it can't be used again after a rotation")
        }
        (true, true) => {
            format!("{fingerprint} is marked as leaked, and in use until you rotate it")
        }
        (true, false) => format!("{fingerprint} is marked as leaked and can't be used again"),
    }
}

/// Returns what the key of the step does, or what to do outside of aemkeys.
fn how(model: &Model, kind: Kind, item: &LeakItem) -> String {
    if item.state != LeakStepState::Next {
        return String::new();
    }
    let press = model.press(Action::DoStep);
    let console = item.step.in_console(kind);
    match item.step {
        LeakStep::AddKey => format!("{console} Then {press} to choose the file."),
        LeakStep::Rotate => format!("To rotate, {press}."),
        LeakStep::UsedBy => format!("To see who still uses the old credential, {press}."),
        LeakStep::Revoke => format!("{console} Then {press} to check it with IMS."),
        LeakStep::Invalidate => format!("To invalidate it at IMS, {press}."),
        LeakStep::Delete => format!("To delete it here, {press}."),
        LeakStep::CleanGit => model.in_keys(&item.how),
    }
}
