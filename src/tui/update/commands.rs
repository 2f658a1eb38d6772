//! Runs the commands of pages, menus and confirmations.

use uuid::Uuid;

use super::{Router, ViewPlace};
use crate::app::open::{self, OpenTarget};
use crate::tui::command::{AppCommand, Guarded, TokenTarget};
use crate::tui::effect::{Job, LeakWork, RotationMode};
use crate::tui::message::{JobOutcome, Recognised};
use crate::tui::pages::Page;
use crate::tui::pages::confirm::ConfirmPage;
use crate::tui::pages::environments::Pane;
use crate::tui::pages::guide::GuidePage;
use crate::tui::pages::leaked::LeakedPage;
use crate::tui::pages::menu;
use crate::tui::pages::paste::PastePage;
use crate::tui::pages::path::PathPage;
use crate::tui::pages::progress::ProgressPage;
use crate::tui::pages::question::QuestionPage;
use crate::tui::pages::rotate::RotatePage;
use crate::tui::pages::search::SearchPage;
use crate::tui::pages::test::TestPage;
use crate::tui::pages::used_by::UsedByPage;
use crate::tui::pages::viewer::ViewerPage;
use crate::tui::request::CallRequest;
use crate::tui::state::Tab;
use crate::tui::task::{PageStatus, TaskId};
use aemkeys_core::environment::Tier;

impl Router<'_> {
    pub(super) fn command(&mut self, command: AppCommand) {
        match command {
            AppCommand::Perform(action) => self.perform(action),
            AppCommand::Quit => {
                let ids: Vec<TaskId> = self.app.tasks.iter().map(|(id, _)| id).collect();
                self.cancel(&ids);
                self.quit();
            }
            AppCommand::AskToDiscard(name) => self.open(QuestionPage::discard(&name)),
            AppCommand::Discard => {
                self.app.pages.pop();
            }
            AppCommand::Cancel(ids) => self.cancel(&ids),
            AppCommand::Resume => {
                self.top(|page, cx| page.resumed(cx));
            }
            AppCommand::Search(text) => self.search(&text),
            AppCommand::Browse(url) => self.run(Job::OpenBrowser { url }),
            AppCommand::CopyText(what, text) => self.run(Job::CopyText { what, text }),
            AppCommand::Copy(identity, format) => {
                self.run_if_free(identity, Job::Copy { identity, format });
            }
            AppCommand::ExchangeMany(targets) => {
                self.run_many("Exchange", targets, |identity| Job::Exchange { identity });
            }
            AppCommand::Test(identity, path) => self.test(identity, path),
            AppCommand::Do(guarded, typed) => self.guarded(guarded, typed),
            AppCommand::Store(import, target) => self.store(PastePage::with(target, import)),
            AppCommand::OpenConfirm(confirmation) => self.open(ConfirmPage::new(*confirmation)),
            AppCommand::OpenGuide(topic, identity, seen) => {
                self.open(GuidePage::new(&self.app.model, topic, identity, seen));
            }
            AppCommand::OpenText(title, lines) => self.open(ViewerPage::new(title, lines)),
            AppCommand::OpenConsole(environment) => {
                let known = self.app.index.environment(environment);
                let url = known.and_then(|entry| open::url(entry, OpenTarget::Console).ok());
                if let Some(url) = url {
                    self.open(menu::console(url));
                }
            }
            AppCommand::OpenHistory(identity) => {
                self.open(menu::history(&self.app.model, identity));
            }
            AppCommand::OpenPath(identity, tier, current) => {
                self.open(PathPage::new(
                    &self.app.model,
                    identity,
                    tier,
                    current.as_deref(),
                ));
            }
            AppCommand::OpenTab(tab) => self.go_to_tab(tab),
            AppCommand::OpenDetail => {
                self.app.tab = Tab::Environments;
                let (tabs, model) = (&mut self.app.tabs, &self.app.model);
                tabs.environments.go_to(model, Pane::Detail);
            }
            AppCommand::OpenSearch => self.open(SearchPage::default()),
            AppCommand::OpenUsedBy(identity, done) => {
                self.open(UsedByPage::new(&self.app.model, identity, done));
            }
            AppCommand::OpenLeaked(identity) => {
                if !self.model(|cx| cx.is_busy(identity)) {
                    self.open(LeakedPage::new(&self.app.model, identity));
                    let look = Guarded::Leaked(identity, None, LeakWork::Show);
                    self.guarded(look, None);
                }
            }
            AppCommand::OpenRotate(identity) => {
                self.open(RotatePage::new(&self.app.model, identity));
            }
            AppCommand::OpenRotateWith(identity, import) => {
                self.open(RotatePage::new(&self.app.model, identity));
                let recognised = Recognised {
                    import: import.id,
                    preview: import.preview,
                };
                let outcome = JobOutcome::Recognised(Box::new(recognised));
                self.top(|page, cx| page.finished(cx, outcome));
            }
        }
    }

    fn run(&mut self, job: Job) {
        self.model(|cx| cx.run(job));
    }

    fn run_if_free(&mut self, identity: Uuid, job: Job) {
        self.model(|cx| {
            if !cx.is_busy(identity) {
                cx.run(job);
            }
        });
    }

    /// Starts a job for each identity that is not busy, with a common progress page.
    pub(super) fn run_many(
        &mut self,
        title: &'static str,
        targets: Vec<Uuid>,
        job: impl Fn(Uuid) -> Job,
    ) {
        let page = self.model(|cx| {
            let batch = cx.tasks.next_batch();
            let mut total = 0;
            for identity in targets {
                if cx.tasks.on(identity).is_none() && cx.index.identity(identity).is_some() {
                    let name = cx.name_of(identity);
                    cx.run_as(job(identity), name, Some(batch));
                    total += 1;
                }
            }
            ProgressPage::new(batch, title, total)
        });
        if page.total > 0 {
            self.open(page);
        }
    }

    /// Starts a job whose status the page on top shows.
    fn run_here(&mut self, job: Job) {
        self.top(|page, cx| {
            let task = cx.run(job);
            if let Some(status) = page.status_mut() {
                *status = PageStatus::Running(task);
            }
        });
    }

    /// Sends the test call, on the open test page of this identity or on a new one.
    pub(super) fn test(&mut self, identity: Uuid, path: Option<String>) {
        if self.model(|cx| cx.is_busy(identity)) {
            return;
        }
        let open = self
            .app
            .pages
            .iter()
            .rposition(|page| matches!(page, Page::Test(page) if page.identity == identity));
        let page = TestPage::new(&self.app.model, identity, path.clone());
        let at = open.unwrap_or(self.app.pages.len());
        self.app
            .pages
            .splice(at..(at + 1).min(self.app.pages.len()), [page.into()]);
        self.page(ViewPlace::Page(at), |page, cx| {
            let tiers = Vec::new();
            let task = cx.run(Job::Test {
                identity,
                tiers,
                path,
            });
            if let Some(status) = page.status_mut() {
                *status = PageStatus::Running(task);
            }
        });
    }

    pub(super) fn claims(&mut self, identity: Uuid) {
        let title = format!("{}: token claims", self.app.name_of(identity));
        self.open(ViewerPage::new(title, Vec::new()));
        self.run_here(Job::Claims { identity });
    }

    fn guarded(&mut self, guarded: Guarded, typed: Option<String>) {
        match guarded {
            Guarded::Call(identity, request) => self.call(identity, *request, typed),
            Guarded::RemoveIdentity(identity) => {
                self.run(Job::RemoveIdentity { identity, typed });
            }
            Guarded::RemoveEnvironment(environment) => {
                if let Some(entry) = self.app.index.environment(environment) {
                    let name = entry.name.to_string();
                    self.run(Job::RemoveEnvironment {
                        environment,
                        name,
                        typed,
                    });
                }
            }
            Guarded::Invalidate(identity) => self.run(Job::Invalidate { identity, typed }),
            Guarded::Rotate(identity, way) => self.rotate(identity, way, typed),
            Guarded::DropCandidate(identity) => self.run(Job::Discard { identity, typed }),
            Guarded::DropRevision(identity, revision) => self.run(Job::DropRevision {
                identity,
                revision,
                typed,
            }),
            // Uses the page that is open for it.
            Guarded::Leaked(identity, revision, work) => self.run_here(Job::Leaked {
                identity,
                revision,
                work,
                typed,
            }),
            Guarded::Store(import, fields) => self.run_here(Job::Store {
                import,
                fields,
                typed,
            }),
            Guarded::Edit(environment, identity, fields) => self.run_here(Job::Edit {
                environment,
                identity,
                fields,
                typed,
            }),
        }
    }

    fn call(&mut self, identity: Uuid, request: CallRequest, typed: Option<String>) {
        if self.model(|cx| cx.is_busy(identity)) {
            return;
        }
        let (name, method) = (self.app.name_of(identity), request.method.as_str());
        let title = format!("{name}: {method} {}", request.path);
        self.open(ViewerPage::new(title, Vec::new()));
        let job = Job::Call {
            identity,
            request,
            typed,
        };
        self.run_here(job);
    }

    /// Uses the page that is open for it, or a new one.
    fn rotate(&mut self, identity: Uuid, way: RotationMode, typed: Option<String>) {
        if self.model(|cx| cx.is_busy(identity)) {
            return;
        }
        if !matches!(self.app.pages.last(), Some(Page::Rotate(page)) if page.identity == identity) {
            self.open(RotatePage::new(&self.app.model, identity));
        }
        if let Some(Page::Rotate(page)) = self.app.pages.last_mut() {
            page.steps.clear();
        }
        self.run_here(Job::Rotate {
            identity,
            way,
            typed,
        });
    }

    /// Stores a pasted development token, on a page that shows the progress.
    fn store(&mut self, page: PastePage) {
        self.open(page);
        self.top(|page, cx| page.perform(cx, crate::tui::action::Action::Submit));
    }

    fn search(&mut self, text: &str) {
        let mut found = None;
        self.top(|page, _| found = page.search(text));
        self.top(|page, cx| page.step(cx, 0));
        if !text.is_empty() && found == Some(0) {
            self.app.say(crate::tui::model::Tone::Note, "no matches");
        }
    }

    /// Opens the page to enter a path.
    pub(super) fn ask_path(&mut self, identity: Uuid) {
        self.command(AppCommand::OpenPath(identity, Tier::Author, None));
    }

    pub(super) fn paste_page(&mut self, target: TokenTarget) {
        self.open(PastePage::new(target));
    }
}
