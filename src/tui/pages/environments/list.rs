//! The list: one row per identity, grouped by customer if there are several.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::{IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::list::STATES;
use crate::tui::message::Target;
use crate::tui::model::{Model, Panel, Row, Shown};
use crate::tui::theme::Theme;
use crate::tui::time;
use crate::tui::widgets::{Canvas, Columns, elapsed, fit, row_of, spinner, width};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::State;
use aemkeys_core::environment::EnvironmentType;

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
    let (shown, constraints) = columns(inner.width, longest.unwrap_or(0));
    let columns = Columns::new(inner.width, constraints);
    let titles = shown.iter().map(|column| Line::raw(column.title()));
    let titles = columns.line(titles, &canvas.theme.glyphs);
    canvas.line(inner, 0, &titles.style(canvas.theme.quiet));
    let [_, rows] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner);
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
                    draw_row(canvas, model, row_of(rows, y), row, &shown, &columns);
                }
            }
        }
    }
    if model.list.shown.is_empty() {
        canvas.notice(rows, &no_matches(model));
    }
    let above = model.list.offset;
    let below = model
        .list
        .shown
        .len()
        .saturating_sub(above + usize::from(rows.height));
    canvas.more(above, below);
}

/// Explains why no row matches the filter.
fn no_matches(model: &Model) -> String {
    let known: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
    match model.list.unknown_states().first() {
        Some(word) => format!(
            "unknown state is:{word}; use {}. Press Esc to clear the filter",
            known.join(", ")
        ),
        None => "No environments match. Press Esc to clear the filter".to_owned(),
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
        let words = format!(
            "range from {name}: press {} to end it",
            key.unwrap_or_default()
        );
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

/// Returns the width for the filter, next to the title and the count.
fn filter_room(model: &Model, area: Rect) -> u16 {
    area.width
        .saturating_sub(21 + width(&found(model, area)))
        .max(8)
}

/// Formats the number of matches, marks and hidden marks.
fn found(model: &Model, area: Rect) -> String {
    let count = model.list.shown_count();
    match (model.list.marks.len(), model.list.hidden_marks()) {
        (0, _) => format!(" {count}"),
        (_, hidden @ 1..) if area.width < 60 => format!(" {count}, {hidden} hidden"),
        (marked, 0) => format!(" {count}, {marked} marked"),
        (marked, hidden) => format!(" {count}, {} marked, {hidden} hidden", marked - hidden),
    }
}

/// Places the cursor in the filter, which is right-aligned.
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

#[derive(Clone, Copy, PartialEq)]
enum Column {
    /// The cursor and the mark.
    Gutter,
    Name,
    Type,
    Ids,
    Credential,
    Token,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Gutter => "",
            Self::Name => "name",
            Self::Type => "type",
            Self::Ids => "ids",
            Self::Credential => "credential",
            Self::Token => "token",
        }
    }
}

/// Returns the columns that fit. Others are dropped before the name gets too narrow.
fn columns(width: u16, longest_ids: u16) -> (Vec<Column>, Vec<Constraint>) {
    let mut shown = vec![
        (Column::Gutter, 2),
        (Column::Name, 13),
        (Column::Type, 5),
        (Column::Ids, longest_ids.clamp(3, 20)),
        (Column::Credential, 12),
        (Column::Token, 8),
    ];
    let is_too_wide = |shown: &[(Column, u16)]| {
        let needed: u16 = shown.iter().map(|(_, columns)| columns + 1).sum();
        needed > width + 1
    };
    if is_too_wide(&shown) {
        shown.retain(|(column, _)| *column != Column::Ids);
    }
    if is_too_wide(&shown) {
        shown.retain(|(column, _)| *column != Column::Credential);
        shown.insert(3, (Column::Credential, 10));
    }
    if is_too_wide(&shown) {
        shown.retain(|(column, _)| *column != Column::Type);
    }
    shown
        .into_iter()
        .map(|(column, columns)| match column {
            Column::Name => (column, Constraint::Fill(1)),
            _ => (column, Constraint::Length(columns)),
        })
        .unzip()
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
    place: Rect,
    row: &Row,
    shown: &[Column],
    columns: &Columns,
) {
    let Some((_, identity)) = model.index.identity(row.identity) else {
        return;
    };
    let theme = canvas.theme;
    let selected = model.list.selected == Some(row.identity);
    if selected {
        canvas.fill(place, theme.selected);
        if model.panel == Panel::List && !model.list.filtering {
            canvas.cursor_if_focused(place, 0, 0);
        }
    }
    let cells = shown.iter().map(|column| match column {
        Column::Gutter => {
            let mark = if model.list.marks.contains(&row.identity) {
                theme.glyphs.mark
            } else if model.list.range_from == Some(row.identity) {
                theme.glyphs.arrow
            } else {
                " "
            };
            Line::from(vec![
                theme.cursor(selected),
                Span::styled(mark, theme.accent),
            ])
        }
        Column::Name => {
            let mut name = Line::from(row.name.as_str());
            if identity.keep_fresh {
                let fresh = format!(" {}", theme.glyphs.fresh);
                name.push_span(Span::styled(fresh, theme.accent));
            }
            name
        }
        Column::Type if row.environment_type == EnvironmentType::Production => {
            Span::styled(row.environment_type.short(), theme.production).into()
        }
        Column::Type => Span::styled(row.environment_type.short(), theme.quiet).into(),
        Column::Ids => Span::styled(row.ids.as_str(), theme.quiet).into(),
        Column::Credential => credential(theme, model, identity),
        Column::Token => token(theme, model, identity),
    });
    let line = columns.line(cells, &theme.glyphs);
    canvas.line(place, 0, &line);
    canvas.hits.add(place, Target::Row(row.identity));
}

fn cell<'a>(glyph: &str, words: &str, style: Style) -> Line<'a> {
    Span::styled(format!("{glyph} {words}"), style).into()
}

fn credential<'a>(theme: &Theme, model: &Model, identity: &IdentityEntry) -> Line<'a> {
    let state = model.credential_state(identity);
    let (glyph, _, style) = theme.state(state);
    let facts = identity.credential.as_ref();
    let words = match (identity.secret, identity.kind, state) {
        (SecretState::Missing, ..) => return cell(theme.glyphs.over, "missing", theme.over),
        (SecretState::Damaged, ..) => return cell(theme.glyphs.over, "damaged", theme.over),
        (_, Kind::DevelopmentToken, _) => "dev token".to_owned(),
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
    cell(glyph, &words, style)
}

fn token<'a>(theme: &Theme, model: &Model, identity: &IdentityEntry) -> Line<'a> {
    if let Some(task) = model.tasks.on(identity.id) {
        let wheel = spinner(model.now, model.settings.motion, &theme.glyphs);
        let words = if model.settings.motion {
            elapsed(task.since, model.now)
        } else {
            "busy".to_owned()
        };
        return cell(wheel, &words, theme.accent);
    }
    let state = model.token_state(identity);
    let (glyph, _, style) = theme.state(state);
    let words = identity
        .token
        .as_ref()
        .filter(|_| !matches!(state, State::Expired | State::NotNeeded))
        .and_then(|token| token.expires_at)
        .map_or_else(String::new, |at| time::brief(at, model.now));
    cell(glyph, &words, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_in_order() {
        let shown = |width| columns(width, 11).0;
        assert_eq!(shown(60).len(), 6);
        assert!(!shown(45).contains(&Column::Ids) && shown(45).contains(&Column::Type));
        assert!(!shown(36).contains(&Column::Type) && shown(36).contains(&Column::Token));
    }
}
