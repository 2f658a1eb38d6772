//! The page on top as lines of text, with a number for everything that can be clicked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::frame::line_text;
use crate::tui::layout::HitMap;
use crate::tui::message::ClickTarget;
use crate::tui::theme::GlyphSet;
use crate::tui::view;
use aemkeys_core::credential::validity::Urgency;

/// Wide enough for most sentences; longer ones wrap. Pages that are wider stand in two columns, which cannot be read as lines.
const WIDTH: u16 = 170;
/// The size of the model.
pub const SIZE: (u16, u16) = (WIDTH, HEIGHTS.0);
/// The height to begin with, and the greatest one.
const HEIGHTS: (u16, u16) = (200, 6400);

/// A page in words.
#[derive(Debug, Default)]
pub struct Reading {
    pub lines: Vec<String>,
    /// What each number chooses; the first is 1.
    pub choices: Vec<ClickTarget>,
    /// The text of each choice.
    names: Vec<String>,
}

impl Reading {
    /// Reads the page on top.
    pub fn of(app: &App) -> Self {
        let mut height = HEIGHTS.0;
        loop {
            let area = Rect::new(0, 0, WIDTH, height);
            let mut buffer = Buffer::empty(area);
            let hits = view::draw_top(app, &app.settings.theme, &mut buffer);
            let lines: Vec<String> = area.rows().map(|row| line_text(&buffer, row)).collect();
            // Some pages draw their buttons at the bottom: there is room only if lines are free.
            let free = lines.iter().filter(|line| line.trim().is_empty()).count();
            if height < HEIGHTS.1 && free < lines.len() / 8 {
                height = height.saturating_mul(2);
                continue;
            }
            return Self::of_buffer(&buffer, &hits);
        }
    }

    fn of_buffer(buffer: &Buffer, hits: &HitMap) -> Self {
        let mut reading = Self::default();
        let choices: Vec<&(Rect, ClickTarget)> =
            hits.targets().filter(|(_, it)| is_choice(it)).collect();
        for row in buffer.area.rows() {
            for (target, part) in parts(row, &choices) {
                let text = line_text(buffer, part);
                match target {
                    Some(target) => reading.choice(target, &text),
                    // A gap between two choices is no line.
                    None if part == row || !text.trim().is_empty() => reading.text(&text),
                    None => {}
                }
            }
        }
        while reading.lines.last().is_some_and(String::is_empty) {
            reading.lines.pop();
        }
        reading
    }

    /// Returns the choice with this text, or the only one whose text begins so.
    pub fn named(&self, text: &str) -> Option<&ClickTarget> {
        let text = text.to_lowercase();
        let all = || self.names.iter().zip(&self.choices);
        let mut begun = all().filter(|(name, _)| name.starts_with(&text));
        let only = begun.next().filter(|_| begun.next().is_none());
        let exact = all().find(|(name, _)| **name == text);
        exact.or(only).map(|(_, target)| target)
    }

    fn text(&mut self, text: &str) {
        let mut text = polished(text, ", ");
        // A numbered step is no choice.
        if let Some((number, step)) = text.split_once(", ")
            && number.parse::<u8>().is_ok()
        {
            text = format!("Step {number}: {step}");
        }
        // One empty line is enough, and none at the beginning.
        if !text.is_empty() || self.lines.last().is_some_and(|last| !last.is_empty()) {
            self.lines.push(text);
        }
    }

    fn choice(&mut self, target: &ClickTarget, text: &str) {
        let is_field = matches!(target, ClickTarget::Field(_));
        let mut text = polished(text, if is_field { ": " } else { ", " });
        if let Some(button) = text.strip_prefix("[ ").and_then(|it| it.strip_suffix(" ]")) {
            text = String::from(button.trim());
        } else if is_field && !text.contains(": ") {
            text.push_str(": empty");
        }
        if text.is_empty() {
            return;
        }
        // A text that wraps is one choice.
        if self.choices.last() == Some(target) {
            return self.lines.push(text);
        }
        self.choices.push(target.clone());
        let g = GlyphSet::Words.glyphs();
        let boxes = [g.done, g.to_do, g.locked, g.ticked, g.unticked];
        let name = boxes.iter().find_map(|it| text.strip_prefix(it));
        self.names.push(name.unwrap_or(&text).trim().to_lowercase());
        self.lines.push(format!("{}. {text}", self.choices.len()));
    }
}

/// Returns the parts of a row, each with what a click on it means. Later targets are on top.
fn parts<'a>(row: Rect, all: &[&'a (Rect, ClickTarget)]) -> Vec<(Option<&'a ClickTarget>, Rect)> {
    let targets = all.iter().filter(|(place, _)| place.intersects(row));
    let targets: Vec<_> = targets.collect();
    if targets.is_empty() {
        return vec![(None, row)];
    }
    let mut parts: Vec<(Option<&ClickTarget>, Rect)> = Vec::new();
    for cell in row.columns() {
        let on = targets
            .iter()
            .rev()
            .find(|it| it.0.contains(cell.as_position()));
        let on = on.map(|it| &it.1);
        match parts.last_mut() {
            Some((known, part)) if *known == on => *part = part.union(cell),
            _ => parts.push((on, cell)),
        }
    }
    parts
}

/// Areas that only receive the wheel or close a page are no choices: `back` closes it.
fn is_choice(target: &ClickTarget) -> bool {
    match target {
        ClickTarget::Row(_)
        | ClickTarget::Group(_)
        | ClickTarget::SortBy(_)
        | ClickTarget::Hint(_)
        | ClickTarget::Field(_)
        | ClickTarget::Item(_) => true,
        ClickTarget::List | ClickTarget::Detail | ClickTarget::Overlay | ClickTarget::Outside => {
            false
        }
    }
}

/// Replaces the first gap between columns by `gap`, and the others by commas. The word of a state is said once.
fn polished(text: &str, gap: &str) -> String {
    let columns = text.trim().split("  ").map(str::trim);
    let mut polished = String::new();
    for column in columns.filter(|column| !column.is_empty()) {
        match polished.chars().last() {
            None => {}
            Some(',' | ':' | ';' | '.' | '(' | '[') => polished.push(' '),
            Some(_) if polished.contains(gap) => polished.push_str(", "),
            Some(_) => polished.push_str(gap),
        }
        polished.push_str(column);
    }
    let polished = polished.replace(" ,", ",").replace(",,", ",");
    let mut polished = polished.trim_start_matches([',', ' ']).to_owned();
    for state in Urgency::ALL {
        let word = GlyphSet::Words.glyphs().state(state);
        let bare = word.trim_end_matches(',');
        polished = polished.replace(&format!("{word} {bare}"), bare);
        if polished.ends_with(word) {
            polished.pop();
        }
    }
    polished
}
