//! The event loop: waits for the terminal, the worker thread, the index file, signals and the clock, and draws changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::Event as TerminalEvent;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::app::App;
use super::colors::Rgb;
use super::deadline::next_deadline;
use super::document::Document;
use super::effect::Effect;
use super::layout::HitMap;
use super::message::{Event, Message};
use super::runtime::context::WorkerEvent;
use super::runtime::desktop::Desktop;
use super::runtime::show::{ShownProgram, end_of};
use super::runtime::signals::{Signal, Signals};
use super::runtime::terminal::Screen;
use super::runtime::work::JobWorker;
use super::runtime::{activity_log, input, keyboard, watch};
use super::settings::Settings;
use super::theme::ThemeName;
use super::update::update;
use crate::app::show::Viewer;
use crate::app::terminal::can_be_asked;
use crate::app::{AppContext, activity, damaged_list, panel_split};
use aemkeys_core::credential::{Code, Problem, Secret};
use aemkeys_core::environment::EnvironmentType;

/// The shortest time between two frames: at most 60 per second.
const MIN_FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// The time to wait for the rest of a burst of keys.
pub const BURST_PAUSE: Duration = Duration::from_millis(30);
/// The time within which keys may be the rest of a paste.
const REST_OF_PASTE: Duration = Duration::from_millis(500);
/// The time within which a terminal usually answers.
const ANSWER: Duration = Duration::from_millis(200);
/// The longest sleep, because the clock may be set or the machine suspended.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Runs the dashboard until the user quits. Needs no async runtime, and does not use the keyring before a key is
/// pressed. Returns what to tell the user after the dashboard has closed.
pub fn run(context: AppContext, settings: Settings) -> Result<Option<String>, Problem> {
    let Start {
        runtime,
        mut app,
        signals,
    } = start(&context, settings)?;
    let links = app.settings.theme.links.clone();
    let mut screen = Screen::take(links, app.settings.mouse, context.configuration.title)?;
    (app.columns, app.rows) = screen.size();
    app.split = panel_split::read(&context);
    // Draw the first frame before anything else is started.
    let hits = screen.draw(&app).map_err(|error| lost(&error))?;
    app.activity.extend(activity::read(&context));
    app.guides = crate::app::guide::read_ticks(&context);
    let result = runtime.block_on(Loop::new(context, app, screen, hits)?.run(signals));
    runtime.shutdown_background();
    result
}

/// What the dashboard needs before it takes the terminal.
pub struct Start {
    pub runtime: tokio::runtime::Runtime,
    pub app: App,
    pub signals: Signals,
}

/// Reads the list and installs the signal handlers. Does not use the keyring.
pub fn start(context: &AppContext, settings: Settings) -> Result<Start, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Problem::new(Code::NoRuntime, "the dashboard cannot start").cause(error.to_string())
        })?;
    let index = context.read_index()?;
    let now = context.clock.now();
    let mut app = App::new(index, settings, now);
    if app.index.environments.is_empty() && context.damaged_lists() > 0 {
        app.list_lost = Some(damaged_list(
            "the damaged file was moved aside and replaced by an empty list",
        ));
    }
    // Install the signal handlers before raw mode, so that every signal from then on restores the terminal.
    let signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    Ok(Start {
        runtime,
        app,
        signals,
    })
}

fn lost(error: &std::io::Error) -> Problem {
    Problem::new(Code::TerminalLost, "the terminal is gone").cause(error.to_string())
}

struct Loop {
    context: AppContext,
    app: App,
    screen: Screen,
    hits: HitMap,
    worker: JobWorker,
    answers: UnboundedReceiver<WorkerEvent>,
    index_changed: UnboundedReceiver<()>,
    /// `None` also while nothing is stored, because there is no folder to watch yet.
    watcher: Option<notify::RecommendedWatcher>,
    changed: UnboundedSender<()>,
    dirty: bool,
    next_frame: Instant,
    quitting: bool,
    last_paste: Option<Instant>,
    /// The program that has the terminal.
    shown: Option<ShownProgram>,
    /// What to tell the user after the dashboard has closed.
    farewell: Option<String>,
}

impl Loop {
    fn new(context: AppContext, app: App, screen: Screen, hits: HitMap) -> Result<Self, Problem> {
        let configuration = Arc::clone(&context.configuration);
        let (worker, answers) = JobWorker::start(context.clone(), |terminal| {
            Desktop::real(&configuration, terminal)
        })?;
        let (changed, index_changed) = unbounded_channel();
        let watcher = watch_index(&context, &changed);
        Ok(Self {
            context,
            app,
            screen,
            hits,
            worker,
            answers,
            index_changed,
            watcher,
            changed,
            dirty: false,
            next_frame: Instant::now(),
            quitting: false,
            last_paste: None,
            shown: None,
            farewell: None,
        })
    }

    async fn run(mut self, mut signals: Signals) -> Result<Option<String>, Problem> {
        let (mut events, background) = keyboard::listen().map_err(|error| lost(&error))?;
        let mut background = self.ask_background(background)?;
        let asked = tokio::time::Instant::now();
        let mut watching = true;
        self.take(Event::Clock)?;
        // Also catch changes between the first frame and the start of the watch.
        self.worker.carry_out(Effect::ReloadIndex);
        while !self.quitting {
            if self.can_draw() && Instant::now() >= self.next_frame {
                self.draw()?;
            }
            let sleep = self.sleep();
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    // Ctrl-C is for the program that has the terminal.
                    Signal::Interrupt if self.shown.is_some() => {}
                    Signal::End | Signal::Interrupt => self.take(Event::Terminate)?,
                    Signal::Resized => {
                        let (columns, rows) = self.screen.size();
                        self.take(Event::Resize { columns, rows })?;
                    }
                },
                event = events.recv() => match event {
                    Some(event) => self.input(event, &mut events).await?,
                    // The terminal is gone.
                    None => self.take(Event::Terminate)?,
                },
                () = end_of(&mut self.shown) => {
                    self.screen.resume().map_err(|error| lost(&error))?;
                    // Only now, so that the terminal is in raw mode before keys are read again.
                    self.shown = None;
                    let (columns, rows) = self.screen.size();
                    self.take(Event::Resize { columns, rows })?;
                }
                colour = answer_of(&mut background) => {
                    let theme = self.app.settings.theme.changed(ThemeName::on(colour));
                    self.app.settings.theme = theme;
                    self.dirty = true;
                }
                answer = self.answers.recv() => match answer {
                    Some(answer) => self.answered(answer)?,
                    None => return Err(Problem::new(Code::Internal, "the worker thread ended unexpectedly")),
                },
                changed = self.index_changed.recv(), if watching => match changed {
                    Some(()) => {
                        while self.index_changed.try_recv().is_ok() {}
                        self.worker.carry_out(Effect::ReloadIndex);
                    }
                    None => watching = false,
                },
                () = tokio::time::sleep(sleep) => {
                    if !self.can_draw() {
                        self.clock()?;
                    }
                }
            }
        }
        if background.is_some() {
            // An answer that arrives after the end would be typed into the shell.
            let _ = tokio::time::timeout_at(asked + ANSWER, answer_of(&mut background)).await;
        }
        Ok(self.farewell)
    }

    /// Asks the terminal for its background if the theme depends on it. Returns where the answer arrives.
    fn ask_background(
        &mut self,
        answer: oneshot::Receiver<Rgb>,
    ) -> Result<Option<oneshot::Receiver<Rgb>>, Problem> {
        if !self.app.settings.theme.is_guess || !can_be_asked() {
            return Ok(None);
        }
        self.screen.ask_background().map_err(|error| lost(&error))?;
        Ok(Some(answer))
    }

    /// Whether a frame is due, and the terminal is ours.
    fn can_draw(&self) -> bool {
        self.dirty && self.shown.is_none()
    }

    /// Sleeps until the next frame may be drawn or something visible changes.
    fn sleep(&self) -> Duration {
        if self.can_draw() {
            return self.next_frame.saturating_duration_since(Instant::now());
        }
        let Some(at) = next_deadline(&self.app) else {
            return LONGEST_SLEEP;
        };
        let millis = at.as_millisecond() - self.context.clock.now().as_millisecond();
        let wait = Duration::from_millis(u64::try_from(millis).unwrap_or(0).saturating_add(1));
        // Avoid a busy loop if a deadline does not advance the clock.
        wait.clamp(MIN_FRAME_INTERVAL, LONGEST_SLEEP)
    }

    /// Handles all pending events together, so that a paste stays one event and a held key draws one frame.
    async fn input(
        &mut self,
        first: TerminalEvent,
        events: &mut UnboundedReceiver<TerminalEvent>,
    ) -> Result<(), Problem> {
        let mut waiting = vec![first];
        loop {
            while let Ok(event) = events.try_recv() {
                waiting.push(event);
            }
            if !input::is_burst(&waiting) {
                break;
            }
            match tokio::time::timeout(BURST_PAUSE, events.recv()).await {
                Ok(Some(event)) => waiting.push(event),
                _ => break,
            }
        }
        let follows_paste = self
            .last_paste
            .is_some_and(|at| at.elapsed() < REST_OF_PASTE);
        for event in input::messages(waiting, follows_paste, &self.hits) {
            if matches!(event, Event::Paste(_)) {
                self.last_paste = Some(Instant::now());
            }
            self.take(event)?;
        }
        Ok(())
    }

    fn answered(&mut self, first: WorkerEvent) -> Result<(), Problem> {
        let mut next = Some(first);
        while let Some(answer) = next {
            match answer {
                WorkerEvent::Event(Event::Index(index))
                    if index == self.app.index && self.app.list_lost.is_none() => {}
                WorkerEvent::Event(event) => {
                    if matches!(event, Event::Index(_)) && self.watcher.is_none() {
                        self.watcher = watch_index(&self.context, &self.changed);
                    }
                    self.take(event)?;
                }
                WorkerEvent::Terminal(bytes) => {
                    self.screen.write(&bytes).map_err(|error| lost(&error))?;
                }
            }
            next = self.answers.try_recv().ok();
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<(), Problem> {
        let at = self.context.clock.now();
        self.dirty = true;
        for effect in update(&mut self.app, Message { at, event }) {
            match effect {
                Effect::Quit { keep_clipboard } => {
                    self.quitting = true;
                    self.worker.undo.wipe();
                    if keep_clipboard {
                        self.worker.desktop.leave();
                        self.farewell = self
                            .app
                            .clipboard
                            .as_ref()
                            .and_then(|held| held.after_quitting(at));
                    }
                }
                Effect::Suspend => {
                    self.worker.undo.wipe();
                    self.screen.suspend().map_err(|error| lost(&error))?;
                    (self.app.columns, self.app.rows) = self.screen.size();
                }
                Effect::Notify(text) => self.notify(&text)?,
                Effect::Show(viewer, document) => self.show(viewer, &document)?,
                effect => self.worker.carry_out(effect),
            }
        }
        activity_log::save(&self.context, &mut self.app);
        Ok(())
    }

    /// Notifies the user, between two frames.
    fn notify(&mut self, text: &str) -> Result<(), Problem> {
        let mut environments = self.app.index.environments.iter();
        let has_production =
            environments.any(|known| known.environment_type == EnvironmentType::Production);
        let notifications = self.context.configuration.notifications;
        let variable = |name: &str| std::env::var(name).ok();
        let bytes = notifications.bytes(text, has_production, variable);
        if let Some(bytes) = bytes.filter(|_| self.shown.is_none()) {
            let bytes = Secret::from(bytes);
            self.screen.write(&bytes).map_err(|error| lost(&error))?;
        }
        Ok(())
    }

    /// Lets another program show a text. If it can't be started, says why.
    fn show(&mut self, viewer: Viewer, document: &Document) -> Result<(), Problem> {
        match ShownProgram::start(viewer, document) {
            Ok(program) => self.shown = Some(program),
            Err(problem) => {
                self.screen.resume().map_err(|error| lost(&error))?;
                self.take(Event::NotShown(problem))?;
            }
        }
        Ok(())
    }

    /// While a job runs, the spinner wakes the loop often enough to update what it waits for.
    fn clock(&mut self) -> Result<(), Problem> {
        let waits = self.context.storage.slow_wait();
        if waits == self.app.storage_waits {
            self.take(Event::Clock)
        } else {
            self.take(Event::StorageWaits(waits))
        }
    }

    fn draw(&mut self) -> Result<(), Problem> {
        self.hits = self.screen.draw(&self.app).map_err(|error| lost(&error))?;
        self.dirty = false;
        self.next_frame = Instant::now() + MIN_FRAME_INTERVAL;
        Ok(())
    }
}

/// Waits for the terminal's answer; for ever if none is expected any more.
async fn answer_of(background: &mut Option<oneshot::Receiver<Rgb>>) -> Rgb {
    if let Some(answer) = background {
        let answer = answer.await;
        *background = None;
        if let Ok(colour) = answer {
            return colour;
        }
    }
    std::future::pending().await
}

fn watch_index(
    context: &AppContext,
    changed: &UnboundedSender<()>,
) -> Option<notify::RecommendedWatcher> {
    let path = context.index.path()?;
    watch::watch(path, changed.clone())
}
