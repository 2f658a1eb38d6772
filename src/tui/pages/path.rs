//! The page to enter a method and a path for a test call, with suggestions.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use uuid::Uuid;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::GuardedAct;
use crate::tui::key_hints;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::request::{CallRequest, Method};
use crate::tui::widgets::{Columns, Painter, Panel, TextInput, width};
use aemkeys_core::environment::Tier;

/// Useful paths in any environment: current user, Adobe's smoke test, assets, headless, OpenAPI.
const USEFUL: [&str; 5] = [
    crate::app::WHO_AM_I,
    "/content/dam.json",
    "/api/assets.json",
    "/graphql/list.json",
    "/adobe/sites/cf/fragments",
];

#[derive(Clone, Debug)]
pub struct PathPage {
    identity: Uuid,
    /// The tier for methods other than GET.
    tier: Tier,
    pub line: TextInput,
    pub wrong: Option<String>,
    pub method: Method,
    /// The suggestions: recent paths, then useful ones.
    pub paths: Vec<String>,
    /// The number of recent paths.
    pub asked: usize,
    /// The suggestion in the input line.
    at: Option<usize>,
    /// The input before a suggestion was chosen.
    typed: TextInput,
}

impl PathPage {
    /// `current` is the path of the page below.
    fn new(model: &Model, identity: Uuid, tier: Tier, current: Option<&str>) -> Self {
        let asked = model.paths_of(identity);
        let known = |useful: &&str| !asked.iter().any(|path| path == useful);
        let useful = USEFUL.into_iter().filter(known).map(str::to_owned);
        let path = current
            .map(str::to_owned)
            .or_else(|| asked.first().cloned())
            .unwrap_or_else(|| "/content/dam.json".to_owned());
        Self {
            identity,
            tier,
            line: TextInput::new(path),
            wrong: None,
            method: Method::Get,
            asked: asked.len(),
            paths: asked.iter().cloned().chain(useful).collect(),
            at: None,
            typed: TextInput::default(),
        }
    }

    /// Copies a suggestion into the input line; `None` restores the typed text.
    fn pick(&mut self, at: Option<usize>) {
        if self.at.is_none() {
            self.typed = self.line.clone();
        }
        self.at = at;
        self.wrong = None;
        match self.at.and_then(|at| self.paths.get(at)) {
            Some(path) => self.line.replace(path),
            None => self.line = self.typed.clone(),
        }
    }

    fn change_method(&mut self, forward: bool) {
        self.method = self.method.next(forward);
        self.wrong = None;
    }

    /// Sends a GET to all tiers and other methods to one. Writes to production or untyped environments must be
    /// confirmed.
    fn submit(&mut self, cx: &mut Cx<'_>) -> Result<(), String> {
        let request = CallRequest::parse(self.line.text(), self.method, self.tier)?;
        if request.method == Method::Get {
            cx.then(AppCommand::Test(self.identity, Some(request.path)));
            cx.close();
            return Ok(());
        }
        let tier = self.tier;
        let (environment, _) = cx
            .index
            .identity(self.identity)
            .ok_or_else(|| "this identity is no longer stored".to_owned())?;
        let host = environment.hosts.of(tier);
        let host = host.ok_or_else(|| {
            let (tier, edit) = (tier.as_str(), cx.press(Action::Edit));
            format!("no host is set for {tier}: {edit} on the list to set it")
        })?;
        let method = request.method.as_str();
        let name = environment.name.to_string();
        let call = GuardedAct::Call(self.identity, Box::new(request.clone()));
        if request.method.is_read_only() || !environment.environment_type.is_guarded() {
            cx.then(AppCommand::Do(call, None));
        } else {
            let words = environment.environment_type.title();
            let line = format!("{method} {}{}", host.origin(), request.path);
            let who = format!("as {} ({words})", cx.name_of(self.identity));
            let body = request.body.as_ref();
            let body = body.map(|file| format!("with the content of {file}"));
            let lines: Vec<&str> = [line.as_str(), &who]
                .into_iter()
                .chain(body.as_deref())
                .collect();
            let title = format!("{method} on {name}");
            cx.then(AppCommand::confirm(title, &lines, &name, call));
        }
        cx.close();
        Ok(())
    }
}

impl View for PathPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Perform(Action::TestPath) => {
                Some(Self::new(cx, cx.list.selected?, Tier::Author, None))
            }
            AppCommand::OpenPath(identity, tier, current) => {
                Some(Self::new(cx, *identity, *tier, current.as_deref()))
            }
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Line
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (84, self.paths.len() + 6)
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::LineSubmit,
            Action::FinderDown,
            Action::NextMethod,
            Action::Close,
        ]
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let words = match action {
            Action::LineSubmit => "send",
            Action::FinderDown => "choose a path",
            Action::Close => "cancel",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::NextMethod => self.change_method(true),
            Action::PreviousMethod => self.change_method(false),
            Action::LineSubmit => self.wrong = self.submit(cx).err(),
            _ => {}
        }
    }

    fn step(&mut self, _cx: &mut Cx<'_>, by: isize) {
        let last = self.paths.len().saturating_sub(1);
        self.pick(match self.at {
            None if by > 0 => Some(0),
            None => None,
            Some(0) if by < 0 => None,
            Some(at) => Some(at.saturating_add_signed(by).min(last)),
        });
    }

    fn click(&mut self, _cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target {
            self.pick(Some(*row));
        }
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn input<'a>(&'a mut self, _model: &'a mut Model) -> Option<&'a mut TextInput> {
        Some(&mut self.line)
    }

    fn typed(&mut self, _model: &mut Model) {
        self.wrong = None;
        // The input is no longer the suggestion.
        self.at = None;
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let title = if self.method == Method::Get {
            "Request path".to_owned()
        } else {
            format!("Call on {}", self.tier.as_str())
        };
        let inner = painter.panel(area, Panel::dialog(title).keys(key_hints::of(self, model)));
        let [line, below, rows] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(inner);
        painter.input(line, &format!("{} ", self.method.as_str()), &self.line);
        let said = if let Some(wrong) = &self.wrong {
            Line::styled(format!("{} {wrong}", theme.glyphs.over), theme.over)
        } else {
            Line::styled("append @FILE for a body", theme.quiet)
        };
        painter.line(below, said);
        let cursor = painter.cursor;
        let asked = "recent";
        let constraints = [Constraint::Fill(1), Constraint::Length(width(asked))];
        let columns = Columns::new(rows.width, constraints, theme.glyphs);
        let paths = self.paths.iter().enumerate().map(|(at, path)| {
            let note = if at < self.asked { asked } else { "" };
            let path = Line::raw(format!(" {path}"));
            columns.row(
                ClickTarget::Item(at),
                [path, Line::styled(note, theme.quiet)],
            )
        });
        painter.table(rows, &columns, paths.collect(), self.at);
        painter.cursor = cursor;
    }
}
