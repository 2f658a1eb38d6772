//! The discover page: the environments of Cloud Manager beside what is stored, and what can be filled in.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use uuid::Uuid;

use crate::app::discover::Discovered;
use crate::app::discover::change::Change;
use crate::app::discover::compare::{ComparedEnvironment, Comparison, compare};
use crate::app::edit::EditIdentity;
use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx, PageEvent};
use crate::tui::effect::{Edits, GuardedAct, Job};
use crate::tui::key_hints;
use crate::tui::message::JobOutcome;
use crate::tui::model::{Model, Tone};
use crate::tui::page::View;
use crate::tui::task::{PageStatus, Task};
use crate::tui::theme::Theme;
use crate::tui::widgets::{
    ChoiceList, Painter, Panel, gap_after, hanging, listed, paragraph, problem, running,
};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::text::counted;
use aemkeys_core::environment::EnvironmentType;
use aemkeys_core::time;

/// How many environments a message names.
const NAMED: usize = 3;

#[derive(Clone, Debug)]
pub struct DiscoverPage {
    /// The credential under the cursor, if it is an OAuth credential.
    with: Option<String>,
    found: Option<Box<Discovered>>,
    comparison: Comparison,
    /// The selected row; after the environments: fill in, and ask again.
    at: usize,
    /// The environments whose console link is filled in.
    ticked: Vec<Uuid>,
    pub status: PageStatus,
}

/// What a row does.
enum RowAct<'p> {
    /// Ticks the console link.
    Tick(Change),
    /// Sets the type of an untyped environment, after its name.
    SetType(Change),
    Explain(&'p ComparedEnvironment),
    FillIn,
    Again,
}

impl DiscoverPage {
    fn new(cx: &mut Cx<'_>) -> Self {
        let selected = cx.selected_entry();
        let oauth = selected.filter(|(_, identity)| identity.kind == Kind::OauthServerToServer);
        let with = oauth.map(|(_, identity)| cx.name_of(identity.id));
        let mut page = Self {
            with,
            found: None,
            comparison: Comparison::default(),
            at: 0,
            ticked: Vec::new(),
            status: PageStatus::Ready,
        };
        page.ask(cx, false);
        page
    }

    fn ask(&mut self, cx: &mut Cx<'_>, refresh: bool) {
        let with = self.with.clone();
        self.status = PageStatus::Running(cx.run(Job::Discover { with, refresh }));
    }

    fn compare(&mut self, model: &Model) {
        if let Some(found) = &self.found {
            self.comparison = compare(&model.index, found);
        }
        let changes = Change::all(&self.comparison);
        let can_tick = |it: &Change| it.environment_type.is_none();
        let links = changes.into_iter().filter(can_tick);
        let links: Vec<Uuid> = links.map(|it| it.environment).collect();
        self.ticked.retain(|id| links.contains(id));
    }

    fn act(&self) -> RowAct<'_> {
        let Some(row) = self.comparison.rows.get(self.at) else {
            return if self.at == self.comparison.rows.len() {
                RowAct::FillIn
            } else {
                RowAct::Again
            };
        };
        match Change::of(row) {
            Some(change) if change.environment_type.is_some() => RowAct::SetType(change),
            Some(change) => RowAct::Tick(change),
            None => RowAct::Explain(row),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = Change::all(&self.comparison);
        changes.retain(|it| self.ticked.contains(&it.environment));
        changes
    }

    fn names(&self) -> Vec<String> {
        self.changes().into_iter().map(|it| it.name).collect()
    }
}

/// Returns the edit of a stored environment; `None` if it was removed.
fn edit(model: &Model, change: &Change) -> Option<GuardedAct> {
    let entry = model.index.environment(change.environment)?;
    Some(GuardedAct::Edit(Box::new(Edits {
        environment: entry.id,
        identity: entry.identities.first()?.identity.id,
        shared: change.edit(None),
        own: EditIdentity::default(),
    })))
}

impl View for DiscoverPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        matches!(command, AppCommand::Perform(Action::Discover)).then(|| Self::new(cx))
    }

    fn command(&mut self, cx: &mut Cx<'_>, command: &AppCommand) -> bool {
        match command {
            AppCommand::FillIn if !self.names().is_empty() => {
                let (changes, name) = (self.changes(), listed(&self.names(), NAMED));
                self.status = PageStatus::Running(cx.run_as(Job::FillIn(changes), name, None));
            }
            AppCommand::Do(act @ GuardedAct::Edit(_), typed) => {
                let (act, typed) = (act.clone(), typed.clone());
                self.status = PageStatus::Running(cx.run(Job::Guarded { act, typed }));
            }
            _ => return false,
        }
        true
    }

    fn event(&mut self, cx: &mut Cx<'_>, event: &PageEvent<'_>) {
        if matches!(event, PageEvent::IndexChanged) {
            self.compare(cx);
        }
    }

    fn report(cx: &mut Cx<'_>, _task: &Task, outcome: &JobOutcome, _is_shown: bool) {
        if let JobOutcome::Discovered(found) = outcome {
            let count = counted(found.environments().count(), "environment");
            cx.record(Tone::Fine, format!("Cloud Manager: {count}"));
        }
    }

    fn context(&self) -> Context {
        Context::Steps
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        if action != Action::DoStep {
            return Ok(());
        }
        if self.status.is_running() {
            return Err("still running".to_owned());
        }
        match self.act() {
            RowAct::FillIn if self.ticked.is_empty() => Err("tick an environment first".to_owned()),
            _ => Ok(()),
        }
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let words = match self.act() {
            RowAct::Tick(change) if self.ticked.contains(&change.environment) => "untick",
            RowAct::Tick(_) => "tick",
            RowAct::SetType(_) => "set type",
            RowAct::Explain(_) => "details",
            RowAct::FillIn => "fill in",
            RowAct::Again => "ask again",
        };
        (action == Action::DoStep).then(|| words.to_owned())
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action != Action::DoStep || self.status.is_running() {
            return;
        }
        match self.act() {
            RowAct::Tick(change) => {
                let id = change.environment;
                if self.ticked.contains(&id) {
                    self.ticked.retain(|ticked| *ticked != id);
                } else {
                    self.ticked.push(id);
                }
            }
            RowAct::SetType(change) => {
                if let Some(act) = edit(cx, &change) {
                    let title = format!("Set {} of {}", change.words(), change.name);
                    let lines =
                        ["An untyped environment is treated as Production until it has a type."];
                    cx.then(AppCommand::confirm(title, &lines, &change.name, act));
                }
            }
            RowAct::Explain(row) => {
                let title = format!("{} ({})", row.cloud.name, row.cloud.ids);
                let lines = explained(cx, row);
                cx.then(AppCommand::OpenText(title, lines));
            }
            RowAct::FillIn => {
                cx.then(AppCommand::AskToFillIn(self.names()));
            }
            RowAct::Again => self.ask(cx, true),
        }
    }

    fn has_choices(&self) -> bool {
        !self.ticked.is_empty()
    }

    /// Keeps the ticks when it cancels.
    fn close(&mut self, cx: &mut Cx<'_>) {
        match self.status.task() {
            Some(task) if self.has_choices() => cx.then(AppCommand::Cancel(vec![task])),
            _ => cx.cancel_and_close(&self.status),
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.comparison.rows.len() + 2))
    }

    with_status!();

    fn finished(&mut self, cx: &mut Cx<'_>, outcome: JobOutcome) {
        if let JobOutcome::Discovered(found) = outcome {
            self.found = Some(found);
            self.compare(cx);
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let panel = Panel::dialog("Cloud Manager").keys(key_hints::of(self, model));
        let inner = painter.panel(area, panel);
        let columns = inner.width;
        if self.found.is_none() {
            painter.status(model, &self.status, inner);
            painter.cursor(inner, 0);
            return;
        }
        let mut choices = ChoiceList::new(self.at, theme);
        if let Some(found) = &self.found {
            choices.text(summary(model, found, &self.comparison, columns, theme));
        }
        let mut program = None;
        for (at, row) in self.comparison.rows.iter().enumerate() {
            if program != Some(row.program.id) {
                program = Some(row.program.id);
                let name = format!("{} ({})", row.program.name, row.program.id);
                choices.text(paragraph(&name, theme.strong, columns));
            }
            let change = Change::of(row).map(|it| it.environment);
            let is_ticked = change.map(|id| self.ticked.contains(&id));
            choices.item(
                at,
                environment(row, at == self.at, is_ticked, columns, theme),
            );
        }
        choices.text(vec![Line::default()]);
        let count = self.comparison.rows.len();
        let ticked = counted(self.ticked.len(), "ticked environment");
        for (at, text) in [
            (count, format!("Fill in {ticked}")),
            (count + 1, "Ask Cloud Manager again".to_owned()),
        ] {
            let head = vec![theme.cursor(at == self.at), Span::raw(" ")];
            choices.item(at, hanging(head, &text, theme.text, columns));
        }
        choices.text(running(model, &self.status, theme).into_iter().collect());
        choices.text(problem::below(model, self.status.problem(), columns, theme));
        painter.choices(inner, choices);
    }
}

/// What was found, what failed, and what is stored and not there.
fn summary<'a>(
    model: &Model,
    found: &Discovered,
    comparison: &Comparison,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let age = time::relative(found.asked_at, model.now);
    let mut text = format!(
        "{} in {}, asked {age}",
        counted(found.environments().count(), "environment"),
        counted(found.programs.len(), "program")
    );
    text.push_str(&comparison.not_compared_words());
    let mut lines = paragraph(&text, theme.quiet, columns);
    for (program, problem) in found.failures() {
        let text = format!("Program {} ({}): {problem}", program.name, program.id);
        lines.extend(paragraph(&text, theme.over, columns));
    }
    for warning in &found.warnings {
        lines.extend(paragraph(warning, theme.soon, columns));
    }
    for gone in &comparison.missing {
        let text = format!("{} ({}) {}", gone.name, gone.ids, gone.words());
        lines.extend(paragraph(&text, theme.soon, columns));
    }
    lines.push(Line::default());
    lines
}

fn environment<'a>(
    row: &ComparedEnvironment,
    selected: bool,
    is_ticked: Option<bool>,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'a>> {
    let tick = match is_ticked {
        Some(true) => theme.glyphs.ticked.to_owned(),
        Some(false) => theme.glyphs.unticked.to_owned(),
        None => theme.glyphs.unticked.chars().map(|_| ' ').collect(),
    };
    let status = match row.cloud.status.as_str() {
        "ready" => theme.fine,
        "hibernated" => theme.quiet,
        _ => theme.soon,
    };
    let environment_type = match row.cloud.environment_type() {
        Some(EnvironmentType::Production) => theme.production,
        _ => theme.text,
    };
    let name = if selected { theme.strong } else { theme.text };
    let head = vec![
        theme.cursor(selected),
        Span::raw(format!(" {tick} ")),
        Span::styled(format!("{:<12} ", row.cloud.ids.to_string()), name),
        Span::styled(row.type_name().to_owned(), environment_type),
        Span::raw(gap_after(row.type_name(), 7)),
        Span::styled(format!("{:<11} ", row.cloud.status), status),
    ];
    let stored = match &row.stored {
        Some(stored) => format!("{}, stored as {}", row.cloud.name, stored.name),
        None => row.cloud.name.clone(),
    };
    let differences: Vec<&str> = row.differences.iter().map(|it| it.words()).collect();
    let text = if differences.is_empty() {
        stored
    } else {
        format!("{stored}: {}", differences.join(", "))
    };
    hanging(head, &text, name, columns)
}

/// The details of an environment, with what to do about its differences.
fn explained(model: &Model, row: &ComparedEnvironment) -> Vec<String> {
    let cloud = &row.cloud;
    let mut lines = vec![
        format!("Type: {}", cloud.cloud_type),
        format!("Status: {}", cloud.status),
    ];
    let addresses = [
        ("Author", &cloud.author),
        ("Publish", &cloud.publish),
        ("Preview", &cloud.preview),
        ("AEM Developer Console", &cloud.console),
    ];
    for (title, link) in addresses {
        lines.extend(link.iter().map(|link| format!("{title}: {link}")));
    }
    lines.extend(row.type_warning());
    for difference in &row.differences {
        let step = model.in_keys(&row.next_step(*difference));
        lines.push(format!("{}: {step}", difference.words()));
    }
    lines
}
