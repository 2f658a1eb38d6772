//! A frame with its titles: of a pane, or of a page that lies over others.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Widget};

use super::text::{cut, fit, fit_words, hint, width};
use super::text_input::TextInput;
use crate::tui::key_hints::KeyHint;
use crate::tui::layout::page_width;
use crate::tui::theme::Theme;

/// The columns that a long title keeps.
const LEAST_TITLE: u16 = 12;
/// The smallest width for the text on the right.
const LEAST_RIGHT: u16 = 5;

/// The text of a filter, the text that follows it, and whether the user is typing it.
pub struct PanelFilter<'a> {
    pub input: &'a TextInput,
    pub note: String,
    pub is_typing: bool,
}

impl<'a> PanelFilter<'a> {
    /// The filter, if it is being typed or has text, with the number of matches.
    pub fn of(input: &'a TextInput, is_typing: bool, matches: usize) -> Option<Self> {
        let is_shown = is_typing || !input.is_empty();
        is_shown.then(|| Self {
            input,
            note: format!(" {matches}"),
            is_typing,
        })
    }
}

impl PanelFilter<'_> {
    /// The width of all of it, with what separates it from the title.
    fn columns(&self) -> u16 {
        width(self.input.text()) + width(&self.note) + 4
    }
}

/// Parts of a panel are left out where there is no room for them.
#[derive(Default)]
pub struct Panel<'a> {
    title: String,
    /// The title beside a filter that leaves no room for the whole one.
    short: Option<String>,
    right: Line<'a>,
    filter: Option<PanelFilter<'a>>,
    keys: Vec<KeyHint>,
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
    pub fn short(self, title: String) -> Self {
        let short = Some(title);
        Self { short, ..self }
    }

    #[must_use]
    pub fn right(self, right: Line<'a>) -> Self {
        Self { right, ..self }
    }

    /// A filter in the upper edge.
    #[must_use]
    pub fn filter(self, filter: PanelFilter<'a>) -> Self {
        let filter = Some(filter);
        Self { filter, ..self }
    }

    /// The key hints in the lower edge.
    #[must_use]
    pub fn keys(self, keys: Vec<KeyHint>) -> Self {
        Self { keys, ..self }
    }

    /// The room inside.
    pub fn inner(&self, area: Rect) -> Rect {
        Block::bordered().padding(self.padding).inner(area)
    }

    /// Returns the place for the cursor, while a filter is being typed.
    pub fn render(mut self, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
        if theme.glyphs.is_words {
            self.heading().render(area, buffer);
            return None;
        }
        let style = if self.is_focused {
            theme.border_focused
        } else {
            theme.border
        };
        let mut block = Block::bordered()
            .border_set(theme.frame())
            .border_style(style);
        // The title is shortened in favour of the text on the right, but never removed.
        let room = area.width.saturating_sub(6);
        let right = u16::try_from(self.right.width()).unwrap_or(u16::MAX);
        let beside = room
            .saturating_sub(right.saturating_add(1))
            .max(LEAST_TITLE);
        let wanted = if right > 0 { beside.min(room) } else { room };
        let filter = self.filter.as_ref().map_or(0, PanelFilter::columns);
        let title = match self.short {
            Some(short) if width(&self.title) + filter.max(right) > room => short,
            _ => self.title,
        };
        let title = fit_words(&title, wanted, theme.glyphs);
        let free = area.width.saturating_sub(width(&title) + 7);
        if !title.is_empty() {
            block = block.title_top(spaced(Line::styled(title, theme.strong)));
        }
        let mut cursor = None;
        if let Some(PanelFilter {
            input,
            note,
            is_typing,
        }) = self.filter
        {
            let room = free.saturating_sub(1 + width(&note)).max(8);
            let (text, column) = input.window(room);
            let from_end = width(&note) + width(text) + 2;
            let x = area.right().saturating_sub(from_end) + column;
            cursor = is_typing.then_some(Position::new(x, area.y));
            self.right = Line::from(vec![
                Span::styled("/", theme.accent),
                Span::styled(text, theme.strong),
                Span::styled(note, theme.quiet),
            ]);
        }
        if self.right.width() > 0 && free >= LEAST_RIGHT {
            let right = cut(self.right, free, theme.glyphs, fit);
            block = block.title_top(spaced(right).right_aligned());
        }
        let mut keys = Line::default();
        for (at, KeyHint { key, words, .. }) in self.keys.into_iter().enumerate() {
            keys.extend((at > 0).then_some(Span::raw("  ")));
            keys.extend(hint(key, words, theme));
        }
        let keys = spaced(keys);
        if keys.width() > 2 && keys.width() + 4 <= usize::from(area.width) {
            let mut corner = Line::styled(theme.glyphs.horizontal, style);
            corner.extend(keys.spans);
            block = block.title_bottom(corner);
        }
        if self.is_overlay {
            Clear.render(area, buffer);
        }
        block.render(area, buffer);
        cursor
    }
}

impl<'a> Panel<'a> {
    /// The titles alone, where no frame is drawn.
    fn heading(self) -> Line<'a> {
        let mut heading = Line::from(self.title);
        if let Some(PanelFilter { input, note, .. }) = self.filter {
            heading.push_span(Span::raw(format!(", filter {}{note}", input.text())));
        } else if self.right.width() > 0 {
            heading.push_span(Span::raw(", "));
            heading.extend(self.right.spans);
        }
        heading
    }
}

/// The columns for text in a dialog that needs `wanted` columns, on a screen.
pub fn dialog_columns(wanted: u16, screen: u16) -> u16 {
    let area = Rect::new(0, 0, page_width(wanted, screen), 3);
    Panel::dialog("").inner(area).width.max(1)
}

/// With a space on both sides.
fn spaced(line: Line<'_>) -> Line<'_> {
    let mut spaced = Line::from(" ").style(line.style);
    spaced.extend(line.spans);
    spaced.push_span(Span::raw(" "));
    spaced
}
