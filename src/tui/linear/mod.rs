//! The linear mode: the dashboard as lines of text with numbered choices, for screen readers and logs. Nothing is redrawn.
//!
//! It is another frontend of the same model, pages, `update` and runtime. After each change that has settled, the page on top
//! is drawn into a buffer with words instead of glyphs and without frames ([`reading`]), and what changed is printed. Whatever
//! can be clicked has a number, and actions are typed by their names ([`command`]).

mod command;
mod line_input;
mod news;
mod reading;
mod steps;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::line_input::{Entered, LineInput};
use self::news::{News, Seen};
use self::reading::Reading;
use self::steps::Ask;
use super::action::{Action, Context};
use super::app::App;
use super::deadline::next_deadline;
use super::effect::Effect;
use super::event_loop::{BURST_PAUSE, Start, start};
use super::keymap::Keymap;
use super::message::{ClickTarget, Event, Message};
use super::runtime::context::WorkerEvent;
use super::runtime::desktop::Desktop;
use super::runtime::signals::{Signal, Signals};
use super::runtime::terminal::LineMode;
use super::runtime::work::JobWorker;
use super::runtime::{activity_log, input, watch};
use super::settings::Settings;
use super::task::Work;
use super::theme::{GlyphSet, Theme, ThemeName};
use super::update::update;
use crate::app::AppContext;
use aemkeys_core::credential::text::clean_lines;
use aemkeys_core::credential::{Code, Problem};

/// The choices, and the lines, that are printed at once.
const CHOICES: usize = 20;
const LINES: usize = 60;
/// The longest sleep.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Returns whether `ACCESSIBLE` asks for the linear mode.
pub fn is_wanted() -> bool {
    std::env::var_os("ACCESSIBLE").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Runs the dashboard as text until the user quits or the input ends. Returns what to tell the user afterwards.
pub fn run(context: AppContext, settings: Settings) -> Result<Option<String>, Problem> {
    let settings = Settings {
        theme: Theme::new(ThemeName::Mono, GlyphSet::Words),
        keymap: Keymap::typed(),
        motion: false,
        // Choices are clicks.
        mouse: true,
        ..settings
    };
    let Start {
        runtime,
        mut app,
        signals,
    } = start(&context, settings)?;
    (app.columns, app.rows) = reading::SIZE;
    app.activity.extend(crate::app::activity::read(&context));
    app.guides = crate::app::guide::read_ticks(&context);
    let result = runtime.block_on(async { Linear::new(context, app)?.run(signals).await });
    runtime.shutdown_background();
    result
}

#[expect(clippy::struct_excessive_bools, reason = "independent of each other")]
struct Linear {
    context: AppContext,
    app: App,
    worker: JobWorker,
    answers: UnboundedReceiver<WorkerEvent>,
    input: LineInput,
    mode: LineMode,
    /// The page as it was before the last change.
    before: Reading,
    page: PageId,
    /// The lines of a long page that are not printed yet.
    rest: Vec<String>,
    news: News,
    /// The field whose value the next line is.
    ask: Option<Ask>,
    /// Whether something has changed since the page was printed.
    is_changed: bool,
    /// Whether the last line was the number of a choice, which is always answered.
    has_chosen: bool,
    /// Whether a prompt is on the current line.
    is_prompted: bool,
    /// Reads of the index and the storage that are not answered yet.
    reading: bool,
    checking: bool,
    quitting: bool,
    farewell: Option<String>,
    /// A text to print.
    shown: Option<String>,
}

/// What must stay the same for a page to be the same.
#[derive(Debug, Default, PartialEq)]
struct PageId {
    pages: usize,
    place: Option<(super::Tab, Context)>,
    title: Option<String>,
}

impl Linear {
    fn new(context: AppContext, app: App) -> Result<Self, Problem> {
        let configuration = Arc::clone(&context.configuration);
        let (worker, answers) =
            JobWorker::start(context.clone(), |_| Desktop::beside_text(&configuration))?;
        let input = LineInput::open().map_err(|error| broken(&error))?;
        let mode = LineMode::take(input.is_terminal).map_err(|error| broken(&error))?;
        Ok(Self {
            context,
            app,
            worker,
            answers,
            input,
            mode,
            before: Reading::default(),
            page: PageId::default(),
            rest: Vec::new(),
            news: News::default(),
            ask: None,
            is_changed: true,
            has_chosen: false,
            is_prompted: false,
            reading: false,
            checking: false,
            quitting: false,
            farewell: None,
            shown: None,
        })
    }

    async fn run(mut self, mut signals: Signals) -> Result<Option<String>, Problem> {
        let (changed, mut index_changed) = unbounded_channel();
        let path = self.context.index.path();
        let _watcher = path.and_then(|path| watch::watch(path, changed.clone()));
        self.print("aemkeys as text. Type help for what you can type.")?;
        let settings = &self.app.settings;
        let storage = format!(
            "Storage: {}.",
            settings.storage_state(self.context.clock.now())
        );
        let about = [settings.banner.clone(), Some(storage)];
        for text in about.into_iter().flatten() {
            self.print(&text)?;
        }
        self.take(Event::Clock)?;
        self.carry_out(Effect::ReloadIndex);
        let mut is_open = true;
        while !self.quitting {
            if self.is_ready() {
                self.settle()?;
                let mut echo = String::new();
                let entered = self.input.next(&mut echo);
                self.write(&echo)?;
                if let Some(entered) = entered {
                    self.enter(entered)?;
                    continue;
                }
                if !is_open {
                    self.end()?;
                    continue;
                }
            }
            let sleep = self.sleep();
            tokio::select! {
                biased;
                signal = signals.next() => if let Signal::End | Signal::Interrupt = signal {
                    self.take(Event::Terminate)?;
                },
                event = self.input.events.recv(), if is_open => match event {
                    Some(event) => self.receive(event).await?,
                    None => is_open = false,
                },
                answer = self.answers.recv() => match answer {
                    Some(WorkerEvent::Event(event)) => self.take(event)?,
                    // Copied through the terminal itself, beside the text.
                    Some(WorkerEvent::Terminal(_)) => {}
                    None => return Err(Problem::new(Code::Internal, "the worker thread ended unexpectedly")),
                },
                Some(()) = index_changed.recv() => {
                    while index_changed.try_recv().is_ok() {}
                    self.carry_out(Effect::ReloadIndex);
                }
                () = tokio::time::sleep(sleep) => {
                    let waits = self.context.storage.slow_wait();
                    self.take(Event::StorageWaits(waits))?;
                }
            }
        }
        self.end_prompt()?;
        Ok(self.farewell)
    }

    fn sleep(&self) -> Duration {
        let Some(at) = next_deadline(&self.app) else {
            return LONGEST_SLEEP;
        };
        let millis = at.as_millisecond() - self.context.clock.now().as_millisecond();
        let wait = Duration::from_millis(u64::try_from(millis).unwrap_or(0) + 1);
        wait.min(LONGEST_SLEEP)
    }

    /// Takes the events that arrived together. What is typed while a task runs waits for its end, except Ctrl-C.
    async fn receive(&mut self, first: TerminalEvent) -> Result<(), Problem> {
        let mut waiting = vec![first];
        loop {
            while let Ok(event) = self.input.events.try_recv() {
                waiting.push(event);
            }
            if !input::is_burst(&waiting) {
                break;
            }
            match tokio::time::timeout(BURST_PAUSE, self.input.events.recv()).await {
                Ok(Some(event)) => waiting.push(event),
                _ => break,
            }
        }
        if self.input.push(waiting) && !self.is_ready() {
            self.input.clear();
            self.perform(Action::Interrupt)?;
        }
        Ok(())
    }

    /// Whether all work has ended, or a question must be answered before it can.
    fn is_ready(&self) -> bool {
        let is_asked = self.app.top().takes_secret() || self.app.context() == Context::Question;
        let mut tasks = self.app.tasks.iter();
        let is_working = tasks.any(|(_, task)| task.work != Work::AutoRefresh);
        is_asked || !(is_working || self.reading || self.checking)
    }

    /// Handles a message, and says what it has done apart from the page.
    fn take(&mut self, event: Event) -> Result<(), Problem> {
        let at = self.context.clock.now();
        let is_clock = matches!(event, Event::Clock | Event::StorageWaits(_));
        match event {
            Event::Index(_) | Event::IndexLost(_) => self.reading = false,
            Event::StorageChecked(_) => self.checking = false,
            _ => {}
        }
        if !is_clock && !self.is_changed {
            // Countdowns have moved on meanwhile, which is no change.
            self.app.now = at;
            self.before = Reading::of(&self.app);
            self.is_changed = true;
        }
        let progress = news::progress(&event);
        let seen = Seen::of(&self.app);
        for effect in update(&mut self.app, Message { at, event }) {
            self.carry_out(effect);
        }
        let mut said = self.news.since(seen, &self.app);
        said.extend(progress);
        activity_log::save(&self.context, &mut self.app);
        for text in said {
            self.print(&text)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Quit { keep_clipboard } => {
                self.quitting = true;
                self.worker.undo.wipe();
                if keep_clipboard {
                    self.worker.desktop.leave();
                    let held = self.app.clipboard.as_ref();
                    let now = self.context.clock.now();
                    self.farewell = held.and_then(|held| held.after_quitting(now));
                }
            }
            Effect::Suspend => {}
            // Printed whole: another program would have to be left again.
            Effect::Show(_, document) => self.shown = Some(document.text),
            effect => {
                self.reading |= effect == Effect::ReloadIndex;
                self.checking |= effect == Effect::LookAtStorage;
                self.worker.carry_out(effect);
            }
        }
    }

    fn click(&mut self, target: ClickTarget) -> Result<(), Problem> {
        self.take(Event::Click(target))
    }

    fn perform(&mut self, action: Action) -> Result<(), Problem> {
        self.click(ClickTarget::Hint(action))
    }

    /// Handles what the user has entered.
    fn enter(&mut self, entered: Entered) -> Result<(), Problem> {
        self.is_prompted = false;
        let ask = self.ask.take();
        self.input.is_hidden = false;
        match entered {
            Entered::Line(line) => match ask {
                Some(ask) => self.answer(ask, line),
                None => self.line(&String::from_utf8_lossy(line.expose())),
            },
            Entered::Paste(secret) => self.take(Event::Paste(secret)),
            Entered::Interrupt | Entered::Close if ask.is_some() => self.print("cancelled"),
            Entered::Interrupt => self.perform(Action::Interrupt),
            Entered::Close => self.perform(Action::Close),
            Entered::End => self.perform(Action::Quit),
            Entered::Suspend => {
                self.is_prompted = false;
                self.write("\n")?;
                self.worker.undo.wipe();
                self.mode.suspend().map_err(|error| broken(&error))
            }
        }
    }

    /// Quits at the end of the input; there is nobody to ask.
    fn end(&mut self) -> Result<(), Problem> {
        self.perform(Action::Quit)?;
        if !self.quitting {
            self.take(Event::Terminate)?;
        }
        Ok(())
    }

    /// Prints what has changed, and asks for the next line.
    fn settle(&mut self) -> Result<(), Problem> {
        if self.is_changed {
            self.app.now = self.context.clock.now();
            let reading = Reading::of(&self.app);
            let page = PageId {
                pages: self.app.pages.len(),
                place: Some((self.app.tab, self.app.context())),
                title: (!self.app.pages.is_empty())
                    .then(|| reading.lines.first().cloned())
                    .flatten(),
            };
            // Which row is selected was said when it was chosen.
            let bare = |line: &String| line.trim_end_matches(", selected").to_owned();
            let known: HashSet<String> = self.before.lines.iter().map(bare).collect();
            let new = reading
                .lines
                .iter()
                .filter(|line| !known.contains(&bare(line)));
            let new: Vec<String> = new.cloned().collect();
            let is_other = page != self.page
                || reading.choices.len() != self.before.choices.len()
                || new.len() * 2 > reading.lines.len();
            self.before = reading;
            self.is_changed = false;
            if is_other {
                self.page = page;
                self.print_page()?;
                self.ask = self.ask_at_once();
            } else if new.is_empty() && self.has_chosen {
                // What was chosen was chosen before.
                self.print_page()?;
            } else {
                for line in new {
                    self.print(&line)?;
                }
                // The page of a passphrase that was wrong looks as before, and what is typed must stay hidden.
                if self.app.top().takes_secret() {
                    self.ask = self.ask.take().or_else(|| self.ask_at_once());
                }
            }
            self.has_chosen = false;
        }
        if let Some(text) = self.shown.take() {
            self.rest = text.lines().map(str::to_owned).collect();
            self.print_more()?;
        }
        if !self.is_prompted {
            let prompt = match &self.ask {
                Some(ask) => ask.prompt(),
                None => self.prompt(),
            };
            self.input.is_hidden = self.ask.as_ref().is_some_and(Ask::is_secret);
            self.write(&prompt)?;
            let begun = self.input.shown().to_owned();
            self.write(&begun)?;
            self.is_prompted = true;
        }
        Ok(())
    }

    /// The prompt names what an input line is for.
    fn prompt(&self) -> String {
        let title = self.before.lines.first();
        match title.filter(|_| self.app.context() == Context::Line) {
            Some(title) if self.before.choices.is_empty() => format!("{title}: "),
            Some(title) => format!("{title}, or a number: "),
            None => "> ".to_owned(),
        }
    }

    fn print_page(&mut self) -> Result<(), Problem> {
        self.print("")?;
        self.rest.clone_from(&self.before.lines);
        self.rest.extend(self.offers());
        self.print_more()
    }

    /// Prints the next lines of the page.
    fn print_more(&mut self) -> Result<(), Problem> {
        let is_choice = |line: &&String| {
            let number = line.split_once(". ").map(|(number, _)| number);
            number.is_some_and(|number| number.parse::<usize>().is_ok())
        };
        let mut choices = self
            .rest
            .iter()
            .enumerate()
            .filter(|(_, line)| is_choice(line));
        let end = choices.nth(CHOICES).map_or(LINES, |(at, _)| at.min(LINES));
        let later = self.rest.split_off(end.min(self.rest.len()));
        for line in std::mem::replace(&mut self.rest, later) {
            self.print(&line)?;
        }
        match self.rest.len() {
            0 => Ok(()),
            1 => self.print_more(),
            more => self.print(&format!("{more} more lines: type more")),
        }
    }

    /// Prints a line, after a line that is being typed.
    fn print(&mut self, text: &str) -> Result<(), Problem> {
        self.end_prompt()?;
        // Long enough for every line of a page.
        let text = clean_lines(text, 10_000);
        self.write(&format!("{text}\n"))
    }

    fn end_prompt(&mut self) -> Result<(), Problem> {
        if std::mem::take(&mut self.is_prompted) {
            self.write("\n")?;
        }
        Ok(())
    }

    fn write(&self, text: &str) -> Result<(), Problem> {
        self.mode.write(text).map_err(|error| broken(&error))
    }
}

fn broken(error: &io::Error) -> Problem {
    Problem::new(Code::TerminalLost, "the input or output is gone").cause(error.to_string())
}
