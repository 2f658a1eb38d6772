//! The viewer page: text to read and search, such as claims, responses and explanations.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::document::Document;
use crate::tui::effect::{GuardedAct, Job};
use crate::tui::key_hints;
use crate::tui::layout;
use crate::tui::message::JobOutcome;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{Painter, Panel, TextView, dialog_columns};

#[derive(Clone, Debug)]
pub struct ViewerPage {
    title: String,
    text: TextView,
    /// What is saved and opened instead of the whole text.
    body: Option<Document>,
    pub status: PageStatus,
}

impl ViewerPage {
    fn new(title: String, lines: Vec<String>) -> Self {
        Self {
            title,
            text: TextView::new(lines),
            body: None,
            status: PageStatus::Ready,
        }
    }

    /// The page of a job whose result is a text.
    fn waiting(cx: &mut Cx<'_>, title: String, job: Job) -> Self {
        let status = PageStatus::Running(cx.run(job));
        Self {
            status,
            ..Self::new(title, Vec::new())
        }
    }
}

impl View for ViewerPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::OpenText(title, lines) => Some(Self::new(title.clone(), lines.clone())),
            AppCommand::Perform(Action::Claims) => {
                let identity = cx.list.selected?;
                let title = format!("{}: token claims", cx.name_of(identity));
                Some(Self::waiting(cx, title, Job::Claims { identity }))
            }
            AppCommand::Do(act @ GuardedAct::Call(identity, request), typed) => {
                if cx.is_busy(*identity) {
                    return None;
                }
                let (name, method) = (cx.name_of(*identity), request.method.as_str());
                let title = format!("{name}: {method} {}", request.path);
                let (act, typed) = (act.clone(), typed.clone());
                Some(Self::waiting(cx, title, Job::Guarded { act, typed }))
            }
            _ => None,
        }
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        let AppCommand::Search(text) = command else {
            return false;
        };
        self.text.search_for(cx, text);
        self.step(cx, 0);
        true
    }

    fn report(cx: &mut Cx<'_>, task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::Called(called) = outcome {
            let tone = if called.status < 400 {
                Tone::Fine
            } else {
                Tone::Warning
            };
            let words = format!("{} returned {}", called.asked, called.status);
            cx.record(tone, format!("{}: {words}", task.name));
        }
    }

    fn context(&self) -> Context {
        Context::Viewer
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let rows = self
            .text
            .rows(dialog_columns(100, model.columns), model.rows.into());
        (model.columns.min(100), (rows + 4).max(12))
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let needs_text = matches!(
            action,
            Action::Search
                | Action::CopyReport
                | Action::SaveText
                | Action::OpenPager
                | Action::OpenEditor
        );
        if needs_text && self.status != PageStatus::Ready {
            return Err("no text yet".to_owned());
        }
        self.text.allows(model, action)
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        (action == Action::CopyReport).then(|| "copy".to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::Search => cx.then(AppCommand::OpenSearch),
            Action::NextMatch | Action::PreviousMatch => {
                self.text.next_match(action);
                self.step(cx, 0);
            }
            Action::CopyReport => {
                let (what, text) = ("report", self.text.lines.join("\n"));
                cx.run(Job::CopyText { what, text });
            }
            _ => {
                let body = self.body.clone();
                let document = body.unwrap_or_else(|| {
                    let mut text = self.text.lines.join("\n");
                    text.push('\n');
                    Document::new(&[&self.title], text, false)
                });
                document.perform(cx, action);
            }
        }
    }

    fn end_search(&mut self) -> bool {
        self.text.end_search()
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_and_close(&self.status);
    }

    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let area = layout::inside(self.area(cx));
        self.text.scroll_by(by, area);
    }

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        let (lines, body, is_cut) = match outcome {
            JobOutcome::Claims(text) => (Vec::new(), text, false),
            JobOutcome::Called(called) => {
                let mut lines = vec![
                    format!("# {}", called.asked),
                    format!("status {}", called.status),
                ];
                lines.extend(called.headers);
                if !called.body.is_empty() {
                    lines.extend([String::new(), "# Body".to_owned()]);
                }
                (lines, called.body, called.body_cut)
            }
            _ => return,
        };
        self.text = TextView::new(lines).with_body(&body, is_cut);
        self.body = (!body.is_empty()).then(|| Document::new(&[&self.title], body, is_cut));
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let found = self.text.search_words().unwrap_or_default();
        let panel = Panel::dialog(&self.title)
            .right(Line::styled(found, painter.theme.quiet))
            .keys(key_hints::of(self, model));
        let inner = painter.panel(area, panel);
        painter.cursor(inner, 0);
        if !painter.status(model, &self.status, inner) {
            painter.text(&self.text, inner);
        }
    }
}
