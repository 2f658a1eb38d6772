//! The page to paste a local development token for one environment, which Enter stores.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{Effect, Job, TokenTarget};
use crate::tui::key_hints;
use crate::tui::message::{JobOutcome, Recognised};
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{Painter, Panel, paragraph, problem, recognised, running};
use aemkeys_core::credential::{Code, Kind, Problem};

#[derive(Clone, Debug)]
pub struct PastePage {
    target: TokenTarget,
    recognised: Option<Recognised>,
    pub status: PageStatus,
}

impl PastePage {
    fn new(target: TokenTarget, recognised: Option<Recognised>) -> Self {
        Self {
            target,
            recognised,
            status: PageStatus::Ready,
        }
    }
}

impl View for PastePage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Perform(Action::PasteToken) => Some(Self::new(cx.token_target()?, None)),
            // Stores a token that was already pasted, and shows the progress.
            AppCommand::Store(import, target) => {
                let mut page = Self::new(target.clone(), Some(import.clone()));
                page.perform(cx, Action::Submit);
                Some(page)
            }
            _ => None,
        }
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::TokenPasted(pasted) = outcome {
            cx.list.selected = Some(pasted.identity);
            let mut words = format!("{}: token stored", pasted.full_name);
            if let Some(verified) = &pasted.verified {
                words.extend([", ", verified]);
            }
            cx.report(words, &pasted.warnings);
        }
    }

    fn context(&self) -> Context {
        Context::Paste
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (84, 13)
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::Submit if self.recognised.is_none() => Err("paste the token first".to_owned()),
            Action::PasteOpenConsole => {
                let environment = model.index.environment(self.target.environment);
                let environment =
                    environment.ok_or_else(|| "this environment is no longer stored".to_owned())?;
                let url = crate::app::open::url(environment, crate::app::open::OpenTarget::Console);
                url.map(|_| ()).map_err(|problem| problem.to_string())
            }
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let words = match action {
            Action::Submit => "store",
            Action::Close => "cancel",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match (action, &self.recognised) {
            (Action::PasteOpenConsole, _) => {
                cx.then(AppCommand::OpenConsole(self.target.environment));
            }
            (Action::Submit, Some(import)) if !self.status.is_running() => {
                let (import, target) = (import.import, self.target.clone());
                self.status = PageStatus::Running(cx.run(Job::PasteToken { import, target }));
            }
            _ => {}
        }
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.leave(&self.status, self.recognised.as_ref());
    }

    fn import(&mut self) -> Option<&mut Option<Recognised>> {
        Some(&mut self.recognised)
    }

    with_status!();

    fn finished(&mut self, cx: &mut Cx<'_>, outcome: JobOutcome) {
        let JobOutcome::Recognised(recognised) = outcome else {
            return cx.close();
        };
        let mut import = *recognised;
        cx.warn_of_other_environment(self.target.environment, &mut import.preview);
        let refused = if import.preview.token_expired(cx.now) {
            crate::app::add::token_expired()
        } else if import.preview.kind == Kind::DevelopmentToken {
            self.recognised = Some(import);
            return;
        } else {
            Problem::new(
                Code::NotAToken,
                "this is a credential, not a local development token",
            )
            .next_step(format!(
                "{}, then {} to add it",
                cx.press(Action::Close),
                cx.press(Action::Add)
            ))
        };
        self.status = PageStatus::Failed(refused);
        cx.emit(Effect::DropImport(import.import));
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let panel = Panel::dialog(format!("Token for {}", self.target.name));
        let inner = painter.panel(area, panel.keys(key_hints::of(self, model)));
        let mut lines: Vec<Line<'_>> = Vec::new();
        if let Some(import) = &self.recognised {
            lines.extend(recognised::lines(theme, model, import, inner.width));
        } else {
            lines.extend(paragraph(
                "Paste the local development token: the token alone, the console's JSON, or the Authorization header.",
                theme.text,
                inner.width,
            ));
            lines.extend(paragraph(
                "Get it in the AEM Developer Console: Integrations, Local token, Get Local Development Token. It is not displayed.",
                theme.quiet,
                inner.width,
            ));
        }
        lines.push(Line::default());
        let mut below = Vec::new();
        if let Some(found) = self.status.problem() {
            below.extend(problem::lines(model, found, inner.width, theme));
        }
        let waits = match (running(model, &self.status, theme), &self.recognised) {
            (Some(running), _) => running,
            (None, Some(_)) => Line::styled(
                format!(
                    "To test it on author and store it, {}. If author rejects it, the stored token stays.",
                    model.press(Action::Submit)
                ),
                theme.text,
            ),
            (None, None) => Line::styled(
                format!("{} Waiting for a paste", theme.glyphs.none_yet),
                theme.accent,
            ),
        };
        // The status or the error is always visible.
        let height = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let [explained, wrong, last] = Layout::vertical([
            Constraint::Max(height(&lines)),
            Constraint::Length(height(&below)),
            Constraint::Min(1),
        ])
        .areas(inner);
        painter.lines(explained, &lines);
        painter.lines(wrong, &below);
        painter.line(last, waits);
        painter.cursor(last, 0);
    }
}
