//! Items of one or more lines, of which one is selected.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{StatefulWidget, Widget};

use super::lines::Lines;
use crate::tui::theme::Theme;

/// Lines, some of which belong to items. Unlike a ratatui `List`, it shows the part of an item that there is room for.
pub struct ChoiceList<'a> {
    lines: Vec<Line<'a>>,
    /// The item that each line belongs to.
    items: Vec<Option<usize>>,
    selected: usize,
    theme: &'a Theme,
}

/// What is in sight.
#[derive(Default)]
pub struct Visible {
    /// The first line in sight.
    pub first: usize,
    /// All lines.
    pub total: usize,
    pub items: Vec<(usize, Rect)>,
    pub selected: Option<Rect>,
}

impl<'a> ChoiceList<'a> {
    pub fn new(selected: usize, theme: &'a Theme) -> Self {
        Self {
            lines: Vec::new(),
            items: Vec::new(),
            selected,
            theme,
        }
    }

    pub fn item(&mut self, item: usize, lines: Vec<Line<'a>>) {
        self.push(Some(item), lines);
    }

    /// Lines between the items.
    pub fn text(&mut self, lines: Vec<Line<'a>>) {
        self.push(None, lines);
    }

    fn push(&mut self, item: Option<usize>, lines: Vec<Line<'a>>) {
        self.items.extend(lines.iter().map(|_| item));
        self.lines.extend(lines);
    }
}

impl StatefulWidget for ChoiceList<'_> {
    type State = Visible;

    /// The selected item is in sight; of one that is higher than the area, its first lines are.
    fn render(self, area: Rect, buffer: &mut Buffer, visible: &mut Visible) {
        let height = usize::from(area.height);
        let selected = Some(self.selected);
        let begin = self.items.iter().position(|item| *item == selected);
        let end = self.items.iter().rposition(|item| *item == selected);
        let first = match begin.zip(end) {
            Some((begin, end)) => begin.min((end + 1).saturating_sub(height)),
            None => 0,
        };
        let last = (first + height).min(self.lines.len());
        Lines::new(&self.lines[first..last], self.theme).render(area, buffer);
        (visible.first, visible.total) = (first, self.lines.len());
        for (row, item) in area.rows().zip(&self.items[first..last]) {
            let Some(item) = *item else { continue };
            match visible.items.last_mut() {
                Some((known, place)) if *known == item => *place = place.union(row),
                _ => visible.items.push((item, row)),
            }
        }
        let place = visible
            .items
            .iter()
            .find(|(item, _)| Some(*item) == selected);
        visible.selected = place.map(|(_, place)| *place);
    }
}
