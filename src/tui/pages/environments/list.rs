//! The list: one row per identity, grouped by customer where there are several.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::{EnvironmentEntry, IdentityEntry, SecretState};
use crate::credential::Kind;
use crate::credential::validity::State;
use crate::environment::EnvironmentType;
use crate::tui::action::Action;
use crate::tui::layout::{self, Columns};
use crate::tui::list::STATES;
use crate::tui::message::Target;
use crate::tui::model::{Model, Panel, Row, Shown};
use crate::tui::time;
use crate::tui::widgets::{Canvas, elapsed, fit, spinner, width, wrap};

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    if area.is_empty() {
        return;
    }
    let focused = model.panel == Panel::List && canvas.is_focused;
    canvas.hits.add(area, Target::List);
    let title = Line::styled("Environments", canvas.theme.strong);
    let filter = filter_title(canvas, model, area);
    let inner = canvas.frame(area, title, filter, focused);
    place_filter_cursor(canvas, model, area);
    let longest = model.list.rows.iter().map(|row| width(&row.ids)).max();
    let columns = layout::columns(inner.width, longest.unwrap_or(0));
    canvas.line(inner, 0, &titles(canvas, &columns));
    let rows = Rect::new(
        inner.x,
        inner.y + 1,
        inner.width,
        inner.height.saturating_sub(1),
    );
    let visible = model.list.shown.iter().skip(model.list.offset);
    for (at, line) in visible.enumerate().take(usize::from(rows.height)) {
        let y = u16::try_from(at).unwrap_or(u16::MAX);
        match line {
            Shown::Group {
                customer,
                identities,
            } => group(canvas, rows, y, customer, *identities),
            Shown::Row(at) => {
                if let Some(row) = model.list.rows.get(*at) {
                    draw_row(canvas, model, rows, y, row, &columns);
                }
            }
        }
    }
    if model.list.shown.is_empty() {
        for (y, text) in (1..).zip(wrap(&nothing_fits(model), rows.width.saturating_sub(4))) {
            let text = Line::styled(format!("   {text}"), canvas.theme.quiet);
            canvas.line(rows, y, &text);
        }
    }
    let above = model.list.offset;
    let below = model
        .list
        .shown
        .len()
        .saturating_sub(above + usize::from(rows.height));
    canvas.more(above, below);
}

/// Why the list is empty under this filter.
fn nothing_fits(model: &Model) -> String {
    let known: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
    match model.list.unknown_states().first() {
        Some(word) => format!(
            "is:{word} is none of the states: {}; Esc clears it",
            known.join(", ")
        ),
        None => "nothing fits this filter: Esc clears it".to_owned(),
    }
}

fn filter_title<'a>(canvas: &Canvas<'_>, model: &Model, area: Rect) -> Line<'a> {
    let theme = canvas.theme;
    let room = filter_room(model, area);
    if model.list.filtering || !model.list.filter.is_empty() {
        let text = fit(model.list.filter.text(), room, &theme.glyphs);
        let found = found(model, area);
        return Line::from(vec![
            Span::styled("/", theme.accent),
            Span::styled(text, theme.strong),
            Span::styled(found, theme.quiet),
        ]);
    }
    if let Some(from) = model.list.range_from {
        let key = model.settings.keymap.hint(Action::MarkRange);
        let name = model.name_of(from);
        let words = format!("range from {name}: {} ends it", key.unwrap_or_default());
        return Line::styled(fit(&words, room + 4, &theme.glyphs), theme.accent);
    }
    if !model.list.marks.is_empty() {
        return Line::styled(format!("{} marked", model.list.marks.len()), theme.accent);
    }
    Line::from(vec![
        Span::styled("/", theme.accent),
        Span::styled(" filter", theme.quiet),
    ])
}

/// For the filter's text, beside the title and what was found.
fn filter_room(model: &Model, area: Rect) -> u16 {
    area.width
        .saturating_sub(21 + width(&found(model, area)))
        .max(8)
}

/// How many fit the filter, and what it hides of the marks.
fn found(model: &Model, area: Rect) -> String {
    let count = model.list.shown_count();
    match (model.list.marks.len(), model.list.hidden_marks()) {
        (0, _) => format!(" {count}"),
        (_, hidden @ 1..) if area.width < 60 => format!(" {count}, {hidden} hidden"),
        (marked, 0) => format!(" {count}, {marked} marked"),
        (marked, hidden) => format!(" {count}, {} marked, {hidden} hidden", marked - hidden),
    }
}

/// The cursor is where the filter is typed; the title is drawn from the right.
fn place_filter_cursor(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    if !model.list.filtering || !canvas.is_focused {
        return;
    }
    let found = width(&found(model, area));
    let text = width(model.list.filter.text()).min(filter_room(model, area));
    let before = u16::try_from(model.list.filter.cursor_column()).unwrap_or(u16::MAX);
    let start = area.width.saturating_sub(2 + found + text);
    canvas.cursor(area, start.saturating_add(before.min(text)), 0);
}

fn titles<'a>(canvas: &Canvas<'_>, columns: &Columns) -> Line<'a> {
    let cell = |text: &str, columns: u16| format!("{text:<0$}", usize::from(columns));
    let mut text = cell("", layout::GUTTER) + &cell("name", columns.name);
    if columns.kind > 0 {
        text += &cell("type", columns.kind);
    }
    if columns.ids > 0 {
        text += &cell("ids", columns.ids);
    }
    text += &cell("credential", columns.credential);
    text += &cell("token", columns.token);
    Line::styled(text, canvas.theme.quiet)
}

fn group(canvas: &mut Canvas<'_>, rows: Rect, y: u16, customer: &str, identities: usize) {
    let theme = canvas.theme;
    let name = if customer.is_empty() {
        "no customer"
    } else {
        customer
    };
    let room = rows.width.saturating_sub(8);
    let line = Line::from(vec![
        Span::styled(format!(" {}", fit(name, room, &theme.glyphs)), theme.accent),
        Span::styled(format!(" {identities}"), theme.quiet),
    ]);
    canvas.line(rows, y, &line);
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    model: &Model,
    rows: Rect,
    y: u16,
    row: &Row,
    columns: &Columns,
) {
    let Some((environment, identity)) = model.index.identity(row.identity) else {
        return;
    };
    let theme = canvas.theme;
    let selected = model.list.selected == Some(row.identity);
    let place = Rect::new(rows.x, rows.y + y, rows.width, 1).intersection(rows);
    if selected {
        canvas.fill(place, theme.selected);
        if model.panel == Panel::List && canvas.is_focused && !model.list.filtering {
            canvas.cursor(rows, 0, y);
        }
    }
    let mark = if model.list.marks.contains(&row.identity) {
        theme.glyphs.mark
    } else if model.list.range_from == Some(row.identity) {
        theme.glyphs.arrow
    } else {
        " "
    };
    let mut spans = vec![
        theme.cursor(selected),
        Span::styled(mark, theme.accent),
        Span::raw(" "),
    ];
    let name_room = columns.name.saturating_sub(1);
    let fresh = if identity.keep_fresh {
        format!(" {}", theme.glyphs.fresh)
    } else {
        String::new()
    };
    let name = fit(
        &row.name,
        name_room.saturating_sub(width(&fresh)),
        &theme.glyphs,
    );
    let pad = columns.name.saturating_sub(width(&name) + width(&fresh));
    spans.push(Span::raw(name));
    spans.push(Span::styled(fresh, theme.accent));
    spans.push(Span::raw(" ".repeat(usize::from(pad))));
    if columns.kind > 0 {
        let short = row.environment_type.short();
        let style = if row.environment_type == EnvironmentType::Production {
            theme.production
        } else {
            theme.quiet
        };
        spans.push(Span::styled(short, style));
        let pad = columns.kind.saturating_sub(width(short));
        spans.push(Span::raw(" ".repeat(usize::from(pad))));
    }
    if columns.ids > 0 {
        let ids = fit(&row.ids, columns.ids.saturating_sub(1), &theme.glyphs);
        spans.push(Span::styled(pad_to(ids, columns.ids), theme.quiet));
    }
    spans.extend(credential(canvas, model, identity, columns.credential));
    spans.extend(token(canvas, model, environment, identity, columns.token));
    canvas.line(rows, y, &Line::from(spans));
    canvas.hits.add(place, Target::Row(row.identity));
}

fn pad_to(text: String, columns: u16) -> String {
    let pad = columns.saturating_sub(width(&text));
    text + &" ".repeat(usize::from(pad))
}

fn cell<'a>(glyph: &str, words: &str, style: Style, columns: u16, canvas: &Canvas<'_>) -> Span<'a> {
    let text = format!("{glyph} {words}");
    let text = fit(
        text.trim_end(),
        columns.saturating_sub(1),
        &canvas.theme.glyphs,
    );
    Span::styled(pad_to(text, columns), style)
}

fn credential<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    identity: &IdentityEntry,
    columns: u16,
) -> Vec<Span<'a>> {
    let theme = canvas.theme;
    let state = model.credential_state(identity);
    let (glyph, _, style) = theme.state(state);
    let facts = identity.credential.as_ref();
    let words = match (identity.secret, identity.kind, state) {
        (SecretState::Missing, _, _) => {
            return vec![cell(
                theme.glyphs.over,
                "missing",
                theme.over,
                columns,
                canvas,
            )];
        }
        (SecretState::Damaged, _, _) => {
            return vec![cell(
                theme.glyphs.over,
                "damaged",
                theme.over,
                columns,
                canvas,
            )];
        }
        (_, Kind::DevelopmentToken, _) => "person".to_owned(),
        (_, Kind::Local, _) => String::new(),
        (_, Kind::OauthServerToServer, State::NotNeeded) => "OAuth".to_owned(),
        (_, _, State::NotYetValid) => facts.and_then(|facts| facts.not_before).map_or_else(
            || "later".to_owned(),
            |at| format!("in {}", time::brief(at, model.now)),
        ),
        _ => facts
            .and_then(|facts| facts.not_after)
            .map_or_else(|| "unknown".to_owned(), |at| time::brief(at, model.now)),
    };
    vec![cell(glyph, &words, style, columns, canvas)]
}

fn token<'a>(
    canvas: &Canvas<'_>,
    model: &Model,
    _environment: &EnvironmentEntry,
    identity: &IdentityEntry,
    columns: u16,
) -> Vec<Span<'a>> {
    let theme = canvas.theme;
    if let Some(task) = model.tasks.on(identity.id) {
        let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
        let since = elapsed(task.since, model.now);
        let words = if model.settings.motion {
            since
        } else {
            "works".to_owned()
        };
        return vec![cell(wheel, &words, theme.accent, columns, canvas)];
    }
    let state = model.token_state(identity);
    let (glyph, _, style) = theme.state(state);
    let words = identity
        .token
        .as_ref()
        .filter(|_| !matches!(state, State::Expired | State::NotNeeded))
        .and_then(|token| token.expires_at)
        .map_or_else(String::new, |at| time::brief(at, model.now));
    vec![cell(glyph, &words, style, columns, canvas)]
}
