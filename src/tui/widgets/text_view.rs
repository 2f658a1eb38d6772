//! Scrollable and searchable text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::painter::{Painter, scrolled};
use crate::tui::model::Model;
use crate::tui::theme::{Theme, Tone};

#[derive(Clone, Debug, Default)]
pub struct TextView {
    pub lines: Vec<String>,
    /// The first visible line.
    pub scroll: usize,
    searched: String,
    /// The matching lines.
    found: Vec<usize>,
    /// The current match.
    at: usize,
}

impl TextView {
    pub fn new(lines: Vec<String>) -> Self {
        Self {
            lines,
            ..Self::default()
        }
    }

    pub fn searched(&self) -> &str {
        &self.searched
    }

    /// Goes to the first match. Returns the number of matching lines.
    pub fn search(&mut self, text: &str) -> usize {
        let wanted = text.to_lowercase();
        let lines = self.lines.iter().enumerate();
        self.found = lines
            .filter(|(_, line)| !wanted.is_empty() && line.to_lowercase().contains(&wanted))
            .map(|(at, _)| at)
            .collect();
        text.clone_into(&mut self.searched);
        self.at = 0;
        self.scroll = self.found_line().unwrap_or(self.scroll);
        self.found.len()
    }

    /// Like [`TextView::search`], and tells the user if nothing matches.
    pub fn search_for(&mut self, model: &mut Model, text: &str) {
        if self.search(text) == 0 && !text.is_empty() {
            model.say(Tone::Note, "no matches");
        }
    }

    /// Goes to the next or previous match, and wraps around.
    pub fn next_match(&mut self, forward: bool) {
        let count = self.found.len();
        if count > 0 {
            self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
            self.scroll = self.found_line().unwrap_or(self.scroll);
        }
    }

    fn found_line(&self) -> Option<usize> {
        self.found.get(self.at).copied()
    }

    pub fn scroll_by(&mut self, by: isize, area: Rect) {
        self.scroll = scrolled(self.scroll, by, self.lines.len(), area);
    }

    /// Formats the search and its position: ` /text 1 of 3`.
    pub fn search_words(&self) -> String {
        if self.searched.is_empty() {
            return String::new();
        }
        let count = self.found.len();
        let at = if count == 0 { 0 } else { self.at + 1 };
        format!(" /{} {at} of {count}", self.searched)
    }
}

/// Draws the lines from `scroll` on, wrapped. Matches of the search are highlighted, and a line that starts with `# ` is a
/// heading.
pub struct Viewer<'a> {
    pub view: &'a TextView,
    pub theme: &'a Theme,
}

impl Widget for Viewer<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let (view, theme) = (self.view, self.theme);
        let shown = view.lines.iter().enumerate().skip(view.scroll);
        let lines = shown.take(area.height.into()).map(|(at, text)| {
            if let Some(heading) = text.strip_prefix("# ") {
                return Line::styled(heading, theme.accent);
            }
            let is_current = view.found_line() == Some(at);
            let style = if is_current {
                theme.found
            } else {
                theme.accent
            };
            marked(text, &view.searched, style)
        });
        let text: Text<'_> = lines.collect();
        Paragraph::new(text)
            .wrap(Wrap { trim: false })
            .render(area, buffer);
    }
}

impl Painter<'_> {
    pub fn text(&mut self, view: &TextView, area: Rect) {
        let theme = self.theme;
        self.render(Viewer { view, theme }, area);
        self.scrollbar(area, view.scroll, view.lines.len());
    }
}

/// Formats JSON with indentation; other text is unchanged.
pub fn readable(body: &str, cut: bool) -> Vec<String> {
    let pretty = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = pretty.as_deref().unwrap_or(body);
    // `clean` may trim, so the indentation is kept separately.
    let clean_line = |line: &str| {
        let text = line.trim_start_matches(' ');
        let indent = (line.len() - text.len()).min(200);
        let text = aemkeys_core::credential::text::clean(text, 2000);
        format!("{:indent$}{text}", "")
    };
    let mut lines: Vec<String> = text.lines().map(clean_line).collect();
    if cut {
        lines.push("(truncated: the response is longer)".to_owned());
    }
    lines
}

fn marked<'a>(text: &'a str, wanted: &str, style: Style) -> Line<'a> {
    let (folded, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    // No highlight if lower case changes the byte length, because the offsets would not match.
    if wanted.is_empty() || folded.len() != text.len() {
        return Line::raw(text);
    }
    let mut spans = Vec::new();
    let mut rest = 0;
    for (at, found) in folded.match_indices(&wanted) {
        let end = at + found.len();
        if text.is_char_boundary(at) && text.is_char_boundary(end) {
            spans.push(Span::raw(&text[rest..at]));
            spans.push(Span::styled(&text[at..end], style));
            rest = end;
        }
    }
    spans.push(Span::raw(&text[rest..]));
    Line::from(spans)
}
