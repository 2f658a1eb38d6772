//! A menu.

mod choices;
mod copy_menu;
mod danger_menu;
mod item;

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use crate::tui::action::{Action, Context};
use crate::tui::command::{AppCommand, Cx};
use crate::tui::filter::contains_words;
use crate::tui::key_hints;
use crate::tui::keymap::KeyPress;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::widgets::{Columns, Painter, Panel, TextInput, width};
use item::MenuItem;

#[derive(Clone, Debug)]
pub struct MenuPage {
    title: String,
    pub items: Vec<MenuItem>,
    pub at: usize,
    /// Filters the items, in a long menu.
    search: Option<TextInput>,
}

impl MenuPage {
    fn shown(&self) -> impl Iterator<Item = &MenuItem> {
        let words = self.search.as_ref().map_or("", TextInput::text);
        let items = self.items.iter();
        items.filter(move |item| contains_words(&format!("{} {}", item.title, item.note), words))
    }
}

impl View for MenuPage {
    fn open(cx: &mut Cx<'_>, command: &AppCommand) -> Option<Self> {
        let is_searched = matches!(
            command,
            AppCommand::Perform(Action::CopyMenu) | AppCommand::OpenCopyMenu(..)
        );
        let (title, items) = match command {
            AppCommand::Perform(action) => match action {
                Action::Guides => choices::guides(cx),
                Action::CopyMenu => copy_menu::items(cx, Some(cx.list.selected?), &[]),
                Action::CopyFormat => choices::formats(cx, cx.list.selected?),
                Action::RowMenu => choices::actions(cx, cx.list.selected?),
                Action::Open => choices::places(cx, cx.selected_entry()?),
                Action::Danger => danger_menu::items(cx, cx.selected_entry()?),
                _ => return None,
            },
            AppCommand::OpenCopyMenu(identity, items) => copy_menu::items(cx, *identity, items),
            AppCommand::OpenConsole(environment) => choices::console(cx, *environment)?,
            AppCommand::OpenServe(identity) => choices::tiers(cx, *identity)?,
            AppCommand::OpenHistory(identity) => choices::history(cx, *identity),
            _ => return None,
        };
        let first = items.iter().position(|item| item.off.is_none());
        Some(Self {
            title,
            items,
            at: first.unwrap_or(0),
            search: is_searched.then(TextInput::default),
        })
    }

    fn context(&self) -> Context {
        match self.search {
            Some(_) => Context::Finder,
            None => Context::Menu,
        }
    }

    fn size(&self, _model: &Model) -> (u16, usize) {
        (76, self.items.len() + 4)
    }

    fn takes_text(&self) -> bool {
        self.search.is_some()
    }

    fn is_search(&self) -> bool {
        true
    }

    fn input<'a>(&'a mut self, _model: &'a mut Model) -> Option<&'a mut TextInput> {
        self.search.as_mut()
    }

    fn typed(&mut self, _model: &mut Model) {
        self.at = 0;
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let item = self.shown().nth(self.at);
        let Some(item) = item.filter(|_| action == Action::Choose) else {
            return;
        };
        cx.then(item.then.clone());
        cx.close();
    }

    fn allows(&self, _model: &Model, action: Action) -> Result<(), String> {
        match self.shown().nth(self.at) {
            _ if action != Action::Choose => Ok(()),
            Some(MenuItem { off: None, .. }) => Ok(()),
            Some(MenuItem { off: Some(why), .. }) => Err(why.clone()),
            None => Err("nothing to choose".to_owned()),
        }
    }

    fn cursor(&mut self, _model: &Model) -> Option<(&mut usize, usize)> {
        let count = self.shown().count();
        Some((&mut self.at, count))
    }

    /// An action of the list has its key there in this menu too.
    fn go_to_key(&mut self, model: &Model, key: KeyPress) -> bool {
        let action = model.settings.keymap.action(Context::List, key);
        let found = self
            .items
            .iter()
            .position(|item| matches!(item.then, AppCommand::Perform(of) if Some(of) == action));
        self.at = found.unwrap_or(self.at);
        found.is_some()
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
        // Gaps above and below, if all entries fit between them. What is typed has the one above.
        let gap = u16::from(usize::from(inner.height) >= self.items.len() + 2);
        let above = gap.max(u16::from(self.search.is_some() && inner.height > 1));
        let parts = [
            Constraint::Length(above),
            Constraint::Fill(1),
            Constraint::Length(gap),
        ];
        let [_, rows, _] = Layout::vertical(parts).areas(inner);
        if let Some(search) = &self.search {
            painter.input(inner, " / ", search);
        }
        let typing = painter.cursor.filter(|_| self.search.is_some());
        let longest = self.shown().map(|item| width(&item.title)).max();
        let title = Constraint::Length(longest.unwrap_or(0) + 2);
        let constraints = [title, Constraint::Fill(1), Constraint::Length(0)];
        let columns = Columns::new(rows.width, constraints, theme.glyphs);
        // The beginning and the end of a host or an account tell the most.
        let columns = match self.search {
            Some(_) => columns.with_names_in(1),
            None => columns,
        };
        let shown = self.shown().enumerate().map(|(at, item)| {
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
        painter.cursor = typing.or(painter.cursor);
    }
}
