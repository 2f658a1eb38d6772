//! The timeline page: expiry dates over the months, most urgent first; as text on a narrow screen.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::timeline::{self, Piece, Row, Section, Timeline};
use crate::tui::action::Action;
use crate::tui::layout;
use crate::tui::message::Target;
use crate::tui::model::Model;
use crate::tui::time;
use crate::tui::widgets::{Canvas, fit, row_of, width, wrap};
use aemkeys_core::credential::validity::State;

/// The width of the cursor, the glyph and the gap before a name.
const BEFORE_NAME: u16 = 3;

/// The minimum width for bars; narrower screens show text.
const BARS_FROM: u16 = 60;
/// The width of the cursor, the glyph and the gaps around a name.
const AROUND_NAME: u16 = 5;

/// The areas of the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The axis with months or weeks and today; empty without bars.
    pub head: Rect,
    pub rows: Rect,
    /// The details of the selected row.
    pub detail: Rect,
    /// The width of the names.
    pub names: u16,
}

impl Areas {
    fn draws_bars(&self) -> bool {
        !self.head.is_empty()
    }

    /// The areas of the names and of the bars.
    fn split(&self, area: Rect) -> [Rect; 2] {
        Layout::horizontal([Constraint::Max(self.names), Constraint::Fill(1)]).areas(area)
    }
}

/// The areas of the page.
fn areas(model: &Model) -> Areas {
    let area = layout::inside(layout::areas(model).main);
    // The rule, the selected identity, and two or three lines of details.
    let detail = match area.height {
        0..12 => 0,
        12..16 => 4,
        _ => 5,
    };
    areas_in(area, longest_name(model), detail)
}

/// The areas of a whole timeline with this many lines.
pub fn whole_areas(model: &Model, lines: usize) -> Areas {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX - 2);
    let head = if model.columns < BARS_FROM { 0 } else { 2 };
    let area = Rect::new(0, 0, model.columns, lines.saturating_add(head));
    areas_in(area, longest_name(model), 0)
}

fn longest_name(model: &Model) -> u16 {
    let names = model.list.shown_rows().map(|row| width(&row.name));
    names.max().unwrap_or(0)
}

fn areas_in(area: Rect, longest: u16, detail: u16) -> Areas {
    let bars = area.width >= BARS_FROM;
    let most = (area.width / if bars { 3 } else { 2 }).clamp(8, 28);
    let [head, rows, detail] = Layout::vertical([
        Constraint::Length(if bars { 2 } else { 0 }),
        Constraint::Fill(1),
        Constraint::Length(detail),
    ])
    .areas(area);
    Areas {
        head,
        rows,
        detail,
        names: longest.clamp(8, most) + AROUND_NAME,
    }
}

/// Returns why the timeline can't be zoomed.
pub fn allows(model: &Model, action: Action) -> Result<(), String> {
    let zooms = matches!(action, Action::ZoomIn | Action::ZoomOut);
    if zooms && !areas(model).draws_bars() {
        return Err("too narrow for bars: use at least 62 columns".to_owned());
    }
    Ok(())
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let title = Line::styled("Timeline", canvas.theme.strong);
    let right = Line::styled(model.timeline.zoom.words(), canvas.theme.quiet);
    canvas.frame(area, title, right, canvas.is_focused);
    let areas = areas(model);
    let timeline = model.timeline();
    if timeline.rows.is_empty() {
        let words = if model.list.rows.is_empty() {
            "Nothing stored yet. Press a to add a credential."
        } else {
            "No environments match. Press Esc to clear the filter."
        };
        canvas.line(areas.rows, 0, &Line::styled(words, canvas.theme.quiet));
        return;
    }
    head(canvas, &timeline, &areas);
    let first = model.timeline.first;
    rows(canvas, model, &timeline, &areas, first);
    selected(canvas, model, &timeline, areas.detail);
}

/// Draws the whole timeline without frame and cursor, for printing.
pub fn whole(canvas: &mut Canvas<'_>, model: &Model, areas: &Areas) {
    let timeline = model.timeline();
    head(canvas, &timeline, areas);
    rows(canvas, model, &timeline, areas, 0);
}

/// Draws the axis with months or weeks and today.
fn head(canvas: &mut Canvas<'_>, timeline: &Timeline, areas: &Areas) {
    let theme = canvas.theme;
    let [_, graph] = areas.split(areas.head);
    let drawn = Timeline::drawn_columns(graph.width);
    let from = |column: u16| {
        let [_, rest] =
            Layout::horizontal([Constraint::Length(column), Constraint::Fill(1)]).areas(graph);
        rest
    };
    for (column, name) in timeline.window.names(drawn) {
        canvas.line(from(column), 0, &Line::styled(name, theme.quiet));
    }
    let line = vec![
        Span::styled(theme.glyphs.border.vertical_left, theme.accent),
        Span::styled("today", theme.quiet),
    ];
    canvas.line(from(timeline.today(graph.width)), 1, &Line::from(line));
}

fn rows(canvas: &mut Canvas<'_>, model: &Model, timeline: &Timeline, areas: &Areas, first: usize) {
    let area = areas.rows;
    let shown = timeline.lines.iter().skip(first);
    for (line, y) in shown.zip(0..area.height) {
        match line {
            timeline::Line::Heading(section, count) => heading(canvas, area, y, *section, *count),
            timeline::Line::Row(at) => {
                if let Some(row) = timeline.rows.get(*at) {
                    draw_row(canvas, model, timeline, areas, y, row);
                }
            }
        }
    }
}

fn heading(canvas: &mut Canvas<'_>, area: Rect, y: u16, section: Section, count: usize) {
    let theme = canvas.theme;
    let words = match (section, count) {
        (Section::Due, 0) => "nothing to do".to_owned(),
        _ => count.to_string(),
    };
    let line = Line::from(vec![
        Span::styled(section.title(), theme.strong),
        Span::styled(format!("  {words}"), theme.quiet),
    ]);
    canvas.line(area, y, &line);
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    timeline: &Timeline,
    areas: &Areas,
    y: u16,
    row: &Row,
) {
    let theme = canvas.theme;
    let finding = &row.finding;
    let place = row_of(areas.rows, y);
    let [name_place, graph] = areas.split(place);
    let selected = model.list.selected == Some(row.identity);
    if selected {
        canvas.fill(name_place, theme.selected);
        canvas.cursor_if_focused(areas.rows, 0, y);
    }
    let (glyph, _, style) = theme.state(finding.state);
    let room = areas.names.saturating_sub(BEFORE_NAME + 2);
    let name = fit(&finding.name, room, &theme.glyphs);
    let cursor = match (selected, model.list.marks.contains(&row.identity)) {
        (true, _) => theme.glyphs.cursor,
        (false, true) => theme.glyphs.mark,
        (false, false) => " ",
    };
    let head = Line::from(vec![
        Span::styled(cursor, theme.accent),
        Span::styled(format!("{glyph} "), style),
        Span::raw(name),
    ]);
    canvas.line(name_place, 0, &head);
    let line = if areas.draws_bars() {
        bar(canvas, timeline, row, graph.width)
    } else {
        let words = fit(&finding.when(model.now), graph.width, &theme.glyphs);
        Line::styled(words, words_style(finding.state, style, theme.text))
    };
    canvas.line(graph, 0, &line);
    canvas.hits.add(place, Target::Row(row.identity));
}

/// Returns the style of the text: the colour of the state if something must be done.
fn words_style(state: State, own: Style, text: Style) -> Style {
    match state {
        State::Expired | State::Urgent | State::Soon => own,
        _ => text,
    }
}

fn bar<'a>(canvas: &Canvas<'_>, timeline: &Timeline, row: &Row, columns: u16) -> Line<'a> {
    let theme = canvas.theme;
    let g = &theme.glyphs;
    let (_, _, style) = theme.state(row.finding.state);
    // The whole bar of an expired credential has its colour.
    let past = match row.finding.state {
        State::Expired => style,
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
            Piece::TodayLine => Span::styled(g.border.vertical_left, theme.accent),
            Piece::Ahead(count) => Span::styled(wide(g.bar_full, count), style),
            Piece::End => Span::styled(g.bar_end, style),
            Piece::Beyond => Span::styled(g.arrow, style),
            Piece::Text(text) => Span::styled(format!(" {text}"), words),
        })
        .collect();
    Line::from(spans)
}

/// Draws the details of the selected row, with who must act.
fn selected(canvas: &mut Canvas<'_>, model: &Model, timeline: &Timeline, area: Rect) {
    let row = model.list.selected.and_then(|id| timeline.row(id));
    let Some(row) = row.filter(|_| area.height > 1) else {
        return;
    };
    let theme = canvas.theme;
    let finding = &row.finding;
    let rule = theme.glyphs.bar_empty.repeat(usize::from(area.width));
    canvas.line(area, 0, &Line::styled(rule, theme.border));
    let (glyph, _, style) = theme.state(finding.state);
    let exact = finding.ends_at.map_or_else(String::new, |end| {
        format!("  {}", time::exact(end, &model.settings.zone))
    });
    let words = Line::from(vec![
        Span::styled(format!("{glyph} {}", finding.name), style),
        Span::raw(format!("  {}", finding.when(model.now))),
        Span::styled(exact, theme.quiet),
    ]);
    canvas.line(area, 1, &words);
    if !finding.needs_attention() {
        return;
    }
    let who = finding.who_must_act().map(str::to_owned);
    let step = finding.next_step().map(|step| model.in_keys(&step));
    let step: Vec<String> = who.into_iter().chain(step).collect();
    let lines = wrap(&step.join(": "), area.width);
    for (line, y) in lines.iter().zip(2..area.height) {
        canvas.line(area, y, &Line::styled(line.as_str(), theme.text));
    }
}

/// Returns the number of visible rows.
pub fn height(model: &Model) -> usize {
    usize::from(areas(model).rows.height)
}

/// Moves the selection in the order of the timeline.
pub fn step(model: &mut Model, by: isize) {
    let order: Vec<_> = model.timeline().order().collect();
    let at = order.iter().position(|id| Some(*id) == model.list.selected);
    if let Some(last) = order.len().checked_sub(1) {
        let at = at.unwrap_or(0).saturating_add_signed(by).min(last);
        model.list.selected = order.get(at).copied();
    }
}

/// Scrolls the selected row into view.
pub fn follow(model: &mut Model) {
    let (first, height) = (model.timeline.first, height(model));
    model.timeline.first = model
        .timeline()
        .scrolled(first, model.list.selected, height);
}
