//! Scrollable and searchable text.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::json;
use super::painter::Painter;
use crate::tui::action::Action;
use crate::tui::links::in_text;
use crate::tui::model::Model;
use crate::tui::theme::{Theme, Tone};
use aemkeys_core::credential::text::clean;

#[derive(Clone, Debug, Default)]
pub struct TextView {
    pub lines: Vec<String>,
    /// The first visible line.
    pub scroll: usize,
    /// The first line of the JSON at the end.
    json_from: Option<usize>,
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

    /// The text with a body below it. JSON is indented and coloured.
    #[must_use]
    pub fn with_body(mut self, body: &str, is_cut: bool) -> Self {
        let pretty = json::indented(body);
        self.json_from = pretty.is_some().then_some(self.lines.len());
        let text = pretty.as_deref().unwrap_or(body);
        // `clean` may trim, so the indentation is kept separately.
        self.lines.extend(text.lines().map(|line| {
            let text = line.trim_start_matches(' ');
            let indent = (line.len() - text.len()).min(200);
            format!("{:indent$}{}", "", clean(text, 2000))
        }));
        if is_cut {
            let note = "(truncated: the response is longer)";
            self.lines.push(note.to_owned());
        }
        self
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

    /// Removes the search. Returns false if there is none.
    pub fn end_search(&mut self) -> bool {
        let has_search = !self.searched.is_empty();
        self.search("");
        has_search
    }

    /// Like [`TextView::search`], and tells the user if nothing matches.
    pub fn search_for(&mut self, model: &mut Model, text: &str) {
        if self.search(text) == 0 && !text.is_empty() {
            model.say(Tone::Note, "no matches");
        }
    }

    /// Goes to the next or previous match, and wraps around.
    pub fn next_match(&mut self, action: Action) {
        let count = self.found.len();
        let by = match action {
            Action::NextMatch => 1,
            _ => count.saturating_sub(1),
        };
        self.at = (self.at + by).checked_rem(count).unwrap_or(0);
        self.scroll = self.found_line().unwrap_or(self.scroll);
    }

    /// Returns why an action of a text view is not available.
    pub fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        match action {
            Action::NextMatch | Action::PreviousMatch if self.searched.is_empty() => {
                let search = model.press(Action::Search);
                Err(format!("nothing searched: {search} to search"))
            }
            Action::NextMatch | Action::PreviousMatch if self.found.is_empty() => {
                Err("no matches".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn found_line(&self) -> Option<usize> {
        self.found.get(self.at).copied()
    }

    /// Scrolls until the last line is in sight.
    pub fn scroll_by(&mut self, by: isize, area: Rect) {
        let mut room = usize::from(area.height);
        let fitting = self.lines.iter().rev().take_while(|line| {
            let rest = room.checked_sub(rows_of(line, area.width));
            room = rest.unwrap_or(0);
            rest.is_some()
        });
        let last = self.lines.len() - fitting.count().max(1).min(self.lines.len());
        self.scroll = self.scroll.saturating_add_signed(by).min(last);
    }

    /// Returns the rows that the lines take, counted until they are more than `most`.
    pub fn rows(&self, columns: u16, most: usize) -> usize {
        let mut rows = 0;
        for line in &self.lines {
            rows += rows_of(line, columns);
            if rows > most {
                break;
            }
        }
        rows
    }

    /// Formats the search and its position: `/text 2/7`.
    pub fn search_words(&self) -> Option<String> {
        let count = self.found.len();
        let at = if count == 0 { 0 } else { self.at + 1 };
        (!self.searched.is_empty()).then(|| format!("/{} {at}/{count}", self.searched))
    }
}

/// Draws the lines from `scroll` on, wrapped. Matches of the search are highlighted, and a line that starts with `# ` is a
/// heading.
struct TextWidget<'a> {
    view: &'a TextView,
    theme: &'a Theme,
}

impl Widget for TextWidget<'_> {
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
            let has_json = view.json_from.is_some_and(|from| at >= from);
            let parts = if has_json {
                json::coloured(text, theme)
            } else {
                let mark = |(range, link)| (range, theme.links.mark(theme.text, Some(link)));
                in_text(text).map(mark).collect()
            };
            styled(text, parts, &matches_in(text, &view.searched), style)
        });
        let text: Text<'_> = lines.collect();
        wrapped(text).render(area, buffer);
    }
}

impl Painter<'_> {
    pub fn text(&mut self, view: &TextView, area: Rect) {
        let theme = self.theme;
        self.render(TextWidget { view, theme }, area);
        let rows = view.rows(area.width, area.height.into());
        self.scrollbar(area, view.scroll, view.lines.len().max(rows));
    }
}

fn rows_of(line: &str, columns: u16) -> usize {
    wrapped(Text::from(line)).line_count(columns)
}

fn wrapped(text: Text<'_>) -> Paragraph<'_> {
    Paragraph::new(text).wrap(Wrap { trim: false })
}

/// Returns where the text contains the words, in lower or upper case.
fn matches_in(text: &str, wanted: &str) -> Vec<Range<usize>> {
    let (folded, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    // No highlight if lower case changes the byte length, because the offsets would not match.
    if wanted.is_empty() || folded.len() != text.len() {
        return Vec::new();
    }
    let found = folded.match_indices(&wanted);
    found
        .map(|(at, found)| at..at + found.len())
        .filter(|range| text.get(range.clone()).is_some())
        .collect()
}

/// Returns the text with the styles of its parts, and that of the matches instead of theirs.
fn styled<'a>(
    text: &'a str,
    parts: Vec<(Range<usize>, Style)>,
    matches: &[Range<usize>],
    found: Style,
) -> Line<'a> {
    let ranges = parts.iter().map(|(range, _)| range).chain(matches);
    let mut ends: Vec<usize> = ranges.flat_map(|range| [range.start, range.end]).collect();
    ends.extend([0, text.len()]);
    ends.sort_unstable();
    ends.dedup();
    let spans = ends.windows(2).map(|pair| {
        let part = parts.iter().find(|(range, _)| range.contains(&pair[0]));
        let style = if matches.iter().any(|range| range.contains(&pair[0])) {
            found
        } else {
            part.map_or_else(Style::new, |(_, style)| *style)
        };
        Span::styled(&text[pair[0]..pair[1]], style)
    });
    spans.collect()
}
