//! The rotate page: unfinished rotations, a comparison of old and new, then the progress of each step.

mod lines;

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use uuid::Uuid;

use crate::app::rotate::{self, Comparison, Progress, RemainingSteps, Step, remaining_steps};
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, PageEvent};
use crate::tui::effect::{Effect, GuardedAct, Job, RotationMode};
use crate::tui::key_hints;
use crate::tui::message::{JobOutcome, Recognised};
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task, Work};
use crate::tui::widgets::{
    Button, FieldId, Form, FormField, Painter, Panel, form_columns, scrolled,
};
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::credential::{Code, Kind, NextStep, Problem};

const CONTINUE: Button = Button("Continue");
const USED_BY: Button = Button("Used by");
const DISCARD: Button = Button("Discard new credential");

#[derive(Clone, Debug)]
pub struct RotatePage {
    identity: Uuid,
    name: String,
    pub form: Form,
    /// The remaining steps of a rotation that was begun.
    remaining: Option<RemainingSteps>,
    recognised: Option<Recognised>,
    /// The comparison of the new credential with the stored one.
    comparison: Option<Comparison>,
    /// The progress of each step, in order.
    steps: Vec<Progress>,
    pub status: PageStatus,
}

impl RotatePage {
    /// Creates the page; nothing changes before the user confirms.
    fn new(model: &Model, identity: Uuid) -> Self {
        let remaining = left_to_do_for(model, identity);
        Self {
            identity,
            name: model.name_of(identity),
            form: form_for_file(model, identity, remaining.as_ref()),
            remaining,
            recognised: None,
            comparison: None,
            steps: Vec::new(),
            status: PageStatus::Ready,
        }
    }

    /// Updates the progress of a step.
    fn step_changed(&mut self, progress: Progress) {
        let mut steps = self.steps.iter_mut();
        match steps.find(|known| known.step == progress.step) {
            Some(known) => *known = progress,
            None => self.steps.push(progress),
        }
    }

    /// Compares the facts of old and new; the rotation itself verifies the permissions.
    fn compare(&mut self, cx: &mut Cx<'_>, import: Recognised) {
        self.steps.clear();
        self.form = form_for_file(cx, self.identity, self.remaining.as_ref());
        let known = cx.index.identity(self.identity);
        let old =
            known.and_then(|(_, entry)| entry.credential.as_ref().map(|facts| (entry.kind, facts)));
        let preview = &import.preview;
        let refused = match &preview.facts {
            Some(new) if preview.kind != Kind::DevelopmentToken => {
                let comparison = rotate::compare(old, (preview.kind, new), cx.now);
                self.comparison = Some(comparison);
                if old.is_none_or(|(_, facts)| facts.fingerprint != new.fingerprint) {
                    self.form = Form::new(Vec::new(), vec![Button::ROTATE, Button::CANCEL]);
                    self.recognised = Some(import);
                    return;
                }
                Problem::new(
                    Code::SameCredential,
                    format!("{} already has this credential", self.name),
                )
                .next_step("get the new one: AEM Developer Console, Technical Accounts, Add certificate, View")
            }
            _ => Problem::new(
                Code::TokenNotCredential,
                "this is a token, not a credential",
            )
            .next_step(format!(
                "{}, then {} to paste a token",
                cx.press(Action::Close),
                cx.press(Action::PasteToken)
            )),
        };
        self.comparison = None;
        self.status = PageStatus::Failed(refused);
        cx.emit(Effect::DropImport(import.import));
    }

    /// Starts the rotation.
    fn rotate(&mut self, cx: &mut Cx<'_>, act: GuardedAct, typed: Option<String>) {
        self.steps.clear();
        self.status = PageStatus::Running(cx.run(Job::Guarded { act, typed }));
    }

    /// Starts the rotation, after a confirmation for production and untyped environments.
    fn ask_or_begin(&self, cx: &mut Cx<'_>, way: RotationMode) {
        let identity = self.identity;
        let then = GuardedAct::Rotate(identity, way);
        let entry = cx.index.identity(identity);
        let guarded =
            entry.is_some_and(|(environment, _)| environment.environment_type.is_guarded());
        if !guarded {
            return cx.then(AppCommand::Do(then, None));
        }
        let name = cx.name_of(identity);
        let mut lines = vec![
            "The new credential is tested first, and replaces the old one only if it can do everything that the old one can.",
        ];
        if entry.is_some_and(|(_, it)| cx.credential_state(it) != Urgency::Expired) {
            lines.push("The old one stays valid at Adobe until it expires or is revoked.");
        }
        let title = format!("Rotate {name}");
        cx.then(AppCommand::confirm(title, &lines, &name, then));
    }

    /// Reads the remaining steps again.
    fn index_changed(&mut self, cx: &mut Cx<'_>) {
        let left = left_to_do_for(cx, self.identity);
        if self.status.is_running() || left == self.remaining {
            return;
        }
        self.remaining = left;
        let is_stored = self.is_stored();
        if is_stored || self.form.text(FieldId::FILE).is_some() {
            self.form = form_for_file(cx, self.identity, self.remaining.as_ref());
        }
        if is_stored && let Some(import) = self.recognised.take() {
            cx.emit(Effect::DropImport(import.import));
        }
    }

    /// Returns whether the recognised credential is already stored as the candidate, so that the rotation can continue.
    fn is_stored(&self) -> bool {
        let facts = self.recognised.as_ref();
        let facts = facts.and_then(|import| import.preview.facts.as_ref());
        match (&self.remaining, facts) {
            (Some(RemainingSteps::Candidate { fingerprint, .. }), Some(facts)) => {
                facts.fingerprint == *fingerprint
            }
            _ => false,
        }
    }
}

fn left_to_do_for(model: &Model, identity: Uuid) -> Option<RemainingSteps> {
    let (_, entry) = model.index.identity(identity)?;
    remaining_steps(entry)
}

/// Returns the form to choose a file or to continue a rotation.
fn form_for_file(model: &Model, identity: Uuid, left: Option<&RemainingSteps>) -> Form {
    let mut buttons = vec![Button::READ];
    match left {
        None => {}
        Some(RemainingSteps::Begun { .. }) => buttons.push(CONTINUE),
        Some(RemainingSteps::Candidate { .. }) => buttons.extend([CONTINUE, DISCARD]),
        Some(RemainingSteps::UpdatePrograms { .. } | RemainingSteps::RevokeOld { .. }) => {
            buttons.push(USED_BY);
        }
    }
    buttons.push(Button::CANCEL);
    let file = FormField::text(FieldId::FILE, sample(model, identity)).wide();
    let mut form = Form::new(vec![file], buttons);
    // Select Continue before another file.
    if left.is_some() {
        form.focus = 2;
    }
    form
}

/// Returns the demo's new file, if any.
fn sample(model: &Model, identity: Uuid) -> String {
    let wanted = format!("/{}.json", model.name_of(identity).replace('/', "-"));
    let samples = &model.settings.samples;
    let fitting = samples.iter().find(|path| path.ends_with(&wanted));
    fitting.cloned().unwrap_or_default()
}

impl View for RotatePage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Perform(Action::Rotate) => Some(Self::new(cx, cx.list.selected?)),
            AppCommand::OpenRotate(identity, import) => {
                let mut page = Self::new(cx, *identity);
                if let Some(import) = import {
                    page.compare(cx, import.clone());
                }
                Some(page)
            }
            AppCommand::Do(act @ GuardedAct::Rotate(identity, _), typed) => {
                if cx.is_busy(*identity) {
                    return None;
                }
                let mut page = Self::new(cx, *identity);
                page.rotate(cx, act.clone(), typed.clone());
                Some(page)
            }
            _ => None,
        }
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        match command {
            AppCommand::Do(act @ GuardedAct::Rotate(identity, _), typed)
                if *identity == self.identity =>
            {
                if !cx.is_busy(*identity) {
                    self.rotate(cx, act.clone(), typed.clone());
                }
                true
            }
            _ => false,
        }
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        let JobOutcome::Rotated(renewal) = outcome else {
            return;
        };
        let (name, new) = (&renewal.rotated.full_name, &renewal.rotated.new.fingerprint);
        let words = if renewal.went_back {
            let rotate = cx.press(Action::Rotate);
            format!(
                "{name}: went back to {new}; the new credential is kept, {rotate} to try it again"
            )
        } else {
            format!("{name}: rotated to {new}")
        };
        cx.report(words, &[]);
    }

    fn context(&self) -> Context {
        Context::Form
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let (columns, theme) = (form_columns(model.columns), &model.settings.theme);
        let lines = if self.steps.is_empty() {
            self.lines(model, columns).len()
        } else {
            // The page does not grow while the steps are done, and has room for long results.
            let steps = lines::steps(model, &self.steps, columns, theme).len();
            steps.max(Step::ALL.len()) + 5
        };
        self.form.page_size(model.columns, lines, &self.status)
    }

    with_form!();

    fn import(&mut self) -> Option<&mut Option<Recognised>> {
        Some(&mut self.recognised)
    }

    with_status!();

    fn press(&mut self, cx: &mut Cx<'_>, button: Button) {
        if self.status.is_running() {
            return;
        }
        match (button, &self.recognised) {
            (Button::READ, _) => cx.read_file(&mut self.form, &mut self.status),
            (Button::ROTATE, Some(import)) => {
                self.ask_or_begin(cx, RotationMode::With(import.import));
            }
            (CONTINUE, _) => self.ask_or_begin(cx, RotationMode::Continue),
            (DISCARD, _) => {
                let name = cx.name_of(self.identity);
                cx.then(AppCommand::confirm(
                    format!("Discard the new credential of {name}"),
                    &[
                        "The new credential is deleted here. The active one stays in use.",
                        "At Adobe nothing is revoked.",
                    ],
                    &name,
                    GuardedAct::Discard(self.identity),
                ));
            }
            (USED_BY, _) => {
                cx.close();
                cx.then(AppCommand::OpenUsedBy(self.identity, None));
            }
            _ => {}
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        let running = self.status.task();
        let rotates = |task| {
            cx.tasks
                .get(task)
                .is_some_and(|task| task.work == Work::Rotate)
        };
        match running {
            // Cancel the rotation and keep its progress visible.
            Some(task) if rotates(task) => cx.then(AppCommand::Cancel(vec![task])),
            _ => {
                cx.leave(&self.status, self.recognised.as_ref());
                cx.then(AppCommand::Resume);
            }
        }
    }

    fn finished(&mut self, cx: &mut Cx<'_>, outcome: JobOutcome) {
        match outcome {
            JobOutcome::Recognised(recognised) => {
                self.compare(cx, *recognised);
            }
            JobOutcome::Rotated(renewal) => {
                cx.close();
                if !renewal.went_back {
                    let done = Some(Box::new(renewal.rotated));
                    cx.then(AppCommand::OpenUsedBy(self.identity, done));
                }
            }
            _ => {}
        }
    }

    /// Also adds the error to the errors page, because a small screen may cut it here.
    fn failed(&mut self, cx: &mut Cx<'_>, task: &Task, problem: &Problem) {
        if task.work == Work::Rotate {
            cx.add_error(task.name.clone(), problem.clone(), true);
        }
    }

    /// One of the two credentials is active; the next run finds out which.
    fn cancelled(&mut self, cx: &mut Cx<'_>, task: &Task) {
        if task.work == Work::Rotate {
            self.status = PageStatus::Failed(
                Problem::new(
                    Code::Cancelled,
                    format!("the rotation of {} was cancelled", task.name),
                )
                .cause("the old credential stays in use, unless the switch was already done")
                .next_step(NextStep::ContinueRotation),
            );
            // The list shows its progress.
            cx.emit(Effect::ReloadIndex);
        }
    }

    fn event(&mut self, cx: &mut Cx<'_>, event: &PageEvent<'_>) {
        match event {
            PageEvent::IndexChanged => self.index_changed(cx),
            PageEvent::Rotating(task, progress) if self.status.task() == Some(*task) => {
                self.step_changed((*progress).clone());
            }
            _ => {}
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let panel = Panel::dialog(format!("Rotate {}", self.name));
        let inner = painter.panel(area, panel.keys(key_hints::of(self, model)));
        let (mut lines, mut steps) = (Vec::new(), Vec::new());
        if self.steps.is_empty() {
            lines = self.lines(model, inner.width);
        } else {
            steps = lines::steps(model, &self.steps, inner.width, painter.theme);
            // The last ones, above the buttons.
            let parts = [Constraint::Fill(1), Constraint::Length(3)];
            let [room, _] = Layout::vertical(parts).areas(inner);
            steps.drain(..scrolled(usize::MAX, 0, steps.len(), room));
        }
        painter.form_page(model, &lines, &steps, &self.status, &self.form, inner);
    }
}

impl RotatePage {
    /// What is said before the rotation.
    fn lines<'a>(&self, model: &Model, columns: u16) -> Vec<Line<'a>> {
        let theme = &model.settings.theme;
        if let Some(comparison) = &self.comparison {
            return lines::side_by_side(comparison, columns, theme);
        }
        if let Some(left) = &self.remaining {
            return lines::left_to_do(left, columns, theme);
        }
        let known = model.index.identity(self.identity);
        let is_oauth = known.is_some_and(|(_, it)| it.kind == Kind::OauthServerToServer);
        lines::how_to_get_one(is_oauth, columns, theme)
    }
}
