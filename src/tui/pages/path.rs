//! The page to enter a method and a path for a test call, with suggestions.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use uuid::Uuid;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::effect::GuardedAct;
use crate::tui::filter::contains_words;
use crate::tui::key_hints;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::request::{CallRequest, Method};
use crate::tui::widgets::{Columns, Painter, Panel, TextInput, width};
use aemkeys_core::environment::Tier;

/// A path that AEM answers in any environment, and what it returns.
struct KnownPath {
    path: &'static str,
    note: &'static str,
    tiers: &'static [Tier],
}

const fn known(path: &'static str, note: &'static str, tiers: &'static [Tier]) -> KnownPath {
    KnownPath { path, note, tiers }
}

const AUTHOR: &[Tier] = &[Tier::Author];
const DELIVERS: &[Tier] = &[Tier::Publish, Tier::Preview];
const ALL: &[Tier] = &[Tier::Author, Tier::Publish, Tier::Preview];

const KNOWN: [KnownPath; 10] = [
    known(crate::app::WHO_AM_I, "who is signed in", ALL),
    known("/content/dam.json", "the assets folder", AUTHOR),
    known("/api/assets.json", "Assets HTTP API", AUTHOR),
    known("/graphql/list.json", "persisted queries", ALL),
    known("/content.1.json", "sites", AUTHOR),
    known("/adobe/sites/cf/fragments", "content fragments", AUTHOR),
    known("/adobe/folders", "folders (OpenAPI)", AUTHOR),
    known(
        "/adobe/contentFragments",
        "content fragment delivery",
        DELIVERS,
    ),
    known("/libs/granite/csrf/token.json", "CSRF token", ALL),
    known("/robots.txt", "rules for crawlers", DELIVERS),
];

#[derive(Clone, Debug)]
pub struct Suggestion {
    pub path: String,
    note: &'static str,
}

#[derive(Clone, Debug)]
pub struct PathPage {
    identity: Uuid,
    /// The tier for methods other than GET.
    tier: Tier,
    pub line: TextInput,
    pub wrong: Option<String>,
    pub method: Method,
    /// Recent paths, then known ones.
    suggestions: Vec<Suggestion>,
    /// The chosen one of the shown suggestions.
    at: Option<usize>,
    /// The input before a suggestion was chosen, which filters them.
    typed: TextInput,
}

impl PathPage {
    /// `current` is the path of the page below.
    fn new(model: &Model, identity: Uuid, tier: Tier, current: Option<&str>) -> Self {
        let mut suggestions: Vec<Suggestion> = Vec::new();
        let mut add = |path: &str, note| {
            if !suggestions.iter().any(|known| known.path == path) {
                let path = path.to_owned();
                suggestions.push(Suggestion { path, note });
            }
        };
        if let Some(path) = current {
            add(path, "this page");
        }
        for path in model.paths_of(identity) {
            add(path, "recent");
        }
        for known in KNOWN.iter().filter(|known| known.tiers.contains(&tier)) {
            add(known.path, known.note);
        }
        Self {
            identity,
            tier,
            line: TextInput::default(),
            wrong: None,
            method: Method::Get,
            suggestions,
            at: None,
            typed: TextInput::default(),
        }
    }

    /// Returns the suggestions that contain the words of the input, without a method and a file.
    pub fn shown(&self) -> impl Iterator<Item = &Suggestion> {
        let input = self.at.map_or(&self.line, |_| &self.typed);
        let is_part = |word: &&str| Method::parse(word).is_none() && !word.starts_with('@');
        let words: Vec<&str> = input.text().split_whitespace().filter(is_part).collect();
        let words = words.join(" ");
        let suggestions = self.suggestions.iter();
        suggestions.filter(move |known| contains_words(&known.path, &words))
    }

    /// Copies a suggestion into the input line; `None` restores the typed text.
    fn pick(&mut self, at: Option<usize>) {
        let chosen = at.and_then(|at| Some((at, self.shown().nth(at)?.path.clone())));
        if self.at.is_none() {
            self.typed = self.line.clone();
        }
        self.at = chosen.as_ref().map(|(at, _)| *at);
        self.wrong = None;
        match chosen {
            Some((_, path)) => self.line.replace(&path),
            None => self.line = self.typed.clone(),
        }
    }

    /// Sends a GET to all tiers and other methods to one. Writes to production or untyped environments must be
    /// confirmed.
    fn submit(&mut self, cx: &mut Cx<'_>) -> Result<(), String> {
        if self.line.text().trim().is_empty() {
            return Err("enter a path, or choose one below".to_owned());
        }
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
        (84, self.suggestions.len() + 4)
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
            Action::NextMethod => {
                self.method = self.method.next();
                self.wrong = None;
            }
            Action::LineSubmit => self.wrong = self.submit(cx).err(),
            _ => {}
        }
    }

    fn step(&mut self, _cx: &mut Cx<'_>, by: isize) {
        let last = self.shown().count().saturating_sub(1);
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
        let shown: Vec<&Suggestion> = self.shown().collect();
        if shown.is_empty() {
            let text = "No known path matches. Enter sends what you typed.";
            painter.line(rows, Line::styled(text, theme.quiet));
        }
        let longest = shown.iter().map(|known| width(known.note)).max();
        let note = Constraint::Length(longest.unwrap_or(0));
        let columns = Columns::new(rows.width, [Constraint::Fill(1), note], theme.glyphs);
        let paths = shown.iter().enumerate().map(|(at, known)| {
            let path = Line::raw(format!(" {}", known.path));
            let note = Line::styled(known.note, theme.quiet);
            columns.row(ClickTarget::Item(at), [path, note])
        });
        painter.table(rows, &columns, paths.collect(), self.at);
        painter.cursor = cursor;
    }
}
