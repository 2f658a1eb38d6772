//! Handles the results of jobs for the dashboard; the waiting page handles the rest.

use super::{Router, ViewPlace};
use crate::app::TierResult;
use crate::tui::effect::Effect;
use crate::tui::message::{CopyOutcome, ExchangeOutcome, JobOutcome};
use crate::tui::model::{ClipboardHold, Model, StorageCheck, Tone};
use crate::tui::pages::View;
use crate::tui::state::Tabs;
use crate::tui::task::{PageStatus, Task, TaskId, Work};
use aemkeys_core::credential::{Code, Guidance, Problem};

impl Router<'_> {
    pub(super) fn done(&mut self, id: TaskId, result: Result<JobOutcome, Problem>) {
        let Some(task) = self.app.tasks.finish(id) else {
            // It was cancelled; drop a credential that was recognised anyway.
            if let Ok(JobOutcome::Recognised(recognised)) = result {
                self.effects.push(Effect::DropImport(recognised.import));
            }
            return;
        };
        let waiting = self.waiting(id);
        if matches!(task.work, Work::Exchange | Work::Test) {
            let refused = match &result {
                Ok(JobOutcome::Tested(tiers)) => refusal(tiers),
                Ok(_) => None,
                Err(problem) => Some(problem.clone()),
            };
            self.batch_ended(&task, refused.as_ref());
        }
        match result {
            Ok(outcome) => {
                self.succeeded(&task, &outcome, waiting.is_some());
                if let Some(at) = waiting {
                    self.page(at, |page, cx| {
                        set(page.status_mut(), PageStatus::Ready);
                        page.finished(cx, outcome);
                    });
                }
            }
            Err(problem) => self.failed(&task, problem, waiting),
        }
    }

    /// The page that waits for the task.
    fn waiting(&self, id: TaskId) -> Option<ViewPlace> {
        let waits = |view: &dyn View| view.status().task() == Some(id);
        let tabs = &self.app.tabs;
        let page = self.app.pages.iter().rposition(|page| waits(page.view()));
        let tab = Tabs::ALL.into_iter().find(|tab| waits(tabs.view(*tab)));
        page.map(ViewPlace::Page).or(tab.map(ViewPlace::Tab))
    }

    fn batch_ended(&mut self, task: &Task, problem: Option<&Problem>) {
        if let Some(batch) = task.batch {
            for page in &mut self.app.pages {
                page.view_mut().batch_ended(batch, task, problem);
            }
        }
    }

    fn succeeded(&mut self, task: &Task, outcome: &JobOutcome, is_shown: bool) {
        let model = &mut self.app.model;
        let name = &task.name;
        match outcome {
            JobOutcome::Copied(copied) => self.copied(task, copied),
            JobOutcome::Exchanged(exchanged) => self.exchanged(task, exchanged),
            JobOutcome::Tested(tiers) => match refusal(tiers) {
                // Its page is closed, so add it to the errors and the activity.
                Some(problem) if !is_shown => model.fail(name.clone(), problem),
                refused => {
                    let tone = if refused.is_some() {
                        Tone::Warning
                    } else {
                        Tone::Fine
                    };
                    model.record(tone, format!("{name}: {}", verdicts(tiers.iter())));
                }
            },
            JobOutcome::Recognised(recognised) => {
                if !is_shown {
                    self.effects.push(Effect::DropImport(recognised.import));
                }
                return;
            }
            JobOutcome::Stored(stored) => {
                model.list.selected = Some(stored.identity);
                let words = if stored.already {
                    format!("already stored as {}", stored.full_name)
                } else {
                    format!("{} stored", stored.full_name)
                };
                finished(model, words, &stored.warnings);
            }
            JobOutcome::TokenPasted(pasted) => {
                model.list.selected = Some(pasted.identity);
                let mut words = format!("{}: token stored", pasted.full_name);
                if let Some(verified) = &pasted.verified {
                    words.extend([", ", verified]);
                }
                finished(model, words, &pasted.warnings);
            }
            JobOutcome::Rotated(renewal) => {
                let (name, new) = (&renewal.rotated.full_name, &renewal.rotated.new.fingerprint);
                let words = if renewal.went_back {
                    format!(
                        "{name}: went back to {new}; the new credential is kept, press R to try it again"
                    )
                } else {
                    format!("{name}: rotated to {new}")
                };
                finished(model, words, &[]);
            }
            JobOutcome::Ticked(words) => model.record(Tone::Fine, format!("{name}: {words}")),
            JobOutcome::Leaked(list) => {
                let words = match list.next() {
                    _ if !list.marked => "showed the steps after a leak".to_owned(),
                    Some(next) => format!("leaked {}; next: {}", list.fingerprint, next.title),
                    None => format!("leaked {}; all steps done", list.fingerprint),
                };
                if is_shown {
                    model.record(Tone::Note, format!("{name}: {words}"));
                }
            }
            // The text already names the subject.
            JobOutcome::Said(words) if words.starts_with(name) => {
                finished(model, words.clone(), &[]);
            }
            JobOutcome::Said(words) => finished(model, format!("{name}: {words}"), &[]),
            JobOutcome::Claims(_) => return,
            JobOutcome::Called(called) => {
                let tone = if called.status < 400 {
                    Tone::Fine
                } else {
                    Tone::Warning
                };
                let words = format!("{name}: {} returned {}", called.asked, called.status);
                model.record(tone, words);
            }
            JobOutcome::Examined(_) => {}
            JobOutcome::StorageChosen(storage) => {
                (*storage).clone_into(&mut model.settings.storage);
                model.settings.storage_is_chosen = true;
                model.storage_check = StorageCheck::NotStarted;
                finished(
                    model,
                    format!("secrets are now stored in the {storage}"),
                    &[],
                );
            }
        }
        if task.work != Work::CopyText {
            self.effects.push(Effect::ReloadIndex);
        }
    }

    fn copied(&mut self, task: &Task, copied: &CopyOutcome) {
        let model = &mut self.app.model;
        let seconds = i64::from(model.settings.clipboard_seconds);
        model.clipboard = Some(ClipboardHold {
            what: copied.what.clone(),
            clears_at: (copied.can_be_cleared && task.work != Work::CopyText)
                .then(|| model.now + jiff::SignedDuration::from_secs(seconds)),
        });
        // The footer shows it while it is on the clipboard.
        if task.work == Work::CopyText {
            return;
        }
        let words = format!("{}: {} copied", task.name, copied.what);
        finished(model, words, &copied.warnings);
        if copied.warnings.is_empty() {
            model.toast = None;
        }
    }

    fn exchanged(&mut self, task: &Task, exchanged: &ExchangeOutcome) {
        let model = &mut self.app.model;
        if let Some(identity) = task.identity {
            model.auto_refresh.succeeded(identity, model.now);
            // Update the model now; the list on disk follows.
            if let Some(entry) = model.index.identity_mut(identity) {
                entry.token = Some(exchanged.facts.clone());
            }
        }
        let words = format!("{}: new token", task.name);
        if task.batch.is_some() || task.work == Work::AutoRefresh {
            model.record(Tone::Fine, words);
        } else {
            finished(model, words, &exchanged.warnings);
        }
    }

    /// Shows the error on the waiting page, or on the errors page if it is closed.
    fn failed(&mut self, task: &Task, problem: Problem, waiting: Option<ViewPlace>) {
        let model = &mut self.app.model;
        let failures = match (task.work, task.identity) {
            (Work::AutoRefresh, Some(identity)) => model.auto_refresh.failed(identity, model.now),
            _ => 1,
        };
        if let Some(at) = waiting {
            model.record(Tone::Bad, format!("{}: {problem}", task.name));
            self.page(at, |page, cx| {
                set(page.status_mut(), PageStatus::Failed(problem.clone()));
                page.failed(cx, task, &problem);
            });
        } else if failures > 1 {
            // One error entry is enough; the details show the next attempt.
            model.record(Tone::Bad, format!("{}: {problem}", task.name));
        } else if task.work != Work::Recognise {
            model.fail(task.name.clone(), problem);
        }
        if task.work == Work::ChooseStorage {
            self.effects.push(Effect::ForgetPassphrase);
        } else {
            self.effects.push(Effect::ReloadIndex);
        }
    }

    /// Cancels jobs and drops their results. Jobs that write to the storage are not cancelled.
    pub(super) fn cancel(&mut self, ids: &[TaskId]) {
        let cancellable = self.app.tasks.cancellable();
        for id in ids.iter().filter(|id| cancellable.contains(id)) {
            let Some(task) = self.app.tasks.finish(*id) else {
                continue;
            };
            self.effects.push(Effect::Cancel(*id));
            let model = &mut self.app.model;
            let words = format!("{}: {} cancelled", task.name, task.work.words());
            model.record(Tone::Note, words);
            // The request may have been sent, and can't be undone.
            if task.work == Work::Call {
                let words = "cancelled, but AEM may have processed the request";
                model.say(Tone::Warning, format!("{}: {words}", task.name));
            }
            self.batch_ended(&task, Some(&Problem::new(Code::Cancelled, "cancelled")));
            if let Some(at) = self.waiting(*id) {
                self.page(at, |page, cx| {
                    set(page.status_mut(), PageStatus::Cancelled);
                    page.cancelled(cx, &task);
                });
            }
        }
    }
}

fn set(status: Option<&mut PageStatus>, to: PageStatus) {
    if let Some(status) = status {
        *status = to;
    }
}

/// Shows a message and adds it to the activity.
fn finished(model: &mut Model, words: String, warnings: &[Guidance]) {
    let warnings: Vec<String> = warnings.iter().map(|it| model.in_keys(it)).collect();
    model.record(Tone::Fine, words.clone());
    for warning in &warnings {
        model.record(Tone::Warning, warning.clone());
    }
    match warnings.first() {
        Some(warning) => model.say(Tone::Warning, format!("{words}; {warning}")),
        None => model.say(Tone::Fine, words),
    }
}

fn verdicts<'a>(tiers: impl Iterator<Item = &'a TierResult>) -> String {
    tiers
        .map(|tier| format!("{} {}", tier.tier.as_str(), tier.verdict.words()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the failed tiers as a problem, with cause and next step of the first one.
fn refusal(tiers: &[TierResult]) -> Option<Problem> {
    let refused = || tiers.iter().filter(|tier| !tier.verdict.is_success());
    let first = refused().next()?;
    Some(Problem {
        cause: first.cause.clone().or_else(|| first.seen.clone()),
        next_step: first.next_step.clone(),
        ..Problem::new(first.verdict.code(), verdicts(refused()))
    })
}
