//! The update function of the dashboard. Synchronous and pure: it takes a message and returns effects.

mod actions;
mod closing;
mod commands;
mod counting;
pub use counting::OpenedByDigit;
mod mouse;
mod results;
mod serving;
mod typing;

pub use typing::looks_secret;

use std::mem::{Discriminant, discriminant};

use uuid::Uuid;

use super::action::Action;
use super::app::App;
use super::command::{AppCommand, Cx, FinderKind, PageEvent, Tab};
use super::effect::{Effect, Job};
use super::footer;
use super::keyboard_layouts::at_position;
use super::keymap::KeyPress;
use super::message::{Event, Message};
use super::model::{Model, StorageCheck, Toast, Tone};
use super::page::View;
use super::pages::Page;
use super::widgets::Button;
use aemkeys_core::credential::validity::Urgency;

/// Handles a message. All state changes happen here.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    app.now = message.at;
    let mut router = Router {
        app,
        effects: Vec::new(),
        count: None,
    };
    let (place, toast) = (place(router.app), router.app.toast.clone());
    router.handle(message.event);
    router.list_files();
    router.on_time();
    router.clear_old_message(place, toast.clone());
    router.check_storage();
    router.app.model.context = router.app.context();
    if !router.app.counts.are_valid(router.app.now) {
        router.app.count();
    }
    router.measure_status(toast);
    let app = router.app;
    app.tabs.view_mut(app.tab).follow(&mut app.model);
    router.effects
}

/// Routes events to pages and tabs, and runs their commands.
struct Router<'a> {
    app: &'a mut App,
    effects: Vec<Effect>,
    /// The count before the key that is being handled.
    count: Option<usize>,
}

/// What is shown: the tab, the number of pages and the one on top.
type Place = (Tab, usize, Option<Discriminant<Page>>);

fn place(app: &App) -> Place {
    let top = app.pages.last().map(discriminant);
    (app.tab, app.pages.len(), top)
}

/// Where a view is: below the stack of pages or in it.
#[derive(Clone, Copy)]
enum ViewPlace {
    Tab(Tab),
    Page(usize),
}

impl Router<'_> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Key(key) => self.press(key),
            Event::Paste(secret) => self.paste(secret),
            Event::Click(target) => self.click(&target),
            Event::MenuClick(target) => self.open_row_menu(&target),
            Event::Scroll { lines, on } => self.scroll(lines, on.as_ref()),
            Event::Resize { columns, rows } => {
                self.app.columns = columns;
                self.app.rows = rows;
            }
            Event::Focus(is_focused) => self.app.notices.is_unfocused = !is_focused,
            Event::Clock => {}
            Event::Done { task, result } => self.done(task, result),
            Event::Index(index) => {
                let model = &mut self.app.model;
                model.list_lost = None;
                model.load(index);
                self.stop_outdated_servers();
                self.tell(&PageEvent::IndexChanged);
            }
            Event::Rotating { task, progress } => {
                self.tell(&PageEvent::Rotating(task, &progress));
            }
            Event::IndexLost(problem) => {
                // Only once, even if it is retried.
                if self.app.list_lost.as_ref().map(|lost| lost.code) != Some(problem.code) {
                    self.app.fail("list", problem.clone());
                }
                self.app.list_lost = Some(problem);
            }
            Event::FilesListed { of, names } => {
                for page in &mut self.app.pages {
                    if let Some(form) = page.view_mut().form() {
                        form.files.fill(&of, names.clone());
                    }
                }
            }
            Event::StorageChecked(found) => self.app.storage_check = StorageCheck::Found(found),
            Event::StorageWaits(wait) => self.app.storage_waits = wait,
            Event::PassphraseWanted(request) => {
                // Always on top, because the storage is waiting. What was already typed for another request is kept.
                let asks =
                    |page: &Page| matches!(page, Page::Passphrase(page) if page.is_awaited());
                if let Some(at) = self.app.pages.iter().position(asks) {
                    self.app.pages[at..].rotate_left(1);
                } else {
                    self.open(&AppCommand::AskPassphrase(request));
                }
            }
            Event::Served { identity, request } => self.app.request_served(identity, request),
            Event::NotShown(problem) => self.app.fail("the text", problem),
            Event::PassphraseStrength(strength) => {
                self.tell(&PageEvent::PassphraseStrength(strength));
            }
            Event::OlderStorage(problem) => self.app.fail("the storage file", problem),
            Event::Terminate => self.quit(false),
        }
    }

    /// Lets every open page handle an event.
    fn tell(&mut self, event: &PageEvent<'_>) {
        // From the top, because a page may close.
        for at in (0..self.app.pages.len()).rev() {
            self.page(ViewPlace::Page(at), |page, cx| page.event(cx, event));
        }
    }

    /// Lets a page handle an event, then does what it asks for.
    fn page(&mut self, at: ViewPlace, act: impl FnOnce(&mut dyn View, &mut Cx<'_>)) {
        let mut cx = Cx::new(&mut self.app.model);
        let view = match at {
            ViewPlace::Tab(tab) => self.app.tabs.view_mut(tab),
            ViewPlace::Page(at) => match self.app.pages.get_mut(at) {
                Some(page) => page.view_mut(),
                None => return,
            },
        };
        act(view, &mut cx);
        let (effects, commands, closes) = (cx.effects, cx.commands, cx.closes);
        match at {
            ViewPlace::Page(at) if closes => {
                self.app.pages.remove(at);
            }
            ViewPlace::Tab(tab) if closes => self.leave_tab(tab),
            _ => {}
        }
        self.effects.extend(effects);
        for command in commands {
            self.command(command);
        }
    }

    /// Lets the page on top, else the tab, handle an event.
    fn top(&mut self, act: impl FnOnce(&mut dyn View, &mut Cx<'_>)) {
        let top = match self.app.pages.len().checked_sub(1) {
            Some(at) => ViewPlace::Page(at),
            None => ViewPlace::Tab(self.app.tab),
        };
        self.page(top, act);
    }

    /// Runs a handler without a page.
    fn model<T>(&mut self, act: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        let mut cx = Cx::new(&mut self.app.model);
        let result = act(&mut cx);
        let (effects, commands) = (cx.effects, cx.commands);
        self.effects.extend(effects);
        for command in commands {
            self.command(command);
        }
        result
    }

    /// Clears a message about another page than the one that is shown now.
    fn clear_old_message(&mut self, before: Place, toast: Option<Toast>) {
        if place(self.app) != before && self.app.toast == toast {
            self.app.toast = None;
        }
    }

    /// Gives the status the lines that its message needs. The whole of a new message that is cut goes to the activity.
    fn measure_status(&mut self, before: Option<Toast>) {
        let status = footer::status_lines(self.app);
        let (height, is_cut) = (status.lines.len(), status.is_cut);
        self.app.status_rows = u16::try_from(height).unwrap_or(1);
        let now = self.app.now;
        if let Some(toast) = self.app.toast.clone()
            && is_cut
            && Some(&toast) != before.as_ref()
        {
            let mut entries = self.app.activity.iter().take_while(|entry| entry.at == now);
            if !entries.any(|entry| toast.text.contains(&entry.text)) {
                self.app.record(toast.tone, toast.text);
            }
        }
    }

    fn press(&mut self, key: KeyPress) {
        if let Some(letter) = key.text()
            && self.app.takes_text()
        {
            return self.letter(letter);
        }
        if self.takes_count(key) {
            return;
        }
        let action = self.app.settings.keymap.action(self.app.context(), key);
        if let Some(action) = action.filter(|action| !self.edits_text(*action)) {
            return self.perform(action);
        }
        let mut has_entry = false;
        self.top(|page, cx| has_entry = page.go_to_key(cx, key));
        if has_entry {
            self.perform(Action::Choose);
        } else {
            self.edit(at_position(key).unwrap_or(key));
        }
    }

    /// Performs an action, or shows why it is not available.
    fn perform(&mut self, action: Action) {
        if let Err(why) = self.app.allows(action) {
            self.app.say(Tone::Warning, why);
            return;
        }
        if action.can_be_repeated() {
            self.app.last_on_row = Some(action);
        }
        match action {
            Action::Repeat => {
                if let Some(last) = self.app.last_on_row {
                    self.perform(last);
                }
            }
            Action::Close if self.ends_search() => {}
            Action::Close | Action::Leave => self.close(),
            Action::Interrupt => self.interrupt(),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Quit => self.ask_to_quit(),
            Action::Errors => {
                self.open(&AppCommand::Perform(action));
            }
            Action::Undo => {
                let what = self.app.undo.as_ref().map(|offer| offer.what.clone());
                self.model(|cx| what.map(|what| cx.run(Job::Undo { what })));
            }
            Action::Help => self.list_actions(FinderKind::Help),
            Action::Palette => self.list_actions(FinderKind::Palette),
            _ if self.app.pages.is_empty() && self.on_any_tab(action) => {}
            _ => self.on_page(action),
        }
    }

    fn list_actions(&mut self, kind: FinderKind) {
        self.open(&AppCommand::OpenFinder(self.app.context(), kind));
    }

    /// Handles navigation and form keys, which are the same on every page; pages handle all others.
    fn on_page(&mut self, action: Action) {
        let height = self.app.top().height(&self.app.model);
        let page = isize::try_from(height).unwrap_or(1).max(1);
        let half = (page / 2).max(1);
        let is_list = self.app.pages.is_empty();
        let count = self.count.take();
        let times = isize::try_from(count.unwrap_or(1)).unwrap_or(1);
        let by = match action {
            Action::First | Action::Last if count.is_some() => {
                self.top(|page, cx| page.step(cx, isize::MIN));
                times - 1
            }
            Action::MoveDown | Action::FinderDown => times,
            Action::MoveUp | Action::FinderUp => -times,
            // A filtered list shows only matches.
            Action::NextMatch if is_list => times,
            Action::PreviousMatch if is_list => -times,
            Action::First => isize::MIN,
            Action::Last => isize::MAX,
            Action::HalfPageDown => half * times,
            Action::HalfPageUp => -half * times,
            Action::PageDown => page * times,
            Action::PageUp => -page * times,
            Action::Back | Action::Cancel if !self.app.pages.is_empty() => return self.close(),
            Action::Back if self.app.tab != Tab::Environments => {
                return self.go_to_tab(Tab::Environments);
            }
            _ => {
                return self.top(|page, cx| {
                    let switches = matches!(action, Action::Filter | Action::LineSubmit);
                    if switches && switch_filter(page, cx, action == Action::Filter) {
                        return;
                    }
                    match page.form().and_then(|form| form.perform(action)) {
                        Some(Button::CANCEL | Button::CLOSE) => {
                            cx.then(AppCommand::Perform(Action::Close));
                        }
                        Some(button) => page.press(cx, button),
                        None => page.perform(cx, action),
                    }
                });
            }
        };
        self.top(|page, cx| page.step(cx, by));
    }

    /// Handles the passing of time: removes toasts, clears the clipboard and starts automatic exchanges.
    fn on_time(&mut self) {
        let model = &mut self.app.model;
        let now = model.now;
        if model.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            model.toast = None;
        }
        if model.tasks.is_empty() {
            model.storage_waits = None;
        }
        let (index, notices) = (&model.index, &mut model.notices);
        let name = |id| crate::app::resolve::name_of(index, id);
        let notice = notices.about_to_expire(index, now, name);
        self.effects.extend(notice.map(Effect::Notify));
        let due = due_for_refresh(model);
        self.model(|cx| {
            for identity in due {
                cx.run(Job::Refresh { identity });
            }
        });
        let model = &mut self.app.model;
        if let Some(held) = &model.clipboard
            && held.clears_at.is_some_and(|at| at <= now)
        {
            model.clipboard = None;
            self.effects.push(Effect::ClearClipboard);
            model.say(Tone::Note, "clipboard cleared");
        }
    }

    /// Checks the storage if nothing is stored and no storage is set.
    fn check_storage(&mut self) {
        let model = &mut self.app.model;
        if model.index.environments.is_empty()
            && !model.settings.storage_is_chosen
            && model.settings.storage != "memory"
            && model.storage_check == StorageCheck::NotStarted
        {
            model.storage_check = StorageCheck::Running;
            self.effects.push(Effect::LookAtStorage);
        }
    }
}

/// Opens or closes the filter line of a page. Returns false if it has none.
fn switch_filter(page: &mut dyn View, model: &mut Model, is_open: bool) -> bool {
    let Some(filtering) = page.filtering() else {
        return false;
    };
    *filtering = is_open;
    page.filter_opened(model, is_open);
    true
}

/// Returns the identities to exchange automatically now, except those with an expired credential.
fn due_for_refresh(model: &Model) -> Vec<Uuid> {
    model
        .identities()
        .filter(|(_, identity)| {
            model
                .auto_refresh
                .due(identity)
                .is_some_and(|at| at <= model.now)
                // IMS would reject every attempt.
                && model.credential_state(identity) != Urgency::Expired
                && model.tasks.on(identity.id).is_none()
        })
        .map(|(_, identity)| identity.id)
        .collect()
}
