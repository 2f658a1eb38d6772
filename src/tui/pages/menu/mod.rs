//! A menu.

mod choices;
mod danger_menu;
mod item;

use ratatui::layout::{Constraint, Margin, Rect};
use ratatui::text::Line;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::key_hints;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Columns, Painter, Panel, width};
use item::MenuItem;

#[derive(Clone, Debug)]
pub struct MenuPage {
    title: String,
    pub items: Vec<MenuItem>,
    pub at: usize,
}

impl View for MenuPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        let (title, items) = match command {
            AppCommand::Perform(action) => match action {
                Action::Guides => choices::guides(cx),
                Action::CopyFormat => choices::formats(cx, cx.list.selected?),
                Action::Open => choices::places(cx, cx.selected_entry()?),
                Action::Danger => danger_menu::items(cx, cx.selected_entry()?),
                _ => return None,
            },
            AppCommand::OpenConsole(environment) => choices::console(cx, *environment)?,
            AppCommand::OpenHistory(identity) => choices::history(cx, *identity),
            _ => return None,
        };
        Some(Self {
            title,
            items,
            at: 0,
        })
    }

    fn context(&self) -> Context {
        Context::Menu
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (76, self.items.len() + 4)
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(item) = self.items.get(self.at).filter(|_| action == Action::Choose) else {
            return;
        };
        cx.then(item.then.clone());
        cx.close();
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        match self.items.get(self.at) {
            _ if action != Action::Choose => Ok(()),
            Some(MenuItem { off: None, .. }) => Ok(()),
            Some(MenuItem { off: Some(why), .. }) => Err(why.clone()),
            None => Err("nothing to choose".to_owned()),
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        Some((&mut self.at, self.items.len()))
    }

    /// A click chooses the entry.
    fn click(&mut self, cx: &mut Cx<'_>, target: &ClickTarget) {
        if let ClickTarget::Item(row) = target {
            self.at = *row;
            cx.then(AppCommand::Perform(Action::Choose));
        }
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let theme = painter.theme;
        let inner = painter.panel(
            area,
            Panel::overlay(&self.title).keys(key_hints::of(self, model)),
        );
        let gap = u16::from(inner.height > 2);
        let rows = inner.inner(Margin::new(0, gap));
        let longest = self.items.iter().map(|item| width(&item.title)).max();
        let title = Constraint::Length(longest.unwrap_or(0) + 2);
        let constraints = [title, Constraint::Fill(1), Constraint::Length(0)];
        let columns = Columns::new(rows.width, constraints, theme.glyphs);
        let shown = self.items.iter().enumerate().map(|(at, item)| {
            let style = match (&item.off, item.is_danger) {
                (Some(_), _) => theme.quiet,
                (None, true) => theme.strong,
                (None, false) => theme.text,
            };
            let note = item.off.as_ref().unwrap_or(&item.note);
            let title = Line::styled(format!(" {}", item.title), style);
            let note = Line::styled(note.as_str(), theme.quiet);
            columns.row(ClickTarget::Item(at), [title, note])
        });
        painter.table(rows, &columns, shown.collect(), Some(self.at));
    }
}
