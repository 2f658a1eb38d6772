//! The page to paste a local development token for one environment, which Enter stores.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::token::TokenHolder;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::{Effect, Job, TokenTarget};
use crate::tui::key_hints;
use crate::tui::message::{JobOutcome, Recognised};
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{Button, Form, Painter, Panel, paragraph, recognised};
use aemkeys_core::credential::{Code, Kind, Problem};

#[derive(Clone, Debug)]
pub struct PastePage {
    target: TokenTarget,
    recognised: Option<Recognised>,
    /// The buttons, once a token was recognised.
    pub form: Form,
    pub status: PageStatus,
}

impl PastePage {
    fn new(model: &Model, target: TokenTarget, recognised: Option<Recognised>) -> Self {
        let form = match recognised {
            Some(_) => model.token_form(&target, &[]),
            None => Form::default(),
        };
        Self {
            target,
            recognised,
            form,
            status: PageStatus::Ready,
        }
    }

    fn store(&mut self, cx: &mut Cx<'_>) {
        if let Some(import) = &self.recognised {
            let (import, target) = (import.import, self.target.clone());
            self.status = PageStatus::Running(cx.run(Job::PasteToken { import, target }));
        }
    }
}

impl View for PastePage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Perform(Action::PasteToken) => {
                let target = cx.token_target()?;
                Some(Self::new(cx, target, None))
            }
            // Stores a token that was already pasted, and shows the progress.
            AppCommand::Store(import, target) => {
                let mut page = Self::new(cx, target.clone(), Some(import.clone()));
                page.store(cx);
                Some(page)
            }
            _ => None,
        }
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::TokenPasted(pasted) = outcome {
            cx.show(pasted.identity);
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

    fn size(&self, model: &Model) -> (u16, usize) {
        let lines = self.recognised.as_ref().map_or(6, recognised::height);
        self.form.page_size(model.columns, lines + 2, &self.status)
    }

    with_form!();

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            action if action.is_of_form() && self.recognised.is_none() => {
                Err("paste the token first".to_owned())
            }
            Action::PasteOpenConsole => {
                let environment = model.index.environment(self.target.environment);
                let gone = || "this environment is no longer stored".to_owned();
                environment.map(|_| ()).ok_or_else(gone)
            }
            _ => Ok(()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action == Action::PasteOpenConsole {
            cx.then(AppCommand::OpenConsole(self.target.environment));
        }
    }

    fn press(&mut self, cx: &mut Cx<'_>, button: Button) {
        if button == Button::NEW_IDENTITY {
            self.target.holder = TokenHolder::New;
        }
        self.store(cx);
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
            self.form = cx.token_form(&self.target, &[]);
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
        let panel = Panel::dialog(format!("Token for {}", model.receiver(&self.target)));
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
        let known = self.recognised.as_ref();
        let mut notes = known.map_or_else(Vec::new, |known| {
            recognised::warnings(theme, known, inner.width)
        });
        if self.recognised.is_none() && self.status.problem().is_none() {
            let waiting = format!("{} Waiting for a paste", theme.glyphs.none_yet);
            notes.push(Line::styled(waiting, theme.accent));
        } else {
            lines.extend(paragraph(
                "It is tested on author first. If author rejects it, the stored token stays.",
                theme.quiet,
                inner.width,
            ));
            if model.is_guarded(&self.target) {
                let place = model.describe(&self.target);
                let text = format!("{place}: make sure that the token belongs here.");
                notes.extend(paragraph(&text, theme.urgent, inner.width));
            }
        }
        painter.form_page(model, &lines, &notes, &self.status, &self.form, inner);
    }
}
