//! The list: one row per identity, grouped by customer if there are several.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::{IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::filter::STATES;
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Shown};
use crate::tui::row::IdentityRow;
use crate::tui::theme::Theme;
use crate::tui::widgets::{Columns, Painter, Panel, PanelFilter, TableColumn, fitting, width};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::EnvironmentType;
use aemkeys_core::time;

/// `is_active` if the list has the focus on its page, and `is_filtering` while its filter is being typed.
pub fn draw(
    painter: &mut Painter<'_>,
    model: &Model,
    area: Rect,
    is_active: bool,
    is_filtering: bool,
) {
    if area.is_empty() {
        return;
    }
    let focused = is_active && painter.is_focused;
    painter.hits.add(area, ClickTarget::List);
    let theme = painter.theme;
    let panel = Panel::new("Environments").focused(focused);
    let panel = if is_filtering || !model.list.filter.is_empty() {
        panel.filter(PanelFilter {
            input: &model.list.filter,
            note: found(model, area),
            is_typing: is_filtering,
        })
    } else {
        panel.right(right_title(theme, model))
    };
    let inner = painter.panel(area, panel);
    let longest = model.list.rows.iter().map(|row| width(&row.ids)).max();
    let (shown, constraints) = columns(inner.width, longest.unwrap_or(0));
    let columns = Columns::new(inner.width, constraints, theme.glyphs);
    let titles = shown.iter().map(|column| Line::raw(column.title()));
    let [titles_area, rows_area] = split(inner);
    let titles = titles.map(|title| title.style(theme.quiet));
    let titles = columns.row(ClickTarget::List, titles);
    painter.table(titles_area, &columns, vec![titles], None);
    let (mut rows, mut selected) = (Vec::new(), None);
    let visible = model.list.shown.iter().skip(model.list.offset);
    for line in visible.take(rows_area.height.into()) {
        match line {
            Shown::Group {
                customer,
                identities,
            } => rows.push(columns.heading(group(theme, customer, *identities))),
            Shown::Row(at) => {
                let row = &model.list.rows[*at];
                if model.list.selected == Some(row.identity) {
                    selected = Some(rows.len());
                }
                let cells = cells(theme, model, row, &shown);
                rows.push(columns.row(ClickTarget::Row(row.identity), cells));
            }
        }
    }
    let part = (model.list.offset, model.list.shown.len());
    let cursor = painter.cursor;
    painter.table_part(rows_area, &columns, rows, selected, part);
    if !is_active || is_filtering {
        painter.cursor = cursor;
    }
    if model.list.shown.is_empty() {
        painter.notice(rows_area, &no_matches(model));
    }
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

/// The areas of the column titles and of the rows.
pub fn split(inner: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner)
}

/// What the upper edge says without a filter.
fn right_title<'a>(theme: &Theme, model: &Model) -> Line<'a> {
    if let Some(from) = model.list.range_from {
        let key = model.settings.keymap.hint(Action::MarkRange);
        let name = model.name_of(from);
        let key = key.unwrap_or_default();
        return Line::styled(
            format!("range from {name}: press {key} to end it"),
            theme.accent,
        );
    }
    if !model.list.marks.is_empty() {
        return Line::styled(format!("{} marked", model.list.marks.len()), theme.accent);
    }
    Line::from(vec![
        Span::styled("/", theme.accent),
        Span::styled(" filter", theme.quiet),
    ])
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

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Mark,
    Name,
    Type,
    Ids,
    Credential,
    Token,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Mark => "",
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
    let fixed = |column, least| TableColumn {
        column,
        constraint: Constraint::Length(least),
        least,
    };
    let name = TableColumn {
        constraint: Constraint::Fill(1),
        ..fixed(Column::Name, 13)
    };
    let table = vec![
        fixed(Column::Mark, 1),
        name,
        fixed(Column::Type, 5),
        fixed(Column::Ids, longest_ids.clamp(3, 20)),
        fixed(Column::Credential, 12),
        fixed(Column::Token, 8),
    ];
    let shown = fitting(
        width,
        table,
        &[
            |table| table.retain(|it| it.column != Column::Ids),
            |table| {
                for it in table
                    .iter_mut()
                    .filter(|it| it.column == Column::Credential)
                {
                    (it.constraint, it.least) = (Constraint::Length(10), 10);
                }
            },
            |table| table.retain(|it| it.column != Column::Type),
        ],
    );
    shown
        .into_iter()
        .map(|it| (it.column, it.constraint))
        .unzip()
}

fn group<'a>(theme: &Theme, customer: &str, identities: usize) -> Line<'a> {
    let name = if customer.is_empty() {
        "no customer"
    } else {
        customer
    };
    Line::from(vec![
        Span::styled(name.to_owned(), theme.accent),
        Span::styled(format!(" {identities}"), theme.quiet),
    ])
}

fn cells<'a>(
    theme: &Theme,
    model: &'a Model,
    row: &'a IdentityRow,
    shown: &[Column],
) -> Vec<Line<'a>> {
    let Some((_, identity)) = model.index.identity(row.identity) else {
        return Vec::new();
    };
    let cell = |column: &Column| match column {
        Column::Mark => {
            let mark = if model.list.marks.contains(&row.identity) {
                theme.glyphs.mark
            } else if model.list.range_from == Some(row.identity) {
                theme.glyphs.arrow
            } else {
                " "
            };
            Line::styled(mark, theme.accent)
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
    };
    shown.iter().map(cell).collect()
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
        (_, Kind::DevelopmentToken, _) => crate::app::overview::token_owner(identity).to_owned(),
        (_, Kind::Local, _) => String::new(),
        (_, Kind::OauthServerToServer, Urgency::NotNeeded) => "OAuth".to_owned(),
        (_, _, Urgency::NotYetValid) => facts.and_then(|facts| facts.not_before).map_or_else(
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
        let wheel = model.spinner();
        let words = if model.settings.motion {
            time::elapsed(model.now.duration_since(task.since))
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
        .filter(|_| !matches!(state, Urgency::Expired | Urgency::NotNeeded))
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
