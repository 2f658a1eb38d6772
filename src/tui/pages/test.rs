//! The test page: the result of each tier, and the response of the selected one.

mod lines;

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders};
use uuid::Uuid;

use crate::app::TierResult;
use crate::app::guide;
use crate::app::token_format;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, CopyItem, Cx};
use crate::tui::document::Document;
use crate::tui::effect::Job;
use crate::tui::explain;
use crate::tui::message::{ClickTarget, JobOutcome};
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::widgets::{ChoiceList, Painter, Panel, TextView, width};

use aemkeys_core::credential::text::counted;
use aemkeys_core::environment::Tier;
use lines::{label, tiers};

#[derive(Clone, Debug)]
pub struct TestPage {
    identity: Uuid,
    name: String,
    /// `None` for the current-user request.
    path: Option<String>,
    results: Vec<TierResult>,
    /// The formatted responses, in the order of the results.
    texts: Vec<TextView>,
    /// The selected row.
    pub tier: usize,
    pub status: PageStatus,
}

impl TestPage {
    /// Sends the test call.
    fn start(cx: &mut Cx<'_>, identity: Uuid, path: Option<String>) -> Self {
        let task = cx.run(Job::Test {
            identity,
            tiers: Vec::new(),
            path: path.clone(),
        });
        Self {
            identity,
            name: cx.name_of(identity),
            path,
            results: Vec::new(),
            texts: Vec::new(),
            tier: 0,
            status: PageStatus::Running(task),
        }
    }

    /// Shows another response, with the same search.
    fn show(&mut self, tier: usize) {
        let before = self.texts.get(self.tier);
        let searched = before.map_or_else(String::new, |text| text.searched().to_owned());
        self.tier = tier;
        if let Some(text) = self.texts.get_mut(tier) {
            text.search(&searched);
            text.scroll = 0;
        }
    }

    fn text(&mut self) -> Option<&mut TextView> {
        self.texts.get_mut(self.tier)
    }

    /// The response as received; `None` if it is empty.
    fn document(&self) -> Option<Document> {
        let result = self.result().filter(|result| !result.body.is_empty())?;
        let path = self.path.as_deref().unwrap_or("who-am-i");
        let about = [&self.name, result.tier.as_str(), path];
        Some(Document::new(&about, result.body.clone(), result.body_cut))
    }

    fn result(&self) -> Option<&TierResult> {
        self.results.get(self.tier)
    }

    fn explain(&self, cx: &mut Cx<'_>) {
        let Some(result) = self.result() else {
            return;
        };
        let title = format!("{}: {}", result.tier.as_str(), result.verdict.words());
        let known = cx.index.identity(self.identity);
        let topic =
            known.and_then(|(_, entry)| guide::topic_for_verdict(result.verdict, entry.kind));
        let lines = explain::tier(cx, result);
        cx.then(AppCommand::explain(
            title,
            lines,
            topic,
            Some(self.identity),
        ));
    }

    /// Returns the call as a command that gets the token from aemkeys.
    fn copy_curl(&self, cx: &mut Cx<'_>) {
        let Some(result) = self.result() else {
            return cx.say(Tone::Warning, "no request yet");
        };
        let text = token_format::curl(&self.name, &result.url);
        let what = "curl command";
        cx.run(Job::CopyText { what, text });
    }

    /// What can be copied of the selected tier.
    fn copies(&self) -> Vec<CopyItem> {
        let Some(result) = self.result() else {
            return Vec::new();
        };
        let body = (!result.body.is_empty()).then(|| result.body.clone());
        let texts = [
            ("response", body),
            ("request address", Some(result.url.clone())),
            ("signed-in user", result.user.clone()),
            (
                "groups",
                (!result.groups.is_empty()).then(|| result.groups.join(", ")),
            ),
            ("cause", result.cause.clone()),
        ];
        let texts = texts.into_iter();
        texts
            .filter_map(|(what, text)| Some(CopyItem::new(what, text?)))
            .collect()
    }

    fn title(&self, model: &Model) -> String {
        let asked = self.result().map(TierResult::path);
        match asked.or(self.path.as_deref()) {
            Some(path) => {
                let arrow = model.settings.theme.glyphs.arrow;
                format!("{} {arrow} GET {path}", self.name)
            }
            None => format!("Test {}", self.name),
        }
    }

    /// Returns the lines of the tiers, and the areas of the tiers and of the response: side by side on a wide screen, else
    /// half of the page is for the response, as far as it needs that and the next step leaves it.
    fn split<'a>(&self, model: &Model, inner: Rect) -> (Vec<Vec<Line<'a>>>, [Rect; 2]) {
        let is_title_cut = width(&self.title(model)) >= inner.width;
        let selected = (self.tier, is_title_cut);
        if inner.width >= SIDE_BY_SIDE {
            let halves = Layout::horizontal([Constraint::Fill(1); 2]);
            let halves: [Rect; 2] = halves.spacing(2).areas(inner);
            return (tiers(model, &self.results, selected, halves[0], 0), halves);
        }
        let text = self.texts.get(self.tier);
        // With the rule above it; an empty one has a line that says so.
        let needed = text.map_or(0, |text| text.lines.len().max(1) + 1);
        let [half, _] = Layout::vertical([Constraint::Fill(1); 2]).areas(inner);
        let response = u16::try_from(needed).unwrap_or(u16::MAX).min(half.height);
        let lines = tiers(model, &self.results, selected, inner, response);
        let rows = lines.iter().map(Vec::len).sum::<usize>();
        let rows = Constraint::Length(u16::try_from(rows).unwrap_or(u16::MAX));
        let areas = Layout::vertical([rows, Constraint::Fill(1)]).areas(inner);
        (lines, areas)
    }

    /// The area of the body on screen.
    fn body(&self, model: &Model) -> Rect {
        let inner = Panel::overlay("").padded().inner(self.area(model));
        let (_, [_, lower]) = self.split(model, inner);
        Block::new().borders(Borders::TOP).inner(lower)
    }
}

/// The width of the screen from which the page fills it, and that of the page from which the response stands beside the tiers.
const WIDE_SCREEN: u16 = 190;
const SIDE_BY_SIDE: u16 = 180;

impl View for TestPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::Test(identity, path) if !cx.is_busy(*identity) => {
                Some(Self::start(cx, *identity, path.clone()))
            }
            _ => None,
        }
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        match command {
            AppCommand::Test(identity, path) if *identity == self.identity => {
                if !cx.is_busy(*identity) {
                    *self = Self::start(cx, *identity, path.clone());
                }
            }
            AppCommand::Search(wanted) => {
                if let Some(text) = self.text() {
                    text.search_for(cx, wanted);
                }
                self.step(cx, 0);
            }
            _ => return false,
        }
        true
    }

    fn report(cx: &mut Cx<'_>, task: &Task, outcome: &JobOutcome, is_shown: bool) {
        let JobOutcome::Tested(tiers) = outcome else {
            return;
        };
        match explain::refusal(tiers) {
            // Its page is closed, so add it to the errors and the activity.
            Some(problem) if !is_shown => cx.fail(task.name.clone(), problem),
            refused => {
                let tone = if refused.is_some() {
                    Tone::Warning
                } else {
                    Tone::Fine
                };
                cx.record(tone, format!("{}: {}", task.name, explain::verdicts(tiers)));
            }
        }
    }

    fn context(&self) -> Context {
        Context::Test
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let width = if model.columns >= WIDE_SCREEN {
            u16::MAX
        } else {
            120
        };
        (model.columns.min(width), usize::MAX)
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let none = || Err("no response yet".to_owned());
        match action {
            Action::TestHistory if model.paths_of(self.identity).is_empty() => {
                let path = model.press(Action::TestEditPath);
                Err(format!("no recent paths: {path} to enter one"))
            }
            Action::TestAgain if self.status.is_running() => Err("still testing".to_owned()),
            Action::NextTier | Action::PreviousTier if self.results.len() < 2 => none(),
            Action::Explain | Action::CopyCurl | Action::Search if self.results.is_empty() => {
                none()
            }
            Action::CopyBody | Action::SaveText | Action::OpenPager | Action::OpenEditor
                if self.document().is_none() =>
            {
                Err("there is no response".to_owned())
            }
            _ => match self.texts.get(self.tier) {
                Some(text) => text.allows(model, action),
                None => TextView::default().allows(model, action),
            },
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let count = self.results.len();
        match action {
            Action::NextTier if count > 0 => self.show((self.tier + 1) % count),
            Action::PreviousTier if count > 0 => self.show((self.tier + count - 1) % count),
            Action::TestAgain => cx.then(AppCommand::Test(self.identity, self.path.clone())),
            Action::TestEditPath => {
                let tier = self.result().map_or(Tier::Author, |result| result.tier);
                cx.then(AppCommand::OpenPath(self.identity, tier, self.path.clone()));
            }
            Action::TestHistory => cx.then(AppCommand::OpenHistory(self.identity)),
            Action::CopyCurl => self.copy_curl(cx),
            Action::CopyMenu => {
                let items = self.copies();
                cx.then(AppCommand::OpenCopyMenu(Some(self.identity), items));
            }
            Action::Explain => self.explain(cx),
            Action::Search => cx.then(AppCommand::OpenSearch),
            Action::NextMatch | Action::PreviousMatch => {
                if let Some(text) = self.text() {
                    text.next_match(action);
                }
                self.step(cx, 0);
            }
            _ => {
                if let Some(document) = self.document() {
                    document.perform(cx, action);
                }
            }
        }
    }

    fn end_search(&mut self) -> bool {
        !self.status.is_running() && self.text().is_some_and(TextView::end_search)
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_and_close(&self.status);
    }

    fn height(&self, model: &Model) -> usize {
        self.body(model).height.max(1).into()
    }

    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let body = self.body(cx);
        if let Some(text) = self.text() {
            text.scroll_by(by, body);
        }
    }

    fn click(&mut self, _cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target {
            self.show(*row);
        }
    }

    with_status!();

    fn finished(&mut self, _cx: &mut Cx<'_>, outcome: JobOutcome) {
        if let JobOutcome::Tested(results) = outcome {
            self.texts = results
                .iter()
                .map(|result| TextView::default().with_body(&result.body, result.body_cut))
                .collect();
            // Select the first tier that failed.
            let failed = results
                .iter()
                .position(|result| !result.verdict.is_success());
            self.results = results;
            self.show(failed.unwrap_or(0));
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let panel = Panel::overlay(self.title(model)).padded();
        let inner = painter.panel(area, panel);
        painter.cursor(inner, 0);
        if painter.status(model, &self.status, inner) {
            return;
        }
        let (lines, [upper, lower]) = self.split(model, inner);
        let mut choices = ChoiceList::new(self.tier, theme);
        for (at, lines) in lines.into_iter().enumerate() {
            choices.item(at, lines);
        }
        painter.choices(upper, choices);
        let response = self.result().zip(self.texts.get(self.tier));
        // The rule needs a line below it.
        if let Some((result, text)) = response.filter(|_| lower.height > 1) {
            let title = Line::styled(body_title(text, result), theme.quiet).right_aligned();
            let divider = Block::new()
                .borders(Borders::TOP)
                .border_set(theme.frame())
                .border_style(theme.border_focused)
                .title_top(title);
            let body = divider.inner(lower);
            painter.render(divider, lower);
            if text.lines.is_empty() {
                painter.line(body, Line::styled("empty response", theme.quiet));
            }
            painter.text(text, body);
        }
    }
}

fn body_title(text: &TextView, result: &TierResult) -> String {
    let size = size(result.body.len());
    let found = text.search_words();
    let found = found.map_or_else(String::new, |found| format!("  {found}"));
    format!(" {}: response, {size}{found} ", label(result))
}

fn size(bytes: usize) -> String {
    if bytes < 1024 {
        counted(bytes, "byte")
    } else {
        let tenths = bytes * 10 / 1024;
        format!("{}.{} KB", tenths / 10, tenths % 10)
    }
}
