//! A frame with its titles: of a pane, or of a page that lies over others.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Widget};

use super::text::{fit, width};
use crate::tui::theme::Theme;

/// Parts of a panel are left out where there is no room for them.
#[derive(Default)]
pub struct Panel<'a> {
    title: String,
    right: Line<'a>,
    keys: Line<'a>,
    is_focused: bool,
    is_overlay: bool,
    padding: Padding,
}

impl<'a> Panel<'a> {
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// A page that covers what is below it.
    pub fn overlay(title: impl Into<String>) -> Self {
        Self {
            is_focused: true,
            is_overlay: true,
            ..Self::new(title)
        }
    }

    /// An overlay with one free column on both sides.
    pub fn dialog(title: impl Into<String>) -> Self {
        Self::overlay(title).padded()
    }

    #[must_use]
    pub fn padded(self) -> Self {
        Self {
            padding: Padding::horizontal(1),
            ..self
        }
    }

    #[must_use]
    pub fn focused(self, is_focused: bool) -> Self {
        Self { is_focused, ..self }
    }

    #[must_use]
    pub fn right(self, right: Line<'a>) -> Self {
        Self { right, ..self }
    }

    /// The key hints in the lower edge.
    #[must_use]
    pub fn keys(self, keys: Line<'a>) -> Self {
        Self { keys, ..self }
    }

    /// The room inside.
    pub fn inner(&self, area: Rect) -> Rect {
        Block::bordered().padding(self.padding).inner(area)
    }

    pub fn render(self, area: Rect, theme: &Theme, buffer: &mut Buffer) {
        let style = if self.is_focused {
            theme.border_focused
        } else {
            theme.border
        };
        let mut block = Block::bordered()
            .border_set(theme.frame())
            .border_style(style);
        let title = fit(&self.title, area.width.saturating_sub(6), theme.glyphs);
        let free = usize::from(area.width.saturating_sub(width(&title) + 7));
        if !title.is_empty() {
            block = block.title_top(spaced(Line::styled(title, theme.strong)));
        }
        if self.right.width() > 0 && self.right.width() <= free {
            block = block.title_top(spaced(self.right).right_aligned());
        }
        let keys = spaced(self.keys);
        if keys.width() > 2 && keys.width() + 4 <= usize::from(area.width) {
            let mut corner = Line::styled(theme.glyphs.horizontal, style);
            corner.extend(keys.spans);
            block = block.title_bottom(corner);
        }
        if self.is_overlay {
            Clear.render(area, buffer);
        }
        block.render(area, buffer);
    }
}

/// With a space on both sides.
fn spaced(line: Line<'_>) -> Line<'_> {
    let mut spaced = Line::from(" ").style(line.style);
    spaced.extend(line.spans);
    spaced.push_span(Span::raw(" "));
    spaced
}
