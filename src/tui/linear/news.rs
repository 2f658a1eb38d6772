//! What is said apart from the page: tasks that start, results, errors, and the clipboard.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::rotate::StepState;
use crate::app::{IdentityEntry, Wait};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::footer::waiting_for;
use crate::tui::message::Event;
use crate::tui::model::{ClipboardHold, Model, Toast, Tone};
use crate::tui::task::{TaskId, Work};
use aemkeys_core::time;

/// What was already known before an event.
pub struct Seen {
    tasks: BTreeSet<TaskId>,
    toast: Option<Toast>,
    errors: usize,
    clipboard: Option<ClipboardHold>,
    waits: Option<Wait>,
}

impl Seen {
    pub fn of(model: &Model) -> Self {
        Self {
            tasks: model.tasks.iter().map(|(id, _)| id).collect(),
            toast: model.toast.clone(),
            errors: model.errors.len(),
            clipboard: model.clipboard.clone(),
            waits: model.storage_waits,
        }
    }
}

/// The identities whose tokens were used, until their expiry is said.
#[derive(Default)]
pub struct News {
    used: BTreeSet<Uuid>,
}

impl News {
    /// Returns what has happened since then, each as a line.
    pub fn since(&mut self, seen: Seen, app: &App) -> Vec<String> {
        let model = &app.model;
        let mut said = started(&seen, model);
        let tasks = model.tasks.iter().filter_map(|(_, task)| task.identity);
        let ends = tasks.filter_map(|id| model.index.identity(id));
        let ends = ends.filter(|(_, it)| end(it).is_some_and(|end| end > model.now));
        self.used.extend(ends.map(|(_, identity)| identity.id));
        let is_on_page = app.top().status().problem().is_some();
        let new_errors = model.errors.len().saturating_sub(seen.errors);
        for entry in &model.unsaved_activity {
            // The error itself follows, or is on the page.
            if entry.tone != Tone::Bad || (new_errors == 0 && !is_on_page) {
                said.push(entry.text.clone());
            }
        }
        if let Some(toast) = model.toast.as_ref().filter(|_| model.toast != seen.toast) {
            let text = &toast.text;
            let says_more = !said.iter().any(|known| text.ends_with(known));
            match said
                .iter_mut()
                .find(|known| text.starts_with(known.as_str()))
            {
                Some(known) if says_more => known.clone_from(text),
                Some(_) => {}
                None => said.push(text.clone()),
            }
        }
        for entry in model.errors.iter().take(new_errors).rev() {
            let problem = &entry.problem;
            said.push(format!("Error: {}: {}", entry.about, problem.message));
            said.extend(
                problem
                    .cause
                    .as_ref()
                    .map(|cause| format!("Cause: {cause}")),
            );
            let next = problem.next_step.as_ref().map(|step| model.in_keys(step));
            said.extend(next.map(|next| format!("Next: {next}")));
        }
        if let Some(held) = model
            .clipboard
            .as_ref()
            .filter(|_| model.clipboard != seen.clipboard)
        {
            said.push(on_clipboard(held, model));
        }
        if let Some(wait) = model
            .storage_waits
            .filter(|_| model.storage_waits != seen.waits)
        {
            said.push(waiting_for(wait, model).to_owned());
        }
        said.extend(self.expired(model));
        said
    }

    /// Says once that a token that was used has expired.
    fn expired(&mut self, model: &Model) -> Vec<String> {
        let mut said = Vec::new();
        self.used.retain(|id| {
            let Some((_, identity)) = model.index.identity(*id) else {
                return false;
            };
            let is_expired = end(identity).is_some_and(|end| end <= model.now);
            if is_expired && model.tasks.on(*id).is_none() {
                let name = model.name_of(*id);
                let exchange = model.press(Action::Exchange);
                said.push(format!(
                    "the token of {name} has expired: {exchange} for a new one"
                ));
                return false;
            }
            true
        });
        said
    }
}

fn end(identity: &IdentityEntry) -> Option<Timestamp> {
    identity.token.as_ref()?.expires_at
}

/// Says which tasks have started.
fn started(seen: &Seen, model: &Model) -> Vec<String> {
    let tasks = model.tasks.iter();
    let new = tasks.filter(|(id, task)| !seen.tasks.contains(id) && task.work != Work::AutoRefresh);
    let new: Vec<_> = new.map(|(_, task)| task).collect();
    match new.as_slice() {
        [] => Vec::new(),
        [task] => vec![format!("{} {} ...", task.work.words(), task.name)],
        [first, ..] => {
            let words = first.work.words();
            vec![format!("{words} {} ... Ctrl-C cancels", new.len())]
        }
    }
}

fn on_clipboard(held: &ClipboardHold, model: &Model) -> String {
    let what = &held.what;
    match held.clears_at {
        Some(at) => {
            let left = time::duration(at.duration_since(model.now));
            format!("{what} on the clipboard, cleared in {left}")
        }
        None => format!("{what} on the clipboard"),
    }
}

/// Says the result of a step of a rotation.
pub fn progress(event: &Event) -> Option<String> {
    let Event::Rotating { progress, .. } = event else {
        return None;
    };
    let title = progress.step.title();
    match progress.state {
        StepState::Running => None,
        StepState::Failed => Some(format!("failed: {title}: {}", progress.words)),
        StepState::Done | StepState::Skipped if progress.words.is_empty() => Some(title.to_owned()),
        StepState::Done | StepState::Skipped => Some(format!("{title}: {}", progress.words)),
    }
}
