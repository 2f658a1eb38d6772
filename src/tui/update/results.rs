//! Handles the results of jobs for the dashboard; the waiting page handles the rest.

use std::sync::Arc;

use super::{Router, ViewPlace};
use crate::app::undo::HELD;
use crate::tui::action::Action;
use crate::tui::app::Tabs;
use crate::tui::command::PageEvent;
use crate::tui::effect::Effect;
use crate::tui::explain;
use crate::tui::message::{CopyOutcome, ExchangeOutcome, JobOutcome};
use crate::tui::model::{ClipboardHold, NOT_CLEARED, StorageCheck, Toast, Tone, UndoOffer};
use crate::tui::page::View;
use crate::tui::pages::Page;
use crate::tui::task::{PageStatus, Task, TaskId, Work};
use aemkeys_core::credential::{Code, Problem};

/// Whether a message says itself what it is about.
fn begins_with_name(words: &str, name: &str) -> bool {
    words
        .strip_prefix(name)
        .is_some_and(|rest| rest.starts_with([' ', ':']))
}

impl Router<'_> {
    pub(super) fn done(&mut self, id: TaskId, result: Result<JobOutcome, Problem>) {
        let Some(task) = self.app.tasks.finish(id) else {
            // It was cancelled, but had already ended: nobody would know of its result.
            self.effects.extend(match result {
                Ok(JobOutcome::Recognised(it)) => Some(Effect::DropImport(it.import)),
                Ok(JobOutcome::ServerStarted(it)) => Some(Effect::StopServer(it.identity)),
                Ok(JobOutcome::Copied(_)) => Some(Effect::ClearClipboard),
                _ => None,
            });
            return;
        };
        let waiting = self.waiting(id);
        let refused = match &result {
            Ok(JobOutcome::Tested(tiers)) => explain::refusal(tiers),
            Ok(_) => None,
            Err(problem) => Some(problem.clone()),
        };
        // An answer about a path is neither a failure nor a success of the token.
        let says_nothing =
            matches!(&result, Ok(JobOutcome::Tested(tiers)) if explain::is_about_path(tiers));
        let model = &mut self.app.model;
        if let Some(identity) = task.identity.filter(|_| !says_nothing) {
            let (work, now) = (task.work, model.now);
            model.failures.record(identity, work, now, refused.as_ref());
            model.count();
        }
        let notice = model
            .notices
            .task_ended(&task, &model.tasks, result.is_ok());
        self.effects.extend(notice.map(Effect::Notify));
        match result {
            Ok(JobOutcome::Partly(words, problem)) => {
                self.undoable(&task, &words);
                self.failed(&task, problem, waiting);
            }
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
        // Last, because the summary of a batch replaces the message about its last job.
        self.tell(&PageEvent::TaskEnded(&task, refused.as_ref()));
    }

    /// The page that waits for the task.
    fn waiting(&self, id: TaskId) -> Option<ViewPlace> {
        let waits = |view: &dyn View| view.status().task() == Some(id);
        let tabs = &self.app.tabs;
        let page = self.app.pages.iter().rposition(|page| waits(page.view()));
        let tab = Tabs::ALL.into_iter().find(|tab| waits(tabs.view(*tab)));
        page.map(ViewPlace::Page).or(tab.map(ViewPlace::Tab))
    }

    fn succeeded(&mut self, task: &Task, outcome: &JobOutcome, is_shown: bool) {
        match outcome {
            JobOutcome::Copied(copied) => self.copied(task, copied),
            JobOutcome::Exchanged(exchanged) => self.exchanged(task, exchanged),
            JobOutcome::Recognised(recognised) if !is_shown => {
                self.effects.push(Effect::DropImport(recognised.import));
            }
            // The text may already name the subject.
            JobOutcome::Said(words) if begins_with_name(words, &task.name) => {
                self.app.report(words.clone(), &[]);
            }
            JobOutcome::Undoable(words) => self.undoable(task, words),
            JobOutcome::Undone(restored) => {
                self.app.undo = None;
                let on = self.app.list.selected.filter(|on| restored.contains(on));
                if let Some(identity) = on.or(restored.first().copied()) {
                    self.app.show(identity);
                }
                self.app.report(format!("{} undone", task.name), &[]);
            }
            JobOutcome::Said(words) => self.app.report(format!("{}: {words}", task.name), &[]),
            _ => self.model(|cx| Page::report(cx, task, outcome, is_shown)),
        }
        let asked_storage = !matches!(
            task.work,
            Work::Recognise | Work::CopyText | Work::Open | Work::Doctor
        );
        if asked_storage && matches!(self.app.storage_check, StorageCheck::Found(Err(_))) {
            self.app.storage_check = StorageCheck::NotStarted;
        }
        let only_reads = matches!(outcome, JobOutcome::Recognised(_) | JobOutcome::Claims(_));
        if !only_reads && task.work != Work::CopyText {
            self.effects.push(Effect::ReloadIndex);
        }
    }

    /// Offers to undo a change, until the worker wipes what it replaced.
    fn undoable(&mut self, task: &Task, words: &str) {
        let model = &mut self.app.model;
        let kind = match task.work {
            Work::Remove => "removal",
            _ => "edit",
        };
        let until = model.now + HELD;
        model.undo = Some(UndoOffer {
            what: format!("{kind} of {}", task.name),
            until,
        });
        let words = format!("{}: {words}", task.name);
        model.record(Tone::Fine, words.clone());
        model.toast = Some(Toast {
            tone: Tone::Fine,
            text: format!("{words}; {} to undo within 10 s", model.press(Action::Undo)),
            until,
        });
    }

    fn copied(&mut self, task: &Task, copied: &CopyOutcome) {
        let model = &mut self.app.model;
        let seconds = i64::from(model.settings.clipboard_seconds);
        let is_secret = task.work != Work::CopyText;
        model.clipboard = Some(ClipboardHold {
            what: copied.what.clone(),
            is_secret,
            clears_at: (copied.can_be_cleared && is_secret)
                .then(|| model.now + jiff::SignedDuration::from_secs(seconds)),
        });
        // The footer shows it while it is on the clipboard.
        if task.work == Work::CopyText {
            return;
        }
        let rest = if copied.can_be_cleared {
            ""
        } else {
            NOT_CLEARED
        };
        let words = format!("{}: {} copied{rest}", task.name, copied.what);
        model.report(words, &copied.warnings);
        // The footer says that it was copied.
        model.toast = None;
        if let Some(warning) = copied.warnings.first() {
            let warning = model.in_keys(warning);
            model.say(Tone::Warning, format!("{}: {warning}", task.name));
        }
    }

    fn exchanged(&mut self, task: &Task, exchanged: &ExchangeOutcome) {
        let model = &mut self.app.model;
        if let Some(identity) = task.identity {
            model.auto_refresh.succeeded(identity, model.now);
            // Update the model now; the list on disk follows.
            if let Some(entry) = Arc::make_mut(&mut model.index).identity_mut(identity) {
                entry.token = Some(exchanged.facts.clone());
            }
            model.count();
        }
        let words = format!("{}: new token", task.name);
        if task.batch.is_some() || task.work == Work::AutoRefresh {
            model.record(Tone::Fine, words);
        } else {
            model.report(words, &exchanged.warnings);
        }
    }

    /// Shows the error on the waiting page, or on the errors page if it is closed.
    fn failed(&mut self, task: &Task, problem: Problem, waiting: Option<ViewPlace>) {
        let model = &mut self.app.model;
        if problem.code == Code::NoKeyring {
            model.storage_check = StorageCheck::Found(Err(problem.clone()));
        }
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
            let problem = Problem::new(Code::Cancelled, "cancelled");
            self.tell(&PageEvent::TaskEnded(&task, Some(&problem)));
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
