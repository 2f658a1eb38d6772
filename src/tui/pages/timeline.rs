//! The timeline page: expiry dates over the months, most urgent first; as text on a narrow screen.

use std::collections::HashSet;

use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};
use uuid::Uuid;

use crate::app::timeline::{Piece, Section, Timeline, TimelineLine, TimelineRow, Zoom};
use crate::tui::action::Action;
use crate::tui::command::{AppCommand, Cx};
use crate::tui::layout;
use crate::tui::message::ClickTarget;
use crate::tui::model::Model;
use crate::tui::page::View;
use crate::tui::theme::{Glyphs, Theme};
use crate::tui::widgets::{Columns, Painter, Panel, PanelFilter, width};
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::time;

/// The minimum width for bars; narrower screens show text.
const BARS_FROM: u16 = 60;
/// The width of the cursor, the glyph and the gaps around a name.
const AROUND_NAME: u16 = 5;

/// The width beside a name without bars: of what is around it, and of words such as `expires in 364 days`.
const BESIDE_NAME: u16 = 24;

/// The areas of the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelineAreas {
    /// The axis with months or weeks and today; empty without bars.
    pub head: Rect,
    pub rows: Rect,
    /// The details of the selected row.
    pub detail: Rect,
    /// The width of the names.
    pub names: u16,
}

impl TimelineAreas {
    fn draws_bars(&self) -> bool {
        !self.head.is_empty()
    }

    /// The columns: cursor, names, gap, bars.
    fn columns<'t>(&self, glyphs: &'t Glyphs) -> Columns<'t> {
        let bars = Constraint::Length(self.bars(self.rows).width);
        Columns::new(self.rows.width, [Constraint::Fill(1), bars], glyphs).with_names_in(0)
    }

    /// The area of the bars, to the right of the names.
    fn bars(&self, area: Rect) -> Rect {
        let names = [
            Constraint::Length(AROUND_NAME),
            Constraint::Max(self.names),
            Constraint::Fill(1),
        ];
        let [_, _, bars] = Layout::horizontal(names).areas(area);
        bars
    }
}

/// The areas of a whole timeline with this many lines.
pub fn whole_areas(model: &Model, lines: usize) -> TimelineAreas {
    let rows = Constraint::Length(u16::try_from(lines).unwrap_or(u16::MAX));
    let area = Rect::new(0, 0, model.columns, u16::MAX);
    areas_in(area, longest_name(model), rows, 0)
}

fn longest_name(model: &Model) -> u16 {
    let names = model.list.matching_rows().map(|row| width(&row.name));
    names.max().unwrap_or(0)
}

fn areas_in(area: Rect, longest: u16, rows: Constraint, detail: u16) -> TimelineAreas {
    let has_bars = area.width >= BARS_FROM;
    // Beside bars a third of the width, else what the words leave.
    let (names, rest) = if has_bars {
        (Constraint::Ratio(1, 3), Constraint::Fill(1))
    } else {
        (Constraint::Fill(1), Constraint::Length(BESIDE_NAME))
    };
    let [most, _] = Layout::horizontal([names, rest]).areas(area);
    let [head, rows, detail] = Layout::vertical([
        Constraint::Length(if has_bars { 2 } else { 0 }),
        rows,
        Constraint::Length(detail),
    ])
    .areas(area);
    TimelineAreas {
        head,
        rows,
        detail,
        names: longest.clamp(8, most.width.clamp(8, 40)),
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct TimelinePage {
    zoom: Zoom,
    /// The first visible line.
    first: usize,
    /// Whether the filter is being typed.
    filtering: bool,
}

impl TimelinePage {
    fn areas(self, model: &Model) -> TimelineAreas {
        let area = layout::inside(self.area(model));
        // The rule, the selected identity, and two or three lines of details.
        let detail = match area.height {
            0..12 => 0,
            12..16 => 4,
            _ => 5,
        };
        areas_in(area, longest_name(model), Constraint::Fill(1), detail)
    }
}

impl View for TimelinePage {
    fn area(&self, model: &Model) -> Rect {
        layout::areas(model).body
    }

    fn allows(&self, model: &Model, action: Action) -> Result<(), String> {
        let zooms = matches!(action, Action::ZoomIn | Action::ZoomOut);
        if zooms && !self.areas(model).draws_bars() {
            return Err("too narrow for bars: use at least 62 columns".to_owned());
        }
        model.has_matches(action)?;
        match action {
            Action::ZoomIn if self.zoom == self.zoom.zoom_in() => {
                Err("this is the shortest period".to_owned())
            }
            Action::ZoomOut if self.zoom == self.zoom.zoom_out() => {
                Err("this is the longest period".to_owned())
            }
            Action::Filter => Action::Sort.enabled(model),
            Action::OpenDetail if model.list.selected.is_none() => {
                Err("no row is selected".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, action: Action) {
        match action {
            Action::ZoomIn => self.zoom = self.zoom.zoom_in(),
            Action::ZoomOut => self.zoom = self.zoom.zoom_out(),
            Action::Mark => {
                if let Some(id) = cx.list.selected {
                    cx.list.toggle_mark(id);
                    self.step(cx, 1);
                }
            }
            Action::OpenDetail => cx.then(AppCommand::OpenDetail),
            _ => {}
        }
    }

    with_filter!(Timeline, |_page, model| &mut model.list.filter);

    fn filter_opened(&mut self, model: &mut Model, is_open: bool) {
        model.list.filter_opened(is_open);
    }

    fn typed(&mut self, model: &mut Model) {
        model.filter_changed();
    }

    fn height(&self, model: &Model) -> usize {
        self.areas(model).rows.height.into()
    }

    /// Moves the selection in the order of the timeline.
    fn step(&mut self, cx: &mut Cx<'_>, by: isize) {
        let order: Vec<_> = timeline_of(cx, self.zoom).order().collect();
        let at = order.iter().position(|id| Some(*id) == cx.list.selected);
        if let Some(last) = order.len().checked_sub(1) {
            let at = at.unwrap_or(0).saturating_add_signed(by).min(last);
            cx.list.selected = order.get(at).copied();
        }
    }

    /// A click selects a row; a second one opens its details.
    fn click(&mut self, cx: &mut Cx<'_>, target: &ClickTarget) {
        let ClickTarget::Row(identity) = target else {
            return;
        };
        if cx.list.selected.replace(*identity) == Some(*identity) {
            cx.then(AppCommand::OpenDetail);
        }
    }

    fn follow(&mut self, model: &mut Model) {
        let (timeline, height) = (timeline_of(model, self.zoom), self.height(model));
        self.first = timeline.scrolled(self.first, model.list.selected, height);
    }

    fn draw(&self, model: &Model, painter: &mut Painter<'_>, area: Rect) {
        let panel = Panel::new("Timeline").focused(painter.is_focused);
        let list = &model.list;
        let filter = PanelFilter::of(&list.filter, self.filtering, list.shown_count());
        let panel = match filter {
            Some(filter) => panel.filter(filter),
            None => panel.right(Line::styled(self.zoom.words(), painter.theme.quiet)),
        };
        painter.panel(area, panel);
        let cursor = painter.cursor;
        let areas = self.areas(model);
        let timeline = timeline_of(model, self.zoom);
        if timeline.rows.is_empty() {
            let words = if model.list.rows.is_empty() {
                let add = model.press(Action::Add);
                format!("Nothing stored yet. To add a credential, {add}.")
            } else {
                let clear = model.press(Action::Close);
                format!("No environments match. To clear the filter, {clear}.")
            };
            painter.notice(area.inner(Margin::new(1, 1)), &words);
            return;
        }
        if painter.theme.glyphs.is_words {
            return words(painter, model, &timeline, area);
        }
        head(painter, &timeline, &areas);
        rows(painter, model, &timeline, &areas, self.first);
        painter.beyond(area, timeline.beyond(self.first, areas.rows.height.into()));
        selected(painter, model, &timeline, areas.detail);
        if self.filtering {
            painter.cursor = cursor;
        }
    }
}

/// The rows in words, for the linear mode: names and dates without bars.
fn words(painter: &mut Painter<'_>, model: &Model, timeline: &Timeline, area: Rect) {
    for (place, line) in area.rows().skip(1).zip(&timeline.lines) {
        match line {
            TimelineLine::Heading(section, count) => {
                painter.line(place, format!("{}, {count}", section.title()));
            }
            TimelineLine::Row(at) => {
                let row = &timeline.rows[*at];
                let when = row.finding.when(model.now);
                painter.line(place, format!("{}, {when}", row.finding.name));
                painter.hits.add(place, ClickTarget::Row(row.identity));
            }
        }
    }
}

/// The timeline of the identities that pass the filter.
pub fn timeline_of(model: &Model, zoom: Zoom) -> Timeline {
    let shown: HashSet<Uuid> = model.list.matching_rows().map(|row| row.identity).collect();
    let settings = &model.settings;
    let is_shown = |id| shown.contains(&id);
    Timeline::new(
        &model.index,
        is_shown,
        model.now,
        &settings.thresholds,
        &settings.zone,
        zoom,
    )
}

/// Draws the whole timeline without frame and cursor, for printing.
pub fn whole(painter: &mut Painter<'_>, model: &Model, timeline: &Timeline, areas: &TimelineAreas) {
    head(painter, timeline, areas);
    rows(painter, model, timeline, areas, 0);
}

/// Draws the axis with months or weeks and today.
fn head(painter: &mut Painter<'_>, timeline: &Timeline, areas: &TimelineAreas) {
    let theme = painter.theme;
    let graph = areas.bars(areas.head);
    let drawn = Timeline::drawn_columns(graph.width);
    let [months, today] = Layout::vertical([Constraint::Length(1); 2]).areas(graph);
    let from = |row: Rect, column: u16| {
        let column = Constraint::Length(column);
        let [_, rest] = Layout::horizontal([column, Constraint::Fill(1)]).areas(row);
        rest
    };
    for (column, name) in timeline.window.names(drawn) {
        painter.line(from(months, column), Line::styled(name, theme.quiet));
    }
    let line = Line::from(vec![
        Span::styled(theme.glyphs.vertical, theme.accent),
        Span::styled("today", theme.quiet),
    ]);
    painter.line(from(today, timeline.today(graph.width)), line);
}

/// Only those in sight.
fn rows(
    painter: &mut Painter<'_>,
    model: &Model,
    timeline: &Timeline,
    areas: &TimelineAreas,
    first: usize,
) {
    let theme = painter.theme;
    let graph = areas.bars(areas.rows);
    let columns = areas.columns(theme.glyphs);
    let (mut rows, mut selected) = (Vec::new(), None);
    let shown = timeline.lines.iter().skip(first);
    for line in shown.take(areas.rows.height.into()) {
        let row = match line {
            TimelineLine::Heading(section, count) => {
                rows.push(columns.heading(heading(theme, *section, *count), None));
                continue;
            }
            TimelineLine::Row(at) => &timeline.rows[*at],
        };
        if model.list.selected == Some(row.identity) {
            selected = Some(rows.len());
        }
        let (glyph, _, style) = theme.state(row.finding.state);
        let mark = if model.list.marks.contains(&row.identity) {
            theme.glyphs.mark
        } else {
            " "
        };
        let name = Line::from(vec![
            Span::styled(glyph, style),
            Span::styled(mark, theme.accent),
            Span::raw(row.finding.name.as_str()),
        ]);
        let line = if areas.draws_bars() {
            bar(theme, timeline, row, graph.width)
        } else {
            let words = row.finding.when(model.now);
            Line::styled(words, words_style(row.finding.state, style, theme.text))
        };
        rows.push(columns.row(ClickTarget::Row(row.identity), [name, line]));
    }
    let part = (first, timeline.lines.len());
    painter.table_part(areas.rows, &columns, rows, selected, part);
}

fn heading<'a>(theme: &Theme, section: Section, count: usize) -> Line<'a> {
    let words = match (section, count) {
        (Section::Due, 0) => "nothing to do".to_owned(),
        _ => count.to_string(),
    };
    Line::from(vec![
        Span::styled(section.title(), theme.strong),
        Span::styled(format!("  {words}"), theme.quiet),
    ])
}

/// Returns the style of the text: the colour of the state if something must be done.
fn words_style(state: Urgency, own: Style, text: Style) -> Style {
    match state {
        Urgency::Expired | Urgency::Urgent | Urgency::Soon => own,
        _ => text,
    }
}

fn bar<'a>(theme: &Theme, timeline: &Timeline, row: &TimelineRow, columns: u16) -> Line<'a> {
    let g = theme.glyphs;
    let (_, _, style) = theme.state(row.finding.state);
    // The whole bar of an expired credential has its colour.
    let past = match row.finding.state {
        Urgency::Expired => style,
        _ => theme.quiet,
    };
    let wide = |text: &str, count: u16| text.repeat(usize::from(count));
    let words = match row.section {
        Section::Endless => theme.quiet,
        _ => theme.text,
    };
    let pieces = timeline.bar(row, columns).into_iter();
    let spans: Vec<Span<'a>> = pieces
        .map(|piece| match piece {
            Piece::Gap(count) => Span::raw(wide(" ", count)),
            Piece::Past(count) => Span::styled(wide(g.bar_full, count), past),
            Piece::Today => Span::styled(g.bar_today, style),
            Piece::TodayLine => Span::styled(g.vertical, theme.accent),
            Piece::Ahead(count) => Span::styled(wide(g.bar_full, count), style),
            Piece::End => Span::styled(g.bar_end, style),
            Piece::Beyond => Span::styled(g.arrow, style),
            Piece::Text(text) => Span::styled(format!(" {text}"), words),
        })
        .collect();
    Line::from(spans)
}

/// Draws the details of the selected row, with who must act.
fn selected(painter: &mut Painter<'_>, model: &Model, timeline: &Timeline, area: Rect) {
    let row = model.list.selected.and_then(|id| timeline.row(id));
    let Some(row) = row.filter(|_| area.height > 1) else {
        return;
    };
    let theme = painter.theme;
    let finding = &row.finding;
    let (glyph, _, style) = theme.state(finding.state);
    let exact = finding.expires_at.map_or_else(String::new, |end| {
        format!("  {}", time::date_time(end, &model.settings.zone))
    });
    let words = Line::from(vec![
        Span::styled(format!("{glyph} {}", finding.name), style),
        Span::raw(format!("  {}", finding.when(model.now))),
        Span::styled(exact, theme.quiet),
    ]);
    let mut lines = Text::from(words);
    if finding.state.needs_attention() {
        let who = finding.who_must_act().map(str::to_owned);
        let step = finding.next_step().map(|step| model.in_keys(&step));
        let step: Vec<String> = who.into_iter().chain(step).collect();
        lines.push_line(step.join(": "));
    }
    let rule = Block::new()
        .borders(Borders::TOP)
        .border_set(theme.frame())
        .border_style(theme.border);
    let text = Paragraph::new(lines).wrap(Wrap { trim: true });
    painter.render(text.block(rule), area);
}
