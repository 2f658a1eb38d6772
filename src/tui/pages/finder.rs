//! Help and palette: the available actions, filtered by the typed text.

use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::tui::action::{ACTIONS, Action, Context};
use crate::tui::command::{AppCommand, Cx, FinderKind};
use crate::tui::key_hints;
use crate::tui::keymap::say;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Columns, Painter, Panel, TextInput};

/// The width of the screen from which the actions are listed in two columns.
const TWO_COLUMNS_FROM: u16 = 180;

#[derive(Clone, Debug)]
pub struct FinderPage {
    kind: FinderKind,
    /// The context in which it was opened, which decides the actions.
    context: Context,
    line: TextInput,
    pub found: Vec<Action>,
    pub at: usize,
}

impl FinderPage {
    fn new(model: &Model, context: Context, kind: FinderKind) -> Self {
        let mut page = Self {
            kind,
            context,
            line: TextInput::default(),
            found: Vec::new(),
            at: 0,
        };
        page.find(model);
        page
    }

    /// Lists the actions that match the typed text.
    fn find(&mut self, model: &Model) {
        let wanted = self.line.text().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        self.found = ACTIONS
            .iter()
            .filter(|entry| self.offers(entry.action))
            .filter(|entry| {
                let text = format!("{} {} {} {}", entry.id, entry.title, entry.doc, entry.group)
                    .to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .map(|entry| entry.action)
            .collect();
        // What is available comes first, then matches in the title.
        if !words.is_empty() {
            let mut found = std::mem::take(&mut self.found);
            found.sort_by_key(|action| {
                let title = action.entry().title;
                (
                    action.enabled(model).is_err(),
                    !title.starts_with(&wanted),
                    !title.contains(&wanted),
                )
            });
            self.found = found;
        }
        self.at = self.at.min(self.found.len().saturating_sub(1));
    }

    /// The palette leaves out navigation, which would have no effect.
    fn offers(&self, action: Action) -> bool {
        let navigates = action.moves() || matches!(action, Action::Palette | Action::Close);
        action.entry().contexts.contains(&self.context)
            && (self.kind == FinderKind::Help || !navigates)
    }

    fn cells<'a>(&self, model: &Model, action: Action, theme: &Theme) -> [Line<'a>; 4] {
        let entry = action.entry();
        let keys = model.settings.keymap.keys(action);
        let keys: Vec<String> = keys.iter().map(|key| say(*key)).collect();
        let off = action.enabled(model).err();
        let style = if off.is_some() {
            theme.quiet
        } else {
            theme.text
        };
        // Help says what a key is for.
        let off = off.filter(|_| self.kind == FinderKind::Palette);
        let doc = off.unwrap_or_else(|| entry.doc.to_owned());
        let danger = if entry.danger {
            theme.glyphs.urgent
        } else {
            ""
        };
        [
            Line::styled(danger, theme.accent),
            Line::styled(keys.join(" "), theme.accent),
            Line::styled(entry.title, style),
            Line::styled(doc, theme.quiet),
        ]
    }
}

impl View for FinderPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        match command {
            AppCommand::OpenFinder(context, kind) => Some(Self::new(cx, *context, *kind)),
            _ => None,
        }
    }

    fn context(&self) -> Context {
        Context::Finder
    }

    fn size(&self, model: &Model) -> (u16, usize) {
        let width = if model.columns >= TWO_COLUMNS_FROM {
            model.columns
        } else {
            92
        };
        (width, usize::MAX)
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Choose, Action::Close]
    }

    fn words(&self, _model: &Model, action: Action) -> Option<String> {
        let words = if self.found.is_empty() {
            "close"
        } else {
            "run"
        };
        (action == Action::Choose).then(|| words.to_owned())
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        if action != Action::Choose {
            return Ok(());
        }
        let found = self.found.get(self.at);
        found.map_or(Ok(()), |found| found.enabled(model))
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action != Action::Choose {
            return;
        }
        cx.close();
        if let Some(action) = self.found.get(self.at) {
            cx.then(AppCommand::Perform(*action));
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.found.len()))
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn is_search(&self) -> bool {
        true
    }

    fn input<'a>(&'a mut self, _model: &'a mut Model) -> Option<&'a mut TextInput> {
        Some(&mut self.line)
    }

    fn typed(&mut self, model: &mut Model) {
        self.find(model);
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let (title, prompt) = match self.kind {
            FinderKind::Help => ("Keys", " / "),
            FinderKind::Palette => ("Actions", " : "),
        };
        let count = Line::styled(format!("{}", self.found.len()), theme.quiet);
        let keys = key_hints::of(self, model);
        let inner = painter.panel(area, Panel::overlay(title).right(count).keys(keys));
        // The full description of the selected action, if it fits below the list.
        let doc = if inner.height < 12 || self.found.is_empty() {
            0
        } else {
            2
        };
        let [line, _, rows, _, below] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(doc / 2),
            Constraint::Length(doc),
        ])
        .areas(inner);
        painter.input(line, prompt, &self.line);
        let cursor = painter.cursor;
        if self.found.is_empty() {
            let text = Line::styled("   No matches", theme.quiet);
            painter.line(rows, text);
        }
        // No descriptions if they would be cut too short.
        let doc = if rows.width < 57 { 0 } else { u16::MAX };
        let constraints = [
            Constraint::Length(1),
            Constraint::Length(15),
            Constraint::Length(17),
            Constraint::Max(doc),
            Constraint::Length(0),
        ];
        let halves = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2);
        let has_two = model.columns >= TWO_COLUMNS_FROM;
        let halves = has_two.then(|| halves.areas(rows));
        let width = halves.map_or(rows.width, |[left, _]: [Rect; 2]| left.width);
        let columns = Columns::new(width, constraints, theme.glyphs);
        let is_grouped = self.line.is_empty();
        let (mut shown, mut selected) = (Vec::new(), None);
        let mut group = "";
        for (at, action) in self.found.iter().enumerate() {
            let entry = action.entry();
            if is_grouped && entry.group != group {
                group = entry.group;
                shown.push(columns.heading(Line::styled(group, theme.accent), None));
            }
            if at == self.at {
                selected = Some(shown.len());
            }
            let cells = self.cells(model, *action, theme);
            shown.push(columns.row(ClickTarget::Item(at), cells));
        }
        match halves {
            Some(halves) => painter.table_in_two(halves, &columns, shown, selected),
            None => painter.table(rows, &columns, shown, selected),
        }
        painter.cursor = cursor;
        if let Some(action) = self.found.get(self.at) {
            let words = match action.enabled(model) {
                Err(why) => format!("{}. Not available: {why}.", action.entry().doc),
                Ok(()) => format!("{}.", action.entry().doc),
            };
            let words = Paragraph::new(words).wrap(Wrap { trim: true });
            painter.render(words, below.inner(Margin::new(3, 0)));
        }
    }
}
