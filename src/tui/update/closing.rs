//! Closing and cancelling. Esc and Ctrl-C apply to the page on top first. A page with unsaved input asks before it closes.

use super::Router;
use crate::tui::action::Action;
use crate::tui::command::{AppCommand, Tab};
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{TaskId, Work};

impl Router<'_> {
    /// Closes the page on top, after a question if it has input. On a tab, clears the filter, else the marks.
    pub(super) fn close(&mut self) {
        let has_input = self.has_input(self.app.pages.len().checked_sub(1));
        let task = self.app.top().status().task();
        let task = task.and_then(|task| self.app.tasks.get(task));
        match task.filter(|task| task.work != Work::Recognise) {
            // If it fails, the input is needed again.
            Some(task) if has_input && !task.work.can_be_cancelled() => {
                let words = format!("still {} {}", task.work.words(), task.name);
                self.app.say(Tone::Note, words);
            }
            None if has_input => {
                self.open(&AppCommand::AskToDiscard);
            }
            _ => self.top(|page, cx| {
                if !cancel_filter(page, cx) {
                    page.close(cx);
                }
            }),
        }
    }

    /// Ends the search in the text of the page on top. Returns false if there is none.
    pub(super) fn ends_search(&mut self) -> bool {
        let mut ends = false;
        self.top(|page, _| ends = page.end_search());
        ends
    }

    /// Returns whether the user has typed, chosen or pasted something on a page.
    fn has_input(&mut self, page: Option<usize>) -> bool {
        let app = &mut *self.app;
        let page = page.and_then(|at| app.pages.get_mut(at));
        page.is_some_and(|page| view_has_input(page.view_mut(), &mut app.model))
    }

    /// Leaves a tab on which there was nothing to cancel.
    pub(super) fn leave_tab(&mut self, tab: Tab) {
        let shows_list = matches!(tab, Tab::Environments | Tab::Timeline);
        if !(shows_list && self.app.clear_one()) {
            self.go_to_tab(Tab::Environments);
        }
    }

    /// Handles Ctrl-C: confirms the question whether to quit; else cancels the job of the page on top, or closes the page.
    /// On a tab, cancels the running tasks, else clears the filter or the marks, else quits.
    pub(super) fn interrupt(&mut self) {
        let cancellable = self.app.tasks.cancellable();
        let on_top = self.app.top().status().task();
        let is_typing = self.app.takes_text();
        if self.app.asks_to_quit() {
            self.perform(Action::Confirm);
        } else if let Some(task) = on_top {
            if cancellable.contains(&task) {
                self.cancel_and_say(&[task]);
            } else {
                // Writes can't be cancelled, but the user can quit.
                self.ask_to_quit();
            }
        } else if !self.app.pages.is_empty() || is_typing {
            self.close();
        } else if !cancellable.is_empty() {
            self.cancel_and_say(&cancellable);
        } else if !self.app.tasks.is_empty() || !self.app.clear_one() {
            self.ask_to_quit();
        }
    }

    fn cancel_and_say(&mut self, ids: &[TaskId]) {
        self.cancel(ids);
        let said = match ids.len() {
            1 => "cancelled".to_owned(),
            count => format!("{count} cancelled"),
        };
        self.app.say(Tone::Note, said);
    }

    /// Quits, after a question if a task or a server is running or a page has input.
    pub(super) fn ask_to_quit(&mut self) {
        let mut pages = 0..self.app.pages.len();
        let loses_input = pages.any(|at| self.has_input(Some(at)));
        if self.app.tasks.is_empty() && self.app.servers.is_empty() && !loses_input {
            self.quit(true);
        } else {
            self.open(&AppCommand::AskToQuit(loses_input));
        }
    }

    pub(super) fn quit(&mut self, keep_clipboard: bool) {
        self.app.quitting = true;
        self.effects.push(Effect::Quit { keep_clipboard });
    }
}

/// Clears the filter that is being typed. Returns false if there is none.
fn cancel_filter(page: &mut dyn View, model: &mut Model) -> bool {
    if !page.filtering().is_some_and(|filtering| *filtering) {
        return false;
    }
    if let Some(line) = page.input(model) {
        line.replace("");
    }
    page.typed(model);
    super::switch_filter(page, model, false)
}

/// A pasted credential is input, also while it is being recognised, but not on a page that only confirms it.
fn view_has_input(view: &mut dyn View, model: &mut Model) -> bool {
    let task = view.status().task();
    let task = task.and_then(|task| model.tasks.get(task));
    if task.is_some_and(|task| task.work == Work::Recognise) {
        return true;
    }
    let (is_search, has_choices) = (view.is_search(), view.has_choices());
    let is_changed = match view.form() {
        Some(form) if form.only_closes() => return false,
        Some(form) => form.is_changed(),
        None if has_choices => true,
        None => !is_search && view.input(model).is_some_and(|line| line.is_changed()),
    };
    let confirms = view.form().is_some_and(|form| form.fields.is_empty());
    is_changed || (!confirms && view.import().is_some_and(|import| import.is_some()))
}
