//! Mouse clicks and the wheel, which do the same as the keys.

use super::Router;
use crate::tui::action::Action;
use crate::tui::message::Target;
use crate::tui::model::Pane;

impl Router<'_> {
    pub(super) fn click(&mut self, target: &Target) {
        if !self.app.settings.mouse {
            return;
        }
        match (target, self.app.pages.is_empty()) {
            (Target::Hint(action), _) => self.perform(*action),
            (Target::Row(identity), true) => {
                let again = self.app.list.selected == Some(*identity);
                self.app.pane = Pane::List;
                self.app.list.selected = Some(*identity);
                self.app.detail_scroll = 0;
                if again {
                    self.perform(Action::OpenDetail);
                }
            }
            (Target::List, true) => self.app.pane = Pane::List,
            (Target::Detail, true) => self.app.pane = Pane::Detail,
            (Target::Item(row), true) => self.app.doctor.at = *row,
            (Target::Field(at), false) => self.focus(*at),
            (Target::Item(row), false) => {
                self.top(|page, cx| page.click(cx, *row));
            }
            _ => {}
        }
    }

    /// Presses the clicked button.
    fn focus(&mut self, at: usize) {
        let form = self
            .app
            .pages
            .last_mut()
            .and_then(|page| page.view_mut().form());
        if let Some(form) = form {
            form.focus = at;
            if at >= form.fields.len() {
                self.on_page(Action::Submit);
            }
        }
    }

    /// Scrolls the area under the pointer, even if another one has the focus.
    pub(super) fn scroll(&mut self, lines: i16, on: Option<&Target>) {
        if !self.app.settings.mouse {
            return;
        }
        let by = isize::from(lines);
        if let Some(page) = self.app.pages.last_mut() {
            return page.view_mut().step(&self.app.model, by);
        }
        let pane = match on {
            Some(Target::Detail) => Pane::Detail,
            Some(Target::Row(_) | Target::List) => Pane::List,
            _ => self.app.pane,
        };
        self.step_tab(pane, by);
    }
}
