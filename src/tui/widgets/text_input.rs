//! An editable line of text, such as a filter, path or field. Never a secret.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::{StatefulWidget, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_truncate::UnicodeTruncateStr;

use crate::tui::keymap::KeyPress;
use crate::tui::theme::Theme;
use crossterm::event::{KeyCode, KeyModifiers};

/// The maximum length of a text that is not typed, such as several paths.
const MAX_REPLACED: usize = 4096;
/// The maximum length of a text.
const MAX_CHARS: usize = 500;

/// A line with a cursor, which is a byte offset on a grapheme boundary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextInput {
    text: String,
    cursor: usize,
    /// The text before the user changed it.
    initial: String,
}

impl TextInput {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            cursor: text.len(),
            initial: text.clone(),
            text,
        }
    }

    /// Replaces the text, as if the user had typed it.
    pub fn replace(&mut self, text: &str) {
        self.text = aemkeys_core::credential::text::clean(text, MAX_REPLACED);
        self.cursor = self.text.len();
    }

    /// Returns whether the text differs from the initial one, spaces at its ends aside.
    pub fn is_changed(&self) -> bool {
        self.text.trim() != self.initial.trim()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the part around the cursor that fits into `room` columns, and the column of the cursor in it.
    pub(super) fn window(&self, room: u16) -> (&str, u16) {
        let room = usize::from(room);
        let before = &self.text[..self.cursor];
        let (kept, column) = before.unicode_truncate_start(room.saturating_sub(1));
        let from = self.cursor - kept.len();
        let (shown, _) = self.text[from..].unicode_truncate(room);
        (shown, u16::try_from(column).unwrap_or(u16::MAX))
    }

    pub fn insert(&mut self, text: &str) {
        let room = MAX_CHARS.saturating_sub(self.text.chars().count());
        let clean = aemkeys_core::credential::text::clean(text, room.max(1));
        if room == 0 || clean.is_empty() {
            return;
        }
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
        self.settle();
    }

    pub fn insert_char(&mut self, letter: char) {
        if self.text.chars().count() >= MAX_CHARS {
            return;
        }
        // A combining mark needs a base character, with a limited number of marks.
        let before = &self.text[..self.cursor];
        let clean = aemkeys_core::credential::text::clean(&format!("{before}{letter}"), MAX_CHARS);
        let Some(typed) = clean.strip_prefix(before) else {
            return;
        };
        self.text.insert_str(self.cursor, typed);
        self.cursor += typed.len();
        self.settle();
    }

    /// Moves the cursor to a grapheme boundary, because an inserted mark may join the previous character.
    fn settle(&mut self) {
        let boundary = self
            .text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .chain([self.text.len()])
            .find(|at| *at >= self.cursor);
        self.cursor = boundary.unwrap_or(self.text.len());
    }

    fn before(&self) -> usize {
        self.text[..self.cursor]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |grapheme| self.cursor + grapheme.len())
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        })
    }

    /// Handles an editing key. Returns false for other keys.
    pub fn edit(&mut self, key: KeyPress) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Backspace if !control => {
                let from = self.before();
                self.text.replace_range(from..self.cursor, "");
                self.cursor = from;
                self.settle();
            }
            KeyCode::Backspace | KeyCode::Char('w') if control => {
                let from = self.word_before();
                self.text.replace_range(from..self.cursor, "");
                self.cursor = from;
                self.settle();
            }
            KeyCode::Char('u') if control => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            KeyCode::Delete => {
                let to = self.after();
                self.text.replace_range(self.cursor..to, "");
                self.settle();
            }
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }
}

/// Draws the text that is being typed on a line.
pub struct InputWidget<'a> {
    pub input: &'a TextInput,
    pub theme: &'a Theme,
}

/// The state is the column of the cursor.
impl StatefulWidget for InputWidget<'_> {
    type State = u16;

    fn render(self, area: Rect, buffer: &mut Buffer, column: &mut u16) {
        let (shown, cursor) = self.input.window(area.width);
        buffer.set_style(area, typing_line(self.theme, true));
        Span::styled(shown, self.theme.strong).render(area, buffer);
        *column = cursor;
    }
}

/// The style of the place for a text: a line shows where to type.
pub fn typing_line(theme: &Theme, is_focused: bool) -> Style {
    let style = if is_focused {
        theme.border_focused
    } else {
        theme.border
    };
    style.add_modifier(Modifier::UNDERLINED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::width;

    fn press(line: &mut TextInput, code: KeyCode) {
        assert!(line.edit(KeyPress::plain(code)));
    }

    #[test]
    fn edits_by_grapheme() {
        let mut line = TextInput::new("aé👩‍💻");
        press(&mut line, KeyCode::Backspace);
        assert_eq!(line.text(), "aé");
        press(&mut line, KeyCode::Left);
        press(&mut line, KeyCode::Left);
        line.insert_char('x');
        assert_eq!(line.text(), "xaé");
        press(&mut line, KeyCode::Delete);
        assert_eq!(line.text(), "xé");
    }

    #[test]
    fn pasted_control_characters_do_not_get_in() {
        let mut line = TextInput::default();
        line.insert("a\u{1b}[31mb\nc");
        assert!(
            !line.text().chars().any(char::is_control),
            "{:?}",
            line.text()
        );
    }

    #[test]
    fn deletes_a_word() {
        let mut line = TextInput::new("customer:we retail");
        line.edit(KeyPress {
            code: KeyCode::Char('w'),
            modifiers: KeyModifiers::CONTROL,
        });
        assert_eq!(line.text(), "customer:we ");
    }

    #[test]
    fn a_long_text_is_shown_around_the_cursor() {
        let window = |text: &str, cursor, room| {
            let text = text.to_owned();
            let input = TextInput {
                text,
                cursor,
                ..TextInput::default()
            };
            let (shown, column) = input.window(room);
            (shown.to_owned(), column)
        };
        assert_eq!(window("abcdef", 6, 4), ("def".to_owned(), 3));
        assert_eq!(window("abcdef", 0, 4), ("abcd".to_owned(), 0));
        assert_eq!(window("abc", 3, 10), ("abc".to_owned(), 3));
        for cursor in (0..=18).step_by(3) {
            for room in 0..8 {
                let (shown, column) = window("日本語日本語", cursor, room);
                assert!(column < room.max(1), "{cursor} {room} {column}");
                assert!(width(&shown) <= room, "{cursor} {room} {shown}");
            }
        }
    }
}
