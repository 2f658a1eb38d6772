//! Runs the commands of pages, menus and confirmations.

use uuid::Uuid;

use super::Router;
use crate::tui::action::Action;
use crate::tui::command::{AppCommand, CopyItem, Tab};
use crate::tui::effect::Job;
use crate::tui::pages::Page;
use crate::tui::pages::environments::Pane;
use crate::tui::task::TaskId;

impl Router<'_> {
    /// Lets the page on top carry out the command, or opens the page for it.
    pub(super) fn command(&mut self, command: AppCommand) {
        if let AppCommand::Perform(action) = command {
            return self.perform(action);
        }
        let mut is_done = false;
        self.top(|page, cx| is_done = page.command(cx, &command));
        if is_done || self.open(&command) {
            return;
        }
        match command {
            AppCommand::Quit => {
                let ids: Vec<TaskId> = self.app.tasks.iter().map(|(id, _)| id).collect();
                self.cancel(&ids);
                self.quit(true);
            }
            AppCommand::Discard => self.top(|page, cx| page.close(cx)),
            AppCommand::Cancel(ids) => self.cancel(&ids),
            AppCommand::CopyText(CopyItem { what, text }) => {
                self.run(Job::CopyText { what, text });
            }
            AppCommand::Serve(identity, tier) => {
                self.run_if_free(identity, Job::Serve { identity, tier });
            }
            AppCommand::StopServer(identity) => self.stop_server(identity),
            AppCommand::ShowServers if self.app.pages.is_empty() => {
                self.perform(Action::Servers);
            }
            AppCommand::Browse(url) => self.run(Job::OpenBrowser { url }),
            AppCommand::Copy(identity, format) => {
                self.run_if_free(identity, Job::Copy { identity, format });
            }
            AppCommand::Do(act, typed) => {
                let job = Job::Guarded { act, typed };
                match job.identity() {
                    Some(identity) => self.run_if_free(identity, job),
                    None => self.run(job),
                }
            }
            AppCommand::OpenDetail => {
                let from = std::mem::replace(&mut self.app.tab, Tab::Environments);
                let (tabs, model) = (&mut self.app.tabs, &self.app.model);
                tabs.environments.go_to(model, Pane::Detail);
                tabs.environments.came_from = Some(from).filter(|from| *from != Tab::Environments);
            }
            // Carried out only by pages, which say why they are not available.
            _ => {}
        }
    }

    /// Opens the page for a command. Returns false if there is none.
    pub(super) fn open(&mut self, command: &AppCommand) -> bool {
        let page = self.model(|cx| Page::open(cx, command));
        let is_opened = page.is_some();
        self.app.pages.extend(page);
        is_opened
    }

    fn run(&mut self, job: Job) {
        self.model(|cx| cx.run(job));
    }

    pub(super) fn run_if_free(&mut self, identity: Uuid, job: Job) {
        self.model(|cx| {
            if !cx.is_busy(identity) {
                cx.run(job);
            }
        });
    }
}
