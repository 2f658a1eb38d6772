//! Help and palette: the available actions, filtered by the typed text.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::View;
use crate::tui::action::{ACTIONS, Action, Context};
use crate::tui::command::{Command, Cx};
use crate::tui::keymap::say;
use crate::tui::model::Model;
use crate::tui::widgets::{Canvas, Columns, Row, TextInput, hint_line, paragraph};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinderKind {
    Help,
    Palette,
}

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
    pub fn new(kind: FinderKind, context: Context) -> Self {
        let mut page = Self {
            kind,
            context,
            line: TextInput::default(),
            found: Vec::new(),
            at: 0,
        };
        page.typed();
        page
    }

    /// The palette leaves out navigation, which would have no effect.
    fn offers(&self, action: Action) -> bool {
        let moves = matches!(
            action,
            Action::Palette
                | Action::Close
                | Action::MoveDown
                | Action::MoveUp
                | Action::First
                | Action::Last
                | Action::HalfPageDown
                | Action::HalfPageUp
        );
        action.entry().contexts.contains(&self.context) && (self.kind == FinderKind::Help || !moves)
    }

    /// Returns why the action is not available now; help shows all actions.
    fn off(&self, model: &Model, action: Action) -> Option<String> {
        match self.kind {
            FinderKind::Help => None,
            FinderKind::Palette => action.enabled(model).err(),
        }
    }
}

impl View for FinderPage {
    fn context(&self) -> Context {
        Context::Finder
    }

    fn size(&self, _model: &Model) -> (u16, u16) {
        (92, u16::MAX)
    }

    fn hints(&self) -> &'static [Action] {
        match self.kind {
            FinderKind::Help => &[Action::Close],
            FinderKind::Palette => &[Action::Choose, Action::Close],
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        if action != Action::Choose {
            return;
        }
        cx.close();
        // In help, Enter only closes the page.
        if self.kind == FinderKind::Palette
            && let Some(action) = self.found.get(self.at)
        {
            cx.then(Command::Perform(*action));
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.found.len()))
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn input(&mut self) -> Option<&mut TextInput> {
        Some(&mut self.line)
    }

    fn typed(&mut self) {
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
        // Matches in the title come first.
        if !words.is_empty() {
            self.found.sort_by_key(|action| {
                let title = action.entry().title;
                (!title.starts_with(&wanted), !title.contains(&wanted))
            });
        }
        self.at = self.at.min(self.found.len().saturating_sub(1));
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme;
        let (title, prompt, enter) = match self.kind {
            FinderKind::Help => ("Keys", " / ", "close"),
            FinderKind::Palette => ("Actions", " : ", "run"),
        };
        let bottom = hint_line(
            &[("type", "to search"), ("Enter", enter), ("Esc", "close")],
            theme,
        );
        let count = Line::styled(format!("{}", self.found.len()), theme.quiet);
        let inner = canvas.overlay(area, title, count, bottom);
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
        canvas.input(line, prompt, &self.line);
        let cursor = canvas.cursor;
        if self.found.is_empty() {
            let text = Line::styled("   No matches", theme.quiet);
            canvas.line(rows, 0, &text);
        }
        // No descriptions if they would be cut too short.
        let doc = if rows.width < 57 { 0 } else { u16::MAX };
        let columns = Columns::new(
            rows.width,
            [
                Constraint::Length(2),
                Constraint::Length(15),
                Constraint::Length(17),
                Constraint::Max(doc),
                Constraint::Length(0),
            ],
        );
        let is_grouped = self.line.is_empty();
        let mut shown = Vec::new();
        let mut group = "";
        for (at, action) in self.found.iter().enumerate() {
            let entry = action.entry();
            if is_grouped && entry.group != group {
                group = entry.group;
                let heading = Line::styled(format!(" {group}"), theme.accent);
                shown.push(Row::heading(heading));
            }
            shown.push(Row::new(
                at,
                row(canvas, model, self, at, *action, &columns),
            ));
        }
        canvas.rows(rows, shown, Some(self.at), theme.selected);
        canvas.cursor = cursor;
        if let Some(action) = self.found.get(self.at) {
            let words = match self.off(model, *action) {
                Some(why) => format!("{}. Not available: {why}.", action.entry().doc),
                None => format!("{}.", action.entry().doc),
            };
            let [_, below, _] = Layout::horizontal([
                Constraint::Length(3),
                Constraint::Fill(1),
                Constraint::Length(3),
            ])
            .areas(below);
            canvas.lines(below, &paragraph(&words, theme.text, below.width));
        }
    }
}

fn row<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    page: &FinderPage,
    at: usize,
    action: Action,
    columns: &Columns,
) -> Line<'a> {
    let theme = canvas.theme;
    let entry = action.entry();
    let keys = model.settings.keymap.keys(action);
    let keys: Vec<String> = keys.iter().map(|key| say(*key)).collect();
    let off = page.off(model, action);
    let style = if off.is_some() {
        theme.quiet
    } else {
        theme.text
    };
    let doc = off.unwrap_or_else(|| entry.doc.to_owned());
    let danger = if entry.danger {
        theme.glyphs.urgent
    } else {
        " "
    };
    let mut head = Line::from(theme.cursor(at == page.at));
    head.push_span(Span::styled(danger, theme.accent));
    let cells = [
        head,
        Line::styled(keys.join(" "), theme.accent),
        Line::styled(entry.title, style),
        Line::styled(doc, theme.quiet),
    ];
    columns.line(cells, &theme.glyphs)
}
