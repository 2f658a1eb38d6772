//! The list: one row per identity, in one order or in groups by customer.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::detail::last_test;
use crate::app::{EnvironmentEntry, IdentityEntry, SecretState};
use crate::tui::action::Action;
use crate::tui::filter::STATES;
use crate::tui::layout;
use crate::tui::list::{GroupHeading, LongestTexts};
use crate::tui::message::ClickTarget;
use crate::tui::model::{Model, Shown, Sort};
use crate::tui::row::IdentityRow;
use crate::tui::theme::Theme;
use crate::tui::widgets::{
    Columns, Painter, Panel, PanelFilter, TableColumn, address_text, fitting, hint, needed,
};
use aemkeys_core::credential::Kind;
use aemkeys_core::credential::validity::Urgency;
use aemkeys_core::environment::{EnvironmentType, Tier};
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
    let filter = PanelFilter::of(&model.list.filter, is_filtering, model.list.shown_count());
    let panel = if let Some(mut filter) = filter {
        // The filter needs the room of the order.
        filter.note = found(model, area);
        Panel::new("Environments").filter(filter)
    } else {
        let name = format!("Environments by {}", model.list.sort.words());
        Panel::new(name).right(right_title(theme, model))
    };
    let panel = panel.focused(focused);
    let inner = painter.panel(area, panel);
    let shown = columns(inner.width, model.list.longest, names_customers(model));
    let constraints = shown.iter().map(|it| it.constraint);
    let columns = Columns::new(inner.width, constraints, theme.glyphs);
    let names = shown.iter().position(|it| it.column == Column::Name);
    let columns = columns.with_names_in(names.unwrap_or(0));
    let [titles_area, rows_area] = split(inner);
    let sort = model.list.sort;
    let titles = shown.iter().map(|it| title(theme, it, sort)).collect();
    painter.column_titles(titles_area, &columns, titles);
    let (mut rows, mut selected) = (Vec::new(), None);
    let visible = model.list.shown.iter().skip(model.list.offset);
    for line in visible.take(rows_area.height.into()) {
        match line {
            Shown::Group(heading) => {
                let on = model.list.selected_group();
                if on.is_some_and(|on| on.key == heading.key) {
                    selected = Some(rows.len());
                }
                let target = ClickTarget::Group(heading.key.clone());
                rows.push(columns.heading(group(theme, heading), Some(target)));
            }
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

/// The width of the panel with the columns for which there is room.
pub fn needed_width(model: &Model, most: Rect) -> u16 {
    let room = layout::inside(most).width;
    let shown = columns(room, model.list.longest, names_customers(model));
    needed(&shown, most.width)
}

fn names_customers(model: &Model) -> bool {
    model.list.has_customers && !model.list.is_grouped()
}

/// Explains why no row matches the filter.
pub fn no_matches(model: &Model) -> String {
    let known: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
    let clear = model.press(Action::Close);
    match model.list.unknown_states().first() {
        Some(word) => format!(
            "unknown state is:{word}; use {}. To clear the filter, {clear}",
            known.join(", ")
        ),
        None => format!("No environments match. To clear the filter, {clear}"),
    }
}

/// The areas of the column titles and of the rows.
pub fn split(inner: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inner)
}

/// What the upper edge says without a filter.
fn right_title<'a>(theme: &Theme, model: &Model) -> Line<'a> {
    if let Some(from) = model.list.range_from {
        let (name, mark) = (model.name_of(from), model.press(Action::MarkRange));
        let words = format!("range from {name}: {mark} to end it");
        return Line::styled(words, theme.accent);
    }
    if !model.list.marks.is_empty() {
        let hidden = match model.list.hidden_marks() {
            0 => String::new(),
            hidden => format!(", {hidden} hidden"),
        };
        let text = format!("{} marked{hidden}", model.list.marks.len());
        return Line::styled(text, theme.accent);
    }
    match model.settings.keymap.hint(Action::Filter) {
        Some(key) => Line::from(hint(key, Action::Filter.entry().title, theme)),
        None => Line::default(),
    }
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
    Customer,
    Ids,
    Author,
    Credential,
    Expires,
    Token,
    Tested,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Mark => "",
            Self::Name => "name",
            Self::Type => "type",
            Self::Customer => "customer",
            Self::Ids => "ids",
            Self::Author => "author",
            Self::Credential => "credential",
            Self::Expires => "expires",
            Self::Token => "token",
            Self::Tested => "tested",
        }
    }

    /// The orders that a click on the title chooses in turn.
    fn sorts(self) -> &'static [Sort] {
        match self {
            Self::Name => &[Sort::Name],
            Self::Type => &[Sort::Type],
            Self::Customer => &[Sort::Customer],
            Self::Credential => &[Sort::Attention, Sort::Expiry],
            Self::Expires => &[Sort::Expiry],
            Self::Mark | Self::Ids | Self::Author | Self::Token | Self::Tested => &[],
        }
    }
}

/// The title of a column, marked if the list is sorted by it.
fn title<'a>(theme: &Theme, column: &TableColumn<Column>, sort: Sort) -> (ClickTarget, Line<'a>) {
    let sorts = column.column.sorts();
    let current = sorts.iter().position(|it| *it == sort);
    let next = match current {
        Some(at) => sorts.iter().cycle().nth(at + 1),
        None => sorts.first(),
    };
    let target = next.map_or(ClickTarget::List, |sort| ClickTarget::SortBy(*sort));
    let text = match column.column {
        Column::Type if column.least < WHOLE_TYPE => "",
        Column::Credential if column.least < WHOLE_CREDENTIAL => "cred",
        column => column.title(),
    };
    let mut title = Line::styled(text, theme.quiet);
    if current.is_some() {
        title.push_span(Span::styled(theme.glyphs.arrow_down, theme.accent));
    }
    (target, title)
}

/// The width from which a type is more than one letter.
const WHOLE_TYPE: u16 = 5;
const WHOLE_CREDENTIAL: u16 = 12;
const LEAST_NAME: u16 = 13;
const MOST_NAME: u16 = 40;
const MOST_AUTHOR: u16 = 45;

/// All columns, as wide as their longest texts.
fn all_columns(longest: LongestTexts, names_customers: bool) -> Vec<TableColumn<Column>> {
    let fixed = |column, least| TableColumn {
        column,
        constraint: Constraint::Length(least),
        least,
    };
    let mut table = vec![
        fixed(Column::Mark, 1),
        fixed(Column::Name, longest.name.clamp(LEAST_NAME, MOST_NAME)),
        fixed(Column::Type, WHOLE_TYPE),
        fixed(Column::Customer, longest.customer.clamp(9, 24)),
        fixed(Column::Ids, longest.ids.clamp(3, 20)),
        fixed(Column::Author, longest.author.clamp(9, MOST_AUTHOR)),
        fixed(Column::Credential, WHOLE_CREDENTIAL),
        fixed(Column::Expires, 11),
        fixed(Column::Token, 8),
        fixed(Column::Tested, 11),
    ];
    table.retain(|it| names_customers || it.column != Column::Customer);
    table
}

/// Returns the columns that fit. Others are dropped before names are cut, except the type: of it, a letter stays.
fn columns(width: u16, longest: LongestTexts, names_customers: bool) -> Vec<TableColumn<Column>> {
    type Table = Vec<TableColumn<Column>>;
    let table = all_columns(longest, names_customers);
    let without = |column| move |table: &mut Table| table.retain(|it| it.column != column);
    let set =
        |column, constraint, least| move |table: &mut Table| set(table, column, constraint, least);
    fitting(
        width,
        table,
        &[
            // What is cut is the same of most hosts.
            &set(Column::Author, Constraint::Length(24), 24),
            &without(Column::Author),
            &without(Column::Customer),
            &without(Column::Tested),
            &without(Column::Expires),
            &without(Column::Ids),
            &set(Column::Name, Constraint::Fill(1), LEAST_NAME),
            &set(Column::Credential, Constraint::Length(10), 10),
            &set(Column::Type, Constraint::Length(1), 1),
        ],
    )
}

fn set(table: &mut [TableColumn<Column>], column: Column, constraint: Constraint, least: u16) {
    for it in table.iter_mut().filter(|it| it.column == column) {
        (it.constraint, it.least) = (constraint, least);
    }
}

fn group<'a>(theme: &Theme, heading: &GroupHeading) -> Line<'a> {
    let name = if heading.customer.is_empty() {
        "no customer"
    } else {
        &heading.customer
    };
    let arrow = if heading.is_collapsed {
        theme.glyphs.arrow
    } else {
        theme.glyphs.arrow_down
    };
    let mut line = Line::from(vec![
        Span::styled(format!("{arrow} {name}"), theme.accent),
        Span::styled(format!(" {}", heading.identities), theme.quiet),
    ]);
    if !heading.prefix.is_empty() {
        let prefix = format!("  {}{}", heading.prefix, theme.glyphs.ellipsis);
        line.push_span(Span::styled(prefix, theme.quiet));
    }
    line
}

fn cells<'a>(
    theme: &Theme,
    model: &'a Model,
    row: &'a IdentityRow,
    shown: &[TableColumn<Column>],
) -> Vec<Line<'a>> {
    let Some((environment, identity)) = model.index.identity(row.identity) else {
        return Vec::new();
    };
    let cell = |it: &TableColumn<Column>| match it.column {
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
            let mut name = Line::from(model.list.short_name(row));
            if identity.auto_refresh {
                let fresh = format!(" {}", theme.glyphs.fresh);
                name.push_span(Span::styled(fresh, theme.accent));
            }
            name
        }
        Column::Type => environment_type(theme, row.environment_type, it.least < WHOLE_TYPE),
        Column::Customer => Span::styled(row.customer.as_str(), theme.quiet).into(),
        Column::Ids => Span::styled(row.ids.as_str(), theme.quiet).into(),
        Column::Author => {
            let author = address_text(environment.hosts.of(Tier::Author));
            Line::styled(author, theme.quiet)
        }
        Column::Credential => credential(theme, model, identity),
        Column::Expires => Line::styled(expiry_date(model, identity), theme.quiet),
        Column::Token => token(theme, model, identity),
        Column::Tested => tested(theme, model, environment, identity),
    };
    shown.iter().map(cell).collect()
}

/// The short name of a type, or its first letter.
pub fn environment_type<'a>(theme: &Theme, of: EnvironmentType, is_letter: bool) -> Line<'a> {
    let style = match of {
        EnvironmentType::Production => theme.production,
        _ => theme.quiet,
    };
    let name = of.short();
    Line::styled(if is_letter { &name[..1] } else { name }, style)
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

fn expiry_date(model: &Model, identity: &IdentityEntry) -> String {
    let facts = identity.credential.as_ref();
    let end = facts.and_then(|facts| facts.not_after);
    end.map_or_else(String::new, |end| time::date(end, &model.settings.zone))
}

/// The worst result of the last test, and when it was.
fn tested<'a>(
    theme: &Theme,
    model: &Model,
    environment: &EnvironmentEntry,
    identity: &IdentityEntry,
) -> Line<'a> {
    if environment.hosts.is_empty() {
        return Line::default();
    }
    match last_test(theme, identity) {
        Some((at, glyph, style)) => cell(glyph, &time::brief(at, model.now), style),
        None => Line::styled(theme.glyphs.dash, theme.quiet),
    }
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
    if let Some((attempt, _)) = model.failures.of(identity.id).next() {
        return cell(theme.glyphs.over, attempt.short(), theme.over);
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
        let longest = LongestTexts {
            name: 20,
            ids: 11,
            author: 40,
            customer: 14,
        };
        let least = |width, column| {
            let shown = columns(width, longest, true);
            let found = shown.into_iter().find(|it| it.column == column);
            found.map(|it| it.least)
        };
        assert_eq!(least(143, Column::Author), Some(40));
        assert_eq!(least(142, Column::Author), Some(24));
        assert_eq!(least(127, Column::Author), Some(24));
        assert_eq!(least(126, Column::Author), None);
        assert_eq!(least(102, Column::Customer), Some(14));
        assert_eq!(least(101, Column::Customer), None);
        assert_eq!(least(87, Column::Tested), Some(11));
        assert_eq!(least(86, Column::Tested), None);
        assert_eq!(least(75, Column::Expires), Some(11));
        assert_eq!(least(74, Column::Expires), None);
        assert_eq!(least(63, Column::Ids), Some(11));
        assert_eq!(least(62, Column::Ids), None);
        // Names are cut only after all of these.
        assert_eq!(least(51, Column::Name), Some(20));
        assert_eq!(least(50, Column::Name), Some(LEAST_NAME));
        assert_eq!(least(45, Column::Type), Some(WHOLE_TYPE));
        // The letter of the type stays where nothing else can be left out.
        for width in 0..=40 {
            assert_eq!(least(width, Column::Type), Some(1), "{width}");
            assert_eq!(least(width, Column::Token), Some(8), "{width}");
        }
    }
}
