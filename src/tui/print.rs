//! Renders the dashboard after a sequence of keys, without a terminal. Waits for all jobs after each key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::app::App;
use super::effect::Effect;
use super::frame::Frame;
use super::keymap::parse_keys;
use super::message::{Event, JobOutcome, Message};
use super::model::Model;
use super::runtime::context::WorkerEvent;
use super::runtime::desktop::Desktop;
use super::runtime::work::JobWorker;
use super::settings::Settings;
use super::task::TaskId;
use super::update::update;
use crate::app::rotate::{Step, StepState};
use crate::app::timeline::Zoom;
use crate::app::{AppContext, Index};
use aemkeys_core::credential::{Code, Problem};
use aemkeys_core::time;

/// The timeout for the jobs after a key.
const PATIENCE: Duration = Duration::from_secs(10);
/// Replaces measured times, so that a frame looks the same on every run.
const ELAPSED_MS: u64 = 100;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameFormat {
    #[default]
    Text,
    Ansi,
    Svg,
}

impl FrameFormat {
    fn of(self, frame: &Frame) -> String {
        match self {
            Self::Text => frame.text(),
            Self::Ansi => frame.ansi(),
            Self::Svg => frame.svg(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "ansi" => Some(Self::Ansi),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }
}

/// The timeline as text or picture.
#[derive(Clone, Copy, Debug)]
pub struct TimelineRequest {
    pub columns: u16,
    pub zoom: Zoom,
    pub format: FrameFormat,
}

/// The width of the terminal, if there is one.
pub fn terminal_columns() -> Option<u16> {
    crossterm::terminal::size().ok().map(|(columns, _)| columns)
}

/// Renders the timeline from the list. `None` if nothing is stored.
pub fn timeline(
    context: &AppContext,
    mut settings: Settings,
    request: TimelineRequest,
) -> Result<Option<String>, Problem> {
    if request.format == FrameFormat::Svg {
        settings.theme = settings.theme.for_picture();
    }
    let mut model = Model::new(context.read_index()?, settings, context.clock.now());
    if model.list.rows.is_empty() {
        return Ok(None);
    }
    model.columns = request.columns;
    model.list.selected = None;
    Ok(Some(
        request.format.of(&Frame::of_timeline(&model, request.zoom)),
    ))
}

/// The size and the keys, such as `120x30` and `jj<enter>t`.
#[derive(Clone, Debug)]
pub struct FrameRequest {
    pub columns: u16,
    pub rows: u16,
    pub keys: String,
    pub format: FrameFormat,
}

/// Parses a size such as `120x30`.
pub fn parse_size(text: &str) -> Option<(u16, u16)> {
    let (columns, rows) = text.split_once('x')?;
    let side = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|side| (1..=500).contains(side))
    };
    Some((side(columns)?, side(rows)?))
}

/// The last frame, and whether all jobs had ended.
pub struct Printed {
    pub text: String,
    pub settled: bool,
}

/// Runs the keys with the clock of the context; a fixed clock gives the same frame every time. If a job does not end in
/// time, returns the current frame.
pub fn print(
    context: &AppContext,
    settings: Settings,
    request: &FrameRequest,
) -> Result<Printed, Problem> {
    let (frame, settled) = play(context, settings, request, PATIENCE)?;
    Ok(Printed {
        text: request.format.of(&frame),
        settled,
    })
}

pub fn run_keys(
    context: &AppContext,
    settings: Settings,
    request: &FrameRequest,
) -> Result<Frame, Problem> {
    play(context, settings, request, PATIENCE).map(|(frame, _)| frame)
}

fn play(
    context: &AppContext,
    mut settings: Settings,
    request: &FrameRequest,
    patience: Duration,
) -> Result<(Frame, bool), Problem> {
    settings.motion = false;
    if request.format == FrameFormat::Svg {
        settings.theme = settings.theme.for_picture();
    }
    let keys = parse_keys(&request.keys).map_err(|why| {
        Problem::new(Code::Usage, why).next_step(
            "write keys such as jj<enter>t; others are <esc>, <space>, <tab>, <c-d>, <f1>",
        )
    })?;
    let index = steady(context.read_index()?);
    let mut app = App::new(index, settings, context.clock.now());
    let (worker, answers) = JobWorker::start(context.clone(), |_| Desktop::Still)?;
    let mut stage = Stage {
        context,
        worker,
        answers,
        reading: false,
        patience,
    };
    let size = Event::Resize {
        columns: request.columns,
        rows: request.rows,
    };
    let mut settled = true;
    for event in std::iter::once(size).chain(keys.into_iter().map(Event::Key)) {
        settled = stage.take(&mut app, event);
        if !settled {
            break;
        }
    }
    Ok((Frame::of(&app), settled))
}

struct Stage<'a> {
    context: &'a AppContext,
    worker: JobWorker,
    answers: UnboundedReceiver<WorkerEvent>,
    /// Whether a read of the index is pending.
    reading: bool,
    patience: Duration,
}

impl Stage<'_> {
    /// Handles an event and waits for all its jobs. Returns false on a timeout.
    fn take(&mut self, app: &mut App, event: Event) -> bool {
        self.update(app, event);
        let until = Instant::now() + self.patience;
        // Handle the results of a batch in the order in which the jobs were started.
        let mut ended: BTreeMap<TaskId, Event> = BTreeMap::new();
        while !app.tasks.is_empty() || self.reading {
            let Ok(answer) = self.answers.try_recv() else {
                if Instant::now() > until {
                    for (_, event) in ended {
                        self.update(app, event);
                    }
                    return false;
                }
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            match answer {
                WorkerEvent::Event(event @ Event::Done { task, .. })
                    if app.tasks.iter().any(|(id, _)| id == task) =>
                {
                    ended.insert(task, event);
                    if ended.len() == app.tasks.len() {
                        for (_, event) in std::mem::take(&mut ended) {
                            self.update(app, event);
                        }
                    }
                }
                WorkerEvent::Event(event) => {
                    if matches!(event, Event::Index(_) | Event::IndexLost(_)) {
                        self.reading = false;
                    }
                    self.update(app, event);
                }
                WorkerEvent::Terminal(_) => {}
            }
        }
        true
    }

    fn update(&mut self, app: &mut App, event: Event) {
        let event = match event {
            Event::Index(index) => Event::Index(steady(index)),
            Event::Done {
                task,
                result: Ok(JobOutcome::Tested(mut tiers)),
            } => {
                for tier in &mut tiers {
                    tier.elapsed_ms = ELAPSED_MS;
                }
                Event::Done {
                    task,
                    result: Ok(JobOutcome::Tested(tiers)),
                }
            }
            Event::Rotating { task, mut progress } => {
                if (progress.step, progress.state) == (Step::Exchange, StepState::Done) {
                    let elapsed = time::response_time(Duration::from_millis(ELAPSED_MS));
                    progress.words = format!("in {elapsed}");
                }
                Event::Rotating { task, progress }
            }
            event => event,
        };
        let at = self.context.clock.now();
        for effect in update(app, Message { at, event }) {
            match effect {
                Effect::Quit { .. } | Effect::Suspend => {}
                Effect::ReloadIndex => {
                    self.reading = true;
                    self.worker.carry_out(Effect::ReloadIndex);
                }
                effect => self.worker.carry_out(effect),
            }
        }
    }
}

fn steady(mut index: Arc<Index>) -> Arc<Index> {
    for environment in Arc::make_mut(&mut index).environments_mut() {
        for identity in &mut environment.identities {
            for record in &mut identity.last_test {
                record.elapsed_ms = ELAPSED_MS;
            }
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_returns_the_current_frame() {
        let now = "2026-11-22T14:03:00Z".parse().unwrap();
        let demo = crate::cli::demo::start(crate::app::Clock::fixed(now)).unwrap();
        let request = FrameRequest {
            columns: 80,
            rows: 24,
            keys: "/wknd-prod<enter>x?".to_owned(),
            format: FrameFormat::Text,
        };
        let settings = Settings::default();
        let (frame, settled) = play(&demo.context, settings, &request, Duration::ZERO).unwrap();
        assert!(!settled);
        assert!(
            frame.text().contains("exchanging wknd-prod"),
            "{}",
            frame.text()
        );
    }

    #[test]
    fn sizes_are_columns_by_rows() {
        assert_eq!(parse_size("120x30"), Some((120, 30)));
        for wrong in ["", "120", "x30", "0x30", "120x", "9999x30", "-1x4"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
    }
}
