//! Mouse clicks and the wheel, which do the same as the keys.

use super::Router;
use crate::tui::action::Action;
use crate::tui::message::ClickTarget;

impl Router<'_> {
    pub(super) fn click(&mut self, target: &ClickTarget) {
        if !self.app.settings.mouse {
            return;
        }
        match target {
            ClickTarget::Hint(action) => self.perform(*action),
            ClickTarget::Field(at) => self.focus(*at),
            ClickTarget::Outside => self.close(),
            target => self.top(|page, cx| page.click(cx, target)),
        }
    }

    /// Selects the row and lists what can be done with it.
    pub(super) fn open_row_menu(&mut self, target: &ClickTarget) {
        if let ClickTarget::Row(identity) = target
            && self.app.settings.mouse
            && self.app.pages.is_empty()
        {
            self.app.list.selected = Some(*identity);
            self.perform(Action::RowMenu);
        }
    }

    /// Presses the clicked button.
    fn focus(&mut self, at: usize) {
        if self.app.top().status().is_running() {
            return;
        }
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
    pub(super) fn scroll(&mut self, lines: i16, on: Option<&ClickTarget>) {
        if !self.app.settings.mouse {
            return;
        }
        self.top(|page, cx| page.scroll(cx, lines.into(), on));
    }
}
