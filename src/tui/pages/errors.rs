//! The errors page: newest first, with cause and next step of the selected one.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::View;
use crate::tui::action::{Action, Context};
use crate::tui::command::{Command, Cx};
use crate::tui::layout;
use crate::tui::message::Target;
use crate::tui::model::{ErrorEntry, Model};
use crate::tui::theme::Theme;
use crate::tui::widgets::{Canvas, hint_line, pad_right, problem, width};
use crate::tui::{explain, time};

#[derive(Clone, Debug, Default)]
pub struct ErrorsPage {
    /// Newest first.
    at: usize,
    /// The number of lines of the selected error that are scrolled out of view.
    scroll: usize,
}

impl ErrorsPage {
    /// Returns the first visible error, which leaves room for the details of the selected one.
    fn first(&self, height: u16) -> usize {
        self.at.saturating_sub(usize::from(height) / 4)
    }

    /// Returns the details of the selected error and their area.
    fn details<'a>(&self, model: &Model, inner: Rect) -> (Rect, Vec<Line<'a>>) {
        let above = self.at - self.first(inner.height) + 1;
        let above = u16::try_from(above).unwrap_or(u16::MAX);
        let [_, below] =
            Layout::vertical([Constraint::Length(above), Constraint::Fill(1)]).areas(inner);
        let [_, below, _] = Layout::horizontal([
            Constraint::Length(8),
            Constraint::Fill(1),
            Constraint::Length(2),
        ])
        .areas(below);
        let Some(entry) = model.errors.get(self.at) else {
            return (below, Vec::new());
        };
        let theme = &model.settings.theme;
        // Repeats the message if its line is too narrow.
        let lines = if width(&head(entry)) > inner.width.saturating_sub(11) {
            problem::lines(model, &entry.problem, below.width, theme)
        } else {
            problem::details(model, &entry.problem, below.width, theme)
        };
        (below, lines)
    }
}

fn head(entry: &ErrorEntry) -> String {
    format!("{}: {}", entry.about, entry.problem.message)
}

impl View for ErrorsPage {
    fn context(&self) -> Context {
        Context::Errors
    }

    fn size(&self, model: &Model) -> (u16, u16) {
        let errors = u16::try_from(model.errors.len()).unwrap_or(u16::MAX);
        (96, errors.saturating_add(10))
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Explain, Action::CopyReport, Action::Close]
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some(entry) = cx.errors.get(self.at) else {
            return;
        };
        let command = match action {
            Action::CopyReport => Command::CopyText("report", explain::report(entry)),
            Action::Explain => {
                let about = cx
                    .identities()
                    .find(|(_, identity)| cx.name_of(identity.id) == entry.about)
                    .map(|(_, identity)| identity.id);
                explain::error(cx, entry.about.clone(), &entry.problem, about)
            }
            _ => return,
        };
        cx.then(command);
    }

    fn close(&mut self, cx: &mut Cx<'_>) {
        for entry in &mut cx.errors {
            entry.read = true;
        }
        cx.close();
    }

    /// Scrolls through the details, then goes to the next error.
    fn step(&mut self, model: &Model, by: isize) {
        let (place, lines) = self.details(model, layout::inside(self.area(model)));
        let in_sight = self.scroll + usize::from(place.height);
        if by == 1 && lines.len() > in_sight {
            self.scroll += 1;
        } else if by == -1 && self.scroll > 0 {
            self.scroll -= 1;
        } else {
            self.scroll = 0;
            let last = model.errors.len().saturating_sub(1);
            self.at = self.at.saturating_add_signed(by).min(last);
        }
    }

    fn click(&mut self, _cx: &mut Cx<'_>, row: usize) {
        self.at = row;
        self.scroll = 0;
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme;
        let bottom = hint_line(
            &[("Enter", "explain"), ("y", "copy report"), ("Esc", "close")],
            theme,
        );
        let inner = canvas.overlay(area, "Errors", Line::default(), bottom);
        if model.errors.is_empty() {
            canvas.line(inner, 1, &Line::styled("  No errors", theme.quiet));
        }
        let (place, details) = self.details(model, inner);
        let rest = details.get(self.scroll..).unwrap_or_default();
        let mut row = 0;
        let shown = model.errors.iter().enumerate();
        for (at, entry) in shown.skip(self.first(inner.height)) {
            let selected = at == self.at;
            let line = entry_line(model, entry, selected, theme);
            let spot = Rect {
                y: inner.y + row,
                height: 1,
                ..inner
            }
            .intersection(inner);
            if selected {
                canvas.fill(spot, theme.selected);
                canvas.cursor(spot, 0, 0);
            }
            canvas.line(pad_right(spot), 0, &line);
            canvas.hits.add(spot, Target::Item(at));
            row += 1;
            if selected {
                canvas.lines(place, rest);
                row += u16::try_from(rest.len())
                    .unwrap_or(u16::MAX)
                    .min(inner.height);
            }
            if row >= inner.height {
                break;
            }
        }
        let hidden = rest.len().saturating_sub(usize::from(place.height));
        canvas.more(self.scroll, hidden);
    }
}

fn entry_line<'a>(model: &Model, entry: &ErrorEntry, selected: bool, theme: &Theme) -> Line<'a> {
    let clock = time::clock(entry.at, &model.settings.zone);
    let style = if entry.read { theme.quiet } else { theme.over };
    Line::from(vec![
        theme.cursor(selected),
        Span::styled(format!("{clock}  "), theme.quiet),
        Span::styled(format!("{} ", theme.glyphs.over), style),
        Span::raw(head(entry)),
    ])
}
