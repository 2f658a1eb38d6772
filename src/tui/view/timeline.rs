//! The timeline: what ends when, over the months; the near end of a credential cannot be overlooked.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use super::paint::{fit, width};
use crate::app::IdentityEntry;
use crate::credential::Kind;
use crate::credential::validity::State;
use crate::tui::message::Target;
use crate::tui::model::{Model, Row};
use crate::tui::time;

/// The time shown: whole months from the first of this one.
struct Span12 {
    first: Date,
    months: u16,
    start: i64,
    end: i64,
    columns: u16,
}

impl Span12 {
    fn new(now: Timestamp, zone: &TimeZone, months: u16, columns: u16) -> Self {
        let first = now.to_zoned(zone.clone()).date().first_of_month();
        let seconds = |date: Date| {
            date.to_zoned(zone.clone())
                .map_or(now.as_second(), |day| day.timestamp().as_second())
        };
        let last = first
            .checked_add(i32::from(months).months())
            .unwrap_or(first);
        Self {
            first,
            months,
            start: seconds(first),
            end: seconds(last).max(seconds(first) + 1),
            columns,
        }
    }

    /// The column of a moment, inside the drawing.
    fn column(&self, at: Timestamp) -> u16 {
        let whole = i128::from(self.end - self.start);
        let part = i128::from((at.as_second() - self.start).clamp(0, self.end - self.start));
        let column = part * i128::from(self.columns) / whole;
        u16::try_from(column)
            .unwrap_or(self.columns)
            .min(self.columns.saturating_sub(1))
    }

    fn month(&self, number: u16) -> Option<(u16, String)> {
        let date = self.first.checked_add(i32::from(number).months()).ok()?;
        let column = u32::from(number) * u32::from(self.columns) / u32::from(self.months.max(1));
        Some((u16::try_from(column).ok()?, date.strftime("%b").to_string()))
    }
}

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let theme = canvas.theme;
    let title = Line::styled("Timeline", theme.strong);
    let right = Line::styled(format!("{} months", model.months), theme.quiet);
    let inner = canvas.frame(area, title, right, model.overlays.is_empty());
    let longest = model.list.shown_rows().map(|row| width(&row.name)).max();
    let names = longest
        .unwrap_or(0)
        .clamp(8, (inner.width / 3).clamp(8, 28))
        + 5;
    let graph = Rect::new(
        inner.x + names.min(inner.width),
        inner.y,
        inner.width.saturating_sub(names + 1),
        inner.height,
    );
    if graph.width < 4 {
        return;
    }
    let span = Span12::new(model.now, &model.settings.zone, model.months, graph.width);
    let mut free = 0;
    for number in 0..model.months {
        if let Some((column, name)) = span.month(number)
            && column >= free
        {
            let place = Rect::new(graph.x + column, graph.y, graph.width - column, 1);
            canvas.line(place, 0, &Line::styled(name.clone(), theme.quiet));
            free = column + width(&name) + 1;
        }
    }
    let today = span.column(model.now);
    let place = Rect::new(graph.x + today, graph.y + 1, graph.width - today, 1).intersection(graph);
    canvas.line(
        place,
        0,
        &Line::from(vec![
            Span::styled("│", theme.accent),
            Span::styled("today", theme.quiet),
        ]),
    );
    let rows = Rect::new(
        inner.x,
        inner.y.saturating_add(2).min(inner.bottom()),
        inner.width,
        inner.height.saturating_sub(2),
    );
    let selected = model
        .list
        .shown_rows()
        .position(|row| Some(row.identity) == model.list.selected)
        .unwrap_or(0);
    let first = (selected + 1).saturating_sub(usize::from(rows.height));
    for (at, row) in model
        .list
        .shown_rows()
        .skip(first)
        .enumerate()
        .take(usize::from(rows.height))
    {
        let y = u16::try_from(at).unwrap_or(u16::MAX);
        draw_row(canvas, model, rows, y, row, names, &span);
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    rows: Rect,
    y: u16,
    row: &Row,
    names: u16,
    span: &Span12,
) {
    let Some((_, identity)) = model.index.identity(row.identity) else {
        return;
    };
    let theme = canvas.theme;
    let selected = model.list.selected == Some(row.identity);
    let place = Rect::new(rows.x, rows.y + y, rows.width, 1);
    let name_place = Rect::new(rows.x, rows.y + y, names.min(rows.width), 1);
    if selected {
        canvas.fill(name_place, theme.selected);
        if model.overlays.is_empty() {
            canvas.cursor(rows, 0, y);
        }
    }
    let (glyph, _, style) = theme.state(model.credential_state(identity));
    let name = fit(&row.name, names.saturating_sub(5), &theme.glyphs);
    let head = Line::from(vec![
        Span::styled(
            if selected { theme.glyphs.cursor } else { " " },
            theme.accent,
        ),
        Span::styled(format!("{glyph} "), style),
        Span::raw(name),
    ]);
    canvas.line(name_place, 0, &head);
    let line = Line::from(bar(canvas, model, identity, span));
    let graph = Rect::new(
        rows.x + names.min(rows.width),
        rows.y + y,
        rows.width.saturating_sub(names + 1),
        1,
    );
    canvas.line(graph, 0, &line);
    canvas.hits.add(place, Target::Row(row.identity));
}

fn bar<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    identity: &IdentityEntry,
    span: &Span12,
) -> Vec<Span<'a>> {
    let theme = canvas.theme;
    let g = &theme.glyphs;
    let state = model.credential_state(identity);
    let (_, _, style) = theme.state(state);
    let zone = &model.settings.zone;
    let today = usize::from(span.column(model.now));
    let ends = identity
        .credential
        .as_ref()
        .and_then(|facts| facts.not_after);
    let Some(end) = ends else {
        let words = match identity.kind {
            Kind::DevelopmentToken => "a person: one token a day",
            Kind::Local => "local SDK: nothing ends",
            Kind::OauthServerToServer => "OAuth: no fixed end",
            Kind::ServiceCredentials => "end unknown",
        };
        return vec![
            Span::raw(" ".repeat(today + 2)),
            Span::styled(words, theme.quiet),
        ];
    };
    if state == State::Expired {
        return vec![
            Span::styled(g.bar_full.repeat(today), style),
            Span::styled(g.bar_today, style),
            Span::styled(
                format!(" expired {}: renew now", time::short_day(end, zone)),
                theme.text,
            ),
        ];
    }
    let last = usize::from(span.column(end)).max(today);
    let beyond = end.as_second() > span.end;
    let label = format!(" {}", time::short_day(end, zone));
    let label_width = usize::from(width(&label));
    let room = usize::from(span.columns);
    // Where no room is left after the bar, the bar gives way: the date is what counts.
    let stop = last.min(room.saturating_sub(label_width + 1)).max(today);
    vec![
        Span::styled(g.bar_full.repeat(today), style),
        Span::styled(g.bar_today, style),
        Span::styled(g.bar_full.repeat(stop.saturating_sub(today + 1)), style),
        Span::styled(
            if stop > today {
                if beyond { g.arrow } else { g.bar_end }
            } else {
                ""
            },
            style,
        ),
        Span::styled(label, theme.text),
    ]
}
